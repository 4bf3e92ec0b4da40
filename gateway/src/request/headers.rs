//! Request headers, indexed once from the block of `name: value` lines in which they arrive.

use crate::errors::{Result, S3Error};
use crate::request::lookup::Order;
use crate::request::query::Query;
use std::borrow::Cow;

/// The headers of a request, in the order received.
///
/// A lookup scans some twenty short names: no hashing, and one allocation for all headers. Where
/// there are many headers, a lookup searches their sorted order instead, so that a lookup for each
/// header does not take quadratic time.
#[derive(Clone, Default)]
pub struct Headers {
    block: String,
    lines: Vec<Line>,
    order: Order,
}

impl std::fmt::Debug for Headers {
    /// Values are not shown: signatures, tokens and keys are among them.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_list().entries(self.iter().map(|(name, _)| name)).finish()
    }
}

/// Byte offsets of one header in the block.
#[derive(Clone, Copy, Debug)]
struct Line {
    name: (u32, u32),
    value: (u32, u32),
}

impl Headers {
    /// Reads a block of `name: value\n` lines whose names are in lower case. White space around
    /// values is dropped; lines without a colon are skipped.
    pub fn parse(block: String) -> Headers {
        Headers::parse_from(block, 0)
    }

    /// The same for a text whose headers begin at byte `start`.
    pub fn parse_from(text: String, start: usize) -> Headers {
        let mut lines = Vec::with_capacity(24);
        let (mut line, mut colon) = (start, None);
        // Every stage reads every header of every request, so this is fast: a search with vector
        // instructions skips the bytes between `:` and the line's end.
        for position in memchr::memchr2_iter(b':', b'\n', text.as_bytes().get(start..).unwrap_or_default()) {
            let position = start + position;
            if text.as_bytes().get(position) == Some(&b'\n') {
                lines.extend(colon.and_then(|colon| Line::new(text.as_bytes(), line, colon, position)));
                (line, colon) = (position + 1, None);
            } else if colon.is_none() {
                colon = Some(position);
            }
        }
        lines.extend(colon.and_then(|colon| Line::new(text.as_bytes(), line, colon, text.len())));
        let name = |at: usize| lines.get(at).map_or("", |line: &Line| slice(&text, line.name));
        let order = Order::of(lines.len(), name);
        Headers { block: text, lines, order }
    }

    /// The first value of a header by its lower-case name.
    pub fn get(&self, name: &str) -> Option<&str> {
        let line = match self.find(name) {
            None => self.lines.iter().find(|line| self.is_named(line, name)),
            Some(positions) => positions.first().and_then(|position| self.lines.get(*position as usize)),
        };
        line.map(|line| self.slice(line.value))
    }

    /// Whether the header was sent.
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Every value of a header, in order.
    pub fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        let found = self.find(name);
        let mut next = 0;
        std::iter::from_fn(move || {
            let position = match found {
                None => next + self.lines.get(next..)?.iter().position(|line| self.is_named(line, name))?,
                Some(positions) => *positions.get(next)? as usize,
            };
            next = if found.is_none() { position + 1 } else { next + 1 };
            self.lines.get(position).map(|line| self.slice(line.value))
        })
    }

    /// The values of a repeated header joined with `,`.
    pub fn joined(&self, name: &str) -> Option<Cow<'_, str>> {
        let mut values = self.all(name);
        let mut joined = Cow::Borrowed(values.next()?);
        for value in values {
            let text = joined.to_mut();
            text.push(',');
            text.push_str(value);
        }
        Some(joined)
    }

    /// Headers whose name starts with `prefix`, as (what follows the prefix, value).
    pub fn with_prefix<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.iter().filter_map(move |(name, value)| Some((name.strip_prefix(prefix)?, value)))
    }

    /// Every header, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.lines.iter().map(|line| (self.slice(line.name), self.slice(line.value)))
    }

    /// The positions of the headers with a name; `None` where there are few headers, which are
    /// scanned.
    fn find(&self, name: &str) -> Option<&[u32]> {
        self.order.find(name, |at| self.lines.get(at).map_or("", |line| self.slice(line.name)))
    }

    fn is_named(&self, line: &Line, name: &str) -> bool {
        let (start, end) = line.name;
        let own = self.block.as_bytes().get(start as usize..end as usize);
        own.is_some_and(|own| is_same_name(own, name.as_bytes()))
    }

    fn slice(&self, range: (u32, u32)) -> &str {
        slice(&self.block, range)
    }
}

fn slice(block: &str, (start, end): (u32, u32)) -> &str {
    block.get(start as usize..end as usize).unwrap_or_default()
}

/// Whether two names are the same. Different names often begin alike, and every stage compares
/// dozens of them: so the last byte is compared first.
pub(crate) fn is_same_name(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && one.last() == other.last() && one == other
}

/// A presigned URL carries `x-amz-*` headers in its query, signed with it: they count as headers,
/// unless the same header was sent as well, or the header is about a body. `InvalidRequest` for a
/// parameter that cannot be a header.
pub fn with_presigned(headers: Headers, query: &Query) -> Result<Headers> {
    // The body of CompleteMultipartUpload is a list of parts: the checksum beside it is that of the
    // new object, not of the body.
    let completes = query.has("uploadId") && !query.has("partNumber");
    with_query(headers, query, |name| completes || !is_about_body(name))
}

/// [`with_presigned`] including headers about a body: what Signature Version 2 signs.
pub fn with_signed_query(headers: Headers, query: &Query) -> Result<Headers> {
    with_query(headers, query, |_| true)
}

fn with_query(headers: Headers, query: &Query, counts: impl Fn(&str) -> bool) -> Result<Headers> {
    if !is_presigned(query) {
        return Ok(headers);
    }
    let mut block = headers.block.clone();
    for (name, value) in query.iter() {
        let name = name.to_ascii_lowercase();
        if !name.starts_with("x-amz-") || !counts(&name) || headers.has(&name) {
            continue;
        }
        if !is_token(&name) || value.chars().any(char::is_control) {
            return Err(S3Error::invalid_request("The query carries a header that cannot be one."));
        }
        block.push_str(&name);
        block.push_str(": ");
        block.push_str(value);
        block.push('\n');
    }
    Ok(Headers::parse(block))
}

/// Whether a query has a signature in it.
pub fn is_presigned(query: &Query) -> bool {
    !query.is_empty() && (query.has("X-Amz-Signature") || query.has("Signature"))
}

/// Whether a header describes the bytes of the request's body. When a URL is presigned, these are
/// not known yet: SDKs put the checksum of an empty body there. Headers that choose something for
/// an object or an upload are not of this kind.
fn is_about_body(name: &str) -> bool {
    match name.strip_prefix("x-amz-checksum-") {
        Some(rest) => !matches!(rest, "algorithm" | "type" | "mode"),
        None => {
            matches!(name, "x-amz-sdk-checksum-algorithm" | "x-amz-trailer" | "x-amz-decoded-content-length")
        }
    }
}

/// The header with the one-time code of a request to S3, and the device that it is of.
pub const CODE_HEADER: &str = "x-amz-mfa";

/// Headers that may come once: they say who sends the request, where it goes, what its body is. Of
/// two, one reader may take the first and another the last, while the signature covers both.
const SINGLE: [&str; 13] = [
    "content-length",
    "content-md5",
    "date",
    "host",
    "x-amz-content-sha256",
    "x-amz-copy-source",
    "x-amz-copy-source-range",
    "x-amz-date",
    "x-amz-decoded-content-length",
    "x-amz-expected-bucket-owner",
    CODE_HEADER,
    "x-amz-security-token",
    "x-amz-source-expected-bucket-owner",
];

/// Refuses a request that has one of these headers twice: `InvalidRequest`. (For `authorization`,
/// S3 has its own message.)
pub fn check_single(headers: &Headers) -> Result<()> {
    let mut seen = 0_u32;
    for (name, _) in headers.iter() {
        let Some(position) =
            SINGLE.iter().position(|single| is_same_name(single.as_bytes(), name.as_bytes()))
        else {
            continue;
        };
        let bit = 1 << position;
        if seen & bit != 0 {
            let message = format!("The header {name} is given more than once.");
            return Err(S3Error::invalid_request(message));
        }
        seen |= bit;
    }
    Ok(())
}

/// Whether a text can be the name of a header
/// (<https://www.rfc-editor.org/rfc/rfc9110.html#name-tokens>).
pub fn is_token(name: &str) -> bool {
    !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

/// Whether a text can be the value of a header: it has no control characters but tabs, and so no
/// ends of lines.
pub fn is_field_value(value: &str) -> bool {
    value.bytes().all(|byte| byte == b'\t' || (byte >= b' ' && byte != 0x7f))
}

impl<'a> FromIterator<(&'a str, &'a str)> for Headers {
    fn from_iter<I: IntoIterator<Item = (&'a str, &'a str)>>(headers: I) -> Headers {
        let mut block = String::new();
        for (name, value) in headers {
            block.push_str(name);
            block.push_str(": ");
            block.push_str(value);
            block.push('\n');
        }
        Headers::parse(block)
    }
}

impl Line {
    /// The header between `start` and `end`, whose name ends at `colon`.
    fn new(text: &[u8], start: usize, colon: usize, end: usize) -> Option<Line> {
        let is_space = |position: &usize| matches!(text.get(*position), Some(b' ' | b'\t' | b'\r'));
        let first = (colon + 1..end).find(|position| !is_space(position)).unwrap_or(end);
        let after = (first..end).rev().find(|position| !is_space(position)).map_or(first, |last| last + 1);
        let offset = |position: usize| u32::try_from(position).ok();
        Some(Line { name: (offset(start)?, offset(colon)?), value: (offset(first)?, offset(after)?) })
    }
}

#[cfg(test)]
mod tests;
