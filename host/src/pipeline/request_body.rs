//! The body of a request, which work on its call receives.

use std::time::Duration;

use http::header::{CONTENT_LENGTH, EXPECT};
use http::request::Parts;

use crate::body;
use crate::body::multipart::Reached;
use crate::pipeline::call::WholeBody;

/// After a response, at most this much of an unread body is read away, for at most this long.
const DRAIN_BYTES_MAX: u64 = 16 << 20;
const DRAIN_TIME_MAX: Duration = Duration::from_secs(5);

/// What may become of a connection after a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Afterwards {
    /// Another request.
    Reuse,
    /// Nothing.
    Close,
}

/// A request body. The first work that needs it reads it, once; what is left is drained.
pub struct RequestBody<B> {
    pub(super) body: Option<B>,
    pub(super) content_length: Option<u64>,
    /// How far a multipart body was taken apart, once work began with that.
    pub(super) reached: Option<Reached>,
    /// The client waits for `100 Continue`, which the first read sends.
    waits: bool,
    /// The whole body, until the call takes it.
    pub(super) received: Option<WholeBody>,
}

impl<B> RequestBody<B>
where
    B: http_body::Body<Data = bytes::Bytes> + Unpin,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    /// The body of a request, of which nothing was read yet.
    pub fn new(body: B, parts: &Parts) -> Self {
        let headers = &parts.headers;
        let length = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
        let waits = headers.contains_key(EXPECT);
        RequestBody { body: Some(body), content_length: length, reached: None, waits, received: None }
    }

    /// The body that was received as a whole, for the call to keep.
    pub fn take_received(&mut self) -> Option<WholeBody> {
        self.received.take()
    }

    /// What `Content-Length` says.
    pub(crate) fn content_length(&self) -> Option<u64> {
        self.content_length
    }

    /// The body, once.
    pub(crate) fn take(&mut self) -> Option<B> {
        let body = self.body.take()?;
        // hyper never asks for an empty body, so such a client still waits.
        self.waits &= body.is_end_stream();
        Some(body)
    }

    /// Reads the rest of the body away. A client that still waits for `100 Continue` does not get
    /// it. What it sends next could be the body or another request, so its connection must not be
    /// used again.
    pub async fn drain(&mut self) -> Afterwards {
        if self.waits {
            return Afterwards::Close;
        }
        if let Some(body) = self.body.take().filter(|body| !body.is_end_stream()) {
            body::drain(body, DRAIN_BYTES_MAX, DRAIN_TIME_MAX).await;
        }
        Afterwards::Reuse
    }
}
