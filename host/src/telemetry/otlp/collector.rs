//! Where the collector is: `http://127.0.0.1:4318`.

use std::fmt;

use super::super::metrics::Signal;

/// The port of OTLP over HTTP.
const PORT: u16 = 4318;

/// A collector, reached over plain HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collector {
    /// As it was set.
    base: String,
    /// `host:port`, for the connection.
    pub(super) address: String,
    /// For the header `host`.
    pub(super) authority: String,
    /// What stands before `v1/traces`, without a slash at its end.
    folder: String,
}

impl Collector {
    /// Parses a base address: scheme `http`, a host, perhaps a port and a path, nothing else.
    /// Traces go to `v1/traces` below it, and the others to places like it.
    pub fn parse(text: &str) -> Option<Collector> {
        let uri: http::Uri = text.parse().ok()?;
        let authority = uri.authority()?;
        let plain = uri.scheme_str() == Some("http") && uri.query().is_none();
        if !plain || authority.as_str().contains('@') || authority.host().is_empty() || text.contains('#') {
            return None;
        }
        let port = authority.port_u16().unwrap_or(PORT);
        Some(Collector {
            base: text.to_owned(),
            address: format!("{}:{port}", authority.host()),
            authority: authority.as_str().to_owned(),
            folder: uri.path().trim_end_matches('/').to_owned(),
        })
    }

    /// Where something is posted to.
    pub(super) fn path(&self, signal: Signal) -> String {
        format!("{}/v1/{}", self.folder, Collector::path_of(signal))
    }

    /// The last part of that path, which is what it is called.
    pub(super) fn path_of(signal: Signal) -> &'static str {
        match signal {
            Signal::Traces => "traces",
            Signal::Metrics => "metrics",
            Signal::Logs => "logs",
        }
    }
}

impl fmt::Display for Collector {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.base)
    }
}
