use super::*;
use crate::errors::ErrorCode;
use crate::request::url_encoding::push_path;
use proptest::prelude::*;

fn check(text: &str, expected: (&str, &str, Option<&str>)) {
    let source = CopySource::parse(text).unwrap();
    assert_eq!(
        (source.bucket.as_str(), source.key.as_str(), source.version_id.as_deref()),
        expected,
        "{text}"
    );
}

#[test]
fn bucket_key_and_version_are_read() {
    check("photos/a/b.jpg", ("photos", "a/b.jpg", None));
    check("/photos/a%20b%2Bc+d", ("photos", "a b+c d", None));
    check("photos/a+b.txt", ("photos", "a b.txt", None));
    check("photos%2Fa%3FversionId", ("photos", "a?versionId", None));
    check("%2Fphotos%2Fa%2fb", ("photos", "a/b", None));
    check("%2Fphotos%2F%2Fa", ("photos", "/a", None));
    check("%2fphotos/a%2Bb?versionId=x", ("photos", "a+b", Some("x")));
    check("photos/a%3FversionId%3Dx", ("photos", "a?versionId=x", None));
    check("photos/a%3FversionId%3Dx?versionId=y", ("photos", "a?versionId=x", Some("y")));
    check("photos/%C3%A9", ("photos", "é", None));
    check("/photos//a", ("photos", "/a", None));
    check("photos/a?versionId=x%2By", ("photos", "a", Some("x+y")));
    check("photos/a?versionId=null", ("photos", "a", Some("null")));
    check("photos/a?b", ("photos", "a?b", None));
}

#[test]
fn what_names_no_object_is_refused() {
    for text in [
        "",
        "/",
        "photos",
        "photos/",
        "/photos",
        "//a",
        "%2F%2Fa",
        "%2Fphotos",
        "%2Fphotos%2F",
        "ab/key",
        "photos/%ff",
        "photos/a?versionId=",
    ] {
        assert_eq!(CopySource::parse(text).unwrap_err().code, ErrorCode::InvalidArgument, "{text}");
    }
    let arn = "arn:aws:s3:us-east-1:111122223333:accesspoint/reports/object/a";
    for arn in [arn.to_owned(), format!("/{arn}"), arn.replace(':', "%3A").replace('/', "%2F")] {
        let source = CopySource::parse(&arn).unwrap();
        assert!(source.names_access_point(), "{arn}");
        assert_eq!(source.bucket, "arn:aws:s3:us-east-1:111122223333:accesspoint/reports", "{arn}");
        assert_eq!(source.key, "a", "{arn}");
    }
    let by_alias = CopySource::parse("reports-abc-s3alias/a/object/b").unwrap();
    assert!(by_alias.names_access_point());
    assert_eq!(by_alias.in_bucket("photos".to_owned()).bucket, "photos");
    assert!(!CopySource::parse("photos/a-s3alias").unwrap().names_access_point());
    for text in [
        "arn:aws:s3:us-east-1:111122223333:accesspoint/reports",
        "arn:aws:s3:us-east-1:111122223333:accesspoint/reports/object/",
        "arn:aws:s3:us-east-1:1:accesspoint/reports/object/a",
        "arn:aws:s3-outposts:us-east-1:111122223333:outpost/o/object/a",
    ] {
        assert_eq!(CopySource::parse(text).unwrap_err().code, ErrorCode::InvalidArgument, "{text}");
    }
    let long = format!("photos/{}", "k".repeat(1025));
    assert_eq!(CopySource::parse(&long).unwrap_err().code, ErrorCode::KeyTooLongError);
}

#[test]
fn a_refusal_says_what_is_wrong() {
    let refusal = |text: &str| {
        let error = CopySource::parse(text).unwrap_err();
        (error.message.unwrap_or_default(), error.details[1].1.clone())
    };
    for text in ["photos/%ZZ", "100%/foo", "%"] {
        assert_eq!(refusal(text), ("Invalid copy source encoding".to_owned(), text.to_owned()));
    }
    for text in ["", "192.168.1.1/foo", "my-buc@k&()t/obj", "2001:0db8::7334/a"] {
        assert_eq!(refusal(text), ("Invalid copy source bucket name".to_owned(), text.to_owned()));
    }
    for text in ["photos", "photos/"] {
        assert_eq!(refusal(text), ("Invalid copy source object key".to_owned(), String::new()));
    }
}

#[test]
fn the_header_is_refused_where_nothing_is_copied() {
    let headers = Headers::from_iter([("x-amz-copy-source", "photos/a")]);
    assert_eq!(refuse_elsewhere(Operation::CopyObject, &headers), Ok(()));
    assert_eq!(refuse_elsewhere(Operation::UploadPartCopy, &headers), Ok(()));
    assert_eq!(refuse_elsewhere(Operation::GetObject, &Headers::default()), Ok(()));
    let error = refuse_elsewhere(Operation::CompleteMultipartUpload, &headers).unwrap_err();
    assert_eq!(error.code, ErrorCode::InvalidArgument);
    assert_eq!(error.details[1], ("ArgumentValue", "photos/a".to_owned()));
}

proptest! {
    #[test]
    fn an_encoded_source_is_read_back(
        key in "\\PC{1,40}",
        version in proptest::option::of("[a-zA-Z0-9._-]{1,32}"),
    ) {
        let mut text = String::from("photos/");
        push_path(&mut text, &key);
        if let Some(version) = &version {
            text.push_str("?versionId=");
            text.push_str(version);
        }
        let expected = CopySource { bucket: "photos".to_owned(), key, version_id: version };
        prop_assert_eq!(CopySource::parse(&text).unwrap(), expected);
    }
}
