//! The response that a transform makes of the response of `storage`.

use std::fmt::Write as _;

use gateway::errors::{ErrorCode, Occurrence, Result, S3Error, render_text};
use gateway::object::etag::ETag;
use gateway::object::precondition::{self, Evaluated};
use gateway::request::range::ByteRange;
use gateway::xml;
use sdk::response::push_header;
use sdk::{Body, Call, Made, MadeError, MadeHead};

use crate::prepare::{Asked, Prepared};
use crate::stored::{CHECKSUM_PREFIX, Stored};

/// An ETag that no object has.
const NO_ETAG: ETag = ETag { md5: [0; 16], parts: u32::MAX };

/// Responds with what became of the last function.
pub(crate) fn take(call: &Call, prepared: &Prepared, stored: Stored, made: Made) -> Result<()> {
    match made {
        Made::Reply(made) => respond(call, prepared, stored, made),
        Made::Refused(error) => {
            refuse(call, prepared.is_head, &error);
            Ok(())
        }
        Made::Page(_) | Made::Document(_) | Made::NewObject(_) => Err(broken()),
    }
}

/// Responds with what was made.
fn respond(call: &Call, prepared: &Prepared, stored: Stored, made: MadeHead) -> Result<()> {
    let modified_ms = stored.modified_ms();
    let mut headers = stored.with(prepared, &made).headers;
    let etag = headers.iter().find(|(name, _)| name == "etag").map(|(_, value)| value.clone());
    if made.status == 200
        && let Some(condition) = unmet(prepared, etag.as_deref(), modified_ms)?
    {
        headers.retain(|(name, _)| {
            matches!(
                name.as_str(),
                "etag" | "last-modified" | "cache-control" | "expires" | "x-amz-version-id"
            )
        });
        call.respond(condition, &lines(&headers), &Body::None);
        return Ok(());
    }
    let slice = match (made.status, made.length) {
        (200, Some(length)) => slice(prepared, length)?,
        _ => None,
    };
    if slice.is_some() {
        // They are those of all bytes.
        headers.retain(|(name, _)| name != "content-md5" && !name.starts_with(CHECKSUM_PREFIX));
    }
    // What a cache between here and the client has to look at.
    let varies = prepared.chain.iter().filter_map(|link| link.function.vary.as_ref()).flatten();
    for header in varies.filter_map(|word| word.strip_prefix("header:")) {
        headers.push(("vary".to_owned(), header.to_owned()));
    }
    let mut text = lines(&headers);
    if prepared.allows_range && !prepared.hands_ranges_on() {
        text.push_str("accept-ranges: bytes\n");
    }
    let (status, length) = match &slice {
        Some(Slice { range, is_all: false }) => {
            push_header(&mut text, "content-range", &range.content_range(made.length.unwrap_or_default()));
            (206, Some(range.length))
        }
        Some(Slice { range, is_all: true }) => (206, Some(range.length)),
        None => (made.status, made.length),
    };
    // What has no body says its length itself.
    if prepared.is_head {
        if let Some(length) = length {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "content-length: {length}");
        }
        call.respond(status, &text, &Body::None);
        return Ok(());
    }
    let bytes = slice.filter(|slice| !slice.is_all);
    let bytes = bytes.map(|Slice { range, .. }| (range.start, range.start + range.length - 1));
    call.respond(status, &text, &Body::Made(bytes));
    Ok(())
}

fn lines(headers: &[(String, String)]) -> String {
    let mut lines = String::with_capacity(512);
    headers.iter().for_each(|(name, value)| push_header(&mut lines, name, value));
    lines
}

/// The status of a response whose conditions are not met.
fn unmet(prepared: &Prepared, etag: Option<&str>, modified_ms: u64) -> Result<Option<u16>> {
    let etag = etag.and_then(ETag::parse).unwrap_or(NO_ETAG);
    match prepared.conditions.evaluate(&etag, modified_ms) {
        Evaluated::Proceed => Ok(None),
        Evaluated::NotModified => Ok(Some(304)),
        Evaluated::Failed(condition) => Err(precondition::failed(condition)),
    }
}

/// What the client gets of it.
struct Slice {
    range: ByteRange,
    /// It is all that there is, as the only part.
    is_all: bool,
}

/// The bytes that a range or part number stands for. `InvalidRange`, `InvalidPartNumber`
fn slice(prepared: &Prepared, length: u64) -> Result<Option<Slice>> {
    if prepared.asked == Asked::Head {
        return Ok(None);
    }
    if let Some(range) = prepared.own_range() {
        let range = range.within(length)?;
        return Ok(range.map(|range| Slice { range, is_all: false }));
    }
    match prepared.own_part() {
        None => Ok(None),
        // What was made is one part.
        Some(1) => Ok(Some(Slice { range: ByteRange { start: 0, length }, is_all: length == 0 })),
        Some(_) => Err(ErrorCode::InvalidPartNumber.into()),
    }
}

/// Responds with the error that a transform chose. Its code may be one of its own.
pub(crate) fn refuse(call: &Call, is_head: bool, error: &MadeError) {
    let MadeError { status, code, message } = error;
    if is_head || *status == 304 {
        call.respond(*status, "", &Body::None);
        return;
    }
    let request_id = &call.request_id();
    let (head, _) = sdk::Head::read(call);
    let occurrence = Occurrence { resource: &head.path, request_id, host_id: request_id };
    let mut document = render_text(code, message, std::iter::empty(), occurrence);
    xml::declare(&mut document);
    call.respond(*status, "content-type: application/xml\n", &Body::Bytes(document.into_bytes()));
}

/// A listing that is no listing: a bug of the stage `storage`.
pub(crate) fn broken() -> S3Error {
    ErrorCode::InternalError.into()
}
