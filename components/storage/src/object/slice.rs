//! Which bytes of an object a read returns, and where they are stored.

use gateway::errors::{ErrorCode, Result, S3Error};
use gateway::request::headers::Headers;
use gateway::request::query::Query;
use gateway::request::range::Range;
use gateway::timestamp;

use crate::records::{Body, Checksum, ManifestPart, Span, Version};
use crate::rows;
use crate::tables::MANIFEST_PAGE_PARTS;

#[cfg(test)]
mod tests;

/// The bytes that a read returns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Slice {
    /// The first byte.
    pub(crate) offset: u64,
    /// Bytes.
    pub(crate) length: u64,
    /// Whether the response is 206 with `Content-Range`.
    pub(crate) partial: bool,
    /// What `partNumber` selected.
    pub(crate) part: Option<SelectedPart>,
}

/// A part that `partNumber` names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SelectedPart {
    /// `x-amz-mp-parts-count`: `None` for an object that is not a multipart object.
    pub(crate) count: Option<u32>,
    /// The checksums of the part, where it is one of several.
    pub(crate) checksums: Vec<Checksum>,
}

/// Decides what a read of `version` returns: the whole object, `Range`, or `partNumber`.
///
/// `InvalidRange` for a range without any byte of the object, `InvalidPartNumber` for a part that
/// it does not have. A `Range` that cannot be read or has several ranges is ignored, as S3 does.
/// `None` says that the version was deleted in between: find the version again.
pub(crate) fn select(version: &Version, headers: &Headers, query: &Query) -> Result<Option<Slice>> {
    let size = version.summary.size;
    let whole = Slice { offset: 0, length: size, partial: false, part: None };
    let range = headers.get("range");
    if let Some(number) = query.get("partNumber") {
        if range.is_some() {
            let message = "Cannot specify both Range header and partNumber query parameter";
            return Err(S3Error::invalid_request(message));
        }
        return select_part(version, parse_part_number(number)?);
    }
    let Some(text) = range.filter(|_| if_range_holds(headers, version)) else { return Ok(Some(whole)) };
    let Some(range) = Range::parse(text) else { return Ok(Some(whole)) };
    let Some(range) = range.within(size)? else { return Ok(Some(whole)) };
    Ok(Some(Slice { offset: range.start, length: range.length, partial: true, part: None }))
}

fn select_part(version: &Version, number: u32) -> Result<Option<Slice>> {
    let size = version.summary.size;
    let Body::Parts { manifest, count, .. } = &version.details.body else {
        if number > 1 {
            return Err(no_such_part(number, 1));
        }
        let part = Some(SelectedPart { count: None, checksums: version.details.checksums.clone() });
        return Ok(Some(Slice { offset: 0, length: size, partial: size > 0, part }));
    };
    if number > *count {
        return Err(no_such_part(number, *count));
    }
    let index = number as usize - 1;
    let page = rows::manifest_page(*manifest, index / MANIFEST_PAGE_PARTS)?;
    let part = page.and_then(|mut page| {
        let position = index % MANIFEST_PAGE_PARTS;
        (position < page.record.parts.len()).then(|| page.record.parts.swap_remove(position))
    });
    let Some(ManifestPart { offset, size: length, checksums, .. }) = part else { return Ok(None) };
    let part = Some(SelectedPart { count: Some(*count), checksums });
    Ok(Some(Slice { offset, length, partial: length > 0, part }))
}

/// Reads `partNumber`: 1 to 10,000.
pub(crate) fn parse_part_number(text: &str) -> Result<u32> {
    match text.parse() {
        Ok(number) if (1..=10_000).contains(&number) => Ok(number),
        _ => Err(S3Error::invalid_argument(
            "partNumber",
            text,
            "Part number must be an integer between 1 and 10000, inclusive",
        )),
    }
}

fn no_such_part(requested: u32, count: u32) -> S3Error {
    S3Error::new(ErrorCode::InvalidPartNumber)
        .detail("ActualPartCount", count.to_string())
        .detail("PartNumberRequested", requested.to_string())
}

/// `If-Range`: the range counts only where the client's copy is of this version.
fn if_range_holds(headers: &Headers, version: &Version) -> bool {
    let Some(validator) = headers.get("if-range") else { return true };
    match timestamp::parse_http_date(validator) {
        Some(ms) => ms / 1000 == version.summary.modified_ms / 1000,
        None => validator.trim_matches('"') == version.summary.etag.to_string(),
    }
}

/// Where `length` bytes of a version from `offset` on are stored, in order. `None` says that the
/// version was deleted in between: find the version again.
pub(crate) fn spans(version: &Version, offset: u64, length: u64) -> Result<Option<Vec<Span>>> {
    let mut cut = Cut { skip: offset, left: length, spans: Vec::new() };
    match &version.details.body {
        Body::Spans(stored) => cut.take(stored),
        Body::Parts { manifest, page_offsets, .. } => {
            let first = page_offsets.partition_point(|start| *start <= offset).saturating_sub(1);
            cut.skip -= page_offsets.get(first).copied().unwrap_or(0).min(offset);
            for page in first..page_offsets.len() {
                if cut.left == 0 {
                    break;
                }
                let Some(page) = rows::manifest_page(*manifest, page)? else { return Ok(None) };
                page.record.parts.iter().for_each(|part| cut.take(&part.spans));
            }
        }
    }
    if cut.left > 0 {
        return Err(S3Error::new(ErrorCode::InternalError).message("Stored bytes are missing."));
    }
    Ok(Some(cut.spans))
}

/// Cuts a stretch out of consecutive spans.
struct Cut {
    /// Bytes to leave out before the first.
    skip: u64,
    /// Bytes still to take.
    left: u64,
    spans: Vec<Span>,
}

impl Cut {
    fn take(&mut self, spans: &[Span]) {
        for span in spans {
            if self.left == 0 {
                return;
            }
            let skip = self.skip.min(span.length);
            self.skip -= skip;
            let length = (span.length - skip).min(self.left);
            if length > 0 {
                self.left -= length;
                self.spans.push(Span { blob: span.blob, offset: span.offset + skip, length });
            }
        }
    }
}
