//! The strings that a signing key signs: for a request head, for a chunk of its body, for the
//! trailer.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html>

/// The only algorithm: the `Authorization` scheme, and `X-Amz-Algorithm`.
pub const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// SHA-256 of nothing.
pub const EMPTY_SHA256: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// For a request head. Digests are lower-case hexadecimal.
pub fn string_to_sign(timestamp: &str, scope: &str, canonical_request_sha256: &str) -> String {
    lines(&[ALGORITHM, timestamp, scope, canonical_request_sha256])
}

/// For a chunk: `previous` is the signature of the chunk before, or that of the request head.
pub fn chunk_string_to_sign(timestamp: &str, scope: &str, previous: &str, chunk_sha256: &str) -> String {
    lines(&["AWS4-HMAC-SHA256-PAYLOAD", timestamp, scope, previous, EMPTY_SHA256, chunk_sha256])
}

/// For the trailer: `trailer_sha256` is that of its headers as `name:value\n` lines.
pub fn trailer_string_to_sign(timestamp: &str, scope: &str, previous: &str, trailer_sha256: &str) -> String {
    lines(&["AWS4-HMAC-SHA256-TRAILER", timestamp, scope, previous, trailer_sha256])
}

fn lines(parts: &[&str]) -> String {
    parts.join("\n")
}
