//! Stages that users add: they run at their positions, refuse and add headers, and can do nothing
//! else.
//!
//! `tests/stages/tenancy` is the example of docs/stages.md. `tests/stages/probe` does what a
//! request header tells it, and tries what no stage may: each try must cost its own request a 500,
//! and nothing else.

use std::time::{Duration, Instant};

use tests::http::{Request, Response};
use tests::xml::Node;

use crate::pipeline::{Staged, serve};

const POSITIONS: [&str; 4] = ["after-accept", "after-auth", "before-storage", "on-response"];

/// The probe at one position, and an object to ask for.
fn probe_at(position: &str) -> Staged {
    let staged = serve(&[(position, "probe")], "");
    staged.server.client().put("/photos", "");
    staged.server.client().put("/photos/cat.jpg", "a picture of a cat");
    staged
}

/// The header that speaks to the probe at a position.
fn header_at(position: &str) -> &'static str {
    if position == "on-response" { "x-probe-response" } else { "x-probe" }
}

fn get(staged: &Staged, header: &str, verb: &str) -> Response {
    staged.server.client().send(Request::new("GET", "/photos/cat.jpg").header(header, verb))
}

#[track_caller]
fn is_internal_error(response: &Response, what: &str) {
    assert_eq!((response.status, response.code().as_str()), (500, "InternalError"), "{what}: {response:?}");
    assert!(response.header("x-amz-request-id").is_some_and(|id| !id.is_empty()), "{what}");
    assert!(!response.text().contains("a picture"), "{what}");
}

#[test]
fn a_stage_runs_at_its_position() {
    // What the probe asks for, and what it is told at each position on the way in; `None` is a
    // trap: not known yet.
    let known: [(&str, [Option<&str>; 3]); 4] = [
        ("target", [None, Some("GetObject"), Some("GetObject")]),
        ("account", [None, Some("000000000001"), Some("000000000001")]),
        ("owner", [Some(""), Some(""), Some("000000000001")]),
        ("decision", [Some("false"), Some("false"), Some("true")]),
    ];
    for (at, position) in POSITIONS[..3].iter().enumerate() {
        let staged = probe_at(position);
        for (verb, told) in known {
            let response = get(&staged, "x-probe", verb);
            match told[at] {
                Some(told) => {
                    assert_eq!(response.status, 200, "{position} {verb}");
                    assert_eq!(response.text(), "a picture of a cat");
                    assert_eq!(response.header(&format!("x-probe-{verb}")), Some(told), "{position} {verb}");
                }
                None => is_internal_error(&response, &format!("{position} {verb}")),
            }
        }
    }
    let staged = probe_at("on-response");
    let response = get(&staged, "x-probe-response", "status");
    assert_eq!((response.status, response.header("x-probe-status")), (200, Some("200")));
    let missing = Request::new("GET", "/photos/dog.jpg").header("x-probe-response", "status");
    let response = staged.server.client().send(missing);
    assert_eq!((response.status, response.header("x-probe-status")), (404, Some("404")));
    assert_eq!(response.code(), "NoSuchKey");
}

#[test]
fn a_refusal_is_an_error_document() {
    for position in &POSITIONS[..3] {
        let staged = probe_at(position);
        let response = get(&staged, "x-probe", "refuse");
        assert_eq!(response.status, 503, "{position}");
        let error = Node::parse(&response.text());
        let value = |name| error.value(name).to_string();
        assert_eq!((error.name.as_str(), value("Code").as_str()), ("Error", "SlowDown"));
        assert_eq!((value("Message").as_str(), value("Tenant").as_str()), ("Slower, <please>", "a&b"));
        assert_eq!(Some(value("RequestId").as_str()), response.header("x-amz-request-id"));
        assert_eq!(response.header("x-probe-refused"), Some("yes"));
        assert_eq!(response.header("content-type"), Some("application/xml"));

        is_internal_error(&get(&staged, "x-probe", "refuse-unknown"), "a code that is not in the table");
        let badly = get(&staged, "x-probe", "refuse-badly");
        is_internal_error(&badly, "an element that is no name");
        assert!(!badly.text().contains("Injected"));

        let head = Request::new("HEAD", "/photos/cat.jpg").header("x-probe", "refuse");
        let response = staged.server.client().send(head);
        assert_eq!((response.status, response.body.len()), (503, 0));
        // What was refused has not happened.
        let put = Request::new("PUT", "/photos/dog.jpg").body("a dog").header("x-probe", "refuse");
        assert_eq!(staged.server.client().send(put).status, 503);
        assert_eq!(staged.server.client().call("GET", "/photos/dog.jpg").status, 404);
    }
}

/// What no stage may do, or survives.
const BAD: [&str; 19] = [
    "bad-target",
    "bad-principal",
    "bad-named",
    "bad-refused",
    "bad-owner",
    "bad-decision",
    "bad-collect",
    "bad-ingest",
    "bad-commit",
    "bad-digest",
    "bad-outcome",
    "bad-respond",
    "bad-framing",
    "bad-line",
    "bad-flood",
    "bad-trap",
    "bad-loop",
    "bad-memory",
    "bad-stack",
];

#[test]
fn what_a_stage_may_not_do_costs_its_own_request_a_500() {
    for position in POSITIONS {
        let staged = probe_at(position);
        let header = header_at(position);
        for verb in BAD {
            let began = Instant::now();
            is_internal_error(&get(&staged, header, verb), &format!("{position} {verb}"));
            assert!(began.elapsed() < Duration::from_secs(2), "{position} {verb}: {:?}", began.elapsed());
            // Nobody else notices: the next run has a fresh store, and the pipeline's instance is
            // the same.
            let next = get(&staged, header, if header == "x-probe" { "runs" } else { "status" });
            assert_eq!((next.status, next.text().as_str()), (200, "a picture of a cat"), "{position} {verb}");
        }
        let failures = staged.server.metric("portcullis_added_stage_failures_total", &[]);
        assert_eq!(failures, BAD.len() as f64, "{position}");
        assert_eq!(staged.server.metric("portcullis_instances_replaced_total", &[]), 0.0, "{position}");
        let log = staged.server.log();
        assert!(log.contains("an added stage failed") && log.contains("probe"), "{position}");
    }
}

#[test]
fn a_stage_cannot_let_anybody_in() {
    let staged = probe_at("after-accept");
    for verb in ["bad-decision", "bad-principal", "bad-owner", "bad-respond"] {
        let request = Request::new("GET", "/photos/cat.jpg").header("x-probe", verb);
        is_internal_error(&staged.server.anonymous().send(request), verb);
    }
    let response = staged.server.anonymous().call("GET", "/photos/cat.jpg");
    assert_eq!((response.status, response.code().as_str()), (403, "AccessDenied"));
}

#[test]
fn every_run_has_a_store_of_its_own() {
    // Twice in one request, and in many: a count in the stage's memory never gets beyond one.
    let staged = serve(&[("after-accept", "probe"), ("before-storage", "probe")], "");
    let mut client = staged.server.client();
    client.put("/photos", "");
    for _ in 0..20 {
        let response = client.expect(Request::new("GET", "/photos?list-type=2").header("x-probe", "runs"));
        let runs: Vec<_> = response.headers.iter().filter(|(name, _)| name == "x-probe-runs").collect();
        assert_eq!(runs.len(), 2);
        assert!(runs.iter().all(|(_, runs)| runs == "1"), "{runs:?}");
    }
    let added = staged.server.metric("portcullis_stage_duration_seconds_count", &["stage=\"added\""]);
    assert_eq!(added, 42.0);
}

#[test]
fn slow_stages_do_not_use_up_the_time_of_others() {
    // A stage that loops holds its worker for about 100 ms; requests beside it wait, and are
    // answered.
    let staged = probe_at("after-accept");
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..4 {
                    is_internal_error(&get(&staged, "x-probe", "bad-loop"), "a loop");
                }
            });
        }
        let end = Instant::now() + Duration::from_secs(1);
        while Instant::now() < end {
            assert_eq!(staged.server.client().get("/photos/cat.jpg").text(), "a picture of a cat");
        }
    });
    assert_eq!(staged.server.metric("portcullis_instances_replaced_total", &[]), 0.0);
}

#[test]
fn the_example_of_the_documentation_works() {
    let variables = "\n[variables.tenants]\ndefault = \"000000000001=red-, 000000000002=blue-\"\n";
    let staged = serve(&[("after-auth", "tenancy"), ("on-response", "tenancy")], variables);
    let mut red = staged.server.client();
    assert_eq!(red.put("/red-photos", "").header("x-tenant"), Some("red-"));
    let refused = red.call("PUT", "/blue-photos");
    assert_eq!((refused.status, refused.code().as_str()), (403, "AccessDenied"));
    assert_eq!(Node::parse(&refused.text()).value("TenantPrefix"), "red-");
    assert_eq!(refused.header("x-tenant"), None);
    let mut blue = staged.server.other_client();
    assert_eq!(blue.put("/blue-photos", "").header("x-tenant"), Some("blue-"));
    assert_eq!(red.expect(Request::new("GET", "/")).header("x-tenant"), Some("red-"));
    assert_eq!(staged.server.anonymous().call("GET", "/red-photos").header("x-tenant"), None);
    let preflight = Request::new("OPTIONS", "/red-photos").header("origin", "https://example.com");
    assert_eq!(staged.server.anonymous().send(preflight).status, 403);
    assert_eq!(staged.server.metric("portcullis_added_stage_failures_total", &[]), 0.0);
}
