//! What the server tells its operator: log lines, metrics, traces, and explanations of denials.

pub mod access;
pub mod explanations;
pub mod logs;
pub mod metrics;
pub mod origin;
pub mod otlp;
mod plain;
pub mod reason;
pub mod request_id;
pub mod tap;
pub mod traceparent;
pub mod usage;
