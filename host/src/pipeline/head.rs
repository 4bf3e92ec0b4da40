//! What the host reads of a request's head before the pipeline does: the host that it is addressed
//! to, how long it is, and whether it is signed.
//!
//! Signatures cover the host, and addressing goes by it. A request in which two readers could see
//! different hosts is refused
//! (<https://www.rfc-editor.org/rfc/rfc9112.html#section-3.2>).

use std::net::{IpAddr, Ipv6Addr};

use http::header::{AUTHORIZATION, CONTENT_LENGTH, HOST};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Uri, Version};

/// Bytes of the headers of a request:
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>
pub(crate) const HEADERS_BYTES_MAX: usize = 8 << 10;
/// Bytes of a request line with its headers. This is more than headers alone may have, because URLs
/// can be long: presigned URLs hold the token of a session, and those of STS may hold the token of
/// an identity provider, of 20,000 characters.
pub(crate) const HEAD_BYTES_MAX: usize = 32 << 10;

/// See the module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head {
    /// Whether it names its host clearly, and the length of its body at most once: exactly one
    /// `Host` in HTTP/1.1, at most one in HTTP/1.0, and an authority or a `Host` in HTTP/2. None of
    /// them may be empty, or anything but a host and a port.
    pub(crate) is_clear: bool,
    /// Whether its headers are longer than allowed. Its request line does not count.
    pub(crate) is_long: bool,
    /// Whether it brings something like a signature. A wrong guess costs a request nothing: it gets
    /// a place for verified requests once its signature is verified, wherever that stands.
    pub(crate) is_signed: bool,
}

impl Head {
    /// Looks at a head: once at each header, because every request pays for this.
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
pub(crate) fn is_host_and_port(text: &[u8]) -> bool {
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

/// Whether the host that a request is addressed to can only be this machine: `localhost`, or a
/// loopback address.
pub(crate) fn is_for_this_machine(parts: &Parts) -> bool {
    let named = parts.headers.get(HOST).map(|host| host.to_str().unwrap_or_default());
    let mut hosts =
        parts.uri.authority().map(|authority| authority.as_str()).into_iter().chain(named).peekable();
    // A proxy may have put one of them there, and passed on the other one.
    hosts.peek().is_some() && hosts.all(is_this_machine)
}

fn is_this_machine(host: &str) -> bool {
    if !is_host_and_port(host.as_bytes()) {
        return false;
    }
    let name = match host.rsplit_once(':') {
        // The last colon of an address of IPv6 without a port stands between its brackets.
        Some((name, port)) if !port.ends_with(']') => name,
        _ => host,
    };
    let address = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    name.eq_ignore_ascii_case("localhost")
        || address.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback())
}

/// Whether a name may have this character. A comma would join two values into one. An escape
/// (`%41`) is one character to one reader and three to another. So neither is allowed.
fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'!' | b'$' | b'&' | b'\'' | b'(' | b')')
        || matches!(byte, b'*' | b'+' | b';' | b'=')
}

/// An address without a zone: a zone means something only on the machine of the client.
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

/// Writes the host into the header `Host`, where later readers look for it. The host in the target
/// of a request goes before `Host` (<https://www.rfc-editor.org/rfc/rfc9112.html#section-3.2.2>).
/// HTTP/2 usually names it only there.
pub(crate) fn settle(uri: &Uri, headers: &mut HeaderMap) {
    if let Some(authority) = uri.authority()
        && let Ok(host) = HeaderValue::from_str(authority.as_str())
    {
        headers.insert(HOST, host);
    }
}

#[cfg(test)]
mod tests;
