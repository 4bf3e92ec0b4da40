use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;

use serde_json::Value;

use super::*;
use crate::telemetry::metrics::TextForm;

const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

fn request(traceparent: &str) -> Parts {
    let request =
        http::Request::get("/photos/cat.jpg?X-Amz-Signature=secret").header("traceparent", traceparent);
    request.body(()).unwrap().into_parts().0
}

/// Answers so many requests with a status, and gives their bodies.
fn collector(status: &'static str, requests: usize) -> (Collector, std::thread::JoinHandle<Vec<Value>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = Collector::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    let thread = std::thread::spawn(move || {
        let mut bodies = Vec::new();
        for stream in listener.incoming().take(requests) {
            let mut reader = BufReader::new(stream.unwrap());
            let mut length = 0;
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length: ") {
                    length = value.trim().parse().unwrap();
                }
                if line == "\r\n" {
                    break;
                }
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            bodies.push(serde_json::from_slice(&body).unwrap());
            write!(reader.get_mut(), "HTTP/1.1 {status}\r\ncontent-length: 2\r\n\r\n{{}}").unwrap();
        }
        bodies
    });
    (endpoint, thread)
}

fn exporter(endpoint: Collector, metrics: &Arc<Metrics>) -> Arc<Exporter> {
    let options = ExportOptions { endpoint: Some(endpoint), ..ExportOptions::default() };
    Exporter::start(&options, metrics).unwrap().unwrap()
}

fn give(exporter: &Exporter) -> bool {
    let span = exporter.begin(&request(PARENT), SystemTime::now(), "ID", || "127.0.0.1".to_owned());
    span.map(|span| exporter.end(span, Answered::default())).is_some()
}

fn counted(metrics: &Metrics, name: &str) -> bool {
    metrics.render(TextForm::Plain).lines().any(|line| line == name)
}

#[test]
fn an_endpoint_is_a_plain_http_address() {
    let parts = |text: &str| {
        Collector::parse(text).map(|endpoint| {
            format!("{} {} {}", endpoint.address, endpoint.authority, endpoint.path(Signal::Traces))
        })
    };
    let check = |text: &str, expected: &str| assert_eq!(parts(text).as_deref(), Some(expected), "{text}");
    check("http://127.0.0.1:4318", "127.0.0.1:4318 127.0.0.1:4318 /v1/traces");
    check("http://collector", "collector:4318 collector /v1/traces");
    check("http://[::1]:1/otlp/", "[::1]:1 [::1]:1 /otlp/v1/traces");
    for text in
        ["", "127.0.0.1:4318", "https://x", "http://", "http://user@x", "http://x?y", "http://x#y", "/v1"]
    {
        assert_eq!(parts(text), None, "{text}");
    }
}

#[test]
fn a_request_is_rendered_with_its_stages() {
    let metrics = Arc::new(Metrics::new(1));
    let exporter = exporter(Collector::parse("http://127.0.0.1:1").unwrap(), &metrics);
    let began = SystemTime::UNIX_EPOCH + Duration::from_nanos(1_700_000_000_123_456_789);
    let mut span = exporter.begin(&request(PARENT), began, "ID", || "127.0.0.1".to_owned()).unwrap();
    let start = Instant::now();
    let mut laps = Laps::new(start);
    laps.add(2, start + Duration::from_nanos(5), Duration::from_nanos(10));
    let elapsed = Duration::from_micros(1);
    span.answer = Answered { operation: "GetObject".to_owned(), status: 500, elapsed, laps: Some(laps) };
    let document: Value =
        serde_json::from_str(&document::render(&ServiceIdentity::new("portcullis"), &[span])).unwrap();
    let spans = &document["resourceSpans"][0]["scopeSpans"][0]["spans"];
    let (server, stage) = (&spans[0], &spans[1]);
    assert_eq!(server["traceId"], "4bf92f3577b34da6a3ce929d0e0e4736");
    assert_eq!(server["parentSpanId"], "00f067aa0ba902b7");
    assert_eq!((&server["name"], &server["kind"]), (&"GetObject".into(), &2.into()));
    assert_eq!(server["startTimeUnixNano"], "1700000000123456789");
    assert_eq!(server["endTimeUnixNano"], "1700000000123457789");
    assert_eq!(server["status"]["code"], 2);
    assert_eq!((&stage["name"], &stage["kind"]), (&"auth".into(), &1.into()));
    assert_eq!((&stage["traceId"], &stage["parentSpanId"]), (&server["traceId"], &server["spanId"]));
    assert_eq!(stage["startTimeUnixNano"], "1700000000123456794");
    assert_eq!(stage["endTimeUnixNano"], "1700000000123456804");
    assert_ne!(stage["spanId"], server["spanId"]);
    assert!(!document.to_string().contains("secret"), "a query holds a signature");
}

#[test]
fn a_caller_that_does_not_record_is_not_recorded() {
    let metrics = Arc::new(Metrics::new(1));
    let exporter = exporter(Collector::parse("http://127.0.0.1:1").unwrap(), &metrics);
    let begin = |traceparent: &str| exporter.begin(&request(traceparent), SystemTime::now(), "", String::new);
    assert!(begin(&PARENT.replace("-01", "-00")).is_none());
    let own = begin("nonsense").unwrap();
    assert!(own.parent.is_none() && own.context.trace_id != 0 && own.context.span_id != 0);
    assert_ne!(own.context.trace_id, begin("").unwrap().context.trace_id);
}

#[test]
fn what_has_gathered_is_sent_at_the_end() {
    let (endpoint, collector) = collector("200 OK", 1);
    let metrics = Arc::new(Metrics::new(1));
    let exporter = exporter(endpoint, &metrics);
    assert!((0..10).all(|_| give(&exporter)));
    exporter.close();
    let bodies = collector.join().unwrap();
    let spans = bodies[0]["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().unwrap();
    assert_eq!(spans.len(), 10);
    assert!(counted(&metrics, "portcullis_otlp_spans_exported_total 10"));
    assert!(counted(&metrics, "portcullis_otlp_spans_dropped_total 0"));
    // Afterwards nothing is taken any more, and nobody is made to wait.
    assert!(give(&exporter));
    assert!(counted(&metrics, "portcullis_otlp_spans_dropped_total 1"));
}

#[test]
fn a_collector_that_is_not_there_costs_spans_and_no_time() {
    // A listener that never answers: its port is taken, its backlog is all there is.
    let deaf = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = Collector::parse(&format!("http://{}", deaf.local_addr().unwrap())).unwrap();
    let metrics = Arc::new(Metrics::new(1));
    let exporter = exporter(endpoint, &metrics);
    let began = Instant::now();
    for _ in 0..3 * QUEUE_MAX {
        give(&exporter);
    }
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    let page = metrics.render(TextForm::Plain);
    let line =
        page.lines().find_map(|line| line.strip_prefix("portcullis_otlp_spans_dropped_total ")).unwrap();
    let dropped: usize = line.parse().unwrap();
    assert!((QUEUE_MAX..3 * QUEUE_MAX).contains(&dropped), "{dropped}");
}

#[test]
fn a_collector_that_refuses_is_not_tried_again() {
    let (endpoint, collector) = collector("400 Bad Request", 1);
    let metrics = Arc::new(Metrics::new(1));
    let exporter = exporter(endpoint, &metrics);
    assert!(give(&exporter));
    collector.join().unwrap();
    exporter.close();
    assert!(counted(&metrics, "portcullis_otlp_spans_dropped_total 1"));
}

#[test]
fn laps_have_a_limit() {
    let start = Instant::now();
    let mut laps = Laps::new(start);
    for _ in 0..LAPS_MAX + 3 {
        laps.add(0, start, Duration::ZERO);
    }
    assert_eq!((laps.laps.len(), laps.left_out), (LAPS_MAX, 3));
}

fn line(message: &str) -> LogRecord {
    LogRecord {
        at: SystemTime::UNIX_EPOCH + Duration::from_nanos(1_700_000_000_123_456_789),
        level: tracing::Level::WARN,
        target: "host::front".to_owned(),
        message: message.to_owned(),
        fields: vec![("request_id".to_owned(), "ID".into()), ("bytes".to_owned(), 7.into())],
    }
}

#[test]
fn lines_of_the_log_are_records_with_a_severity() {
    let (endpoint, collector) = collector("200 OK", 1);
    let metrics = Arc::new(Metrics::new(1));
    let options =
        ExportOptions { endpoint: Some(endpoint), traces: false, logs: true, ..ExportOptions::default() };
    let exporter = Exporter::start(&options, &metrics).unwrap().unwrap();
    assert!(exporter.takes_lines() && !give(&exporter));
    exporter.log(line("disk full"));
    exporter.close();
    let bodies = collector.join().unwrap();
    let resource = &bodies[0]["resourceLogs"][0];
    let names: Vec<_> =
        resource["resource"]["attributes"].as_array().unwrap().iter().map(|named| &named["key"]).collect();
    assert_eq!(names, ["service.name", "service.version", "service.instance.id"]);
    let record = &resource["scopeLogs"][0]["logRecords"][0];
    assert_eq!(record["body"]["stringValue"], "disk full");
    assert_eq!((&record["severityNumber"], &record["severityText"]), (&13.into(), &"WARN".into()));
    assert_eq!(record["timeUnixNano"], "1700000000123456789");
    assert_eq!(record["attributes"][1]["key"], "aws.request_id");
    assert_eq!(record["attributes"][2]["value"]["intValue"], "7");
    assert!(counted(&metrics, "portcullis_otlp_logs_exported_total 1"));
    // Beyond the queue, lines are dropped and counted.
    exporter.log(line("late"));
    assert!(counted(&metrics, "portcullis_otlp_logs_dropped_total 1"));
}

#[test]
fn metrics_are_sent_at_the_end_at_the_latest() {
    let (endpoint, collector) = collector("200 OK", 1);
    let metrics = Arc::new(Metrics::new(1));
    metrics.request("GetObject", 200, Duration::from_millis(3), "0123456789ABCDEF");
    let options = ExportOptions { endpoint: Some(endpoint), metrics: true, ..ExportOptions::default() };
    let exporter = Exporter::start(&options, &metrics).unwrap().unwrap();
    exporter.close();
    let bodies = collector.join().unwrap();
    let sent = bodies[0]["resourceMetrics"][0]["scopeMetrics"][0]["metrics"].as_array().unwrap();
    let named = |name: &str| sent.iter().find(|metric| metric["name"] == name).unwrap();
    let requests = &named("portcullis_requests")["sum"];
    assert_eq!((&requests["isMonotonic"], &requests["aggregationTemporality"]), (&true.into(), &2.into()));
    assert_eq!(requests["dataPoints"][0]["asInt"], "1");
    let durations = &named("portcullis_request_duration_seconds")["histogram"]["dataPoints"][0];
    let (bounds, counts) = (&durations["explicitBounds"], &durations["bucketCounts"]);
    assert_eq!((bounds.as_array().unwrap().len(), counts.as_array().unwrap().len()), (12, 13));
    assert_eq!((&durations["count"], &counts[3]), (&"1".into(), &"1".into()));
    assert!(named("portcullis_ready")["gauge"]["dataPoints"][0]["asDouble"].is_number());
}

#[test]
fn what_a_stage_took_in_all_is_added_up() {
    let start = Instant::now();
    let mut laps = Laps::new(start);
    for (stage, millis) in [(2, 1), (3, 2), (2, 4)] {
        laps.add(stage, start, Duration::from_millis(millis));
    }
    assert_eq!(laps.totals(), [("auth", Duration::from_millis(5)), ("policy", Duration::from_millis(2))]);
}
