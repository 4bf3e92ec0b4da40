//! Lines of the log on their way to a collector: a tap at the log, which is closed until there is
//! an exporter.

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

use serde_json::Value;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

use super::otlp::{Exporter, LogRecord};

/// What the exporter says of itself is not exported: trouble with the collector would make more.
const OWN: &str = "host::telemetry::otlp";

/// Passes lines of the log on.
#[derive(Debug, Clone, Default)]
pub struct LogTap(Arc<OnceLock<Arc<Exporter>>>);

impl LogTap {
    /// From now on, lines go to the exporter.
    pub fn open(&self, exporter: &Arc<Exporter>) {
        let _ = self.0.set(Arc::clone(exporter));
    }
}

impl<S: Subscriber> Layer<S> for LogTap {
    fn on_event(&self, event: &Event<'_>, _context: Context<'_, S>) {
        let Some(exporter) = self.0.get().filter(|exporter| exporter.takes_lines()) else { return };
        let metadata = event.metadata();
        if metadata.target().starts_with(OWN) {
            return;
        }
        let mut read = FieldsRead::default();
        event.record(&mut read);
        exporter.log(LogRecord {
            at: SystemTime::now(),
            level: *metadata.level(),
            target: metadata.target().to_owned(),
            message: read.message,
            fields: read.fields,
        });
    }
}

/// The fields of an event.
#[derive(Default)]
struct FieldsRead {
    message: String,
    fields: Vec<(String, Value)>,
}

impl FieldsRead {
    fn add(&mut self, field: &Field, value: Value) {
        match (field.name(), value) {
            ("message", Value::String(text)) => self.message = text,
            (name, value) => self.fields.push((name.to_owned(), value)),
        }
    }
}

impl Visit for FieldsRead {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add(field, format!("{value:?}").into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, value.into());
    }
}
