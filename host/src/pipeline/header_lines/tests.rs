use super::*;

#[test]
fn lines_become_headers() {
    let mut headers = HeaderMap::new();
    assert_eq!(append(&mut headers, "vary: origin\nvary: accept\nx-empty: \n"), 0);
    assert_eq!(headers.get_all("vary").iter().count(), 2);
    assert_eq!(headers["x-empty"], "");
}

#[test]
fn what_cannot_be_a_header_is_left_out_and_the_rest_is_there() {
    let mut headers = HeaderMap::new();
    let lines =
        "a: 1\nno colon\nx-meta-a b: 2\nb: \u{1}\nc: \u{20ac}\nd: \u{85}\ne: caf\u{e9}\n\nf: 1\u{7f}\ng: 3\n";
    assert_eq!(append(&mut headers, lines), 7);
    let names: Vec<_> = headers.keys().map(HeaderName::as_str).collect();
    assert_eq!(names, ["a", "e", "g"]);
    assert_eq!(headers["e"].as_bytes(), b"caf\xe9");
}

#[test]
fn an_added_stage_sets_no_header_that_frames_or_names_the_response() {
    let check = |lines: &str, expected| assert_eq!(check_added(lines, 0), expected, "{lines:?}");
    check("", Ok(()));
    check("x-tenant: a\nvary: b\n", Ok(()));
    check("x-tenant: a", Err(HeaderError::Malformed));
    check("x tenant: a\n", Err(HeaderError::Malformed));
    check("x-tenant: a\r\n", Err(HeaderError::Malformed));
    check("x-tenant: a\n\nx: y\n", Err(HeaderError::Malformed));
    check("Content-Length: 0\n", Err(HeaderError::Ours));
    check("transfer-encoding: chunked\n", Err(HeaderError::Ours));
    check(&format!("{REQUEST_ID}: 1\n"), Err(HeaderError::Ours));
    let long = format!("x: {}\n", "y".repeat(ADDED_BYTES_MAX - 4));
    check(&long, Ok(()));
    assert_eq!(check_added(&long, 1), Err(HeaderError::TooLong));
}
