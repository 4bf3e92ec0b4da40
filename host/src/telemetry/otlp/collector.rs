//! Where the collector is: `http://127.0.0.1:4318`.

use std::fmt;

/// The path of traces behind a collector's base address.
const TRACES: &str = "v1/traces";
/// The port of OTLP over HTTP.
const PORT: u16 = 4318;

/// A collector of traces, reached over plain HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collector {
    /// As it was set.
    base: String,
    /// `host:port`, for the connection.
    pub(super) address: String,
    /// For the header `host`.
    pub(super) authority: String,
    /// Where traces are posted to.
    pub(super) path: String,
}

impl Collector {
    /// Parses a base address: scheme `http`, a host, perhaps a port and a path, nothing else.
    /// Traces go to `v1/traces` below it.
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
            path: format!("{}/{TRACES}", uri.path().trim_end_matches('/')),
        })
    }
}

impl fmt::Display for Collector {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.base)
    }
}
