//! The line of one request: what is known of it, from its head to its end.

use std::cell::Cell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use http::header::{HOST, HeaderValue, REFERER, USER_AGENT};
use http::request::Parts;
use http::{HeaderMap, Method, Response, Uri, Version};
use http_body::Body;

use super::super::traceparent::TraceParent;

/// What only the pipeline knows of a request, for its access line: put into the extensions of the
/// response.
#[derive(Debug, Clone, Default)]
pub struct Resolved {
    /// The API name of the operation.
    pub operation: String,
    /// Whether the form of the request names it: a call of IAM or STS.
    pub is_by_form: bool,
    /// What it is done to; each empty for none.
    pub bucket: String,
    /// The key, percent-decoded.
    pub key: String,
    /// The canonical id of who owns the bucket.
    pub owner: String,
    /// The access key id that signed; empty for none.
    pub access_key_id: String,
    /// The account of the principal; empty for `anonymous`.
    pub account: String,
    /// The canonical id of that account.
    pub canonical_id: String,
    /// The ARN of the principal.
    pub principal: String,
    /// Whether the principal is the root user of its account.
    pub is_root: bool,
    /// How the request was signed.
    pub signed_by: SignedBy,
    /// What each stage took, where that was asked for.
    pub stages: Vec<(&'static str, Duration)>,
}

/// How a request is signed, in the words of S3's access logs; empty for not at all.
#[derive(Debug, Clone, Copy, Default)]
pub struct SignedBy {
    /// `SigV2`, `SigV4`
    pub version: &'static str,
    /// `AuthHeader`, `QueryString`
    pub place: &'static str,
}

/// The code of an error, of which the response tells: put into its extensions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorCode(pub std::borrow::Cow<'static, str>);

/// The limit by which a request was refused, for its access line: put into the extensions of the
/// response.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limited(pub(crate) &'static str);

/// Where a request came from.
#[derive(Debug, Clone)]
pub(crate) struct Arrived {
    /// The client, where it is known. Its port is 0 where that is not known.
    pub(crate) client: Option<SocketAddr>,
    /// The trusted proxy that says so, or does not say who the client is.
    pub(crate) proxy: Option<SocketAddr>,
    /// The address of the listener.
    pub(crate) listener: Arc<str>,
    /// The id of the endpoint that the listener stands for.
    pub(crate) endpoint: Option<String>,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct AccessLine {
    pub(super) request_id: String,
    pub(super) origin: Arrived,
    pub(super) at: SystemTime,
    began: Instant,
    pub(super) method: Method,
    pub(super) uri: Uri,
    pub(super) version: Version,
    headers: [Option<HeaderValue>; 3],
    pub(super) traceparent: Option<TraceParent>,
    /// When the last byte of the request's body came.
    received_at: Rc<Cell<Option<Instant>>>,
    /// Of the request's body, framing included.
    pub(super) bytes_in: u64,
    pub(super) answered: Option<AnsweredLine>,
    pub(super) bytes_out: u64,
    /// What is stored could not be read.
    has_failed: bool,
    /// From the head of the request to the end of the response.
    pub(super) took: Duration,
}

/// What the head of the response says.
#[derive(Debug)]
pub(super) struct AnsweredLine {
    pub(super) status: u16,
    pub(super) resolved: Option<Resolved>,
    pub(super) error: Option<ErrorCode>,
    pub(super) limit: Option<&'static str>,
    /// The bytes of the body that the head announces.
    pub(super) announced: Option<u64>,
    /// From the head of the request, and from the last byte of its body, to the head of the
    /// response.
    pub(super) took: Duration,
    pub(super) turned_around: Duration,
    pub(super) headers: HeaderMap,
}

impl AccessLine {
    /// Notes a request.
    pub(crate) fn begin(request: &Parts, origin: Arrived, request_id: &str) -> AccessLine {
        let headers = &request.headers;
        let traceparent = headers.get("traceparent").and_then(|value| value.to_str().ok());
        AccessLine {
            request_id: request_id.to_owned(),
            origin,
            at: SystemTime::now(),
            began: Instant::now(),
            method: request.method.clone(),
            uri: request.uri.clone(),
            version: request.version,
            headers: [HOST, USER_AGENT, REFERER].map(|name| headers.get(name).cloned()),
            traceparent: traceparent.and_then(TraceParent::parse),
            received_at: Rc::default(),
            bytes_in: 0,
            answered: None,
            bytes_out: 0,
            has_failed: false,
            took: Duration::ZERO,
        }
    }

    /// Where it is noted when bytes of the request's body come.
    pub(crate) fn received_at(&self) -> Rc<Cell<Option<Instant>>> {
        Rc::clone(&self.received_at)
    }

    /// The head of the response is there.
    pub(crate) fn answered<B: Body>(&mut self, response: &mut Response<B>) {
        let now = Instant::now();
        let announced = response.body().size_hint().exact();
        let extensions = response.extensions_mut();
        let (resolved, error) = (extensions.remove::<Resolved>(), extensions.get::<ErrorCode>().cloned());
        let limit = extensions.get::<Limited>().map(|limited| limited.0);
        self.answered = Some(AnsweredLine {
            status: response.status().as_u16(),
            resolved,
            error,
            limit,
            announced,
            took: now - self.began,
            turned_around: now - self.received_at.get().unwrap_or(self.began),
            headers: response.headers().clone(),
        });
    }

    /// Bytes of the response were handed to the connection.
    pub(crate) fn sent(&mut self, bytes: usize) {
        self.bytes_out += bytes as u64;
    }

    /// The next bytes of the response could not be read.
    pub(crate) fn failed(&mut self) {
        self.has_failed = true;
    }

    /// The response has ended, or is given up.
    pub(super) fn end(&mut self, bytes_in: u64) {
        self.bytes_in = bytes_in;
        self.took = self.began.elapsed();
    }

    /// Who kept the client from getting a whole response: `storage`, where what is stored could not
    /// be read, or `client`, which is gone or did not take it.
    pub(super) fn aborted(&self) -> Option<&'static str> {
        let is_whole = self.answered.as_ref().is_some_and(|answered| {
            // The body of a response to HEAD is never sent.
            self.method == Method::HEAD || answered.announced.is_none_or(|all| self.bytes_out >= all)
        });
        match (is_whole, self.has_failed) {
            (_, true) => Some("storage"),
            (false, false) => Some("client"),
            (true, false) => None,
        }
    }

    pub(super) fn resolved(&self) -> Option<&Resolved> {
        self.answered.as_ref()?.resolved.as_ref()
    }

    /// The host that the request is addressed to: its target goes before the header. A name and
    /// password ahead of it, which are refused, are left out.
    pub(super) fn host(&self) -> String {
        let host = match self.uri.authority() {
            Some(authority) => authority.as_str().to_owned(),
            None => self.header(0),
        };
        host.rsplit_once('@').map(|(_, host)| host.to_owned()).unwrap_or(host)
    }

    pub(super) fn user_agent(&self) -> String {
        self.header(1)
    }

    pub(super) fn referer(&self) -> String {
        self.header(2)
    }

    /// Bytes that are no UTF-8 are replaced: the line is a text.
    fn header(&self, number: usize) -> String {
        let value = self.headers.get(number).and_then(Option::as_ref);
        value.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).unwrap_or_default()
    }
}
