//! Work that a stage schedules on a call, and that the host does between two steps of the pipeline.

use bytes::Bytes;
use wasmtime::{Error, Result};

use super::{CallResponseBody, CallState};
use crate::body::Boundary;
use crate::pipeline::bindings::calls::{
    Batch, DigestAlgorithm, Fetch, InnerPurpose, MadeNeed, PackagePlan, Span, TestEvent, TransformPlan,
    TransformedPart, Transformer, WebhookAnswer,
};
use crate::pipeline::transforming::Made;
use volume::DataKey;

/// Work that a stage scheduled.
#[derive(Debug)]
pub enum Work {
    /// Receive the whole body into memory, up to a limit in bytes.
    Collect(u64),
    /// Receive the whole body, up to a limit in bytes, and keep it beside the call.
    Receive(u64),
    /// Receive a multipart body with this boundary up to the content of its next part, up to a
    /// limit in bytes.
    Part(Boundary, u64),
    /// Receive the body, or other bytes, into a new blob.
    Ingest(Ingest),
    /// Receive the body, and hold it for a transform.
    Hold(Hold),
    /// Commit to the volume.
    Commit(Batch),
    /// Digest stored bytes.
    Digest(Vec<Span>, Vec<DigestAlgorithm>),
    /// Get what is at an address elsewhere.
    Fetch(Fetch),
    /// Transform the response.
    Transform(Box<TransformWork>),
    /// Call a function with a test event.
    Test(Box<TestWork>),
    /// Ask for a target on behalf of the principal.
    Request(String, InnerPurpose),
    /// Hand the body to a call that waits for the answer of a webhook.
    Answer(Box<WebhookAnswer>),
    /// Check a function that is to be deployed.
    Package(Box<PackageWork>),
    /// Let others go first.
    Pause,
}

/// A body that was received as a whole, and is kept beside the call.
#[derive(Clone)]
pub struct WholeBody {
    /// The body.
    pub bytes: Bytes,
    /// Its SHA-256, in lower-case hexadecimal.
    pub sha256: String,
}

impl std::fmt::Debug for WholeBody {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // It may hold secrets.
        formatter.debug_struct("WholeBody").field("length", &self.bytes.len()).finish_non_exhaustive()
    }
}

/// A function that is to be deployed.
pub struct PackageWork {
    /// What is to be deployed, and how.
    pub plan: PackagePlan,
    /// The package, in base64, where it stands in the body that was received.
    pub received: Option<Bytes>,
}

impl std::fmt::Debug for PackageWork {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("PackageWork").field("arn", &self.plan.arn).finish_non_exhaustive()
    }
}

/// A response or a new object to be transformed.
#[derive(Debug)]
pub struct TransformWork {
    /// How.
    pub plan: TransformPlan,
    /// The id of the request.
    pub request_id: String,
    /// Its bytes.
    pub input: TransformInput,
    /// Its status and its header lines, for a webhook.
    pub head: Option<(u16, String)>,
}

impl TransformWork {
    /// Takes the bytes of the new object that the plan is about, or the body of the response that
    /// is set on a call.
    ///
    /// # Errors
    /// A call without a response is a bug of the stage.
    pub fn of(call: &mut CallState, mut plan: TransformPlan) -> Result<TransformWork> {
        if let TransformedPart::NewObject(source) = &plan.part {
            let input = match source {
                Some(source) => TransformInput::Stored(call.stored(source)?),
                None => TransformInput::Made(call.take_made()),
            };
            return Ok(TransformWork { plan, request_id: call.request_id.clone(), input, head: None });
        }
        if call.needs_length && plan.need == MadeNeed::Bytes {
            plan.need = MadeNeed::Whole;
        }
        let response = call.response.as_mut();
        let response = response.ok_or_else(|| Error::msg("there is no response to transform"))?;
        let is_elsewhere = matches!(plan.transformer, Transformer::Webhook(_));
        let head = is_elsewhere.then(|| (response.status, response.headers.clone()));
        let input = match std::mem::replace(&mut response.body, CallResponseBody::None) {
            CallResponseBody::Bytes(bytes) => TransformInput::Bytes(bytes),
            CallResponseBody::Stored(stored) => TransformInput::Stored(stored),
            CallResponseBody::None => TransformInput::Bytes(Vec::new()),
            CallResponseBody::Made(_) => TransformInput::Made(call.take_made()),
            // A call that runs again does not have it any more, and does not need it.
            CallResponseBody::Inner => TransformInput::Inner(call.inner.take()),
        };
        Ok(TransformWork { plan, request_id: call.request_id.clone(), input, head })
    }
}

/// A function that is called with a test event.
#[derive(Debug)]
pub struct TestWork {
    /// What it is called with.
    pub event: TestEvent,
    /// The id of the request.
    pub request_id: String,
}

/// The body of a response that is to be transformed.
#[derive(Debug)]
pub enum TransformInput {
    /// Bytes at hand.
    Bytes(Vec<u8>),
    /// Bytes to be read.
    Stored(StoredBytes),
    /// What another transform made.
    Made(Made),
    /// What an inner request was answered with.
    Inner(Option<CallResponseBody>),
}

/// How a body is to be received into a new blob.
#[derive(Debug)]
pub struct Ingest {
    /// A longer body is refused.
    pub length_max: u64,
    /// Computed while it passes.
    pub digests: Vec<DigestAlgorithm>,
    /// What the blob is sealed under; without one, the folder key.
    pub key: Option<DataKey>,
    /// What is received.
    pub source: IngestSource,
}

/// What a blob is made of.
#[derive(Debug)]
pub enum IngestSource {
    /// The body of the request.
    Sent,
    /// Stored bytes.
    Stored(StoredBytes),
    /// What a transform made.
    Made(Made),
}

/// How a body is to be received that is held.
#[derive(Debug)]
pub struct Hold {
    /// The account whose bytes these are.
    pub account: String,
    /// A longer body is refused.
    pub length_max: u64,
    /// Computed while it passes.
    pub digests: Vec<DigestAlgorithm>,
}

/// Stored bytes, and what opens them.
#[derive(Debug)]
pub struct StoredBytes {
    /// Where they are, in order.
    pub spans: Vec<Span>,
    /// What all of them are sealed under; without one, the folder key.
    pub key: Option<DataKey>,
}

impl Work {
    /// The name under which waiting for this work is counted.
    pub fn stage(&self) -> &'static str {
        match self {
            Work::Collect(_) | Work::Receive(_) | Work::Part(..) | Work::Ingest(_) | Work::Hold(_) => {
                "receive"
            }
            Work::Commit(_) => "commit",
            Work::Digest(..) => "digest",
            Work::Fetch(_) => "fetch",
            Work::Transform(_) | Work::Package(_) | Work::Test(_) | Work::Request(..) => "transform",
            Work::Answer(_) => "receive",
            Work::Pause => "other",
        }
    }
}
