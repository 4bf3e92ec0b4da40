use super::*;

fn rendering(text: &str) -> Checked<String> {
    rendered(&Json::parse(text).unwrap())
}

#[test]
fn a_result_is_rendered_as_s3_writes_listings() {
    let text = r#"{"name": "b", "isTruncated": false, "maxKeys": 1000, "nextMarker": null,
        "contents": [{"key": "a&b", "size": 3, "eTag": "\"x\"", "owner": {"id": "1", "displayName": "d"}}],
        "commonPrefixes": [{"prefix": "c/"}, {"Prefix": "d/"}]}"#;
    let document = rendering(text).unwrap();
    for part in [
        "<Name>b</Name><IsTruncated>false</IsTruncated><MaxKeys>1000</MaxKeys><Contents>",
        "<Key>a&amp;b</Key><Size>3</Size>",
        "<Owner><ID>1</ID><DisplayName>d</DisplayName></Owner></Contents>",
        "<CommonPrefixes><Prefix>c/</Prefix></CommonPrefixes><CommonPrefixes><Prefix>d/</Prefix></CommonPrefixes>",
    ] {
        assert!(document.contains(part), "{document}");
    }
    assert!(!document.contains("NextMarker"), "{document}");
    assert!(rendering(r#"{"ListBucketResult": {"Name": "b"}}"#).unwrap().contains("<Name>b</Name>"));
    for text in [
        r#"{"name><script": 1}"#,
        r#"{"contents": [[1]]}"#,
        &format!("{}1{}", r#"{"contents":"#.repeat(20), "}".repeat(20)),
    ] {
        assert!(rendering(text).is_err(), "{text}");
    }
}

#[test]
fn headers_that_frame_or_break_a_response_are_refused() {
    let check = |name: &str, value: &str| push_checked(&mut String::new(), name, value).is_ok();
    assert!(check("content-length", "12") && check("x-amz-meta-a", "ä") && check("etag", "\"1\""));
    for (name, value) in [
        ("a", "b\r\nc: d"),
        ("a\n", "b"),
        ("", "b"),
        ("transfer-encoding", "chunked"),
        ("x-amz-request-id", "1"),
        ("content-length", "many"),
        ("a", &"b".repeat(5000)),
    ] {
        assert!(!check(name, value), "{name}: {value}");
    }
}

#[test]
fn an_answer_has_a_status_and_no_error_beside_success() {
    let read = |text: &str| Answer::read(text.as_bytes());
    assert_eq!(read("{}").unwrap().status, 200);
    assert_eq!(read(r#"{"statusCode": 206}"#).unwrap().status, 206);
    for text in
        ["", "[]", "null", r#"{"statusCode": 302}"#, r#"{"statusCode": []}"#, r#"{"statusCode": 99999}"#]
    {
        assert!(read(text).is_err(), "{text}");
    }
    let error = read(r#"{"statusCode": 404, "errorCode": "NoSuchKey", "errorMessage": "gone"}"#).unwrap();
    let error = error.error().unwrap().unwrap();
    assert_eq!((error.status, error.code.as_str(), error.message.as_str()), (404, "NoSuchKey", "gone"));
    assert!(read(r#"{"statusCode": 200, "errorCode": "NoSuchKey"}"#).unwrap().error().is_err());
    assert!(read(r#"{"statusCode": 500, "errorCode": "a<b"}"#).unwrap().error().is_err());
    assert!(read(r#"{"statusCode": 200}"#).unwrap().error().unwrap().is_none());
}
