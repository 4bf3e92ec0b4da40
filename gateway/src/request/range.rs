//! Byte ranges of GET and HEAD, and of the source of a copied part.
//!
//! S3 serves one range. It ignores a header that it does not understand, or that names several
//! ranges, and sends the whole object.

use crate::errors::{ErrorCode, Result, S3Error};

/// A range as the client names it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Range {
    /// `bytes=100-`
    From(u64),
    /// `bytes=100-199`, both included.
    Between(u64, u64),
    /// `bytes=-100`
    Suffix(u64),
}

/// The bytes of an object that a range stands for. Never empty.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ByteRange {
    /// The first byte.
    pub start: u64,
    /// How many bytes, at least 1.
    pub length: u64,
}

impl Range {
    /// Reads the header `Range`. `None` for a header that is ignored.
    pub fn parse(header: &str) -> Option<Range> {
        let (unit, range) = header.trim().split_once('=')?;
        if !unit.eq_ignore_ascii_case("bytes") {
            return None;
        }
        match range.split_once('-')? {
            ("", last) => Some(Range::Suffix(number(last)?)),
            (first, "") => Some(Range::From(number(first)?)),
            (first, last) => {
                let (first, last) = (number(first)?, number(last)?);
                (first <= last).then_some(Range::Between(first, last))
            }
        }
    }

    /// The bytes of an object of `size` bytes; `None` for a suffix of an empty object, which is all
    /// of it. `InvalidRange` where the range has no bytes otherwise.
    ///
    /// RFC 9110, section 14.1.2, calls a suffix satisfiable where it is longer than the object,
    /// which holds for an empty object too. S3 answers 200 (apache/arrow-rs-object-store issue
    /// 846).
    pub fn within(self, size: u64) -> Result<Option<ByteRange>> {
        let (start, end) = match self {
            Range::Suffix(1..) if size == 0 => return Ok(None),
            Range::From(first) => (first, size),
            Range::Between(first, last) => (first, last.saturating_add(1).min(size)),
            Range::Suffix(length) => (size.saturating_sub(length), size),
        };
        if start >= end {
            return Err(self.unsatisfiable(size));
        }
        Ok(Some(ByteRange { start, length: end - start }))
    }

    fn unsatisfiable(self, size: u64) -> S3Error {
        S3Error::new(ErrorCode::InvalidRange)
            .detail("RangeRequested", self.to_string())
            .detail("ActualObjectSize", size.to_string())
            .header("content-range", format!("bytes */{size}"))
    }

    /// Reads the header `x-amz-copy-source-range`, which knows only `bytes=first-last`.
    /// `InvalidArgument` otherwise.
    pub fn parse_copy_source(header: &str) -> Result<Range> {
        match Range::parse(header) {
            Some(range @ Range::Between(..)) => Ok(range),
            _ => Err(S3Error::invalid_argument(
                "x-amz-copy-source-range",
                header,
                "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last \
                 are the zero-based offsets of the first and last bytes to copy",
            )),
        }
    }

    /// The bytes of a copy source of `size` bytes, all of which must exist. `InvalidArgument`
    /// otherwise.
    pub fn within_copy_source(self, size: u64) -> Result<ByteRange> {
        match self {
            Range::Between(_, last) if last >= size => Err(S3Error::invalid_argument(
                "x-amz-copy-source-range",
                self.to_string(),
                format!("Range specified is not valid for source object of size: {size}"),
            )),
            _ => self.within(size)?.ok_or_else(|| self.unsatisfiable(size)),
        }
    }
}

impl std::fmt::Display for Range {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Range::From(first) => write!(formatter, "bytes={first}-"),
            Range::Between(first, last) => write!(formatter, "bytes={first}-{last}"),
            Range::Suffix(length) => write!(formatter, "bytes=-{length}"),
        }
    }
}

impl ByteRange {
    /// `bytes 0-9/100`: the header `Content-Range`.
    pub fn content_range(self, size: u64) -> String {
        format!("bytes {}-{}/{size}", self.start, self.start + self.length - 1)
    }
}

fn number(text: &str) -> Option<u64> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // A number beyond 64 bits is beyond the end of every object.
    Some(text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests;
