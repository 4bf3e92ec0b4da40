//! Log lines on standard error, for people or for programs.

use std::time::Duration;

use tracing_subscriber::EnvFilter;

use crate::config::{Log, LogFormat};

/// Starts logging, once in a process.
///
/// # Errors
/// The level is no list of directives, or logging was started before.
pub fn start(log: &Log) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&log.level)?;
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = match log.format {
        LogFormat::Json => lines.json().flatten_event(true).with_current_span(false).try_init(),
        LogFormat::Text => lines.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).try_init(),
    };
    started.map_err(|error| anyhow::anyhow!("logging cannot start: {error}"))
}

/// What the access log says of one request. Queries are left out: a presigned one holds a signature.
#[derive(Debug, Clone, Copy)]
pub struct Access<'a> {
    /// The id given to the client.
    pub request_id: &'a str,
    /// Who asked: the address of the peer.
    pub remote: std::net::SocketAddr,
    /// The request method.
    pub method: &'a str,
    /// The path as sent, without the query.
    pub path: &'a str,
    /// The API name of the operation; empty when none was resolved.
    pub operation: &'a str,
    /// The access key id that signed; empty for none.
    pub access_key_id: &'a str,
    /// The status answered.
    pub status: u16,
    /// Bytes of the response body.
    pub bytes_out: u64,
    /// From the request head to the response head.
    pub elapsed: Duration,
    /// The `traceparent` of the request; empty for none.
    pub traceparent: &'a str,
}

impl Access<'_> {
    /// Writes the line.
    pub fn write(&self) {
        tracing::info!(
            target: "access",
            request_id = self.request_id,
            remote = %self.remote,
            method = self.method,
            path = self.path,
            operation = self.operation,
            access_key_id = self.access_key_id,
            status = self.status,
            bytes_out = self.bytes_out,
            micros = u64::try_from(self.elapsed.as_micros()).unwrap_or(u64::MAX),
            traceparent = self.traceparent,
        );
    }
}
