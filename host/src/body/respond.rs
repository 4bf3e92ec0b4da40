//! Response bodies: nothing, bytes at hand, or stored bytes that are read while the client takes
//! them.

use std::{
    fmt,
    io::{Error, ErrorKind},
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Bytes, BytesMut};
use http_body::{Body, Frame, SizeHint};
use http_body_util::combinators::UnsyncBoxBody;

use super::lent::{self, Loan, SMALL_RESPONSE_BYTES, SMALL_STEP_BYTES};
use crate::telemetry::origin::RequestOrigin;
use volume::{ReadStep, SpanReader, VolumeError};

#[cfg(test)]
mod tests;

/// Bytes that one step reads, at most. A response that is no longer and in the page cache is sent
/// with its head in one write.
pub const STEP_BYTES: usize = 256 * 1024;

/// Files of one response that are looked for on the thread of its worker, at most.
pub const PIECES_AT_ONCE: usize = 8;

/// The body of a response. Its length is known, but for that of a stream.
///
/// An error ends the response, and the client sees that it is cut short: nothing is ever left out
/// silently.
#[derive(Debug, Default)]
pub enum ResponseBody {
    /// No body, or all of it sent.
    #[default]
    Empty,
    /// Bytes at hand.
    Bytes(Bytes),
    /// Bytes to be read.
    Stored(Stored),
    /// Bytes that are made while the client takes them.
    Streamed(Box<Streamed>),
}

impl ResponseBody {
    /// A response that was made in memory. It counts as lent from now on, so that no other response
    /// gets the same room.
    pub(crate) fn made(bytes: Vec<u8>) -> Self {
        Self::Bytes(lent::lend_made(bytes.into()))
    }

    /// What `reader` reads. Bytes that are few and in the page cache are read at once.
    ///
    /// Fails when the first read does, or when a file is not there or too short, while the client
    /// can still be told. Where there are more than [`PIECES_AT_ONCE`] files, the caller has looked
    /// for them: it may have to wait for the disk.
    pub fn stored(mut reader: SpanReader) -> Result<Self, VolumeError> {
        let length = reader.length();
        if length == 0 {
            return Ok(Self::Empty);
        }
        // Where much is lent, nothing is read ahead: perhaps the client does not take it.
        let at_hand_max = if lent::is_tight() { SMALL_RESPONSE_BYTES } else { STEP_BYTES };
        if length > at_hand_max as u64 {
            find_missing(&mut reader)?;
            return Ok(Self::Stored(Stored::new(length, None, Source::Idle(reader))));
        }
        let first = read_at_hand(&mut reader, length)?;
        if first.as_ref().is_some_and(|first| first.len() as u64 == length) {
            return Ok(first.map_or(Self::Empty, |first| Self::Bytes(lent::lend_read(first))));
        }
        find_missing(&mut reader)?;
        Ok(Self::Stored(Stored::new(length, first, Source::Idle(reader))))
    }

    /// What something else makes. Its length is announced where it is known.
    pub(crate) fn streamed(body: UnsyncBoxBody<Bytes, Error>, length: Option<u64>) -> Self {
        Self::Streamed(Box::new(Streamed { body, length, origin: RequestOrigin::default() }))
    }

    /// Says which request it answers: where reading fails, the log names it.
    pub(crate) fn originate(&mut self, origin: impl FnOnce() -> RequestOrigin) {
        match self {
            Self::Stored(stored) => stored.origin = Some(Box::new(origin())),
            Self::Streamed(streamed) => streamed.origin = origin(),
            Self::Empty | Self::Bytes(_) => {}
        }
    }
}

fn find_missing(reader: &mut SpanReader) -> Result<(), VolumeError> {
    if reader.pieces() <= PIECES_AT_ONCE { reader.find_missing() } else { Ok(()) }
}

/// What can be read without waiting.
fn read_at_hand(reader: &mut SpanReader, length: u64) -> Result<Option<Bytes>, VolumeError> {
    let mut first: Option<Bytes> = None;
    let mut more = BytesMut::new();
    loop {
        let read = first.as_ref().map_or(0, Bytes::len).max(more.len()) as u64;
        if read >= length {
            break;
        }
        let ReadStep::Bytes(bytes) = reader.try_next(STEP_BYTES)? else { break };
        match &first {
            None => first = Some(bytes),
            Some(first) => {
                if more.is_empty() {
                    more.extend_from_slice(first);
                }
                more.extend_from_slice(&bytes);
            }
        }
    }
    Ok(if more.is_empty() { first } else { Some(more.freeze()) })
}

/// Bytes that are made on their way to the client.
#[derive(Debug)]
pub struct Streamed {
    body: UnsyncBoxBody<Bytes, Error>,
    length: Option<u64>,
    origin: RequestOrigin,
}

impl Streamed {
    fn poll_step(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let step = ready!(Pin::new(&mut self.body).poll_frame(cx));
        let frame = match step {
            Some(Ok(frame)) => frame,
            Some(Err(error)) => {
                self.origin.error(&error, "a response is cut short: its head was sent");
                return Poll::Ready(Some(Err(error)));
            }
            None => return Poll::Ready(None),
        };
        if let (Some(left), Some(bytes)) = (&mut self.length, frame.data_ref()) {
            *left = left.saturating_sub(bytes.len() as u64);
        }
        Poll::Ready(Some(Ok(frame)))
    }
}

/// Stored bytes on their way to the client.
pub struct Stored {
    /// Bytes that the client has not been given.
    left: u64,
    /// Read already.
    first: Option<Bytes>,
    source: Source,
    loan: Loan,
    origin: Option<Box<RequestOrigin>>,
}

/// The outcome of a read, and the reader back.
type Read = (SpanReader, Result<Option<Bytes>, VolumeError>);

enum Source {
    Idle(SpanReader),
    /// Waits for the disk.
    Reading(Pin<Box<dyn Future<Output = Read> + Send>>),
    /// Failed, or at its end.
    Ended,
}

impl Stored {
    fn new(left: u64, first: Option<Bytes>, source: Source) -> Stored {
        Stored { left, first, source, loan: Loan::default(), origin: None }
    }

    /// The next bytes that were read; `None` at the end of what is stored.
    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, VolumeError>> {
        let step = match lent::is_tight() {
            true => {
                ready!(self.loan.poll_returned(cx));
                SMALL_STEP_BYTES
            }
            false => STEP_BYTES,
        };
        if let Some(first) = self.first.take() {
            return Poll::Ready(Ok(Some(first)));
        }
        loop {
            match std::mem::replace(&mut self.source, Source::Ended) {
                Source::Ended => return Poll::Ready(Ok(None)),
                Source::Idle(mut reader) => match reader.try_next(step)? {
                    ReadStep::Bytes(bytes) => {
                        self.source = Source::Idle(reader);
                        return Poll::Ready(Ok(Some(bytes)));
                    }
                    ReadStep::End => return Poll::Ready(Ok(None)),
                    ReadStep::WouldBlock => {
                        self.source = Source::Reading(Box::pin(async move {
                            let read = reader.next(step).await;
                            (reader, read)
                        }));
                    }
                },
                Source::Reading(mut reading) => {
                    let Poll::Ready((reader, read)) = reading.as_mut().poll(cx) else {
                        self.source = Source::Reading(reading);
                        return Poll::Pending;
                    };
                    self.source = Source::Idle(reader);
                    return Poll::Ready(read);
                }
            }
        }
    }

    /// The next bytes for the client; `None` when it has all of them.
    fn poll_step(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        let read = match ready!(self.poll_read(cx)) {
            Ok(Some(bytes)) => match self.left.checked_sub(bytes.len() as u64) {
                Some(left) => {
                    self.left = left;
                    return Poll::Ready(Some(Ok(self.loan.lend(bytes))));
                }
                None => Error::new(ErrorKind::InvalidData, "more is stored than was announced"),
            },
            Ok(None) => Error::new(ErrorKind::UnexpectedEof, "less is stored than was announced"),
            Err(error) => Error::other(error),
        };
        let origin = self.origin.take().unwrap_or_default();
        origin.error(&read, "a response is cut short: its head was sent");
        self.source = Source::Ended;
        Poll::Ready(Some(Err(read)))
    }
}

impl fmt::Debug for Stored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stored").field("left", &self.left).finish_non_exhaustive()
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let this = self.get_mut();
        match this {
            Self::Empty => Poll::Ready(None),
            Self::Bytes(bytes) => {
                // In steps, so that it shows whether the client takes them.
                let step = bytes.split_to(bytes.len().min(STEP_BYTES));
                if bytes.is_empty() {
                    *this = Self::Empty;
                }
                Poll::Ready((!step.is_empty()).then(|| Ok(Frame::data(step))))
            }
            Self::Stored(stored) => stored.poll_step(cx).map(|step| step.map(|read| read.map(Frame::data))),
            Self::Streamed(streamed) => streamed.poll_step(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.size_hint().exact() == Some(0)
    }

    fn size_hint(&self) -> SizeHint {
        let length = match self {
            Self::Empty => Some(0),
            Self::Bytes(bytes) => Some(bytes.len() as u64),
            Self::Stored(stored) => Some(stored.left),
            Self::Streamed(streamed) => streamed.length,
        };
        length.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}
