//! Lines for people, for programs, and for a collector: the same fields in three forms.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::super::otlp::LogRecord;
use super::super::plain::plain_json;
use super::line::AccessLine;
use super::moment::Moment;

/// The fields of a line, in their order. What is not known is left out. Queries are left out: a
/// presigned one holds a signature.
fn fields(line: &AccessLine) -> Vec<(&'static str, Value)> {
    let mut fields: Vec<(&'static str, Value)> = Vec::with_capacity(28);
    fields.push(("request_id", line.request_id.as_str().into()));
    if let Some(client) = line.origin.client {
        fields.push(("client", client.ip().to_canonical().to_string().into()));
        if client.port() > 0 {
            fields.push(("client_port", client.port().into()));
        }
    }
    let mut text = |name, value: &str| {
        if !value.is_empty() {
            fields.push((name, Value::from(value)));
        }
    };
    text("proxy", &line.origin.proxy.map(|proxy| proxy.to_string()).unwrap_or_default());
    text("listener", &line.origin.listener);
    text("endpoint", line.origin.endpoint.as_deref().unwrap_or_default());
    text("host", &line.host());
    text("method", line.method.as_str());
    text("path", line.uri.path());
    text("user_agent", &line.user_agent());
    if let Some(resolved) = line.resolved() {
        text("operation", &resolved.operation);
        text("bucket", &resolved.bucket);
        text("account", &resolved.account);
        text("principal", &resolved.principal);
        text("access_key_id", &resolved.access_key_id);
    }
    if let Some(answered) = &line.answered {
        text("error", answered.error.as_ref().map(|error| &*error.0).unwrap_or_default());
        text("limit", answered.limit.unwrap_or_default());
    }
    if let Some(parent) = line.traceparent {
        text("trace_id", &format!("{:032x}", parent.trace_id));
        text("parent_id", &format!("{:016x}", parent.span_id));
    }
    if let Some(answered) = &line.answered {
        fields.push(("status", answered.status.into()));
        fields.push(("micros", micros(answered.took)));
    }
    fields.extend(line.aborted().map(|why| ("aborted", why.into())));
    fields.push(("bytes_in", line.bytes_in.into()));
    fields.push(("bytes_out", line.bytes_out.into()));
    fields.push(("micros_total", micros(line.took)));
    let stages = line.resolved().map(|resolved| resolved.stages.as_slice()).unwrap_or_default();
    if !stages.is_empty() {
        let stages = stages.iter().map(|(name, took)| ((*name).to_owned(), micros(*took)));
        fields.push(("stage_micros", Value::Object(stages.collect())));
    }
    fields
}

fn micros(took: std::time::Duration) -> Value {
    u64::try_from(took.as_micros()).unwrap_or(u64::MAX).into()
}

/// One readable line, of the same look as the log's.
pub(super) fn text(line: &AccessLine) -> String {
    let mut text = format!("{}  INFO access:", Moment::of(line.at).iso());
    for (name, value) in fields(line) {
        // Writing to a String does not fail.
        let _ = match value {
            // `{:?}` escapes whatever could end the line, or change how it looks.
            Value::String(value) => write!(text, " {name}={value:?}"),
            Value::Object(stages) => {
                let stages: Vec<String> =
                    stages.iter().map(|(name, took)| format!("{name}={took}")).collect();
                write!(text, " {name}={:?}", stages.join(","))
            }
            value => write!(text, " {name}={value}"),
        };
    }
    text
}

/// A JSON document.
pub(super) fn json(line: &AccessLine) -> String {
    let mut document = Map::new();
    document.insert("timestamp".to_owned(), Moment::of(line.at).iso().into());
    document.insert("level".to_owned(), "INFO".into());
    document.insert("target".to_owned(), "access".into());
    document.extend(fields(line).into_iter().map(|(name, value)| (name.to_owned(), value)));
    plain_json(&Value::Object(document).to_string()).into_owned()
}

/// A record for a collector.
pub(super) fn record(line: &AccessLine) -> LogRecord {
    LogRecord {
        at: line.at,
        level: tracing::Level::INFO,
        target: "access".to_owned(),
        message: format!("{} {}", line.method, line.uri.path()),
        fields: fields(line).into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
    }
}
