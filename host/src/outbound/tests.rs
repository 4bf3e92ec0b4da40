use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{IpAddr, TcpListener};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::rules::Target;
use super::*;

fn options(allow: &[&str], only_allowed: bool) -> Options {
    let allow = allow.iter().map(|text| Destination::parse(text).unwrap()).collect();
    Options { allow, only_allowed, retry: Duration::ZERO, ..Options::default() }
}

#[test]
fn destinations_are_hosts_with_or_without_a_port() {
    for (text, shown) in [
        ("idp.example.com", "idp.example.com"),
        ("IDP.example.com:8443", "idp.example.com:8443"),
        ("10.1.2.3:80", "10.1.2.3:80"),
        ("[FD00::1]:8443", "[fd00::1]:8443"),
        ("[fd00::1]", "[fd00::1]"),
    ] {
        assert_eq!(Destination::parse(text).unwrap().to_string(), shown);
    }
    for text in [
        "",
        "*",
        "*.example.com",
        "https://idp",
        "idp/",
        "idp:",
        "idp:99999",
        "a@idp",
        "a b",
        "[::1",
        "idp?x",
    ] {
        assert!(Destination::parse(text).is_none(), "{text}");
    }
}

#[test]
fn an_address_is_checked_before_anything_is_sent() {
    let check = |url: &str, allow: &[&str], only: bool, expected: Option<bool>| {
        let target = Target::of(url, &options(allow, only));
        assert_eq!(target.map(|target| target.is_allowed), expected, "{url} {allow:?} {only}");
    };
    check("https://idp.example.com/a?b", &[], false, Some(false));
    check("https://idp.example.com/a", &[], true, None);
    check("https://IDP.example.com/a", &["idp.example.com"], true, Some(true));
    check("https://idp.example.com/a", &["idp.example.com:443"], true, Some(true));
    check("https://idp.example.com:8443/a", &["idp.example.com:443"], true, None);
    check("https://idp.example.com.evil.net/a", &["idp.example.com"], true, None);
    check("http://idp.example.com/a", &[], false, None);
    check("http://idp.example.com/a", &["idp.example.com"], false, Some(true));
    check("http://127.0.0.1:80/a", &[], false, None);
    for url in [
        "ftp://a/",
        "file:///etc/passwd",
        "https:///a",
        "https://u:p@idp/",
        "https://idp/#a",
        "idp",
        "https://a b/",
    ] {
        check(url, &["a", "idp"], false, None);
    }
}

#[test]
fn private_addresses_are_for_destinations_that_the_operator_names() {
    let public = Target::of("https://idp.example.com/", &options(&[], false)).unwrap();
    let named = Target::of("https://idp.example.com/", &options(&["idp.example.com"], false)).unwrap();
    let reached = |target: &Target, address: &str| target.may_have(address.parse::<IpAddr>().unwrap());
    for address in ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8"] {
        assert!(reached(&public, address) && reached(&named, address), "{address}");
    }
    let private = "127.0.0.1 127.8.8.8 10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1 100.64.0.1 198.18.0.1 192.0.0.1 192.0.2.1 \
                   0.1.2.3 240.0.0.1 ::1 fd00::1 fec0::1 ::ffff:10.0.0.1 ::ffff:127.0.0.1 2002:a00:1::1 2001::1 2001:db8::1 \
                   64:ff9b::a00:1";
    for address in private.split_whitespace() {
        assert!(!reached(&public, address) && reached(&named, address), "{address}");
    }
    // Nobody reaches what clouds tell their machines.
    for address in [
        "169.254.169.254",
        "::ffff:169.254.169.254",
        "fe80::1",
        "fd00:ec2::254",
        "0.0.0.0",
        "::",
        "224.0.0.1",
    ] {
        assert!(!reached(&public, address) && !reached(&named, address), "{address}");
    }
}

/// Answers every request with what `answer` says, and counts them.
fn listen(answer: impl Fn(usize) -> String + Send + 'static) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut reader = BufReader::new(stream.unwrap());
            let mut line = String::new();
            while line != "\r\n" {
                line.clear();
                if reader.read_line(&mut line).unwrap_or(0) == 0 {
                    break;
                }
            }
            let number = counted.fetch_add(1, Ordering::SeqCst);
            let _gone = reader.get_mut().write_all(answer(number).as_bytes());
        }
    });
    (port, count)
}

fn response(status: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

const HOUR: Duration = Duration::from_secs(3600);

fn outbound(allow: &[&str], retry: Duration) -> Outbound {
    Outbound::new(&Options { retry, ..options(allow, false) }).unwrap()
}

fn good(body: &str) -> Outcome {
    Ok(Fetched { status: 200, body: body.as_bytes().to_vec() })
}

#[test]
fn what_was_fetched_is_not_fetched_again_before_its_time() {
    let (port, count) = listen(|number| response("200 OK", &number.to_string()));
    let url = format!("http://127.0.0.1:{port}/a");
    let patient = outbound(&["127.0.0.1"], HOUR);
    assert_eq!(run(patient.fetch(&url, 10, HOUR)), good("0"));
    assert_eq!(run(patient.fetch(&url, 10, HOUR)), good("0"));
    // Too old for who asks, and yet not fetched again so soon.
    assert_eq!(run(patient.fetch(&url, 10, Duration::ZERO)), good("0"));
    assert_eq!(run(patient.fetch(&url, 0, HOUR)), Err(Unfetched::TooLong));
    assert_eq!(count.load(Ordering::SeqCst), 1);
    let eager = outbound(&["127.0.0.1"], Duration::ZERO);
    assert_eq!(run(eager.fetch(&url, 10, HOUR)), good("1"));
    assert_eq!(run(eager.fetch(&url, 10, HOUR)), good("1"));
    assert_eq!(run(eager.fetch(&url, 10, Duration::ZERO)), good("2"));
}

#[test]
fn those_who_wait_for_the_same_address_share_one_request() {
    let (port, count) = listen(|_| {
        std::thread::sleep(Duration::from_millis(100));
        response("200 OK", "a")
    });
    let url = format!("http://127.0.0.1:{port}/");
    let outbound = outbound(&["127.0.0.1"], Duration::ZERO);
    let ask = || outbound.fetch(&url, 10, Duration::ZERO);
    let answers = run(async { tokio::join!(ask(), ask(), ask()) });
    assert_eq!(answers, (good("a"), good("a"), good("a")));
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

#[test]
fn a_failure_does_not_undo_what_is_known() {
    let (port, _) = listen(|number| match number {
        0 => response("200 OK", "a"),
        1 => response("302 Found", ""),
        _ => String::new(),
    });
    let url = format!("http://127.0.0.1:{port}/");
    let outbound = outbound(&["127.0.0.1"], Duration::ZERO);
    assert_eq!(run(outbound.fetch(&url, 10, HOUR)), good("a"));
    // A redirection is an answer, and is not followed.
    let redirected = run(outbound.fetch(&url, 10, Duration::ZERO)).unwrap();
    assert_eq!(redirected.status, 302);
    assert_eq!(run(outbound.fetch(&url, 10, Duration::ZERO)), Err(Unfetched::Unreachable));
    assert_eq!(run(outbound.fetch(&url, 10, HOUR)), good("a"));
}

#[test]
fn answers_that_are_none_or_too_long_are_refused() {
    let long = "a".repeat(LENGTH_MAX + 1);
    let answers = [
        response("200 OK", &long),
        "no HTTP\r\n\r\n".to_owned(),
        response("200 OK", "a").replace(": 1", ": 9"),
    ];
    for (answer, expected) in
        answers.into_iter().zip([Unfetched::TooLong, Unfetched::Unreachable, Unfetched::Unreachable])
    {
        let (port, _) = listen(move |_| answer.clone());
        let url = format!("http://127.0.0.1:{port}/");
        assert_eq!(run(outbound(&["127.0.0.1"], HOUR).fetch(&url, usize::MAX, HOUR)), Err(expected));
    }
}

#[test]
fn names_that_lead_to_this_machine_are_refused_unless_they_are_allowed() {
    let (port, count) = listen(|_| response("200 OK", "a"));
    let closed = outbound(&[], HOUR);
    for host in ["localhost", "127.0.0.1", "[::1]", "2130706433", "0x7f000001", "127.1", "169.254.169.254"] {
        let url = format!("https://{host}:{port}/");
        let outcome = run(closed.fetch(&url, 10, HOUR));
        assert!(matches!(outcome, Err(Unfetched::Forbidden | Unfetched::Unreachable)), "{url} {outcome:?}");
    }
    assert_eq!(run(closed.fetch("https://127.0.0.1:1/", 10, HOUR)), Err(Unfetched::Forbidden));
    assert_eq!(count.load(Ordering::SeqCst), 0);
    let url = format!("http://localhost:{port}/");
    assert_eq!(run(outbound(&["localhost"], HOUR).fetch(&url, 10, HOUR)), good("a"));
}

#[test]
fn addresses_that_are_remembered_are_not_without_end() {
    let outbound = outbound(&[], HOUR);
    for number in 0..ADDRESSES_MAX * 2 {
        assert_eq!(run(outbound.fetch(&format!("ftp://{number}/"), 10, HOUR)), Err(Unfetched::Forbidden));
    }
    assert!(outbound.known.lock().unwrap().len() <= ADDRESSES_MAX);
}

#[test]
fn a_file_of_authorities_holds_some() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let with = |ca_file| Outbound::new(&Options { ca_file, ..Options::default() });
    let refused = with(Some(file.path().to_path_buf())).unwrap_err();
    assert!(refused.to_string().contains("holds no certificate"), "{refused}");
    assert!(with(Some(PathBuf::from("no-such-file"))).unwrap_err().to_string().contains("outbound.ca_file"));
}

#[test]
fn a_destination_knows_its_urls() {
    let is_of = |destination: &str, url: &str| Destination::parse(destination).unwrap().is_of(url);
    for (destination, url) in [
        ("api.example.com", "https://api.example.com/v1?a=b"),
        ("api.example.com", "https://API.example.com:8443/"),
        ("api.example.com:443", "https://api.example.com/"),
        ("10.1.2.3:80", "http://10.1.2.3/"),
        ("[fd00::1]:8443", "https://[fd00::1]:8443/"),
    ] {
        assert!(is_of(destination, url), "{destination} {url}");
    }
    for (destination, url) in [
        ("api.example.com", "https://example.com/"),
        ("api.example.com", "https://api.example.com.evil.org/"),
        ("api.example.com", "https://api.example.com@evil.org/"),
        ("api.example.com", "https://evil.org/api.example.com"),
        ("api.example.com:443", "http://api.example.com/"),
        ("api.example.com", "/api.example.com"),
        ("api.example.com", ""),
    ] {
        assert!(!is_of(destination, url), "{destination} {url}");
    }
}
