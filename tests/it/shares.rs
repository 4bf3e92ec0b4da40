//! Shares: one client's attack costs no other client a request, and the server no memory to speak
//! of.
//!
//! Attacker and victim come from the same address here, which is the hard case: what tells them
//! apart is who has a verified signature, and who keeps requests waiting.

use std::thread::sleep;
use std::time::{Duration, Instant};

use tests::attacks::{Attack, Running};
use tests::client::Client;
use tests::http::{Connection, Request};
use tests::http2::Http2;
use tests::server::Server;
use tests::sign::{ALT, MAIN, Payload};

/// What a server may take under any of this.
const RESIDENT_BYTES_MAX: u64 = 256 << 20;

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(40);
    while !holds() {
        assert!(Instant::now() < deadline, "{what}: not within 40 s");
        sleep(Duration::from_millis(20));
    }
}

/// Does what clients do, over kept connections and new ones; every request must succeed.
fn behave(server: &Server, rounds: usize) {
    let mut client = server.client();
    for round in 0..rounds {
        let key = format!("/attacked/key-{}", round % 7);
        client.put(&key, vec![b'x'; 3000]);
        assert_eq!(client.get(&key).body.len(), 3000);
        client.expect(Request::new("HEAD", &key));
        client.get("/attacked?list-type=2");
        server.client().get(&key);
        assert!(server.is_alive(), "the probe of round {round}");
    }
}

/// A server under an attack, beside which everything goes on.
fn withstands(server: &Server, attack: Attack, least: usize) {
    let mut client = server.client();
    client.put("/attacked", "");
    let large = Request::new("PUT", "/attacked/large").header("x-amz-acl", "public-read");
    client.expect(large.body(vec![b'y'; 8 << 20]));
    behave(server, 5);
    let quiet = server.resident_bytes();
    let running = Running::start(attack.clone(), server.port());
    until("the attack holds what it can", || running.held() >= least);
    let begin = Instant::now();
    let mut most = 0;
    while begin.elapsed() < Duration::from_secs(4) {
        behave(server, 5);
        most = most.max(server.resident_bytes());
    }
    assert!(most < RESIDENT_BYTES_MAX, "{attack:?}: {} MB", most >> 20);
    drop(running);
    until("the memory comes back", || server.resident_bytes() < quiet + (64 << 20));
    behave(server, 5);
}

#[test]
fn streams_whose_bodies_do_not_come_leave_places_for_others() {
    withstands(&Server::start(), Attack::BodilessStreams(9, 128), 9);
    withstands(&Server::start_with(&["--limits-in-flight-max", "32"]), Attack::BodilessStreams(9, 128), 1);
}

#[test]
fn posts_that_drip_leave_places_for_others() {
    let server = Server::start_with(&["--limits-in-flight-max", "64"]);
    withstands(&server, Attack::DrippingPosts(300), 1);
    assert!(server.metric("portcullis_refused_total", &["limit=\"unverified\""]) > 0.0);
}

#[test]
fn idle_connections_make_room_for_probes_and_for_clients() {
    let server = Server::start_with(&["--limits-connections-max", "128"]);
    withstands(&server, Attack::IdleConnections(200), 100);
}

#[test]
fn connections_that_are_all_busy_do_not_keep_probes_out() {
    let server = Server::start_with(&["--limits-connections-max", "16", "--workers", "1"]);
    server.client().put("/busy", "");
    let body = vec![b'x'; 100];
    let request = server.client().signed(Request::new("PUT", "/busy/key").body(body), Payload::Signed);
    // An idle connection would be closed for a further one.
    until("the others are gone", || server.metric("portcullis_connections", &[]) <= 1.0);
    sleep(Duration::from_millis(300));
    let mut busy: Vec<Connection> = (0..16).map(|_| server.connect()).collect();
    for connection in &mut busy {
        connection.write(&request.head()).unwrap();
    }
    // Each is idle until its head was read.
    sleep(Duration::from_millis(500));
    until("every connection has its request", || {
        // The scrape is one of them.
        server.metric("portcullis_requests_in_flight", &[]) >= 17.0
    });
    for _ in 0..100 {
        assert!(server.is_alive());
    }
    let answer = server.client().call("GET", "/busy/none");
    assert_eq!((answer.status, answer.code().as_str()), (503, "SlowDown"));
    assert!(answer.header("retry-after").is_some());
    for connection in &mut busy {
        connection.write(&request.body).unwrap();
        assert_eq!(connection.read("PUT").unwrap().status, 200);
    }
}

#[test]
fn documents_of_nobody_take_bounded_memory() {
    let server = Server::start();
    let policy = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"s3:*",
        "Resource":["arn:aws:s3:::attacked","arn:aws:s3:::attacked/*"]}}"#;
    withstands(&server, Attack::Deletes(150, 1 << 20), 50);
    // And where nobody may delete everything, too.
    server.client().expect(Request::new("PUT", "/attacked?policy").body(policy));
    withstands(&server, Attack::Deletes(150, 1 << 20), 10);
}

#[test]
fn heads_that_do_not_end_take_bounded_memory() {
    let server = Server::start();
    for bytes in [60_000, 31_000, 8_192, 4_000] {
        withstands(&server, Attack::PartialHeads(2000, bytes), if bytes > 32_768 { 0 } else { 200 });
    }
}

#[test]
fn responses_that_nobody_reads_leave_places_for_others() {
    let server = Server::start_with(&["--limits-in-flight-max", "64"]);
    let large = "/attacked/large".to_owned();
    withstands(&server, Attack::Unread(128, large.clone(), None), 1);
    withstands(&server, Attack::UnreadStreams(4, 64, large.clone(), Some(ALT)), 1);
    withstands(&Server::start(), Attack::Unread(300, large.clone(), Some(MAIN)), 200);
    withstands(&Server::start(), Attack::UnreadStreams(4, 128, large, Some(MAIN)), 1);
}

/// A page of it is 3 MB, and costs who asks for it a line.
const LONG_LISTING: &str = "/attacked?list-type=2&encoding-type=url";

/// A server with a bucket of long keys, which everybody may list.
fn start_with_long_keys() -> Server {
    let server = Server::start_with(&["--workers", "2"]);
    let mut client = server.client();
    client.put("/attacked", "");
    let policy = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*",
        "Action":"s3:ListBucket","Resource":"arn:aws:s3:::attacked"}}"#;
    client.expect(Request::new("PUT", "/attacked?policy").body(policy));
    std::thread::scope(|scope| {
        for part in 0..20 {
            let mut client = server.client();
            scope.spawn(move || {
                for number in 0..50 {
                    let key = format!("/attacked/{:04}{}", part * 50 + number, "é".repeat(500));
                    client.put(&tests::client::path(&key), "");
                }
            });
        }
    });
    assert!(server.anonymous().get(LONG_LISTING).body.len() > 3_000_000);
    server
}

/// Answers are made in memory, and are there as a whole until they are taken.
#[test]
fn listings_that_nobody_reads_take_bounded_memory() {
    let server = start_with_long_keys();
    let mut client = server.client();
    let listing = LONG_LISTING.to_owned();
    for attack in [
        Attack::Unread(60, listing.clone(), None),
        Attack::Unread(200, listing.clone(), None),
        Attack::UnreadStreams(4, 50, listing, None),
    ] {
        let running = Running::start(attack.clone(), server.port());
        let (begin, mut most) = (Instant::now(), 0);
        while begin.elapsed() < Duration::from_secs(4) {
            behave(&server, 1);
            assert!(client.get(LONG_LISTING).body.len() > 3_000_000, "who has signed has room");
            most = most.max(server.resident_bytes());
        }
        assert!(most < RESIDENT_BYTES_MAX, "{attack:?}: {} MB", most >> 20);
        drop(running);
    }
    assert!(server.metric("portcullis_refused_total", &["limit=\"answers\""]) > 0.0);
    let mut anonymous = server.anonymous();
    until("there is room again", || anonymous.call("GET", LONG_LISTING).status == 200);
}

#[test]
fn memory_goes_back_to_the_system_while_nobody_asks_for_anything() {
    let server = start_with_long_keys();
    let quiet = server.resident_bytes();
    // Windows that are closed: the system's buffers take nothing.
    let attack = Attack::UnreadStreams(4, 32, LONG_LISTING.to_owned(), Some(MAIN));
    let running = Running::start(attack, server.port());
    let (begin, mut most) = (Instant::now(), 0);
    while begin.elapsed() < Duration::from_secs(3) {
        sleep(Duration::from_millis(20));
        most = most.max(server.resident_bytes());
    }
    drop(running);
    assert!(most < RESIDENT_BYTES_MAX && most > quiet + (32 << 20), "{} MB", most >> 20);
    until("the memory comes back", || server.resident_bytes() < quiet + (24 << 20));
}

/// What an unverified client may take of the time of others.
#[test]
fn a_body_that_drips_is_given_up() {
    let server = Server::start();
    let mut connection = server.connect();
    connection.write(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100000\r\n\r\n").unwrap();
    connection.patience(Duration::from_millis(500)).unwrap();
    let begin = Instant::now();
    let answer = loop {
        assert!(begin.elapsed() < Duration::from_secs(30), "it still drips");
        match connection.write(b"x").and_then(|()| connection.read("POST")) {
            Ok(answer) => break answer,
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(error) => panic!("{error}"),
        }
    };
    assert_eq!((answer.status, answer.code().as_str()), (400, "RequestTimeout"), "{}", answer.text());
    assert!(server.metric("portcullis_refused_total", &["limit=\"slow_body\""]) > 0.0);
}

/// One tenant behind one address, and nobody else: everything there is is theirs.
#[test]
fn a_single_tenant_uses_every_place() {
    let server = Server::start_with(&["--limits-in-flight-max", "64", "--workers", "1"]);
    server.client().put("/alone", "");
    let request =
        server.client().signed(Request::new("PUT", "/alone/key").body(vec![b'x'; 100]), Payload::Signed);
    let mut waiting: Vec<Connection> = (0..64).map(|_| server.connect()).collect();
    for connection in &mut waiting {
        connection.write(&request.head()).unwrap();
    }
    until("all of them wait", || server.metric("portcullis_requests_in_flight", &[]) >= 65.0);
    assert_eq!(server.client().call("GET", "/alone/none").status, 503);
    assert_eq!(server.other_client().call("GET", "/alone/none").status, 403, "another account has its share");
    for connection in &mut waiting {
        connection.write(&request.body).unwrap();
        assert_eq!(connection.read("PUT").unwrap().status, 200);
    }
}

/// Ninety metadata headers of 350 bytes in all: AWS counts bytes.
#[test]
fn many_short_headers_are_no_long_head() {
    let server = Server::start();
    server.client().put("/heads", "");
    for count in [90, 120, 200] {
        let mut request = Request::new("PUT", "/heads/key").header("content-length", "0");
        for number in 0..count {
            request = request.header(&format!("x-amz-meta-{number}"), "v");
        }
        let signed = server.client().signed(request.clone(), Payload::Signed);
        assert_eq!(server.client().send(request).status, 200, "{count} over HTTP/1.1");
        let mut connection = Http2::open(server.port(), 1 << 20).unwrap();
        let stream = connection.begin(&signed, false).unwrap();
        assert_eq!(connection.status(stream).unwrap(), 200, "{count} over HTTP/2");
        let stored = server.client().call("HEAD", "/heads/key");
        let metadata = stored.headers.iter().filter(|(name, _)| name.starts_with("x-amz-meta-")).count();
        assert_eq!(metadata, count);
    }
}

#[test]
fn a_head_that_is_too_long_is_refused_in_the_words_of_s3() {
    let server = Server::start();
    for length in [8_300, 20_000, 70_000] {
        let request =
            Request::new("GET", "/heads/key").header("host", "x").header("x-long", &"v".repeat(length));
        let answer = server.connect().send(&request).unwrap();
        assert_eq!((answer.status, answer.code().as_str()), (400, "RequestHeaderSectionTooLarge"));
        // The headers alone, or a head whose end does not come within what is read of one.
        let allowed = if length > 32 << 10 { 32 << 10 } else { 8 << 10 };
        let expected = format!("<MaxSizeAllowed>{allowed}</MaxSizeAllowed>");
        assert!(answer.text().contains(&expected), "{}", answer.text());
    }
    let request = Request::new("GET", "/heads/key").header("host", "x").header("x-long", &"v".repeat(8_300));
    let mut connection = Http2::open(server.port(), 1 << 20).unwrap();
    let stream = connection.begin(&request, false).unwrap();
    assert_eq!(connection.status(stream).unwrap(), 400);
    // Presigned URLs are longer than headers may be.
    let target = format!("/heads/key?x-id=GetObject&x-long={}", "v".repeat(15_000));
    let answer = server.connect().send(&Request::new("GET", &target).header("host", "x")).unwrap();
    assert_eq!(answer.status, 404);
}

fn limits(server: &Server, arguments: &[&str]) -> (bool, String) {
    let output = std::process::Command::new(tests::workspace::binary())
        .arg("limits")
        .args(arguments)
        .arg("--data-dir")
        .arg(server.data())
        .output()
        .unwrap();
    let text =
        [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    (output.status.success(), text)
}

/// How many of so many requests at once are refused, and how.
fn refused(client: &mut Client, target: &str, count: usize) -> usize {
    let answers = (0..count).map(|_| client.call("GET", target));
    let refused = answers.filter(|answer| {
        assert!([200, 503].contains(&answer.status), "{} {}", answer.status, answer.text());
        let is_refused = answer.status == 503;
        assert!(!is_refused || answer.code() == "SlowDown" && answer.header("retry-after").is_some());
        is_refused
    });
    refused.count()
}

#[test]
fn rates_hold_at_once_and_for_those_that_they_are_for() {
    let server = Server::start();
    let (mut main, mut other) = (server.client(), server.other_client());
    for (client, name) in [(&mut main, "/rated"), (&mut other, "/rated-other")] {
        client.put(name, "");
        client.put(&format!("{name}/key"), "body");
    }
    let account = "000000000001";
    for (subject, name, metric) in [
        ("account", account, "rate_account"),
        ("access-key", MAIN.access_key_id, "rate_access_key"),
        ("bucket", "rated", "rate_bucket"),
    ] {
        assert_eq!(refused(&mut main, "/rated/key", 20), 0, "{subject}");
        let set =
            limits(&server, &["set", subject, name, "--requests-per-second", "1", "--requests-burst", "3"]);
        assert!(set.0 && set.1.contains(name), "{set:?}");
        assert!(refused(&mut main, "/rated/key", 20) >= 10, "{subject}");
        // What is refused is not done.
        while main.call("GET", "/rated/key").status != 503 {}
        assert_eq!(main.send(Request::new("PUT", "/rated/never").body("x")).status, 503, "{subject}");
        assert_eq!(refused(&mut other, "/rated-other/key", 20), 0, "{subject}");
        let label = format!("limit=\"{metric}\"");
        assert!(server.metric("portcullis_refused_total", &[&label]) >= 10.0);
        assert!(limits(&server, &["show", "--json"]).1.contains("\"requests_per_second\":1"));
        assert!(limits(&server, &["clear", subject, name]).0);
        assert_eq!(refused(&mut main, "/rated/key", 20), 0, "{subject}");
        assert_eq!(main.call("GET", "/rated/never").status, 404);
    }
    assert!(limits(&server, &["set", "address", "127.0.0.1", "--requests-per-second", "2"]).0);
    assert!(refused(&mut main, "/rated/key", 20) >= 10);
    assert!(server.is_alive(), "probes are not counted");
    assert!(!limits(&server, &["clear", "address", "127.0.0.9"]).0);
}

#[test]
fn rates_come_from_the_configuration_and_are_explained() {
    let [port] = tests::server::free_ports();
    let more = "[[rates]]\naccount = \"*\"\nrequests_per_second = 1\nrequests_burst = 4\n";
    let server = Server::start_configured(port, more, &[]);
    let mut client = server.client();
    client.put("/rated", "");
    let mut last = client.call("GET", "/rated");
    until("the limit is reached", || {
        last = client.call("GET", "/rated");
        last.status == 503
    });
    assert_eq!((last.status, last.code().as_str()), (503, "SlowDown"));
    let id = last.header("x-amz-request-id").unwrap();
    let explained = std::process::Command::new(tests::workspace::binary())
        .args(["explain", "--request-id", id, "--data-dir"])
        .arg(server.data())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&explained.stdout).into_owned();
    assert!(text.contains("rate_account") && text.contains("over a limit"), "{text}");
    for words in [
        "account = \"*\", requests_per_second = 1, requests_burst = 4",
        "[[rates]] of the configuration",
        "requests_per_second is exceeded",
        "portcullis limits set account 000000000001 --requests-per-second NUMBER",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
}

#[test]
fn bytes_beyond_a_rate_wait() {
    let server = Server::start();
    let mut client = server.client();
    client.put("/wide", "");
    client.put("/wide/key", vec![b'x'; 3 << 20]);
    assert!(limits(&server, &["set", "bucket", "wide", "--bytes-out-per-second", "1MiB"]).0);
    let begin = Instant::now();
    assert_eq!(client.get("/wide/key").body.len(), 3 << 20);
    // A second's worth is there, the rest comes at the rate; the last piece is not waited for.
    assert!(begin.elapsed() >= Duration::from_millis(1200), "{:?}", begin.elapsed());
    assert!(limits(&server, &["set", "bucket", "wide", "--bytes-in-per-second", "1MiB"]).0);
    let begin = Instant::now();
    client.put("/wide/key", vec![b'x'; 3 << 20]);
    assert!(begin.elapsed() >= Duration::from_millis(1200), "{:?}", begin.elapsed());
}
