//! One account's connection to one server: requests are signed, connections are kept and renewed.

use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::bodies::md5;
use crate::http::{Connection, Request, Response};
use crate::sign::{self, Credentials, Payload};

/// Signs with one user's credentials, or not at all.
pub struct Client {
    port: u16,
    credentials: Option<Credentials>,
    connection: Option<Connection>,
}

impl Client {
    /// A client for a server on loopback; anonymous without credentials.
    pub fn new(port: u16, credentials: Option<Credentials>) -> Client {
        Client { port, credentials, connection: None }
    }

    /// The request with `Host` and a signature, as `send` writes it.
    pub fn signed(&self, request: Request, payload: Payload<'_>) -> Request {
        let request = match request.get("host") {
            Some(_) => request,
            None => request.header("host", &format!("127.0.0.1:{}", self.port)),
        };
        match &self.credentials {
            Some(credentials) => sign::sign(request, credentials, payload),
            None => request,
        }
    }

    /// Signs the request with its body's SHA-256 and sends it.
    ///
    /// # Errors
    /// The connection broke before the whole response was there.
    pub fn try_send(&mut self, request: Request) -> io::Result<Response> {
        let request = self.signed(request, Payload::Signed);
        self.try_send_as_is(&request)
    }

    /// Sends a request that is already complete. A connection that the server has closed while idle
    /// is renewed.
    ///
    /// # Errors
    /// The connection broke before the whole response was there.
    pub fn try_send_as_is(&mut self, request: &Request) -> io::Result<Response> {
        let mut kept = self.connection.take();
        if kept.as_mut().is_none_or(Connection::has_ended) {
            kept = None;
        }
        let mut connection = match kept {
            Some(kept) => kept,
            None => Connection::open(self.port)?,
        };
        let response = connection.send(request)?;
        if response.header("connection").is_none_or(|value| !value.eq_ignore_ascii_case("close")) {
            self.connection = Some(connection);
        }
        Ok(response)
    }

    /// Signs and sends.
    ///
    /// # Panics
    /// When there is no complete response.
    pub fn send(&mut self, request: Request) -> Response {
        let line = format!("{} {}", request.method, request.target);
        self.try_send(request).unwrap_or_else(|error| panic!("{line}: {error}"))
    }

    /// `send`, for a request without headers and body.
    pub fn call(&mut self, method: &str, target: &str) -> Response {
        self.send(Request::new(method, target))
    }

    /// `send`, for something that must work.
    ///
    /// # Panics
    /// When the response's status is no 2xx.
    pub fn expect(&mut self, request: Request) -> Response {
        let line = format!("{} {}", request.method, request.target);
        let response = self.send(request);
        assert!((200..300).contains(&response.status), "{line}: {} {}", response.status, response.text());
        response
    }

    /// PUT of a bucket or an object that must work.
    pub fn put(&mut self, target: &str, body: impl Into<Vec<u8>>) -> Response {
        self.expect(Request::new("PUT", target).body(body))
    }

    /// GET that must work.
    pub fn get(&mut self, target: &str) -> Response {
        self.expect(Request::new("GET", target))
    }

    /// Turns versioning of a bucket `Enabled` or `Suspended`.
    pub fn set_versioning(&mut self, bucket: &str, status: &str) {
        let document = format!(
            "<VersioningConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Status>{status}</Status></VersioningConfiguration>"
        );
        let digest = BASE64.encode(md5(document.as_bytes()));
        let request = Request::new("PUT", &format!("/{bucket}?versioning")).header("content-md5", &digest);
        self.expect(request.body(document));
    }
}

/// Percent-encodes a key for a path: everything but unreserved characters and `/`.
pub fn path(key: &str) -> String {
    encode(key, b"/")
}

/// Percent-encodes a value for a query.
pub fn value(text: &str) -> String {
    encode(text, b"")
}

fn encode(text: &str, kept: &[u8]) -> String {
    let mut encoded = String::with_capacity(text.len());
    for &byte in text.as_bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || kept.contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}
