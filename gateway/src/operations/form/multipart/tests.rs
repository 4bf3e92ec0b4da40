//! Bodies of forms, cut into chunks of any length.

use super::*;
use proptest::prelude::*;

const HEAD: &str = "Content-Disposition: form-data; name=";

fn part(name: &str, value: &str) -> String {
    format!("--B\r\n{HEAD}\"{name}\"\r\n\r\n{value}\r\n")
}

fn file(value: &str) -> String {
    format!(
        "--B\r\n{HEAD}\"file\"; filename=\"cat.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n{value}\r\n--B--\r\n"
    )
}

/// The form of a body that arrives in chunks of some length, and all that comes from the start of
/// the file on.
fn read(body: &[u8], chunk_length: usize) -> Result<(Form, &[u8])> {
    let mut reader = Reader::new("B");
    let mut passed = 0;
    for chunk in body.chunks(chunk_length.max(1)) {
        if let Some(start) = reader.push(chunk)? {
            return Ok((reader.form()?, &body[passed + start..]));
        }
        passed += chunk.len();
    }
    Err(reader.end())
}

fn fields(form: &Form) -> Vec<(&str, &str)> {
    form.iter().collect()
}

#[test]
fn fields_and_file_are_told_apart_however_the_body_is_cut() {
    let body = format!(
        "{}{}{}{}",
        part("key", "a/${filename}"),
        part("acl", ""),
        part("x", "1\r\n2\r\n--\r\n"),
        file("hello\r\n--\r\n-B\r")
    );
    for chunk_length in 1..body.len() + 1 {
        let (form, rest) = read(body.as_bytes(), chunk_length).unwrap();
        assert_eq!(fields(&form), [("key", "a/cat.jpg"), ("acl", ""), ("x", "1\r\n2\r\n--\r\n")]);
        assert_eq!(form.file_name(), "cat.jpg");
        assert_eq!(rest, b"hello\r\n--\r\n-B\r\r\n--B--\r\n");
    }
}

#[test]
fn what_comes_before_and_after_does_not_matter() {
    let body =
        format!("preamble\r\n--B \t\r\n{HEAD}\"key\"\r\n\r\nk\r\n{}{}", file("x"), part("acl", "late"));
    let (form, rest) = read(body.as_bytes(), 7).unwrap();
    assert_eq!(fields(&form), [("key", "k")]);
    assert!(rest.starts_with(b"x\r\n--B--\r\n"));
    assert!(read(file("").as_bytes(), 5).unwrap().1.starts_with(b"\r\n--B--"));
}

#[test]
fn headers_of_parts_are_read_as_browsers_write_them() {
    for (headers, name, value) in [
        ("content-disposition:form-data;name=key", "key", "v"),
        (
            "Content-Type: text/plain\r\nContent-Disposition: FORM-DATA; filename=\"x\"; name=\"key\"",
            "key",
            "v",
        ),
        ("Content-Disposition: form-data; name=\"a;b=c\"", "a;b=c", "v"),
        ("Content-Disposition: form-data; name=\"a\\\"b\"", "a\"b", "v"),
    ] {
        let body = format!("--B\r\n{headers}\r\n\r\n{value}\r\n{}", file(""));
        assert_eq!(fields(&read(body.as_bytes(), 9).unwrap().0), [(name, value)], "{headers}");
    }
    for (file_headers, expected) in [
        ("name=\"file\"; filename=\"C:\\dir\\cat.jpg\"", "cat.jpg"),
        ("name=\"file\"; filename=\"a\\\"b.jpg\"", "a\"b.jpg"),
        ("name=\"file\"; filename=\"x\"; filename*=UTF-8''%c3%a9.jpg", "é.jpg"),
        ("name=\"FILE\"; filename=\"cat.jpg\"", "cat.jpg"),
        ("name=\"file\"", ""),
    ] {
        let body = format!("--B\r\nContent-Disposition: form-data; {file_headers}\r\n\r\nx\r\n--B--");
        assert_eq!(read(body.as_bytes(), 11).unwrap().0.file_name(), expected, "{file_headers}");
    }
}

#[test]
fn a_form_without_a_file_is_refused() {
    let body = format!("{}--B--\r\n", part("key", "k"));
    let error = read(body.as_bytes(), 4).unwrap_err();
    assert_eq!(error.to_string(), "InvalidArgument: POST requires exactly one file upload per request.");
    assert_eq!(error.details, [("ArgumentName", "file".to_owned()), ("ArgumentValue", "0".to_owned())]);
}

#[test]
fn other_formats_are_refused() {
    for body in [
        "",
        "hello",
        "--A\r\n\r\n",
        "--B",
        "--B\r\n\r\nvalue\r\n--B--",
        "--Bx\r\n",
        "--B\r\nContent-Type: text/plain\r\n\r\nv\r\n--B--",
        "--B\r\nContent-Disposition: attachment; name=\"key\"\r\n\r\nv\r\n--B--",
        "--B\r\nContent-Disposition: form-data\r\n\r\nv\r\n--B--",
        "--B\r\nContent-Disposition: form-data; name=\"key\r\n\r\nv\r\n--B--",
        "--B\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\nv",
    ] {
        let error = read(body.as_bytes(), 3).unwrap_err();
        assert_eq!(error.code, ErrorCode::MalformedPOSTRequest, "{body}");
    }
    let binary = [
        part("a", "X").replace('X', "").as_bytes(),
        b"--B\r\nContent-Disposition: form-data; name=\"b\"\r\n\r\n\xff\r\n--B--",
    ]
    .concat();
    assert_eq!(read(&binary, 5).unwrap_err().code, ErrorCode::MalformedPOSTRequest);
}

#[test]
fn fields_are_limited_and_the_file_is_not() {
    let large = "x".repeat(FIELDS_LENGTH_MAX - 4);
    let body = format!("{}{}", part("acl", &large), file(&"y".repeat(100_000)));
    assert_eq!(read(body.as_bytes(), 8192).unwrap().1.len(), 100_000 + "\r\n--B--\r\n".len());
    for body in [
        part("acl", &"x".repeat(FIELDS_LENGTH_MAX)),
        part("x", "").repeat(2000),
        "x".repeat(100_000),
        format!("--B\r\n{}", "Header: x\r\n".repeat(10_000)),
    ] {
        let error = read(format!("{body}{}", file("")).as_bytes(), 1000).unwrap_err();
        assert_eq!(error.code, ErrorCode::MaxPostPreDataLengthExceededError);
    }
}

#[test]
fn the_boundary_is_that_of_the_content_type() {
    for (content_type, expected) in [
        ("multipart/form-data; boundary=abc", "abc"),
        ("Multipart/Form-Data; charset=utf-8; Boundary=\"a b\"", "a b"),
        ("multipart/form-data;boundary=--x--", "--x--"),
    ] {
        assert_eq!(boundary(content_type).unwrap(), expected, "{content_type}");
    }
    for content_type in ["", "text/plain", "application/x-www-form-urlencoded", "multipart/mixed; boundary=a"]
    {
        let error = boundary(content_type).unwrap_err();
        assert_eq!(error.code, ErrorCode::PreconditionFailed);
        assert_eq!(error.details[0].1, "Bucket POST must be of the enclosure-type multipart/form-data");
    }
    for content_type in [
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=\"",
        "multipart/form-data; boundary=é",
    ] {
        assert_eq!(
            boundary(content_type).unwrap_err().code,
            ErrorCode::MalformedPOSTRequest,
            "{content_type}"
        );
    }
    let long = format!("multipart/form-data; boundary={}", "b".repeat(71));
    assert_eq!(boundary(&long).unwrap_err().code, ErrorCode::MalformedPOSTRequest);
}

proptest! {
    #[test]
    fn any_bytes_are_a_form_or_an_error(body in prop::collection::vec(any::<u8>(), 0..200), chunk_length in 1_usize..50) {
        let _ = read(&body, chunk_length);
        let _ = read(&[b"--B\r\n", body.as_slice()].concat(), chunk_length);
        let _ = read(&[b"--B\r\nContent-Disposition: form-data; ", body.as_slice()].concat(), chunk_length);
    }

    #[test]
    fn what_is_written_is_read(
        values in prop::collection::vec(("[a-z-]{1,8}", "[a-zäé \r\n-]{0,20}"), 0..5),
        content in prop::collection::vec(prop::sample::select(b"\r\n-BA".to_vec()), 0..60),
        chunk_length in 1_usize..40,
    ) {
        let contains = |bytes: &[u8]| bytes.windows(5).any(|window| window == b"\r\n--B");
        prop_assume!(values.iter().all(|(name, value)| name != "file" && !contains(value.as_bytes())));
        let mut body: Vec<u8> = values.iter().map(|(name, value)| part(name, value)).collect::<String>().into_bytes();
        body.extend_from_slice(format!("--B\r\n{HEAD}\"file\"\r\n\r\n").as_bytes());
        body.extend_from_slice(&content);
        body.extend_from_slice(b"\r\n--B--\r\n");
        let (form, rest) = read(&body, chunk_length).unwrap();
        let expected: Vec<(&str, &str)> = values.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        prop_assert_eq!(fields(&form), expected);
        prop_assert_eq!(rest, [content.as_slice(), b"\r\n--B--\r\n"].concat());
    }
}

#[test]
fn white_space_behind_a_delimiter_is_looked_at_once() {
    let blanks = " ".repeat(30_000);
    let body = format!("--B{blanks}\r\n{HEAD}\"key\"\r\n\r\nk\r\n{}", file("x"));
    let (form, _) = read(body.as_bytes(), 1).unwrap();
    assert_eq!(fields(&form), [("key", "k")]);
}
