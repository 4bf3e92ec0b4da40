//! Limits hold, and the server ends in order: drain, requests in flight, slow heads,
//! `Expect: 100-continue`.

use std::thread::sleep;
use std::time::{Duration, Instant};

use tests::http::{Connection, Request};
use tests::server::Server;
use tests::sign::Payload;

/// A connection with a PUT whose last byte has not been sent, and that byte.
fn hanging_put(server: &Server, target: &str, body: &[u8]) -> Connection {
    let request = server.client().signed(Request::new("PUT", target).body(body), Payload::Signed);
    let mut connection = server.connect();
    connection.write(&request.head()).unwrap();
    connection.write(&body[..body.len() - 1]).unwrap();
    connection
}

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(Instant::now() < deadline, "{what}: not within 20 s");
        sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_server_that_is_told_to_end_finishes_what_it_began() {
    let mut server = Server::start();
    server.client().put("/drain", "");
    let mut hanging = hanging_put(&server, "/drain/late", b"0123456789");
    sleep(Duration::from_millis(300));
    server.terminate();
    until("new connections are refused", || {
        Connection::open(server.port())
            .and_then(|mut new| new.send(&Request::new("GET", "/health/ready").header("host", "x")))
            .map_or(true, |answer| answer.status == 503)
    });
    assert!(server.wait(Duration::ZERO).is_none(), "it ended with a request in flight");
    hanging.write(b"9").unwrap();
    let answer = hanging.read("PUT").unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());
    let status = server.wait(Duration::from_secs(20)).expect("it ends");
    assert!(status.success(), "{status}");
    assert!(server.check().is_ok());
    server.start_again();
    assert_eq!(server.client().get("/drain/late").text(), "0123456789");
}

#[test]
fn a_drain_does_not_wait_for_ever() {
    let mut server = Server::start_with(&["--limits-drain-seconds-max", "1"]);
    server.client().put("/drain", "");
    let _hanging = hanging_put(&server, "/drain/never", b"0123456789");
    sleep(Duration::from_millis(300));
    server.terminate();
    assert!(server.wait(Duration::from_secs(15)).is_some(), "it waits for a client that does not come back");
    server.start_again();
    assert_eq!(server.client().call("GET", "/drain/never").status, 404);
}

#[test]
fn requests_beyond_the_limit_are_told_to_slow_down() {
    let server = Server::start_with(&["--workers", "1", "--limits-in-flight-max", "2"]);
    server.client().put("/busy", "");
    let mut first = hanging_put(&server, "/busy/a", b"0123456789");
    let mut second = hanging_put(&server, "/busy/b", b"0123456789");
    until("a third request is refused", || {
        let answer = server.client().call("GET", "/busy/none");
        assert!([404, 503].contains(&answer.status), "{}", answer.status);
        answer.status == 503 && answer.code() == "SlowDown" && answer.header("retry-after").is_some()
    });
    for connection in [&mut first, &mut second] {
        connection.write(b"9").unwrap();
        assert_eq!(connection.read("PUT").unwrap().status, 200);
    }
    until("there is room again", || server.client().call("GET", "/busy/none").status == 404);
}

#[test]
fn a_head_that_does_not_end_is_given_up() {
    let server = Server::start_with(&["--limits-request-head-seconds-max", "1"]);
    let mut connection = server.connect();
    connection.write(b"GET / HTTP/1.1\r\nhost: 127.0.0.1\r\nx-slow: ").unwrap();
    let begin = Instant::now();
    connection.patience(Duration::from_secs(15)).unwrap();
    // It may say 408 first.
    while connection.read("GET").is_ok() {}
    assert!(begin.elapsed() < Duration::from_secs(14), "the connection is still open");
    assert!(server.is_alive());
}

#[test]
fn a_body_that_stops_coming_is_given_up_and_leaves_nothing() {
    let server = Server::start_with(&["--limits-body-idle-seconds-max", "1"]);
    server.client().put("/slow", "");
    let mut hanging = hanging_put(&server, "/slow/key", b"0123456789");
    hanging.patience(Duration::from_secs(15)).unwrap();
    let begin = Instant::now();
    if let Ok(answer) = hanging.read("PUT") {
        assert_eq!((answer.status, answer.code().as_str()), (400, "RequestTimeout"));
    }
    assert!(begin.elapsed() < Duration::from_secs(14), "the request is still waiting");
    assert_eq!(server.client().call("GET", "/slow/key").status, 404);
}

#[test]
fn an_upload_waits_for_its_turn_and_is_asked_to_continue() {
    let server = Server::start();
    server.client().put("/expect", "");
    let body = vec![7; 300_000];
    let request = Request::new("PUT", "/expect/key").header("expect", "100-continue").body(body.clone());
    let request = server.client().signed(request, Payload::Signed);
    let mut connection = server.connect();
    connection.write(&request.head()).unwrap();
    assert_eq!(connection.read_status().unwrap(), 100);
    connection.write(&body).unwrap();
    assert_eq!(connection.read("PUT").unwrap().status, 200);
    assert_eq!(server.client().get("/expect/key").body, body);
}

#[test]
fn an_upload_that_is_refused_is_not_asked_for() {
    let server = Server::start();
    let request =
        Request::new("PUT", "/no-such-bucket/key").header("expect", "100-continue").body(vec![7; 300_000]);
    let request = server.client().signed(request, Payload::Signed);
    let mut connection = server.connect();
    connection.write(&request.head()).unwrap();
    assert_eq!(connection.read_status().unwrap(), 404);
}

/// The AWS CLI takes the answer that comes instead of `100 Continue` for the beginning of every
/// later answer on the connection, and waits for ever.
#[test]
fn a_connection_is_not_used_again_after_an_answer_without_continue() {
    let server = Server::start();
    server.client().put("/expect", "");
    // Nobody asks for a body that is empty, and nobody asks for one that is not wanted.
    for (target, body, status) in [("/expect/empty", "", 200), ("/no-such-bucket/key", "0123456789", 404)] {
        let request = Request::new("PUT", target).header("expect", "100-continue").body(body);
        let request = server.client().signed(request, Payload::Signed);
        let mut connection = server.connect();
        connection.write(&request.head()).unwrap();
        let answer = connection.read("PUT").unwrap();
        assert_eq!(answer.status, status, "{target}");
        assert_eq!(answer.header("connection"), Some("close"), "{target}");
        connection.patience(Duration::from_secs(10)).unwrap();
        assert!(connection.is_closed(), "{target}");
    }
}

#[test]
fn a_client_that_leaves_in_the_middle_leaves_nothing() {
    let server = Server::start();
    server.client().put("/left", "");
    for length in [10, 900_000] {
        let body = vec![7; length];
        drop(hanging_put(&server, "/left/key", &body));
        sleep(Duration::from_millis(200));
        assert_eq!(server.client().call("GET", "/left/key").status, 404, "{length} bytes");
    }
    assert!(server.is_alive());
}

/// Forms of IAM arrive before anybody knows whose they are: their memory is bounded, and the usual
/// ones are not kept out.
#[test]
fn long_forms_of_anybody_take_turns() {
    let server = Server::start();
    let form = |length: usize| {
        let body = format!("Action=GetCallerIdentity&Version=2011-06-15&{}", "x".repeat(length));
        Request::new("POST", "/").header("content-type", "application/x-www-form-urlencoded").body(body)
    };
    let long = 400 << 10;
    assert_eq!(server.client().send(form(long)).status, 200);
    assert_eq!(server.client().send(form(420 << 10)).status, 400);
    let waiting: Vec<Connection> = (0..200)
        .map(|_| {
            let mut connection = server.connect();
            connection.write(&form(long).header("host", "x").head()).unwrap();
            connection
        })
        .collect();
    until("a further long form is refused", || {
        let answer = server.client().send(form(long));
        assert!([200, 503].contains(&answer.status), "{}", answer.status);
        answer.status == 503
    });
    assert_eq!(server.client().send(form(0)).status, 200);
    assert_eq!(server.client().call("GET", "/").status, 200);
    drop(waiting);
    until("there is room again", || server.client().send(form(long)).status == 200);
}
