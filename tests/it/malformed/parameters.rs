//! Queries, keys and headers with values that are none.

use tests::http::Request;

use super::{Verdicts, server};

#[test]
fn parameters_that_are_none_are_refused() {
    let server = server();
    let mut verdicts = Verdicts::default();
    let mut client = server.client();
    let long = "k".repeat(1_025);
    let cases: [(&str, String, (u16, &str)); 19] = [
        ("GET", "/photos?max-keys=abc".into(), (400, "InvalidArgument")),
        ("GET", "/photos?max-keys=-1".into(), (400, "InvalidArgument")),
        ("GET", "/photos?list-type=2&max-keys=99999999999999999999".into(), (400, "InvalidArgument")),
        ("GET", "/photos?list-type=2&continuation-token=nonsense".into(), (400, "InvalidArgument")),
        ("GET", "/photos?encoding-type=rot13".into(), (400, "InvalidArgument")),
        ("GET", "/photos?versions&version-id-marker=abc".into(), (400, "InvalidArgument")),
        ("GET", "/photos/cat.jpg?versionId=nonsense".into(), (400, "InvalidArgument")),
        ("GET", "/photos/cat.jpg?versionId=".into(), (400, "InvalidArgument")),
        ("GET", "/photos/cat.jpg?partNumber=0".into(), (400, "InvalidArgument")),
        ("GET", "/photos/cat.jpg?partNumber=x".into(), (400, "InvalidArgument")),
        ("GET", "/photos/cat.jpg?uploadId=nonsense".into(), (404, "NoSuchUpload")),
        ("DELETE", "/photos/cat.jpg?uploadId=nonsense".into(), (404, "NoSuchUpload")),
        ("PUT", "/photos/cat.jpg?partNumber=10001&uploadId=nonsense".into(), (400, "InvalidArgument")),
        ("GET", "/photos?acl&tagging".into(), (400, "InvalidArgument")),
        ("PUT", format!("/photos/{long}"), (400, "KeyTooLongError")),
        ("PUT", "/Photos".into(), (400, "InvalidBucketName")),
        ("PUT", "/a".into(), (400, "InvalidBucketName")),
        ("GET", "/photos/cat.jpg?uploads".into(), (400, "InvalidRequest")),
        ("PUT", "/photos/cat.jpg?uploadId=u".into(), (405, "MethodNotAllowed")),
    ];
    for (method, target, expected) in cases {
        let answer = client.call(method, &target);
        verdicts.expect(&format!("{method} {}", &target[..target.len().min(60)]), &answer, expected);
    }
    verdicts.give(&server);
}

#[test]
fn escapes_that_are_none_are_refused() {
    let server = server();
    let mut verdicts = Verdicts::default();
    for target in ["/photos/%zz", "/photos/%", "/photos/%4", "/photos/%ff%fe", "/photos?prefix=%ff"] {
        // Signed or not: such a request has no meaning to sign.
        let answer = server.client().call("GET", target);
        verdicts.expect(target, &answer, (400, "InvalidURI"));
    }
    verdicts.give(&server);
}

#[test]
fn headers_that_are_none_are_refused() {
    let server = server();
    let mut verdicts = Verdicts::default();
    let mut client = server.client();
    let put = || Request::new("PUT", "/photos/new").body("a");
    let long = "v".repeat(2_049);
    let cases = [
        ("a storage class", put().header("x-amz-storage-class", "CHEAP"), (400, "InvalidStorageClass")),
        ("tags", put().header("x-amz-tagging", "a=1&a=2"), (400, "InvalidArgument")),
        ("metadata", put().header("x-amz-meta-long", &long), (400, "MetadataTooLarge")),
        ("a lock", put().header("x-amz-object-lock-mode", "GOVERNANCE"), (400, "InvalidArgument")),
        ("a copy source", put().header("x-amz-copy-source", "nonsense"), (400, "InvalidArgument")),
        (
            "two checksums",
            put()
                .header("x-amz-checksum-crc32", "AAAAAA==")
                .header("x-amz-checksum-sha1", "AAAAAAAAAAAAAAAAAAAAAAAAAAA="),
            (400, "InvalidRequest"),
        ),
        ("another owner", put().header("x-amz-expected-bucket-owner", "999999999999"), (403, "AccessDenied")),
    ];
    for (what, request, expected) in cases {
        verdicts.expect(what, &client.send(request), expected);
    }
    assert_eq!(client.call("GET", "/photos/new").status, 404, "one of them left an object");
    for range in ["bytes=abc", "bytes=5-2", "lines=0-1", "bytes=0-1,3-4"] {
        // A range that means nothing is ignored, and so are several.
        let answer = client.send(Request::new("GET", "/photos/cat.jpg").header("range", range));
        verdicts.expect(range, &answer, (200, ""));
    }
    verdicts.give(&server);
}
