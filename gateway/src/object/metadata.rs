//! The metadata of an object, as the client sends it: system headers and user metadata.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html>

use crate::errors::{ErrorCode, Result, S3Error};
use crate::request::headers::Headers;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The limit of user metadata: the bytes of all names, without the prefix, and values.
const USER_METADATA_MAX: usize = 2048;

/// The limit of system metadata: the bytes of the names and values of all headers that are stored
/// with an object.
const SYSTEM_METADATA_MAX: usize = 2048;

/// The limit of `x-amz-website-redirect-location`, in bytes.
const REDIRECT_LENGTH_MAX: usize = 2048;

/// The prefix of headers that carry user metadata.
pub const METADATA_PREFIX: &str = "x-amz-meta-";

/// The type of an object for which the client names none.
pub const CONTENT_TYPE_DEFAULT: &str = "binary/octet-stream";

/// Headers that are stored with an object and sent with it. The order of the fields is part of the
/// storage format.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "HTTP's own names")]
pub struct SystemHeaders {
    pub content_type: Option<String>,
    /// Without `aws-chunked`, which concerns the transfer.
    pub content_encoding: Option<String>,
    pub content_disposition: Option<String>,
    pub content_language: Option<String>,
    pub cache_control: Option<String>,
    /// As sent: S3 does not require that it is a date.
    pub expires: Option<String>,
}

impl SystemHeaders {
    /// Reads them from a request that creates an object or an upload. Empty ones count as not sent.
    /// `MetadataTooLarge` beyond 2 KB.
    pub fn parse(headers: &Headers) -> Result<SystemHeaders> {
        let text = |name| headers.get(name).filter(|value| !value.is_empty()).map(str::to_owned);
        let parsed = SystemHeaders {
            content_type: text("content-type"),
            content_encoding: headers
                .joined("content-encoding")
                .and_then(|value| without_aws_chunked(&value)),
            content_disposition: text("content-disposition"),
            content_language: text("content-language"),
            cache_control: text("cache-control"),
            expires: text("expires"),
        };
        let size = parsed.sent().map(|(name, value)| name.len() + value.len()).sum();
        check_size(size, SYSTEM_METADATA_MAX)?;
        Ok(parsed)
    }

    /// Those that are set, by the lower-case name of their header.
    fn sent(&self) -> impl Iterator<Item = (&'static str, &str)> {
        [
            ("content-type", self.content_type.as_deref()),
            ("content-encoding", self.content_encoding.as_deref()),
            ("content-disposition", self.content_disposition.as_deref()),
            ("content-language", self.content_language.as_deref()),
            ("cache-control", self.cache_control.as_deref()),
            ("expires", self.expires.as_deref()),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
    }
}

/// The content codings but `aws-chunked`; `None` when nothing is left. A value without it stays as
/// it was sent.
fn without_aws_chunked(value: &str) -> Option<String> {
    let is_transfer = |coding: &str| coding.eq_ignore_ascii_case("aws-chunked");
    let codings = || value.split(',').map(str::trim);
    if !codings().any(is_transfer) {
        return (!value.is_empty()).then(|| value.to_owned());
    }
    let kept: Vec<&str> = codings().filter(|coding| !coding.is_empty() && !is_transfer(coding)).collect();
    (!kept.is_empty()).then(|| kept.join(", "))
}

/// User metadata: names without the prefix, in lower case, and values as sent; a repeated header is
/// joined with `,`. `MetadataTooLarge` beyond 2 KB.
pub fn user_metadata(headers: &Headers) -> Result<Vec<(String, String)>> {
    let sent = || headers.with_prefix(METADATA_PREFIX).filter(|(name, _)| !name.is_empty());
    // The position of each name in `metadata`, in the order received.
    let mut positions: BTreeMap<&str, usize> = BTreeMap::new();
    let mut size = 0;
    for (name, value) in sent() {
        let next = positions.len();
        // Two values of one name are joined with a comma, which counts too.
        let is_new = *positions.entry(name).or_insert(next) == next;
        size += value.len() + if is_new { name.len() } else { 1 };
    }
    // The size is checked before any value is copied.
    check_size(size, USER_METADATA_MAX)?;
    let mut metadata: Vec<(String, String)> = Vec::with_capacity(positions.len());
    for (name, value) in sent() {
        match positions.get(name).and_then(|position| metadata.get_mut(*position)) {
            Some((_, joined)) => {
                joined.push(',');
                joined.push_str(value);
            }
            None => metadata.push((name.to_owned(), value.to_owned())),
        }
    }
    Ok(metadata)
}

/// `MetadataTooLarge`
fn check_size(size: usize, most: usize) -> Result<()> {
    if size <= most {
        return Ok(());
    }
    Err(S3Error::new(ErrorCode::MetadataTooLarge)
        .detail("Size", size.to_string())
        .detail("MaxSizeAllowed", most.to_string()))
}

/// Reads `x-amz-website-redirect-location`. `InvalidRedirectLocation` unless it starts with `/`,
/// `http://` or `https://`, and beyond 2 KB.
pub fn website_redirect(headers: &Headers) -> Result<Option<String>> {
    let Some(location) = headers.get("x-amz-website-redirect-location") else { return Ok(None) };
    if location.len() > REDIRECT_LENGTH_MAX {
        return Err(S3Error::new(ErrorCode::InvalidRedirectLocation)
            .message("The length of website redirect location cannot exceed 2,048 characters."));
    }
    if ["/", "http://", "https://"].iter().any(|start| location.starts_with(start)) {
        return Ok(Some(location.to_owned()));
    }
    Err(ErrorCode::InvalidRedirectLocation.into())
}

#[cfg(test)]
mod tests;
