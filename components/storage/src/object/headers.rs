//! The response headers that describe a version, written as lines into one string.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use gateway::object::checksum::ChecksumType;
use gateway::object::metadata::{CONTENT_TYPE_DEFAULT, SystemHeaders};
use gateway::object::storage_class::StorageClass;
use gateway::request::headers::{is_field_value, is_token};
use gateway::request::response_overrides::ResponseOverrides;
use gateway::timestamp;
use sdk::response::push_header;

use crate::records::{BucketRow, Checksum, Details, Summary, Version, VersionId, Versioning};

#[cfg(test)]
mod tests;

/// Room for the headers of a usual object.
const LINES_CAPACITY: usize = 512;

/// The validators of a version and where they apply: what 200, 206 and 304 have in common.
pub(crate) fn validators(bucket: &BucketRow, summary: &Summary) -> String {
    let mut lines = String::with_capacity(LINES_CAPACITY);
    push_header(&mut lines, "last-modified", &timestamp::http_date(summary.modified_ms));
    push_etag(&mut lines, summary);
    push_version_id(&mut lines, bucket, summary);
    lines
}

/// `etag: "..."`
pub(crate) fn push_etag(lines: &mut String, summary: &Summary) {
    lines.push_str("etag: \"");
    summary.etag.push(lines);
    lines.push_str("\"\n");
}

/// `x-amz-version-id`, in buckets that have or had versioning.
pub(crate) fn push_version_id(lines: &mut String, bucket: &BucketRow, summary: &Summary) {
    if bucket.versioning != Versioning::Unversioned {
        push_id(lines, "x-amz-version-id", summary.version_id());
    }
}

/// `x-amz-version-id` of a version that was just written. The response to a write does not name a
/// null version, also where versioning is suspended. Reads do.
pub(crate) fn push_written_id(lines: &mut String, summary: &Summary) {
    if !summary.null {
        push_id(lines, "x-amz-version-id", summary.version_id());
    }
}

/// A header whose value is a version id.
pub(crate) fn push_id(lines: &mut String, name: &str, id: VersionId) {
    lines.push_str(name);
    lines.push_str(": ");
    id.push_to(lines);
    lines.push('\n');
}

/// Everything that GET and HEAD tell of an object besides its validators, checksums and length.
pub(crate) fn push_object(lines: &mut String, version: &Version, overrides: &ResponseOverrides) {
    lines.push_str("accept-ranges: bytes\n");
    push_content(lines, &version.details.content, overrides);
    push_details(lines, version);
}

/// How long a client may use what it has. A 304 repeats it, because it may have changed since
/// (<https://www.rfc-editor.org/rfc/rfc9110.html#name-304-not-modified>).
pub(crate) fn push_freshness(lines: &mut String, content: &SystemHeaders, overrides: &ResponseOverrides) {
    push_stored(lines, "cache-control", content.cache_control.as_deref(), overrides);
    push_stored(lines, "expires", content.expires.as_deref(), overrides);
}

fn push_content(lines: &mut String, content: &SystemHeaders, overrides: &ResponseOverrides) {
    let content_type = content.content_type.as_deref().unwrap_or(CONTENT_TYPE_DEFAULT);
    push_stored(lines, "content-type", Some(content_type), overrides);
    push_stored(lines, "content-encoding", content.content_encoding.as_deref(), overrides);
    push_stored(lines, "content-disposition", content.content_disposition.as_deref(), overrides);
    push_stored(lines, "content-language", content.content_language.as_deref(), overrides);
    push_freshness(lines, content, overrides);
}

/// A header as it is stored with the object, or as the request replaces it.
fn push_stored(lines: &mut String, name: &str, stored: Option<&str>, overrides: &ResponseOverrides) {
    match overrides.get(name) {
        Some(value) => push_header(lines, name, value),
        None => push_text(lines, name, stored),
    }
}

/// A header with text from a client, which may have any characters.
fn push_text(lines: &mut String, name: &str, text: Option<&str>) {
    match text {
        Some(text) if text.is_ascii() => push_header(lines, name, text),
        Some(text) => push_header(lines, name, &encoded_words(text)),
        None => {}
    }
}

fn push_details(lines: &mut String, version: &Version) {
    let Details { metadata, tags, retention, legal_hold, website_redirect, .. } = &version.details;
    if version.summary.storage_class != StorageClass::Standard {
        push_header(lines, "x-amz-storage-class", version.summary.storage_class.name());
    }
    push_metadata(lines, metadata);
    if !tags.is_empty() {
        let _ = writeln!(lines, "x-amz-tagging-count: {}", tags.len());
    }
    if let Some(retention) = retention {
        push_header(lines, "x-amz-object-lock-mode", retention.mode.name());
        push_header(lines, "x-amz-object-lock-retain-until-date", &timestamp::iso8601(retention.until_ms));
    }
    if let Some(held) = legal_hold {
        push_header(lines, "x-amz-object-lock-legal-hold", if *held { "ON" } else { "OFF" });
    }
    push_text(lines, "x-amz-website-redirect-location", website_redirect.as_deref());
}

/// User metadata. As in S3, what cannot be sent as a header is only counted, so that the rest of
/// the object can be read.
fn push_metadata(lines: &mut String, metadata: &[(String, String)]) {
    let mut missing = 0_usize;
    for (name, value) in metadata {
        if !is_token(name) || (value.is_ascii() && !is_field_value(value)) {
            missing += 1;
            continue;
        }
        lines.push_str("x-amz-meta-");
        push_text(lines, name, Some(value));
    }
    if missing > 0 {
        let _ = writeln!(lines, "x-amz-missing-meta: {missing}");
    }
}

/// The checksums of an object, with their type. `parts` is appended to composite ones, as in
/// `value-parts`.
pub(crate) fn push_checksums(lines: &mut String, checksums: &[Checksum], covers: ChecksumType, parts: u32) {
    for checksum in checksums {
        push_header(lines, checksum.algorithm.header(), &print_checksum(checksum, covers, parts));
    }
    if !checksums.is_empty() {
        push_header(lines, "x-amz-checksum-type", covers.name());
    }
}

/// A checksum as headers and documents print it.
pub(crate) fn print_checksum(checksum: &Checksum, covers: ChecksumType, parts: u32) -> String {
    let mut text = BASE64.encode(&checksum.value);
    if covers == ChecksumType::Composite && parts > 0 {
        let _ = write!(text, "-{parts}");
    }
    text
}

/// Text that is not ASCII as encoded words of RFC 2047, none longer than 75 characters.
fn encoded_words(text: &str) -> String {
    /// 45 bytes are 60 characters of base64, and 12 more make them a word.
    const WORD_BYTES_MAX: usize = 45;
    let mut words = String::with_capacity(text.len() * 2);
    let mut rest = text;
    while !rest.is_empty() {
        let mut end = rest.len().min(WORD_BYTES_MAX);
        while !rest.is_char_boundary(end) {
            end -= 1;
        }
        let (word, after) = rest.split_at(end);
        if !words.is_empty() {
            words.push(' ');
        }
        words.push_str("=?UTF-8?B?");
        BASE64.encode_string(word, &mut words);
        words.push_str("?=");
        rest = after;
    }
    words
}
