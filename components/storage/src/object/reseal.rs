//! Seals stored bytes under another key, for a copy that cannot refer to the blobs of its source.

use gateway::errors::{ErrorCode, Result};
use gateway::object::checksum::ChecksumAlgorithm;
use sdk::{DigestAlgorithm, IngestPlan, IngestSource, NewObjectHead, Stored, Work, failure_to_error};

use super::checksums;
use super::put_object::BODY_BYTES_MAX;
use crate::records::{Checksum, Protection, Span};
use crate::request::Request;
use crate::sealing::{self, Key};

/// Whether a copy under `to` may refer to blobs under `from`. Bytes that were written before
/// sealing was recorded must not be called sealed. Every object under a data key has a key of its
/// own.
pub(crate) fn may_share_blobs(from: &Protection, to: &Protection) -> bool {
    match from {
        Protection::SseS3 => !to.has_data_key(),
        Protection::Unsaid => *to == Protection::Unsaid,
        Protection::SseC(_) | Protection::SseKms(_) => false,
    }
}

/// The bytes of a copy, and those of its source. Blobs never change, so the copy stays right.
#[derive(Clone, Debug)]
pub(crate) struct Copied {
    /// Where the bytes of the source are.
    pub(crate) source: Vec<Span>,
    /// What becomes the ETag of the copy.
    pub(crate) etag: [u8; 16],
    /// Its checksum.
    pub(crate) checksum: Checksum,
    /// Where its bytes are, if they were stored again. No commit has kept that blob yet.
    pub(crate) resealed: Option<Vec<Span>>,
    /// What functions say of it, if they made it.
    pub(crate) made: Option<NewObjectHead>,
}

impl Copied {
    /// Where its bytes are.
    pub(crate) fn kept(&self) -> &[Span] {
        self.resealed.as_deref().unwrap_or(&self.source)
    }

    /// Bytes of it.
    pub(crate) fn size(&self) -> u64 {
        self.kept().iter().map(|span| span.length).sum()
    }
}

/// Reads the bytes of `spans` under the key `from`, and stores them under the key `to`, as
/// `protection` says.
pub(crate) async fn reseal(
    request: &Request,
    spans: &[Span],
    from: &Key,
    to: &Key,
    protection: &Protection,
    algorithm: ChecksumAlgorithm,
) -> Result<Copied> {
    let mut digests = vec![DigestAlgorithm::from(algorithm)];
    if !protection.has_data_key() && algorithm != ChecksumAlgorithm::Md5 {
        digests.push(DigestAlgorithm::Md5);
    }
    let length: u64 = spans.iter().map(|span| span.length).sum();
    let source =
        Stored { spans: spans.iter().map(|span| sdk::Span::from(*span)).collect(), key: from.number };
    let plan = IngestPlan {
        length_max: BODY_BYTES_MAX,
        digests,
        key: to.number,
        source: IngestSource::Stored(source),
    };
    let stored = request.call.ingest(plan).await.map_err(failure_to_error)?;
    if stored.length != length {
        return Err(ErrorCode::InternalError.into());
    }
    let resealed = Span::of(&stored);
    let etag = match protection.has_data_key() {
        true => sealing::etag(protection, [0; 16]),
        false => checksums::find_md5(&stored.digests)?,
    };
    let value = checksums::find(&stored.digests, algorithm)?.to_vec();
    let checksum = Checksum { algorithm, value };
    Ok(Copied { source: spans.to_vec(), etag, checksum, resealed: Some(resealed), made: None })
}

#[cfg(test)]
mod tests;
