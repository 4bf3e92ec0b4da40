//! Preconditions: `If-Match` and its relatives, for reads, copy sources, writes and deletes.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-requests.html>, precedence as
//! in RFC 9110, section 13.2.2.

use crate::errors::{ErrorCode, Result, S3Error};
use crate::object::etag::{ETag, EntityTags};
use crate::request::headers::Headers;
use crate::timestamp::parse_http_date;

/// What evaluating the preconditions of a read says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Evaluated {
    /// All hold.
    Proceed,
    /// 304: the client has the object already.
    NotModified,
    /// 412: the header that does not hold.
    Failed(&'static str),
}

/// The preconditions of a GET or HEAD, or of the source of a copy. Dates that cannot be read are
/// ignored.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct ReadPreconditions {
    if_match: Option<EntityTags>,
    if_none_match: Option<EntityTags>,
    if_modified_since_ms: Option<u64>,
    if_unmodified_since_ms: Option<u64>,
}

impl ReadPreconditions {
    /// Those of a GET or HEAD.
    pub fn parse(headers: &Headers) -> ReadPreconditions {
        let tags = |name| headers.joined(name).map(|value| EntityTags::parse(&value));
        let date = |name| headers.get(name).and_then(parse_http_date);
        ReadPreconditions {
            if_match: tags("if-match"),
            if_none_match: tags("if-none-match"),
            if_modified_since_ms: date("if-modified-since"),
            if_unmodified_since_ms: date("if-unmodified-since"),
        }
    }

    /// Those of the source of a copy: `x-amz-copy-source-if-…`.
    pub fn parse_copy_source(headers: &Headers) -> ReadPreconditions {
        let tags = |name| headers.joined(name).map(|value| EntityTags::parse(&value));
        let date = |name| headers.get(name).and_then(parse_http_date);
        ReadPreconditions {
            if_match: tags("x-amz-copy-source-if-match"),
            if_none_match: tags("x-amz-copy-source-if-none-match"),
            if_modified_since_ms: date("x-amz-copy-source-if-modified-since"),
            if_unmodified_since_ms: date("x-amz-copy-source-if-unmodified-since"),
        }
    }

    /// The same, without an `If-Modified-Since` after `now_ms`: S3 ignores a date in the future.
    #[must_use]
    pub fn at(mut self, now_ms: u64) -> ReadPreconditions {
        self.if_modified_since_ms = self.if_modified_since_ms.filter(|date_ms| *date_ms <= now_ms);
        self
    }

    /// Evaluates the preconditions for an object. Dates are compared by whole seconds, because
    /// `Last-Modified` has no fractions.
    pub fn evaluate(&self, etag: &ETag, modified_ms: u64) -> Evaluated {
        let modified_after = |date_ms: u64| modified_ms / 1000 > date_ms / 1000;
        match (&self.if_match, self.if_unmodified_since_ms) {
            (Some(tags), _) if !tags.matches(etag) => return Evaluated::Failed("If-Match"),
            (None, Some(date)) if modified_after(date) => return Evaluated::Failed("If-Unmodified-Since"),
            _ => {}
        }
        match (&self.if_none_match, self.if_modified_since_ms) {
            (Some(tags), _) if tags.matches(etag) => Evaluated::NotModified,
            (None, Some(date)) if !modified_after(date) => Evaluated::NotModified,
            _ => Evaluated::Proceed,
        }
    }

    /// Evaluates the preconditions for the source of a copy, where "not modified" is a failure too:
    /// `PreconditionFailed`.
    pub fn check_copy_source(&self, etag: &ETag, modified_ms: u64) -> Result<()> {
        match self.evaluate(etag, modified_ms) {
            Evaluated::Proceed => Ok(()),
            Evaluated::Failed("If-Match") => Err(failed("x-amz-copy-source-If-Match")),
            Evaluated::Failed(_) => Err(failed("x-amz-copy-source-If-Unmodified-Since")),
            Evaluated::NotModified if self.if_none_match.is_some() => {
                Err(failed("x-amz-copy-source-If-None-Match"))
            }
            Evaluated::NotModified => Err(failed("x-amz-copy-source-If-Modified-Since")),
        }
    }
}

/// The preconditions of PutObject, CopyObject and CompleteMultipartUpload on what the key holds
/// now.
///
/// S3 takes only `*` for `If-None-Match`. Here an entity tag is taken too, and means what HTTP
/// says: write unless the object has this tag.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct WritePreconditions {
    if_match: Option<EntityTags>,
    if_none_match: Option<EntityTags>,
}

impl WritePreconditions {
    /// Reads `If-Match` and `If-None-Match`.
    pub fn parse(headers: &Headers) -> WritePreconditions {
        let tags = |name| headers.joined(name).map(|value| EntityTags::parse(&value));
        WritePreconditions { if_match: tags("if-match"), if_none_match: tags("if-none-match") }
    }

    /// Whether there are any: a lost race is then a `ConditionalRequestConflict`.
    pub fn is_conditional(&self) -> bool {
        self.if_match.is_some() || self.if_none_match.is_some()
    }

    /// Evaluates the preconditions for the current object; `None` where there is none, or a delete
    /// marker. `PreconditionFailed`, `NoSuchKey` for an `If-Match` on nothing, or `NotImplemented`
    /// for both headers at once.
    pub fn check(&self, current: Option<&ETag>) -> Result<()> {
        if self.if_match.is_some() && self.if_none_match.is_some() {
            return Err(S3Error::new(ErrorCode::NotImplemented)
                .detail("Header", "If-Match,If-None-Match")
                .detail("additionalMessage", "Multiple conditional request headers present in the request"));
        }
        match (&self.if_match, current) {
            (Some(_), None) => return Err(ErrorCode::NoSuchKey.into()),
            (Some(tags), Some(etag)) if !tags.matches(etag) => return Err(failed("If-Match")),
            _ => {}
        }
        match (&self.if_none_match, current) {
            (Some(tags), Some(etag)) if tags.matches(etag) => Err(failed("If-None-Match")),
            _ => Ok(()),
        }
    }
}

/// The preconditions of a delete.
///
/// `If-Match` is S3's, and is compared with the current version alone. Size and time exist in S3
/// only in directory buckets, where they do not stop the deletion of a missing object. Here they
/// work in every bucket, in the same way.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct DeletePreconditions {
    /// `If-Match`, or `ETag` in DeleteObjects.
    pub if_match: Option<EntityTags>,
    /// `x-amz-if-match-size`, or `Size`.
    pub if_match_size: Option<u64>,
    /// `x-amz-if-match-last-modified-time`, or `LastModifiedTime`.
    pub if_match_modified_ms: Option<u64>,
}

/// What the preconditions of a delete are evaluated for: an object version, or a delete marker,
/// which has no ETag.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DeleteTarget {
    /// `None` for a delete marker.
    pub etag: Option<ETag>,
    /// In bytes; 0 for a delete marker.
    pub size: u64,
    /// Last modified.
    pub modified_ms: u64,
}

impl DeletePreconditions {
    /// Reads the headers of DeleteObject. `InvalidArgument` for a malformed size or time.
    pub fn parse(headers: &Headers) -> Result<DeletePreconditions> {
        let size = headers.get("x-amz-if-match-size").map(|text| {
            text.parse().map_err(|_| S3Error::invalid_argument("x-amz-if-match-size", text, "Invalid size"))
        });
        let modified = headers.get("x-amz-if-match-last-modified-time").map(|text| {
            parse_http_date(text).ok_or_else(|| {
                S3Error::invalid_argument("x-amz-if-match-last-modified-time", text, "Invalid date")
            })
        });
        Ok(DeletePreconditions {
            if_match: headers.joined("if-match").map(|value| EntityTags::parse(&value)),
            if_match_size: size.transpose()?,
            if_match_modified_ms: modified.transpose()?,
        })
    }

    /// Whether there are any.
    pub fn is_conditional(&self) -> bool {
        *self != DeletePreconditions::default()
    }

    /// Refuses `If-Match` on a version that is named: `NotImplemented`, which S3 was seen to answer
    /// even where the tag is that of the version (localstack/localstack issue 13894).
    pub fn check_version(&self) -> Result<()> {
        if self.if_match.is_none() {
            return Ok(());
        }
        Err(S3Error::new(ErrorCode::NotImplemented)
            .message("A header you provided implies functionality that is not implemented")
            .detail("Header", "If-Match"))
    }

    /// Evaluates the preconditions for what the delete would remove or hide; `None` where there is
    /// nothing.
    ///
    /// `NoSuchKey` for any `If-Match` where there is no object or a delete marker, as S3 was seen
    /// to answer (ministackorg/ministack issue 1475); `PreconditionFailed` unless all hold.
    pub fn check(&self, found: Option<DeleteTarget>) -> Result<()> {
        if let Some(tags) = &self.if_match {
            match found.and_then(|found| found.etag) {
                None => return Err(ErrorCode::NoSuchKey.into()),
                Some(etag) if !tags.matches(&etag) => return Err(failed("If-Match")),
                Some(_) => {}
            }
        }
        let Some(found) = found else { return Ok(()) };
        // A delete marker has neither size nor time. A delete with such a precondition fails, so
        // that it does not add another marker.
        let is_marker = found.etag.is_none();
        if self.if_match_size.is_some_and(|size| is_marker || size != found.size) {
            return Err(failed("x-amz-if-match-size"));
        }
        let is_other = |date: u64| is_marker || date / 1000 != found.modified_ms / 1000;
        if self.if_match_modified_ms.is_some_and(is_other) {
            return Err(failed("x-amz-if-match-last-modified-time"));
        }
        Ok(())
    }
}

/// `PreconditionFailed`, naming the header that did not hold.
pub fn failed(condition: &'static str) -> S3Error {
    S3Error::new(ErrorCode::PreconditionFailed).detail("Condition", condition)
}

#[cfg(test)]
mod tests;
