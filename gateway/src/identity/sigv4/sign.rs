//! The client's side of SigV4: signs request heads, URLs and chunks. For tests, tools and calls to
//! other S3 servers.
//!
//! The caller brings the two primitives ([`Primitives`]), so that none is linked into code that
//! does not sign.

use std::borrow::Cow;
use std::fmt;

use super::Request;
use super::amz_date::AmzDate;
use super::canonical_request::canonical_request;
use super::credential_scope::{TERMINAL, scope};
use super::payload;
use super::signed_headers::SignedHeaders;
use super::string_to_sign::{ALGORITHM, chunk_string_to_sign, string_to_sign, trailer_string_to_sign};
use crate::hex;
use crate::request::headers::Headers;

/// SHA-256 and HMAC-SHA256.
pub trait Primitives {
    /// The digest of bytes.
    fn sha256(&self, bytes: &[u8]) -> [u8; 32];
    /// The MAC of a message.
    fn hmac_sha256(&self, key: &[u8], message: &[u8]) -> [u8; 32];
}

/// An access key, and the scope that it signs for.
#[derive(Clone, Copy)]
pub struct Signer<'a, P> {
    /// The digests to use.
    pub primitives: P,
    /// `AKIAIOSFODNN7EXAMPLE`
    pub access_key_id: &'a str,
    /// The secret that goes with it.
    pub secret_access_key: &'a str,
    /// `us-east-1`
    pub region: &'a str,
    /// `s3`
    pub service: &'a str,
}

/// A request head to be signed.
#[derive(Clone, Copy, Debug)]
pub struct Unsigned<'a> {
    /// `GET`
    pub method: &'a str,
    /// The path as it will be sent.
    pub path: &'a str,
    /// What follows `?`, as it will be sent.
    pub query: &'a str,
    /// The headers to sign, names in lower case, `host` among them.
    pub headers: &'a [(&'a str, &'a str)],
    /// When.
    pub date: AmzDate,
}

/// A signature, with every text on the way to it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Signature {
    /// The first text.
    pub canonical_request: String,
    /// The second text.
    pub string_to_sign: String,
    /// 64 hexadecimal digits.
    pub signature: String,
    /// The value of the `Authorization` header; for a URL, its whole query.
    pub authorization: String,
}

impl<P: Primitives> Signer<'_, P> {
    /// Signs a request head. `payload_hash` is the value of its `x-amz-content-sha256`.
    pub fn sign_head(&self, unsigned: &Unsigned<'_>, payload_hash: &str) -> Signature {
        let names = signed_names(unsigned.headers);
        let mut signature = self.sign(unsigned, unsigned.query, &names, payload_hash);
        signature.authorization = format!(
            "{ALGORITHM} Credential={}/{},SignedHeaders={names},Signature={}",
            self.access_key_id,
            self.scope(unsigned.date),
            signature.signature
        );
        signature
    }

    /// Makes the query of a presigned URL that is valid for `expires_seconds`.
    pub fn presign(&self, unsigned: &Unsigned<'_>, expires_seconds: u64) -> Signature {
        let names = signed_names(unsigned.headers);
        let credential = format!("{}/{}", self.access_key_id, self.scope(unsigned.date));
        let mut query = unsigned.query.to_owned();
        for (name, value) in [
            ("X-Amz-Algorithm", ALGORITHM),
            ("X-Amz-Credential", &credential.replace('/', "%2F")),
            ("X-Amz-Date", &unsigned.date.basic()),
            ("X-Amz-Expires", &expires_seconds.to_string()),
            ("X-Amz-SignedHeaders", &names.replace(';', "%3B")),
        ] {
            if !query.is_empty() {
                query.push('&');
            }
            query.push_str(name);
            query.push('=');
            query.push_str(value);
        }
        let mut signature = self.sign(unsigned, &query, &names, payload::UNSIGNED_PAYLOAD);
        signature.authorization = format!("{query}&X-Amz-Signature={}", signature.signature);
        signature
    }

    /// Signs the chunks of a body, after the head whose signature is `seed`.
    pub fn chunks(self, date: AmzDate, seed: &str) -> ChunkSigner<P> {
        ChunkSigner {
            key: self.signing_key(date),
            timestamp: date.basic(),
            scope: self.scope(date),
            previous: seed.to_owned(),
            primitives: self.primitives,
        }
    }

    /// The signing key: HMAC along the parts of the scope.
    pub fn signing_key(&self, date: AmzDate) -> [u8; 32] {
        let secret = format!("AWS4{}", self.secret_access_key);
        let date = date.basic();
        let day = date.get(..8).unwrap_or_default();
        let mut key = self.primitives.hmac_sha256(secret.as_bytes(), day.as_bytes());
        for part in [self.region, self.service, TERMINAL] {
            key = self.primitives.hmac_sha256(&key, part.as_bytes());
        }
        key
    }

    fn scope(&self, date: AmzDate) -> String {
        scope(date.basic().get(..8).unwrap_or_default(), self.region, self.service)
    }

    fn sign(&self, unsigned: &Unsigned<'_>, query: &str, names: &str, payload_hash: &str) -> Signature {
        let headers: Headers = unsigned.headers.iter().copied().collect();
        let request = Request {
            method: unsigned.method,
            path: unsigned.path,
            query,
            host: "",
            headers: &headers,
            form_sha256: None,
            received_ms: 0,
        };
        let signed_headers = SignedHeaders::listed(Cow::Borrowed(names));
        let canonical_request = canonical_request(&request, &signed_headers, payload_hash, self.service);
        let digest = hex::encode(&self.primitives.sha256(canonical_request.as_bytes()));
        let string_to_sign = string_to_sign(&unsigned.date.basic(), &self.scope(unsigned.date), &digest);
        let key = self.signing_key(unsigned.date);
        let signature = hex::encode(&self.primitives.hmac_sha256(&key, string_to_sign.as_bytes()));
        Signature { canonical_request, string_to_sign, signature, authorization: String::new() }
    }
}

/// Signs one chunk after the other, and writes them in `aws-chunked` framing.
pub struct ChunkSigner<P> {
    primitives: P,
    key: [u8; 32],
    timestamp: String,
    scope: String,
    previous: String,
}

impl<P: Primitives> ChunkSigner<P> {
    /// The signature of the next chunk. The last chunk is empty.
    pub fn sign_chunk(&mut self, chunk: &[u8]) -> &str {
        let digest = hex::encode(&self.primitives.sha256(chunk));
        let text = chunk_string_to_sign(&self.timestamp, &self.scope, &self.previous, &digest);
        self.advance(&text)
    }

    /// The signature of the trailer, after the empty chunk. `lines` are its headers as
    /// `name:value\n`.
    pub fn sign_trailer(&mut self, lines: &str) -> &str {
        let digest = hex::encode(&self.primitives.sha256(lines.as_bytes()));
        let text = trailer_string_to_sign(&self.timestamp, &self.scope, &self.previous, &digest);
        self.advance(&text)
    }

    /// A whole body in chunks of `chunk_bytes`, with the empty chunk and, if there are any, signed
    /// trailers.
    pub fn frame(&mut self, body: &[u8], chunk_bytes: usize, trailers: &[(&str, &str)]) -> Vec<u8> {
        let mut framed = Vec::with_capacity(body.len() + 256);
        for chunk in body.chunks(chunk_bytes.max(1)).chain([&[][..]]) {
            let signature = self.sign_chunk(chunk);
            framed.extend_from_slice(format!("{:x};chunk-signature={signature}\r\n", chunk.len()).as_bytes());
            framed.extend_from_slice(chunk);
            // After the empty chunk, the trailer or the end of the body follows at once.
            if !chunk.is_empty() {
                framed.extend_from_slice(b"\r\n");
            }
        }
        if !trailers.is_empty() {
            let lines: String = trailers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
            let signature = self.sign_trailer(&lines).to_owned();
            framed.extend_from_slice(lines.replace('\n', "\r\n").as_bytes());
            framed.extend_from_slice(format!("x-amz-trailer-signature:{signature}\r\n").as_bytes());
        }
        framed.extend_from_slice(b"\r\n");
        framed
    }

    fn advance(&mut self, string_to_sign: &str) -> &str {
        self.previous = hex::encode(&self.primitives.hmac_sha256(&self.key, string_to_sign.as_bytes()));
        &self.previous
    }
}

/// A body in unsigned `aws-chunked` framing (`STREAMING-UNSIGNED-PAYLOAD-TRAILER`).
pub fn frame_unsigned(body: &[u8], chunk_bytes: usize, trailers: &[(&str, &str)]) -> Vec<u8> {
    let mut framed = Vec::with_capacity(body.len() + 64);
    for chunk in body.chunks(chunk_bytes.max(1)) {
        framed.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        framed.extend_from_slice(chunk);
        framed.extend_from_slice(b"\r\n");
    }
    framed.extend_from_slice(b"0\r\n");
    for (name, value) in trailers {
        framed.extend_from_slice(format!("{name}:{value}\r\n").as_bytes());
    }
    framed.extend_from_slice(b"\r\n");
    framed
}

/// The names of the headers, sorted, each once: `host;x-amz-date`.
fn signed_names(headers: &[(&str, &str)]) -> String {
    let mut names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
    names.sort_unstable();
    names.dedup();
    names.join(";")
}

impl<P> fmt::Debug for Signer<'_, P> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Signer").field("access_key_id", &self.access_key_id).finish_non_exhaustive()
    }
}

impl<P> fmt::Debug for ChunkSigner<P> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ChunkSigner").field("scope", &self.scope).finish_non_exhaustive()
    }
}
