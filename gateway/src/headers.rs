//! Request headers, indexed once from the block of `name: value` lines in which they arrive.

use crate::errors::{Result, S3Error};
use crate::query::Query;
use std::borrow::Cow;

/// The headers of a request, in the order received.
///
/// Looking one up is a scan over some twenty short names: no hashing, one allocation for all.
#[derive(Clone, Default, Debug)]
pub struct Headers {
    block: String,
    lines: Vec<Line>,
}

/// Byte offsets of one header in the block.
#[derive(Clone, Copy, Debug)]
struct Line {
    name: (u32, u32),
    value: (u32, u32),
}

impl Headers {
    /// Reads a block of `name: value\n` lines whose names are in lower case. White space around values is
    /// dropped; lines without a colon are skipped.
    pub fn parse(block: String) -> Headers {
        let mut lines = Vec::with_capacity(24);
        let mut start = 0;
        for line in block.split_inclusive('\n') {
            if let Some(parsed) = parse_line(line, start) {
                lines.push(parsed);
            }
            start += line.len();
        }
        Headers { block, lines }
    }

    /// The first value of a header by its lower-case name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(candidate, _)| *candidate == name).map(|(_, value)| value)
    }

    /// Whether the header was sent.
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Every value of a header, in order.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.iter().filter(move |(candidate, _)| *candidate == name).map(|(_, value)| value)
    }

    /// The values of a repeated header joined with `,`.
    pub fn joined(&self, name: &str) -> Option<Cow<'_, str>> {
        let mut values = self.iter().filter(|(candidate, _)| *candidate == name).map(|(_, value)| value);
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

    fn slice(&self, (start, end): (u32, u32)) -> &str {
        self.block.get(start as usize..end as usize).unwrap_or_default()
    }
}

/// A presigned URL carries `x-amz-*` headers in its query, signed with it: they count as headers, unless the same header
/// was sent as well. `InvalidRequest` for what cannot be a header.
pub fn with_presigned(headers: Headers, query: &Query) -> Result<Headers> {
    if query.is_empty() || !query.has("X-Amz-Signature") {
        return Ok(headers);
    }
    let mut block = headers.block.clone();
    for (name, value) in query.iter() {
        let name = name.to_ascii_lowercase();
        if !name.starts_with("x-amz-") || headers.has(&name) {
            continue;
        }
        let is_token =
            name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
        if !is_token || value.chars().any(char::is_control) {
            return Err(S3Error::invalid_request("The query carries a header that cannot be one."));
        }
        block.push_str(&name);
        block.push_str(": ");
        block.push_str(value);
        block.push('\n');
    }
    Ok(Headers::parse(block))
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

fn parse_line(line: &str, start: usize) -> Option<Line> {
    let colon = line.find(':')?;
    let (name, rest) = (line.get(..colon)?, line.get(colon + 1..)?);
    let value = rest.trim_matches([' ', '\t', '\r', '\n']);
    let lead = rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
    let value_start = if value.is_empty() { start + colon + 1 } else { start + colon + 1 + lead };
    let offset = |position: usize| u32::try_from(position).ok();
    Some(Line {
        name: (offset(start)?, offset(start + name.len())?),
        value: (offset(value_start)?, offset(value_start + value.len())?),
    })
}

#[cfg(test)]
mod tests;
