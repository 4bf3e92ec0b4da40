//! Why a signature was refused, for the operator: what the server saw of the request, what it made
//! of it, and what is often the reason. It holds neither a secret nor the signature that the server
//! expected.

#[cfg(test)]
mod tests;

use serde::Serialize;

use super::{Circumstances, Explanation};
use crate::identity::sigv4::amz_date::AmzDate;
use crate::request::headers::Headers;

/// Bytes of one text that are shown.
const TEXT_BYTES_MAX: usize = 8 << 10;
/// A clock that is as wrong as this is worth a hint.
const CLOCK_MS_MAX: u64 = 60_000;
/// Headers that proxies change or leave out. A client that signs one is refused behind a proxy.
const CHANGED_ON_THE_WAY: [&str; 8] =
    ["accept", "accept-encoding", "connection", "expect", "te", "user-agent", "via", "x-forwarded-for"];

/// What the server saw of a request.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// `GET`
    pub method: &'a str,
    /// The host, with its port if one was sent.
    pub host: &'a str,
    /// The path as sent.
    pub path: &'a str,
    /// The query as sent.
    pub query: &'a str,
    /// The headers.
    pub headers: &'a Headers,
    /// The canonical request that the server made; empty where it holds a secret.
    pub canonical_request: &'a str,
    /// The string to sign that it made; empty where it holds a secret.
    pub string_to_sign: &'a str,
}

/// What the document shows of it.
#[derive(Debug, Serialize)]
pub(super) struct ShownRequest {
    method: String,
    host: String,
    path: String,
    query: String,
    signed_headers: String,
    canonical_request: Vec<String>,
    string_to_sign: Vec<String>,
}

/// Explains a signature that is wrong. `message` is that of the error.
pub fn of_mismatch(circumstances: &Circumstances<'_>, message: &str, seen: &Seen<'_>) -> String {
    let document = Explanation {
        reason: message.to_owned(),
        resource: circumstances.address.clone(),
        seen: Some(shown_request(seen)),
        hints: hints(circumstances, seen),
        ..Explanation::of(circumstances, "SignatureDoesNotMatch")
    };
    document.render()
}

fn shown_request(seen: &Seen<'_>) -> ShownRequest {
    let lines = |text: &str| cut(text).split('\n').map(str::to_owned).collect();
    ShownRequest {
        method: cut(seen.method),
        host: cut(seen.host),
        path: cut(seen.path),
        query: cut(&query_without_secrets(seen.query)),
        signed_headers: signed_headers(seen).join(", "),
        canonical_request: lines(seen.canonical_request),
        string_to_sign: lines(seen.string_to_sign),
    }
}

/// The query, with the values left out that let somebody else send the request.
fn query_without_secrets(query: &str) -> String {
    let shown = |parameter: &str| {
        let name = parameter.split('=').next().unwrap_or_default();
        let folded = name.to_ascii_lowercase();
        match ["signature", "token", "customer-key"].iter().any(|word| folded.contains(word)) {
            true => format!("{name}=(left out)"),
            false => parameter.to_owned(),
        }
    };
    query.split('&').map(shown).collect::<Vec<_>>().join("&")
}

/// The last line but one of the canonical request names them.
fn signed_headers<'a>(seen: &Seen<'a>) -> Vec<&'a str> {
    let line = seen.canonical_request.rsplit('\n').nth(1).unwrap_or_default();
    line.split(';').filter(|name| !name.is_empty()).collect()
}

/// What is often the reason, where something of the request speaks for it.
fn hints(circumstances: &Circumstances<'_>, seen: &Seen<'_>) -> Vec<String> {
    let mut hints = Vec::new();
    if let Some(original) = seen.headers.get("x-forwarded-host").filter(|host| *host != seen.host) {
        hints.push(format!(
            "a proxy changed the host from {} to {}, and the client signed the first: let the proxy keep the header Host",
            cut(original),
            cut(seen.host)
        ));
    } else if ["via", "forwarded", "x-forwarded-for"].iter().any(|name| seen.headers.has(name)) {
        hints.push(
            "the request came through a proxy: it has to leave the host, the path, the query and the signed headers \
             as the client sent them"
                .to_owned(),
        );
    }
    let signed = signed_headers(seen);
    for name in CHANGED_ON_THE_WAY.iter().filter(|name| signed.contains(name)) {
        hints.push(format!("the client signed the header {name}, which proxies change or leave out"));
    }
    let (path, query) = (seen.path, seen.query);
    if path.contains("%25") {
        hints.push("the path has a % that is escaped (%25): it may have been escaped twice".to_owned());
    }
    if path.contains("//") || path.contains("/./") || path.contains("/../") {
        hints.push(
            "the path has empty parts or dots: some clients and proxies take them out, S3 does not"
                .to_owned(),
        );
    }
    if query.contains('+') {
        hints.push("a + in the query stands for a space: a plus sign is %2B".to_owned());
    }
    // The second line is the time.
    let time = seen.string_to_sign.split('\n').nth(1).and_then(AmzDate::parse).map(AmzDate::milliseconds);
    if let Some(time) = time.filter(|time| time.abs_diff(circumstances.received_ms) > CLOCK_MS_MAX) {
        let seconds = time.abs_diff(circumstances.received_ms) / 1000;
        let way = if time > circumstances.received_ms { "ahead of" } else { "behind" };
        hints.push(format!("the time of the signature is {seconds} s {way} the server's clock"));
    }
    hints.push(
        "otherwise: the secret access key of the client is another one, or it signed other bytes than the canonical \
         request above"
            .to_owned(),
    );
    hints
}

/// A text, cut to a limit.
fn cut(text: &str) -> String {
    if text.len() <= TEXT_BYTES_MAX {
        return text.to_owned();
    }
    let end = (0..=TEXT_BYTES_MAX).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
    format!("{}…", text.get(..end).unwrap_or_default())
}
