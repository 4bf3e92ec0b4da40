//! Metrics and lines of the log as OTLP's JSON
//! (<https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding>).

use std::time::SystemTime;

use serde_json::{Value as Json, json};
use tracing::Level;

use super::super::metrics::{Exemplar, Family, Kind, Sample, Spread, Value};
use super::resource::{SCOPE, ServiceIdentity, nanos, text};

/// `AGGREGATION_TEMPORALITY_CUMULATIVE`: counts since the start of the process.
const CUMULATIVE: u8 = 2;

/// One line of the log.
#[derive(Debug, Clone)]
pub struct LogRecord {
    /// When.
    pub at: SystemTime,
    /// How bad.
    pub level: Level,
    /// Where in the program.
    pub target: String,
    /// The text.
    pub message: String,
    /// Its fields, in their order.
    pub fields: Vec<(String, Json)>,
}

/// All metrics, as they are now.
pub(super) fn metrics(identity: &ServiceIdentity, families: &[Family]) -> String {
    let now = nanos(SystemTime::now()).to_string();
    let started = nanos(identity.started).to_string();
    let metric = |family: &Family| {
        let points: Vec<Json> = family.samples.iter().map(|sample| point(sample, &started, &now)).collect();
        let mut metric = json!({ "name": family.name, "description": family.help });
        let (kind, data) = match family.kind {
            Kind::Gauge => ("gauge", json!({ "dataPoints": points })),
            Kind::Counter => (
                "sum",
                json!({ "dataPoints": points, "aggregationTemporality": CUMULATIVE, "isMonotonic": true }),
            ),
            Kind::Histogram => {
                ("histogram", json!({ "dataPoints": points, "aggregationTemporality": CUMULATIVE }))
            }
        };
        if let Some(fields) = metric.as_object_mut() {
            fields.insert(kind.to_owned(), data);
        }
        metric
    };
    let metrics: Vec<Json> =
        families.iter().filter(|family| !family.samples.is_empty()).map(metric).collect();
    json!({
        "resourceMetrics": [{
            "resource": identity.resource(),
            "scopeMetrics": [{ "scope": { "name": SCOPE }, "metrics": metrics }],
        }],
    })
    .to_string()
}

fn point(sample: &Sample, started: &str, now: &str) -> Json {
    let attributes: Vec<Json> = sample.labels.iter().map(|(name, value)| text(name, value)).collect();
    let mut point = json!({ "attributes": attributes, "startTimeUnixNano": started, "timeUnixNano": now });
    let Some(fields) = point.as_object_mut() else { return point };
    match &sample.value {
        Value::Whole(number) => drop(fields.insert("asInt".to_owned(), number.to_string().into())),
        Value::Real(number) => drop(fields.insert("asDouble".to_owned(), (*number).into())),
        Value::Spread(spread) => {
            let Spread { sum, slots, exemplars } = spread;
            let counts: Vec<String> = slots.iter().map(|(_, count)| count.to_string()).collect();
            // What is above all bounds has none.
            let bounds: Vec<f64> =
                slots.iter().map(|(bound, _)| *bound).filter(|bound| *bound < f64::MAX).collect();
            fields.insert("count".to_owned(), spread.count().to_string().into());
            fields.insert("sum".to_owned(), (*sum).into());
            fields.insert("bucketCounts".to_owned(), counts.into());
            fields.insert("explicitBounds".to_owned(), bounds.into());
            if !exemplars.is_empty() {
                let exemplars: Vec<Json> =
                    exemplars.iter().map(|(_, exemplar)| of_exemplar(exemplar)).collect();
                fields.insert("exemplars".to_owned(), exemplars.into());
            }
        }
    }
    point
}

fn of_exemplar(exemplar: &Exemplar) -> Json {
    json!({
        "timeUnixNano": ((exemplar.at * 1e9) as u64).to_string(),
        "asDouble": exemplar.seconds,
        "filteredAttributes": [text("aws.request_id", exemplar.id())],
    })
}

/// Lines of the log.
pub(super) fn logs(identity: &ServiceIdentity, records: &[Box<LogRecord>]) -> String {
    let records: Vec<Json> = records.iter().map(|record| of_line(record)).collect();
    json!({
        "resourceLogs": [{
            "resource": identity.resource(),
            "scopeLogs": [{ "scope": { "name": SCOPE }, "logRecords": records }],
        }],
    })
    .to_string()
}

fn of_line(record: &LogRecord) -> Json {
    // <https://opentelemetry.io/docs/specs/otel/logs/data-model/#field-severitynumber>
    let severity = match record.level {
        Level::TRACE => 1,
        Level::DEBUG => 5,
        Level::INFO => 9,
        Level::WARN => 13,
        Level::ERROR => 17,
    };
    let mut attributes = vec![text("log.target", &record.target)];
    attributes.extend(record.fields.iter().map(|(name, value)| {
        let name = if name == "request_id" { "aws.request_id" } else { name };
        json!({ "key": name, "value": of_field(value) })
    }));
    let mut line = json!({
        "timeUnixNano": nanos(record.at).to_string(),
        "severityNumber": severity,
        "severityText": record.level.as_str(),
        "body": { "stringValue": record.message },
        "attributes": attributes,
    });
    let field =
        |name: &str| record.fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
    if let (Some(fields), Some(trace), Some(span)) =
        (line.as_object_mut(), field("trace_id"), field("parent_id"))
    {
        fields.insert("traceId".to_owned(), trace);
        fields.insert("spanId".to_owned(), span);
    }
    line
}

fn of_field(value: &Json) -> Json {
    match value {
        Json::Bool(value) => json!({ "boolValue": value }),
        Json::Number(number) if number.is_f64() => json!({ "doubleValue": number }),
        Json::Number(number) => json!({ "intValue": number.to_string() }),
        Json::String(text) => json!({ "stringValue": text }),
        Json::Object(fields) => {
            let fields = fields.iter().map(|(name, value)| json!({ "key": name, "value": of_field(value) }));
            json!({ "kvlistValue": { "values": fields.collect::<Vec<_>>() } })
        }
        other => json!({ "stringValue": other.to_string() }),
    }
}
