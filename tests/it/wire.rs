//! What clients of real use write, read as S3 reads it: keys with white space, copy sources like
//! forms, URLs that SDKs presign; and what cannot be said in a header or a document.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use tests::bodies::md5;
use tests::client::{Client, path};
use tests::http::{Connection, Request, Response};
use tests::http2::Http2;
use tests::server::Server;
use tests::sign::{self, MAIN, Payload};

fn photos() -> Server {
    let server = Server::start();
    server.client().put("/photos", "");
    server
}

fn delete(client: &mut Client, objects: &str) -> Response {
    let body = format!("<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">{objects}</Delete>");
    let md5 = BASE64.encode(md5(body.as_bytes()));
    client.send(Request::new("POST", "/photos?delete").header("content-md5", &md5).body(body))
}

#[test]
fn a_key_that_is_deleted_is_the_one_that_is_written() {
    let server = photos();
    let mut client = server.client();
    for (written, key) in [
        (" report", " report"),
        ("report ", "report "),
        (" ", " "),
        ("&#10;report", "\nreport"),
        ("report&#9;", "report\t"),
        ("report&#13;", "report\r"),
        ("<![CDATA[ a&b ]]>", " a&b "),
        ("\u{a0}report\u{3000}", "\u{a0}report\u{3000}"),
    ] {
        let trimmed = key.trim();
        for name in [key, trimmed].into_iter().filter(|name| !name.is_empty()) {
            client.put(&path(&format!("/photos/{name}")), "x");
        }
        let answer = delete(&mut client, &format!("<Object>\n<Key>{written}</Key>\n</Object>"));
        assert_eq!(answer.status, 200, "{written:?}: {}", answer.text());
        assert!(!answer.text().contains("<Error>"), "{}", answer.text());
        assert_eq!(client.call("HEAD", &path(&format!("/photos/{key}"))).status, 404, "{written:?}");
        if !trimmed.is_empty() {
            assert_eq!(client.call("HEAD", &path(&format!("/photos/{trimmed}"))).status, 200, "{written:?}");
        }
    }
}

#[test]
fn a_name_that_xml_cannot_say_is_malformed_and_nothing_is_deleted() {
    let server = photos();
    let mut client = server.client();
    client.put("/photos/a", "x");
    client.put("/photos/a%01b", "x");
    for key in [
        "a\u{1}b",
        "a&#1;b",
        "a&#x1;b",
        "a\u{1f}",
        "<![CDATA[a\u{8}]]>",
        "a\u{fffe}",
        "a&#xFFFF;",
        "a&#0;",
        "a\0",
    ] {
        let answer =
            delete(&mut client, &format!("<Object><Key>a</Key></Object><Object><Key>{key}</Key></Object>"));
        assert_eq!((answer.status, answer.code().as_str()), (400, "MalformedXML"), "{key:?}");
    }
    assert_eq!(client.call("HEAD", "/photos/a").status, 200);
    assert_eq!(client.call("HEAD", "/photos/a%01b").status, 200);
}

#[test]
fn an_answer_with_a_control_character_is_xml_1_1_and_url_encoding_needs_none() {
    let server = photos();
    let mut client = server.client();
    client.put("/photos/a%01b", "x");
    for target in ["/photos", "/photos?list-type=2", "/photos?versions"] {
        let plain = client.get(target).text();
        assert!(plain.starts_with("<?xml version=\"1.1\" encoding=\"UTF-8\"?>"), "{plain}");
        assert!(plain.contains("<Key>a&#x1;b</Key>"), "{plain}");
        let separator = if target.contains('?') { '&' } else { '?' };
        let encoded = client.get(&format!("{target}{separator}encoding-type=url")).text();
        assert!(
            encoded.starts_with("<?xml version=\"1.0\"") && encoded.contains("<Key>a%01b</Key>"),
            "{encoded}"
        );
    }
    let missing = client.call("GET", "/photos/%01").text();
    assert!(missing.starts_with("<?xml version=\"1.1\"") && missing.contains("&#x1;"), "{missing}");
    let created = client.send(Request::new("POST", "/photos/%02?uploads")).text();
    assert!(
        created.starts_with("<?xml version=\"1.1\"") && created.contains("<Key>&#x2;</Key>"),
        "{created}"
    );
    assert!(client.get("/photos?prefix=zzz").text().starts_with("<?xml version=\"1.0\""));
}

#[test]
fn a_copy_source_is_decoded_like_a_form() {
    let server = photos();
    let mut client = server.client();
    client.put("/photos/a%20b.txt", "with a space");
    client.put("/photos/a%2Bb.txt", "with a plus");
    client.put("/photos/q%3FversionId%3Dx", "with a question mark");
    let upload = client.send(Request::new("POST", "/photos/parts?uploads")).text();
    let upload = upload.split("<UploadId>").nth(1).unwrap().split('<').next().unwrap().to_owned();
    let part = format!("/photos/parts?partNumber=1&uploadId={upload}");
    for (source, expected) in [
        ("photos/a+b.txt", "with a space"),
        ("/photos/a%20b.txt", "with a space"),
        ("%2Fphotos%2Fa+b.txt", "with a space"),
        ("%2fphotos%2fa%2Bb.txt", "with a plus"),
        ("photos/a%2bb.txt", "with a plus"),
        ("photos/q%3FversionId%3Dx", "with a question mark"),
        ("%2Fphotos%2Fq%3FversionId%3Dx?versionId=null", "with a question mark"),
    ] {
        client.expect(Request::new("PUT", "/photos/copy").header("x-amz-copy-source", source));
        assert_eq!(client.get("/photos/copy").text(), expected, "{source}");
        let answer = client.send(Request::new("PUT", &part).header("x-amz-copy-source", source));
        let etag = format!("&quot;{}&quot;", tests::bodies::md5_hex(expected.as_bytes()));
        assert!(answer.text().contains(&etag), "{source}: {}", answer.text());
    }
    let missing =
        client.send(Request::new("PUT", "/photos/copy").header("x-amz-copy-source", "photos/a b.txt%20"));
    assert_eq!(missing.code(), "NoSuchKey");
    let arn = "arn%3Aaws%3As3%3Aus-east-1%3A111122223333%3Aaccesspoint%2Fa%2Fobject%2Fb";
    let answer = client.send(Request::new("PUT", "/photos/copy").header("x-amz-copy-source", arn));
    assert_eq!(answer.code(), "NoSuchAccessPoint");
}

#[test]
fn policies_see_the_source_that_is_copied() {
    let server = photos();
    let mut client = server.client();
    client.put("/photos/secret/a+b", "s");
    client.put("/photos/secret/a%20b", "s");
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:PutObject",
        "Resource":"arn:aws:s3:::photos/*","Condition":{"StringLike":{"s3:x-amz-copy-source":"photos/secret/a b"}}}]}"#;
    client.expect(Request::new("PUT", "/photos?policy").body(policy));
    for source in [
        "photos/secret/a+b",
        "%2Fphotos%2Fsecret%2Fa+b",
        "/photos/secret/a%20b",
        "%2fphotos/secret%2Fa%20b?versionId=null",
    ] {
        let answer = client.send(Request::new("PUT", "/photos/copy").header("x-amz-copy-source", source));
        assert_eq!((answer.status, answer.code().as_str()), (403, "AccessDenied"), "{source}");
    }
}

/// A URL for a PUT that is presigned with parameters as they stand.
fn presigned(server: &Server, target: &str) -> String {
    let host = format!("127.0.0.1:{}", server.port());
    sign::presign(&Request::new("PUT", target).header("host", &host), &MAIN, sign::now(), 300)
}

/// The CRC32 of the document that a test presigns.
const CRC32_OF_LIST: &str = "qfRvnA==";

#[test]
fn a_checksum_in_a_presigned_query_is_not_that_of_the_body() {
    let server = photos();
    let mut client = server.client();
    let mut nobody = server.anonymous();
    let upload = client
        .send(Request::new("POST", "/photos/parts?uploads").header("x-amz-checksum-algorithm", "CRC32"));
    let upload = upload.text().split("<UploadId>").nth(1).unwrap().split('<').next().unwrap().to_owned();
    let part = format!("/photos/parts?partNumber=1&uploadId={upload}");
    // An upload for CRC32 takes parts whose URL names that, and has it computed.
    let plain = client.send(Request::new("POST", "/photos/plain?uploads")).text();
    let plain = plain.split("<UploadId>").nth(1).unwrap().split('<').next().unwrap().to_owned();
    for named in [
        "x-amz-checksum-crc32=AAAAAA%3D%3D&x-amz-sdk-checksum-algorithm=CRC32",
        "x-amz-sdk-checksum-algorithm=CRC32",
    ] {
        let url = presigned(&server, &format!("{part}&{named}"));
        let answer = nobody.send(Request::new("PUT", &url).body("a picture"));
        assert_eq!(
            (answer.status, answer.header("x-amz-checksum-crc32")),
            (200, Some("39Bz6A==")),
            "{}",
            answer.text()
        );
    }
    for other in ["", "&x-amz-checksum-sha1=AAAAAA%3D%3D"] {
        let answer =
            nobody.send(Request::new("PUT", &presigned(&server, &format!("{part}{other}"))).body("x"));
        assert_eq!((answer.status, answer.code().as_str()), (400, "InvalidRequest"), "{other}");
    }
    let part = format!("/photos/plain?partNumber=1&uploadId={plain}");
    for parameters in [
        "x-amz-checksum-crc32=AAAAAA%3D%3D&x-amz-sdk-checksum-algorithm=CRC32",
        "x-amz-sdk-checksum-algorithm=CRC32",
        "x-amz-sdk-checksum-algorithm=SHA256&x-amz-checksum-sha256=47DEQpj8HBSa%2B%2FTImW%2B5JCeuQeRkm5NMpJWZG3hSuFU%3D",
        "x-amz-checksum-crc64nvme=AAAAAAAAAAA%3D&x-id=PutObject",
        "X-Amz-Checksum-CRC32C=AAAAAA%3D%3D",
        "x-amz-trailer=x-amz-checksum-crc32",
    ] {
        for target in ["/photos/cat.jpg?", &format!("{part}&")] {
            let url = presigned(&server, &format!("{target}{parameters}"));
            let answer = nobody.send(Request::new("PUT", &url).body("a picture"));
            assert_eq!(answer.status, 200, "{url}: {}", answer.text());
        }
        assert_eq!(client.get("/photos/cat.jpg").text(), "a picture");
    }
}

#[test]
fn a_presigned_document_has_the_checksum_that_its_url_says() {
    let server = photos();
    let mut nobody = server.anonymous();
    // Who presigns a document has it at hand: its own checksum does for it, and no other.
    let list = "<Delete><Object><Key>dog.jpg</Key></Object></Delete>";
    for (crc32, status) in [(CRC32_OF_LIST, 200), ("AAAAAA==", 400)] {
        let crc32 = tests::client::value(crc32);
        let target =
            format!("/photos?delete&x-amz-checksum-crc32={crc32}&x-amz-sdk-checksum-algorithm=CRC32");
        let request = Request::new("POST", &target).header("host", &format!("127.0.0.1:{}", server.port()));
        let url = sign::presign(&request, &MAIN, sign::now(), 300);
        let answer = nobody.send(Request::new("POST", &url).body(list));
        assert_eq!(answer.status, status, "{}", answer.text());
    }
}

#[test]
fn what_a_presigned_body_must_be_is_said_in_a_header() {
    let server = photos();
    let mut nobody = server.anonymous();
    let host = format!("127.0.0.1:{}", server.port());
    for (name, wrong, code) in [
        ("x-amz-checksum-crc32", "AAAAAA==", "BadDigest"),
        ("content-md5", "AAAAAAAAAAAAAAAAAAAAAA==", "BadDigest"),
    ] {
        let signed = Request::new("PUT", "/photos/cat.jpg").header("host", &host).header(name, wrong);
        let url = sign::presign(&signed, &MAIN, sign::now(), 300);
        let answer = nobody.send(Request::new("PUT", &url).header(name, wrong).body("another"));
        assert_eq!((answer.status, answer.code().as_str()), (400, code), "{name}");
    }
    // An algorithm that is chosen for an upload is no checksum.
    let host_header =
        Request::new("POST", "/photos/new?uploads&x-amz-checksum-algorithm=SHA256").header("host", &host);
    let url = sign::presign(&host_header, &MAIN, sign::now(), 300);
    let answer = nobody.send(Request::new("POST", &url));
    assert_eq!(answer.header("x-amz-checksum-algorithm"), Some("SHA256"), "{}", answer.text());
}

#[test]
fn only_latin_1_replaces_a_header() {
    let server = photos();
    let mut client = server.client();
    client.put("/photos/cat.jpg", "x");
    for header in
        ["type", "language", "disposition", "encoding"].map(|name| format!("response-content-{name}"))
    {
        for wrong in ["%E2%82%AC", "a%0Ab", "%7F", "%C2%80"] {
            for method in ["GET", "HEAD"] {
                let answer = client.call(method, &format!("/photos/cat.jpg?{header}={wrong}"));
                assert_eq!(answer.status, 400, "{header} {wrong}");
                assert!(method == "HEAD" || answer.code() == "InvalidArgument", "{}", answer.text());
            }
        }
    }
    let read =
        client.get("/photos/cat.jpg?response-content-disposition=attachment%3B%20filename%3D%22caf%C3%A9%22");
    assert_eq!(read.status, 200);
    // One byte, which the test's client reads as what it is.
    let disposition = read.header("content-disposition").unwrap();
    assert!(
        disposition.starts_with("attachment; filename=\"caf") && !disposition.contains('Ã'),
        "{disposition:?}"
    );
}

#[test]
fn an_answer_that_nothing_has_changed_says_how_long_it_may_be_used() {
    let server = photos();
    let mut client = server.client();
    let put = Request::new("PUT", "/photos/cat.jpg")
        .header("cache-control", "max-age=60")
        .header("expires", "Thu, 01 Dec 2044 16:00:00 GMT")
        .header("content-language", "en")
        .body("x");
    let etag = format!("\"{}\"", client.expect(put).etag());
    for method in ["GET", "HEAD"] {
        for (name, condition) in
            [("if-none-match", etag.as_str()), ("if-modified-since", "Thu, 01 Dec 2044 16:00:00 GMT")]
        {
            let answer = client.send(Request::new(method, "/photos/cat.jpg").header(name, condition));
            // A date in the future is no condition.
            if answer.status == 200 && name == "if-modified-since" {
                continue;
            }
            assert_eq!(answer.status, 304);
            assert_eq!(answer.header("cache-control"), Some("max-age=60"));
            assert_eq!(answer.header("expires"), Some("Thu, 01 Dec 2044 16:00:00 GMT"));
            assert_eq!(answer.header("etag"), Some(etag.as_str()));
            assert!(answer.header("last-modified").is_some() && answer.header("date").is_some());
            assert_eq!(answer.header("content-language"), None);
        }
    }
}

#[test]
fn buckets_say_their_arn() {
    let server = photos();
    let mut client = server.client();
    let arn = Some("arn:aws:s3:::photos");
    assert_eq!(client.call("HEAD", "/photos").header("x-amz-bucket-arn"), arn);
    assert!(client.get("/").text().contains("<BucketArn>arn:aws:s3:::photos</BucketArn>"));
    let made = client.send(Request::new("PUT", "/more-photos"));
    assert_eq!(made.header("x-amz-bucket-arn"), Some("arn:aws:s3:::more-photos"));
}

/// The answer to a head as it is written.
fn raw(server: &Server, head: &str) -> u16 {
    let mut connection = Connection::open(server.port()).unwrap();
    connection.write(head.replace('\n', "\r\n").as_bytes()).unwrap();
    connection.read_status().unwrap_or(0)
}

#[test]
fn a_request_names_one_host_and_its_target_goes_first() {
    let server = photos();
    let port = server.port();
    for (head, status) in [
        ("GET /photos HTTP/1.1\n\n", 400),
        ("GET /photos HTTP/1.1\nhost: a\nhost: a\n\n", 400),
        ("GET /photos HTTP/1.1\nhost: a\nhost: b\n\n", 400),
        ("GET /photos HTTP/1.1\nhost:\n\n", 400),
        ("GET /photos HTTP/1.1\nhost: a, b\n\n", 400),
        ("GET /photos HTTP/1.1\nhost: u:p@a\n\n", 400),
        ("GET /photos HTTP/1.1\nhost: a/b\n\n", 400),
        ("GET /photos HTTP/1.1\nhost: a:b\n\n", 400),
        ("GET http://a/photos HTTP/1.1\n\n", 400),
        ("GET http://u@a/photos HTTP/1.1\nhost: a\n\n", 400),
        ("PUT /photos/a HTTP/1.1\nhost: a\ncontent-length: 1\ncontent-length: 2\n\nx", 400),
        // The same number twice is that number (RFC 9112, 6.3).
        ("PUT /photos/a HTTP/1.1\nhost: a\ncontent-length: 1\ncontent-length: 1\n\nx", 403),
        ("GET /photos HTTP/1.1\nhost: a\n\n", 403),
        ("GET http://a/photos HTTP/1.1\nhost: b\n\n", 403),
        ("GET /photos HTTP/1.0\n\n", 403),
        ("GET /photos HTTP/1.0\nhost: a\n\n", 403),
        ("GET /photos HTTP/1.0\nhost: a\nhost: a\n\n", 400),
        ("GET /health/live HTTP/1.0\n\n", 200),
    ] {
        assert_eq!(raw(&server, head), status, "{head:?}");
    }
    // What is signed is the host of the target, whatever `Host` says.
    let host = format!("127.0.0.1:{port}");
    let signed = sign::sign(Request::new("GET", "/photos").header("host", &host), &MAIN, Payload::Signed);
    let mut lines = String::new();
    for (name, value) in signed.headers.iter().filter(|(name, _)| name != "host") {
        lines.push_str(&format!("{name}: {value}\n"));
    }
    assert_eq!(raw(&server, &format!("GET http://{host}/photos HTTP/1.1\nhost: elsewhere\n{lines}\n")), 200);
    assert_eq!(raw(&server, &format!("GET http://elsewhere/photos HTTP/1.1\nhost: {host}\n{lines}\n")), 403);
    assert!(server.is_alive());
}

#[test]
fn the_authority_of_http_2_goes_before_a_host_beside_it() {
    let server = photos();
    let host = format!("127.0.0.1:{}", server.port());
    let signed = sign::sign(Request::new("GET", "/photos").header("host", &host), &MAIN, Payload::Signed);
    let status = |authority: &str, hosts: &[&str]| {
        let mut request =
            Request { headers: vec![("host".to_owned(), authority.to_owned())], ..signed.clone() };
        request.headers.extend(hosts.iter().map(|host| ("host".to_owned(), (*host).to_owned())));
        request.headers.extend(signed.headers.iter().filter(|(name, _)| name != "host").cloned());
        let mut connection = Http2::open(server.port(), 1 << 16).unwrap();
        let stream = connection.begin(&request, false).unwrap();
        connection.status(stream).unwrap()
    };
    assert_eq!(status(&host, &[]), 200);
    assert_eq!(status(&host, &[&host]), 200);
    assert_eq!(status(&host, &["elsewhere"]), 200);
    // 403 is written in a way that the test's client does not read.
    assert_eq!(status("elsewhere", &[&host]), 0);
    assert_eq!(status(&host, &[&host, &host]), 400);
    assert_eq!(status("user@127.0.0.1", &[]), 400);
}

#[test]
fn what_can_be_said_once_is_not_said_twice() {
    let server = photos();
    let mut client = server.client();
    for (name, one, other) in [
        ("x-amz-date", "20260101T000000Z", "20260101T000000Z"),
        ("x-amz-content-sha256", "UNSIGNED-PAYLOAD", "UNSIGNED-PAYLOAD"),
        ("content-md5", "AAAAAAAAAAAAAAAAAAAAAA==", "AAAAAAAAAAAAAAAAAAAAAA=="),
        ("x-amz-copy-source", "photos/a", "photos/b"),
        ("x-amz-security-token", "a", "b"),
    ] {
        let request = Request::new("PUT", "/photos/a").header(name, one).header(name, other).body("x");
        let answer = client.send(request);
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (400, "InvalidRequest"),
            "{name}: {}",
            answer.text()
        );
    }
    let twice = Request::new("GET", "/photos").header("authorization", "").header("authorization", "AWS a:b");
    let answer = server.anonymous().send(twice);
    assert_eq!((answer.status, answer.code().as_str()), (400, "InvalidArgument"));
}

#[test]
fn what_is_signed_for_one_service_does_not_open_another() {
    let server = photos();
    let host = format!("127.0.0.1:{}", server.port());
    let mut nobody = server.anonymous();
    let mut send = |request: Request, service: &'static str| {
        let request = request.header("host", &host);
        let signed = sign::sign_for(request, &MAIN, Payload::Signed, sign::now(), |_| service);
        let answer = nobody.send(signed);
        (answer.status, answer.code(), answer.text())
    };
    let form = |action: &str| {
        let body = format!("Action={action}&Version=2010-05-08");
        Request::new("POST", "/").header("content-type", "application/x-www-form-urlencoded").body(body)
    };
    assert_eq!(send(Request::new("GET", "/photos"), "s3").0, 200);
    for service in ["iam", "sts", "s3express", "s3-object-lambda"] {
        let (status, code, text) = send(Request::new("GET", "/photos"), service);
        assert_eq!((status, code.as_str()), (400, "AuthorizationHeaderMalformed"), "{service}");
        let message =
            format!("incorrect service &quot;{service}&quot;. This endpoint belongs to &quot;s3&quot;.");
        assert!(text.contains(&message), "{text}");
    }
    let sts = || {
        Request::new("POST", "/")
            .header("content-type", "application/x-www-form-urlencoded")
            .body("Action=GetCallerIdentity&Version=2011-06-15")
    };
    assert_eq!(send(sts(), "sts").0, 200);
    assert_eq!(send(form("ListUsers"), "iam").0, 200);
    for (request, service) in
        [(sts(), "iam"), (sts(), "s3"), (form("ListUsers"), "sts"), (form("ListUsers"), "s3")]
    {
        let (status, code, text) = send(request, service);
        assert_eq!((status, code.as_str()), (403, "SignatureDoesNotMatch"), "{service}");
        assert!(text.contains("Credential should be scoped to correct service"), "{text}");
    }
}

#[test]
fn tags_are_what_is_written() {
    let server = photos();
    let mut client = server.client();
    client.put("/photos/cat.jpg", "x");
    let tags = "<Tagging><TagSet><Tag><Key> a</Key><Value>b </Value></Tag><Tag><Key>a</Key><Value> </Value></Tag></TagSet></Tagging>";
    let md5 = BASE64.encode(md5(tags.as_bytes()));
    client.expect(Request::new("PUT", "/photos/cat.jpg?tagging").header("content-md5", &md5).body(tags));
    let read = client.get("/photos/cat.jpg?tagging").text();
    assert!(
        read.contains("<Key> a</Key><Value>b </Value>") && read.contains("<Key>a</Key><Value> </Value>"),
        "{read}"
    );
}
