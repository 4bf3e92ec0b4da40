//! What a transform made of a response, until it is sent; of a new object, until it is stored.

use std::io::Error;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame};
use http_body_util::BodyExt as _;
use http_body_util::combinators::UnsyncBoxBody;

use super::failures;
use super::range_cut::RangeCut;
use crate::body::respond::ResponseBody;
use crate::pipeline::bindings::calls::{MadeNeed, TransformFailure, TransformFailureKind};
use crate::transforms::{self, BodyFailed, CallFailure, KeptBody, ReplyBody, Variant};

/// What a transform made, until it is sent.
#[derive(Debug)]
pub struct Made {
    length: Option<u64>,
    body: MadeBody,
}

#[derive(Debug)]
enum MadeBody {
    /// It was taken already.
    Gone,
    /// The client gets the head alone.
    Nothing,
    /// As it comes.
    Reply(ReplyBody),
    /// As it comes from elsewhere.
    Elsewhere(UnsyncBoxBody<Bytes, Error>),
    /// All of it is written down.
    Kept(Arc<Variant>),
    /// The beginning is written down, and the rest comes.
    Begun(Arc<Variant>, ReplyBody),
}

impl Made {
    /// The body of a reply as it comes. Its length may not be known.
    pub(super) fn of(body: ReplyBody) -> Made {
        Made { length: body.length(), body: MadeBody::Reply(body) }
    }

    /// The length of a reply alone, of which so many bytes were read: it is read to its end.
    ///
    /// # Errors
    /// What fails on the way.
    pub(super) async fn counted_from(read: u64, body: ReplyBody) -> Result<Made, CallFailure> {
        let length = match body.length().filter(|_| read == 0) {
            Some(length) => length,
            None => read + count(body).await?,
        };
        Ok(Made { length: Some(length), body: MadeBody::Nothing })
    }

    /// What is written down.
    pub(super) fn kept(variant: Arc<Variant>, need: MadeNeed) -> Made {
        let length = Some(variant.length());
        Made {
            length,
            body: if need == MadeNeed::Length { MadeBody::Nothing } else { MadeBody::Kept(variant) },
        }
    }

    /// What was taken already, by a call that is repeated.
    pub(crate) fn gone() -> Made {
        Made { length: None, body: MadeBody::Gone }
    }

    /// What is written down, and the rest.
    pub(super) fn begun(variant: Arc<Variant>, rest: ReplyBody, length: Option<u64>) -> Made {
        Made { length, body: MadeBody::Begun(variant, rest) }
    }

    /// What comes from elsewhere, as it comes.
    pub(crate) fn elsewhere(body: UnsyncBoxBody<Bytes, Error>, length: Option<u64>) -> Made {
        Made { length, body: MadeBody::Elsewhere(body) }
    }

    /// Bytes, where they are known.
    pub(crate) fn length(&self) -> Option<u64> {
        self.length
    }

    /// All of it, as another transform reads it. Where it breaks off, `earlier` says why.
    pub(super) fn input(self, earlier: EarlierFailure) -> Result<transforms::Body, TransformFailure> {
        let failed = |error: Error| BodyFailed(error.to_string());
        match self.body {
            MadeBody::Reply(body) => {
                Ok(body.map_err(move |failure| failed(earlier.note(failure))).boxed_unsync())
            }
            MadeBody::Begun(variant, rest) => {
                let (begun, _) = variant.body_from(0);
                Ok(Chained { begun: Some(begun), rest, earlier }.map_err(failed).boxed_unsync())
            }
            body => {
                let body = Made { body, ..self }.body(None);
                let body = body.map_err(|_| failures::of(TransformFailureKind::SourceFailed, ""))?;
                Ok(body.map_err(|error| BodyFailed(error.to_string())).boxed_unsync())
            }
        }
    }

    /// The body of a response with it; of it the bytes from one to another, both included.
    ///
    /// # Errors
    /// A range of bytes whose number is not known is a bug of the stage.
    pub(crate) fn body(self, range: Option<(u64, u64)>) -> anyhow::Result<ResponseBody> {
        let (first, length) = match (range, self.length) {
            (None, length) => (0, length),
            (Some((first, last)), Some(length)) if first <= last && last < length => {
                (first, Some(last - first + 1))
            }
            (Some(_), _) => anyhow::bail!("a range that what was made does not have"),
        };
        let last = length.map(|length| first + length.saturating_sub(1));
        let cut = |before: u64| range.and(last).map(|last| RangeCut::new(before, before + last - first));
        let body = match self.body {
            MadeBody::Gone => anyhow::bail!("what was made is gone"),
            MadeBody::Nothing => return Ok(ResponseBody::Empty),
            _ if length == Some(0) => return Ok(ResponseBody::Empty),
            MadeBody::Reply(body) => CutBody { body: body.map_err(broken), cut: cut(first) }.boxed_unsync(),
            MadeBody::Elsewhere(body) => CutBody { body, cut: cut(first) }.boxed_unsync(),
            MadeBody::Kept(variant) => {
                let (body, before) = variant.body_from(first);
                CutBody { body, cut: cut(before) }.boxed_unsync()
            }
            MadeBody::Begun(variant, rest) => {
                let (begun, _) = variant.body_from(0);
                Chained { begun: Some(begun), rest, earlier: EarlierFailure::default() }.boxed_unsync()
            }
        };
        Ok(ResponseBody::streamed(body, length))
    }
}

/// What a transform failed of while the next one of its chain read what it makes. The client is
/// told of this failure, and not of that one's source.
#[derive(Debug, Clone, Default)]
pub(super) struct EarlierFailure(Arc<Mutex<Option<CallFailure>>>);

impl EarlierFailure {
    fn note(&self, failure: CallFailure) -> Error {
        let error = broken(failure.clone());
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(failure);
        error
    }

    /// The failure that counts, where one follows from the other.
    pub(super) fn or(&self, later: CallFailure) -> CallFailure {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or(later)
    }
}

/// What the log says of a body that breaks off. A transform's own words are escaped.
fn broken(failure: CallFailure) -> Error {
    Error::other(format!("{}: {:?}", failure.kind.name(), failure.words))
}

/// Counts the bytes of a body.
async fn count(mut body: ReplyBody) -> Result<u64, CallFailure> {
    let mut length = 0_u64;
    while let Some(frame) = body.frame().await {
        length += frame?.data_ref().map_or(0, Bytes::len) as u64;
    }
    Ok(length)
}

/// What was made on its way to the client.
struct CutBody<B> {
    body: B,
    cut: Option<RangeCut>,
}

impl<B: Body<Data = Bytes, Error = Error> + Unpin> Body for CutBody<B> {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        loop {
            let CutBody { body, cut } = &mut *self;
            if cut.as_ref().is_some_and(RangeCut::is_over) {
                return Poll::Ready(None);
            }
            let Some(frame) = ready!(Pin::new(body).poll_frame(context)) else { return Poll::Ready(None) };
            let Some(cut) = cut else { return Poll::Ready(Some(frame)) };
            let piece = frame?.into_data().map(|bytes| cut.take(bytes)).unwrap_or_default();
            if !piece.is_empty() {
                return Poll::Ready(Some(Ok(Frame::data(piece))));
            }
        }
    }
}

/// What is written down, and then what comes.
struct Chained {
    begun: Option<KeptBody>,
    rest: ReplyBody,
    earlier: EarlierFailure,
}

impl Body for Chained {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if let Some(begun) = &mut self.begun {
            match ready!(Pin::new(begun).poll_frame(context)) {
                None => self.begun = None,
                frame => return Poll::Ready(frame),
            }
        }
        let frame = ready!(Pin::new(&mut self.rest).poll_frame(context));
        Poll::Ready(frame.map(|frame| frame.map_err(|failure| self.earlier.note(failure))))
    }
}
