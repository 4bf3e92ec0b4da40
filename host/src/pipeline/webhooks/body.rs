//! The body of an answer on its way to the client: at the time of the function, not of the client.

use std::io::Error;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body::{Body, Frame};
use http_body_util::BodyExt as _;
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::time::Sleep;

use super::waiting::{AnswerPiece, Waits};

/// Why the first piece of a body did not come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoBeginning {
    /// It took too long.
    TimedOut,
    /// It broke off.
    CutShort,
}

/// A body that may take so long, without the time in which the client takes nothing.
pub(super) struct TimedBody<B> {
    body: B,
    /// Read already.
    first: Option<Bytes>,
    left: Duration,
    /// Since when the function is waited for, and until when.
    waits: Option<(Instant, Pin<Box<Sleep>>)>,
    /// Until the body ends, its call waits, and has its place.
    _held: (Waits, Option<OwnedSemaphorePermit>),
}

impl<B> TimedBody<B>
where
    B: Body<Data = Bytes, Error = Error> + Unpin,
{
    /// Reads the beginning, while a client can still be told of a failure.
    pub(super) async fn begin(
        body: B,
        left: Duration,
        held: (Waits, Option<OwnedSemaphorePermit>),
    ) -> Result<TimedBody<B>, NoBeginning> {
        let mut timed = TimedBody { body, first: None, left, waits: None, _held: held };
        timed.first = match timed.frame().await {
            None => None,
            Some(Ok(frame)) => frame.into_data().ok(),
            Some(Err(error)) if error.kind() == std::io::ErrorKind::TimedOut => {
                return Err(NoBeginning::TimedOut);
            }
            Some(Err(_)) => return Err(NoBeginning::CutShort),
        };
        Ok(timed)
    }
}

impl<B> Body for TimedBody<B>
where
    B: Body<Data = Bytes, Error = Error> + Unpin,
{
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let timed = &mut *self;
        if let Some(first) = timed.first.take() {
            return Poll::Ready(Some(Ok(Frame::data(first))));
        }
        if let Poll::Ready(frame) = Pin::new(&mut timed.body).poll_frame(context) {
            if let Some((since, _)) = timed.waits.take() {
                timed.left = timed.left.saturating_sub(since.elapsed());
            }
            return Poll::Ready(frame);
        }
        let left = timed.left;
        let (_, sleep) =
            timed.waits.get_or_insert_with(|| (Instant::now(), Box::pin(tokio::time::sleep(left))));
        match sleep.as_mut().poll(context) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(()) => Poll::Ready(Some(Err(Error::new(
                std::io::ErrorKind::TimedOut,
                "the webhook took longer than time_ms_max",
            )))),
        }
    }
}

/// The pieces of an answer that comes as a request of its own.
pub(super) struct PiecesBody {
    pub(super) pieces: mpsc::Receiver<Option<AnswerPiece>>,
    pub(super) is_over: bool,
}

impl Body for PiecesBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if self.is_over {
            return Poll::Ready(None);
        }
        self.pieces.poll_recv(context).map(|piece| match piece {
            Some(Some(Ok(bytes))) => Some(Ok(Frame::data(bytes))),
            Some(None) => {
                self.is_over = true;
                None
            }
            Some(Some(Err(failure))) => {
                self.is_over = true;
                Some(Err(Error::other(failure)))
            }
            None => {
                self.is_over = true;
                Some(Err(Error::other("the answer of the webhook broke off")))
            }
        })
    }
}
