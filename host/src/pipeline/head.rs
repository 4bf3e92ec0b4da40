//! What is seen of the head of a request before anybody answers it: whom it is addressed to, how
//! long it is, whether it is signed.
//!
//! Signatures cover the host, and addressing looks at it. A request of which two readers could see
//! different hosts is nobody's to serve
//! (<https://www.rfc-editor.org/rfc/rfc9112.html#section-3.2>).

use std::net::Ipv6Addr;

use http::header::{AUTHORIZATION, CONTENT_LENGTH, HOST};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Uri, Version};

/// Bytes of the headers of a request:
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>
pub(crate) const HEADERS_BYTES_MAX: usize = 8 << 10;

/// See the module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head {
    /// Whether it says clearly whom it is addressed to, and once how long its body is: exactly one
    /// `Host` in HTTP/1.1, at most one in HTTP/1.0, and an authority or a `Host` in HTTP/2. None of
    /// them may be empty, or anything but a host and a port.
    pub(crate) is_clear: bool,
    /// Whether its headers are longer than allowed. Its request line does not count.
    pub(crate) is_long: bool,
    /// Whether it brings along what looks like a signature. A wrong answer costs a request nothing:
    /// it gets a place for verified requests when its signature is verified, wherever that stood.
    pub(crate) is_signed: bool,
}

impl Head {
    /// Looks at a head: once at each header, because every request pays for it.
    pub(crate) fn of(parts: &Parts) -> Head {
        let (mut bytes, mut hosts, mut lengths, mut is_signed) = (0, 0, 0, false);
        let mut are_hosts = true;
        for (name, value) in &parts.headers {
            // `name: value\r\n`
            bytes += name.as_str().len() + value.len() + 4;
            if name == HOST {
                hosts += 1;
                are_hosts &= is_host_and_port(value.as_bytes());
            } else if name == CONTENT_LENGTH {
                lengths += 1;
            } else if name == AUTHORIZATION {
                is_signed = true;
            }
        }
        let hosts_min = match parts.version {
            Version::HTTP_09 | Version::HTTP_10 => 0,
            Version::HTTP_11 => 1,
            _ => usize::from(parts.uri.authority().is_none()),
        };
        let is_target_clear =
            parts.uri.authority().is_none_or(|authority| is_host_and_port(authority.as_str().as_bytes()));
        Head {
            is_clear: (hosts_min..=1).contains(&hosts) && lengths <= 1 && are_hosts && is_target_clear,
            is_long: bytes > HEADERS_BYTES_MAX,
            is_signed: is_signed || parts.uri.query().is_some_and(|query| query.contains("Signature=")),
        }
    }
}

/// A host, and a port if there is one: <https://www.rfc-editor.org/rfc/rfc3986.html#section-3.2>
fn is_host_and_port(text: &[u8]) -> bool {
    let (is_named, rest) = match text.strip_prefix(b"[") {
        Some(rest) => {
            let Some(end) = rest.iter().position(|byte| *byte == b']') else { return false };
            let (address, rest) = rest.split_at(end);
            (is_ipv6(address), rest.strip_prefix(b"]").unwrap_or_default())
        }
        None => {
            let length = text.iter().take_while(|byte| is_of_name(**byte)).count();
            let (name, rest) = text.split_at(length);
            (!name.is_empty(), rest)
        }
    };
    is_named && is_port(rest)
}

/// What a name is written with. A comma is how two values become one, and an escape is a character
/// to one reader and three to another: the name of nobody's host has either.
fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'!' | b'$' | b'&' | b'\'' | b'(' | b')')
        || matches!(byte, b'*' | b'+' | b';' | b'=')
}

/// An address without a zone: zones mean something on the machine of the client alone.
fn is_ipv6(text: &[u8]) -> bool {
    std::str::from_utf8(text).is_ok_and(|text| text.parse::<Ipv6Addr>().is_ok())
}

/// Nothing, or a port behind its colon; the port may be left out.
fn is_port(text: &[u8]) -> bool {
    let Some(digits) = text.strip_prefix(b":") else { return text.is_empty() };
    let number = digits.iter().try_fold(0_u16, |number, digit| {
        let digit = digit.is_ascii_digit().then(|| u16::from(digit - b'0'))?;
        number.checked_mul(10)?.checked_add(digit)
    });
    number.is_some()
}

/// Writes the host that counts where everybody looks for it: what the target of a request says goes
/// before `Host` (<https://www.rfc-editor.org/rfc/rfc9112.html#section-3.2.2>). HTTP/2 names it
/// nowhere else, as a rule.
pub(crate) fn settle(uri: &Uri, headers: &mut HeaderMap) {
    if let Some(authority) = uri.authority()
        && let Ok(host) = HeaderValue::from_str(authority.as_str())
    {
        headers.insert(HOST, host);
    }
}

#[cfg(test)]
mod tests;
