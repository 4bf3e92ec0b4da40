//! How bodies are sealed: AES-256-GCM in segments, so that a range opens only what it touches.
//!
//! A sealed body is 16 bytes of salt and then its segments: 64 KiB each, the last one shorter, each
//! followed by its tag of 16 bytes. The key of a blob is the HMAC-SHA256 of the salt under the root
//! key, so no two bodies have the same key. The nonce of a segment is its number, and whether it is
//! the last: if a segment is left out, moved or cut off, the body does not open. The blob's id is
//! associated data of each segment: the bytes of another blob do not open either.
//!
//! The root key is the folder key, or a [`DataKey`] that the body was stored with.

use std::sync::Arc;
use std::{fmt, io};

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::hmac;

use super::errors::VolumeError;

/// Bytes of a body that are sealed together.
pub(crate) const SEGMENT_BYTES: usize = 64 << 10;
/// Bytes of a segment's tag.
pub(crate) const TAG_BYTES: usize = 16;
/// Bytes of a sealed segment, but for the last.
pub(crate) const SEALED_BYTES: usize = SEGMENT_BYTES + TAG_BYTES;
/// Bytes before the first segment.
pub(crate) const SALT_BYTES: usize = 16;

/// A salt.
type Salt = [u8; SALT_BYTES];

/// A key that bodies are sealed under: 32 bytes, which `Debug` does not show.
#[derive(Clone, PartialEq, Eq)]
pub struct DataKey([u8; 32]);

impl DataKey {
    /// The key with these bytes.
    pub const fn new(bytes: [u8; 32]) -> DataKey {
        DataKey(bytes)
    }

    /// Its bytes, to be sealed themselves.
    pub fn reveal(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("DataKey([redacted])")
    }
}

impl Drop for DataKey {
    fn drop(&mut self) {
        // The key must not stay in memory that is given back. The compiler may have made copies,
        // but it must clear this one.
        self.0 = [0; 32];
        std::hint::black_box(&self.0);
    }
}

/// Where the folder key comes from. It is called once, when the volume is opened and locked. The
/// argument says whether to make a key if there is none. Without a key, nothing that is sealed can
/// be read.
#[derive(Clone)]
pub struct KeySource(Arc<AskKey>);

type AskKey = dyn Fn(bool) -> io::Result<Option<DataKey>> + Send + Sync;

impl KeySource {
    /// A source that calls `source`.
    pub fn new(source: impl Fn(bool) -> io::Result<Option<DataKey>> + Send + Sync + 'static) -> KeySource {
        KeySource(Arc::new(source))
    }

    /// A source that always has this key.
    pub fn fixed(key: DataKey) -> KeySource {
        KeySource::new(move |_| Ok(Some(key.clone())))
    }

    /// The folder key; `make` says whether to make one if there is none.
    pub(crate) fn folder_key(&self, make: bool) -> io::Result<Option<DataKey>> {
        (self.0)(make)
    }
}

impl fmt::Debug for KeySource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("KeySource([redacted])")
    }
}

/// The root key, from which the keys of blobs are derived.
#[derive(Clone)]
pub(crate) struct Root(hmac::Key);

impl fmt::Debug for Root {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Root([redacted])")
    }
}

impl Root {
    pub(crate) fn new(key: &DataKey) -> Root {
        Root(hmac::Key::new(hmac::HMAC_SHA256, &key.0))
    }

    /// A number that tells whether a volume was sealed under this root. It tells nothing else about
    /// the key.
    pub(crate) fn check_value(&self, volume: u64) -> [u8; 8] {
        let mut value = [0; 8];
        let tag = hmac::sign(&self.0, format!("portcullis volume {volume:016x}").as_bytes());
        value.iter_mut().zip(tag.as_ref()).for_each(|(to, from)| *to = *from);
        value
    }

    /// The key of a blob.
    pub(crate) fn blob_key(&self, blob: u64, salt: &Salt) -> Result<BlobKey, VolumeError> {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(b"portcullis blob");
        context.update(salt);
        let key = UnboundKey::new(&AES_256_GCM, context.sign().as_ref());
        let key = key.map_err(|_| VolumeError::Failed("a key that seals bodies cannot be made".into()))?;
        Ok(BlobKey { key: LessSafeKey::new(key), blob })
    }
}

/// An unpredictable salt.
pub(crate) fn salt() -> Result<Salt, VolumeError> {
    let mut salt = [0; SALT_BYTES];
    getrandom::fill(&mut salt).map_err(|error| VolumeError::Failed(format!("no randomness: {error}")))?;
    Ok(salt)
}

/// Seals and opens the segments of one body.
#[derive(Debug)]
pub(crate) struct BlobKey {
    key: LessSafeKey,
    blob: u64,
}

impl BlobKey {
    /// Seals a segment where it lies, and answers its tag.
    pub(crate) fn seal(
        &self,
        position: SegmentPosition,
        segment: &mut [u8],
    ) -> Result<[u8; TAG_BYTES], VolumeError> {
        let associated = Aad::from(self.blob.to_le_bytes());
        let tag = self.key.seal_in_place_separate_tag(position.nonce(), associated, segment);
        let tag = tag.map_err(|_| VolumeError::Failed("a segment cannot be sealed".into()))?;
        tag.as_ref().try_into().map_err(|_| VolumeError::Failed("a tag of another length".into()))
    }

    /// Opens a segment with its tag that begins at `from` in `bytes`; its content begins at 0 then.
    pub(crate) fn open(
        &self,
        position: SegmentPosition,
        bytes: &mut [u8],
        from: usize,
    ) -> Result<usize, VolumeError> {
        let associated = Aad::from(self.blob.to_le_bytes());
        match self.key.open_within(position.nonce(), associated, bytes, from..) {
            Ok(opened) => Ok(opened.len()),
            Err(_) => Err(VolumeError::Corrupt(self.blob)),
        }
    }
}

/// Which segment of a body it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SegmentPosition {
    /// Counted from 0.
    pub(crate) number: u64,
    pub(crate) is_last: bool,
}

impl SegmentPosition {
    fn nonce(self) -> Nonce {
        let [a, b, c, d, e, f, g, h] = self.number.to_be_bytes();
        Nonce::assume_unique_for_key([0, 0, 0, u8::from(self.is_last), a, b, c, d, e, f, g, h])
    }
}

/// Segments of a body of `plain` bytes.
pub(crate) fn segments(plain: u64) -> u64 {
    plain.div_ceil(SEGMENT_BYTES as u64)
}

/// Bytes of a sealed body.
pub(crate) fn sealed_length(plain: u64) -> u64 {
    let tags = segments(plain).saturating_mul(TAG_BYTES as u64);
    plain.saturating_add(tags).saturating_add(SALT_BYTES as u64)
}

/// Bytes of a body, from those of the sealed one; `None` when no body is sealed to so many.
pub(crate) fn plain_length(sealed: u64) -> Option<u64> {
    let segments = sealed.checked_sub(SALT_BYTES as u64)?;
    let tags = segments.div_ceil(SEALED_BYTES as u64) * TAG_BYTES as u64;
    let plain = segments.checked_sub(tags)?;
    (sealed_length(plain) == sealed).then_some(plain)
}

#[cfg(test)]
mod tests;
