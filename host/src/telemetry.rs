//! What the server tells its operator: log lines, metrics, traces, which trace a request belongs
//! to, and why calls were denied.

pub mod explanations;
pub mod logs;
pub mod metrics;
pub mod otlp;
pub mod request_id;
pub mod traceparent;
