//! The parts with which a client completes an upload, checked against those that were uploaded.

use gateway::errors::{ErrorCode, Result, S3Error};
use gateway::etag::ETag;
use gateway::operations::complete_multipart_upload::CompletedPart;
use gateway::operations::parameters::PART_LENGTH_MIN;

use super::checksum;
use crate::records::{Part, Row};

/// The uploaded parts that a list names, in order.
///
/// `InvalidPart` for a part that was not uploaded, or whose ETag or checksum is another one; `EntityTooSmall`
/// for one that may only be last.
pub(crate) fn choose<'p>(
    listed: &[CompletedPart],
    parts: &'p [Row<Part>],
    upload_id: &str,
) -> Result<Vec<&'p Part>> {
    let mut chosen = Vec::with_capacity(listed.len());
    for wanted in listed {
        let at = parts.binary_search_by_key(&wanted.number, |part| part.record.number);
        let part = at.ok().and_then(|at| parts.get(at)).map(|row| &row.record);
        match part.filter(|part| is_same(wanted, part)) {
            Some(part) => chosen.push(part),
            None => return Err(invalid_part(wanted, upload_id)),
        }
    }
    let but_last = chosen.split_last().map_or(&[][..], |(_, but_last)| but_last);
    match but_last.iter().find(|part| part.size < PART_LENGTH_MIN) {
        Some(part) => Err(too_small(part)),
        None => Ok(chosen),
    }
}

fn is_same(wanted: &CompletedPart, part: &Part) -> bool {
    let same_checksum = wanted.checksum.as_ref().is_none_or(|wanted| {
        // A checksum that the part was not uploaded with cannot be judged, and is no reason to refuse it.
        let stored = checksum::of_part(part, wanted.algorithm.into());
        stored.is_none_or(|stored| stored.value == wanted.value)
    });
    wanted.etag == Some(ETag::of_object(part.md5)) && same_checksum
}

fn invalid_part(wanted: &CompletedPart, upload_id: &str) -> S3Error {
    let error = S3Error::new(ErrorCode::InvalidPart)
        .detail("UploadId", upload_id)
        .detail("PartNumber", wanted.number.to_string());
    match wanted.etag {
        Some(etag) => error.detail("ETag", etag.to_string()),
        None => error,
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
