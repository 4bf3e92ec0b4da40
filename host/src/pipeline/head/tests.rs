use super::*;
use http::Request;

fn parts(version: Version, target: &str, headers: &[(&str, &str)]) -> Parts {
    let mut request = Request::builder().version(version).uri(target);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(()).unwrap().into_parts().0
}

#[test]
fn a_request_names_one_host() {
    let (old, usual, new) = (Version::HTTP_10, Version::HTTP_11, Version::HTTP_2);
    let one = &[("host", "h:9000")][..];
    let two = &[("host", "h"), ("host", "h")][..];
    for (version, target, headers, expected) in [
        (usual, "/a", one, true),
        (usual, "/a", &[], false),
        (usual, "/a", two, false),
        (usual, "http://h/a", &[], false),
        (usual, "http://other/a", one, true),
        (usual, "http://u:p@h/a", one, false),
        (old, "/a", &[], true),
        (old, "/a", one, true),
        (old, "/a", two, false),
        (new, "http://h/a", &[], true),
        (new, "http://h/a", one, true),
        (new, "http://h/a", two, false),
        (new, "http://u@h/a", &[], false),
        (new, "/a", &[], false),
        (usual, "/a", &[("host", "h"), ("content-length", "1"), ("content-length", "1")], false),
    ] {
        let seen = Head::of(&parts(version, target, headers));
        assert_eq!(seen.is_clear, expected, "{version:?} {target} {headers:?}");
    }
}

#[test]
fn a_host_is_a_name_or_an_address_with_a_port_or_without() {
    for host in [
        "h",
        "h:",
        "h:9000",
        "h:00080",
        "127.0.0.1:1",
        "[::1]",
        "[::1]:9000",
        "[::ffff:1.2.3.4]",
        "a_b.s3.example.com",
        "EXAMPLE.com.",
    ] {
        assert!(Head::of(&parts(Version::HTTP_11, "/", &[("host", host)])).is_clear, "{host}");
    }
    for host in [
        "",
        " ",
        ":80",
        "u@h",
        "u:p@h",
        "h/",
        "h?",
        "h#",
        "h,h",
        "h h",
        "h:x",
        "h:-1",
        "h:65536",
        "h:1:2",
        "[::1",
        "[]",
        "[::1]x",
        "[:::::::::]",
        "[fe80::1%25eth0]",
        "a[b]",
        "h%00",
        "h%",
        "h%2ex",
        "a\\b",
        "caf\u{e9}",
        "a<b",
        "\"h\"",
        "http://h",
    ] {
        assert!(!Head::of(&parts(Version::HTTP_11, "/", &[("host", host)])).is_clear, "{host}");
    }
}

#[test]
fn the_authority_counts() {
    let mut request = parts(Version::HTTP_2, "http://one:9000/a", &[("host", "two")]);
    settle(&request.uri, &mut request.headers);
    assert_eq!(request.headers.get_all(HOST).iter().collect::<Vec<_>>(), ["one:9000"]);
    let mut request = parts(Version::HTTP_11, "/a", &[("host", "two")]);
    settle(&request.uri, &mut request.headers);
    assert_eq!(request.headers["host"], "two");
}

#[test]
fn headers_have_a_length_and_may_be_signed() {
    let seen = |target: &str, headers: &[(&str, &str)]| Head::of(&parts(Version::HTTP_11, target, headers));
    // `host: h\r\n` and `x: …\r\n`
    let longest = "v".repeat(HEADERS_BYTES_MAX - 9 - 5);
    assert!(!seen("/", &[("host", "h"), ("x", &longest)]).is_long);
    assert!(seen("/", &[("host", "h"), ("x", &format!("{longest}v"))]).is_long);
    assert!(!seen(&format!("/{longest}{longest}"), &[("host", "h")]).is_long);
    for (target, header, expected) in [
        ("/a", "authorization", true),
        ("/a?X-Amz-Signature=1", "x", true),
        ("/a?AWSAccessKeyId=1&Signature=1", "x", true),
        ("/a?acl", "x", false),
    ] {
        assert_eq!(seen(target, &[("host", "h"), (header, "1")]).is_signed, expected, "{target} {header}");
    }
}
