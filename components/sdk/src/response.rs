//! A response under construction.

use std::fmt::Write;

use gateway::xml;

use crate::{Body, Call, Span, Stored};

/// Status, header lines and body of a response.
#[derive(Debug)]
pub struct Response {
    status: u16,
    headers: String,
    body: Body,
}

impl Response {
    /// An empty response.
    pub fn new(status: u16) -> Self {
        Response { status, headers: String::new(), body: Body::None }
    }

    /// A response whose header lines (`name: value\n`) were written elsewhere.
    pub fn with_lines(status: u16, headers: String) -> Self {
        Response { status, headers, body: Body::None }
    }

    /// Adds a header. Line breaks in a value would start another header, so they become spaces.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        push_header(&mut self.headers, name, value);
        self
    }

    /// Adds a header whose value is a number.
    #[must_use]
    pub fn number(mut self, name: &str, value: u64) -> Self {
        // Writing to a String cannot fail.
        let _ = writeln!(self.headers, "{name}: {value}");
        self
    }

    /// Sets an XML document as the body.
    #[must_use]
    pub fn xml(mut self, mut document: String) -> Self {
        xml::declare(&mut document);
        self.headers.push_str("content-type: application/xml\n");
        self.body = Body::Bytes(document.into_bytes());
        self
    }

    /// Sets bytes as the body.
    #[must_use]
    pub fn bytes(mut self, bytes: Vec<u8>) -> Self {
        self.body = Body::Bytes(bytes);
        self
    }

    /// Sets stored bytes as the body; the host streams them.
    #[must_use]
    pub fn stored(mut self, spans: Vec<Span>) -> Self {
        self.body = if spans.is_empty() { Body::None } else { Body::Stored(spans) };
        self
    }

    /// Sets stored bytes as the body. They are sealed under a data key of the call; the host opens
    /// and streams them.
    #[must_use]
    pub fn sealed(mut self, spans: Vec<Span>, key: u32) -> Self {
        self.body =
            if spans.is_empty() { Body::None } else { Body::Sealed(Stored { spans, key: Some(key) }) };
        self
    }

    /// The status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Makes this the call's response.
    pub fn send(self, call: &Call) {
        call.respond(self.status, &self.headers, &self.body);
    }
}

/// Appends `name: value\n`.
pub fn push_header(lines: &mut String, name: &str, value: &str) {
    lines.push_str(name);
    lines.push_str(": ");
    if value.bytes().any(|byte| byte == b'\n' || byte == b'\r') {
        lines.extend(value.chars().map(|c| if c == '\n' || c == '\r' { ' ' } else { c }));
    } else {
        lines.push_str(value);
    }
    lines.push('\n');
}
