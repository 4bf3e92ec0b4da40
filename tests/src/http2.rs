//! A client of HTTP/2 with prior knowledge that sends exactly the frames it is told to.
//!
//! Header blocks are written without tables and without Huffman codes; of those that come, only the
//! status is read.

use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use crate::http::Request;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
const ACK: u8 = 1;
/// `SETTINGS_INITIAL_WINDOW_SIZE`
const INITIAL_WINDOW: u16 = 4;
/// Bytes of a frame, as both sides begin with.
const FRAME_BYTES_MAX: usize = 16_384;

/// One connection.
pub struct Http2 {
    stream: TcpStream,
    next: u32,
}

/// What came on a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A response head with this status; 0 for one that is written in a way that is not read here.
    Head(u32, u16),
    /// So many bytes of a response, and whether they are the last.
    Data(u32, usize, bool),
    /// The stream was reset.
    Reset(u32),
    /// The server takes no further streams.
    GoAway,
}

impl Http2 {
    /// Connects to a port on loopback. Every stream may send `window` bytes before it must wait.
    ///
    /// # Errors
    /// Nothing listens there.
    pub fn open(port: u16, window: u32) -> io::Result<Http2> {
        let stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        let mut connection = Http2 { stream, next: 1 };
        connection.stream.write_all(PREFACE)?;
        let mut setting = INITIAL_WINDOW.to_be_bytes().to_vec();
        setting.extend(window.to_be_bytes());
        connection.frame(SETTINGS, 0, 0, &setting)?;
        Ok(connection)
    }

    /// Begins a request; its body follows, if there is one. The number of its stream. Its first
    /// `Host` is the authority; another one is a header.
    ///
    /// # Errors
    /// The connection is gone.
    pub fn begin(&mut self, request: &Request, has_body: bool) -> io::Result<u32> {
        let stream = self.next;
        self.next += 2;
        let mut block = Vec::new();
        for (name, value) in
            [(":method", request.method.as_str()), (":scheme", "http"), (":path", &request.target)]
        {
            literal(&mut block, name, value);
        }
        literal(&mut block, ":authority", request.get("host").unwrap_or("127.0.0.1"));
        let authority = request.headers.iter().position(|(name, _)| name.eq_ignore_ascii_case("host"));
        let headers = request.headers.iter().enumerate().filter(|(at, _)| Some(*at) != authority);
        for (_, (name, value)) in headers {
            literal(&mut block, &name.to_ascii_lowercase(), value);
        }
        let end_stream = if has_body { 0 } else { END_STREAM };
        let mut pieces = block.chunks(FRAME_BYTES_MAX).peekable();
        let mut kind = HEADERS;
        while let Some(piece) = pieces.next() {
            let end = if pieces.peek().is_none() { END_HEADERS } else { 0 };
            let flags = end | if kind == HEADERS { end_stream } else { 0 };
            self.frame(kind, flags, stream, piece)?;
            kind = CONTINUATION;
        }
        Ok(stream)
    }

    /// Sends bytes of a body.
    ///
    /// # Errors
    /// The connection is gone.
    pub fn data(&mut self, stream: u32, bytes: &[u8], is_last: bool) -> io::Result<()> {
        self.frame(DATA, if is_last { END_STREAM } else { 0 }, stream, bytes)
    }

    /// The next event. `WouldBlock` where there is none and the connection does not block.
    ///
    /// # Errors
    /// The connection is gone.
    pub fn event(&mut self) -> io::Result<Event> {
        loop {
            let mut head = [0; 9];
            self.stream.peek(&mut head[..1]).and_then(|length| match length {
                0 => Err(io::ErrorKind::UnexpectedEof.into()),
                _ => Ok(()),
            })?;
            self.stream.set_nonblocking(false)?;
            self.stream.read_exact(&mut head)?;
            let length = usize::from(head[0]) << 16 | usize::from(head[1]) << 8 | usize::from(head[2]);
            let (kind, flags) = (head[3], head[4]);
            let stream = u32::from_be_bytes([head[5] & 0x7f, head[6], head[7], head[8]]);
            let mut payload = vec![0; length];
            self.stream.read_exact(&mut payload)?;
            match kind {
                HEADERS if stream > 0 => return Ok(Event::Head(stream, status(&payload))),
                DATA => return Ok(Event::Data(stream, length, flags & END_STREAM != 0)),
                RST_STREAM => return Ok(Event::Reset(stream)),
                GOAWAY => return Ok(Event::GoAway),
                SETTINGS if flags & ACK == 0 => self.frame(SETTINGS, ACK, 0, &[])?,
                PING if flags & ACK == 0 => self.frame(PING, ACK, 0, &payload)?,
                _ => {}
            }
        }
    }

    /// The status of the response on a stream; events of others are passed over.
    ///
    /// # Errors
    /// The connection is gone, or the stream was reset.
    pub fn status(&mut self, stream: u32) -> io::Result<u16> {
        loop {
            match self.event()? {
                Event::Head(of, status) if of == stream => return Ok(status),
                Event::Reset(of) if of == stream => return Err(io::ErrorKind::ConnectionReset.into()),
                _ => {}
            }
        }
    }

    /// An event that is there already.
    ///
    /// # Errors
    /// The connection is gone.
    pub fn event_now(&mut self) -> io::Result<Option<Event>> {
        self.stream.set_nonblocking(true)?;
        let event = self.event();
        self.stream.set_nonblocking(false)?;
        match event {
            Ok(event) => Ok(Some(event)),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn frame(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) -> io::Result<()> {
        let length = u32::try_from(payload.len()).map_err(io::Error::other)?;
        let mut frame = length.to_be_bytes()[1..].to_vec();
        frame.extend([kind, flags]);
        frame.extend(stream.to_be_bytes());
        frame.extend(payload);
        self.stream.write_all(&frame)
    }
}

/// A literal that is never indexed: https://www.rfc-editor.org/rfc/rfc7541#section-6.2.3
fn literal(block: &mut Vec<u8>, name: &str, value: &str) {
    block.push(0x10);
    for text in [name, value] {
        integer(block, text.len());
        block.extend(text.as_bytes());
    }
}

/// An integer with a prefix of 7 bits.
fn integer(block: &mut Vec<u8>, mut value: usize) {
    if value < 127 {
        block.push(value as u8);
        return;
    }
    block.push(127);
    value -= 127;
    while value >= 128 {
        block.push((value % 128) as u8 | 128);
        value /= 128;
    }
    block.push(value as u8);
}

/// The statuses of the static table, and 0 for any other.
fn status(block: &[u8]) -> u16 {
    // An update of the table's size may come first.
    let first = block.iter().find(|byte| **byte & 0xe0 != 0x20);
    match first {
        Some(byte @ 0x88..=0x8e) => [200, 204, 206, 304, 400, 404, 500][usize::from(byte - 0x88)],
        _ => 0,
    }
}
