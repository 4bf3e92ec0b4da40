//! GetObject, and what it shares with HeadObject:
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html>

use std::fmt::Write;

use gateway::errors::{ErrorCode, Result};
use gateway::object::precondition::{self, Evaluated, ReadPreconditions};
use gateway::request::range::ByteRange;
use gateway::request::response_overrides::ResponseOverrides;
use sdk::response::push_header;
use sdk::{Response, SealedRole};

use crate::records::{BucketRow, Protection, Summary, Version};
use crate::request::Request;
use crate::sealing::{self, Key, ObjectName};

use super::headers;
use super::slice::{self, Slice};

/// How often a read looks for its version again when it is deleted in the middle of it.
const ATTEMPTS_MAX: u32 = 16;

/// Whether the bytes are wanted, or only what is said of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Want {
    /// GET
    Bytes,
    /// HEAD
    Headers,
}

/// GetObject.
pub(crate) async fn handle(request: &Request) -> Result<Response> {
    respond(request, Want::Bytes).await
}

/// Responds to GetObject or HeadObject.
pub(crate) async fn respond(request: &Request, want: Want) -> Result<Response> {
    let overrides = ResponseOverrides::parse(&request.query)?;
    // Asking for the principal costs a crossing, which a plain request does not need.
    if overrides != ResponseOverrides::default() {
        overrides.check_signed(request.identity().is_some())?;
    }
    let bucket = &request.bucket_row()?.record;
    for _ in 0..ATTEMPTS_MAX {
        let version = request.object(bucket)?.row.record;
        let key = open(request, &version.details.protection, want).await?;
        if let Some(response) = respond_with(request, bucket, &version, &key, &overrides, want)? {
            return Ok(response);
        }
    }
    Err(ErrorCode::SlowDown.into())
}

/// Opens an object, where that is needed. HEAD of an object under SSE-KMS needs no key, unless it
/// wants the checksums: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html>
async fn open(request: &Request, protection: &Protection, want: Want) -> Result<Key> {
    let is_head_of_sse_kms = want == Want::Headers && matches!(protection, Protection::SseKms(_));
    if is_head_of_sse_kms && request.is_sealing_unsaid() && !wants_checksums(request) {
        return Ok(Key::default());
    }
    sealing::open(request, SealedRole::Object, ObjectName::of(request), protection).await
}

/// The response of one version; `None` when it was deleted in between.
fn respond_with(
    request: &Request,
    bucket: &BucketRow,
    version: &Version,
    key: &Key,
    overrides: &ResponseOverrides,
    want: Want,
) -> Result<Option<Response>> {
    let mut lines = headers::validators(bucket, &version.summary);
    let Summary { etag, modified_ms, .. } = version.summary;
    let conditions = ReadPreconditions::parse(&request.headers).at(request.now_ms());
    match conditions.evaluate(&etag, modified_ms) {
        Evaluated::Proceed => {}
        Evaluated::NotModified => {
            headers::push_freshness(&mut lines, &version.details.content, overrides);
            return Ok(Some(Response::with_lines(304, lines)));
        }
        Evaluated::Failed(condition) => return Err(precondition::failed(condition)),
    }
    let Some(slice) = slice::select(version, &request.headers, &request.query)? else { return Ok(None) };
    headers::push_object(&mut lines, version, overrides);
    sealing::push_headers(&mut lines, &version.details.protection, key.customer_md5.as_deref());
    push_slice(&mut lines, request, version, &slice);
    let status = if slice.partial { 206 } else { 200 };
    if want == Want::Headers {
        let _ = writeln!(lines, "content-length: {}", slice.length);
        return Ok(Some(Response::with_lines(status, lines)));
    }
    let Some(spans) = slice::spans(version, slice.offset, slice.length)? else { return Ok(None) };
    let spans = spans.into_iter().map(sdk::Span::from).collect();
    let response = Response::with_lines(status, lines);
    Ok(Some(match key.number {
        Some(key) => response.sealed(spans, key),
        None => response.stored(spans),
    }))
}

fn wants_checksums(request: &Request) -> bool {
    let mode = request.headers.get("x-amz-checksum-mode");
    mode.is_some_and(|mode| mode.eq_ignore_ascii_case("enabled"))
}

fn push_slice(lines: &mut String, request: &Request, version: &Version, slice: &Slice) {
    let summary = &version.summary;
    if slice.partial {
        let range = ByteRange { start: slice.offset, length: slice.length };
        push_header(lines, "content-range", &range.content_range(summary.size));
    }
    if let Some(count) = slice.part.as_ref().and_then(|part| part.count) {
        let _ = writeln!(lines, "x-amz-mp-parts-count: {count}");
    }
    if !wants_checksums(request) {
        return;
    }
    // A checksum covers the object or one of its parts. Any other stretch of bytes has none.
    match &slice.part {
        Some(part) => headers::push_checksums(lines, &part.checksums, summary.checksum_type, 0),
        None if slice.length == summary.size => {
            let checksums = &version.details.checksums;
            headers::push_checksums(lines, checksums, summary.checksum_type, summary.etag.parts);
        }
        None => {}
    }
}
