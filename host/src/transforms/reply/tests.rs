use super::*;

fn head(status: u16, headers: &[(&str, &str)]) -> types::Head {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    types::Head { status, headers, metadata: None }
}

#[test]
fn a_head_has_what_a_response_may_have() {
    let checked =
        check_head(head(206, &[("Content-Type", "text/plain"), ("x-amz-tagging-count", "2")])).unwrap();
    assert_eq!(checked.headers[0], ("content-type".to_owned(), "text/plain".to_owned()));
    assert_eq!(checked.status, 206);
    for status in [0, 100, 101, 199, 201, 204, 301, 302, 399, 600, u16::MAX] {
        assert!(check_head(head(status, &[])).is_err(), "{status}");
    }
    for name in OF_THE_SERVER.lines().chain(["X-Amz-Request-Id", "Transfer-Encoding", "x-amz-meta-a"]) {
        let failure = check_head(head(200, &[(name, "1")])).unwrap_err();
        assert_eq!(failure.kind, FailureKind::BadReply, "{name}");
        assert!(failure.words.contains("not a transform's"), "{failure}");
    }
    let injected = [
        ("a", "b\r\nset-cookie: c"),
        ("a\r\nb", "c"),
        ("a: b", "c"),
        ("", "c"),
        ("a", "b\0"),
        ("ä", "c"),
        ("a", "b\nc"),
        (" a", "b"),
    ];
    for (name, value) in injected {
        assert!(check_head(head(200, &[(name, value)])).is_err(), "{name:?}: {value:?}");
    }
}

#[test]
fn heads_have_an_end() {
    let many: Vec<(String, String)> = (0..65).map(|at| (format!("x-{at}"), String::new())).collect();
    let check = |headers| check_head(types::Head { status: 200, headers, metadata: None });
    assert!(check(many[..64].to_vec()).is_ok());
    assert!(check(many).is_err());
    assert!(check(vec![("x".to_owned(), "y".repeat(16 << 10))]).is_err());
    assert!(check_metadata(vec![("a".to_owned(), "b".repeat(2047))]).is_ok());
    assert!(check_metadata(vec![("a".to_owned(), "b".repeat(2048))]).is_err());
    assert!(check_metadata(vec![("a b".to_owned(), String::new())]).is_err());
    assert!(check_metadata(vec![("a".to_owned(), "\r\n".to_owned())]).is_err());
    assert!(check_content_type(Some("a\nb".to_owned())).is_err());
}

#[test]
fn an_error_is_one_of_s3s_shape() {
    let error = |status, code: &str, message: &str| types::Error {
        status,
        code: code.to_owned(),
        message: message.to_owned(),
    };
    assert!(check_error(error(403, "AccessDenied", "No.\nReally.")).is_ok());
    assert!(check_error(error(304, "NotModified", "")).is_ok());
    let bad = [
        error(200, "Fine", ""),
        error(600, "Much", ""),
        error(400, "", ""),
        error(400, "a b", ""),
        error(400, "<Code>", ""),
        error(400, &"a".repeat(65), ""),
        error(400, "Long", &"a".repeat(1025)),
        error(400, "Control", "\u{1b}[2J"),
    ];
    for error in bad {
        assert!(check_error(error.clone()).is_err(), "{error:?}");
    }
}

#[test]
fn a_page_has_no_new_keys() {
    let entry = |key: &str, etag: &str| PageEntry {
        key: key.to_owned(),
        size: 1,
        etag: etag.to_owned(),
        last_modified_ms: 2,
    };
    let given = Page {
        entries: vec![entry("a", "1"), entry("b", "2"), entry("c", "3")],
        common_prefixes: vec!["x/".to_owned(), "y/".to_owned()],
    };
    let check = |entries: Vec<PageEntry>, prefixes: &[&str]| {
        let common_prefixes = prefixes.iter().map(|prefix| (*prefix).to_owned()).collect();
        check_page(&given, list_page::Page::from(&Page { entries, common_prefixes }))
    };
    let changed = check(vec![entry("a", "other"), entry("c", "3")], &["y/"]).unwrap();
    assert_eq!(changed.entries[0].etag, "other");
    assert!(check(vec![entry("c", "3"), entry("a", "1")], &[]).is_err());
    assert!(check(vec![entry("a", "1"), entry("a", "1")], &[]).is_err());
    assert!(check(vec![entry("d", "1")], &[]).is_err());
    assert!(check(vec![entry("a", "\"1\"")], &[]).is_err());
    assert!(check(vec![entry("a", "1\n")], &[]).is_err());
    assert!(check(vec![], &["z/"]).is_err());
}
