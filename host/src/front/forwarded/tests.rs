use super::*;
use crate::config::ProxyHeader;

fn proxies(header: ProxyHeader) -> Proxies {
    let trusted = ["10.0.0.0/8", "127.0.0.1", "2001:db8::/32"].map(|network| network.parse().unwrap());
    Proxies { trusted: trusted.into(), header }
}

fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
    lines.iter().map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_str(value).unwrap())).collect()
}

/// What is expected: client, TLS, host.
type Expected<'a> = Result<(&'a str, Option<bool>, &'a str), &'a str>;

fn check(read: Result<Forwarded, Unclear>, expected: Expected<'_>, what: &str) {
    let read = read.map(|forwarded| {
        let client = forwarded.client.map(|client| client.to_string()).unwrap_or_default();
        let host = forwarded.host.map(|host| host.to_str().unwrap().to_owned()).unwrap_or_default();
        (client, forwarded.is_secure, host)
    });
    match expected {
        Ok((client, is_secure, host)) => {
            assert_eq!(read, Ok((client.to_owned(), is_secure, host.to_owned())), "{what}");
        }
        Err(words) => {
            let Unclear(why) = read.expect_err(what);
            assert!(why.contains(words), "{what}: {why}");
        }
    }
}

fn x(lines: &[(&'static str, &str)], expected: Expected<'_>) {
    check(x_forwarded(&headers(lines), &proxies(ProxyHeader::XForwarded)), expected, &format!("{lines:?}"));
}

#[test]
fn the_client_is_the_last_address_of_no_proxy() {
    let client = |list: &str, expected: &str| x(&[("x-forwarded-for", list)], Ok((expected, None, "")));
    x(&[], Ok(("", None, "")));
    client("192.0.2.7", "192.0.2.7:0");
    client(" 192.0.2.7\t", "192.0.2.7:0");
    client("192.0.2.7:4711", "192.0.2.7:4711");
    client("2001:db9::7", "[2001:db9::7]:0");
    client("[2001:db9::7]", "[2001:db9::7]:0");
    client("[2001:db9::7]:4711", "[2001:db9::7]:4711");
    client("192.0.2.7, 10.0.0.9, 10.0.0.8", "192.0.2.7:0");
    // What stands before the client is its own word.
    client("127.0.0.1, 198.51.100.1, 192.0.2.7, 10.0.0.9", "192.0.2.7:0");
    client("nonsense, 192.0.2.7", "192.0.2.7:0");
    // Proxies only: the first of them.
    client("10.0.0.9, 10.0.0.8", "10.0.0.9:0");
    client("::ffff:10.0.0.9,2001:db8::1", "[::ffff:10.0.0.9]:0");
    x(
        &[("x-forwarded-for", "198.51.100.1, 192.0.2.7"), ("x-forwarded-for", "10.0.0.9")],
        Ok(("192.0.2.7:0", None, "")),
    );
}

#[test]
fn a_client_that_cannot_be_read_is_unclear() {
    for list in
        ["", "unknown", "_hidden", "192.0.2.7,", "192.0.2", "192.0.2.7:70000", "[2001:db9::7", "fe80::1%1"]
    {
        x(&[("x-forwarded-for", list)], Err("no address"));
        x(&[("x-forwarded-for", &format!("192.0.2.7, {list}, 10.0.0.9"))], Err("no address"));
    }
    x(&[("x-forwarded-for", &vec!["10.0.0.9"; HOPS_MAX].join(","))], Ok(("10.0.0.9:0", None, "")));
    x(&[("x-forwarded-for", &vec!["10.0.0.9"; HOPS_MAX + 1].join(","))], Err("too many"));
}

#[test]
fn scheme_and_host_are_those_of_the_client() {
    let of = |proto: &'static str, expected| {
        x(&[("x-forwarded-for", "1.1.1.1, 192.0.2.7, 10.0.0.9"), ("x-forwarded-proto", proto)], expected);
    };
    of("https", Ok(("192.0.2.7:0", Some(true), "")));
    of("HTTP", Ok(("192.0.2.7:0", Some(false), "")));
    of("https, http, https", Ok(("192.0.2.7:0", Some(false), "")));
    of("http, https, http", Ok(("192.0.2.7:0", Some(true), "")));
    of("https, http", Err("different numbers"));
    of("wss", Err("neither"));
    of("", Err("neither"));
    x(&[("x-forwarded-proto", "https")], Ok(("", Some(true), "")));
    x(&[("x-forwarded-proto", "https"), ("x-forwarded-proto", "http")], Err("different numbers"));
    let host = |host: &'static str, expected| {
        x(&[("x-forwarded-for", "1.1.1.1, 192.0.2.7"), ("x-forwarded-host", host)], expected);
    };
    host("photos.example.com:8443", Ok(("192.0.2.7:0", None, "photos.example.com:8443")));
    host("evil.example, s3.example.com", Ok(("192.0.2.7:0", None, "s3.example.com")));
    host("a.example, b.example, c.example", Err("different numbers"));
    host("a/b", Err("no host"));
    host("", Err("no host"));
}

fn standard(lines: &[&str], expected: Expected<'_>) {
    let lines: Vec<_> = lines.iter().map(|line| ("forwarded", *line)).collect();
    check(forwarded(&headers(&lines), &proxies(ProxyHeader::Forwarded)), expected, &format!("{lines:?}"));
}

#[test]
fn the_standard_header_is_read_as_its_document_says() {
    standard(&[], Ok(("", None, "")));
    standard(&["for=192.0.2.43"], Ok(("192.0.2.43:0", None, "")));
    standard(&["For=\"[2001:db9:cafe::17]:4711\""], Ok(("[2001:db9:cafe::17]:4711", None, "")));
    standard(&["for=192.0.2.60;proto=https;by=203.0.113.43"], Ok(("192.0.2.60:0", Some(true), "")));
    standard(
        &["for=192.0.2.60:99 ; host=\"a.b:80\"; proto=http;"],
        Ok(("192.0.2.60:99", Some(false), "a.b:80")),
    );
    standard(
        &["for=198.51.100.17;proto=http, for=192.0.2.43;proto=https, for=10.0.0.9;proto=http"],
        Ok(("192.0.2.43:0", Some(true), "")),
    );
    standard(&["for=198.51.100.17", "for=192.0.2.43, for=10.0.0.9"], Ok(("192.0.2.43:0", None, "")));
    standard(&["not a list at all", "for=192.0.2.43"], Ok(("192.0.2.43:0", None, "")));
    standard(&["for=192.0.2.43;note=\"a, b; for=1.1.1.1 \\\" c\""], Ok(("192.0.2.43:0", None, "")));
}

#[test]
fn a_standard_header_that_cannot_be_read_is_unclear() {
    for line in
        ["", "for=", "for", "for=\"192.0.2.1", "for=1.1.1.1;for=2.2.2.2", "for=a b", "for=(x)", "=1.1.1.1"]
    {
        standard(&[line], Err("Forwarded"));
        standard(&[&format!("for=192.0.2.43, {line}")], Err("Forwarded"));
    }
    standard(&["for=unknown"], Err("no address"));
    standard(&["for=_hidden, for=10.0.0.9"], Err("no address"));
    standard(&["proto=https"], Err("no address"));
    standard(&["for=192.0.2.43;proto=ws"], Err("proto"));
    standard(&["for=192.0.2.43;host=\"a b\""], Err("host"));
    // A client cannot hide what its proxy says in a text that it leaves open.
    standard(&["for=6.6.6.6;x=\", for=\"[2001:db9::1]:4711\";proto=https"], Err("cannot be read"));
    standard(&[&vec!["for=10.0.0.9"; HOPS_MAX + 1].join(",")], Err("too many"));
}

#[test]
fn a_request_that_any_proxy_touched_is_told_apart() {
    for name in
        ["via", "forwarded", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-server", "x-real-ip"]
    {
        assert!(is_forwarded(&headers(&[("host", "a"), (name, "x")])), "{name}");
    }
    assert!(!is_forwarded(&headers(&[("host", "a"), ("x-amz-date", "x")])));
}

proptest::proptest! {
    #[test]
    fn no_header_panics(value in "[ -~]{0,60}", other in "(for|proto|host|[=;, \"\\\\]|1\\.1\\.1\\.1){0,20}") {
        for value in [&value, &other] {
            let lines = [("x-forwarded-for", value.as_str()), ("x-forwarded-proto", value), ("forwarded", value)];
            let lines = headers(&lines);
            let _ = x_forwarded(&lines, &proxies(ProxyHeader::XForwarded));
            let _ = forwarded(&lines, &proxies(ProxyHeader::Forwarded));
        }
    }
}
