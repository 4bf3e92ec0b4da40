//! Traces as a collector gets them: OTLP over HTTP, decoded by a small collector of the test's own.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::Value;
use tests::http::Request;
use tests::server::Server;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLER: &str = "00f067aa0ba902b7";

/// Listens, answers every request with 200, and hands over the spans.
fn collector() -> (String, Receiver<Value>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let (sender, spans) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut reader = BufReader::new(stream.unwrap());
            let (mut line, mut length, mut json) = (String::new(), 0, false);
            reader.read_line(&mut line).unwrap();
            assert_eq!(line.trim_end(), "POST /v1/traces HTTP/1.1");
            while line != "\r\n" {
                line.clear();
                reader.read_line(&mut line).unwrap();
                let header = line.to_ascii_lowercase();
                json |= header.trim_end() == "content-type: application/json";
                if let Some(value) = header.strip_prefix("content-length: ") {
                    length = value.trim().parse().unwrap();
                }
            }
            assert!(json);
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            reader.get_mut().write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").unwrap();
            let body: Value = serde_json::from_slice(&body).unwrap();
            let resource = &body["resourceSpans"][0];
            assert_eq!(attribute(&resource["resource"], "service.name"), "portcullis");
            for span in resource["scopeSpans"][0]["spans"].as_array().unwrap() {
                // The test is over when nobody takes them any more.
                let _ = sender.send(span.clone());
            }
        }
    });
    (endpoint, spans)
}

/// The value of an attribute as text; empty when there is none.
fn attribute(span: &Value, key: &str) -> String {
    let attributes = span["attributes"].as_array().unwrap();
    let found =
        attributes.iter().find(|attribute| attribute["key"] == key).map(|attribute| &attribute["value"]);
    let text = found.and_then(|value| value["stringValue"].as_str().or(value["intValue"].as_str()));
    text.unwrap_or_default().to_string()
}

/// The next span of a request, with those of its stages.
fn next(spans: &Receiver<Value>, request_id: &str) -> (Value, Vec<Value>) {
    let mut seen = Vec::new();
    loop {
        let span =
            spans.recv_timeout(Duration::from_secs(20)).unwrap_or_else(|_| panic!("{request_id}: {seen:?}"));
        if span["kind"] == 2 && attribute(&span, "aws.request_id") == request_id {
            let mut stages: Vec<Value> = Vec::new();
            while let Ok(stage) = spans.recv_timeout(Duration::from_millis(200)) {
                if stage["parentSpanId"] != span["spanId"] {
                    break;
                }
                stages.push(stage);
            }
            return (span, stages);
        }
        seen.push(span);
    }
}

fn nanos(span: &Value, field: &str) -> u64 {
    span[field].as_str().unwrap().parse().unwrap()
}

#[test]
fn a_request_is_a_span_below_its_callers() {
    let (endpoint, spans) = collector();
    let server = Server::start_with(&["--telemetry-otlp-endpoint", &endpoint]);
    let mut client = server.client();
    client.put("/photos", "");
    let traceparent = format!("00-{TRACE}-{CALLER}-01");
    let put = Request::new("PUT", "/photos/cat.jpg").header("traceparent", &traceparent).body("a cat");
    let response = client.expect(put);
    let (span, stages) = next(&spans, response.header("x-amz-request-id").unwrap());
    assert_eq!((&span["traceId"], &span["parentSpanId"]), (&TRACE.into(), &CALLER.into()));
    assert_eq!(span["name"], "PutObject");
    assert_eq!(attribute(&span, "rpc.method"), "PutObject");
    assert_eq!(attribute(&span, "http.request.method"), "PUT");
    assert_eq!(attribute(&span, "http.response.status_code"), "200");
    assert_eq!(attribute(&span, "url.path"), "/photos/cat.jpg");
    assert_eq!(attribute(&span, "network.peer.address"), "127.0.0.1");
    assert!(span["status"].as_object().unwrap().is_empty());
    let names: Vec<&str> = stages.iter().map(|stage| stage["name"].as_str().unwrap()).collect();
    for name in ["gateway", "auth", "policy", "storage", "receive", "commit"] {
        assert!(names.contains(&name), "{name} in {names:?}");
    }
    let (began, ended) = (nanos(&span, "startTimeUnixNano"), nanos(&span, "endTimeUnixNano"));
    for stage in &stages {
        assert_eq!(stage["traceId"], TRACE);
        let (from, to) = (nanos(stage, "startTimeUnixNano"), nanos(stage, "endTimeUnixNano"));
        assert!(began <= from && from <= to && to <= ended, "{stage} in {span}");
    }
}

#[test]
fn a_request_without_a_caller_begins_a_trace() {
    let (endpoint, spans) = collector();
    let mut server = Server::start_with(&["--telemetry-otlp-endpoint", &endpoint]);
    let response = server.client().call("GET", "/missing/cat.jpg");
    assert_eq!(response.status, 404);
    let (span, _) = next(&spans, response.header("x-amz-request-id").unwrap());
    assert_eq!(span["name"], "GetObject");
    assert_eq!(attribute(&span, "http.response.status_code"), "404");
    assert!(span.get("parentSpanId").is_none());
    assert_eq!(span["traceId"].as_str().map(str::len), Some(32));

    // Not recorded by its caller: not recorded here.
    let unrecorded = Request::new("GET", "/").header("traceparent", &format!("00-{TRACE}-{CALLER}-00"));
    server.client().expect(unrecorded);
    // The last request is sent before the process ends.
    let last = server.client().expect(Request::new("GET", "/"));
    server.terminate();
    assert!(server.wait(Duration::from_secs(30)).unwrap().success());
    let (span, _) = next(&spans, last.header("x-amz-request-id").unwrap());
    assert_ne!(span["traceId"], TRACE);
}

#[test]
fn requests_do_not_wait_for_a_collector() {
    // A listener that never answers, and then none at all.
    let deaf = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", deaf.local_addr().unwrap());
    let server = Server::start_with(&["--telemetry-otlp-endpoint", &endpoint]);
    let mut client = server.client();
    client.put("/photos", "");
    drop(deaf);
    for _ in 0..5000 {
        assert_eq!(client.get("/photos?location").status, 200);
    }
    let exported = server.metric("portcullis_otlp_spans_exported_total", &[]);
    let dropped = server.metric("portcullis_otlp_spans_dropped_total", &[]);
    assert_eq!(exported, 0.0);
    assert!(dropped > 0.0, "{dropped}");
}
