//! Webhooks: what they are told, what becomes of their answers, and those that misbehave.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::Value;
use tests::client::Client;
use tests::http::{Request, Response};
use tests::server::{Server, free_ports};
use tests::sign::{ALT, MAIN, Payload};

use super::{OWN, SUPPORTING, check, configured, control, create};

/// What a webhook got: its event, and the value of `authorization`.
struct Event {
    event: Value,
    authorization: String,
    stream: TcpStream,
}

impl Event {
    fn text(&self, pointer: &str) -> String {
        self.event.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    /// The event is answered: the function has ended.
    fn end(mut self, response: &str) {
        let _gone = self.stream.write_all(response.as_bytes());
        let _gone = self.stream.shutdown(Shutdown::Write);
    }

    fn end_well(self) {
        self.end("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}");
    }

    /// The path of the URL from which the object is read.
    fn input(&self) -> String {
        let url = self.text("/getObjectContext/inputS3Url");
        let rest = url.split_once("://").unwrap().1;
        rest[rest.find('/').unwrap()..].to_owned()
    }

    /// An answer by a request of its own.
    fn answer(&self) -> Request {
        Request::new("POST", "/WriteGetObjectResponse")
            .header("x-amz-request-route", &self.text("/getObjectContext/outputRoute"))
            .header("x-amz-request-token", &self.text("/getObjectContext/outputToken"))
    }
}

/// A webhook that does what a test says with each event.
fn listen(port: u16, serve: impl Fn(Event) + Send + Sync + 'static) {
    let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
    let serve = Arc::new(serve);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (stream, serve) = (stream.unwrap(), Arc::clone(&serve));
            std::thread::spawn(move || {
                if let Some(event) = read(stream) {
                    serve(event);
                }
            });
        }
    });
}

fn read(stream: TcpStream) -> Option<Event> {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let (mut line, mut length, mut authorization) = (String::new(), 0, String::new());
    while reader.read_line(&mut line).ok()? > 0 && line != "\r\n" {
        let (name, value) = line.split_once(':').unwrap_or_default();
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().ok()?,
            "authorization" => authorization = value.trim().to_owned(),
            _ => {}
        }
        line.clear();
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Event { event: serde_json::from_slice(&body).ok()?, authorization, stream })
}

/// A server with webhooks of both kinds at one address, and an object.
fn served(more: &str, serve: impl Fn(Event) + Send + Sync + 'static) -> (Server, Client) {
    let [port, hook] = free_ports();
    listen(hook, serve);
    let configuration = format!(
        "[[webhooks]]\nname = \"aws\"\nurl = \"http://127.0.0.1:{hook}/a\"\ntoken = \"hunter2hunter2\"\n{more}\n\
         [[webhooks]]\nname = \"minio\"\nurl = \"http://127.0.0.1:{hook}/m\"\nkind = \"minio\"\n{more}\n\
         [[webhooks]]\nname = \"nobody\"\nurl = \"http://127.0.0.1:1/\"\n"
    );
    let server = Server::start_switched(port, &configuration, &["--variable", "minio_lambda_arn=on"]);
    let mut client = server.client();
    client.put("/photos", "");
    client
        .expect(Request::new("PUT", "/photos/dir/a%20b").header("content-type", "text/plain").body("hello"));
    (server, client)
}

fn by(name: &str) -> String {
    format!("/photos/dir/a%20b?lambdaArn=arn:minio:s3-object-lambda::{name}:webhook")
}

#[test]
fn a_webhook_of_aws_reads_the_object_and_answers() {
    let (told, events) = mpsc::channel();
    let (server, mut client) = {
        let port = Arc::new(Mutex::new(0));
        let own = Arc::clone(&port);
        let (server, client) = served("", move |event| {
            let mut plain = Client::new(*own.lock().unwrap(), None);
            let mut signed = Client::new(*own.lock().unwrap(), Some(MAIN));
            let read = plain.send(Request::new("GET", &event.input()));
            assert_eq!((read.status, read.header("content-type")), (200, Some("text/plain")));
            let part = plain.send(Request::new("GET", &event.input()).header("range", "bytes=1-2"));
            assert_eq!((part.status, part.text().as_str()), (206, "el"));
            assert_eq!(part.header("content-range"), Some("bytes 1-2/5"));
            assert_eq!(plain.send(Request::new("HEAD", &event.input())).header("content-length"), Some("5"));
            // It opens nothing else.
            check(
                &plain.send(Request::new("GET", &event.input().replace("a%20b", "c"))),
                403,
                "InvalidAccessKeyId",
            );
            check(&plain.send(Request::new("PUT", &event.input()).body("x")), 403, "InvalidAccessKeyId");
            let answer = event
                .answer()
                .header("x-amz-fwd-header-content-type", "text/x-loud")
                .header("x-amz-fwd-header-etag", "\"abc\"")
                .header("x-amz-fwd-header-x-amz-checksum-crc32", "AAAAAA==")
                .header("x-amz-meta-by", "me")
                .body(read.text().to_uppercase());
            let answered = signed.send(answer);
            let again = signed.send(event.answer().body("again"));
            told.send((answered, again, event.input(), event.event.clone(), event.authorization.clone()))
                .unwrap();
            event.end_well();
        });
        *port.lock().unwrap() = server.port();
        (server, client)
    };
    let got = client.send(Request::new("GET", &by("aws")).header("accept", "text/*"));
    assert_eq!((got.status, got.text().as_str()), (200, "HELLO"));
    for (name, value) in [
        ("content-type", "text/x-loud"),
        ("etag", "\"abc\""),
        ("x-amz-checksum-crc32", "AAAAAA=="),
        ("x-amz-meta-by", "me"),
        ("content-length", "5"),
    ] {
        assert_eq!(got.header(name), Some(value), "{:?}", got.headers);
    }
    // Nothing of what is stored is added.
    assert_eq!(got.header("last-modified"), None);
    let (answered, again, input, event, authorization) = events.recv().unwrap();
    assert_eq!((answered.status, answered.body.len()), (200, 0), "{}", answered.text());
    check(&again, 400, "ValidationError");
    assert_eq!(authorization, "Bearer hunter2hunter2");
    let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    assert_eq!(text("/protocolVersion"), "1.00");
    assert_eq!(text("/userRequest/headers/Accept"), "text/*");
    assert!(text("/userRequest/url").contains("/photos/dir/a%20b?lambdaArn="));
    assert_eq!(
        (text("/userIdentity/type"), text("/userIdentity/accountId")),
        ("Root".into(), "000000000001".into())
    );
    assert!(!text("/xAmzRequestId").is_empty() && event.pointer("/configuration/payload").is_some());
    for secret in ["Authorization", "Signature=", MAIN.secret_access_key] {
        let told = event.to_string().replace("X-Amz-Signature=", "");
        assert!(!told.contains(secret), "{secret}: {told}");
    }
    // The URL ends with the call, and so does its token.
    let after = server.anonymous().send(Request::new("GET", &input));
    check(&after, 403, "InvalidAccessKeyId");
    let log = server.log();
    assert!(!log.contains("hunter2") && !log.contains(&text("/getObjectContext/outputToken")), "{log}");
}

#[test]
fn a_webhook_of_minio_answers_in_its_response() {
    let (_server, mut client) = served("", |event| {
        assert!(event.event.pointer("/userRequest/headers/Host/0").is_some());
        let head = format!(
            "HTTP/1.1 200 OK\r\nx-amz-request-route: {}\r\nx-amz-request-token: {}\r\n",
            event.text("/getObjectContext/outputRoute"),
            event.text("/getObjectContext/outputToken")
        );
        let url = event.text("/userRequest/url");
        let answer = match url.rsplit('=').next().unwrap() {
            "error" => "x-amz-fwd-status: 404\r\nx-amz-fwd-error-code: NoSuchPage\r\nx-amz-fwd-error-message: a<b\r\ncontent-length: 0\r\n\r\n",
            "short" => "content-length: 9\r\n\r\nabc",
            "none" => "content-length: 9\r\n\r\n",
            "chunks" => "transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
            "inject" => "x-amz-fwd-header-transfer-encoding: chunked\r\ncontent-length: 0\r\n\r\n",
            "id" => "x-amz-fwd-header-x-amz-request-id: 1\r\ncontent-length: 0\r\n\r\n",
            "redirect" => return event.end("HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n"),
            "token" => return event.end("HTTP/1.1 200 OK\r\nx-amz-request-route: a\r\nx-amz-request-token: b\r\ncontent-length: 1\r\n\r\na"),
            "garbage" => return event.end("no HTTP\r\n\r\n"),
            "closed" => return,
            _ => "x-amz-fwd-header-cache-control: no-cache\r\ncontent-type: text/html\r\ncontent-length: 3\r\n\r\nabc",
        };
        event.end(&(head + answer));
    });
    let mut get = |case: &str| client.send(Request::new("GET", &format!("{}&case={case}", by("minio"))));
    let whole = get("whole");
    assert_eq!((whole.status, whole.text().as_str()), (200, "abc"));
    assert_eq!(
        (whole.header("cache-control"), whole.header("content-type")),
        (Some("no-cache"), Some("text/plain"))
    );
    let chunks = get("chunks");
    assert_eq!((chunks.status, chunks.text().as_str()), (200, "abc"));
    let error = get("error");
    check(&error, 404, "NoSuchPage");
    assert!(error.text().contains("<Message>a&lt;b</Message>"), "{}", error.text());
    for (case, status, code) in [
        ("none", 400, "ConnectionClosedByRequester"),
        ("inject", 400, "LambdaInvalidResponse"),
        ("id", 400, "LambdaInvalidResponse"),
        ("redirect", 400, "LambdaInvocationFailed"),
        ("token", 400, "LambdaInvalidResponse"),
        ("garbage", 400, "LambdaInvocationFailed"),
        ("closed", 400, "LambdaInvocationFailed"),
    ] {
        let answer = get(case);
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{case}: {}", answer.text());
    }
    // The head was sent: the transfer breaks off.
    let request = Request::new("GET", &format!("{}&case=short", by("minio")));
    assert!(client.try_send(request).is_err());
}

/// The answer of a case, by a request of its own.
fn answer_of(event: &Event, case: &str) -> Request {
    match case {
        "status" => event.answer().header("x-amz-fwd-status", "302"),
        "both" => {
            event.answer().header("x-amz-fwd-status", "404").header("x-amz-fwd-error-code", "A").body("a")
        }
        "error" => {
            event.answer().header("x-amz-fwd-status", "403").header("x-amz-fwd-error-code", "NotYours")
        }
        "token" => {
            let token = event.text("/getObjectContext/outputToken").replace('A', "B");
            Request::new("POST", "/WriteGetObjectResponse")
                .header("x-amz-request-route", &event.text("/getObjectContext/outputRoute"))
                .header("x-amz-request-token", &format!("{token}A"))
                .body("a")
        }
        "route" => Request::new("POST", "/WriteGetObjectResponse")
            .header("x-amz-request-route", "elsewhere")
            .header("x-amz-request-token", &event.text("/getObjectContext/outputToken")),
        "missing" => Request::new("POST", "/WriteGetObjectResponse"),
        _ => event.answer().body("fine"),
    }
}

#[test]
fn answers_that_are_none_are_refused_on_both_sides() {
    let (told, answers) = mpsc::channel();
    let port = Arc::new(Mutex::new(0));
    let own = Arc::clone(&port);
    let (server, mut client) = served("time_ms_max = 1500", move |event| {
        let mut signed = Client::new(*own.lock().unwrap(), Some(MAIN));
        let url = event.text("/userRequest/url");
        let case = url.rsplit('=').next().unwrap().to_owned();
        let request = match case.as_str() {
            "never" => return event.end_well(),
            "hang" => return std::thread::sleep(Duration::from_secs(3)),
            "failed" => {
                return event.end(
                    "HTTP/1.1 200 OK\r\nx-amz-function-error: Unhandled\r\ncontent-length: 2\r\n\r\n{}",
                );
            }
            "runtime" => {
                let text = "{\"errorMessage\": \"no\", \"errorType\": \"KeyError\"}";
                let response = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{text}", text.len());
                return event.end(&response);
            }
            "500" => return event.end("HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n"),
            "404" => return event.end("HTTP/1.1 404 No\r\ncontent-length: 0\r\n\r\n"),
            case => answer_of(&event, case),
        };
        told.send(signed.send(request)).unwrap();
        event.end_well();
    });
    *port.lock().unwrap() = server.port();
    let mut get = |case: &str| client.send(Request::new("GET", &format!("{}&case={case}", by("aws"))));
    for (case, status, code) in [
        ("never", 500, "LambdaResponseNotReceived"),
        ("hang", 500, "LambdaTimeout"),
        ("failed", 500, "LambdaRuntimeError"),
        ("runtime", 500, "LambdaRuntimeError"),
        ("500", 500, "LambdaRuntimeError"),
        ("404", 400, "LambdaInvocationFailed"),
    ] {
        let answer = get(case);
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{case}: {}", answer.text());
    }
    for (case, status, code, other) in [
        ("status", 400, "LambdaInvalidResponse", 400),
        ("both", 400, "LambdaInvalidResponse", 400),
        ("error", 403, "NotYours", 200),
        ("token", 500, "LambdaResponseNotReceived", 400),
        ("route", 500, "LambdaResponseNotReceived", 400),
        ("missing", 500, "LambdaResponseNotReceived", 400),
    ] {
        let answer = get(case);
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{case}: {}", answer.text());
        let written = answers.recv().unwrap();
        let code = if other == 200 { "" } else { "ValidationError" };
        assert_eq!((written.status, written.code().as_str()), (other, code), "{case}: {}", written.text());
    }
    assert_eq!(get("fine").text(), "fine");
    let gone = client.send(Request::new("GET", &by("nobody")));
    check(&gone, 400, "LambdaInvocationFailed");
    let none = client.send(Request::new("GET", &by("other")));
    check(&none, 404, "LambdaNotFound");
}

/// The function that a test plays itself: it has one event at a time.
fn by_hand(more: &str) -> (Server, Client, mpsc::Receiver<Event>) {
    let (told, events) = mpsc::channel();
    let told = Mutex::new(told);
    let (server, client) = served(more, move |event| told.lock().unwrap().send(event).unwrap());
    (server, client, events)
}

fn in_background(server: &Server, target: String) -> JoinHandle<std::io::Result<Response>> {
    let mut client = server.client();
    std::thread::spawn(move || client.try_send(Request::new("GET", &target)))
}

#[test]
fn an_answer_that_breaks_off_aborts_the_transfer() {
    let (server, _, events) = by_hand("");
    for (sent, begun) in [("", false), ("12345", true)] {
        let getting = in_background(&server, by("aws"));
        let event = events.recv().unwrap();
        let request = Request::new("POST", "/WriteGetObjectResponse")
            .header("content-length", "100")
            .header("host", &format!("127.0.0.1:{}", server.port()))
            .header("x-amz-request-route", &event.text("/getObjectContext/outputRoute"))
            .header("x-amz-request-token", &event.text("/getObjectContext/outputToken"));
        let signed = server.client().signed(request, Payload::Unsigned);
        let mut stream = TcpStream::connect(("127.0.0.1", server.port())).unwrap();
        stream.write_all(&signed.head()).unwrap();
        stream.write_all(sent.as_bytes()).unwrap();
        if begun {
            // What was sent has arrived at the client, or is on its way to it.
            std::thread::sleep(Duration::from_millis(100));
        }
        drop(stream);
        let got = getting.join().unwrap();
        match begun {
            false => check(&got.unwrap(), 400, "ConnectionClosedByRequester"),
            true => assert!(got.is_err(), "{got:?}"),
        }
        event.end_well();
    }
}

#[test]
fn answers_stream_to_the_client() {
    let (server, _, events) = by_hand("");
    let getting = in_background(&server, by("aws"));
    let event = events.recv().unwrap();
    let body: Vec<u8> = (0..20_000_000_u32).map(|at| (at % 251) as u8).collect();
    let mut client = server.client();
    let request = client.signed(event.answer().body(body.clone()), Payload::UnsignedChunks(65536, &[]));
    let written = client.try_send_as_is(&request).unwrap();
    assert_eq!(written.status, 200, "{}", written.text());
    let got = getting.join().unwrap().unwrap();
    assert_eq!((got.status, got.header("content-length")), (200, Some("20000000")));
    assert!(got.body == body);
    event.end_well();
}

#[test]
fn an_answer_after_the_client_has_gone_goes_nowhere() {
    let (server, mut client, events) = by_hand("");
    let request = Request::new("GET", &by("aws")).header("host", &format!("127.0.0.1:{}", server.port()));
    let signed = client.signed(request, Payload::Signed);
    let mut stream = TcpStream::connect(("127.0.0.1", server.port())).unwrap();
    stream.write_all(&signed.head()).unwrap();
    let event = events.recv().unwrap();
    drop(stream);
    // The server sees the end of the connection in its own time.
    let mut answer = Response::default();
    for _ in 0..100 {
        let body = vec![7; 4_000_000];
        answer = client.send(event.answer().body(body));
        if answer.status == 400 {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    check(&answer, 400, "ValidationError");
    event.end_well();
}

#[test]
fn more_calls_than_allowed_are_told_to_come_back() {
    let (server, mut client, events) = by_hand("calls_max = 1");
    let getting = in_background(&server, by("aws"));
    let event = events.recv().unwrap();
    let refused = client.send(Request::new("GET", &by("aws")));
    check(&refused, 503, "SlowDown");
    assert_eq!(server.client().send(event.answer().body("a")).status, 200);
    event.end_well();
    assert_eq!(getting.join().unwrap().unwrap().text(), "a");
}

#[test]
fn who_may_ask_a_webhook_and_who_may_answer() {
    let (server, mut client, events) = by_hand("");
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::photos/*"}]}"#;
    client.expect(Request::new("PUT", "/photos?policy").body(policy));
    // Others may read the object, and may not have a function run for that.
    let mut other = server.client_as(ALT);
    assert_eq!(other.get("/photos/dir/a%20b").text(), "hello");
    check(&other.send(Request::new("GET", &by("aws"))), 403, "LambdaPermissionError");
    check(&server.anonymous().send(Request::new("GET", &by("aws"))), 403, "LambdaPermissionError");
    // Nobody answers without a signature.
    let getting = in_background(&server, by("aws"));
    let event = events.recv().unwrap();
    check(&server.anonymous().send(event.answer().body("a")), 403, "AccessDenied");
    assert_eq!(server.client().send(event.answer().body("b")).status, 200);
    event.end_well();
    assert_eq!(getting.join().unwrap().unwrap().text(), "b");
}

#[test]
fn a_webhook_may_make_what_is_not_there() {
    let (server, _, events) = by_hand("");
    let target = by("aws").replace("a%20b", "missing");
    let getting = in_background(&server, target);
    let event = events.recv().unwrap();
    let read = server.anonymous().send(Request::new("GET", &event.input()));
    check(&read, 404, "NoSuchKey");
    assert_eq!(server.client().send(event.answer().body("made")).status, 200);
    event.end_well();
    let got = getting.join().unwrap().unwrap();
    assert_eq!((got.status, got.text().as_str()), (200, "made"));
}

#[test]
fn the_object_is_read_as_it_was_when_the_call_came() {
    let (server, mut client, events) = by_hand("");
    let getting = in_background(&server, by("aws"));
    let event = events.recv().unwrap();
    client.put("/photos/dir/a%20b", "another");
    let read = server.anonymous().send(Request::new("GET", &event.input()));
    assert_eq!(read.text(), "hello");
    assert_eq!(server.client().send(event.answer().body(read.text())).status, 200);
    event.end_well();
    assert_eq!(getting.join().unwrap().unwrap().text(), "hello");
}

#[test]
fn without_the_switch_the_parameter_means_nothing() {
    let server = Server::start();
    let mut client = server.client();
    client.put("/photos", "");
    client.put("/photos/dir/a%20b", "hello");
    assert_eq!(client.get(&by("aws")).text(), "hello");
}

/// An Object Lambda access point in front of a webhook; its alias.
fn access_point(client: &mut Client, actions: &[&str], function: &str, more: &str) -> String {
    let point = "<CreateAccessPointRequest><Bucket>photos</Bucket></CreateAccessPointRequest>";
    assert_eq!(client.send(control("PUT", "accesspoint/reports", OWN).body(point)).status, 200);
    create(client, "redacted", &configured(SUPPORTING, actions, function, more))
}

fn document(text: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{text}", text.len())
}

#[test]
fn a_webhook_behind_an_access_point_makes_objects_heads_and_listings() {
    let (told, events) = mpsc::channel();
    let port = Arc::new(Mutex::new(0));
    let (own, told) = (Arc::clone(&port), Mutex::new(told));
    let (server, mut client) = served("", move |event| {
        let mut plain = Client::new(*own.lock().unwrap(), None);
        let url = |context: &str| event.text(&format!("/{context}/inputS3Url"));
        let path = |url: &str| {
            let rest = url.split_once("://").unwrap().1.to_owned();
            rest[rest.find('/').unwrap()..].to_owned()
        };
        let _later = told.lock().unwrap().send(event.event.clone());
        if event.event.get("getObjectContext").is_some() {
            let mut signed = Client::new(*own.lock().unwrap(), Some(MAIN));
            assert_eq!(signed.send(event.answer().body("made")).status, 200);
            return event.end_well();
        }
        if event.event.get("headObjectContext").is_some() {
            let head = plain.send(Request::new("HEAD", &path(&url("headObjectContext"))));
            assert_eq!((head.status, head.header("content-length")), (200, Some("5")));
            let refused = plain.send(Request::new("GET", &path(&url("headObjectContext"))));
            assert_eq!(refused.status, 403);
            return event.end(&document(
                r#"{"statusCode": 200, "headers": {"Content-Length": 4, "ETag": "\"e\"", "x-amz-meta-by": "me"}}"#,
            ));
        }
        let context = if event.event.get("listObjectsContext").is_some() {
            "listObjectsContext"
        } else {
            "listObjectsV2Context"
        };
        let listing = plain.send(Request::new("GET", &path(&url(context))));
        assert!(listing.text().contains("<Key>dir/a b</Key>"), "{}", listing.text());
        let asked = event.text("/userRequest/url");
        event.end(&document(match asked {
            url if url.contains("max-keys=2") => r#"{"statusCode": 200, "listResultXml": "<ListBucketResult/>"}"#,
            url if url.contains("max-keys=3") => r#"{"statusCode": 403, "errorCode": "NotYours", "errorMessage": "no"}"#,
            url if url.contains("max-keys=4") => r#"{"statusCode": 200}"#,
            _ => r#"{"statusCode": 200, "listBucketResult": {"name": "photos", "isTruncated": false, "contents": [{"key": "one", "size": 1}]}}"#,
        }));
    });
    *port.lock().unwrap() = server.port();
    let actions = ["GetObject", "HeadObject", "ListObjects", "ListObjectsV2"];
    let function = "arn:aws:lambda:us-east-1:000000000001:function:aws";
    let alias = access_point(&mut client, &actions, function, "");
    let got = client.get(&format!("/{alias}/dir/a%20b"));
    assert_eq!((got.status, got.text().as_str()), (200, "made"));
    let event = events.recv().unwrap();
    let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    assert_eq!(text("/configuration/payload"), "{\"level\":2}");
    assert_eq!(text("/configuration/accessPointArn"), super::ARN);
    assert_eq!(text("/configuration/supportingAccessPointArn"), SUPPORTING);
    let head = client.send(Request::new("HEAD", &format!("/{alias}/dir/a%20b")));
    assert_eq!((head.status, head.header("content-length")), (200, Some("4")));
    assert_eq!((head.header("etag"), head.header("x-amz-meta-by")), (Some("\"e\""), Some("me")));
    let mut list = |query: &str| client.send(Request::new("GET", &format!("/{alias}?{query}")));
    assert!(list("list-type=2").text().contains("<Contents><Key>one</Key><Size>1</Size></Contents>"));
    assert!(list("").text().contains("<Key>one</Key>"));
    assert_eq!(list("max-keys=2").text(), "<ListBucketResult/>");
    check(&list("max-keys=3"), 403, "NotYours");
    check(&list("max-keys=4"), 400, "LambdaInvalidResponse");
    let ranged =
        client.send(Request::new("GET", &format!("/{alias}/dir/a%20b")).header("range", "bytes=0-1"));
    check(&ranged, 501, "NotImplemented");
    drop(events);
}

/// An Object Lambda access point that transforms nothing of GetObject does not let a request do so.
#[test]
fn an_access_point_takes_no_webhook_from_the_request() {
    let (_server, mut client) = served("", Event::end_well);
    let point = "<CreateAccessPointRequest><Bucket>photos</Bucket></CreateAccessPointRequest>";
    client.expect(control("PUT", "accesspoint/reports", OWN).body(point));
    let function = "arn:aws:lambda:us-east-1:000000000001:function:aws";
    let alias = create(&mut client, "heads", &configured(SUPPORTING, &["HeadObject"], function, ""));
    assert_eq!(client.get(&format!("/{alias}/dir/a%20b")).text(), "hello");
    let named = by("minio").replace("/photos/", &format!("/{alias}/"));
    check(&client.call("GET", &named), 400, "InvalidRequest");
}

/// A page that a rule of the bucket changes is nothing for a webhook.
#[test]
fn a_listing_below_a_rule_is_not_for_a_webhook() {
    let (_server, mut client) = served("", Event::end_well);
    let point = "<CreateAccessPointRequest><Bucket>photos</Bucket></CreateAccessPointRequest>";
    client.expect(control("PUT", "accesspoint/reports", OWN).body(point));
    let function = "arn:aws:lambda:us-east-1:000000000001:function:aws";
    let alias = create(&mut client, "lists", &configured(SUPPORTING, &["ListObjectsV2"], function, ""));
    let rule = format!(
        "<TransformConfiguration><Rule><Operation>GetObject</Operation><Prefix>dir/</Prefix>\
         <FunctionArn>{function}</FunctionArn></Rule></TransformConfiguration>"
    );
    client.expect(Request::new("PUT", "/photos?transforms").body(rule));
    check(&client.call("GET", &format!("/{alias}?list-type=2")), 501, "NotImplemented");
    check(&client.call("GET", &format!("/{alias}?list-type=2&prefix=other")), 400, "LambdaInvalidResponse");
}
