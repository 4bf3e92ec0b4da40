//! A multipart upload in progress and its parts.

use gateway::errors::Result;
use gateway::identity::account::Account;
use gateway::object::checksum::{ChecksumAlgorithm, ChecksumType};
use gateway::object::metadata::SystemHeaders;
use gateway::object::object_lock::Retention;
use gateway::object::storage_class::StorageClass;
use serde::{Deserialize, Serialize};

use super::{
    Acl, Checksum, Protection, Record, Span, from_slice, sealable_body, sealable_format, to_vec, unreadable,
};

/// The row of an upload in `uploads`; the bucket and the key are in the row's key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Upload {
    /// With `nonce`, the upload id. The same number as in the row's key.
    pub(crate) sequence: u64,
    /// Random, so that upload ids cannot be guessed.
    pub(crate) nonce: u64,
    /// Milliseconds since 1970.
    pub(crate) initiated_ms: u64,
    /// Who will own the object.
    pub(crate) owner: Account,
    /// Who created the upload.
    pub(crate) initiator: Initiator,
    /// System headers of the object.
    pub(crate) content: SystemHeaders,
    /// User metadata of the object: names without `x-amz-meta-`.
    pub(crate) metadata: Vec<(String, String)>,
    /// Tags of the object.
    pub(crate) tags: Vec<(String, String)>,
    /// Storage class of the object.
    pub(crate) storage_class: StorageClass,
    /// `x-amz-checksum-algorithm`, when it was given.
    pub(crate) checksum_algorithm: Option<ChecksumAlgorithm>,
    /// `x-amz-checksum-type`, as given or as implied by the algorithm.
    pub(crate) checksum_type: Option<ChecksumType>,
    /// Retention given when the upload was created. The bucket's default applies on completion.
    pub(crate) retention: Option<Retention>,
    /// Legal hold, when it was given as the upload was created.
    pub(crate) legal_hold: Option<bool>,
    /// `x-amz-website-redirect-location`
    pub(crate) website_redirect: Option<String>,
    /// How the object, and each part, is sealed.
    pub(crate) protection: Protection,
    /// The ACL of the object.
    pub(crate) acl: Acl,
    /// The headers of the request that say something of the object, with their values. Conditions
    /// of policies see them when a part is uploaded, and when the upload is completed. They are
    /// encoded behind the rest, and only where there are any, so that rows without them can be
    /// read.
    #[serde(skip)]
    pub(crate) begun_with: Vec<(String, String)>,
}

/// Who created an upload, as listings print it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Initiator {
    /// The canonical id of the account (root), or the user's ARN.
    pub(crate) id: String,
    /// `DisplayName`
    pub(crate) display_name: String,
    /// The account.
    pub(crate) account: Account,
}

/// The row of a part in `parts`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Part {
    /// 1 to 10,000.
    pub(crate) number: u32,
    /// Bytes.
    pub(crate) size: u64,
    /// When the part was uploaded, in milliseconds since 1970.
    pub(crate) modified_ms: u64,
    /// The part's ETag: the MD5 of its bytes, unless they are sealed under a data key.
    pub(crate) md5: [u8; 16],
    /// Checksums of the part's bytes.
    pub(crate) checksums: Vec<Checksum>,
    /// Where the bytes are, in order. Empty when the part is.
    pub(crate) spans: Vec<Span>,
}

impl Record for Part {
    fn encode(&self) -> Result<Vec<u8>> {
        to_vec(self)
    }

    fn decode(value: &[u8]) -> Result<Part> {
        from_slice(value)
    }

    fn bytes_counted(&self) -> Option<u64> {
        Some(self.size)
    }
}

/// The format byte of an upload's row that says with which headers it was begun.
const BEGUN_FORMAT: u8 = 3;

impl Record for Upload {
    fn encode(&self) -> Result<Vec<u8>> {
        if self.begun_with.is_empty() {
            return postcard::to_extend(self, vec![sealable_format(&self.protection)])
                .map_err(|_| unreadable());
        }
        let row = postcard::to_extend(self, vec![BEGUN_FORMAT]).map_err(|_| unreadable())?;
        postcard::to_extend(&self.begun_with, row).map_err(|_| unreadable())
    }

    fn decode(value: &[u8]) -> Result<Upload> {
        let decoded = match value.split_first() {
            Some((&BEGUN_FORMAT, record)) => postcard::take_from_bytes(record)
                .and_then(|(upload, rest)| Ok(Upload { begun_with: postcard::from_bytes(rest)?, ..upload })),
            _ => postcard::from_bytes(sealable_body(value)?),
        };
        decoded.map_err(|_| unreadable())
    }

    /// The upload itself counts: a client could fill a disk with uploads that have no parts.
    fn bytes_counted(&self) -> Option<u64> {
        Some(0)
    }
}
