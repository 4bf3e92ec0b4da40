//! Request heads that are no HTTP, or dangerous HTTP.

use std::time::Duration;

use tests::http::Connection;

use super::{Verdicts, server};

/// What the server does with these bytes: the status of its answer, or 0 when it closes without
/// one.
fn send(port: u16, bytes: &[u8]) -> std::io::Result<u16> {
    let mut connection = Connection::open(port)?;
    connection.patience(Duration::from_secs(10))?;
    // The server may close before everything is written.
    let _written = connection.write(bytes);
    let _finished = connection.finish_writing();
    match connection.read_status() {
        Ok(status) => Ok(status),
        Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => Err(error),
        Err(_) => Ok(0),
    }
}

#[test]
fn a_head_that_is_no_http_is_refused() {
    let server = server();
    let mut verdicts = Verdicts::default();
    let long = format!("GET / HTTP/1.1\r\nhost: x\r\nx-long: {}\r\n\r\n", "a".repeat(2_000_000));
    let many = format!("GET / HTTP/1.1\r\nhost: x\r\n{}\r\n", "x-many: a\r\n".repeat(50_000));
    let target = format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", "a".repeat(200_000));
    let cases: [(&str, &[u8]); 14] = [
        ("nonsense", b"nonsense\r\n\r\n"),
        ("zeros", &[0; 64]),
        ("a TLS hello", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),
        ("no version", b"GET /\r\n\r\n"),
        ("HTTP/9", b"GET / HTTP/9.9\r\nhost: x\r\n\r\n"),
        ("a line without colon", b"GET / HTTP/1.1\r\nhost: x\r\nnonsense\r\n\r\n"),
        ("a space in a name", b"GET / HTTP/1.1\r\nhost: x\r\nx y: z\r\n\r\n"),
        ("a zero in a value", b"GET / HTTP/1.1\r\nhost: x\r\nx-y: a\0b\r\n\r\n"),
        ("a length that is none", b"PUT /photos/a HTTP/1.1\r\nhost: x\r\ncontent-length: ten\r\n\r\n"),
        ("a negative length", b"PUT /photos/a HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n"),
        (
            "two lengths",
            b"PUT /photos/a HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab",
        ),
        ("a value of two megabytes", long.as_bytes()),
        ("fifty thousand headers", many.as_bytes()),
        ("a target of 200 kB", target.as_bytes()),
    ];
    for (what, bytes) in cases {
        match send(server.port(), bytes) {
            Ok(0 | 400..=499) => {}
            other => verdicts.wrong.push(format!("{what}: {other:?}")),
        }
    }
    verdicts.give(&server);
}

#[test]
fn one_request_is_never_read_as_two() {
    let server = server();
    // Whoever believes the length sees one request, whoever believes the chunks sees two.
    let smuggled =
        b"PUT /photos/a HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n\
        0\r\n\r\nDELETE /photos/cat.jpg HTTP/1.1\r\nhost: x\r\n\r\n";
    let mut connection = server.connect();
    connection.write(smuggled).unwrap();
    // Refused, or closed without an answer: what must not happen is that the second request is
    // served.
    if let Ok(answer) = connection.read("PUT") {
        assert!((400..500).contains(&answer.status), "{}", answer.status);
    }
    connection.patience(Duration::from_secs(10)).unwrap();
    assert!(connection.is_closed());
    Verdicts::default().give(&server);
}

#[test]
fn what_follows_the_last_request_does_not_cost_its_answer() {
    let server = server();
    for rest in ["\r\n", "GET /photos HTTP/1.1\r\nhost: x\r\n\r\n"] {
        let mut connection = server.connect();
        let last = "GET /photos/cat.jpg HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
        connection.write(format!("{last}{rest}").as_bytes()).unwrap();
        assert!(connection.read("GET").is_ok_and(|answer| answer.status == 403), "{rest:?}");
        connection.patience(Duration::from_secs(10)).unwrap();
        assert!(connection.is_closed(), "{rest:?}");
    }
}

#[test]
fn strange_methods_are_not_allowed() {
    let server = server();
    let mut verdicts = Verdicts::default();
    for method in ["PATCH", "TRACE", "LINK", "PROPFIND", "X"] {
        let answer = server.client().call(method, "/photos/cat.jpg");
        verdicts.expect(method, &answer, (405, "MethodNotAllowed"));
    }
    verdicts.give(&server);
}
