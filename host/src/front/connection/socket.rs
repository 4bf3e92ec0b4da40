//! The socket of a connection. It notes in the [`Watch`] and in the metrics what passes, and
//! replaces the HTTP library's own words where it refuses a head that is too long.

use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf as _, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Sleep;

use crate::pipeline::head::HEAD_BYTES_MAX;
use crate::pipeline::responses;
use crate::pipeline::shares::{Shares, Watch};
use crate::telemetry::metrics::{Metrics, Refusal};
use crate::telemetry::request_id::RequestIds;

/// After a connection was closed, so much more is read from it, for this time at most.
const LINGER_TIME_MAX: Duration = Duration::from_secs(1);
const LINGER_BYTES_MAX: usize = 256 << 10;
/// How the HTTP library's refusal of a head that is too long begins. It does not say how much is
/// allowed.
const TOO_LONG: &[u8] = b"HTTP/1.1 431 ";

/// See the module.
pub(super) struct Socket {
    stream: TcpStream,
    watch: Rc<Watch>,
    shares: Rc<Shares>,
    metrics: Arc<Metrics>,
    ids: Arc<RequestIds>,
    linger: Option<Linger>,
    farewell: Option<Farewell>,
}

/// The end of a connection after its write side was closed. What the client still sends is read
/// away: the kernel would answer unread bytes with a reset, and the client could lose the response.
struct Linger {
    deadline: Pin<Box<Sleep>>,
    bytes_left: usize,
}

/// What is written instead of a response of the HTTP library, and how many bytes that one has.
struct Farewell {
    ours: Bytes,
    theirs: usize,
}

impl Socket {
    pub(super) fn new(
        stream: TcpStream,
        watch: &Rc<Watch>,
        shares: &Rc<Shares>,
        metrics: &Arc<Metrics>,
        ids: &Arc<RequestIds>,
    ) -> Socket {
        Socket {
            stream,
            watch: Rc::clone(watch),
            shares: Rc::clone(shares),
            metrics: Arc::clone(metrics),
            ids: Arc::clone(ids),
            linger: None,
            farewell: None,
        }
    }

    fn sent(&self, outcome: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        self.watch.wrote(outcome.is_pending());
        if let Poll::Ready(Ok(length)) = &outcome {
            self.metrics.bytes_out(*length);
        }
        outcome
    }

    /// Whether these bytes refuse a head in the words of the HTTP library.
    fn is_farewell(&mut self, pieces: &[io::IoSlice<'_>]) -> bool {
        if self.farewell.is_some() {
            return true;
        }
        if !self.watch.is_between_requests()
            || !pieces.first().is_some_and(|first| first.starts_with(TOO_LONG))
        {
            return false;
        }
        self.metrics.refused(Refusal::Head);
        let ours = responses::head_too_long_bytes(&self.ids.next(), HEAD_BYTES_MAX);
        let theirs = pieces.iter().map(|piece| piece.len()).sum();
        self.farewell = Some(Farewell { ours, theirs });
        true
    }

    fn say_farewell(&mut self, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let Some(farewell) = &mut self.farewell else { return Poll::Ready(Ok(0)) };
        while farewell.ours.has_remaining() {
            let written = ready!(Pin::new(&mut self.stream).poll_write(context, &farewell.ours))?;
            self.metrics.bytes_out(written);
            farewell.ours.advance(written);
        }
        // The library is told that all of its own bytes were written.
        let theirs = farewell.theirs;
        self.farewell = None;
        Poll::Ready(Ok(theirs))
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let outcome = Pin::new(&mut self.stream).poll_read(context, buffer);
        let length = buffer.filled().len() - before;
        if length > 0 {
            if self.watch.received(length) {
                self.shares.crowd.shorten_heads();
            }
            self.metrics.bytes_in(length);
        }
        outcome
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.is_farewell(&[io::IoSlice::new(bytes)]) {
            return self.say_farewell(context);
        }
        let outcome = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.sent(outcome)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.is_farewell(pieces) {
            return self.say_farewell(context);
        }
        let outcome = Pin::new(&mut self.stream).poll_write_vectored(context, pieces);
        self.sent(outcome)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.linger.is_none() {
            ready!(Pin::new(&mut self.stream).poll_shutdown(context))?;
            let deadline = Box::pin(tokio::time::sleep(LINGER_TIME_MAX));
            self.linger = Some(Linger { deadline, bytes_left: LINGER_BYTES_MAX });
        }
        let Socket { stream, linger: Some(linger), .. } = &mut *self else { return Poll::Ready(Ok(())) };
        loop {
            let mut discarded = [0; 4096];
            let mut buffer = ReadBuf::new(&mut discarded);
            match Pin::new(&mut *stream).poll_read(context, &mut buffer) {
                Poll::Pending => return linger.deadline.as_mut().poll(context).map(Ok),
                Poll::Ready(Ok(())) if !buffer.filled().is_empty() => {
                    linger.bytes_left = linger.bytes_left.saturating_sub(buffer.filled().len());
                    if linger.bytes_left == 0 {
                        return Poll::Ready(Ok(()));
                    }
                }
                // The client closed too, or is gone.
                Poll::Ready(_) => return Poll::Ready(Ok(())),
            }
        }
    }
}
