use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Mutex;

use bytes::Bytes;

use super::*;
use crate::config::Config;
use crate::front::listener;
use crate::telemetry::metrics::TextForm;

/// Answers `/slow` after 300 ms, `/big` with more than sockets buffer, everything else with its
/// path.
struct Echo;

impl Answering for Echo {
    async fn answer<B>(self: Rc<Self>, request: Request<B>, peer: Peer) -> Response<ResponseBody> {
        assert!(peer.client.address.ip().is_loopback());
        let body = match request.uri().path() {
            "/slow" => {
                tokio::time::sleep(Duration::from_millis(300)).await;
                Bytes::from_static(b"slow")
            }
            "/big" => Bytes::from(vec![b'b'; 64 << 20]),
            path => Bytes::from(path.to_owned()),
        };
        Response::new(ResponseBody::Bytes(body))
    }
}

struct Running {
    address: SocketAddr,
    metrics: Arc<Metrics>,
    stop: tokio::sync::mpsc::UnboundedSender<()>,
    thread: Option<JoinHandle<()>>,
}

impl Running {
    fn start(limits: Limits) -> Running {
        let config = Config { listen: vec!["127.0.0.1:0".parse().unwrap()], ..Config::default() };
        let listeners = listener::bind(&config, &[]).unwrap();
        let address = listeners[0].address;
        let metrics = Arc::new(Metrics::new(4));
        let (stop, stopped) = tokio::sync::mpsc::unbounded_channel();
        let (ready, is_ready) = std::sync::mpsc::channel();
        let server = Server {
            listeners,
            setup: Setup {
                workers: 2,
                limits,
                rates: Arc::default(),
                explanations: Arc::new(Explanations::new(crate::telemetry::explanations::Bounds::default())),
                metrics: Arc::clone(&metrics),
                health: Arc::new(Health::default()),
                proxies: Arc::default(),
                access_log: None,
                request_ids: Arc::default(),
            },
            answer: || Ok(Rc::new(Echo)),
        };
        let thread = std::thread::spawn(move || {
            let stopped = Mutex::new(stopped);
            let stop =
                || std::future::poll_fn(|context| stopped.lock().unwrap().poll_recv(context).map(drop));
            server.run(stop, move || Ok(ready.send(())?)).unwrap();
        });
        is_ready.recv().unwrap();
        Running { address, metrics, stop, thread: Some(thread) }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        stream
    }

    fn stop(&mut self) {
        self.stop.send(()).unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.stop.send(());
        let _ = self.stop.send(());
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

fn ask(stream: &mut TcpStream, path: &str) {
    stream.write_all(format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n").as_bytes()).unwrap();
}

/// One response with a content-length: its head and its body.
fn answer(stream: &mut TcpStream) -> (String, Vec<u8>) {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        assert_eq!(stream.read(&mut byte).unwrap(), 1, "closed after {head:?}");
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    let length =
        head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap().parse().unwrap();
    let mut body = vec![0; length];
    stream.read_exact(&mut body).unwrap();
    (head, body)
}

fn is_closed(stream: &mut TcpStream) -> bool {
    match stream.read(&mut [0]) {
        Ok(length) => length == 0,
        Err(error) => error.kind() == std::io::ErrorKind::ConnectionReset,
    }
}

fn millis(limit: &mut Duration, millis: u64) {
    *limit = Duration::from_millis(millis);
}

#[test]
fn requests_share_a_connection_and_pipelines_are_answered_in_order() {
    let server = Running::start(Limits::default());
    let mut stream = server.connect();
    ask(&mut stream, "/one");
    assert_eq!(answer(&mut stream).1, b"/one");
    ask(&mut stream, "/slow");
    ask(&mut stream, "/two");
    assert_eq!(answer(&mut stream).1, b"slow");
    assert_eq!(answer(&mut stream).1, b"/two");
}

#[test]
fn http2_with_prior_knowledge_is_understood_even_byte_by_byte() {
    let server = Running::start(Limits::default());
    let mut stream = server.connect();
    for byte in b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" {
        stream.write_all(&[*byte]).unwrap();
        std::thread::sleep(Duration::from_millis(2));
    }
    let settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    stream.write_all(&settings).unwrap();
    let mut frame = [0; 9];
    stream.read_exact(&mut frame).unwrap();
    assert_eq!(frame[3], 4, "the first frame is SETTINGS: {frame:?}");
}

#[test]
fn probes_are_answered_on_a_loopback_listener() {
    let server = Running::start(Limits::default());
    let mut stream = server.connect();
    ask(&mut stream, "/health/ready");
    assert!(answer(&mut stream).0.starts_with("HTTP/1.1 200"));
    ask(&mut stream, "/metrics");
    let page = String::from_utf8(answer(&mut stream).1).unwrap();
    assert!(page.contains("portcullis_requests_in_flight 1\n"), "{page}");
    assert!(page.contains("portcullis_connections 1\n"), "{page}");
}

#[test]
fn a_head_that_is_not_clear_is_refused_before_probes_and_metrics() {
    let server = Running::start(Limits::default());
    for path in ["/metrics", "/health/live", "/health/ready", "/photos"] {
        for hosts in ["host: localhost\r\nhost: evil.com\r\n", "host: localhost, evil.com\r\n", ""] {
            let mut stream = server.connect();
            stream.write_all(format!("GET {path} HTTP/1.1\r\n{hosts}\r\n").as_bytes()).unwrap();
            let (head, body) = answer(&mut stream);
            assert!(
                head.starts_with("HTTP/1.1 400 ") && head.contains("connection: close"),
                "{path}: {head}"
            );
            assert!(String::from_utf8_lossy(&body).contains("<Code>BadRequest</Code>"), "{path}");
            assert!(is_closed(&mut stream), "{path}");
        }
    }
    // Probes of HTTP/1.0 name no host.
    let mut stream = server.connect();
    stream.write_all(b"GET /health/ready HTTP/1.0\r\n\r\n").unwrap();
    assert!(answer(&mut stream).0.contains(" 200 "));
}

#[test]
fn requests_beyond_the_limit_are_told_to_slow_down() {
    let server = Running::start(Limits { in_flight_max: 1, ..Limits::default() });
    // One for each worker, and one more.
    let mut streams: Vec<_> = (0..3).map(|_| server.connect()).collect();
    for stream in &mut streams {
        std::thread::sleep(Duration::from_millis(20));
        ask(stream, "/slow");
    }
    let heads: Vec<_> = streams.iter_mut().map(answer).collect();
    assert!(heads[0].0.starts_with("HTTP/1.1 200"));
    assert!(heads[1].0.starts_with("HTTP/1.1 200"));
    assert!(heads[2].0.starts_with("HTTP/1.1 503") && heads[2].0.contains("retry-after: 1\r\n"));
    assert!(String::from_utf8_lossy(&heads[2].1).contains("<Code>SlowDown</Code>"));
    // The connection stays, and is served as soon as there is room.
    ask(&mut streams[2], "/after");
    assert_eq!(answer(&mut streams[2]).1, b"/after");
    assert!(
        server.metrics.render(TextForm::Plain).contains("portcullis_refused_total{limit=\"in_flight\"} 1\n")
    );
}

#[test]
fn connections_beyond_the_limit_are_answered_and_closed() {
    let server = Running::start(Limits { connections_max: 1, ..Limits::default() });
    let mut first = server.connect();
    ask(&mut first, "/slow");
    std::thread::sleep(Duration::from_millis(50));
    let mut second = server.connect();
    ask(&mut second, "/second");
    let (head, body) = answer(&mut second);
    assert!(head.starts_with("HTTP/1.1 503") && head.contains("connection: close"), "{head}");
    assert!(String::from_utf8_lossy(&body).contains("SlowDown"));
    assert!(is_closed(&mut second));
    // A probe is answered all the same.
    let mut probe = server.connect();
    ask(&mut probe, "/health/live");
    assert!(answer(&mut probe).0.starts_with("HTTP/1.1 200"));
    assert!(is_closed(&mut probe));
    assert_eq!(answer(&mut first).1, b"slow");
    assert!(
        server
            .metrics
            .render(TextForm::Plain)
            .contains("portcullis_refused_total{limit=\"connections\"} 1\n")
    );
}

#[test]
fn a_connection_without_requests_makes_room_for_a_further_one() {
    let server = Running::start(Limits { connections_max: 4, ..Limits::default() });
    let mut idle: Vec<_> = (0..4).map(|_| server.connect()).collect();
    // A sweep later, they are the longest idle.
    std::thread::sleep(Duration::from_millis(600));
    let mut kept = Vec::new();
    for number in 0..8 {
        let mut further = server.connect();
        ask(&mut further, "/further");
        assert_eq!(answer(&mut further).1, b"/further", "{number}");
        kept.push(further);
    }
    assert!(idle.iter_mut().all(is_closed));
}

#[test]
fn a_head_that_is_too_long_is_told_so() {
    let server = Running::start(Limits::default());
    // The headers alone, or a head whose end does not come within what is read of one.
    for (count, length, allowed) in [(1, 8200, 8192), (9, 1000, 8192), (1, 40_000, 32_768)] {
        let mut stream = server.connect();
        let headers: String =
            (0..count).map(|number| format!("x-{number}: {}\r\n", "v".repeat(length))).collect();
        // The server may answer before everything is written.
        let _ = stream.write_all(format!("GET / HTTP/1.1\r\nhost: localhost\r\n{headers}\r\n").as_bytes());
        let (head, body) = answer(&mut stream);
        let body = String::from_utf8(body).unwrap();
        assert!(head.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{head}");
        assert!(body.contains("<Code>RequestHeaderSectionTooLarge</Code>"), "{body}");
        assert!(body.contains(&format!("<MaxSizeAllowed>{allowed}</MaxSizeAllowed>")), "{body}");
    }
    let mut stream = server.connect();
    let headers: String = (0..500).map(|number| format!("x-{number}: v\r\n")).collect();
    let target = format!("/{}", "t".repeat(16_000));
    stream
        .write_all(format!("GET {target} HTTP/1.1\r\nhost: localhost\r\n{headers}\r\n").as_bytes())
        .unwrap();
    assert_eq!(answer(&mut stream).1, target.as_bytes());
}

#[test]
fn a_request_head_that_never_ends_is_closed_and_so_is_a_connection_without_requests() {
    let mut limits = Limits::default();
    millis(&mut limits.request_head, 200);
    millis(&mut limits.idle, 700);
    let server = Running::start(limits);
    let began = Instant::now();
    let (mut slow, mut slower, mut idle) = (server.connect(), server.connect(), server.connect());
    slow.write_all(b"GET / HTTP/1.1\r\nhost: he").unwrap();
    slower.write_all(b"P").unwrap();
    ask(&mut idle, "/once");
    answer(&mut idle);
    assert!(is_closed(&mut slow) && is_closed(&mut slower));
    assert!(began.elapsed() >= Duration::from_millis(180) && began.elapsed() < Duration::from_millis(650));
    assert!(is_closed(&mut idle));
    assert!(began.elapsed() >= Duration::from_millis(650), "{:?}", began.elapsed());
}

#[test]
fn a_client_that_takes_nothing_of_its_response_is_closed() {
    let mut limits = Limits::default();
    millis(&mut limits.response_stall, 300);
    let server = Running::start(limits);
    let mut stream = server.connect();
    ask(&mut stream, "/big");
    std::thread::sleep(Duration::from_secs(1));
    let mut length = 0;
    let mut bytes = vec![0; 1 << 20];
    while let Ok(more @ 1..) = stream.read(&mut bytes) {
        length += more;
    }
    assert!(length < 64 << 20, "{length}");
    assert!(server.metrics.render(TextForm::Plain).contains("portcullis_requests_in_flight 0\n"));
}

#[test]
fn a_stop_lets_requests_in_flight_finish_and_closes_idle_connections() {
    let mut server = Running::start(Limits::default());
    let (mut busy, mut idle) = (server.connect(), server.connect());
    ask(&mut idle, "/once");
    answer(&mut idle);
    ask(&mut busy, "/slow");
    std::thread::sleep(Duration::from_millis(100));
    server.stop();
    assert!(is_closed(&mut idle));
    assert_eq!(answer(&mut busy).1, b"slow");
    assert!(is_closed(&mut busy));
    server.thread.take().unwrap().join().unwrap();
    assert!(TcpStream::connect(server.address).is_err());
}

#[test]
fn a_request_that_does_not_finish_in_time_does_not_hold_up_a_stop() {
    let mut limits = Limits::default();
    millis(&mut limits.drain, 50);
    let mut server = Running::start(limits);
    let mut busy = server.connect();
    ask(&mut busy, "/slow");
    std::thread::sleep(Duration::from_millis(50));
    let began = Instant::now();
    server.stop();
    server.thread.take().unwrap().join().unwrap();
    assert!(began.elapsed() < Duration::from_millis(250));
    assert!(is_closed(&mut busy));
}

#[test]
fn a_worker_that_cannot_start_is_an_error_not_a_hang() {
    let server = Server {
        listeners: Vec::new(),
        setup: Setup {
            workers: 2,
            limits: Limits::default(),
            rates: Arc::default(),
            explanations: Arc::new(Explanations::new(crate::telemetry::explanations::Bounds::default())),
            metrics: Arc::new(Metrics::new(1)),
            health: Arc::new(Health::default()),
            proxies: Arc::default(),
            access_log: None,
            request_ids: Arc::default(),
        },
        answer: || -> anyhow::Result<Rc<Echo>> { anyhow::bail!("no pipeline") },
    };
    let error = server.run(std::future::pending::<()>, || Ok(())).unwrap_err();
    assert!(error.to_string().contains("no pipeline"));
}
