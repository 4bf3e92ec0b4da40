//! Who sends, and how OTLP's JSON writes small things.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

/// Who measured.
pub(super) const SCOPE: &str = "portcullis";

/// Who it is that sends: the same in all that a process sends.
#[derive(Debug, Clone)]
pub(super) struct ServiceIdentity {
    name: String,
    /// Different for each start.
    instance: String,
    /// Since when counters count.
    pub(super) started: SystemTime,
}

impl ServiceIdentity {
    /// A new instance of the service of this name.
    pub(super) fn new(name: &str) -> ServiceIdentity {
        // A random UUID (version 4), as the conventions recommend
        // (<https://opentelemetry.io/docs/specs/semconv/resource/#service>). Without entropy, the
        // time stands for it.
        let started = SystemTime::now();
        let (high, low) = (getrandom::u64().unwrap_or(nanos(started)), getrandom::u64().unwrap_or_default());
        let instance = format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0xfff,
            (low >> 48) & 0x3fff | 0x8000,
            low & 0xffff_ffff_ffff
        );
        ServiceIdentity { name: name.to_owned(), instance, started }
    }

    /// The resource that all that is sent belongs to.
    pub(super) fn resource(&self) -> Value {
        json!({ "attributes": [
            text("service.name", &self.name),
            text("service.version", env!("CARGO_PKG_VERSION")),
            text("service.instance.id", &self.instance),
        ] })
    }
}

/// Nanoseconds since 1970.
pub(super) fn nanos(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

pub(super) fn text(key: &str, value: &str) -> Value {
    json!({ "key": key, "value": { "stringValue": value } })
}

pub(super) fn number(key: &str, value: u64) -> Value {
    json!({ "key": key, "value": { "intValue": value.to_string() } })
}
