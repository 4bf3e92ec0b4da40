use http::Request;

use super::*;

fn status(duty: Duty, request: http::request::Builder) -> Option<u16> {
    let health = Health::default();
    health.enter(Phase::Ready);
    let (parts, ()) = request.body(()).unwrap().into_parts();
    health.answer(&parts, duty, &Metrics::new(1)).map(|response| response.status().as_u16())
}

#[test]
fn probes_are_answered_where_the_listener_says_so() {
    let get = |path: &str| Request::get(path);
    assert_eq!(status(Duty::Requests, get("/health/live")), None);
    assert_eq!(status(Duty::RequestsAndHealth, get("/health/live")), Some(200));
    assert_eq!(status(Duty::RequestsAndHealth, get("/minio/health/ready")), Some(200));
    for path in ["/health/ready/write", "/minio/health/cluster", "/minio/health/cluster/read"] {
        assert_eq!(status(Duty::RequestsAndHealth, get(path)), Some(200));
    }
    assert_eq!(status(Duty::RequestsAndHealth, get("/metrics")), None);
    assert_eq!(status(Duty::RequestsAndAdmin, get("/metrics")), Some(200));
    assert_eq!(status(Duty::Admin, get("/metrics")), Some(200));
    assert_eq!(status(Duty::Health, get("/metrics")), Some(404));
    assert_eq!(status(Duty::Health, get("/health/live")), Some(200));
    assert_eq!(status(Duty::Admin, get("/anything")), Some(404));
    assert_eq!(status(Duty::Admin, Request::post("/metrics")), Some(405));
}

#[test]
fn requests_for_the_same_paths_are_not_hidden_by_probes() {
    for request in [
        Request::put("/health/live"),
        Request::get("/health/live?versionId=1"),
        Request::get("/metrics").header(AUTHORIZATION, "AWS4-HMAC-SHA256 Credential=x"),
        Request::get("/metrics/"),
        Request::get("/health"),
    ] {
        assert_eq!(status(Duty::RequestsAndAdmin, request), None);
    }
}

#[test]
fn a_server_that_refuses_reads_is_not_ready_for_them() {
    let check = |refused: Option<RefusedWork>, needs, duty, expected: (u16, &str)| {
        let response = readiness(refused, needs, duty);
        let ResponseBody::Bytes(body) = response.body() else { panic!("a text") };
        assert_eq!((response.status().as_u16(), &*String::from_utf8_lossy(body)), expected);
    };
    let writes = || Some(RefusedWork::Writes("why".to_owned()));
    let all = || Some(RefusedWork::All("why".to_owned()));
    check(None, Needs::Reads, Duty::Admin, (200, "ready\n"));
    check(None, Needs::Writes, Duty::Admin, (200, "ready\n"));
    check(writes(), Needs::Reads, Duty::Health, (200, "ready\n"));
    check(writes(), Needs::Reads, Duty::Admin, (200, "ready\ndegraded: writes are refused: why\n"));
    check(writes(), Needs::Writes, Duty::Admin, (503, "not ready\ndegraded: writes are refused: why\n"));
    let text = "not ready\ndegraded: reads and writes are refused: why\n";
    for needs in [Needs::Reads, Needs::Writes] {
        check(all(), needs, Duty::Admin, (503, text));
        check(all(), needs, Duty::Health, (503, "not ready\n"));
    }
}

#[test]
fn a_draining_server_is_live_but_not_ready() {
    let health = Health::default();
    health.enter(Phase::Draining);
    let ask = |path: &str| {
        let (parts, ()) = Request::get(path).body(()).unwrap().into_parts();
        health.answer(&parts, Duty::Admin, &Metrics::new(1)).unwrap().status().as_u16()
    };
    assert_eq!(ask("/health/live"), 200);
    assert_eq!(ask("/health/ready"), 503);
    assert_eq!(ask("/health/ready/write"), 503);
}
