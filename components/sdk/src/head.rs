//! The request head, taken apart.

use gateway::request::headers::Headers;

use crate::{Call, SentHead};

/// What the client sent, but for its headers and its body.
#[derive(Debug, Clone)]
pub struct Head {
    /// Unique in this process and never reused.
    pub id: u64,
    /// The request method as sent: `GET`.
    pub method: String,
    /// The path as sent, still percent-encoded.
    pub path: String,
    /// What follows `?`, as sent; empty when there is none.
    pub query: String,
    /// The host that the client addressed, with its port if it sent one.
    pub host: String,
    /// `Content-Length`, when there is one.
    pub content_length: Option<u64>,
    /// When the head had arrived, in milliseconds since 1970.
    pub received_ms: u64,
    /// Whether the host wants to know the time of each stage.
    pub timed: bool,
}

impl Head {
    /// Reads the head of a call, and its headers: one crossing to the host.
    pub fn read(call: &Call) -> (Head, Headers) {
        Head::split(call.head())
    }

    /// Takes a head apart.
    pub fn split(head: SentHead) -> (Head, Headers) {
        let (line, _) = split(&head.text, b'\n').unwrap_or((&head.text, ""));
        let (method, target) = split(line, b' ').unwrap_or((line, "/"));
        let (path, query) = split(target, b'?').unwrap_or((target, ""));
        let (method, path, query) = (method.to_owned(), path.to_owned(), query.to_owned());
        let start = line.len() + 1;
        let headers = Headers::parse_from(head.text, start);
        let read = Head {
            id: head.id,
            method,
            path,
            query,
            host: headers.get("host").unwrap_or_default().to_owned(),
            content_length: head.content_length,
            received_ms: head.received_ms,
            timed: head.timed,
        };
        (read, headers)
    }
}

/// The texts before and behind the first of this byte. Every stage reads every head, so the search
/// has to be fast (`memchr`).
fn split(text: &str, byte: u8) -> Option<(&str, &str)> {
    text.split_at_checked(memchr::memchr(byte, text.as_bytes())?)
        .and_then(|(before, rest)| Some((before, rest.get(1..)?)))
}
