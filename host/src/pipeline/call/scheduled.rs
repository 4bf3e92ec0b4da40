//! Work that a stage schedules on a call, and that the host does between two steps of the pipeline.

use crate::body::Boundary;
use crate::pipeline::bindings::calls::{Batch, DigestAlgorithm, Fetch, Span, TransformPlan};
use crate::transforms::bindings::types::Context;
use volume::DataKey;

/// Work that a stage scheduled.
#[derive(Debug)]
pub enum Work {
    /// Receive the whole body into memory, up to a limit in bytes.
    Collect(u64),
    /// Receive a multipart body with this boundary up to the content of its next part, up to a
    /// limit in bytes.
    Part(Boundary, u64),
    /// Receive the body, or stored bytes, into a new blob.
    Ingest(Ingest),
    /// Commit to the volume.
    Commit(Batch),
    /// Digest stored bytes.
    Digest(Vec<Span>, Vec<DigestAlgorithm>),
    /// Get what is at an address elsewhere.
    Fetch(Fetch),
    /// Transform the response.
    Transform(Box<TransformWork>),
    /// Let others go first.
    Pause,
}

/// A response to be transformed.
#[derive(Debug)]
pub struct TransformWork {
    /// How.
    pub plan: TransformPlan,
    /// What the transform is told.
    pub context: Context,
    /// Its bytes.
    pub input: TransformInput,
    /// Whether the client gets the head alone.
    pub is_for_head: bool,
}

/// The body of a response that is to be transformed.
#[derive(Debug)]
pub enum TransformInput {
    /// Bytes at hand.
    Bytes(Vec<u8>),
    /// Bytes to be read.
    Stored(StoredBytes),
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
    /// Stored bytes that are received instead of the request's body.
    pub source: Option<StoredBytes>,
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
            Work::Collect(_) | Work::Part(..) | Work::Ingest(_) => "receive",
            Work::Commit(_) => "commit",
            Work::Digest(..) => "digest",
            Work::Fetch(_) => "fetch",
            Work::Transform(_) => "transform",
            Work::Pause => "other",
        }
    }
}
