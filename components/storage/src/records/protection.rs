//! Under what the bytes of an object are sealed, and what is kept to open them.

use serde::{Deserialize, Serialize};

/// How bytes are protected. It stands where the first format had a number: 0 and 1 are one byte,
/// and every release reads them.
///
/// The order of the variants is part of the storage format.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Protection {
    /// Written before anything was sealed: perhaps it is, perhaps not, and nothing is said of it.
    #[default]
    Unsaid,
    /// Under the key of the data folder: SSE-S3.
    SseS3,
    /// Under a data key, which is wrapped under a key that the client has: SSE-C.
    SseC(Vec<u8>),
    /// Under a data key, which is wrapped under a key of the key service: SSE-KMS.
    SseKms(Box<SseKms>),
}

/// A key of the key service, and what it is to open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SseKms {
    /// The ARN of the key.
    pub(crate) arn: String,
    /// What the client binds the use of the key to, besides the object: in the order of the names.
    pub(crate) context: Vec<(String, String)>,
    /// Whether the use is bound to the bucket rather than to the object.
    pub(crate) bucket_key: bool,
    /// The wrapped data key.
    pub(crate) wrapped: Vec<u8>,
}

impl Protection {
    /// Whether bytes are sealed under a data key of their own.
    pub(crate) fn has_data_key(&self) -> bool {
        matches!(self, Protection::SseC(_) | Protection::SseKms(_))
    }
}
