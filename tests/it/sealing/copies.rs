//! Copies between all protections, and what they refer to afterwards.

use super::*;

/// How an object is kept: under the key of the data folder, or under one of the client's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kept {
    Folder,
    Key(u8),
}

impl Kept {
    fn of_object(self, request: Request) -> Request {
        match self {
            Kept::Folder => request,
            Kept::Key(byte) => keyed(request, OBJECT, byte),
        }
    }

    fn of_source(self, request: Request) -> Request {
        match self {
            Kept::Folder => request,
            Kept::Key(byte) => keyed(request, SOURCE, byte),
        }
    }

    fn told(self) -> String {
        match self {
            Kept::Folder => "AES256".to_owned(),
            Kept::Key(byte) => kept_under(byte),
        }
    }
}

const MATRIX: [(Kept, Kept); 5] = [
    (Kept::Folder, Kept::Folder),
    (Kept::Folder, Kept::Key(2)),
    (Kept::Key(1), Kept::Folder),
    (Kept::Key(1), Kept::Key(2)),
    (Kept::Key(1), Kept::Key(1)),
];

fn copy(target: &str, source: &str) -> Request {
    Request::new("PUT", target).header("x-amz-copy-source", source)
}

#[test]
fn a_copy_is_kept_as_it_is_asked_for() {
    let (mut server, mut client) = photos();
    for (round, length) in [0, 1, 300 << 10, 6 << 20].into_iter().enumerate() {
        let body = bytes(length, round as u64 + 1);
        for (number, (from, to)) in MATRIX.into_iter().enumerate() {
            let (source, target) = (format!("/photos/s{round}{number}"), format!("/photos/t{round}{number}"));
            let put = Request::new("PUT", &source).header("x-amz-meta-a", "b").body(body.clone());
            client.expect(from.of_object(put));
            let copied = client.expect(to.of_object(from.of_source(copy(&target, &source))));
            assert_eq!(kept(&copied), to.told(), "{from:?} {to:?}");
            let etag = Node::parse(&copied.text()).value("ETag").trim_matches('"').to_owned();
            assert_eq!(etag == md5_hex(&body), to == Kept::Folder, "{from:?} {to:?}");
            let got = client.expect(to.of_object(Request::new("GET", &target)));
            assert_eq!((kept(&got), got.etag(), got.header("x-amz-meta-a")), (to.told(), &*etag, Some("b")));
            assert!(got.body == body, "{from:?} {to:?} {length}");
            // One goes, the other stays.
            client.expect(Request::new("DELETE", &source));
            assert!(client.expect(to.of_object(Request::new("GET", &target))).body == body);
        }
    }
    server.terminate();
    server.wait(std::time::Duration::from_secs(20)).expect("it ends");
    server.check().unwrap();
}

#[test]
fn a_copy_needs_the_key_of_its_source_and_no_other() {
    let (_server, mut client) = photos();
    client.expect(with_key("PUT", "/photos/sealed", 1).body("a picture"));
    client.put("/photos/plain", "a picture");
    let none = client.send(copy("/photos/t", "/photos/sealed"));
    assert_eq!((none.status, none.code().as_str()), (400, "InvalidRequest"));
    let wrong = client.send(keyed(copy("/photos/t", "/photos/sealed"), SOURCE, 2));
    assert_eq!((wrong.status, wrong.code().as_str()), (403, "AccessDenied"));
    // The key of the target says nothing of the source.
    let target_only = client.send(keyed(copy("/photos/t", "/photos/sealed"), OBJECT, 1));
    assert_eq!((target_only.status, target_only.code().as_str()), (400, "InvalidRequest"));
    let needless = client.send(keyed(copy("/photos/t", "/photos/plain"), SOURCE, 1));
    assert_eq!((needless.status, needless.code().as_str()), (400, "InvalidRequest"));
    assert_eq!(client.call("HEAD", "/photos/t").status, 404);
}

#[test]
fn an_object_is_copied_onto_itself_to_change_its_key() {
    let (_server, mut client) = photos();
    client.put("/photos/a", "a picture");
    assert_eq!(client.send(copy("/photos/a", "/photos/a")).code(), "InvalidRequest");
    client.expect(copy("/photos/a", "/photos/a").header(OBJECT, "AES256"));
    client.expect(keyed(copy("/photos/a", "/photos/a"), OBJECT, 1));
    assert_eq!(client.expect(with_key("GET", "/photos/a", 1)).text(), "a picture");
    client.expect(keyed(keyed(copy("/photos/a", "/photos/a"), SOURCE, 1), OBJECT, 2));
    assert_eq!(client.send(with_key("GET", "/photos/a", 1)).status, 403);
    assert_eq!(client.expect(with_key("GET", "/photos/a", 2)).text(), "a picture");
}

#[test]
fn checksums_of_a_copy_are_those_of_its_bytes() {
    let (_server, mut client) = photos();
    let body = bytes(200_000, 9);
    let put = client.expect(with_key("PUT", "/photos/a", 1).body(body.clone()));
    let stored = put.header("x-amz-checksum-crc64nvme").unwrap().to_owned();
    let copied = client.expect(keyed(copy("/photos/b", "/photos/a"), SOURCE, 1));
    assert_eq!(Node::parse(&copied.text()).value("ChecksumCRC64NVME"), stored);
    let request =
        keyed(copy("/photos/c", "/photos/a"), SOURCE, 1).header("x-amz-checksum-algorithm", "SHA256");
    let other = Node::parse(&client.expect(request).text());
    let plain = client.put("/photos/d", body);
    assert_eq!(plain.etag(), client.expect(Request::new("HEAD", "/photos/b")).etag());
    let head = client.expect(Request::new("HEAD", "/photos/c").header("x-amz-checksum-mode", "ENABLED"));
    assert_eq!(head.header("x-amz-checksum-sha256"), Some(other.value("ChecksumSHA256")));
}
