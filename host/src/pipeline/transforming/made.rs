//! What a transform made of a response, until it is sent.

use std::io::Error;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame};
use http_body_util::BodyExt as _;

use super::failures;
use crate::body::respond::ResponseBody;
use crate::pipeline::bindings::calls::TransformFailure;
use crate::transforms::ReplyBody;
use crate::transforms::range::RangeCut;

/// What a transform made, until it is sent.
#[derive(Debug)]
pub struct Made {
    length: Option<u64>,
    /// None: the client gets the head alone.
    body: Option<ReplyBody>,
}

impl Made {
    /// The body of a reply. Where it has to be known whole, it is read to its end first.
    ///
    /// # Errors
    /// What fails on the way.
    pub(super) async fn of(
        body: ReplyBody,
        whole: bool,
        is_for_head: bool,
    ) -> Result<Made, TransformFailure> {
        let length = body.length();
        if length.is_some() {
            return Ok(Made { length, body: (!is_for_head).then_some(body) });
        }
        if is_for_head {
            return Ok(Made { length: Some(count(body).await?), body: None });
        }
        if whole {
            return Err(failures::unavailable("a range of what is streamed"));
        }
        Ok(Made { length, body: Some(body) })
    }

    /// Bytes, where they are known.
    pub(super) fn length(&self) -> Option<u64> {
        self.length
    }

    /// The body of a response with it; of it the bytes from one to another, both included.
    ///
    /// # Errors
    /// A range of bytes whose number is not known is a bug of the stage.
    pub(crate) fn body(self, range: Option<(u64, u64)>) -> anyhow::Result<ResponseBody> {
        let Some(body) = self.body else { return Ok(ResponseBody::Empty) };
        let (cut, length) = match (range, self.length) {
            (None, length) => (None, length),
            (Some((first, last)), Some(length)) if first <= last && last < length => {
                (Some(RangeCut::new(first, last)), Some(last - first + 1))
            }
            (Some(_), _) => anyhow::bail!("a range that what was made does not have"),
        };
        let body = Sent { body, cut };
        Ok(ResponseBody::streamed(body.boxed_unsync(), length))
    }
}

/// Counts the bytes of a body.
async fn count(mut body: ReplyBody) -> Result<u64, TransformFailure> {
    let mut length = 0_u64;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|failure| failures::told(&failure))?;
        length += frame.data_ref().map_or(0, Bytes::len) as u64;
    }
    Ok(length)
}

/// What was made on its way to the client.
struct Sent {
    body: ReplyBody,
    cut: Option<RangeCut>,
}

impl Body for Sent {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        loop {
            let Sent { body, cut } = &mut *self;
            if cut.as_ref().is_some_and(RangeCut::is_over) {
                return Poll::Ready(None);
            }
            let frame = match ready!(Pin::new(body).poll_frame(context)) {
                Some(Ok(frame)) => frame,
                Some(Err(failure)) => return Poll::Ready(Some(Err(Error::other(failure)))),
                None => return Poll::Ready(None),
            };
            let Some(cut) = cut else { return Poll::Ready(Some(Ok(frame))) };
            let piece = frame.into_data().map(|bytes| cut.take(bytes)).unwrap_or_default();
            if !piece.is_empty() {
                return Poll::Ready(Some(Ok(Frame::data(piece))));
            }
        }
    }
}
