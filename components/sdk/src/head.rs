//! The request head, taken apart.

use gateway::headers::Headers;

use crate::Call;

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
}

impl Head {
    /// Reads the head of a call, and its headers: one crossing to the host.
    pub fn read(call: &Call) -> (Head, Headers) {
        let head = call.head();
        let (line, lines) = head.text.split_once('\n').unwrap_or((&head.text, ""));
        let (method, target) = line.split_once(' ').unwrap_or((line, "/"));
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let headers = Headers::parse(lines.to_owned());
        let read = Head {
            id: head.id,
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            host: headers.get("host").unwrap_or_default().to_owned(),
            content_length: head.content_length,
            received_ms: head.received_ms,
        };
        (read, headers)
    }
}
