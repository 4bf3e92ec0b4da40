//! Integrity of a body: which digests the host computes while the body passes, whether they are
//! what the client claimed, and which checksums are stored.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html>. Without
//! a named algorithm, the checksum is CRC64NVME.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use gateway::errors::{ErrorCode, Result, S3Error};
use gateway::hex;
use gateway::object::checksum::{ChecksumAlgorithm, RequestChecksum, content_md5};
use gateway::request::headers::Headers;
use sdk::{Collected, Digest, DigestAlgorithm, Ingested, digests};

use crate::records::Checksum;

#[cfg(test)]
mod tests;

/// What a client claims about the body that it sends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Claims {
    /// `Content-MD5`
    md5: Option<[u8; 16]>,
    /// `x-amz-checksum-*`, or what `x-amz-trailer` announces.
    checksum: RequestChecksum,
}

/// A body that is what the client claimed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Verified {
    /// The MD5 of the body: its ETag.
    pub(crate) md5: [u8; 16],
    /// The checksum to store.
    pub(crate) checksum: Checksum,
}

impl Claims {
    /// Reads the claims from the request's headers.
    ///
    /// `InvalidDigest` for a `Content-MD5` that is not one; `InvalidRequest` for a checksum that is
    /// malformed, unknown or of several algorithms.
    pub(crate) fn read(headers: &Headers) -> Result<Claims> {
        Ok(Claims { md5: content_md5(headers)?, checksum: RequestChecksum::parse(headers)? })
    }

    /// The algorithm that the client chose.
    pub(crate) fn algorithm(&self) -> Option<ChecksumAlgorithm> {
        self.checksum.algorithm
    }

    /// Whether the client claims anything.
    pub(crate) fn are_any(&self) -> bool {
        self.md5.is_some() || self.checksum.value.is_some() || self.checksum.in_trailer
    }

    /// The digests that [`Claims::verify`] needs of a body whose checksum is kept in `algorithm`.
    pub(crate) fn digests(&self, algorithm: ChecksumAlgorithm) -> Vec<DigestAlgorithm> {
        match algorithm {
            ChecksumAlgorithm::Md5 => vec![DigestAlgorithm::Md5],
            other => vec![DigestAlgorithm::Md5, other.into()],
        }
    }

    /// Compares the claims with what was received, and returns what to store. `algorithm` is the
    /// one given to
    /// [`Claims::digests`]: the client's own, or a default.
    ///
    /// `BadDigest` when the body is not what was claimed; `MalformedTrailerError` when the
    /// announced trailer did not come, `InvalidRequest` when it is malformed.
    pub(crate) fn verify(&self, algorithm: ChecksumAlgorithm, received: &Ingested) -> Result<Verified> {
        let md5 = find_md5(&received.digests)?;
        self.check_md5(md5)?;
        let value = find(&received.digests, algorithm)?.to_vec();
        let claimed = self.claimed(&received.trailers)?;
        if let Some(claimed) = claimed
            && (claimed.algorithm != algorithm || claimed.value != value)
        {
            return Err(bad_checksum(claimed.algorithm));
        }
        Ok(Verified { md5, checksum: Checksum { algorithm, value } })
    }

    /// Compares the claims with a document that was received into memory. `InvalidRequest` when
    /// there are none, for operations whose documents must come with a digest.
    pub(crate) fn verify_document(&self, document: &Collected, need: Need) -> Result<()> {
        if self.md5.is_some() {
            let md5 = digests::md5(&document.body).try_into().map_err(|_| ErrorCode::InternalError)?;
            self.check_md5(md5)?;
        }
        match self.claimed(&document.trailers)? {
            Some(claimed) => {
                let value = digests::compute(claimed.algorithm.into(), &document.body);
                if claimed.value != value {
                    return Err(bad_checksum(claimed.algorithm));
                }
            }
            None if self.md5.is_none() && need == Need::Required => {
                return Err(S3Error::invalid_request(
                    "Missing required header for this request: Content-MD5 OR x-amz-checksum-*",
                ));
            }
            None => {}
        }
        Ok(())
    }

    fn check_md5(&self, computed: [u8; 16]) -> Result<()> {
        match self.md5 {
            Some(claimed) if claimed != computed => Err(S3Error::new(ErrorCode::BadDigest)
                .message("The Content-MD5 you specified did not match what we received.")
                .detail("CalculatedDigest", BASE64.encode(computed))
                // As in S3: this one in hexadecimal, the other in base64.
                .detail("ExpectedDigest", hex::encode(&claimed))),
            _ => Ok(()),
        }
    }

    /// The checksum that was claimed ahead of the body or behind it.
    fn claimed(&self, trailers: &[(String, String)]) -> Result<Option<Checksum>> {
        let claimed = self.checksum.with_trailers(trailers)?;
        Ok(claimed.map(|claimed| Checksum { algorithm: claimed.algorithm, value: claimed.value }))
    }
}

/// Whether a document must come with a digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// `Content-MD5` or a checksum must be there.
    Required,
    /// They are checked when they are there.
    Optional,
}

/// A checksum in base64.
pub(crate) fn encode(value: &[u8]) -> String {
    BASE64.encode(value)
}

/// The digest of an algorithm among those that the host computed.
pub(crate) fn find(digests: &[Digest], algorithm: ChecksumAlgorithm) -> Result<&[u8]> {
    let wanted = DigestAlgorithm::from(algorithm);
    let found = digests.iter().find(|digest| digest.algorithm == wanted);
    found.map(|digest| digest.value.as_slice()).ok_or_else(|| ErrorCode::InternalError.into())
}

/// The MD5 among the digests that the host computed.
pub(crate) fn find_md5(digests: &[Digest]) -> Result<[u8; 16]> {
    find(digests, ChecksumAlgorithm::Md5)?.try_into().map_err(|_| ErrorCode::InternalError.into())
}

/// `BadDigest` for a checksum of this algorithm.
pub(crate) fn bad_checksum(algorithm: ChecksumAlgorithm) -> S3Error {
    S3Error::new(ErrorCode::BadDigest)
        .message(format!("The {} you specified did not match the calculated checksum.", algorithm.name()))
}
