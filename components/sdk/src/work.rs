//! Work that a call waits for, as `async` functions.

use crate::contract::calls::Outcome;
use crate::executor::suspend;
use crate::{
    Batch, Call, Digest, DigestAlgorithm, Excess, Failure, Fetch, Fetched, HoldPlan, IngestPlan, Ingested,
    InnerPurpose, InnerResponse, Made, PackagePlan, Packaged, Span, TransformFailure, TransformFailureKind,
    TransformPlan, Unanswered, Unfetched, WebhookAnswer,
};

/// A body received into memory.
#[derive(Debug)]
pub struct Collected {
    /// The body, without any framing.
    pub body: Vec<u8>,
    /// Trailing headers, names in lower case.
    pub trailers: Vec<(String, String)>,
}

/// Why a batch was not committed.
#[derive(Debug, Clone)]
pub enum CommitError {
    /// A requirement did not hold: read again and plan again.
    Conflict,
    /// A quota would have been exceeded. Nothing was changed.
    Exceeded(Excess),
    /// The volume could not take it. Nothing was changed.
    Failed(Failure),
}

/// Why the answer of a webhook did not arrive.
#[derive(Debug, Clone)]
pub enum AnswerError {
    /// It went nowhere.
    Unanswered(Unanswered),
    /// Its body broke off, or is not what was promised.
    Failed(Failure),
}

/// Host work on a call. Each function suspends the stage until its outcome is there.
#[expect(async_fn_in_trait, reason = "guests are single-threaded: no Send bound is wanted")]
pub trait Work {
    /// Receives the whole body into memory, at most `length_max` bytes.
    async fn collect(&self, length_max: u64) -> Result<Collected, Failure>;
    /// Receives the whole body and keeps it in the host, at most `length_max` bytes.
    async fn receive(&self, length_max: u64) -> Result<(), Failure>;
    /// Receives a multipart body up to where the content of its next part begins, at most
    /// `length_max` bytes; from then on, the body is that content.
    async fn part(&self, boundary: &str, length_max: u64) -> Result<Vec<u8>, Failure>;
    /// Receives the body, and holds it for a transform.
    async fn hold(&self, plan: HoldPlan) -> Result<Ingested, Failure>;
    /// Receives the body, or what a transform made of it, into a new blob.
    async fn ingest(&self, plan: IngestPlan) -> Result<Ingested, Failure>;
    /// Commits a batch durably; its commit number becomes the revision of every row it wrote.
    async fn commit(&self, batch: Batch) -> Result<u64, CommitError>;
    /// Digests of stored bytes, in the order of `digests`.
    async fn digest(&self, spans: &[Span], digests: &[DigestAlgorithm]) -> Result<Vec<Digest>, Failure>;
    /// Lets other calls go first, between two parts of a computation that takes some milliseconds.
    /// Rows may have changed after it.
    async fn pause(&self);
    /// Fetches what is at an address elsewhere.
    async fn fetch(&self, fetch: &Fetch) -> Result<Fetched, Unfetched>;
    /// Checks a function that is to be deployed, and compiles it. The inner error says why it
    /// cannot be deployed.
    async fn package(&self, plan: &PackagePlan) -> Result<Result<Packaged, String>, Failure>;
    /// Transforms the response that is set, or a new object.
    async fn transform(&self, plan: &TransformPlan) -> Result<Made, TransformFailure>;
    /// Makes an inner request: GET of a target, on behalf of the principal of this call.
    async fn request(&self, target: &str, purpose: InnerPurpose) -> Result<InnerResponse, Failure>;
    /// Hands headers and body of this request to the call that waits for the answer of a webhook.
    async fn answer(&self, answer: &WebhookAnswer) -> Result<(), AnswerError>;
}

impl Work for Call {
    async fn collect(&self, length_max: u64) -> Result<Collected, Failure> {
        self.schedule_collect(length_max);
        suspend().await;
        match self.take_outcome() {
            Outcome::Collected((body, trailers)) => Ok(Collected { body, trailers }),
            other => Err(failure(&other)),
        }
    }

    async fn receive(&self, length_max: u64) -> Result<(), Failure> {
        self.schedule_receive(length_max);
        suspend().await;
        match self.take_outcome() {
            Outcome::None => Ok(()),
            other => Err(failure(&other)),
        }
    }

    async fn part(&self, boundary: &str, length_max: u64) -> Result<Vec<u8>, Failure> {
        self.schedule_part(boundary, length_max);
        suspend().await;
        match self.take_outcome() {
            Outcome::Collected((bytes, _)) => Ok(bytes),
            other => Err(failure(&other)),
        }
    }

    async fn hold(&self, plan: HoldPlan) -> Result<Ingested, Failure> {
        self.schedule_hold(&plan);
        suspend().await;
        match self.take_outcome() {
            Outcome::Ingested(held) => Ok(held),
            other => Err(failure(&other)),
        }
    }

    async fn ingest(&self, plan: IngestPlan) -> Result<Ingested, Failure> {
        self.schedule_ingest(&plan);
        suspend().await;
        match self.take_outcome() {
            Outcome::Ingested(ingested) => Ok(ingested),
            other => Err(failure(&other)),
        }
    }

    async fn commit(&self, batch: Batch) -> Result<u64, CommitError> {
        self.schedule_commit(&batch);
        suspend().await;
        match self.take_outcome() {
            Outcome::Committed(revision) => Ok(revision),
            Outcome::Conflict => Err(CommitError::Conflict),
            Outcome::Exceeded(excess) => Err(CommitError::Exceeded(excess)),
            other => Err(CommitError::Failed(failure(&other))),
        }
    }

    async fn digest(&self, spans: &[Span], digests: &[DigestAlgorithm]) -> Result<Vec<Digest>, Failure> {
        self.schedule_digest(spans, digests);
        suspend().await;
        match self.take_outcome() {
            Outcome::Digested(values) => Ok(values),
            other => Err(failure(&other)),
        }
    }

    async fn pause(&self) {
        self.schedule_pause();
        suspend().await;
        // A pause has no outcome. It has to be taken all the same, as after all work.
        let _ = self.take_outcome();
    }

    async fn fetch(&self, fetch: &Fetch) -> Result<Fetched, Unfetched> {
        self.schedule_fetch(fetch);
        suspend().await;
        match self.take_outcome() {
            Outcome::Fetched(fetched) => Ok(fetched),
            Outcome::Unfetched(unfetched) => Err(unfetched),
            _ => Err(Unfetched::Unreachable),
        }
    }

    async fn package(&self, plan: &PackagePlan) -> Result<Result<Packaged, String>, Failure> {
        self.schedule_package(plan);
        suspend().await;
        match self.take_outcome() {
            Outcome::Packaged(packaged) => Ok(Ok(packaged)),
            Outcome::Unpackaged(why) => Ok(Err(why)),
            other => Err(failure(&other)),
        }
    }

    async fn transform(&self, plan: &TransformPlan) -> Result<Made, TransformFailure> {
        self.schedule_transform(plan);
        suspend().await;
        match self.take_outcome() {
            Outcome::Made(made) => Ok(made),
            Outcome::Unmade(failure) => Err(failure),
            // A client that may not go on: the host does none of its work.
            _ => Err(TransformFailure { kind: TransformFailureKind::Busy, words: String::new() }),
        }
    }

    async fn request(&self, target: &str, purpose: InnerPurpose) -> Result<InnerResponse, Failure> {
        self.schedule_request(target, purpose);
        suspend().await;
        match self.take_outcome() {
            Outcome::Responded(response) => Ok(response),
            other => Err(failure(&other)),
        }
    }

    async fn answer(&self, answer: &WebhookAnswer) -> Result<(), AnswerError> {
        self.schedule_answer(answer);
        suspend().await;
        match self.take_outcome() {
            Outcome::Answered => Ok(()),
            Outcome::Unanswered(why) => Err(AnswerError::Unanswered(why)),
            other => Err(AnswerError::Failed(failure(&other))),
        }
    }
}

/// An outcome of another kind than was scheduled is a bug of the host: fail closed.
fn failure(outcome: &Outcome) -> Failure {
    match outcome {
        Outcome::Failed(failure) => *failure,
        _ => Failure::StorageFailed,
    }
}
