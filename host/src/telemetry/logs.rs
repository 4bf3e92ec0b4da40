//! Log lines on standard error, for people or for programs.

use std::net::SocketAddr;
use std::time::Instant;

use http::request::Parts;
use http::{Method, Response};
use http_body::Body;
use tracing_subscriber::EnvFilter;

use super::traceparent::TraceParent;

/// Libraries that write what clients send into their lines, signatures among it. They are quiet
/// unless a directive names them.
const TALKATIVE: [&str; 2] = ["h2", "hyper"];

/// What is logged, and how.
#[derive(Debug, Clone)]
pub struct Log {
    /// Lines for people or for programs.
    pub format: LogFormat,
    /// `error`, `warn`, `info`, `debug`, `trace`, or directives such as `info,volume=debug`.
    pub level: String,
}

/// The form of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// One readable line.
    Text,
    /// One JSON document a line.
    Json,
}

/// Whether a text is a level, or a list of directives.
pub fn is_level(text: &str) -> bool {
    EnvFilter::try_new(text).is_ok()
}

/// Starts logging, once in a process.
///
/// # Errors
/// The level is no list of directives, or logging was started before.
pub fn start(log: &Log) -> anyhow::Result<()> {
    let mut directives = log.level.clone();
    for name in TALKATIVE.iter().filter(|name| !log.level.contains(*name)) {
        directives += &format!(",{name}=warn");
    }
    let filter = EnvFilter::try_new(directives)?;
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = match log.format {
        LogFormat::Json => lines.json().flatten_event(true).with_current_span(false).try_init(),
        LogFormat::Text => lines.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).try_init(),
    };
    started.map_err(|error| anyhow::anyhow!("logging cannot start: {error}"))
}

/// What only the pipeline knows of a request, for its access line: put into the extensions of the
/// response.
#[derive(Debug, Clone, Default)]
pub struct Resolved {
    /// The API name of the operation.
    pub operation: String,
    /// The access key id that signed; empty for none.
    pub access_key_id: String,
}

/// The limit by which a request was refused, for its access line: put into the extensions of the
/// response.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limited(pub(crate) &'static str);

/// The access line of one request. Queries are left out: a presigned one holds a signature.
#[derive(Debug)]
pub(crate) struct AccessLine {
    remote: SocketAddr,
    method: Method,
    path: String,
    traceparent: Option<TraceParent>,
    began: Instant,
}

impl AccessLine {
    /// Notes the request.
    pub(crate) fn begin(request: &Parts, remote: SocketAddr) -> AccessLine {
        let traceparent = request.headers.get("traceparent").and_then(|value| value.to_str().ok());
        AccessLine {
            remote,
            method: request.method.clone(),
            path: request.uri.path().to_owned(),
            traceparent: traceparent.and_then(TraceParent::parse),
            began: Instant::now(),
        }
    }

    /// Writes the line, when the head of the response is there. Responses to probes have no id.
    pub(crate) fn write<B: Body>(self, request_id: &str, response: &Response<B>) {
        let resolved = response.extensions().get::<Resolved>();
        tracing::info!(
            target: "access",
            request_id,
            remote = %self.remote,
            method = %self.method,
            path = self.path,
            operation = resolved.map(|resolved| resolved.operation.as_str()).unwrap_or_default(),
            access_key_id = resolved.map(|resolved| resolved.access_key_id.as_str()).unwrap_or_default(),
            status = response.status().as_u16(),
            limit = response.extensions().get::<Limited>().map(|limited| limited.0),
            bytes_out = response.body().size_hint().exact(),
            micros = u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX),
            trace_id = self.traceparent.map(|parent| format!("{:032x}", parent.trace_id)),
            parent_id = self.traceparent.map(|parent| format!("{:016x}", parent.span_id)),
        );
    }
}
