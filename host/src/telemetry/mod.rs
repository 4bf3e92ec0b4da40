//! What the server tells its operator: log lines, metrics, traces, and which trace a request belongs to.

pub mod logs;
pub mod metrics;
pub mod otlp;
pub mod request_id;
pub mod traceparent;
