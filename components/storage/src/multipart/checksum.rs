//! Which checksum an upload has, and how the checksums of its parts are combined.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html>

use gateway::errors::{ErrorCode, Result, S3Error};
use gateway::object::checksum::{ChecksumAlgorithm, ChecksumType, MultipartChecksum};
use sdk::digests;

use crate::records::{Checksum, Part, Upload};

/// The algorithm that the parts of an upload are kept with: that of an object, where the upload was
/// begun without one.
pub(crate) fn algorithm(upload: &Upload) -> ChecksumAlgorithm {
    upload.checksum_algorithm.unwrap_or(ChecksumAlgorithm::DEFAULT)
}

/// What the checksum of the completed object covers.
pub(crate) fn covers(upload: &Upload) -> ChecksumType {
    upload.checksum_type.unwrap_or_else(|| algorithm(upload).default_type())
}

/// The checksum that the completed object will have, in the words of documents.
pub(crate) fn kind(upload: &Upload) -> MultipartChecksum {
    MultipartChecksum { algorithm: algorithm(upload), kind: covers(upload) }
}

/// Stored checksums, as documents print them. `parts` is the number of parts, of composite ones.
pub(crate) fn of_documents(
    stored: &[Checksum],
    parts: Option<u32>,
) -> Vec<gateway::object::checksum::Checksum> {
    let checksums = stored.iter().map(|checksum| gateway::object::checksum::Checksum {
        algorithm: checksum.algorithm,
        value: checksum.value.clone(),
        parts,
    });
    checksums.collect()
}

/// Which checksum each part of a list must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    /// None is needed. One that the part was uploaded with is compared. Another one cannot be
    /// verified, and is ignored.
    Any,
    /// None, or one of this algorithm: for an upload whose checksum covers the whole object.
    Only(ChecksumAlgorithm),
    /// One of this algorithm: for an upload whose checksum is composite.
    Each(ChecksumAlgorithm),
}

/// Which checksums the list of parts that completes an upload must have.
pub(super) fn expected(upload: &Upload) -> Expected {
    match (upload.checksum_algorithm, covers(upload)) {
        (None, _) => Expected::Any,
        (Some(algorithm), ChecksumType::FullObject) => Expected::Only(algorithm),
        (Some(algorithm), ChecksumType::Composite) => Expected::Each(algorithm),
    }
}

/// Checks that a part is sent with the checksum that its upload was created for. A part may come
/// without one, which is then computed, unless the checksum of the object is composite.
pub(super) fn check_part(upload: &Upload, claimed: Option<ChecksumAlgorithm>) -> Result<()> {
    match (expected(upload), claimed) {
        (Expected::Any, _) | (Expected::Only(_), None) => Ok(()),
        (Expected::Only(expected) | Expected::Each(expected), claimed) if claimed == Some(expected) => Ok(()),
        (Expected::Only(expected) | Expected::Each(expected), claimed) => {
            Err(S3Error::invalid_request(format!(
                "Checksum Type mismatch occurred, expected checksum Type: {}, actual checksum Type: {}",
                expected.name().to_ascii_lowercase(),
                claimed.map_or("null".to_owned(), |claimed| claimed.name().to_ascii_lowercase()),
            )))
        }
    }
}

/// Checks that the algorithm that a copied part names is that of its upload.
pub(super) fn check_copied_part(upload: &Upload, wanted: Option<ChecksumAlgorithm>) -> Result<()> {
    match wanted {
        None => Ok(()),
        wanted => check_part(upload, wanted),
    }
}

/// The checksum of a part by its algorithm.
pub(crate) fn of_part(part: &Part, algorithm: ChecksumAlgorithm) -> Option<&Checksum> {
    part.checksums.iter().find(|checksum| checksum.algorithm == algorithm)
}

/// The checksum of the object that the parts make, in order.
///
/// Fails with `InternalError` when a part has none: every part of an upload is stored with one.
pub(crate) fn of_object(
    algorithm: ChecksumAlgorithm,
    covers: ChecksumType,
    parts: &[&Part],
) -> Result<Checksum> {
    let value = match covers {
        ChecksumType::Composite => {
            let mut values = Vec::with_capacity(parts.len().saturating_mul(algorithm.length()));
            for part in parts {
                values.extend_from_slice(&stored(part, algorithm)?.value);
            }
            digests::compute(algorithm.into(), &values)
        }
        ChecksumType::FullObject => {
            let mut whole: Option<Vec<u8>> = None;
            for part in parts {
                let value = &stored(part, algorithm)?.value;
                whole = Some(match whole {
                    None => value.clone(),
                    Some(before) => digests::combine(algorithm.into(), &before, value, part.size),
                });
            }
            whole.ok_or(ErrorCode::InternalError)?
        }
    };
    Ok(Checksum { algorithm, value })
}

fn stored(part: &Part, algorithm: ChecksumAlgorithm) -> Result<&Checksum> {
    of_part(part, algorithm).ok_or_else(|| ErrorCode::InternalError.into())
}
