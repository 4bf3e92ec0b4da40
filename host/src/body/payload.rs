//! What was promised about a request body, and how it can fail to come.

/// What was promised about a request body, and is enforced while it is received.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Payload {
    /// Nothing.
    #[default]
    Unsigned,
    /// The SHA-256 of the whole body.
    Sha256([u8; 32]),
    /// The body is framed as `aws-chunked`.
    Chunked(Chunked),
}

/// A body in `aws-chunked` framing:
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html>
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chunked {
    /// Bytes of the body without its framing, when the client said it.
    pub decoded_length: Option<u64>,
    /// Present when every chunk is signed.
    pub signature: Option<ChunkSignature>,
    /// Whether trailing headers may follow the last chunk.
    pub trailers: bool,
}

/// What the signatures of a body's chunks are made with.
#[derive(Clone, PartialEq, Eq)]
pub struct ChunkSignature {
    pub(super) key: [u8; 32],
    pub(super) timestamp: String,
    pub(super) scope: String,
    pub(super) seed: String,
}

impl ChunkSignature {
    /// `key` signs (`Debug` does not show it); `timestamp` is written `20130524T000000Z`, `scope`
    /// `20130524/us-east-1/s3/aws4_request`. The chain starts from `seed`, the signature of the
    /// request head: 64 hexadecimal digits in lower case.
    pub fn new(key: [u8; 32], timestamp: String, scope: String, seed: String) -> Self {
        Self { key, timestamp, scope, seed }
    }
}

impl std::fmt::Debug for ChunkSignature {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ChunkSignature").field("scope", &self.scope).finish_non_exhaustive()
    }
}

/// Why a body could not be received or read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// More bytes than the plan allows.
    #[error("the body is longer than allowed")]
    BodyTooLarge,
    /// The connection ended, or the framing did, before the announced length.
    #[error("the body ended too early")]
    BodyIncomplete,
    /// No byte arrived for too long.
    #[error("the client stopped sending the body")]
    BodyTimeout,
    /// The body does not have the SHA-256 that was signed.
    #[error("the body does not have the SHA-256 that was signed")]
    PayloadMismatch,
    /// The `aws-chunked` framing is broken.
    #[error("the aws-chunked framing is broken")]
    ChunkMalformed,
    /// A chunk's or the trailer's signature is wrong.
    #[error("the signature of a chunk or of the trailer is wrong")]
    ChunkSignatureMismatch,
    /// The bytes received are not as many as was announced for the decoded body.
    #[error("the decoded body does not have the announced length")]
    DecodedLengthMismatch,
    /// No space is left.
    #[error("no space is left")]
    StorageFull,
    /// The disk failed, or stored bytes do not have their checksum.
    #[error("the storage failed")]
    StorageFailed,
    /// Too much work is queued.
    #[error("too much work is queued")]
    Overloaded,
}
