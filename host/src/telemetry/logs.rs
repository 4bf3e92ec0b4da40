//! Log lines on standard error, for people or for programs.

use std::fmt;
use std::net::SocketAddr;
use std::time::Instant;

use http::request::Parts;
use http::{Method, Response};
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

/// An address, with its port where that is known.
struct Shown(SocketAddr);

impl fmt::Display for Shown {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.port() {
            0 => self.0.ip().fmt(formatter),
            _ => self.0.fmt(formatter),
        }
    }
}

/// The access line of one request. Queries are left out: a presigned one holds a signature.
#[derive(Debug)]
pub(crate) struct AccessLine {
    remote: SocketAddr,
    proxy: Option<SocketAddr>,
    method: Method,
    path: String,
    traceparent: Option<TraceParent>,
    began: Instant,
}

impl AccessLine {
    /// Notes the request: its client, and the trusted proxy that it came through.
    pub(crate) fn begin(request: &Parts, remote: SocketAddr, proxy: Option<SocketAddr>) -> AccessLine {
        let traceparent = request.headers.get("traceparent").and_then(|value| value.to_str().ok());
        AccessLine {
            remote,
            proxy,
            method: request.method.clone(),
            path: request.uri.path().to_owned(),
            traceparent: traceparent.and_then(TraceParent::parse),
            began: Instant::now(),
        }
    }

    /// Notes the head of the response. Responses to probes have no id.
    pub(crate) fn end<B>(self, request_id: &str, response: &Response<B>) -> AnsweredLine {
        AnsweredLine {
            micros: u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX),
            line: self,
            request_id: request_id.to_owned(),
            resolved: response.extensions().get::<Resolved>().cloned(),
            status: response.status().as_u16(),
            limit: response.extensions().get::<Limited>().map(|limited| limited.0),
        }
    }
}

/// The access line of a request whose response has begun.
#[derive(Debug)]
pub(crate) struct AnsweredLine {
    line: AccessLine,
    request_id: String,
    resolved: Option<Resolved>,
    status: u16,
    limit: Option<&'static str>,
    micros: u64,
}

/// Why a response ended before its last byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Aborted {
    /// What is stored could not be read.
    Storage,
    /// The client is gone, or it did not take the response.
    Client,
}

impl AnsweredLine {
    /// Writes the line: so many bytes of the body were given to the connection.
    pub(crate) fn write(self, bytes_out: Option<u64>, aborted: Option<Aborted>) {
        let AnsweredLine { line, request_id, resolved, status, limit, micros } = self;
        let resolved = resolved.as_ref();
        tracing::info!(
            target: "access",
            request_id,
            remote = %Shown(line.remote),
            proxy = line.proxy.map(|proxy| proxy.to_string()),
            method = %line.method,
            path = line.path,
            operation = resolved.map(|resolved| resolved.operation.as_str()).unwrap_or_default(),
            access_key_id = resolved.map(|resolved| resolved.access_key_id.as_str()).unwrap_or_default(),
            status,
            limit,
            bytes_out,
            aborted = aborted.map(|aborted| match aborted {
                Aborted::Storage => "storage",
                Aborted::Client => "client",
            }),
            micros,
            trace_id = line.traceparent.map(|parent| format!("{:032x}", parent.trace_id)),
            parent_id = line.traceparent.map(|parent| format!("{:016x}", parent.span_id)),
        );
    }
}
