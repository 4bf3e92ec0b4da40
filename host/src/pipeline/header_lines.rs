//! Response headers as the contract writes them: `name: value\n` lines.

use http::header::{
    CONNECTION, CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue, TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
};

use crate::pipeline::responses::REQUEST_ID;

/// Header lines of all added stages may have this many bytes on one response.
const ADDED_BYTES_MAX: usize = 16 << 10;

/// Headers that only the host sets: where a response ends, what becomes of its connection, and the
/// request id.
const OURS: [HeaderName; 7] =
    [CONNECTION, CONTENT_LENGTH, TE, TRAILER, TRANSFER_ENCODING, UPGRADE, REQUEST_ID];

/// Why lines are refused. The text does not repeat the lines: they may hold what a client sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// A line is not `name: value`, or holds characters that no header may.
    #[error("a response header line is malformed")]
    Malformed,
    /// The header is the host's to set.
    #[error("a response header is not for a stage to set")]
    Ours,
    /// More than `ADDED_BYTES_MAX`.
    #[error("the response headers are too long")]
    TooLong,
}

/// Appends lines to the headers of a response. A line that cannot be a header is left out: it may
/// hold what a client stored long ago, and the rest of the response is good without it. Answers how
/// many were left out.
pub fn append(headers: &mut HeaderMap, lines: &str) -> usize {
    let mut left_out = 0;
    for line in lines.split_terminator('\n') {
        // `try_append` fails where the map is full.
        let appended = parse(line).is_ok_and(|(name, value)| headers.try_append(name, value).is_ok());
        left_out += usize::from(!appended);
    }
    left_out
}

/// Headers that were checked, as lines.
pub fn lines(headers: &[(String, String)]) -> String {
    headers.iter().map(|(name, value)| format!("{name}: {value}\n")).collect()
}

/// Checks the lines of an added stage. The response has `before` bytes of such lines already.
///
/// # Errors
/// Lines that would break the response, or change what only the host knows.
pub fn check_added(lines: &str, before: usize) -> Result<(), HeaderError> {
    if before.saturating_add(lines.len()) > ADDED_BYTES_MAX {
        return Err(HeaderError::TooLong);
    }
    if !lines.is_empty() && !lines.ends_with('\n') {
        return Err(HeaderError::Malformed);
    }
    for line in lines.split_terminator('\n') {
        let (name, _) = parse(line)?;
        if OURS.contains(&name) {
            return Err(HeaderError::Ours);
        }
    }
    Ok(())
}

fn parse(line: &str) -> Result<(HeaderName, HeaderValue), HeaderError> {
    // Names are short: a plain loop over one is faster than a search with vectors.
    let (name, value) = line.split_once([':']).ok_or(HeaderError::Malformed)?;
    let value = value.strip_prefix(' ').ok_or(HeaderError::Malformed)?;
    let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| HeaderError::Malformed)?;
    let value = match value.is_ascii() {
        true => HeaderValue::from_str(value).map_err(|_| HeaderError::Malformed)?,
        false => latin_1(value).ok_or(HeaderError::Malformed)?,
    };
    Ok((name, value))
}

/// Headers are Latin-1 (<https://www.rfc-editor.org/rfc/rfc9110.html#section-5.5>). `None` where
/// the text has other characters.
fn latin_1(value: &str) -> Option<HeaderValue> {
    let bytes: Option<Vec<u8>> = value
        .chars()
        .map(|character| u8::try_from(character).ok().filter(|byte| !(0x80..0xa0).contains(byte)))
        .collect();
    HeaderValue::from_bytes(&bytes?).ok()
}

#[cfg(test)]
mod tests;
