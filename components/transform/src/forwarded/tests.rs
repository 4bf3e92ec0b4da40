use super::*;

fn check(fields: &[(&str, &str)], has_body: bool) -> WebhookContent {
    read(fields.iter().copied(), has_body)
}

#[test]
fn an_answer_says_what_the_client_gets() {
    let WebhookContent::Reply(head) = check(
        &[
            ("host", "s3.test"),
            ("x-amz-fwd-status", "206"),
            ("x-amz-fwd-header-content-range", "bytes 0-1/9"),
            ("x-amz-fwd-header-content-length", "77"),
            ("x-amz-fwd-header-etag", "abc"),
            ("x-amz-fwd-header-x-amz-checksum-crc32", "AAAAAA=="),
            ("x-amz-meta-by", "me"),
        ],
        true,
    ) else {
        panic!("no reply")
    };
    assert_eq!(head.status, 206);
    assert_eq!(
        head.headers,
        "content-range: bytes 0-1/9\netag: \"abc\"\nx-amz-checksum-crc32: AAAAAA==\nx-amz-meta-by: me\n"
    );
    let error =
        [("x-amz-fwd-status", "404"), ("x-amz-fwd-error-code", "Gone"), ("x-amz-fwd-error-message", "m")];
    let WebhookContent::Refused(error) = check(&error, false) else { panic!("no error") };
    assert_eq!((error.status, error.code.as_str(), error.message.as_str()), (404, "Gone", "m"));
}

#[test]
fn an_answer_that_is_no_response_is_refused() {
    for (fields, has_body) in [
        (vec![("x-amz-fwd-status", "302")], false),
        (vec![("x-amz-fwd-status", "many")], false),
        (vec![("x-amz-fwd-error-code", "Gone")], false),
        (vec![("x-amz-fwd-status", "200"), ("x-amz-fwd-error-code", "Gone")], false),
        (vec![("x-amz-fwd-status", "404"), ("x-amz-fwd-error-code", "Gone")], true),
        (vec![("x-amz-fwd-status", "404"), ("x-amz-fwd-error-code", "a<b>")], false),
        (vec![("x-amz-fwd-header-transfer-encoding", "chunked")], true),
        (vec![("x-amz-fwd-header-x-amz-request-id", "1")], true),
        (vec![("x-amz-fwd-header-", "1")], true),
        (vec![("x-amz-fwd-header-a", "b"); 65], true),
        (vec![("x-amz-meta-a", "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"); 60], true),
    ] {
        assert!(matches!(check(&fields, has_body), WebhookContent::Invalid(_)), "{fields:?}");
    }
}

#[test]
fn a_status_is_a_number_or_its_reason() {
    for (text, status) in
        [("200", Some(200)), ("404 Not Found", Some(404)), ("Not Found", Some(404)), ("", None), ("99", None)]
    {
        assert_eq!(read_status(text), status, "{text}");
    }
}
