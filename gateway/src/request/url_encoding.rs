//! Percent-encoding as S3 does it: strict decoding of paths and queries, and `encoding-type=url`
//! for listings.

use crate::errors::{ErrorCode, Result};
use crate::hex;
use crate::xml::byte_set;
use std::borrow::Cow;

/// Decodes a path segment: `%XX` only; a `+` is a plus. `InvalidURI` for a broken escape and for
/// bytes that are not UTF-8.
pub fn decode_path(text: &str) -> Result<Cow<'_, str>> {
    decode(text, Plus::Literal)
}

/// Decodes a query name or value, where `+` means a space. `InvalidURI` as [`decode_path`].
pub fn decode_query(text: &str) -> Result<Cow<'_, str>> {
    decode(text, Plus::Space)
}

/// Appends `text` as `encoding-type=url` prints it: letters, digits, `-`, `_`, `.`, `*` and `/`
/// stay, every other byte becomes `%XX`.
///
/// S3 writes a space as `+`, which half of the clients read back as a plus. All of them read `%20`
/// as a space.
pub fn push_listing(out: &mut String, text: &str) {
    let mut copied = 0;
    for (position, byte) in text.bytes().enumerate() {
        if LISTED.get(usize::from(byte)).copied().unwrap_or(false) {
            continue;
        }
        // Inside a character that is escaped byte by byte, this slice is empty.
        out.push_str(text.get(copied..position).unwrap_or_default());
        copied = position + 1;
        push_escape(out, byte);
    }
    out.push_str(text.get(copied..).unwrap_or_default());
}

/// The bytes that [`push_listing`] leaves alone.
static LISTED: [bool; 256] = byte_set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.*/");

/// Appends `text` with every byte but RFC 3986's unreserved ones and `/` as `%XX`: a key as it
/// stands in a URL.
pub fn push_path(out: &mut String, text: &str) {
    push_all_but(out, text, |byte| is_unreserved(byte) || byte == b'/');
}

/// `text` with every byte but RFC 3986's unreserved ones as `%XX`.
pub fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    push_all_but(&mut out, text, is_unreserved);
    out
}

fn push_all_but(out: &mut String, text: &str, stays: impl Fn(u8) -> bool) {
    for byte in text.bytes() {
        match stays(byte) {
            true => out.push(char::from(byte)),
            false => push_escape(out, byte),
        }
    }
}

/// Whether a byte stands for itself everywhere in a URL (RFC 3986, 2.3).
pub(crate) fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Plus {
    Literal,
    Space,
}

fn decode(text: &str, plus: Plus) -> Result<Cow<'_, str>> {
    let special = |byte: u8| byte == b'%' || (byte == b'+' && plus == Plus::Space);
    if !text.bytes().any(special) {
        return Ok(Cow::Borrowed(text));
    }
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'%' => {
                let high = bytes.next().and_then(hex::value).ok_or(ErrorCode::InvalidURI)?;
                let low = bytes.next().and_then(hex::value).ok_or(ErrorCode::InvalidURI)?;
                decoded.push((high << 4) | low);
            }
            b'+' if plus == Plus::Space => decoded.push(b' '),
            _ => decoded.push(byte),
        }
    }
    match String::from_utf8(decoded) {
        Ok(decoded) => Ok(Cow::Owned(decoded)),
        Err(_) => Err(ErrorCode::InvalidURI.into()),
    }
}

/// Appends `%XX`. Keys of other alphabets are escapes throughout: one copy for each.
pub(crate) fn push_escape(out: &mut String, byte: u8) {
    let start = usize::from(byte) * ESCAPE_LENGTH;
    out.push_str(ESCAPES.get(start..start + ESCAPE_LENGTH).unwrap_or_default());
}

const ESCAPE_LENGTH: usize = 3;
/// `%00%01…%FF`.
static ESCAPES: &str = match std::str::from_utf8(&ESCAPE_BYTES) {
    Ok(escapes) => escapes,
    Err(_) => "",
};
static ESCAPE_BYTES: [u8; 256 * ESCAPE_LENGTH] = escape_bytes();

#[expect(clippy::indexing_slicing, reason = "evaluated at compile time, where beyond the end is an error")]
const fn escape_bytes() -> [u8; 256 * ESCAPE_LENGTH] {
    let mut bytes = [b'%'; 256 * ESCAPE_LENGTH];
    let mut byte = 0;
    while byte < 256 {
        bytes[byte * ESCAPE_LENGTH + 1] = hex::DIGITS[byte >> 4].to_ascii_uppercase();
        bytes[byte * ESCAPE_LENGTH + 2] = hex::DIGITS[byte & 15].to_ascii_uppercase();
        byte += 1;
    }
    bytes
}

#[cfg(test)]
mod tests;
