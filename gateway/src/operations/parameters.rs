//! Parameters that several operations have.

use crate::errors::{Result, S3Error};
use crate::request::headers::Headers;
use crate::request::query::Query;
use crate::request::url_encoding;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The largest part number.
pub const PART_NUMBER_MAX: u32 = 10_000;
/// The smallest part but the last: 5 MiB.
pub const PART_LENGTH_MIN: u64 = 5 << 20;
/// How many entries a page of a listing has at most.
pub const PAGE_MAX: u32 = 1000;

/// `uploadId`, which the operations that have it need.
pub fn upload_id(query: &Query) -> Result<String> {
    match query.get_non_empty("uploadId") {
        Some(id) => Ok(id.to_owned()),
        None => Err(S3Error::invalid_argument("uploadId", "", "Upload id cannot be the empty string")),
    }
}

/// The limit of a page: `max-keys` and its relatives. Larger ones count as `max`; `InvalidArgument`
/// unless it is a number from 0 to 2,147,483,647.
pub fn limit(name: &'static str, text: Option<&str>, max: u32) -> Result<u32> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(max) };
    let message = match text.parse::<i32>().map(u32::try_from) {
        Ok(Ok(number)) => return Ok(number.min(max)),
        Ok(Err(_)) => format!("Argument {name} must be an integer between 0 and 2147483647"),
        Err(_) => format!("Provided {name} not an integer or within integer range"),
    };
    Err(S3Error::invalid_argument(name, text, message))
}

/// How keys are written in a listing.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Encoding {
    /// Escaped for XML only.
    #[default]
    Xml,
    /// `encoding-type=url`: percent-encoded, so that every key survives.
    Url,
}

impl Encoding {
    /// Reads `encoding-type`. `InvalidArgument` for another than `url`.
    pub fn parse(query: &Query) -> Result<Encoding> {
        match query.get_non_empty("encoding-type") {
            None => Ok(Encoding::Xml),
            Some(name) if name.eq_ignore_ascii_case("url") => Ok(Encoding::Url),
            Some(name) => {
                let message = "Invalid Encoding Method specified in Request";
                Err(S3Error::invalid_argument("encoding-type", name, message))
            }
        }
    }

    /// Appends `<name>text</name>`.
    pub fn push(self, out: &mut String, name: &str, text: &str) {
        out.push('<');
        out.push_str(name);
        out.push('>');
        self.push_text(out, text);
        out.push_str("</");
        out.push_str(name);
        out.push('>');
    }

    /// Appends text.
    pub fn push_text(self, out: &mut String, text: &str) {
        match self {
            Encoding::Xml => crate::xml::push_escaped(out, text),
            Encoding::Url => url_encoding::push_listing(out, text),
        }
    }
}

/// An opaque token from which a listing goes on after `position`. It begins with a checksum, so
/// that a token that was cut or changed is refused.
pub fn continuation_token(position: &str) -> String {
    let mut token = Vec::with_capacity(position.len() + 4);
    token.extend_from_slice(&checksum(position));
    token.extend_from_slice(position.as_bytes());
    URL_SAFE_NO_PAD.encode(token)
}

/// FNV-1a. It finds mistakes, and is no protection: a forged token gains nothing.
fn checksum(position: &str) -> [u8; 4] {
    let fold = |hash: u32, byte: u8| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    position.bytes().fold(0x811c_9dc5, fold).to_be_bytes()
}

/// The position in a token. `InvalidArgument` for a token that was not given out. An empty token is
/// the start.
pub fn parse_continuation_token(query: &Query) -> Result<Option<String>> {
    let Some(token) = query.get_non_empty("continuation-token") else { return Ok(None) };
    match position_of_token(token) {
        Some(position) => Ok(Some(position)),
        None => {
            let message = "The continuation token provided is incorrect";
            Err(S3Error::invalid_argument("continuation-token", token, message))
        }
    }
}

/// The position in a token of [`continuation_token`]; `None` for a token that was not given out.
pub fn position_of_token(token: &str) -> Option<String> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    let (sum, position) = bytes.split_first_chunk::<4>()?;
    let position = std::str::from_utf8(position).ok()?;
    (*sum == checksum(position)).then(|| position.to_owned())
}

/// Whether a header says `true`.
pub fn is_true(headers: &Headers, name: &str) -> bool {
    headers.get(name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
}

#[cfg(test)]
mod tests;
