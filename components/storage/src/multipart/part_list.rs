//! The parts with which a client completes an upload, checked against those that were uploaded.

use gateway::errors::{ErrorCode, Result, S3Error};
use gateway::object::checksum::ChecksumAlgorithm;
use gateway::object::etag::ETag;
use gateway::operations::complete_multipart_upload::CompletedPart;
use gateway::operations::parameters::PART_LENGTH_MIN;

use super::checksum::{self, Expected};
use crate::records::{Part, Row};

/// The uploaded parts that a list names, in order.
///
/// `InvalidPart` for a part that was not uploaded, or whose ETag or checksum is another one,
/// `InvalidRequest` and `BadDigest` where its checksum is not of the upload's algorithm, and
/// `EntityTooSmall` for a part that is too small and not the last one.
pub(crate) fn choose<'p>(
    listed: &[CompletedPart],
    parts: &'p [Row<Part>],
    upload_id: &str,
    expected: Expected,
) -> Result<Vec<&'p Part>> {
    let mut chosen = Vec::with_capacity(listed.len());
    for wanted in listed {
        let at = parts.binary_search_by_key(&wanted.number, |part| part.record.number);
        let part = at.ok().and_then(|at| parts.get(at)).map(|row| &row.record);
        let part = part.filter(|part| wanted.etag == Some(ETag::of_object(part.md5)));
        let part = part.ok_or_else(|| invalid_part(wanted, upload_id))?;
        if !expected.is_met(wanted, part)? {
            return Err(invalid_part(wanted, upload_id));
        }
        chosen.push(part);
    }
    let but_last = chosen.split_last().map_or(&[][..], |(_, but_last)| but_last);
    match but_last.iter().find(|part| part.size < PART_LENGTH_MIN) {
        Some(part) => Err(too_small(part)),
        None => Ok(chosen),
    }
}

impl Expected {
    /// Whether the checksum of a listed part, if there is one, is that of the uploaded part.
    fn is_met(self, wanted: &CompletedPart, part: &Part) -> Result<bool> {
        let Some(listed) = &wanted.checksum else {
            return match self {
                Expected::Each(algorithm) => Err(missing_checksum(algorithm, wanted.number)),
                Expected::Any | Expected::Only(_) => Ok(true),
            };
        };
        let stored = checksum::of_part(part, listed.algorithm);
        match self {
            Expected::Only(algorithm) | Expected::Each(algorithm) if algorithm != listed.algorithm => {
                let name = listed.algorithm.name().to_ascii_lowercase();
                Err(S3Error::new(ErrorCode::BadDigest).message(format!(
                    "The {name} you specified for part {} did not match what we received.",
                    wanted.number
                )))
            }
            _ => Ok(stored.is_none_or(|stored| stored.value == listed.value)),
        }
    }
}

fn missing_checksum(algorithm: ChecksumAlgorithm, number: u32) -> S3Error {
    let name = algorithm.name().to_ascii_lowercase();
    S3Error::invalid_request(format!(
        "The upload was created using a {name} checksum. The complete request must include the checksum for each \
         part. It was missing for part {number} in the request."
    ))
}

fn invalid_part(wanted: &CompletedPart, upload_id: &str) -> S3Error {
    let error = S3Error::new(ErrorCode::InvalidPart)
        .detail("UploadId", upload_id)
        .detail("PartNumber", wanted.number.to_string());
    match wanted.etag {
        Some(etag) => error.detail("ETag", etag.to_string()),
        None => error.detail("ETag", &*wanted.other_etag),
    }
}

fn too_small(part: &Part) -> S3Error {
    S3Error::new(ErrorCode::EntityTooSmall)
        .detail("ProposedSize", part.size.to_string())
        .detail("MinSizeAllowed", PART_LENGTH_MIN.to_string())
        .detail("PartNumber", part.number.to_string())
        .detail("ETag", ETag::of_object(part.md5).to_string())
}

#[cfg(test)]
mod tests;
