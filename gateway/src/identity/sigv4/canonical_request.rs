//! The canonical request: the text that client and server both write for a request.
//!
//! S3's own rules, which differ from those of other services: the path is encoded once and is not
//! normalised. <https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html>

use std::borrow::Cow;

use super::credential_scope::LAMBDA;
use super::request::Request;
use super::signed_headers::SignedHeaders;
use crate::hex;
use crate::request::url_encoding::{is_unreserved, push_escape};

/// Writes the canonical request. `payload_hash` is its last line: the body's SHA-256 or a word such
/// as `UNSIGNED-PAYLOAD`. The service is that of the credential.
pub fn canonical_request(
    request: &Request<'_>,
    signed: &SignedHeaders<'_>,
    payload_hash: &str,
    service: &str,
) -> String {
    let mut out = String::with_capacity(request.path.len() + request.query.len() + 512);
    out.push_str(request.method);
    out.push('\n');
    match service == LAMBDA {
        true => push_escaped_path(&mut out, request.path),
        false => push_uri(&mut out, request.path),
    }
    out.push('\n');
    push_query(&mut out, request.query);
    out.push('\n');
    push_headers(&mut out, request, signed);
    out.push('\n');
    out.push_str(signed.as_str());
    out.push('\n');
    out.push_str(payload_hash);
    out
}

/// Appends the canonical URI of a path as sent. Clients escape different characters, so every byte
/// is escaped anew. An escaped slash stays escaped, because it is not a separator.
pub(super) fn push_uri(out: &mut String, path: &str) {
    if path.is_empty() {
        out.push('/');
    }
    push_encoded(out, path, Part::Path);
}

/// Appends the canonical URI of a service other than S3: the path as sent is escaped once more.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>
fn push_escaped_path(out: &mut String, path: &str) {
    for byte in path.bytes() {
        match byte {
            b'/' => out.push('/'),
            _ => push_byte(out, byte),
        }
    }
}

/// Appends the canonical query of a query as sent: names and values escaped anew, then sorted by
/// name and value. `X-Amz-Signature` is left out.
pub(super) fn push_query(out: &mut String, query: &str) {
    if query.is_empty() {
        return;
    }
    let mut parameters: Vec<(Cow<'_, str>, Cow<'_, str>)> = query
        .split('&')
        .filter(|parameter| !parameter.is_empty())
        .map(|parameter| parameter.split_once('=').unwrap_or((parameter, "")))
        .map(|(name, value)| (encoded(name), encoded(value)))
        .filter(|(name, _)| name != "X-Amz-Signature")
        .collect();
    parameters.sort_unstable();
    for (position, (name, value)) in parameters.iter().enumerate() {
        if position > 0 {
            out.push('&');
        }
        out.push_str(name);
        out.push('=');
        out.push_str(value);
    }
}

/// Appends a `name:value\n` line for each signed header, in the order listed. A header that was not
/// sent has an empty value.
fn push_headers(out: &mut String, request: &Request<'_>, signed: &SignedHeaders<'_>) {
    for name in signed.names() {
        out.push_str(name);
        out.push(':');
        let mut values = request.headers.all(name);
        match values.next() {
            Some(first) => push_folded(out, first),
            // HTTP/2 has `:authority` instead of `host`.
            None if name == "host" => out.push_str(request.host),
            None => {}
        }
        for value in values {
            out.push(',');
            push_folded(out, value);
        }
        out.push('\n');
    }
}

/// Appends a header value with one space for several. White space around it was dropped when the
/// headers were read.
fn push_folded(out: &mut String, value: &str) {
    let bytes = value.as_bytes();
    // Most values have no space at all.
    let first = memchr::memchr(b' ', bytes).unwrap_or(bytes.len());
    if !bytes.get(first..).unwrap_or_default().windows(2).any(|pair| pair == b"  ") {
        out.push_str(value);
        return;
    }
    for (position, word) in value.split(' ').filter(|word| !word.is_empty()).enumerate() {
        if position > 0 {
            out.push(' ');
        }
        out.push_str(word);
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Path,
    Query,
}

/// A query name or value in its canonical form. Most are in this form already, and are not copied.
fn encoded(text: &str) -> Cow<'_, str> {
    if text.bytes().all(is_unreserved) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    push_encoded(&mut out, text, Part::Query);
    Cow::Owned(out)
}

/// Appends a text with its escapes undone and made again. A `%` that does not begin an escape is
/// escaped.
fn push_encoded(out: &mut String, text: &str, part: Part) {
    let mut rest = text;
    loop {
        let plain = rest
            .bytes()
            .position(|byte| !(is_unreserved(byte) || (byte == b'/' && part == Part::Path)))
            .unwrap_or(rest.len());
        let (head, tail) = rest.split_at_checked(plain).unwrap_or((rest, ""));
        out.push_str(head);
        let Some(first) = tail.chars().next() else { return };
        let mut length = first.len_utf8();
        match first {
            '%' => match tail.get(1..3).and_then(hex::decode) {
                Some([byte]) => {
                    length = 3;
                    push_byte(out, byte);
                }
                None => push_byte(out, b'%'),
            },
            // A `+` is a space here: a client that sends it signs `%20`.
            '+' if part == Part::Query => push_byte(out, b' '),
            _ => first.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| push_byte(out, byte)),
        }
        rest = tail.get(length..).unwrap_or_default();
    }
}

fn push_byte(out: &mut String, byte: u8) {
    match is_unreserved(byte) {
        true => out.push(char::from(byte)),
        false => push_escape(out, byte),
    }
}
