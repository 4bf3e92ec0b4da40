//! SigV4 for the client's requests, through the gateway's own signer, and the users that sign.
//!
//! The signer itself is judged against Amazon's published examples, in `gateway`.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use gateway::identity::sigv4::amz_date::AmzDate;
use gateway::identity::sigv4::payload::{
    STREAMING_PAYLOAD, STREAMING_PAYLOAD_TRAILER, STREAMING_UNSIGNED_PAYLOAD_TRAILER, UNSIGNED_PAYLOAD,
};
use gateway::identity::sigv4::sign::{Primitives, Signature, Signer, Unsigned, frame_unsigned};
use gateway::operations::{aws_query, functions};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use sha2::{Digest as _, Sha256};

use crate::http::Request;

/// Who signs.
#[derive(Clone, Copy, Debug)]
pub struct Credentials {
    /// Public.
    pub access_key_id: &'static str,
    /// A secret of `tests/conformance.toml`, which is none.
    pub secret_access_key: &'static str,
}

/// The user that owns most buckets.
pub const MAIN: Credentials = Credentials {
    access_key_id: "0555b35654ad1656d804",
    secret_access_key: "h7GhxuBLTrlhVUyxSPUKUV8r/2EI4ngqJxD7iBdBYLhwluN30JaT3Q==",
};

/// A user of another account, without rights on the buckets of the first.
pub const ALT: Credentials = Credentials {
    access_key_id: "NOPQRSTUVWXYZABCDEFG",
    secret_access_key: "nopqrstuvwxyzabcdefghijklmnabcdefghijklm",
};

/// What the signature says about the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payload<'a> {
    /// Its SHA-256.
    Signed,
    /// Nothing.
    Unsigned,
    /// `aws-chunked`: so many bytes a chunk, each signed, then signed trailers if there are any.
    Chunks(usize, &'a [(&'a str, &'a str)]),
    /// `aws-chunked` without signatures, with trailers.
    UnsignedChunks(usize, &'a [(&'a str, &'a str)]),
}

/// SHA-256 and HMAC for the gateway's signer.
#[derive(Clone, Copy)]
struct Native;

impl Primitives for Native {
    fn sha256(&self, bytes: &[u8]) -> [u8; 32] {
        Sha256::digest(bytes).into()
    }

    fn hmac_sha256(&self, key: &[u8], message: &[u8]) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key of any length");
        mac.update(message);
        mac.finalize().into_bytes().into()
    }
}

/// The time now, as signatures carry it.
pub fn now() -> AmzDate {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970");
    AmzDate::from_milliseconds(now.as_secs() * 1000)
}

/// Lower-case hexadecimal SHA-256.
pub fn sha256_hex(bytes: &[u8]) -> String {
    crate::bodies::hex(&Native.sha256(bytes))
}

/// The request with its `x-amz-` headers and its `Authorization`, signed now. It has its `Host`
/// already; a header that it has already is left as it is, so that a test may lie.
pub fn sign(request: Request, credentials: &Credentials, payload: Payload<'_>) -> Request {
    sign_at(request, credentials, payload, now())
}

/// [`sign`], at any time.
pub fn sign_at(request: Request, credentials: &Credentials, payload: Payload<'_>, date: AmzDate) -> Request {
    sign_for(request, credentials, payload, date, service_of)
}

/// [`sign_at`], for any service.
pub fn sign_for(
    request: Request,
    credentials: &Credentials,
    payload: Payload<'_>,
    date: AmzDate,
    service: impl FnOnce(&Request) -> &'static str,
) -> Request {
    let mut request = prepared(request, payload);
    if request.get("x-amz-date").is_none() {
        request = request.header("x-amz-date", &date.basic());
    }
    let signer = signer_for(credentials, service(&request));
    let signature = sign_head(&signer, &request, date);
    request = request.header("authorization", &signature.authorization);
    match payload {
        Payload::Signed | Payload::Unsigned => {}
        Payload::Chunks(bytes, trailers) => {
            request.body = signer.chunks(date, &signature.signature).frame(&request.body, bytes, trailers);
        }
        Payload::UnsignedChunks(bytes, trailers) => {
            request.body = frame_unsigned(&request.body, bytes, trailers)
        }
    }
    request
}

/// The headers that say how the body is authenticated.
fn prepared(request: Request, payload: Payload<'_>) -> Request {
    let (hash, trailers) = match payload {
        Payload::Signed => (sha256_hex(&request.body), &[][..]),
        Payload::Unsigned => (UNSIGNED_PAYLOAD.into(), &[][..]),
        Payload::Chunks(_, []) => (STREAMING_PAYLOAD.into(), &[][..]),
        Payload::Chunks(_, trailers) => (STREAMING_PAYLOAD_TRAILER.into(), trailers),
        Payload::UnsignedChunks(_, trailers) => (STREAMING_UNSIGNED_PAYLOAD_TRAILER.into(), trailers),
    };
    let is_framed = matches!(payload, Payload::Chunks(..) | Payload::UnsignedChunks(..));
    let mut added = vec![("x-amz-content-sha256", hash)];
    if is_framed {
        added.push(("content-encoding", "aws-chunked".into()));
        added.push(("x-amz-decoded-content-length", request.body.len().to_string()));
    }
    if !trailers.is_empty() {
        let names: Vec<&str> = trailers.iter().map(|(name, _)| *name).collect();
        added.push(("x-amz-trailer", names.join(",")));
    }
    added.into_iter().fold(request, |request, (name, value)| match request.get(name) {
        Some(_) => request,
        None => request.header(name, &value),
    })
}

/// The target of a presigned URL that is valid for `expires_seconds` from `date`.
pub fn presign(request: &Request, credentials: &Credentials, date: AmzDate, expires_seconds: u64) -> String {
    presign_for(request, credentials, date, expires_seconds, service_of(request))
}

/// [`presign`], for any service.
pub fn presign_for(
    request: &Request,
    credentials: &Credentials,
    date: AmzDate,
    expires_seconds: u64,
    service: &'static str,
) -> String {
    let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
    let headers = lower_case(request);
    let headers: Vec<(&str, &str)> =
        headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let unsigned = Unsigned { method: &request.method, path, query, headers: &headers, date };
    let signer = signer_for(credentials, service);
    format!("{path}?{}", signer.presign(&unsigned, expires_seconds).authorization)
}

/// The signature of a text, such as the policy of a form, by Version 4.
pub fn text(text: &str, credentials: &Credentials, date: AmzDate) -> String {
    let key = signer(credentials).signing_key(date);
    crate::bodies::hex(&Native.hmac_sha256(&key, text.as_bytes()))
}

/// The signature of a text by Version 2.
pub fn text_v2(text: &str, credentials: &Credentials) -> String {
    let secret = credentials.secret_access_key.as_bytes();
    let mac = Hmac::<Sha1>::new_from_slice(secret).expect("a key of any length").chain_update(text);
    BASE64.encode(mac.finalize().into_bytes())
}

fn signer(credentials: &Credentials) -> Signer<'static, Native> {
    signer_for(credentials, "s3")
}

/// The service that a request asks: those of the Query APIs say in their form, or their query, what
/// they call.
pub fn service_of(request: &Request) -> &'static str {
    let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
    let form = std::str::from_utf8(&request.body).unwrap_or_default();
    let action = [form, query]
        .into_iter()
        .flat_map(|text| text.split('&'))
        .find_map(|pair| pair.strip_prefix("Action="));
    match action {
        _ if functions::is_addressed(path, Some("/lambda/aws4_request")) => "lambda",
        Some(action) if path == "/" => aws_query::services(action).first().copied().unwrap_or("s3"),
        _ => "s3",
    }
}

fn signer_for(credentials: &Credentials, service: &'static str) -> Signer<'static, Native> {
    Signer {
        primitives: Native,
        access_key_id: credentials.access_key_id,
        secret_access_key: credentials.secret_access_key,
        region: "us-east-1",
        service,
    }
}

fn sign_head(signer: &Signer<'_, Native>, request: &Request, date: AmzDate) -> Signature {
    let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
    let headers = lower_case(request);
    let headers: Vec<(&str, &str)> =
        headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let hash = request.get("x-amz-content-sha256").unwrap_or(UNSIGNED_PAYLOAD);
    signer.sign_head(&Unsigned { method: &request.method, path, query, headers: &headers, date }, hash)
}

fn lower_case(request: &Request) -> Vec<(String, String)> {
    request.headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone())).collect()
}
