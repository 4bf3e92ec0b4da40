//! Customer keys (SSE-C): three headers, and three more for the source of a copy.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/specifying-s3-c-encryption.html>

use std::fmt;

use base64::Engine;
use base64::alphabet::STANDARD as ALPHABET;
use base64::engine::general_purpose::STANDARD as BASE64;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::{AES256, HEADER};
use crate::errors::{ErrorCode, Result, S3Error};
use crate::request::headers::Headers;

/// Bytes of a key.
const KEY_BYTES: usize = 32;

/// The MD5 of some bytes.
pub type Digest<'a> = &'a dyn Fn(&[u8]) -> [u8; 16];

/// A key that a client sends with each request. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct CustomerKey {
    /// The key.
    pub key: [u8; KEY_BYTES],
    /// Its MD5, in base64, which responses repeat.
    pub md5: String,
}

impl fmt::Debug for CustomerKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("CustomerKey([redacted])")
    }
}

/// The names of the three headers: algorithm, key, MD5 of the key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct HeaderNames {
    algorithm: &'static str,
    key: &'static str,
    md5: &'static str,
}

/// The headers about the object of the request, and those about the source of a copy.
pub mod names {
    use super::HeaderNames;
    use crate::sse::{CUSTOMER_ALGORITHM_HEADER, CUSTOMER_MD5_HEADER};

    /// Of the object that the request names.
    pub const OBJECT: HeaderNames = HeaderNames {
        algorithm: CUSTOMER_ALGORITHM_HEADER,
        key: "x-amz-server-side-encryption-customer-key",
        md5: CUSTOMER_MD5_HEADER,
    };
    /// Of the source of a copy.
    pub const SOURCE: HeaderNames = HeaderNames {
        algorithm: "x-amz-copy-source-server-side-encryption-customer-algorithm",
        key: "x-amz-copy-source-server-side-encryption-customer-key",
        md5: "x-amz-copy-source-server-side-encryption-customer-key-md5",
    };
}

/// What a key is sent for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Use {
    /// To write something new: the MD5 of the key must come with it.
    Write,
    /// To read something: S3 was seen to need no MD5, and to answer a key of another length like a
    /// wrong one.
    Read,
}

/// The three headers as they were sent.
#[derive(Clone, Copy)]
pub struct SentCustomerKey<'a> {
    algorithm: Option<&'a str>,
    key: Option<&'a str>,
    md5: Option<&'a str>,
}

impl fmt::Debug for SentCustomerKey<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SentCustomerKey").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

impl<'a> SentCustomerKey<'a> {
    /// The headers; `None` when there is none of them.
    pub fn of(headers: &'a Headers, names: HeaderNames) -> Option<SentCustomerKey<'a>> {
        let sent = SentCustomerKey {
            algorithm: headers.get(names.algorithm),
            key: headers.get(names.key),
            md5: headers.get(names.md5),
        };
        (sent.algorithm.is_some() || sent.key.is_some() || sent.md5.is_some()).then_some(sent)
    }

    /// Reads the key. `is_secure` says that the connection is encrypted.
    ///
    /// `InvalidRequest` on an open connection; `InvalidArgument` where something is missing or does
    /// not match; `InvalidEncryptionAlgorithmError` for another algorithm; `AccessDenied` for a key
    /// of another length when reading.
    pub fn read(self, what_for: Use, is_secure: bool, digest: Digest<'_>) -> Result<CustomerKey> {
        // The order of these checks is that of S3, and clients see which one fails first.
        if !is_secure {
            return Err(S3Error::invalid_request(
                "Requests specifying Server Side Encryption with Customer provided keys must be made over a secure \
                 connection.",
            ));
        }
        match self.algorithm {
            Some(AES256) => {}
            Some(other) => {
                return Err(S3Error::new(ErrorCode::InvalidEncryptionAlgorithmError)
                    .detail("ArgumentName", HEADER)
                    .detail("ArgumentValue", other));
            }
            None => return Err(must_provide("a valid encryption algorithm.")),
        }
        let key = decode(self.key.ok_or_else(|| must_provide("an appropriate secret key."))?);
        if key.is_empty() {
            return Err(invalid("The secret key was invalid - too short."));
        }
        let md5 = digest(&key);
        match self.md5 {
            Some(claimed) if decode(claimed) != md5 => {
                return Err(invalid(
                    "The calculated MD5 hash of the key did not match the hash that was provided.",
                ));
            }
            None if what_for == Use::Write => {
                return Err(must_provide("the client calculated MD5 of the secret key."));
            }
            Some(_) | None => {}
        }
        match <[u8; KEY_BYTES]>::try_from(key.as_slice()) {
            Ok(key) => Ok(CustomerKey { key, md5: BASE64.encode(md5) }),
            Err(_) if what_for == Use::Read => Err(super::wrong_key()),
            Err(_) => Err(invalid("The secret key was invalid for the specified algorithm.")),
        }
    }
}

/// `InvalidArgument`, as S3 says it of all three headers. The value is not repeated, because it may
/// be the key.
fn invalid(message: impl Into<String>) -> S3Error {
    S3Error::invalid_argument(HEADER, "null", message)
}

fn must_provide(what: &str) -> S3Error {
    invalid(format!(
        "Requests specifying Server Side Encryption with Customer provided keys must provide {what}"
    ))
}

/// Base64 as S3 reads it here: other characters are skipped, and padding may be missing.
fn decode(text: &str) -> Vec<u8> {
    const LENIENT: GeneralPurpose = GeneralPurpose::new(
        &ALPHABET,
        GeneralPurposeConfig::new()
            .with_decode_allow_trailing_bits(true)
            .with_decode_padding_mode(DecodePaddingMode::RequireNone),
    );
    let before_padding = text.split('=').next().unwrap_or_default();
    let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    let mut letters: Vec<u8> = before_padding.bytes().filter(is_letter).collect();
    // A single letter left over holds too few bits for a byte.
    if letters.len() % 4 == 1 {
        letters.pop();
    }
    LENIENT.decode(letters).unwrap_or_default()
}
