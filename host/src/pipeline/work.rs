//! Does the work that stages schedule: receives bodies, commits, digests, fetches.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest as _, Sha256};

use crate::body::multipart::{self, PartBody, Reached};
use crate::body::{self, Boundary, Failure, Payload, Plan};
use crate::hex;
use crate::outbound::{Outbound, Unfetched};
use crate::pipeline::bindings::calls::{
    self, Batch, Digest, DigestAlgorithm, Fetch, Outcome, Requirement, Span, Transformer, WebhookAnswer,
};
use crate::pipeline::call::{
    CallResponseBody, Hold, Ingest, IngestSource, PackageWork, StoredBytes, TestWork, TransformWork,
    WholeBody, Work,
};
use crate::pipeline::contract::{algorithm, contract_algorithm, volume_span};
use crate::pipeline::quotas;
use crate::pipeline::request_body::RequestBody;
use crate::pipeline::shared::Shared;
use crate::pipeline::shares::Pass;
use crate::pipeline::shares::room::{SHORT_BYTES_MAX, Taken};
use crate::pipeline::transforming::{CheckedPackage, LentToRun, Made, TriedCode, Unpackaged};
use crate::pipeline::webhooks::{self, AnswerOutcome};
use crate::telemetry::reason;
use crate::transforms::Objects;
use volume::{self, CommitError, PendingBlob, SpanReader, Volume, VolumeError};

/// Memory that a document takes while its call lasts, in lengths of the document: as it came, as a
/// stage reads it, and what is made of it.
const DOCUMENT_COPIES: u64 = 4;

/// Whether a request is within its shares.
#[derive(Debug, Clone)]
pub enum Sender {
    /// It is.
    Admitted(Rc<Pass>),
    /// It is not: no work is done for it.
    Refused,
}

/// What came of a piece of work.
#[derive(Debug)]
pub struct Done {
    /// What the stage is told.
    pub outcome: Outcome,
    /// Blobs that were received, and that no commit has kept yet.
    pub pending: Vec<PendingBlob>,
    /// What a transform made.
    pub made: Option<Made>,
    /// The code of a component that was tried.
    pub tried: Option<Box<TriedCode>>,
    /// The body that an inner request was answered with.
    pub inner: Option<CallResponseBody>,
}

/// What work is lent.
#[derive(Clone, Copy)]
pub(super) struct WorkLent<'a, 'b> {
    pub(super) shared: &'a Shared,
    /// Makes what reads other objects for a transform.
    pub(super) objects: &'b dyn Fn() -> Option<Arc<dyn Objects>>,
}

impl From<Outcome> for Done {
    fn from(outcome: Outcome) -> Done {
        Done { outcome, pending: Vec::new(), made: None, tried: None, inner: None }
    }
}

/// Does a piece of work.
/// `rooms` holds the room of the call's documents until the call ends.
pub(super) async fn perform<'a, B>(
    work: Work,
    payload: Payload,
    sender: Sender,
    body: &mut RequestBody<B>,
    lent: WorkLent<'a, '_>,
    rooms: &mut Vec<Taken<'a>>,
) -> Done
where
    B: http_body::Body<Data = bytes::Bytes> + Unpin,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let shared = lent.shared;
    let idle = shared.config.body_idle_timeout();
    let Sender::Admitted(pass) = sender else {
        return failed(Failure::Overloaded).into();
    };
    if let Work::Collect(length_max) | Work::Receive(length_max) = &work {
        // A document without an announced length takes room for the longest that is allowed.
        // It is rarely as long, so that is not counted several times.
        // One that is kept is there once, and only one stage reads it.
        let is_long = body.content_length.is_some_and(|length| length > SHORT_BYTES_MAX);
        let is_kept = matches!(work, Work::Receive(_));
        let times = if is_long && !is_kept { DOCUMENT_COPIES } else { 1 };
        let announced = body.content_length.map(|length| length.saturating_mul(times));
        match shared.room.take(pass.party(), announced, length_max.saturating_mul(times)) {
            Some(room) => rooms.push(room),
            None => {
                pass.refuse_documents();
                return failed(Failure::Overloaded).into();
            }
        }
    }
    // The futures that read a body are kilobytes long. They are boxed, so that this future stays
    // small for requests without a body.
    let done = match work {
        Work::Collect(length_max) => Box::pin(collect(body, payload, length_max, idle)).await.into(),
        Work::Receive(length_max) => Box::pin(receive(body, payload, length_max, idle)).await.into(),
        Work::Part(boundary, length_max) => Box::pin(part(body, boundary, length_max, idle)).await.into(),
        Work::Ingest(plan) => {
            let (outcome, pending) = Box::pin(ingest(body, payload, plan, &shared.volume, idle)).await;
            Done { pending, ..Done::from(outcome) }
        }
        Work::Hold(plan) => Box::pin(hold(body, payload, plan, shared, idle)).await,
        Work::Commit(batch) => commit(batch, shared).await.into(),
        Work::Digest(spans, digests) => digest(&spans, &digests, &shared.volume).await.into(),
        Work::Fetch(wanted) => fetch(&wanted, &shared.outbound).await.into(),
        Work::Package(work) => Box::pin(package(*work, shared)).await,
        Work::Transform(work) => Box::pin(transform(*work, lent)).await,
        Work::Test(work) => Box::pin(test(*work, lent)).await.into(),
        // The worker makes it.
        Work::Request(..) => failed(Failure::StorageFailed).into(),
        Work::Answer(answer) => Box::pin(answered(*answer, body, payload, shared)).await.into(),
        Work::Pause => {
            tokio::task::yield_now().await;
            Outcome::None.into()
        }
    };
    if let Outcome::Failed(calls::Failure::StorageFull) = done.outcome {
        pass.meets_full_disk();
    }
    done
}

async fn package(work: PackageWork, shared: &Shared) -> Done {
    match shared.transforming.package(work, &shared.volume, shared.config.body_idle_timeout()).await {
        Ok(CheckedPackage { packaged, blob, tried }) => {
            Done { pending: blob.into_iter().collect(), tried, ..Done::from(Outcome::Packaged(packaged)) }
        }
        Err(Unpackaged::Refused(why)) => Outcome::Unpackaged(why).into(),
        Err(Unpackaged::Failed(failure)) => failed(failure).into(),
    }
}

async fn test(work: TestWork, WorkLent { shared, objects }: WorkLent<'_, '_>) -> Outcome {
    let lent = LentToRun { volume: &shared.volume, outbound: &shared.outbound, objects };
    Outcome::Tested(shared.transforming.test(work, lent).await)
}

async fn transform(work: TransformWork, WorkLent { shared, objects }: WorkLent<'_, '_>) -> Done {
    let outcome = match work.plan.transformer.clone() {
        Transformer::Webhook(webhook) => shared.webhooks.ask(work, &webhook, shared).await,
        Transformer::Function(function) => {
            let lent = LentToRun { volume: &shared.volume, outbound: &shared.outbound, objects };
            shared.transforming.transform(&function, work, lent).await
        }
    };
    match outcome {
        Ok((made, body)) => Done { made: body, ..Done::from(Outcome::Made(made)) },
        Err(failure) => Outcome::Unmade(failure).into(),
    }
}

/// Hands a body to the call that waits for it.
async fn answered<B>(
    answer: WebhookAnswer,
    body: &mut RequestBody<B>,
    payload: Payload,
    shared: &Shared,
) -> Outcome
where
    B: http_body::Body<Data = bytes::Bytes> + Unpin,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let idle = shared.config.body_idle_timeout();
    match webhooks::deliver(&shared.webhooks, answer, (body, payload), idle).await {
        AnswerOutcome::Whole => Outcome::Answered,
        AnswerOutcome::Nowhere(why) => Outcome::Unanswered(why),
        AnswerOutcome::Failed(failure) => failed(failure),
    }
}

async fn part<B>(body: &mut RequestBody<B>, boundary: Boundary, length_max: u64, idle: Duration) -> Outcome
where
    B: http_body::Body<Data = bytes::Bytes> + Unpin,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let Some(mut stream) = body.take() else { return failed(Failure::BodyIncomplete) };
    let mut reached = body.reached.take().unwrap_or_else(|| Reached::start(boundary));
    let received = multipart::next_content(&mut stream, &mut reached, length_max, idle).await;
    (body.body, body.reached) = (Some(stream), Some(reached));
    match received {
        Ok(bytes) => Outcome::Collected((bytes, Vec::new())),
        Err(failure) => failed(failure),
    }
}

async fn collect<B>(body: &mut RequestBody<B>, payload: Payload, length_max: u64, idle: Duration) -> Outcome
where
    B: http_body::Body<Data = bytes::Bytes> + Unpin,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let Some(mut stream) = body.take() else { return failed(Failure::BodyIncomplete) };
    let collected = match body.reached.take() {
        None => body::collect(&mut stream, payload, length_max, idle).await,
        Some(reached) => {
            let content = PartBody::new(&mut stream, reached);
            body::collect(content, payload, length_max, idle).await
        }
    };
    match collected {
        Ok(collected) => Outcome::Collected((collected.bytes, collected.trailers)),
        Err(failure) => {
            // What the client still sends is read away after the response.
            body.body = Some(stream);
            failed(failure)
        }
    }
}

/// Receives the whole body for the call to keep, with its SHA-256.
async fn receive<B>(body: &mut RequestBody<B>, payload: Payload, length_max: u64, idle: Duration) -> Outcome
where
    B: http_body::Body<Data = bytes::Bytes> + Unpin,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    match collect(body, payload, length_max, idle).await {
        Outcome::Collected((bytes, _)) => {
            let sha256 = hex::text(&Sha256::digest(&bytes));
            body.received = Some(WholeBody { bytes: bytes.into(), sha256 });
            Outcome::None
        }
        other => other,
    }
}

async fn ingest<B>(
    body: &mut RequestBody<B>,
    payload: Payload,
    plan: Ingest,
    volume: &Volume,
    idle: Duration,
) -> (Outcome, Vec<PendingBlob>)
where
    B: http_body::Body<Data = bytes::Bytes> + Unpin,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let Ingest { length_max, digests, key, source } = plan;
    let digests = digests.into_iter().map(algorithm).collect();
    let mut plan = Plan { length_max, digests, key, content_length: None };
    match source {
        IngestSource::Sent => {}
        // Boxed, so that the future of a body that comes has no room for these.
        IngestSource::Stored(source) => return settled(Box::pin(reseal(&source, plan, volume)).await),
        IngestSource::Made(made) => return settled(Box::pin(keep(made, plan, volume, idle)).await),
    }
    plan.content_length = length_of(body);
    if let Err(failure) = has_room(&payload, &plan, volume) {
        return (failed(failure), Vec::new());
    }
    let Some(mut stream) = body.take() else { return (failed(Failure::BodyIncomplete), Vec::new()) };
    let ingested = match body.reached.take() {
        None => body::ingest(&mut stream, payload, plan, volume, idle).await,
        Some(reached) => body::ingest(PartBody::new(&mut stream, reached), payload, plan, volume, idle).await,
    };
    if ingested.is_err() {
        body.body = Some(stream);
    }
    settled(ingested)
}

/// Receives the body, and holds it for a transform.
async fn hold<B>(
    body: &mut RequestBody<B>,
    payload: Payload,
    plan: Hold,
    shared: &Shared,
    idle: Duration,
) -> Done
where
    B: http_body::Body<Data = bytes::Bytes> + Unpin,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let Hold { account, length_max, digests } = plan;
    let digests = digests.into_iter().map(algorithm).collect();
    let plan = Plan { length_max, digests, key: None, content_length: length_of(body) };
    let begun = has_room(&payload, &plan, &shared.volume).and_then(|()| shared.transforming.hold(&account));
    let mut held = match begun {
        Ok(held) => held,
        Err(failure) => return failed(failure).into(),
    };
    let Some(mut stream) = body.take() else { return failed(Failure::BodyIncomplete).into() };
    let received = match body.reached.take() {
        None => body::receive::pass_on(&mut stream, payload, plan, idle, &mut held).await,
        Some(reached) => {
            let content = PartBody::new(&mut stream, reached);
            body::receive::pass_on(content, payload, plan, idle, &mut held).await
        }
    };
    let received = match received {
        Ok(received) => received,
        Err(failure) => {
            body.body = Some(stream);
            return failed(failure).into();
        }
    };
    match held.finish().await {
        Ok(made) => Done { made: Some(made), ..Done::from(settled(Ok(received)).0) },
        Err(failure) => failed(failure).into(),
    }
}

/// The length of the body; that of a part is not known beforehand.
fn length_of<B>(body: &RequestBody<B>) -> Option<u64> {
    body.content_length.filter(|_| body.reached.is_none())
}

/// Whether there is room for a body. Before it is asked for: a client that waits for `100 Continue`
/// then keeps its bytes.
fn has_room(payload: &Payload, plan: &Plan, volume: &Volume) -> Result<(), Failure> {
    let announced = body::announced(payload, plan.content_length);
    // Other rules refuse what is too long, and what is empty needs no room.
    match announced.is_none_or(|length| (1..=plan.length_max).contains(&length)) {
        true => Ok(volume.has_room(announced.unwrap_or(0))?),
        false => Ok(()),
    }
}

/// What a transform made into a new blob.
async fn keep(
    made: Made,
    mut plan: Plan,
    volume: &Volume,
    idle: Duration,
) -> Result<body::Ingested, Failure> {
    plan.content_length = made.length();
    volume.has_room(plan.content_length.unwrap_or(0))?;
    let made = made.body(None).map_err(|error| {
        tracing::error!(error = format!("{error:#}"), "what a transform made cannot be stored");
        Failure::StorageFailed
    })?;
    let kept = body::ingest(made, Payload::default(), plan, volume, idle).await;
    // It is here already. What fails is the disk that has it.
    kept.map_err(|failure| match failure {
        Failure::BodyIncomplete | Failure::BodyTimeout => Failure::StorageFailed,
        failure => failure,
    })
}

/// Stored bytes into a new blob.
async fn reseal(source: &StoredBytes, plan: Plan, volume: &Volume) -> Result<body::Ingested, Failure> {
    let spans: Vec<_> = source.spans.iter().map(volume_span).collect();
    let reader = volume.reader(&spans, source.key.as_ref()).map_err(|error| storage_failure(&error))?;
    body::reseal(reader, plan, volume).await
}

/// What became of a body, and the blob that belongs to nothing yet.
fn settled(ingested: Result<body::Ingested, Failure>) -> (Outcome, Vec<PendingBlob>) {
    match ingested {
        Ok(ingested) => {
            let outcome = Outcome::Ingested(calls::Ingested {
                blob: ingested.blob.as_ref().map_or(0, PendingBlob::id),
                length: ingested.length,
                digests: contract_digests(ingested.digests),
                trailers: ingested.trailers,
            });
            (outcome, ingested.blob.into_iter().collect())
        }
        Err(failure) => (failed(failure), Vec::new()),
    }
}

/// Looks for the files of a response that has many. That may wait for the disk.
pub async fn look_for(mut reader: SpanReader) -> Result<SpanReader, VolumeError> {
    let looking = move || reader.find_missing().map(|()| reader);
    match tokio::task::spawn_blocking(looking).await {
        Ok(found) => found,
        Err(_) => Err(VolumeError::Failed("the task that looks for files ended".into())),
    }
}

/// Looks for the bytes of stored blobs; the outcome of the work that needs them, where they are not
/// there.
pub async fn find_missing(blobs: Vec<u64>, volume: &Arc<Volume>) -> Option<Outcome> {
    let volume = Arc::clone(volume);
    let found = tokio::task::spawn_blocking(move || volume.find_missing(&blobs)).await;
    match found {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some(failed(storage_failure(&error))),
        Err(_) => Some(failed(Failure::StorageFailed)),
    }
}

async fn commit(mut batch: Batch, shared: &Shared) -> Outcome {
    let (done, committed) = tokio::sync::oneshot::channel();
    // A folder whose usage was never counted has no sums to add to.
    let usage = batch.usage.take().filter(|_| shared.quotas.is_counted());
    let add = usage.as_ref().map(|change| shared.quotas.adds(change)).unwrap_or_default();
    shared.volume.commit(
        volume::Batch { add, ..volume_batch(batch) },
        Box::new(move |result| {
            // Where the client is gone, nothing waits for the outcome.
            let _ = done.send(result);
        }),
    );
    match committed.await {
        Ok(Ok(number)) => Outcome::Committed(number),
        Ok(Err(CommitError::Conflict)) => Outcome::Conflict,
        Ok(Err(CommitError::Exceeded(excess))) => match usage {
            Some(change) => Outcome::Exceeded(quotas::excess(&change, excess)),
            None => failed(Failure::StorageFailed),
        },
        Ok(Err(CommitError::Overloaded)) => failed(Failure::Overloaded),
        Ok(Err(CommitError::Full)) => failed(Failure::StorageFull),
        Ok(Err(_)) | Err(_) => failed(Failure::StorageFailed),
    }
}

async fn digest(spans: &[Span], digests: &[DigestAlgorithm], volume: &Volume) -> Outcome {
    let spans: Vec<_> = spans.iter().map(volume_span).collect();
    let reader = match volume.reader(&spans, None) {
        Ok(reader) => reader,
        Err(error) => return failed(storage_failure(&error)),
    };
    match body::digest(reader, digests.iter().copied().map(algorithm).collect()).await {
        Ok(values) => Outcome::Digested(contract_digests(values)),
        Err(failure) => failed(failure),
    }
}

async fn fetch(wanted: &Fetch, outbound: &Outbound) -> Outcome {
    let age_max = Duration::from_secs(u64::from(wanted.age_seconds_max));
    match outbound.fetch(&wanted.url, wanted.length_max as usize, age_max).await {
        Ok(answer) => Outcome::Fetched(calls::Fetched { status: answer.status, body: answer.body }),
        Err(Unfetched::Forbidden) => Outcome::Unfetched(calls::Unfetched::Forbidden),
        Err(Unfetched::Unreachable) => Outcome::Unfetched(calls::Unfetched::Unreachable),
        Err(Unfetched::TooLong) => Outcome::Unfetched(calls::Unfetched::TooLong),
    }
}

fn volume_batch(batch: Batch) -> volume::Batch {
    volume::Batch {
        require: batch
            .require
            .into_iter()
            .map(|requirement| match requirement {
                Requirement::Unchanged((table, key, revision)) => {
                    volume::Requirement::Unchanged { table, key, revision }
                }
                Requirement::Absent((table, key)) => volume::Requirement::Absent { table, key },
                Requirement::Empty((table, start, end)) => volume::Requirement::Empty { table, start, end },
            })
            .collect(),
        put: batch
            .put
            .into_iter()
            .map(|put| volume::Put { table: put.table, key: put.key, value: put.value })
            .collect(),
        delete: batch.delete,
        keep: batch.keep,
        free: batch.free,
        add: Vec::new(),
        essential: batch.essential,
    }
}

fn contract_digests(values: Vec<(body::digest::Algorithm, Vec<u8>)>) -> Vec<Digest> {
    values.into_iter().map(|(name, value)| Digest { algorithm: contract_algorithm(name), value }).collect()
}

fn storage_failure(error: &VolumeError) -> Failure {
    reason::given(error, "stored bytes could not be read");
    Failure::StorageFailed
}

fn failed(failure: Failure) -> Outcome {
    Outcome::Failed(match failure {
        Failure::BodyTooLarge => calls::Failure::BodyTooLarge,
        Failure::BodyIncomplete => calls::Failure::BodyIncomplete,
        Failure::BodyTimeout => calls::Failure::BodyTimeout,
        Failure::PayloadMismatch => calls::Failure::PayloadMismatch,
        Failure::ChunkMalformed => calls::Failure::ChunkMalformed,
        Failure::ChunkSignatureMismatch => calls::Failure::ChunkSignatureMismatch,
        Failure::DecodedLengthMismatch => calls::Failure::DecodedLengthMismatch,
        Failure::StorageFull => calls::Failure::StorageFull,
        Failure::StorageFailed => calls::Failure::StorageFailed,
        Failure::Overloaded => calls::Failure::Overloaded,
    })
}
