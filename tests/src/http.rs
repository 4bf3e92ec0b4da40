//! A blocking HTTP/1.1 client that sends exactly the bytes it is told to.
//!
//! Clients of real use normalise what they send and forgive what they receive. This one does
//! neither: a body shorter than announced is an error, and a malformed request leaves as it was
//! written.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddrV4, TcpStream};
use std::time::Duration;

use rustix::net::{self, AddressFamily, SocketType};

/// No answer takes longer than this, or the test fails instead of hanging.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);
/// A response head is shorter than this many bytes.
const HEAD_MAX: usize = 256 * 1024;

/// A request as it will be written.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// `GET`
    pub method: String,
    /// Path and query as they go over the wire: `/photos/cat.jpg?versionId=null`.
    pub target: String,
    /// In the order written.
    pub headers: Vec<(String, String)>,
    /// Written after the head as it is.
    pub body: Vec<u8>,
}

impl Request {
    /// A request without headers and body.
    pub fn new(method: &str, target: &str) -> Request {
        Request { method: method.into(), target: target.into(), headers: Vec::new(), body: Vec::new() }
    }

    /// One more header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Request {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// The body. `Content-Length` is added when the request is written, unless a header says
    /// otherwise.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Request {
        self.body = body.into();
        self
    }

    /// The first header of this name, whatever its case.
    pub fn get(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }

    /// The head as it goes over the wire, with its empty line.
    pub fn head(&self) -> Vec<u8> {
        let mut head = format!("{} {} HTTP/1.1\r\n", self.method, self.target);
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        let framed = self.get("content-length").is_some() || self.get("transfer-encoding").is_some();
        if !framed && (!self.body.is_empty() || self.method == "PUT" || self.method == "POST") {
            head.push_str(&format!("content-length: {}\r\n", self.body.len()));
        }
        head.push_str("\r\n");
        head.into_bytes()
    }
}

/// A complete response.
#[derive(Clone, Debug, Default)]
pub struct Response {
    /// `200`
    pub status: u16,
    /// Names in lower case, in the order received.
    pub headers: Vec<(String, String)>,
    /// Without any framing.
    pub body: Vec<u8>,
}

impl Response {
    /// The first header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }

    /// The body as text; bytes that are no UTF-8 are replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The code of S3's error document; empty when the body is none.
    pub fn code(&self) -> String {
        let text = self.text();
        let between = |open: &str, close: &str| {
            let start = text.find(open)? + open.len();
            let length = text[start..].find(close)?;
            Some(text[start..start + length].to_string())
        };
        if text.contains("<Error") { between("<Code>", "</Code>").unwrap_or_default() } else { String::new() }
    }

    /// The ETag without its quotes; empty when there is none.
    pub fn etag(&self) -> &str {
        self.header("etag").unwrap_or_default().trim_matches('"')
    }
}

fn find<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

/// One connection to the server.
pub struct Connection {
    stream: TcpStream,
    reader: BufReader<TcpStream>,
}

impl Connection {
    /// Connects to a port on loopback.
    ///
    /// # Errors
    /// Nothing listens there.
    pub fn open(port: u16) -> io::Result<Connection> {
        Connection::over(TcpStream::connect(("127.0.0.1", port))?)
    }

    /// Connects to a port on loopback from another loopback address.
    ///
    /// # Errors
    /// Nothing listens there.
    pub fn open_from(source: Ipv4Addr, port: u16) -> io::Result<Connection> {
        let socket = net::socket(AddressFamily::INET, SocketType::STREAM, None)?;
        net::bind(&socket, &SocketAddrV4::new(source, 0))?;
        net::connect(&socket, &SocketAddrV4::new(Ipv4Addr::LOCALHOST, port))?;
        Connection::over(socket.into())
    }

    fn over(stream: TcpStream) -> io::Result<Connection> {
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(ANSWER_TIMEOUT))?;
        stream.set_write_timeout(Some(ANSWER_TIMEOUT))?;
        let reader = BufReader::new(stream.try_clone()?);
        Ok(Connection { stream, reader })
    }

    /// How long to wait for bytes of an answer.
    ///
    /// # Errors
    /// The socket is gone.
    pub fn patience(&self, wait: Duration) -> io::Result<()> {
        self.stream.set_read_timeout(Some(wait))
    }

    /// Writes bytes as they are.
    ///
    /// # Errors
    /// The server closed the connection.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// Says that nothing more will be sent.
    ///
    /// # Errors
    /// The socket is gone.
    pub fn finish_writing(&mut self) -> io::Result<()> {
        self.stream.shutdown(Shutdown::Write)
    }

    /// Sends a request and reads its response.
    ///
    /// A server may answer and close before it has read the whole body; the answer counts then, not
    /// the broken pipe.
    ///
    /// # Errors
    /// The connection broke before a complete response.
    pub fn send(&mut self, request: &Request) -> io::Result<Response> {
        let mut bytes = request.head();
        bytes.extend_from_slice(&request.body);
        let written = self.write(&bytes);
        match self.read(&request.method) {
            Ok(response) => Ok(response),
            Err(error) => Err(written.err().unwrap_or(error)),
        }
    }

    /// Reads the next final response to a request of this method; interim ones (1xx) are passed
    /// over.
    ///
    /// # Errors
    /// The connection ended, or what came is no complete response.
    pub fn read(&mut self, method: &str) -> io::Result<Response> {
        loop {
            let (status, headers) = read_head(&mut self.reader)?;
            if status >= 200 {
                let body = read_body(&mut self.reader, method, status, &headers)?;
                return Ok(Response { status, headers, body });
            }
        }
    }

    /// Reads one response head, an interim one included: its status.
    ///
    /// # Errors
    /// The connection ended, or what came is no response.
    pub fn read_status(&mut self) -> io::Result<u16> {
        read_head(&mut self.reader).map(|(status, _)| status)
    }

    /// Whether the server has closed the connection already, without waiting.
    pub fn has_ended(&mut self) -> bool {
        let impatient = self.stream.set_nonblocking(true).is_ok();
        let closed = impatient && self.is_closed();
        closed || self.stream.set_nonblocking(false).is_err()
    }

    /// Whether the server has closed the connection, waiting for it as long as `patience` says.
    pub fn is_closed(&mut self) -> bool {
        match self.reader.fill_buf() {
            Ok(bytes) => bytes.is_empty(),
            Err(error) => !matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut),
        }
    }
}

type Head = (u16, Vec<(String, String)>);

/// Reads a status line and headers.
fn read_head(reader: &mut impl BufRead) -> io::Result<Head> {
    let mut read = 0;
    let line = read_line(reader, &mut read)?;
    let status = line
        .strip_prefix("HTTP/1.1 ")
        .or_else(|| line.strip_prefix("HTTP/1.0 "))
        .and_then(|rest| rest.get(..3))
        .and_then(|digits| digits.parse().ok())
        .ok_or_else(|| broken(format!("no status line: {line:?}")))?;
    let mut headers = Vec::new();
    loop {
        let line = read_line(reader, &mut read)?;
        if line.is_empty() {
            return Ok((status, headers));
        }
        let (name, value) = line.split_once(':').ok_or_else(|| broken(format!("no header: {line:?}")))?;
        headers.push((name.to_ascii_lowercase(), value.trim().to_string()));
    }
}

fn read_line(reader: &mut impl BufRead, read: &mut usize) -> io::Result<String> {
    let mut line = Vec::new();
    *read += reader.take(HEAD_MAX as u64).read_until(b'\n', &mut line)?;
    if line.pop() != Some(b'\n') || *read > HEAD_MAX {
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the connection ended inside a head"));
    }
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    // Latin-1 keeps every byte of a header value.
    Ok(String::from_utf8(line)
        .unwrap_or_else(|error| error.as_bytes().iter().map(|&byte| char::from(byte)).collect()))
}

/// Reads the body that the head announces.
fn read_body(
    reader: &mut impl BufRead,
    method: &str,
    status: u16,
    headers: &[(String, String)],
) -> io::Result<Vec<u8>> {
    if method == "HEAD" || status == 204 || status == 304 {
        return Ok(Vec::new());
    }
    if find(headers, "transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked")) {
        return read_chunked(reader);
    }
    let mut body = Vec::new();
    match find(headers, "content-length") {
        Some(length) => {
            let length: u64 = length.parse().map_err(|_| broken(format!("content-length: {length}")))?;
            reader.take(length).read_to_end(&mut body)?;
            if body.len() as u64 != length {
                return Err(io::Error::new(
                    io::ErrorKind::UnexpectedEof,
                    "the connection ended inside a body",
                ));
            }
        }
        None => {
            reader.read_to_end(&mut body)?;
        }
    }
    Ok(body)
}

fn read_chunked(reader: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = read_line(reader, &mut 0)?;
        let digits = line.split(';').next().unwrap_or_default().trim();
        let length = u64::from_str_radix(digits, 16).map_err(|_| broken(format!("chunk size: {line:?}")))?;
        if length == 0 {
            while !read_line(reader, &mut 0)?.is_empty() {}
            return Ok(body);
        }
        let before = body.len() as u64;
        reader.take(length).read_to_end(&mut body)?;
        if body.len() as u64 - before != length || !read_line(reader, &mut 0)?.is_empty() {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the connection ended inside a chunk"));
        }
    }
}

fn broken(message: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message)
}

#[cfg(test)]
mod tests;
