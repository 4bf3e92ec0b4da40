//! Buffers for reads. Large ones are used again, so that reading a large body neither clears nor
//! maps memory.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;

use super::sealing::{SALT_BYTES, SEGMENT_BYTES, TAG_BYTES};

/// Bytes read at once, at most.
pub const STEP_BYTES: usize = 256 << 10;
/// Bytes of a buffer that is used again: those of a step, sealed.
const ROOM_BYTES: usize = SALT_BYTES + STEP_BYTES + STEP_BYTES / SEGMENT_BYTES * TAG_BYTES;

/// Reads below this size get memory of their own.
const POOLED_MIN: usize = 32 << 10;
/// Reads up to this size get such a buffer only while few are in use. Otherwise clients that do not
/// take what was read for them would keep far more memory than was read.
const SMALL_MAX: usize = ROOM_BYTES / 2;
/// Buffers kept for reuse, of `ROOM_BYTES` each.
const KEPT_MAX: usize = 32;

/// Such buffers in use.
static IN_USE: AtomicUsize = AtomicUsize::new(0);
static KEPT: Mutex<Vec<Vec<u8>>> = Mutex::new(Vec::new());

/// A buffer with some bytes of it in use.
#[derive(Debug)]
pub(crate) struct Buffer {
    bytes: Vec<u8>,
    used: usize,
}

/// A buffer of `count` bytes with unspecified (but initialised) contents; at most `ROOM_BYTES`.
pub(crate) fn take(count: usize) -> Buffer {
    let is_pooled = (POOLED_MIN..=ROOM_BYTES).contains(&count)
        && (count > SMALL_MAX || IN_USE.load(Ordering::Relaxed) < KEPT_MAX);
    if !is_pooled {
        return Buffer { bytes: vec![0; count], used: count };
    }
    IN_USE.fetch_add(1, Ordering::Relaxed);
    let kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner).pop();
    Buffer { bytes: kept.unwrap_or_else(|| vec![0; ROOM_BYTES]), used: count }
}

impl Buffer {
    pub(crate) fn as_mut_slice(&mut self) -> &mut [u8] {
        let used = self.used;
        self.bytes.get_mut(..used).unwrap_or_default()
    }

    /// Only the first `count` bytes are in use.
    pub(crate) fn truncate(&mut self, count: usize) {
        self.used = self.used.min(count);
    }

    pub(crate) fn into_bytes(mut self) -> Bytes {
        if self.bytes.len() == ROOM_BYTES {
            return Bytes::from_owner(self);
        }
        self.bytes.truncate(self.used);
        Bytes::from(std::mem::take(&mut self.bytes))
    }
}

impl AsRef<[u8]> for Buffer {
    fn as_ref(&self) -> &[u8] {
        self.bytes.get(..self.used).unwrap_or_default()
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        if self.bytes.len() == ROOM_BYTES {
            IN_USE.fetch_sub(1, Ordering::Relaxed);
            let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
            if kept.len() < KEPT_MAX {
                kept.push(std::mem::take(&mut self.bytes));
            }
        }
    }
}
