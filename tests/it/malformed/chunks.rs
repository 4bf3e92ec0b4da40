//! Bodies that are not what was signed, or whose `aws-chunked` framing is broken. None of them
//! leaves an object.

use tests::http::Request;
use tests::server::Server;
use tests::sign::{Payload, sha256_hex};

use super::{Verdicts, server};

/// A PUT in chunks whose body is changed after it was framed.
fn framed(server: &Server, payload: Payload<'_>, change: impl FnOnce(&mut Vec<u8>)) -> Request {
    let request = Request::new("PUT", "/photos/new").body(vec![b'x'; 20_000]);
    let mut request = server.client().signed(request, payload);
    change(&mut request.body);
    request
}

fn replace(body: &mut Vec<u8>, from: &str, to: &str) {
    let text = String::from_utf8(std::mem::take(body)).expect("text");
    assert!(text.contains(from));
    *body = text.replacen(from, to, 1).into_bytes();
}

const SIGNED: Payload<'_> = Payload::Chunks(8_192, &[]);
const UNSIGNED: Payload<'_> = Payload::UnsignedChunks(8_192, &[("x-amz-checksum-crc32", "AAAAAA==")]);

#[test]
fn chunks_that_are_right_are_taken() {
    let server = server();
    for payload in [SIGNED, Payload::UnsignedChunks(8_192, &[]), Payload::UnsignedChunks(70_000, &[])] {
        let answer = server.client().try_send_as_is(&framed(&server, payload, |_| {})).unwrap();
        assert_eq!(answer.status, 200, "{payload:?}: {}", answer.text());
        assert_eq!(server.client().get("/photos/new").body, vec![b'x'; 20_000]);
    }
}

#[test]
fn chunks_that_are_wrong_are_refused() {
    let server = server();
    let mut verdicts = Verdicts::default();
    let mut send = |what: &str, request: Request, codes: &[(u16, &str)]| {
        let answer = server.client().try_send_as_is(&request).unwrap();
        let came = (answer.status, answer.code());
        if !codes.iter().any(|(status, code)| (*status, *code) == (came.0, came.1.as_str())) {
            verdicts.wrong.push(format!("{what}: expected one of {codes:?}, came {came:?}"));
        }
        let left = server.client().call("GET", "/photos/new").status;
        assert_eq!(left, 404, "{what}: it left an object");
    };
    let mismatch: &[(u16, &str)] = &[(403, "SignatureDoesNotMatch")];
    let broken: &[(u16, &str)] = &[
        (400, "IncompleteBody"),
        (400, "InvalidRequest"),
        (400, "InvalidChunkSizeError"),
        (400, "MalformedTrailerError"),
    ];

    send("a changed byte", framed(&server, SIGNED, |body| body[500] ^= 1), mismatch);
    send(
        "a changed signature",
        framed(&server, SIGNED, |body| replace(body, "signature=", "signature=0")),
        EITHER,
    );
    send(
        "no signature",
        framed(&server, SIGNED, |body| replace(body, ";chunk-signature=", ";chunk-none=")),
        EITHER,
    );
    send("no last chunk", framed(&server, SIGNED, |body| body.truncate(body.len() - 90)), EITHER);
    send("cut short", framed(&server, UNSIGNED, |body| body.truncate(9_000)), broken);
    send(
        "a size that is none",
        framed(&server, UNSIGNED, |body| replace(body, "2000\r\n", "zzzz\r\n")),
        broken,
    );
    send(
        "a size beyond the end",
        framed(&server, UNSIGNED, |body| replace(body, "2000\r\n", "7fffffff\r\n")),
        broken,
    );
    send(
        "a size beyond all numbers",
        framed(&server, UNSIGNED, |body| replace(body, "2000\r\n", "ffffffffffffffffff\r\n")),
        broken,
    );
    send("no framing at all", framed(&server, UNSIGNED, |body| *body = vec![b'x'; 20_000]), broken);
    let wrong_checksum: &[(u16, &str)] = &[(400, "BadDigest"), (400, "XAmzContentChecksumMismatch")];
    send("a wrong checksum", framed(&server, UNSIGNED, |_| {}), wrong_checksum);
    verdicts.give(&server);
}

/// Either complaint will do where both are true.
const EITHER: &[(u16, &str)] = &[
    (403, "SignatureDoesNotMatch"),
    (400, "IncompleteBody"),
    (400, "InvalidRequest"),
    (400, "InvalidChunkSizeError"),
];

#[test]
fn a_body_that_is_not_the_signed_one_is_refused() {
    let server = server();
    let mut verdicts = Verdicts::default();
    let put = || Request::new("PUT", "/photos/new").body("the body");
    let refused = |request: Request| server.client().send(request);
    let other = put().header("x-amz-content-sha256", &sha256_hex(b"another body"));
    verdicts.expect("another SHA-256", &refused(other), (400, "XAmzContentSHA256Mismatch"));
    let none = put().header("x-amz-content-sha256", "abc");
    verdicts.expect("no SHA-256", &refused(none), (400, "InvalidArgument"));
    let md5 = put().header("content-md5", "AAAAAAAAAAAAAAAAAAAAAA==");
    verdicts.expect("another MD5", &refused(md5), (400, "BadDigest"));
    let md5 = put().header("content-md5", "AAAA");
    verdicts.expect("no MD5", &refused(md5), (400, "InvalidDigest"));
    for (algorithm, wrong) in [
        ("crc32", "AAAAAA=="),
        ("crc32c", "AAAAAA=="),
        ("crc64nvme", "AAAAAAAAAAA="),
        ("sha1", "AAAAAAAAAAAAAAAAAAAAAAAAAAA="),
    ] {
        let request = put().header(&format!("x-amz-checksum-{algorithm}"), wrong);
        verdicts.expect(algorithm, &refused(request), (400, "BadDigest"));
    }
    let no_checksum = put().header("x-amz-checksum-crc32", "not base64");
    verdicts.expect("no checksum", &refused(no_checksum), (400, "InvalidRequest"));
    assert_eq!(server.client().call("GET", "/photos/new").status, 404, "one of them left an object");
    verdicts.give(&server);
}
