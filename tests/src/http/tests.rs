//! The client reads what servers send, and nothing less.

use super::*;

fn read(method: &str, bytes: &[u8]) -> io::Result<Response> {
    let mut reader = BufReader::new(bytes);
    let (status, headers) = read_head(&mut reader)?;
    let body = read_body(&mut reader, method, status, &headers)?;
    Ok(Response { status, headers, body })
}

#[test]
fn a_response_with_a_length_is_read_to_its_end() {
    let response =
        read("GET", b"HTTP/1.1 200 OK\r\nETag: \"a\"\r\nContent-Length: 3\r\n\r\nabcHTTP").unwrap();
    assert_eq!((response.status, response.body.as_slice()), (200, &b"abc"[..]));
    assert_eq!(response.etag(), "a");
}

#[test]
fn a_body_cut_short_is_an_error() {
    let error = read("GET", b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nabc").unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    let error = read("GET", b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nab").unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    let error = read("GET", b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n").unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
}

#[test]
fn chunks_are_joined() {
    let response = read(
        "GET",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nt: v\r\n\r\n",
    );
    assert_eq!(response.unwrap().body, b"abcde");
}

#[test]
fn a_head_has_no_body_whatever_its_length_says() {
    let response = read("HEAD", b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n").unwrap();
    assert_eq!(response.body, b"");
    assert_eq!(response.header("content-length"), Some("4"));
}

#[test]
fn the_code_of_an_error_document_is_found() {
    let response =
        Response { body: b"<Error><Code>NoSuchKey</Code></Error>".to_vec(), ..Response::default() };
    assert_eq!(response.code(), "NoSuchKey");
    assert_eq!(Response::default().code(), "");
}

#[test]
fn a_request_is_framed_only_when_it_must_be() {
    assert_eq!(Request::new("GET", "/").head(), b"GET / HTTP/1.1\r\n\r\n");
    assert_eq!(Request::new("PUT", "/a").head(), b"PUT /a HTTP/1.1\r\ncontent-length: 0\r\n\r\n");
    let odd = Request::new("PUT", "/a").header("Content-Length", "9").body("abc");
    assert_eq!(odd.head(), b"PUT /a HTTP/1.1\r\nContent-Length: 9\r\n\r\n");
}
