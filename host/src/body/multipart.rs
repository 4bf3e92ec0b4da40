//! Bodies of `multipart/form-data`, taken apart: <https://www.rfc-editor.org/rfc/rfc7578>.
//!
//! ```text
//! body = [preamble CRLF] 1*(delimiter CRLF headers CRLF content CRLF) delimiter "--" [epilogue]
//! ```
//!
//! What parts mean is not known here. The caller gets what stands before the content of a part as
//! it was sent, and then decides how the content is received: [`next_content`] and [`PartBody`]
//! take turns.

use std::collections::VecDeque;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use memchr::memmem;

use super::Failure;
use super::receive::{BoxError, failure, next_bytes, timely};

#[cfg(test)]
mod tests;

/// The limit of a boundary: <https://www.rfc-editor.org/rfc/rfc2046#section-5.1.1>
const BOUNDARY_BYTES_MAX: usize = 70;
/// Bytes that may follow the part whose content is received: further parts, which are not read.
const EPILOGUE_BYTES_MAX: usize = 64 << 10;

/// What stands between parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Boundary {
    /// `\r\n--boundary`. The boundary has no control characters, so that a line's end within can
    /// only be that of the delimiter's start.
    delimiter: Bytes,
}

impl Boundary {
    /// A boundary of 1 to 70 printable ASCII characters.
    pub fn new(text: &str) -> Option<Boundary> {
        let is_plain = text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        let is_short = !text.is_empty() && text.len() <= BOUNDARY_BYTES_MAX;
        (is_plain && is_short).then(|| Boundary { delimiter: [b"\r\n--", text.as_bytes()].concat().into() })
    }

    /// What separates the parts.
    pub fn as_bytes(&self) -> &[u8] {
        &self.delimiter
    }
}

/// How far a body was taken apart.
#[derive(Clone, Debug)]
pub struct Reached {
    boundary: Boundary,
    /// Bytes that were received and belong to what comes next.
    rest: Bytes,
}

impl Reached {
    /// The start of a body.
    pub fn start(boundary: Boundary) -> Reached {
        Reached { boundary, rest: Bytes::new() }
    }
}

/// What stands before the content of a part, as far as it was received.
struct PartHead<'a> {
    delimiter: memmem::Finder<'a>,
    buffer: Vec<u8>,
    /// Where what is looked for can begin.
    from: usize,
    /// Where the delimiter ends, once it was found: then the end of the headers behind it is looked
    /// for.
    behind: Option<usize>,
}

impl PartHead<'_> {
    /// The line's end of a delimiter at the start of a body is not in it, and that of one right
    /// after headers is theirs.
    const BEFORE: &'static [u8] = b"\r\n";

    fn new(boundary: &Boundary) -> PartHead<'_> {
        let delimiter = memmem::Finder::new(&boundary.delimiter);
        PartHead { delimiter, buffer: PartHead::BEFORE.to_vec(), from: 0, behind: None }
    }

    fn length(&self) -> usize {
        self.buffer.len() - PartHead::BEFORE.len()
    }

    /// Where the content begins, if that is known yet. What was searched in vain is not searched
    /// again.
    fn end(&mut self) -> Option<usize> {
        if self.behind.is_none() {
            let text = self.buffer.get(self.from..)?;
            let length = self.delimiter.needle().len();
            let Some(at) = self.delimiter.find(text) else {
                self.from += (text.len() + 1).saturating_sub(length);
                return None;
            };
            self.from += at + length;
            self.behind = Some(self.from);
        }
        let text = self.buffer.get(self.from..)?;
        if let Some(at) = memmem::find(text, b"\r\n\r\n") {
            return Some(self.from + at + 4);
        }
        self.from += text.len().saturating_sub(3);
        // The last delimiter: no part follows.
        let behind = self.behind?;
        self.buffer.get(behind..)?.starts_with(b"--").then_some(behind + 2)
    }
}

/// Receives a body up to where the content of the next part begins; from the content of a part,
/// that content is received first. The bytes are those that were sent. Where there is no further
/// part, they end with the delimiter that says so.
///
/// `BodyTooLarge` when that is more than `length_max` bytes.
pub async fn next_content<B>(
    body: &mut B,
    reached: &mut Reached,
    length_max: u64,
    idle: Duration,
) -> Result<Vec<u8>, Failure>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<BoxError>,
{
    let length_max = usize::try_from(length_max).unwrap_or(usize::MAX);
    let mut head = PartHead::new(&reached.boundary);
    let mut body = pin!(body);
    let mut bytes = std::mem::take(&mut reached.rest);
    loop {
        let room = length_max.saturating_sub(head.length()).min(bytes.len());
        head.buffer.extend_from_slice(bytes.get(..room).unwrap_or_default());
        if let Some(end) = head.end() {
            // It ends within the last bytes, or it would have been found before.
            let ahead = (head.buffer.len() - end).min(room);
            reached.rest = bytes.slice(room - ahead..);
            head.buffer.truncate(end);
            head.buffer.drain(..PartHead::BEFORE.len());
            return Ok(head.buffer);
        }
        if room < bytes.len() {
            return Err(Failure::BodyTooLarge);
        }
        bytes = timely(idle, next_bytes(&mut body)).await?.ok_or(Failure::BodyIncomplete)?;
    }
}

/// What follows a part is too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too much follows the part")]
pub struct TooLong;

/// The content of a part, as a body. It ends with the whole body, so that what was received is
/// known to be all that was sent.
#[derive(Debug)]
pub struct PartBody<'a, B> {
    body: &'a mut B,
    rest: Bytes,
    delimiter: Bytes,
    /// How much of the delimiter was seen last.
    matched: usize,
    /// After the delimiter: bytes seen since.
    epilogue: Option<usize>,
    /// Content that was received and not given out yet.
    ready: VecDeque<Bytes>,
}

impl<'a, B> PartBody<'a, B> {
    /// The content that begins at `reached`.
    pub fn new(body: &'a mut B, reached: Reached) -> Self {
        PartBody {
            body,
            rest: reached.rest,
            delimiter: reached.boundary.delimiter,
            matched: 0,
            epilogue: None,
            ready: VecDeque::new(),
        }
    }

    /// Sorts bytes into content, delimiter and what follows.
    fn take(&mut self, mut bytes: Bytes) -> Result<(), TooLong> {
        while !bytes.is_empty() {
            if let Some(seen) = &mut self.epilogue {
                *seen += bytes.len();
                return if *seen > EPILOGUE_BYTES_MAX { Err(TooLong) } else { Ok(()) };
            }
            if self.matched > 0 {
                self.go_on_matching(&mut bytes);
                continue;
            }
            let (content, matched) = match memmem::find(&bytes, &self.delimiter) {
                Some(at) => (at, self.delimiter.len()),
                None => {
                    let tail = self.begun(&bytes);
                    (bytes.len() - tail, tail)
                }
            };
            if content > 0 {
                self.ready.push_back(bytes.split_to(content));
            }
            bytes = bytes.split_off(matched);
            self.see(matched);
        }
        Ok(())
    }

    /// Compares with a delimiter whose start ended the bytes before.
    fn go_on_matching(&mut self, bytes: &mut Bytes) {
        let expected = self.delimiter.get(self.matched..).unwrap_or_default();
        let equal = expected.iter().zip(bytes.iter()).take_while(|(one, other)| one == other).count();
        if equal < expected.len() && equal < bytes.len() {
            // It was content after all. No other start of a delimiter is in it.
            self.ready.push_back(self.delimiter.slice(..self.matched + equal));
            self.matched = 0;
        } else {
            self.see(self.matched + equal);
        }
        *bytes = bytes.split_off(equal);
    }

    /// How many bytes at the end are the start of a delimiter.
    fn begun(&self, bytes: &[u8]) -> usize {
        let tail = bytes.len().saturating_sub(self.delimiter.len() - 1);
        let last = bytes.get(tail..).unwrap_or_default();
        let start = memchr::memrchr(b'\r', last).map(|at| last.get(at..).unwrap_or_default());
        start.filter(|start| self.delimiter.starts_with(start)).map_or(0, <[u8]>::len)
    }

    fn see(&mut self, matched: usize) {
        self.matched = matched;
        if matched == self.delimiter.len() {
            self.epilogue = Some(0);
        }
    }
}

impl<B> Body for PartBody<'_, B>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<BoxError>,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        loop {
            if let Some(content) = self.ready.pop_front() {
                return Poll::Ready(Some(Ok(Frame::data(content))));
            }
            let bytes = match std::mem::take(&mut self.rest) {
                rest if !rest.is_empty() => rest,
                _ => match ready!(Pin::new(&mut *self.body).poll_frame(context)) {
                    Some(Ok(frame)) => frame.into_data().unwrap_or_default(),
                    None if self.epilogue.is_some() => return Poll::Ready(None),
                    Some(Err(error)) => return Poll::Ready(Some(Err(failure(error.into()).into()))),
                    None => return Poll::Ready(Some(Err(Failure::BodyIncomplete.into()))),
                },
            };
            if let Err(error) = self.take(bytes) {
                return Poll::Ready(Some(Err(error.into())));
            }
        }
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}
