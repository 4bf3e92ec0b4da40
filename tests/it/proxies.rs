//! Proxies: what a trusted one says of a client is true for policies, logs and rates, and what
//! anybody else says is not. Names of this machine, which need no domain. Who may read metrics.

use std::net::Ipv4Addr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use tests::bodies::md5;
use tests::client::Client;
use tests::http::{Connection, Request};
use tests::http2::Http2;
use tests::server::{Server, free_ports};
use tests::sign::{self, Credentials, Payload};

/// Where a proxy is trusted, no sample key is taken.
const OPERATOR: Credentials =
    Credentials { access_key_id: "PROXYTESTOPERATOR", secret_access_key: "tq5Vd0mX9sKp3Zr7Wb1Yc8Nf6Lh2Gj4E" };

/// A server whose bucket `photos` holds `cat.jpg`.
fn server(more: &str) -> Server {
    let Credentials { access_key_id, secret_access_key } = OPERATOR;
    Server::start_from(&format!(
        "access_log = true\ndomain = [\"s3.example.com\"]\n[variables]\nblock_public_access = false\n\
         block_sse_c = false\n[root]\naccess_key = \"{access_key_id}\"\nsecret_key = \"{secret_access_key}\"\n{more}\n"
    ))
}

fn trusting(header: &str) -> Server {
    server(&format!("[proxies]\ntrusted = [\"127.0.0.1\", \"10.0.0.0/8\"]\nheader = \"{header}\"\n"))
}

fn fill(client: &mut Client) {
    client.put("/photos", "");
    client.put("/photos/cat.jpg", "a cat");
}

fn put_policy(client: &mut Client, policy: &str) {
    let digest = BASE64.encode(md5(policy.as_bytes()));
    client.expect(Request::new("PUT", "/photos?policy").header("content-md5", &digest).body(policy));
}

fn statement(effect: &str, condition: &str) -> String {
    format!(
        "{{\"Version\":\"2012-10-17\",\"Statement\":{{\"Effect\":\"{effect}\",\"Principal\":\"*\",\
         \"Action\":\"s3:GetObject\",\"Resource\":\"arn:aws:s3:::photos/*\",\"Condition\":{condition}}}}}"
    )
}

const FROM_203: &str = "{\"IpAddress\":{\"aws:SourceIp\":\"203.0.113.0/24\"}}";

fn cat(headers: &[(&str, &str)]) -> Request {
    let request = Request::new("GET", "/photos/cat.jpg");
    headers.iter().fold(request, |request, (name, value)| request.header(name, value))
}

/// The status of an anonymous GET with these headers.
fn status(server: &Server, headers: &[(&str, &str)]) -> u16 {
    server.anonymous().send(cat(headers)).status
}

#[test]
fn the_address_that_a_trusted_proxy_names_is_the_clients() {
    let (server, stranger) = (trusting("x-forwarded"), server(""));
    for server in [&server, &stranger] {
        let mut owner = server.client_as(OPERATOR);
        fill(&mut owner);
        put_policy(&mut owner, &statement("Allow", FROM_203));
    }
    for (list, expected) in [
        ("203.0.113.7", 200),
        ("203.0.113.7:4711, 10.0.0.9", 200),
        ("198.51.100.1", 403),
        // A client wrote the first address itself.
        ("203.0.113.7, 198.51.100.1", 403),
        ("nonsense, 203.0.113.7", 200),
        ("unknown", 400),
        ("203.0.113.7, unknown", 400),
    ] {
        assert_eq!(status(&server, &[("x-forwarded-for", list)]), expected, "{list}");
        assert_eq!(status(&stranger, &[("x-forwarded-for", list)]), 403, "{list}");
    }
    assert_eq!(status(&server, &[]), 403);
    assert_eq!(status(&server, &[("forwarded", "for=203.0.113.7")]), 403);
    let refused = server.anonymous().send(cat(&[("x-forwarded-for", "unknown")]));
    assert_eq!(refused.code(), "InvalidRequest");
    let log = server.log();
    assert!(log.contains("client=\"203.0.113.7\" proxy=\"127.0.0.1:"), "{log}");
    assert!(log.contains("client=\"203.0.113.7\" client_port=4711 proxy=\"127.0.0.1:"), "{log}");
    assert!(log.contains("a trusted proxy does not say who the client is"), "{log}");
    assert!(!stranger.log().contains("203.0.113.7"));
    // Whatever the headers say, probes are answered.
    let probe = Request::new("GET", "/health/ready").header("host", "s3.example.com");
    let answer = server.connect().send(&probe.header("x-forwarded-for", "unknown")).unwrap();
    assert_eq!((answer.status, answer.text().as_str()), (200, "ready\n"));
}

#[test]
fn a_client_that_nobody_names_fulfils_every_deny_and_no_allow() {
    let server = trusting("x-forwarded");
    let mut owner = server.client_as(OPERATOR);
    fill(&mut owner);
    // Of the proxy it is known where it is. That says nothing of whom it sends for: nobody, or
    // another proxy.
    let unsaid: [&[(&str, &str)]; 3] =
        [&[], &[("x-forwarded-for", "10.0.0.9")], &[("x-forwarded-proto", "https")]];
    for headers in unsaid {
        assert_eq!(owner.send(cat(headers)).status, 200, "{headers:?}");
        for (effect, condition) in [
            ("Allow", r#"{"IpAddress":{"aws:SourceIp":["127.0.0.1","10.0.0.0/8"]}}"#),
            ("Allow", r#"{"NotIpAddress":{"aws:SourceIp":"203.0.113.0/24"}}"#),
            ("Allow", r#"{"IpAddressIfExists":{"aws:SourceIp":"203.0.113.0/24"}}"#),
            ("Allow", r#"{"Null":{"aws:SourceIp":"true"}}"#),
        ] {
            put_policy(&mut owner, &statement(effect, condition));
            assert_eq!(status(&server, headers), 403, "{headers:?}: {condition}");
        }
        for condition in [
            r#"{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}"#,
            r#"{"NotIpAddress":{"aws:SourceIp":["127.0.0.1","10.0.0.0/8"]}}"#,
        ] {
            put_policy(&mut owner, &statement("Deny", condition));
            assert_eq!(owner.send(cat(headers)).status, 403, "{headers:?}: {condition}");
        }
        owner.expect(Request::new("DELETE", "/photos?policy"));
    }
    // What the proxy says of TLS holds all the same.
    put_policy(&mut owner, &statement("Allow", "{\"Bool\":{\"aws:SecureTransport\":\"true\"}}"));
    assert_eq!(status(&server, &[("x-forwarded-proto", "https")]), 200);
    assert_eq!(status(&server, &[]), 403);
    let log = server.log();
    let line = log.lines().find(|line| line.contains("operation=\"GetObject\"")).unwrap();
    assert!(!line.contains(" client=") && line.contains(" proxy=\"127.0.0.1:"), "{line}");
}

#[test]
fn by_a_named_listener_the_same_address_has_the_other_key() {
    let [port] = free_ports();
    let server = server(&format!(
        "[proxies]\ntrusted = [\"127.0.0.1\"]\n[[listeners]]\naddress = \"127.0.0.1:{port}\"\nendpoint = \"vpce-0a1b\"\n"
    ));
    let mut owner = server.client_as(OPERATOR);
    fill(&mut owner);
    let mut status = |condition: &str, address: &str| {
        put_policy(&mut owner, &statement("Allow", condition));
        Client::new(port, None).send(cat(&[("x-forwarded-for", address)])).status
    };
    let by_vpc = FROM_203.replace("SourceIp", "VpcSourceIp");
    assert_eq!(status(&by_vpc, "203.0.113.7"), 200);
    assert_eq!(status(&by_vpc, "198.51.100.1"), 403);
    assert_eq!(status(FROM_203, "203.0.113.7"), 403);
}

#[test]
fn a_request_is_secure_where_a_trusted_proxy_says_so() {
    let (server, stranger) = (trusting("x-forwarded"), server(""));
    for (server, secure, open) in [(&server, 200, 403), (&stranger, 403, 403)] {
        let mut owner = server.client_as(OPERATOR);
        fill(&mut owner);
        put_policy(&mut owner, &statement("Deny", "{\"Bool\":{\"aws:SecureTransport\":\"false\"}}"));
        let mut get = |headers: &[(&str, &str)]| owner.send(cat(headers)).status;
        assert_eq!(get(&[("x-forwarded-proto", "https")]), secure);
        assert_eq!(get(&[("x-forwarded-proto", "https"), ("x-forwarded-for", "203.0.113.7")]), secure);
        assert_eq!(get(&[("x-forwarded-proto", "http")]), open);
        assert_eq!(get(&[("forwarded", "for=203.0.113.7;proto=https")]), open);
        assert_eq!(get(&[]), open);
    }
    let key = [7; 32];
    let keyed = Request::new("PUT", "/photos/sealed")
        .header("x-amz-server-side-encryption-customer-algorithm", "AES256")
        .header("x-amz-server-side-encryption-customer-key", &BASE64.encode(key))
        .header("x-amz-server-side-encryption-customer-key-md5", &BASE64.encode(md5(&key)))
        .body("secret");
    let mut owner = server.client_as(OPERATOR);
    assert_eq!(owner.send(keyed.clone()).code(), "InvalidRequest");
    owner.expect(keyed.clone().header("x-forwarded-proto", "https"));
    let claimed = stranger.client_as(OPERATOR).send(keyed.header("x-forwarded-proto", "https"));
    assert_eq!(claimed.code(), "InvalidRequest");
    // Which version of TLS it was is not known.
    put_policy(&mut owner, &statement("Deny", "{\"Null\":{\"s3:TlsVersion\":\"true\"}}"));
    assert_eq!(owner.send(cat(&[("x-forwarded-proto", "https")])).status, 403);
}

/// A request that was signed for one host, and comes with another.
fn rewritten(target: &str, outer: &str) -> Request {
    let request = Request::new("GET", target).header("host", outer);
    let mut request = sign::sign(request, &OPERATOR, Payload::Signed);
    request.headers.retain(|(name, _)| name != "host");
    request.header("host", "127.0.0.1:9000")
}

#[test]
fn the_host_that_a_trusted_proxy_names_is_signed_and_names_the_bucket() {
    let (server, stranger) = (trusting("x-forwarded"), server(""));
    fill(&mut server.client_as(OPERATOR));
    fill(&mut stranger.client_as(OPERATOR));
    let outer = "photos.s3.example.com:8443";
    let request = rewritten("/cat.jpg", outer).header("x-forwarded-host", outer);
    let answer = server.connect().send(&request).unwrap();
    assert_eq!((answer.status, answer.text().as_str()), (200, "a cat"));
    assert_ne!(stranger.connect().send(&request).unwrap().status, 200);
    assert_ne!(server.connect().send(&rewritten("/cat.jpg", outer)).unwrap().status, 200);
    let broken = rewritten("/cat.jpg", outer).header("x-forwarded-host", "a/b");
    assert_eq!(server.connect().send(&broken).unwrap().status, 400);
    let mut multiplexed = Http2::open(server.port(), 1 << 20).unwrap();
    for (request, expected) in [(&request, 200), (&broken, 400), (&rewritten("/cat.jpg", outer), 404)] {
        let stream = multiplexed.begin(request, false).unwrap();
        let status = multiplexed.status(stream).unwrap();
        assert!(status == expected || expected == 404 && status != 200, "{status}, not {expected}");
    }
}

#[test]
fn the_standard_header_says_all_three() {
    let server = trusting("forwarded");
    let mut owner = server.client_as(OPERATOR);
    fill(&mut owner);
    put_policy(
        &mut owner,
        &statement("Allow", &FROM_203.replace("}}", "},\"Bool\":{\"aws:SecureTransport\":\"true\"}}")),
    );
    for (line, expected) in [
        ("for=203.0.113.7;proto=https", 200),
        ("for=203.0.113.7;proto=http", 403),
        ("for=1.1.1.1, for=\"203.0.113.7:99\";proto=https, for=10.0.0.9;proto=http", 200),
        ("for=203.0.113.7;proto=https, for=198.51.100.1;proto=https", 403),
        ("for=unknown;proto=https", 400),
        ("for=203.0.113.7;proto=\"https", 400),
    ] {
        assert_eq!(status(&server, &[("forwarded", line)]), expected, "{line}");
    }
    assert_eq!(status(&server, &[("x-forwarded-for", "203.0.113.7"), ("x-forwarded-proto", "https")]), 403);
    let outer = "photos.s3.example.com:8443";
    let line = format!("for=198.51.100.1;host=\"{outer}\"");
    let answer = server.connect().send(&rewritten("/cat.jpg", outer).header("forwarded", &line)).unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());
}

const V2: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";

/// A header of version 2 from 203.0.113.7, with records.
fn version_2(command: u8, records: &[u8]) -> Vec<u8> {
    let length = u16::try_from(12 + records.len()).unwrap().to_be_bytes();
    let addresses = [203, 0, 113, 7, 127, 0, 0, 1, 0x12, 0x34, 1, 187];
    [&V2[..], &[command, 0x11], &length, &addresses, records].concat()
}

/// A server that trusts 127.0.0.2 and nobody else, so that tests can speak to it in both ways.
fn trusting_the_second() -> Server {
    server("[proxies]\ntrusted = [\"127.0.0.2\"]\nheader = \"proxy-protocol\"\n")
}

/// A connection from 127.0.0.2.
fn proxied(server: &Server, start: &[u8]) -> Connection {
    let mut connection = Connection::open_from(Ipv4Addr::new(127, 0, 0, 2), server.port()).unwrap();
    connection.write(start).unwrap();
    connection
}

#[test]
fn the_proxy_protocol_says_whose_connection_it_is() {
    let server = trusting_the_second();
    let mut owner = server.client_as(OPERATOR);
    fill(&mut owner);
    put_policy(&mut owner, &statement("Allow", FROM_203));
    let get = cat(&[("host", "127.0.0.1")]);
    let line = |address: &str| format!("PROXY TCP4 {address} 127.0.0.1 4660 443\r\n").into_bytes();
    for (start, expected) in [
        (line("203.0.113.7"), 200),
        (line("198.51.100.1"), 403),
        (version_2(0x21, &[]), 200),
        (version_2(0x21, &[4, 0, 3, 0, 0, 0]), 200),
        // The proxy asks for itself.
        (version_2(0x20, &[]), 400),
        (b"PROXY UNKNOWN\r\n".to_vec(), 400),
        // None of these is a header.
        (b"PROXY TCP4 203.0.113.7\r\n".to_vec(), 400),
        (version_2(0x21, &[4, 0, 9]), 400),
        ([b"PROXY ".to_vec(), vec![b'x'; 200]].concat(), 400),
        (Vec::new(), 400),
    ] {
        let mut connection = proxied(&server, &start);
        let answer = connection.send(&get).unwrap();
        assert_eq!(answer.status, expected, "{:?}: {}", start.escape_ascii().to_string(), answer.text());
        if expected == 400 {
            assert_eq!(answer.code(), "InvalidRequest");
        } else {
            // It holds for every request of the connection, whatever headers say.
            let again =
                connection.send(&cat(&[("host", "127.0.0.1"), ("x-forwarded-for", "192.0.2.1")])).unwrap();
            assert_eq!(again.status, expected);
        }
    }
    // Another trusted proxy is no client.
    put_policy(&mut owner, &statement("Allow", r#"{"IpAddress":{"aws:SourceIp":"127.0.0.0/8"}}"#));
    assert_eq!(proxied(&server, &line("127.0.0.2")).send(&get).unwrap().status, 403);
    assert_eq!(proxied(&server, &line("127.0.0.3")).send(&get).unwrap().status, 200);
    // From anybody else, it is no request.
    for start in [line("203.0.113.7"), version_2(0x21, &[])] {
        let mut connection = server.connect();
        connection.write(&start).unwrap();
        assert_eq!(connection.send(&get).unwrap().status, 400);
    }
    let probe = Request::new("GET", "/health/live").header("host", "x");
    assert_eq!(proxied(&server, &version_2(0x20, &[])).send(&probe).unwrap().text(), "live\n");
    assert!(
        server.log().contains("client=\"203.0.113.7\" client_port=4660 proxy=\"127.0.0.2:"),
        "{}",
        server.log()
    );
}

#[test]
fn the_proxy_protocol_tells_of_tls_and_may_come_in_pieces() {
    let server = trusting_the_second();
    let mut owner = server.client_as(OPERATOR);
    fill(&mut owner);
    put_policy(
        &mut owner,
        &statement(
            "Allow",
            "{\"Bool\":{\"aws:SecureTransport\":\"true\"},\"NumericEquals\":{\"s3:TlsVersion\":\"1.3\"}}",
        ),
    );
    let get = cat(&[("host", "127.0.0.1")]);
    let ssl = |version: &[u8]| {
        let parts = [&[0x21, 0, u8::try_from(version.len()).unwrap()], version].concat();
        let length = u8::try_from(5 + parts.len()).unwrap();
        version_2(0x21, &[&[0x20, 0, length, 1, 0, 0, 0, 0], &parts[..]].concat())
    };
    assert_eq!(proxied(&server, &ssl(b"TLSv1.3")).send(&get).unwrap().status, 200);
    assert_eq!(proxied(&server, &ssl(b"TLSv1.2")).send(&get).unwrap().status, 403);
    assert_eq!(proxied(&server, &version_2(0x21, &[])).send(&get).unwrap().status, 403);
    let mut slow = proxied(&server, b"");
    for byte in ssl(b"TLSv1.3") {
        slow.write(&[byte]).unwrap();
    }
    assert_eq!(slow.send(&get).unwrap().status, 200);
    // Too long, and never complete.
    let endless = [&V2[..], &[0x21, 0x11, 0xff, 0xff], &[0; 12]].concat();
    assert_eq!(proxied(&server, &endless).send(&get).unwrap().status, 400);
}

#[test]
fn clients_of_one_proxy_have_rates_of_their_own() {
    let server = server(
        "[proxies]\ntrusted = [\"127.0.0.1\"]\n[[rates]]\naddress = \"*\"\nrequests_per_second = 1\nrequests_burst = 3\n\
         [[rates]]\naddress = \"127.0.0.1\"\nrequests_per_second = 100000\n",
    );
    fill(&mut server.client_as(OPERATOR));
    let from = |address: &str| status(&server, &[("x-forwarded-for", address)]);
    let all: Vec<u16> = (0..20).map(|_| from("203.0.113.7")).collect();
    assert!(all.contains(&503), "{all:?}");
    assert_eq!(from("203.0.113.8"), 403, "another client of the same proxy");
}

#[test]
fn metrics_are_neither_for_other_hosts_nor_through_a_proxy() {
    let plain = Server::start_unconfigured();
    let get = |port: u16, headers: &[(&str, &str)]| {
        let request = Request::new("GET", "/metrics");
        let request = headers.iter().fold(request, |request, (name, value)| request.header(name, value));
        let answer = Connection::open(port).unwrap().send(&request).unwrap();
        (answer.status, answer.text().contains("portcullis_"))
    };
    for host in ["localhost", "127.0.0.1", "[::1]:9000"] {
        assert_eq!(get(plain.port(), &[("host", host)]), (200, true), "{host}");
    }
    for host in ["s3.example.com", "rebound.example", "10.0.0.1:9000"] {
        assert_eq!(get(plain.port(), &[("host", host)]), (404, false), "{host}");
    }
    for name in ["x-forwarded-for", "x-forwarded-proto", "forwarded", "via", "x-real-ip", "cf-connecting-ip"]
    {
        assert_eq!(get(plain.port(), &[("host", "127.0.0.1"), (name, "127.0.0.1")]), (404, false), "{name}");
    }
    // Nobody knows the names of all proxies' headers. Those of scrapers and browsers are known.
    for name in ["true-client-ip", "x-envoy-external-address", "x-client-of-tomorrow"] {
        assert_eq!(get(plain.port(), &[("host", "localhost"), (name, "127.0.0.1")]), (404, false), "{name}");
    }
    let scraper = [("host", "localhost"), ("accept", "*/*"), ("x-prometheus-scrape-timeout-seconds", "10")];
    assert_eq!(get(plain.port(), &scraper), (200, true));
    // A proxy may pass requests on without a word. Where one is to be expected, metrics have a
    // listener of their own.
    for fronted in [server(""), trusting("forwarded"), trusting_the_second()] {
        assert!(!get(fronted.port(), &[("host", "localhost")]).1);
        assert!(fronted.log().contains("metrics only with admin_listen"), "{}", fronted.log());
    }
}

#[test]
fn names_of_this_machine_need_no_domain() {
    let server = Server::start_unconfigured();
    let mut client = server.client();
    let port = server.port();
    let at = |host: &str, method: &str, target: &str| {
        Request::new(method, target).header("host", &host.replace("PORT", &port.to_string()))
    };
    client.expect(at("photos.localhost:PORT", "PUT", "/"));
    client.expect(at("photos.localhost:PORT", "PUT", "/cats/tom.jpg").body("a cat"));
    for (host, target) in [
        ("photos.localhost", "/cats/tom.jpg"),
        ("photos.s3.localhost:PORT", "/cats/tom.jpg"),
        ("localhost:PORT", "/photos/cats/tom.jpg"),
        ("s3.localhost:PORT", "/photos/cats/tom.jpg"),
        ("127.0.0.1:PORT", "/photos/cats/tom.jpg"),
        ("photos.example.com", "/photos/cats/tom.jpg"),
    ] {
        assert_eq!(client.expect(at(host, "GET", target)).text(), "a cat", "{host}");
    }
    // s3control puts the account before the host.
    let document = "/v20180820/configuration/publicAccessBlock";
    let of_account =
        at("111122223333.localhost:PORT", "GET", document).header("x-amz-account-id", "111122223333");
    let refused = client.send(of_account);
    assert!(refused.text().contains("http://awss3control.amazonaws.com"), "{}", refused.text());
}
