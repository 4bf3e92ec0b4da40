//! A version of an object: a summary that listings decode alone, and the details that reads need
//! besides.

use std::fmt;

use gateway::errors::Result;
use gateway::identity::account::Account;
use gateway::object::checksum::ChecksumType;
use gateway::object::etag::ETag;
use gateway::object::metadata::SystemHeaders;
use gateway::object::object_lock::Retention;
use gateway::object::storage_class::StorageClass;
use sdk::Ingested;
use serde::{Deserialize, Serialize};

use super::{
    Acl, AlgorithmSet, Checksum, Protection, Record, plain_record, sealable_body, sealable_format, unreadable,
};
use crate::version_id;

/// The row of a version in `objects` or `versions`: format byte, [`Summary`], [`Details`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Version {
    /// What listings print.
    pub(crate) summary: Summary,
    /// The rest. [`Details::default`] for a delete marker.
    pub(crate) details: Details,
}

impl Record for Version {
    fn encode(&self) -> Result<Vec<u8>> {
        let value = postcard::to_extend(&self.summary, vec![sealable_format(&self.details.protection)])
            .map_err(|_| unreadable())?;
        postcard::to_extend(&self.details, value).map_err(|_| unreadable())
    }

    fn decode(value: &[u8]) -> Result<Version> {
        let (summary, rest) = postcard::take_from_bytes(sealable_body(value)?).map_err(|_| unreadable())?;
        let details = postcard::from_bytes(rest).map_err(|_| unreadable())?;
        Ok(Version { summary, details })
    }

    fn bytes_counted(&self) -> Option<u64> {
        Some(self.summary.size)
    }
}

/// The summary of a version ends within this many bytes of its row.
pub(crate) const SUMMARY_BYTES_MAX: u32 = 128;

/// What listings print of a version; decodes without allocating.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Summary {
    /// Object or delete marker.
    pub(crate) kind: Kind,
    /// Rises with every version of a key; part of the row's key in `versions`.
    pub(crate) sequence: u64,
    /// Random, so that version ids cannot be guessed.
    pub(crate) nonce: u64,
    /// Whether this is the null version of its key.
    pub(crate) null: bool,
    /// When the version was written, in milliseconds since 1970.
    pub(crate) modified_ms: u64,
    /// Bytes of the object; 0 for a delete marker.
    pub(crate) size: u64,
    /// The object's ETag; zero for a delete marker.
    pub(crate) etag: ETag,
    /// The object's storage class.
    pub(crate) storage_class: StorageClass,
    /// Of which algorithms `Details::checksums` has values.
    pub(crate) checksum_algorithms: AlgorithmSet,
    /// What these checksums cover.
    pub(crate) checksum_type: ChecksumType,
    /// Who owns the object.
    pub(crate) owner: Account,
}

impl Summary {
    /// Reads the summary of a [`Version`] row and nothing else of it: the first
    /// [`SUMMARY_BYTES_MAX`] bytes will do.
    pub(crate) fn decode(value: &[u8]) -> Result<Summary> {
        let (summary, _) = postcard::take_from_bytes(sealable_body(value)?).map_err(|_| unreadable())?;
        Ok(summary)
    }

    /// Whether this is a delete marker.
    pub(crate) fn is_delete_marker(&self) -> bool {
        self.kind == Kind::DeleteMarker
    }

    /// The version id that clients see.
    pub(crate) fn version_id(&self) -> VersionId {
        if self.null {
            VersionId::Null
        } else {
            VersionId::Number { sequence: self.sequence, nonce: self.nonce }
        }
    }
}

/// What a version is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Kind {
    /// Bytes with metadata.
    Object,
    /// "Deleted at this time."
    DeleteMarker,
}

/// How clients name a version: `null`, or 32 characters (see [`version_id`]). `Display` prints it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum VersionId {
    /// The null version.
    Null,
    /// A version written while versioning was enabled.
    Number {
        /// Its sequence: orders it among the versions of its key.
        sequence: u64,
        /// Its nonce: must be the same in the row.
        nonce: u64,
    },
}

impl VersionId {
    /// Appends the id; cheaper than `Display` where many are printed.
    pub(crate) fn push_to(self, text: &mut String) {
        match self {
            VersionId::Null => text.push_str("null"),
            VersionId::Number { sequence, nonce } => version_id::push(text, sequence, nonce),
        }
    }
}

impl fmt::Display for VersionId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::with_capacity(version_id::LENGTH);
        self.push_to(&mut text);
        formatter.write_str(&text)
    }
}

/// What reads of a version need beyond its summary.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Details {
    /// System headers.
    pub(crate) content: SystemHeaders,
    /// User metadata: names in lower case without `x-amz-meta-`, in the order sent.
    pub(crate) metadata: Vec<(String, String)>,
    /// Tags, in the order of their keys; at most 10.
    pub(crate) tags: Vec<(String, String)>,
    /// Checksums of the object; what they cover is `Summary::checksum_type`.
    pub(crate) checksums: Vec<Checksum>,
    /// Where the bytes are.
    pub(crate) body: Body,
    /// Object Lock retention.
    pub(crate) retention: Option<Retention>,
    /// Object Lock legal hold. `None` when it was never set: then S3 sends no header.
    pub(crate) legal_hold: Option<bool>,
    /// The upload that this object was completed from (sequence, nonce): a repeated
    /// CompleteMultipartUpload recognises its own work by it.
    pub(crate) upload: Option<(u64, u64)>,
    /// `x-amz-website-redirect-location`
    pub(crate) website_redirect: Option<String>,
    /// How the object is sealed.
    pub(crate) protection: Protection,
    /// The ACL; it has no effect where ACLs are disabled.
    pub(crate) acl: Acl,
}

/// Where the bytes of a version are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Body {
    /// One after the other. Empty for an empty object.
    Spans(Vec<Span>),
    /// In the parts of a manifest: a multipart object.
    Parts {
        /// The manifest's id in `manifests`.
        manifest: u64,
        /// Number of parts, 1 to 10,000.
        count: u32,
        /// For each page of the manifest, the offset in the object at which its first part begins.
        /// A range finds its first page here, and so reads only the pages that it needs.
        page_offsets: Vec<u64>,
    },
}

impl Default for Body {
    fn default() -> Body {
        Body::Spans(Vec::new())
    }
}

/// Bytes of a blob.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Span {
    /// The host's number for the blob; never 0.
    pub(crate) blob: u64,
    /// The first byte.
    pub(crate) offset: u64,
    /// Bytes, at least 1.
    pub(crate) length: u64,
}

impl Span {
    /// All bytes that were received; none of an empty body, which has no blob.
    pub(crate) fn of(received: &Ingested) -> Vec<Span> {
        match received.length {
            0 => Vec::new(),
            length => vec![Span { blob: received.blob, offset: 0, length }],
        }
    }
}

/// A row of `manifests`: up to [`MANIFEST_PAGE_PARTS`](crate::tables::MANIFEST_PAGE_PARTS) parts of
/// a multipart object, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ManifestPage {
    /// The parts.
    pub(crate) parts: Vec<ManifestPart>,
}

/// A part of a completed object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ManifestPart {
    /// The number under which the part was uploaded.
    pub(crate) number: u32,
    /// The offset in the object at which the part begins.
    pub(crate) offset: u64,
    /// Bytes.
    pub(crate) size: u64,
    /// Checksums of the part's bytes.
    pub(crate) checksums: Vec<Checksum>,
    /// Where the bytes are, in order.
    pub(crate) spans: Vec<Span>,
}

plain_record!(ManifestPage);

impl From<Span> for sdk::Span {
    fn from(span: Span) -> sdk::Span {
        sdk::Span { blob: span.blob, offset: span.offset, length: span.length }
    }
}
