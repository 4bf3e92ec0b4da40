//! What a trusted proxy says of a request in its headers: who the client is, whether it came over
//! TLS, and by which host.
//!
//! Each proxy on the way adds an address at the end of the list, so the list is read from there:
//! the first address that is of no trusted proxy is the client. What stands before it is the
//! client's own word, and is not read.
//!
//! Everything here is linear in the length of the headers, which the HTTP library bounds.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use http::header::FORWARDED;
use http::{HeaderMap, HeaderValue};

use crate::config::Proxies;
use crate::pipeline::head;

const X_FORWARDED_FOR: &str = "x-forwarded-for";
const X_FORWARDED_PROTO: &str = "x-forwarded-proto";
const X_FORWARDED_HOST: &str = "x-forwarded-host";
/// Trusted proxies on the way of one request.
const HOPS_MAX: usize = 32;

/// What proxies said of a request; what they left out is `None`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Forwarded {
    /// The client's address; port 0 when it is not known.
    pub(super) client: Option<SocketAddr>,
    /// Whether the client speaks TLS.
    pub(super) is_secure: Option<bool>,
    /// The host that the client addressed.
    pub(super) host: Option<HeaderValue>,
}

/// Why the client of a request is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unclear(pub(crate) &'static str);

/// Headers by which proxies and content networks say for whom they send; `X-Forwarded-…` and
/// `X-Envoy-…` besides.
const OF_PROXIES: [&str; 14] = [
    "cdn-loop",
    "cf-connecting-ip",
    "cf-ray",
    "client-ip",
    "fastly-client-ip",
    "fly-client-ip",
    "forwarded",
    "true-client-ip",
    "via",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-original-forwarded-for",
    "x-real-ip",
    "x-scheme",
];

/// Whether a request says that it came through a proxy, trusted or not.
pub(super) fn is_forwarded(headers: &HeaderMap) -> bool {
    let is_of_proxy = |name: &str| {
        OF_PROXIES.contains(&name) || name.starts_with("x-forwarded-") || name.starts_with("x-envoy-")
    };
    headers.keys().any(|name| is_of_proxy(name.as_str()))
}

/// Headers that browsers, `curl` and Prometheus send by themselves; `Sec-…` besides.
const OF_CLIENTS: [&str; 17] = [
    "accept",
    "accept-encoding",
    "accept-language",
    "cache-control",
    "connection",
    "cookie",
    "dnt",
    "host",
    "if-modified-since",
    "if-none-match",
    "pragma",
    "priority",
    "referer",
    "te",
    "upgrade-insecure-requests",
    "user-agent",
    "x-prometheus-scrape-timeout-seconds",
];

/// Whether a request has only such headers. Proxies add headers of many names, and new ones are
/// thought of every year: so this lists those that no proxy adds.
pub(super) fn is_unaided(headers: &HeaderMap) -> bool {
    let is_of_client = |name: &str| OF_CLIENTS.contains(&name) || name.starts_with("sec-");
    headers.keys().all(|name| is_of_client(name.as_str()))
}

/// Reads `X-Forwarded-For`, `X-Forwarded-Proto` and `X-Forwarded-Host`.
///
/// # Errors
/// A value that cannot be read, or is not clearly of the same hop as the client's address.
pub(super) fn x_forwarded(headers: &HeaderMap, proxies: &Proxies) -> Result<Forwarded, Unclear> {
    let (mut client, mut hops) = (None, 0);
    let is_found = |client: Option<SocketAddr>| client.is_some_and(|client| !proxies.trusts(client.ip()));
    for value in headers.get_all(X_FORWARDED_FOR).iter().rev() {
        if is_found(client) {
            break;
        }
        let value = value.to_str().map_err(|_| Unclear("X-Forwarded-For is not ASCII"))?;
        for element in value.rsplit(',') {
            if is_found(client) {
                break;
            }
            hops += 1;
            if hops > HOPS_MAX {
                return Err(Unclear("X-Forwarded-For has too many trusted proxies"));
            }
            let address = address(element.trim_matches([' ', '\t']));
            client =
                Some(address.ok_or(Unclear("X-Forwarded-For has no address where the client's should be"))?);
        }
    }
    let is_secure = match of_hop(headers, X_FORWARDED_PROTO, hops)? {
        None => None,
        Some(scheme) => Some(is_https(scheme).ok_or(Unclear("X-Forwarded-Proto is neither http nor https"))?),
    };
    let host = match of_hop(headers, X_FORWARDED_HOST, hops)? {
        None => None,
        Some(host) => Some(host_value(host).ok_or(Unclear("X-Forwarded-Host is no host"))?),
    };
    Ok(Forwarded { client, is_secure, host })
}

/// The value of a header that belongs to the client's hop, counted from the end from 1: the only
/// one, or the one in the same place as the client's address. A list of another length than that of
/// the addresses cannot be matched with them.
fn of_hop<'a>(headers: &'a HeaderMap, name: &'static str, hops: usize) -> Result<Option<&'a str>, Unclear> {
    let unclear = || match name {
        X_FORWARDED_PROTO => {
            Unclear("X-Forwarded-Proto and X-Forwarded-For have different numbers of values")
        }
        _ => Unclear("X-Forwarded-Host and X-Forwarded-For have different numbers of values"),
    };
    let mut values = headers.get_all(name).iter();
    let Some(first) = values.next() else { return Ok(None) };
    let first = first.to_str().map_err(|_| unclear())?;
    if values.next().is_none() && !first.contains(',') {
        return Ok(Some(first.trim_matches([' ', '\t'])));
    }
    if elements(headers, name) != elements(headers, X_FORWARDED_FOR) {
        return Err(unclear());
    }
    let mut position = 0;
    for value in headers.get_all(name).iter().rev() {
        for element in value.to_str().map_err(|_| unclear())?.rsplit(',') {
            position += 1;
            if position == hops {
                return Ok(Some(element.trim_matches([' ', '\t'])));
            }
        }
    }
    Err(unclear())
}

fn elements(headers: &HeaderMap, name: &str) -> usize {
    let commas = |value: &HeaderValue| value.as_bytes().iter().filter(|byte| **byte == b',').count();
    headers.get_all(name).iter().map(|value| commas(value) + 1).sum()
}

/// Reads `Forwarded`.
///
/// # Errors
/// A line that cannot be read, where the client's address would be in it or behind it; or a client
/// without an address.
pub(super) fn forwarded(headers: &HeaderMap, proxies: &Proxies) -> Result<Forwarded, Unclear> {
    let (mut found, mut hops) = (Forwarded::default(), 0);
    let is_found = |found: &Forwarded| found.client.is_some_and(|client| !proxies.trusts(client.ip()));
    for value in headers.get_all(FORWARDED).iter().rev() {
        if is_found(&found) {
            break;
        }
        let value = value.to_str().map_err(|_| Unclear("Forwarded is not ASCII"))?;
        // Quotes are understood from the front only. So a line is read whole, and counts from its
        // end.
        let elements = elements_of(value)?;
        for element in elements.iter().rev() {
            if is_found(&found) {
                return Ok(found);
            }
            hops += 1;
            if hops > HOPS_MAX {
                return Err(Unclear("Forwarded has too many trusted proxies"));
            }
            found = element.read()?;
        }
    }
    Ok(found)
}

/// One element of `Forwarded`: what one proxy says.
#[derive(Debug, Default)]
struct Element {
    client: Option<String>,
    proto: Option<String>,
    host: Option<String>,
}

impl Element {
    fn read(&self) -> Result<Forwarded, Unclear> {
        let client = self.client.as_deref().and_then(address);
        let client = client.ok_or(Unclear("Forwarded has no address where the client's should be"))?;
        let is_secure = match self.proto.as_deref() {
            None => None,
            Some(scheme) => {
                Some(is_https(scheme).ok_or(Unclear("Forwarded: proto is neither http nor https"))?)
            }
        };
        let host = match self.host.as_deref() {
            None => None,
            Some(host) => Some(host_value(host).ok_or(Unclear("Forwarded: host is no host"))?),
        };
        Ok(Forwarded { client: Some(client), is_secure, host })
    }
}

/// The elements of a line of `Forwarded`, of which at least the syntax is right:
/// `for=192.0.2.7;proto=https, for="[2001:db8::7]:4711"`.
fn elements_of(text: &str) -> Result<Vec<Element>, Unclear> {
    const MALFORMED: Unclear = Unclear("Forwarded cannot be read");
    let mut elements = vec![Element::default()];
    let mut rest = text.trim_matches([' ', '\t']);
    while !rest.is_empty() {
        let length = rest.bytes().take_while(|byte| is_of_token(*byte)).count();
        let (name, behind) = rest.split_at(length);
        if !name.is_empty() {
            let (value, behind) = value(behind.strip_prefix('=').ok_or(MALFORMED)?).ok_or(MALFORMED)?;
            let element = elements.last_mut().ok_or(MALFORMED)?;
            let field = match name.to_ascii_lowercase().as_str() {
                "for" => Some(&mut element.client),
                "proto" => Some(&mut element.proto),
                "host" => Some(&mut element.host),
                // `by`, and whatever else there may be.
                _ => None,
            };
            if let Some(field) = field
                && field.replace(value).is_some()
            {
                return Err(MALFORMED);
            }
            rest = behind.trim_start_matches([' ', '\t']);
        }
        match rest.as_bytes().first() {
            None => break,
            Some(b';') => {}
            Some(b',') => elements.push(Element::default()),
            Some(_) => return Err(MALFORMED),
        }
        rest = rest.get(1..).unwrap_or_default().trim_start_matches([' ', '\t']);
    }
    Ok(elements)
}

/// A token or a quoted text, and what follows it.
fn value(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let length = text.bytes().take_while(|byte| is_of_token(*byte)).count();
        let (token, rest) = text.split_at(length);
        return (!token.is_empty()).then(|| (token.to_owned(), rest));
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((position, character)) = characters.next() {
        match character {
            '"' => return Some((value, quoted.get(position + 1..)?)),
            '\\' => value.push(characters.next()?.1),
            _ => value.push(character),
        }
    }
    None
}

/// A character of a token (<https://www.rfc-editor.org/rfc/rfc9110.html#section-5.6.2>), and `:`.
/// Some proxies leave the quotes out around a host with a port.
fn is_of_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~:".contains(&byte)
}

/// An address, with or without a port: `192.0.2.7`, `192.0.2.7:4711`, `2001:db8::7`,
/// `[2001:db8::7]`, `[2001:db8::7]:4711`.
fn address(text: &str) -> Option<SocketAddr> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(SocketAddr::new(address, 0));
    }
    if let Some(address) = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) {
        return Some(SocketAddr::new(IpAddr::V6(address.parse::<Ipv6Addr>().ok()?), 0));
    }
    match text.parse::<SocketAddr>().ok()? {
        // A zone means something only on the machine that wrote it.
        SocketAddr::V6(address) if address.scope_id() != 0 => None,
        address => Some(address),
    }
}

fn is_https(scheme: &str) -> Option<bool> {
    [("https", true), ("http", false)]
        .into_iter()
        .find(|(name, _)| scheme.eq_ignore_ascii_case(name))
        .map(|(_, is_secure)| is_secure)
}

fn host_value(host: &str) -> Option<HeaderValue> {
    head::is_host_and_port(host.as_bytes()).then(|| HeaderValue::from_str(host).ok())?
}

#[cfg(test)]
mod tests;
