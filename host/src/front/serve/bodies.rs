//! Bodies of requests and responses on their way. Each is noted in the pass of its request, slowed
//! down to its rates, and ended with it.

use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::time::Sleep;

use super::Flight;
use crate::body::receive::BoxError;
use crate::body::respond::ResponseBody;
use crate::pipeline::shares::Pass;

/// Bytes wait for their rate no longer than this at a time, so that no other limit takes the
/// request for a stalled one. What is still owed then makes further requests wait.
const PAUSE_MAX: Duration = Duration::from_secs(20);
/// A pause is slept in steps of this length.
const LOOK: Duration = Duration::from_millis(500);

/// A pause between bytes.
#[derive(Default)]
struct Pause {
    left: Duration,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Pause {
    fn set(&mut self, wait: Duration) {
        self.left = wait.min(PAUSE_MAX);
    }

    /// Ready when it is over.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        loop {
            if let Some(sleep) = &mut self.sleep {
                ready!(sleep.as_mut().poll(context));
                self.sleep = None;
            }
            if self.left.is_zero() {
                return Poll::Ready(());
            }
            let step = self.left.min(LOOK);
            self.left -= step;
            self.sleep = Some(Box::pin(tokio::time::sleep(step)));
        }
    }
}

/// The body of a request.
pub(super) struct Received<B> {
    body: B,
    pass: Rc<Pass>,
    pause: Pause,
    /// Where it is noted when bytes come, for the log.
    received_at: Option<Rc<Cell<Option<Instant>>>>,
}

impl<B> Received<B> {
    pub(super) fn new(
        body: B,
        pass: Rc<Pass>,
        received_at: Option<Rc<Cell<Option<Instant>>>>,
    ) -> Received<B> {
        Received { body, pass, pause: Pause::default(), received_at }
    }
}

impl<B> Body for Received<B>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<BoxError>,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let Received { body, pass, pause, received_at } = self.get_mut();
        if let Some(failure) = pass.ended() {
            return Poll::Ready(Some(Err(failure.into())));
        }
        ready!(pause.poll(context));
        match Pin::new(body).poll_frame(context) {
            Poll::Pending => {
                pass.receiving(context.waker());
                Poll::Pending
            }
            Poll::Ready(frame) => {
                let bytes = frame.as_ref().and_then(|frame| frame.as_ref().ok()?.data_ref());
                pause.set(pass.received(bytes.map_or(0, Bytes::len)));
                if let Some(received_at) = received_at {
                    received_at.set(Some(Instant::now()));
                }
                Poll::Ready(frame.map(|frame| frame.map_err(Into::into)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A response body on its way. The request is in flight until this is dropped.
pub(crate) struct Outgoing {
    body: ResponseBody,
    flight: Flight,
    pause: Pause,
}

impl Outgoing {
    pub(super) fn new(body: ResponseBody, flight: Flight) -> Outgoing {
        Outgoing { body, flight, pause: Pause::default() }
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let Outgoing { body, flight, pause } = self.get_mut();
        flight.taken();
        let polled = match pause.poll(context) {
            Poll::Ready(()) => Pin::new(body).poll_frame(context),
            Poll::Pending => Poll::Pending,
        };
        match &polled {
            Poll::Ready(Some(Ok(frame))) => flight.sent(frame.data_ref().map_or(0, Bytes::len)),
            Poll::Ready(Some(Err(_))) => flight.failed(),
            _ => {}
        }
        let Some(pass) = &flight.pass else { return polled };
        match &polled {
            // It waits for the disk or for a rate, so the client is not the one who stalls.
            Poll::Pending => pass.working(),
            Poll::Ready(frame) => {
                let bytes = frame.as_ref().and_then(|frame| frame.as_ref().ok()?.data_ref());
                pause.set(pass.responding(bytes.map_or(0, Bytes::len)));
            }
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
