//! How an object is sealed: AES-256-GCM as a whole, under a key of its own.
//!
//! An object is 8 bytes of head, 32 bytes of random salt, the ciphertext, and a tag of 16 bytes.
//! Its key is the HMAC-SHA256 of the salt under a key that is derived from the backup key. The head
//! and a context (what the object is, in the repository) are associated data, so one object does
//! not open in the place of another. Objects are small enough for memory: chunks and packs have
//! bounds.

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::hmac;

use super::errors::BackupError;
use super::key::BackupKey;

const MAGIC: &[u8; 4] = b"PCBK";
const VERSION: u8 = 1;
const HEAD_BYTES: usize = 8;
const SALT_BYTES: usize = 32;
/// Bytes before what is sealed.
pub(crate) const FRONT_BYTES: usize = HEAD_BYTES + SALT_BYTES;
/// The tag behind it.
const TAG_BYTES: usize = 16;

/// Bytes that sealing adds.
pub(crate) const ADDED_BYTES: usize = FRONT_BYTES + TAG_BYTES;

/// What an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Chunk = 1,
    Pack = 2,
    Index = 3,
    Manifest = 4,
}

/// Seals and opens objects.
#[derive(Clone, Debug)]
pub(crate) struct Sealer {
    objects: hmac::Key,
}

impl Sealer {
    pub(crate) fn new(key: &BackupKey) -> Sealer {
        Sealer { objects: key.derive("objects") }
    }

    /// Room for the front, to which the content is appended.
    pub(crate) fn room(content_bytes: usize) -> Vec<u8> {
        let mut room = Vec::with_capacity(FRONT_BYTES + content_bytes + TAG_BYTES);
        room.resize(FRONT_BYTES, 0);
        room
    }

    /// Seals what was appended to a `room`, where it lies.
    pub(crate) fn seal(&self, kind: Kind, context: &[u8], mut room: Vec<u8>) -> Result<Vec<u8>, BackupError> {
        let failed = |why: &str| BackupError::Cipher(why.to_owned());
        let mut salt = [0; SALT_BYTES];
        getrandom::fill(&mut salt).map_err(|error| BackupError::Cipher(error.to_string()))?;
        let head = head(kind);
        let (front, content) = room.split_at_mut_checked(FRONT_BYTES).ok_or_else(|| failed("no room"))?;
        let (head_room, salt_room) = front.split_at_mut(HEAD_BYTES);
        head_room.copy_from_slice(&head);
        salt_room.copy_from_slice(&salt);
        let key = self.key(&salt)?;
        let associated = Aad::from([&head, context].concat());
        let tag = key.seal_in_place_separate_tag(nonce(), associated, content);
        let tag = tag.map_err(|_| failed("an object is too long"))?;
        room.extend_from_slice(tag.as_ref());
        Ok(room)
    }

    /// The content of a sealed object; `None` when it is not what was sealed here as such.
    pub(crate) fn open(&self, kind: Kind, context: &[u8], mut sealed: Vec<u8>) -> Option<Vec<u8>> {
        let front = sealed.get(..FRONT_BYTES)?;
        let (head_read, salt) = front.split_at_checked(HEAD_BYTES)?;
        let head = head(kind);
        if head_read != head {
            return None;
        }
        let key = self.key(salt).ok()?;
        let associated = Aad::from([&head, context].concat());
        let opened = key.open_within(nonce(), associated, &mut sealed, FRONT_BYTES..).ok()?.len();
        sealed.truncate(opened);
        Some(sealed)
    }

    fn key(&self, salt: &[u8]) -> Result<LessSafeKey, BackupError> {
        let key = UnboundKey::new(&AES_256_GCM, hmac::sign(&self.objects, salt).as_ref());
        Ok(LessSafeKey::new(key.map_err(|_| BackupError::Cipher("no key".to_owned()))?))
    }
}

/// Each object has a key of its own, which is used once.
fn nonce() -> Nonce {
    Nonce::assume_unique_for_key([0; 12])
}

fn head(kind: Kind) -> [u8; HEAD_BYTES] {
    let [a, b, c, d] = *MAGIC;
    [a, b, c, d, VERSION, kind as u8, 0, 0]
}
