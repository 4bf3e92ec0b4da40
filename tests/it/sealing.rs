//! Server-side encryption: keys that clients bring along, what answers say, and copies between
//! protections.
//!
//! The suites check the same with real clients; here are the borders: of segments, of parts, of
//! what is a wrong key.

mod copies;
mod disk;
mod multipart;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use tests::bodies::{md5, md5_hex};
use tests::client::Client;
use tests::http::{Request, Response};
use tests::server::Server;
use tests::sign::{self, MAIN};
use tests::xml::Node;

/// The headers of the object that a request names.
const OBJECT: &str = "x-amz-server-side-encryption";
/// The headers of the source of a copy.
const SOURCE: &str = "x-amz-copy-source-server-side-encryption";

/// What a segment is in storage.
const SEGMENT: usize = 64 << 10;

/// A request with a key of 32 equal bytes.
fn keyed(request: Request, prefix: &str, byte: u8) -> Request {
    let key = [byte; 32];
    request
        .header(&format!("{prefix}-customer-algorithm"), "AES256")
        .header(&format!("{prefix}-customer-key"), &BASE64.encode(key))
        .header(&format!("{prefix}-customer-key-md5"), &BASE64.encode(md5(&key)))
}

fn with_key(method: &str, target: &str, byte: u8) -> Request {
    keyed(Request::new(method, target), OBJECT, byte)
}

/// Bytes without a pattern that a segment could hide.
fn bytes(length: usize, seed: u64) -> Vec<u8> {
    let mut state = seed | 1;
    let draw = |_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as u8
    };
    (0..length).map(draw).collect()
}

fn photos() -> (Server, Client) {
    let server = Server::start();
    let mut client = server.client();
    client.put("/photos", "");
    (server, client)
}

/// How an answer says that something is kept.
fn kept(response: &Response) -> String {
    let own = |name: &str| response.header(name).map(str::to_owned);
    match (own("x-amz-server-side-encryption"), own("x-amz-server-side-encryption-customer-algorithm")) {
        (Some(method), None) => method,
        (None, Some(algorithm)) => {
            let md5 = own("x-amz-server-side-encryption-customer-key-md5").unwrap();
            format!("{algorithm} {md5}")
        }
        (None, None) => String::new(),
        both => panic!("{both:?}"),
    }
}

/// How an answer says that something is kept under [`with_key`]'s key.
fn kept_under(byte: u8) -> String {
    format!("AES256 {}", BASE64.encode(md5(&[byte; 32])))
}

fn refusal(response: &Response) -> (u16, String, String) {
    let error = Node::parse(&response.text());
    (response.status, error.value("Code").to_owned(), error.value("Message").to_owned())
}

#[test]
fn every_answer_says_how_an_object_is_kept() {
    let (_server, mut client) = photos();
    for request in
        [Request::new("PUT", "/photos/a"), Request::new("PUT", "/photos/a").header(OBJECT, "AES256")]
    {
        let put = client.expect(request.body("a picture"));
        assert_eq!((kept(&put).as_str(), put.etag().trim_matches('"')), ("AES256", &*md5_hex(b"a picture")));
    }
    for method in ["GET", "HEAD"] {
        assert_eq!(kept(&client.expect(Request::new(method, "/photos/a"))), "AES256", "{method}");
    }
    // What was asked for when it was written is no business of a read.
    for method in ["GET", "HEAD"] {
        let refused = client.send(Request::new(method, "/photos/a").header(OBJECT, "AES256"));
        assert_eq!(refused.status, 400, "{method}");
    }
}

#[test]
fn an_object_opens_with_its_key_and_without_any_other() {
    let (server, mut client) = photos();
    let body = bytes(300 << 10, 7);
    let put = client.expect(with_key("PUT", "/photos/a", 1).body(body.clone()));
    assert_eq!(kept(&put), kept_under(1));
    assert_ne!(put.etag().trim_matches('"'), md5_hex(&body), "an ETag says nothing of what is sealed");
    let again = client.expect(with_key("PUT", "/photos/b", 1).body(body.clone()));
    assert_ne!(put.etag(), again.etag());

    let got = client.expect(with_key("GET", "/photos/a", 1));
    assert_eq!((kept(&got), got.etag(), got.body == body), (kept_under(1), put.etag(), true));
    let head = client.expect(with_key("HEAD", "/photos/a", 1));
    assert_eq!((kept(&head), head.header("content-length")), (kept_under(1), Some("307200")));
    // Checksums are those of the bytes as the client knows them.
    assert_eq!(got.header("x-amz-checksum-crc64nvme"), None, "checksums are told to those who ask");
    let asked = client.expect(with_key("HEAD", "/photos/a", 1).header("x-amz-checksum-mode", "ENABLED"));
    assert_eq!(asked.header("x-amz-checksum-crc64nvme"), put.header("x-amz-checksum-crc64nvme"));

    let missing = "The object was stored using a form of Server Side Encryption. The correct parameters must be provided to \
                   retrieve the object.";
    let none = client.call("GET", "/photos/a");
    assert_eq!(refusal(&none), (400, "InvalidRequest".to_owned(), missing.to_owned()));
    assert_eq!(client.call("HEAD", "/photos/a").status, 400);
    let wrong = "Requests specifying Server Side Encryption with Customer provided keys must provide the correct secret key.";
    let other = client.send(with_key("GET", "/photos/a", 2));
    assert_eq!(refusal(&other), (403, "AccessDenied".to_owned(), wrong.to_owned()));
    assert_eq!(client.send(with_key("HEAD", "/photos/a", 2)).status, 403);
    // Its own, where it is not: each object has a data key of its own, bound to its name.
    client.put("/photos/plain", "a picture");
    let foreign = client.send(with_key("GET", "/photos/plain", 1));
    let message = "The encryption parameters are not applicable to this object.";
    assert_eq!(refusal(&foreign), (400, "InvalidRequest".to_owned(), message.to_owned()));
    let log = server.log();
    assert!(!log.contains(&BASE64.encode([1; 32])), "a key is in the log");
}

#[test]
fn attributes_are_for_those_who_have_the_key() {
    let (_server, mut client) = photos();
    let put = client.expect(with_key("PUT", "/photos/a", 1).body("a picture"));
    let ask = |request: Request| request.header("x-amz-object-attributes", "ETag,ObjectSize,Checksum");
    assert_eq!(client.send(ask(Request::new("GET", "/photos/a?attributes"))).status, 400);
    assert_eq!(client.send(ask(with_key("GET", "/photos/a?attributes", 2))).status, 403);
    let document = client.expect(ask(with_key("GET", "/photos/a?attributes", 1))).text();
    assert!(
        document.contains(put.etag().trim_matches('"')) && document.contains("<ObjectSize>9</ObjectSize>")
    );
}

#[test]
fn ranges_begin_and_end_anywhere() {
    let (_server, mut client) = photos();
    for (name, length) in [("small", 200_000), ("large", 6 << 20)] {
        let target = format!("/photos/{name}");
        let body = bytes(length, length as u64);
        client.expect(with_key("PUT", &target, 3).body(body.clone()));
        let borders =
            [0, 1, SEGMENT - 1, SEGMENT, SEGMENT + 1, 2 * SEGMENT - 1, 2 * SEGMENT, length - 2, length - 1];
        for first in borders {
            for last in borders.into_iter().filter(|last| *last >= first) {
                let range = format!("bytes={first}-{last}");
                let got = client.expect(with_key("GET", &target, 3).header("range", &range));
                assert_eq!(got.status, 206);
                assert!(got.body == body[first..=last], "{name} {range}");
                assert_eq!(got.header("content-range"), Some(&*format!("bytes {first}-{last}/{length}")));
            }
        }
        let end = client.expect(with_key("GET", &target, 3).header("range", "bytes=-70000"));
        assert!(end.body == body[length - 70_000..]);
        assert!(client.expect(with_key("GET", &target, 3)).body == body);
        let beyond = client.send(with_key("GET", &target, 3).header("range", &format!("bytes={length}-")));
        assert_eq!(beyond.status, 416);
    }
}

#[test]
fn an_empty_object_has_a_key_as_well() {
    let (_server, mut client) = photos();
    client.expect(with_key("PUT", "/photos/empty", 1));
    assert_eq!(client.expect(with_key("GET", "/photos/empty", 1)).body, b"");
    assert_eq!(client.call("GET", "/photos/empty").status, 400);
    assert_eq!(client.send(with_key("GET", "/photos/empty", 2)).status, 403);
}

#[test]
fn conditions_and_versions_hold_for_sealed_objects() {
    let (_server, mut client) = photos();
    client.set_versioning("photos", "Enabled");
    let first = client.expect(with_key("PUT", "/photos/a", 1).body("one"));
    let second = client.expect(with_key("PUT", "/photos/a", 2).body("two"));
    let id = |response: &Response| response.header("x-amz-version-id").unwrap().to_owned();
    let target = format!("/photos/a?versionId={}", id(&first));
    assert_eq!(client.expect(with_key("GET", &target, 1)).text(), "one");
    assert_eq!(client.send(with_key("GET", &target, 2)).status, 403, "the key of another version");
    assert_eq!(client.expect(with_key("GET", "/photos/a", 2)).text(), "two");
    let same = client.send(with_key("GET", "/photos/a", 2).header("if-none-match", second.etag()));
    assert_eq!(same.status, 304);
    let other = client.send(with_key("GET", "/photos/a", 2).header("if-match", first.etag()));
    assert_eq!(other.status, 412);
    // Deleting, tagging and listing take no key.
    let tags = "<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>";
    let digest = BASE64.encode(md5(tags.as_bytes()));
    client.expect(Request::new("PUT", "/photos/a?tagging").header("content-md5", &digest).body(tags));
    assert_eq!(client.expect(with_key("GET", "/photos/a", 2)).text(), "two", "the row was written anew");
    assert!(client.get("/photos?list-type=2").text().contains(second.etag().trim_matches('"')));
    client.expect(Request::new("DELETE", &format!("/photos/a?versionId={}", id(&second))));
    assert_eq!(client.expect(with_key("GET", "/photos/a", 1)).text(), "one");
}

#[test]
fn what_does_not_fit_is_refused_and_nothing_is_stored() {
    let (_server, mut client) = photos();
    let key = BASE64.encode([1; 32]);
    let put = || Request::new("PUT", "/photos/refused");
    let cases = [
        (put().header(OBJECT, "AES128"), "InvalidArgument"),
        (put().header(OBJECT, "aws:kms:dsse"), "NotImplemented"),
        (put().header(&format!("{OBJECT}-aws-kms-key-id"), "k"), "InvalidArgument"),
        (put().header(&format!("{OBJECT}-customer-key"), &key), "InvalidArgument"),
        (
            put()
                .header(&format!("{OBJECT}-customer-algorithm"), "AES256")
                .header(&format!("{OBJECT}-customer-key"), &key),
            "InvalidArgument",
        ),
        (keyed(put(), OBJECT, 1).header(OBJECT, "AES256"), "InvalidArgument"),
        (put().header(&format!("{OBJECT}-customer-algorithm"), "AES128"), "InvalidEncryptionAlgorithmError"),
        (
            put()
                .header(&format!("{OBJECT}-customer-algorithm"), "AES256")
                .header(&format!("{OBJECT}-customer-key"), &key)
                .header(&format!("{OBJECT}-customer-key-md5"), &BASE64.encode(md5(b"another"))),
            "InvalidArgument",
        ),
        (
            put().header(OBJECT, "aws:kms").header(&format!("{OBJECT}-aws-kms-key-id"), "nobody"),
            "KMS.NotFoundException",
        ),
    ];
    for (request, code) in cases {
        let refused = client.send(request.body("a picture"));
        assert_eq!(refused.code(), code);
        assert!(!refused.text().contains(&key), "a key is repeated: {}", refused.text());
    }
    assert_eq!(client.call("GET", "/photos/refused").status, 404);
}

#[test]
fn keys_do_not_come_over_open_connections_unless_that_is_said() {
    let server = Server::start_with(&["--variable", "sse_c_over_http=refuse"]);
    let mut client = server.client();
    client.put("/photos", "");
    client.put("/photos/plain", "a picture");
    let message = "Requests specifying Server Side Encryption with Customer provided keys must be made over a secure connection.";
    let refused = client.send(with_key("PUT", "/photos/a", 1).body("a picture"));
    assert_eq!(refusal(&refused), (400, "InvalidRequest".to_owned(), message.to_owned()));
    assert_eq!(client.call("GET", "/photos/a").status, 404);
    assert_eq!(client.expect(Request::new("GET", "/photos/plain")).text(), "a picture");
}

#[test]
fn a_presigned_url_says_it_in_its_query() {
    let (server, mut client) = photos();
    let key = [4; 32];
    let (text, digest) = (BASE64.encode(key), BASE64.encode(md5(&key)));
    let values = [("algorithm", "AES256"), ("key", &*text), ("key-MD5", &*digest)];
    // Clients write such names as they like.
    for prefix in
        ["X-Amz-Server-Side-Encryption", "x-amz-server-side-encryption", "X-Amz-Server%2DSide%2DEncryption"]
    {
        let query: String = values
            .iter()
            .map(|(name, value)| format!("&{prefix}-Customer-{name}={}", tests::client::value(value)))
            .collect();
        let host = format!("127.0.0.1:{}", server.port());
        let unsigned = Request::new("PUT", &format!("/photos/a?{}", &query[1..])).header("host", &host);
        let url = sign::presign(&unsigned, &MAIN, sign::now(), 600);
        let put = Request::new("PUT", &url).header("host", &host).body("a picture");
        let response = server.anonymous().try_send_as_is(&put).unwrap();
        assert_eq!((response.status, kept(&response)), (200, kept_under(4)), "{prefix}: {}", response.text());
        assert_eq!(client.expect(with_key("GET", "/photos/a", 4)).text(), "a picture");
        assert_eq!(client.call("GET", "/photos/a").status, 400);
    }
}
