//! A stage that does what a request header tells it: `x-probe` on requests, `x-probe-response` on
//! responses.
//!
//! It shows what a stage sees at its position, and tries what no stage may. Every `bad` must end in
//! a trap.

wit_bindgen::generate!({ path: "../../../gateway/wit", world: "user-stage" });

use std::sync::atomic::{AtomicU32, Ordering};

use exports::portcullis::gateway::stage::Guest;
use portcullis::gateway::calls::{
    Batch, Body, Call, Decision, HoldPlan, IngestPlan, IngestSource, Owner, Payload, Refusal, Span, Target,
};
use portcullis::gateway::log::{self, Level};

struct Probe;

impl Guest for Probe {
    fn on_request(call: &Call) -> Result<(), Refusal> {
        remember(call);
        match call.header("x-probe").as_deref() {
            None => Ok(()),
            Some("refuse") => Err(refusal("SlowDown", "Tenant")),
            Some("refuse-badly") => Err(refusal("AccessDenied", "Tenant><Injected")),
            Some("refuse-unknown") => Err(refusal("NoSuchCodeAtAll", "Tenant")),
            Some(verb) => {
                act(call, verb);
                Ok(())
            }
        }
    }

    fn on_response(call: &Call, status: u16) {
        match call.header("x-probe-response").as_deref() {
            None => {}
            Some("status") => call.add_headers(&format!("x-probe-status: {status}\n")),
            Some(verb) => act(call, verb),
        }
    }
}

/// Refuses the objects under `keep/` that a request names.
fn keep(call: &Call) {
    for (position, object) in (0..).zip(call.named_objects()) {
        if object.key.starts_with("keep/") {
            let refusal = Refusal {
                code: "InvalidObjectState".to_owned(),
                message: Some(format!("{}/{} is kept", object.bucket, object.key)),
                details: Vec::new(),
                headers: String::new(),
            };
            call.refuse_named(position, &refusal);
        }
    }
}

fn refusal(code: &str, detail: &str) -> Refusal {
    Refusal {
        code: code.to_owned(),
        message: Some("Slower, <please>".to_owned()),
        details: vec![(detail.to_owned(), "a&b".to_owned())],
        headers: "x-probe-refused: yes\n".to_owned(),
    }
}

/// Memory that would survive if two runs shared a store.
static RUNS: AtomicU32 = AtomicU32::new(0);

fn remember(call: &Call) {
    let runs = RUNS.fetch_add(1, Ordering::Relaxed) + 1;
    if call.header("x-probe").as_deref() == Some("runs") {
        call.add_headers(&format!("x-probe-runs: {runs}\n"));
    }
}

fn act(call: &Call, verb: &str) {
    let stolen = || vec![Span { blob: 1, offset: 0, length: 1 }];
    match verb {
        "runs" => {}
        "names" => keep(call),
        // Some second of a core.
        "busy" => (0..800_000_000_u32).for_each(|number| _ = core::hint::black_box(number)),
        "target" => call.add_headers(&format!("x-probe-target: {}\n", call.target().operation)),
        "account" => call.add_headers(&format!("x-probe-account: {}\n", call.account().unwrap_or_default())),
        "owner" => {
            let owner = call.owner().map(|owner| owner.account).unwrap_or_default();
            call.add_headers(&format!("x-probe-owner: {owner}\n"));
        }
        "decision" => call.add_headers(&format!("x-probe-decision: {}\n", call.decision().is_some())),
        "log" => {
            log::write(Level::Warn, "two\nlines \u{1b}[31m");
            (0..1000).for_each(|number| log::write(Level::Debug, &format!("line {number}")));
        }
        "bad-panic" => {
            std::panic::set_hook(Box::new(|panic| log::write(Level::Error, &panic.to_string())));
            panic!("the probe was told to");
        }
        "bad-name" => call.refuse_named(1000, &refusal("AccessDenied", "Tenant")),
        "bad-target" => call.set_target(&Target { operation: "GetObject".into(), bucket: None, key: None }),
        "bad-principal" => call.set_anonymous(&Payload::Unsigned),
        "bad-owner" => call.set_owner(&Owner { account: "000000000001".into(), guarded: false }),
        "bad-named" => call.set_named(&[]),
        "bad-refused" => call.set_refused(&[]),
        "bad-decision" => call.set_decision(Decision::Allow),
        "bad-collect" => call.schedule_collect(1),
        "bad-ingest" => call.schedule_ingest(&IngestPlan {
            length_max: 1,
            digests: Vec::new(),
            key: None,
            source: IngestSource::Sent,
        }),
        "bad-hold" => call.schedule_hold(&HoldPlan { length_max: 1, digests: Vec::new() }),
        "bad-commit" => call.schedule_commit(&Batch {
            require: Vec::new(),
            put: Vec::new(),
            delete: Vec::new(),
            keep: Vec::new(),
            free: vec![1],
            essential: false,
            usage: None,
        }),
        "bad-digest" => call.schedule_digest(&stolen(), &[]),
        "bad-outcome" => drop(call.take_outcome()),
        "bad-respond" => call.respond(200, "", &Body::Stored(stolen())),
        "bad-framing" => call.add_headers("content-length: 3\n"),
        "bad-line" => call.add_headers("x-probe: a\r\nx-more: b\n"),
        "bad-flood" => {
            (0..1_000_000).for_each(|number| call.add_headers(&format!("x-probe-{number}: flood\n")))
        }
        "bad-share" => {
            let mut held = Vec::new();
            loop {
                held.push(core::hint::black_box(call.share()));
            }
        }
        "bad-trap" => core::arch::wasm32::unreachable(),
        "bad-loop" => loop {
            core::hint::black_box(());
        },
        "bad-memory" => {
            let mut held = Vec::new();
            loop {
                held.push(core::hint::black_box(vec![1_u8; 1 << 20]));
            }
        }
        "bad-stack" => drop(core::hint::black_box(deeper(1))),
        unknown => panic!("no such verb: {unknown}"),
    }
}

#[expect(unconditional_recursion, reason = "it is to end in a trap")]
fn deeper(depth: u64) -> Vec<u64> {
    let mut below = deeper(core::hint::black_box(depth + 1));
    below.push(depth);
    below
}

export!(Probe);
