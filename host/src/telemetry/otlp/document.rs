//! Spans as OTLP's JSON: ids in hexadecimal, 64-bit numbers as text, enumerations as numbers
//! (<https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding>).

use std::time::Duration;

use serde_json::{Value, json};

use super::super::metrics::STAGES;
use super::resource::{SCOPE, ServiceIdentity, nanos, number, text};
use super::{Lap, Span};

/// `SPAN_KIND_INTERNAL`, `SPAN_KIND_SERVER`.
const INTERNAL: u8 = 1;
const SERVER: u8 = 2;
/// `STATUS_CODE_ERROR`; a server's span has it when the fault is the server's.
const ERROR: u8 = 2;

/// The body of one request to the collector.
pub(super) fn render(identity: &ServiceIdentity, spans: &[Box<Span>]) -> String {
    let spans: Vec<Value> = spans.iter().flat_map(|span| of_request(span)).collect();
    json!({
        "resourceSpans": [{
            "resource": identity.resource(),
            "scopeSpans": [{ "scope": { "name": SCOPE }, "spans": spans }],
        }],
    })
    .to_string()
}

/// One span of a request, then one of each of its stages.
fn of_request(span: &Span) -> Vec<Value> {
    let (context, answer) = (span.context, &span.answer);
    let trace_id = format!("{:032x}", context.trace_id);
    let span_id = format!("{:016x}", context.span_id);
    let began = nanos(span.began);
    let at = |offset: Duration| {
        let offset = u64::try_from(offset.as_nanos()).unwrap_or(u64::MAX);
        began.saturating_add(offset).to_string()
    };
    let mut attributes = vec![
        text("http.request.method", &span.method),
        text("url.path", &span.path),
        number("http.response.status_code", answer.status.into()),
        text("network.peer.address", &span.peer),
        text("aws.request_id", &span.request_id),
    ];
    if !answer.operation.is_empty() {
        attributes.push(text("rpc.method", &answer.operation));
    }
    if let Some(left_out) = answer.laps.as_ref().map(|laps| laps.left_out).filter(|count| *count > 0) {
        attributes.push(number("portcullis.stages_left_out", left_out.into()));
    }
    let name = if answer.operation.is_empty() { &span.method } else { &answer.operation };
    let mut request = json!({
        "traceId": trace_id,
        "spanId": span_id,
        "name": name,
        "kind": SERVER,
        "startTimeUnixNano": at(Duration::ZERO),
        "endTimeUnixNano": at(answer.elapsed),
        "attributes": attributes,
        "status": if answer.status >= 500 { json!({ "code": ERROR }) } else { json!({}) },
    });
    if let (Some(fields), Some(parent)) = (request.as_object_mut(), span.parent) {
        fields.insert("parentSpanId".to_owned(), format!("{parent:016x}").into());
    }
    let stage = |(index, lap): (usize, &Lap)| {
        json!({
            "traceId": trace_id,
            "spanId": format!("{:016x}", stage_id(context.span_id, index)),
            "parentSpanId": span_id,
            "name": STAGES.get(lap.stage).copied().unwrap_or("other"),
            "kind": INTERNAL,
            "startTimeUnixNano": at(lap.start),
            "endTimeUnixNano": at(lap.start.saturating_add(lap.elapsed)),
        })
    };
    let laps = answer.laps.iter().flat_map(|laps| &laps.laps);
    let stages: Vec<Value> = laps.enumerate().map(stage).collect();
    std::iter::once(request).chain(stages).collect()
}

/// The span of a request's stage: its request's, a step on. Different for each stage of a trace as
/// long as ids of requests are random.
fn stage_id(request: u64, index: usize) -> u64 {
    let step = (index as u64).wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    request.wrapping_add(step).max(1)
}
