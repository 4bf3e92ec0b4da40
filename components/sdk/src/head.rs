//! The request head, taken apart.

use gateway::headers::Headers;

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
    /// Whether the host wants to know where the time of this call goes.
    pub timed: bool,
}

impl Head {
    /// Reads the head of a call, and its headers: one crossing to the host.
    pub fn read(call: &Call) -> (Head, Headers) {
        Head::split(call.head())
    }

    /// Takes a head apart.
    pub fn split(head: SentHead) -> (Head, Headers) {
        // Byte by byte: a line is short, and every stage reads it.
        let end = head.text.bytes().position(|byte| byte == b'\n').unwrap_or(head.text.len());
        let line = head.text.get(..end).unwrap_or_default();
        let (method, target) = line.split_once(|character| character == ' ').unwrap_or((line, "/"));
        let (path, query) = target.split_once(|character| character == '?').unwrap_or((target, ""));
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
