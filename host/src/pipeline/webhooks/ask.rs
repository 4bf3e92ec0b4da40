//! A webhook is asked: from the event to its answer.

use std::io::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::HeaderMap;
use http::response::Parts;
use http_body::Body;
use http_body_util::{BodyExt as _, Collected, LengthLimitError, Limited};
use serde_json::{Map, Value};
use subtle::ConstantTimeEq as _;
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use super::body::{NoBeginning, PiecesBody, TimedBody};
use super::figures::name_of;
use super::input::{InputBytes, WebhookInput, presigned};
use super::waiting::{DeliveredAnswer, ROUTE, Secrets, Waits};
use super::{ServedWebhook, Webhooks};
use crate::config::WebhookKind;
use crate::outbound::{Outbound, Posted, Unfetched};
use crate::pipeline::bindings::calls::{
    self, MadeHead, TransformFailure, TransformFailureKind, Webhook, WebhookContent,
};
use crate::pipeline::call::TransformWork;
use crate::pipeline::shared::Shared;
use crate::pipeline::transforming::{FailedTransform, Made, OfTransform};

/// Bytes of an answer that is a document: as much as a function of AWS may return.
const DOCUMENT_BYTES_MAX: usize = 6 << 20;
/// Bytes of the headers of a response.
const HEADERS_BYTES_MAX: usize = 16 << 10;
/// What the event names the context of a GET.
const OF_GET: &str = "getObjectContext";
/// The same of a HEAD.
const OF_HEAD: &str = "headObjectContext";
/// The headers by which a response in the place of a request says for which call it is.
const ROUTE_HEADER: &str = "x-amz-request-route";
const TOKEN_HEADER: &str = "x-amz-request-token";
/// Says that a function failed, where the runtime of AWS stands in front of it.
const FUNCTION_ERROR: &str = "x-amz-function-error";

/// What a webhook made.
type MadeElsewhere = Result<(calls::Made, Option<Made>), NoAnswer>;

/// Why there is no answer.
struct NoAnswer {
    kind: TransformFailureKind,
    /// For the log; empty where that has it already.
    why: String,
    /// For the client.
    words: String,
}

impl NoAnswer {
    fn new(kind: TransformFailureKind, why: impl ToString) -> NoAnswer {
        NoAnswer { kind, why: why.to_string(), words: String::new() }
    }

    /// One whose reason the client is told, too.
    fn told(kind: TransformFailureKind, why: impl ToString) -> NoAnswer {
        let why = why.to_string();
        NoAnswer { kind, words: why.clone(), why }
    }
}

/// One call of a webhook.
#[derive(Clone)]
struct AskedWebhook {
    webhook: Arc<ServedWebhook>,
    outbound: Arc<Outbound>,
    began: Instant,
}

impl Webhooks {
    /// Has a webhook transform the response of a call.
    ///
    /// # Errors
    /// What became of a webhook that made nothing. The log says more.
    pub(crate) async fn ask(
        &self,
        work: TransformWork,
        of: &Webhook,
        shared: &Shared,
    ) -> Result<(calls::Made, Option<Made>), TransformFailure> {
        let request_id = work.request_id.clone();
        let counts = self.served.get(&of.name).map(|webhook| &webhook.counts);
        if let Some(counts) = counts {
            counts.asked();
        }
        self.asked(work, of, shared).await.map_err(|NoAnswer { kind, why, words }| {
            if let Some(counts) = counts {
                counts.failed(kind);
            }
            if !why.is_empty() {
                tracing::warn!(request_id, webhook = of.name, why, "a webhook gave no answer");
            }
            let kind_name = name_of(kind);
            let explained =
                FailedTransform { of: OfTransform::Webhook(&of.name), kind: kind_name, words: &why };
            explained.keep(&shared.explanations, &request_id);
            TransformFailure { kind, words }
        })
    }

    async fn asked(&self, work: TransformWork, of: &Webhook, shared: &Shared) -> MadeElsewhere {
        let TransformWork { input, head, .. } = work;
        let webhook = self.served.get(&of.name);
        let webhook =
            webhook.ok_or_else(|| NoAnswer::new(TransformFailureKind::Unavailable, "there is none"))?;
        let place = webhook.place().await;
        let place =
            place.ok_or_else(|| NoAnswer::new(TransformFailureKind::Busy, "calls_max are running"))?;
        let source_failed = |why: &str| NoAnswer::new(TransformFailureKind::SourceFailed, why);
        let bytes = InputBytes::of(input, &shared.volume).map_err(|error| {
            crate::telemetry::reason::given(&error, "stored bytes could not be read");
            source_failed("")
        })?;
        let (status, headers) = head.ok_or_else(|| source_failed("there is no response"))?;
        let bytes = bytes.ok_or_else(|| source_failed("a function has made the response"))?;
        let secrets = Secrets::draw().map_err(|error| source_failed(&error.to_string()))?;
        let (base, target) = self.url(webhook, of, &secrets);
        let url = format!("{base}{target}");
        let is_head = of.asked == OF_HEAD;
        let input = WebhookInput { target, is_head, status, headers, bytes };
        let (waits, answer) = self.waiting.add(secrets, input);
        let event = event(of, url, &waits.token).map_err(|error| source_failed(&error.to_string()))?;
        let asked = AskedWebhook {
            webhook: Arc::clone(webhook),
            outbound: Arc::clone(&shared.outbound),
            began: Instant::now(),
        };
        match (of.asked.as_str(), webhook.kind) {
            (OF_GET, WebhookKind::Aws) => asked.until_answered(event, (waits, place), answer).await,
            (OF_GET, WebhookKind::Minio) => asked.response(event, (waits, place)).await,
            _ => asked.document(event).await,
        }
    }

    /// Base, and path with query, of the URL by which a webhook reads the response.
    fn url(&self, webhook: &ServedWebhook, of: &Webhook, secrets: &Secrets) -> (String, String) {
        let (scheme, rest) = of.url.split_once("://").unwrap_or(("http", &of.url));
        let (host, path) = rest.find('/').and_then(|at| rest.split_at_checked(at)).unwrap_or((rest, "/"));
        let base = webhook.server_url.clone().unwrap_or_else(|| format!("{scheme}://{host}"));
        let seconds = webhook.time_max.as_secs() + 1;
        let target = presigned(path, &secrets.id, &secrets.signature, &of.moment, &self.region, seconds);
        (base, target)
    }
}

/// The event with its context.
fn event(of: &Webhook, url: String, token: &str) -> Result<Bytes, serde_json::Error> {
    let mut event: Map<String, Value> = serde_json::from_str(&of.event)?;
    let mut context = Map::from_iter([("inputS3Url".to_owned(), Value::String(url))]);
    if of.asked == OF_GET {
        context.insert("outputRoute".to_owned(), Value::String(ROUTE.to_owned()));
        context.insert("outputToken".to_owned(), Value::String(token.to_owned()));
    }
    event.insert(of.asked.clone(), Value::Object(context));
    Ok(serde_json::to_vec(&event)?.into())
}

impl AskedWebhook {
    fn timed_out(&self) -> NoAnswer {
        let why = format!("no answer within time_ms_max = {}", self.webhook.time_max.as_millis());
        NoAnswer::new(TransformFailureKind::TimedOut, why)
    }

    fn left(&self) -> Duration {
        self.webhook.time_max.saturating_sub(self.began.elapsed())
    }

    /// The response to the event, if it says that the function ran.
    async fn post(&self, event: Bytes) -> Result<Posted, NoAnswer> {
        let posting = self.outbound.post(&self.webhook.to, self.webhook.authorization.as_ref(), event);
        let posted = tokio::time::timeout(self.left(), posting).await.map_err(|_| self.timed_out())?;
        let posted = posted.map_err(|(unfetched, why): (Unfetched, String)| NoAnswer {
            kind: TransformFailureKind::Unavailable,
            why,
            words: unfetched.to_string(),
        })?;
        self.check_status(&posted.head)?;
        Ok(posted)
    }

    fn check_status(&self, head: &Parts) -> Result<(), NoAnswer> {
        let status = head.status.as_u16();
        let words = format!("it answered with the status {status}");
        // A webhook of MinIO's kind may say the status of the response in its own.
        if self.webhook.kind == WebhookKind::Minio && head.headers.contains_key(TOKEN_HEADER) {
            return Ok(());
        }
        match status {
            200..=299 if head.headers.contains_key(FUNCTION_ERROR) => {
                Err(NoAnswer::new(TransformFailureKind::Trapped, "the function failed"))
            }
            200..=299 => Ok(()),
            500..=599 => Err(NoAnswer::new(TransformFailureKind::Trapped, words)),
            _ => Err(NoAnswer::told(TransformFailureKind::Unavailable, words)),
        }
    }

    /// The whole response to the event.
    async fn collect(&self, posted: Posted) -> Result<Bytes, NoAnswer> {
        let collecting = Limited::new(posted.body, DOCUMENT_BYTES_MAX).collect();
        let collected = tokio::time::timeout(self.left(), collecting).await.map_err(|_| self.timed_out())?;
        let bytes =
            collected.map(Collected::to_bytes).map_err(|error| match error.is::<LengthLimitError>() {
                true => {
                    let why = format!("its response has more than {DOCUMENT_BYTES_MAX} bytes");
                    NoAnswer::told(TransformFailureKind::OutputTooLong, why)
                }
                false => NoAnswer::new(TransformFailureKind::CutShort, "its response broke off"),
            })?;
        match has_failed(&bytes) {
            true => Err(NoAnswer::new(TransformFailureKind::Trapped, "the function failed")),
            false => Ok(bytes),
        }
    }

    /// The document that a webhook answers for a head or a listing.
    async fn document(&self, event: Bytes) -> MadeElsewhere {
        let posted = self.post(event).await?;
        let bytes = self.collect(posted).await?;
        Ok((calls::Made::Document(bytes.to_vec()), None))
    }

    /// The answer of a webhook that answers in its response.
    async fn response(&self, event: Bytes, (waits, place): (Waits, OwnedSemaphorePermit)) -> MadeElsewhere {
        let posted = self.post(event).await?;
        let headers = &posted.head.headers;
        let is = |name: &str, value: &str| {
            headers.get(name).is_some_and(|sent| bool::from(sent.as_bytes().ct_eq(value.as_bytes())))
        };
        if !is(ROUTE_HEADER, ROUTE) || !is(TOKEN_HEADER, &waits.token) {
            let words = "its response does not have the route and the token of the request";
            return Err(NoAnswer::told(TransformFailureKind::BadReply, words));
        }
        let head = MadeHead {
            status: posted.head.status.as_u16(),
            headers: lines(headers)?,
            metadata: None,
            length: None,
            etag: None,
        };
        let length = posted.body.size_hint().exact();
        let made = self.begin(posted.body.map_err(Error::other), length, (waits, Some(place))).await?;
        Ok((calls::Made::Reply(head), Some(made)))
    }

    /// The answer that comes as a request of its own. The function goes on to its end, whatever
    /// becomes of the call, and has its place for so long.
    async fn until_answered(
        &self,
        event: Bytes,
        (waits, place): (Waits, OwnedSemaphorePermit),
        mut answer: oneshot::Receiver<DeliveredAnswer>,
    ) -> MadeElsewhere {
        let (ended, mut end) = oneshot::channel();
        let asked = self.clone();
        tokio::spawn(async move {
            let _place = place;
            let outcome = match asked.post(event).await {
                Ok(posted) => asked.collect(posted).await.map(drop),
                Err(no_answer) => Err(no_answer),
            };
            // Who has an answer does not wait for this.
            let _ = ended.send(outcome);
        });
        let delivered = tokio::select! {
            biased;
            delivered = &mut answer => delivered.ok(),
            outcome = &mut end => match (answer.try_recv(), outcome) {
                // It has answered, and then ended.
                (Ok(delivered), _) => Some(delivered),
                (Err(_), Ok(Err(no_answer))) => return Err(no_answer),
                (Err(_), Ok(Ok(())) | Err(_)) => None,
            },
            () = tokio::time::sleep(self.left()) => return Err(self.timed_out()),
        };
        let delivered = delivered
            .ok_or_else(|| NoAnswer::new(TransformFailureKind::Incomplete, "it ended without an answer"))?;
        match delivered.content {
            WebhookContent::Reply(head) => {
                let body = PiecesBody { pieces: delivered.pieces, is_over: false };
                let made = self.begin(body, delivered.length, (waits, None)).await?;
                Ok((calls::Made::Reply(head), Some(made)))
            }
            WebhookContent::Refused(error) => Ok((calls::Made::Refused(error), None)),
            WebhookContent::Invalid(words) => Err(NoAnswer::told(TransformFailureKind::BadReply, words)),
        }
    }

    async fn begin<B>(
        &self,
        body: B,
        length: Option<u64>,
        held: (Waits, Option<OwnedSemaphorePermit>),
    ) -> Result<Made, NoAnswer>
    where
        B: Body<Data = Bytes, Error = Error> + Unpin + Send + 'static,
    {
        match TimedBody::begin(body, self.left(), held).await {
            Ok(body) => Ok(Made::elsewhere(body.boxed_unsync(), length)),
            Err(NoBeginning::TimedOut) => Err(self.timed_out()),
            Err(NoBeginning::CutShort) => {
                Err(NoAnswer::new(TransformFailureKind::CutShort, "its answer broke off"))
            }
        }
    }
}

fn lines(headers: &HeaderMap) -> Result<String, NoAnswer> {
    let mut lines = String::new();
    for (name, value) in headers {
        // What is not text cannot be handed on.
        let Ok(value) = std::str::from_utf8(value.as_bytes()) else { continue };
        lines.extend([name.as_str(), ": ", value, "\n"]);
    }
    match lines.len() > HEADERS_BYTES_MAX {
        true => {
            let words = format!("its headers have more than {HEADERS_BYTES_MAX} bytes");
            Err(NoAnswer::told(TransformFailureKind::BadReply, words))
        }
        false => Ok(lines),
    }
}

/// Whether the runtime of AWS says that the function failed.
fn has_failed(document: &[u8]) -> bool {
    let Ok(Value::Object(members)) = serde_json::from_slice(document) else { return false };
    let has = |name: &str| members.contains_key(name);
    has("errorType") && has("errorMessage") && !has("statusCode")
}
