//! Data keys: keys for bytes that the folder key alone must not open.
//!
//! A data key is drawn for one object, and kept wrapped by AES-256-GCM, under a key that is derived
//! from a customer key or a master key. The object that it is for is associated data, so the data
//! key of one object cannot be used for another. `docs/storage-format.md` has the bytes.

#[cfg(test)]
mod tests;

use aes_gcm::aead::{Aead, Payload};
use aes_gcm::{Aes256Gcm, KeyInit as _};
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

use crate::keys::KeysError;
use crate::random::{self, NoRandomness};
use volume::DataKey;

/// The first byte of a wrapped key.
const FORMAT: u8 = 1;
/// Bytes of a key.
pub const KEY_BYTES: usize = 32;
/// Bytes of a salt: drawn at random, so that no two data keys are wrapped under the same key.
const SALT_BYTES: usize = 32;
/// The purpose in the derivation of keys that wrap.
const PURPOSE: &[u8] = b"portcullis data keys\0";

/// A key that data keys are wrapped under: a customer key, or a master key. `Debug` does not show
/// it.
#[derive(Clone)]
pub struct WrappingKey([u8; KEY_BYTES]);

impl std::fmt::Debug for WrappingKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("WrappingKey([redacted])")
    }
}

/// The key does not open it: it was wrapped under another key, or for another object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("wrapped under another key, or for something else")]
pub struct Mismatch;

/// Draws a data key.
///
/// # Errors
/// No randomness, which is a broken system.
pub fn draw() -> Result<DataKey, NoRandomness> {
    let mut bytes = [0; KEY_BYTES];
    random::fill(&mut bytes)?;
    Ok(DataKey::new(bytes))
}

impl WrappingKey {
    /// The key with these bytes; `None` when they are not 32.
    pub fn new(bytes: &[u8]) -> Option<WrappingKey> {
        bytes.try_into().ok().map(WrappingKey)
    }

    /// The key with these bytes.
    pub fn of(bytes: [u8; KEY_BYTES]) -> WrappingKey {
        WrappingKey(bytes)
    }

    /// Wraps a data key: format byte, salt, what was sealed, tag.
    ///
    /// # Errors
    /// No randomness, which is a broken system.
    pub fn wrap(&self, context: &[u8], key: &DataKey) -> Result<Vec<u8>, KeysError> {
        let mut salt = [0; SALT_BYTES];
        random::fill(&mut salt)?;
        let sealed = self
            .cipher(&salt)
            .encrypt(&NONCE.into(), Payload { msg: key.reveal(), aad: context })
            .map_err(|_| KeysError::TooMuch)?;
        Ok([&[FORMAT], salt.as_slice(), &sealed].concat())
    }

    /// Unwraps a data key.
    ///
    /// # Errors
    /// It was wrapped under another key, or for another context, or is no such thing.
    pub fn unwrap(&self, context: &[u8], wrapped: &[u8]) -> Result<DataKey, Mismatch> {
        let (&FORMAT, rest) = wrapped.split_first().ok_or(Mismatch)? else { return Err(Mismatch) };
        let (salt, sealed) = rest.split_first_chunk::<SALT_BYTES>().ok_or(Mismatch)?;
        let opened = self.cipher(salt).decrypt(&NONCE.into(), Payload { msg: sealed, aad: context });
        let bytes: [u8; KEY_BYTES] =
            opened.map_err(|_| Mismatch)?.as_slice().try_into().map_err(|_| Mismatch)?;
        Ok(DataKey::new(bytes))
    }

    /// The cipher of one wrapped key: HMAC-SHA256 of the purpose and the salt is its key, and seals
    /// nothing else.
    #[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
    fn cipher(&self, salt: &[u8; SALT_BYTES]) -> Aes256Gcm {
        let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(&self.0).expect("any length");
        mac.update(PURPOSE);
        mac.update(salt);
        let derived: [u8; KEY_BYTES] = mac.finalize().into_bytes().into();
        Aes256Gcm::new(&derived.into())
    }
}

/// Each key seals once.
const NONCE: [u8; 12] = [0; 12];
