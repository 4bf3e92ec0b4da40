//! The parts of a request that signatures cover.

use crate::request::headers::Headers;

/// The time that a request names may differ this much from the server's, in milliseconds.
pub const CLOCK_SKEW_MS_MAX: u64 = 900_000;

/// What authentication reads of a request.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// `GET`
    pub method: &'a str,
    /// The path as sent, still escaped.
    pub path: &'a str,
    /// What follows `?`, as sent.
    pub query: &'a str,
    /// The host addressed. It is used where there is no `host` header, as in HTTP/2.
    pub host: &'a str,
    /// Every header.
    pub headers: &'a Headers,
    /// The SHA-256 of the form of a call of a Query API (STS, IAM), which such requests sign
    /// without sending it.
    pub form_sha256: Option<&'a str>,
    /// When the request arrived, in milliseconds since 1970.
    pub received_ms: u64,
}
