//! How a request's body is authenticated: what `x-amz-content-sha256` says, and the body's length
//! behind the framing.

use crate::errors::{ErrorCode, S3Error};
use crate::request::headers::Headers;

/// The body is not signed.
pub const UNSIGNED_PAYLOAD: &str = "UNSIGNED-PAYLOAD";
/// `aws-chunked`, every chunk signed.
pub const STREAMING_PAYLOAD: &str = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
/// `aws-chunked`, every chunk and the trailer signed.
pub const STREAMING_PAYLOAD_TRAILER: &str = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER";
/// `aws-chunked` with a trailer, nothing signed.
pub const STREAMING_UNSIGNED_PAYLOAD_TRAILER: &str = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";

/// What a request promises about its body.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Payload {
    /// Nothing.
    Unsigned,
    /// The SHA-256, in lower-case hexadecimal.
    Sha256(String),
    /// `aws-chunked` framing.
    Chunked(Chunked),
}

/// A body in `aws-chunked` framing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Chunked {
    /// Bytes of the body without its framing.
    pub decoded_length: u64,
    /// Whether each chunk carries a signature.
    pub chunks: Chunks,
    /// Whether trailing headers may follow the last chunk.
    pub trailers: bool,
}

/// Whether the chunks of a body are signed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Chunks {
    /// In a chain that starts from the signature of the request head.
    Signed,
    /// Not at all.
    Unsigned,
}

impl Payload {
    /// Reads a value of `x-amz-content-sha256`, and the headers that must go with it.
    pub fn parse(value: &str, headers: &Headers) -> Result<Payload, S3Error> {
        let chunked = |chunks, trailers| {
            Ok(Payload::Chunked(Chunked { decoded_length: decoded_length(headers)?, chunks, trailers }))
        };
        match value {
            UNSIGNED_PAYLOAD => Ok(Payload::Unsigned),
            STREAMING_PAYLOAD => chunked(Chunks::Signed, false),
            STREAMING_PAYLOAD_TRAILER => chunked(Chunks::Signed, true),
            STREAMING_UNSIGNED_PAYLOAD_TRAILER => chunked(Chunks::Unsigned, true),
            "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD"
            | "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER" => {
                Err(S3Error::new(ErrorCode::NotImplemented).detail("Header", "x-amz-content-sha256"))
            }
            _ if is_sha256(value) => Ok(Payload::Sha256(value.to_ascii_lowercase())),
            _ => Err(S3Error::invalid_argument(
                "x-amz-content-sha256",
                value,
                "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, \
                 STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER, \
                 STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD, STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER \
                 or a valid sha256 value.",
            )),
        }
    }

    /// Checks a form that was received already against its promised digest.
    pub(super) fn check_form(&self, form_sha256: Option<&str>) -> Result<(), S3Error> {
        match (self, form_sha256) {
            (_, None) | (Payload::Unsigned, _) => Ok(()),
            (Payload::Sha256(promised), Some(came)) if promised == came => Ok(()),
            (Payload::Sha256(_) | Payload::Chunked(_), Some(_)) => {
                Err(ErrorCode::XAmzContentSHA256Mismatch.into())
            }
        }
    }

    /// What an unsigned request promises: at most a digest, or unsigned chunks.
    pub fn of_anonymous(headers: &Headers) -> Result<Payload, S3Error> {
        let Some(value) = headers.get("x-amz-content-sha256") else { return Ok(Payload::Unsigned) };
        if value.starts_with("STREAMING-AWS4-") {
            return Err(S3Error::invalid_request(
                "Anonymous requests don't support this x-amz-content-sha256 value. \
                 Please use UNSIGNED-PAYLOAD or STREAMING-UNSIGNED-PAYLOAD-TRAILER.",
            ));
        }
        Payload::parse(value, headers)
    }
}

fn decoded_length(headers: &Headers) -> Result<u64, S3Error> {
    let text = headers.get("x-amz-decoded-content-length").ok_or(ErrorCode::MissingContentLength)?;
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let length = digits.then(|| text.parse().ok()).flatten();
    length.ok_or_else(|| ErrorCode::MissingContentLength.into())
}

fn is_sha256(value: &str) -> bool {
    value.len() == 64 && value.bytes().all(|byte| byte.is_ascii_hexdigit())
}
