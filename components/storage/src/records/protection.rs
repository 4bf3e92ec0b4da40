//! How the bytes of an object are sealed, and what its row keeps so that they can be opened.

use serde::{Deserialize, Serialize};

/// How bytes are sealed. The first format had a number here: 0 and 1 are one byte, and every
/// release reads them.
///
/// The order of the variants is part of the storage format.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Protection {
    /// Written by a release that did not record it: the bytes may be sealed or not. Responses say
    /// nothing of it.
    #[default]
    Unsaid,
    /// Sealed under the folder key.
    SseS3,
    /// Sealed under a data key. The bytes are that key, wrapped under the customer key.
    SseC(Vec<u8>),
    /// Sealed under a data key that a master key wraps.
    SseKms(Box<SseKms>),
}

/// A master key, and the data key that it wraps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SseKms {
    /// The ARN of the key.
    pub(crate) arn: String,
    /// The encryption context of the client, in the order of the names. The object is bound
    /// besides.
    pub(crate) context: Vec<(String, String)>,
    /// Whether the context names the bucket instead of the object.
    pub(crate) bucket_key: bool,
    /// The wrapped data key.
    pub(crate) wrapped: Vec<u8>,
}

impl Protection {
    /// Whether bytes are sealed under a data key.
    pub(crate) fn has_data_key(&self) -> bool {
        matches!(self, Protection::SseC(_) | Protection::SseKms(_))
    }
}
