//! A stretch of a blob: which bytes of the file to read for it, and what they are when they are
//! read.

use std::sync::Arc;

use bytes::Bytes;
use crc_fast::{CrcAlgorithm, Digest};

use crate::blobs::BlobRow;
use crate::errors::VolumeError;
use crate::pool::{Buffer, STEP_BYTES};
use crate::sealing::{
    self, BlobKey, Root, SALT_BYTES, SEALED_BYTES, SEGMENT_BYTES, SegmentPosition, TAG_BYTES,
};

/// Segments that one step opens at most.
const STEP_SEGMENTS: u64 = (STEP_BYTES / SEGMENT_BYTES) as u64;

/// What to read next, of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) at: u64,
    pub(super) count: usize,
}

/// What a read brought.
#[derive(Debug)]
pub(super) enum Taken {
    Bytes(Bytes),
    /// What is needed to read on.
    Onward,
    /// Too little to do anything with.
    TooLittle,
}

/// Bytes of a blob that are not read yet.
#[derive(Debug)]
pub(super) enum Stretch {
    Plain(Plain),
    Sealed(Sealed),
}

impl Stretch {
    /// The `length` bytes from `offset` on of a blob whose first stored byte is at `base` in its
    /// file.
    pub(super) fn new(
        row: &BlobRow,
        base: u64,
        offset: u64,
        length: u64,
        root: Option<Arc<Root>>,
    ) -> Stretch {
        match (root, row.plain_length()) {
            (Some(root), Some(plain)) => Stretch::Sealed(Sealed {
                root,
                key: None,
                base,
                plain,
                next: offset,
                end: offset + length,
                ready: Bytes::new(),
            }),
            _ => {
                let is_whole = offset == 0 && length == row.length;
                let whole = is_whole.then(|| Box::new((row.crc, Digest::new(CrcAlgorithm::Crc64Nvme))));
                Stretch::Plain(Plain { at: base + offset, left: length, whole })
            }
        }
    }

    /// Where in the file the last byte that has to be read ends.
    pub(super) fn end(&self) -> u64 {
        match self {
            Stretch::Plain(plain) => plain.at.saturating_add(plain.left),
            Stretch::Sealed(sealed) => {
                let segments = sealing::segments(sealed.end).saturating_mul(SEALED_BYTES as u64);
                let read = segments.saturating_add(SALT_BYTES as u64);
                sealed.base.saturating_add(read.min(sealing::sealed_length(sealed.plain)))
            }
        }
    }

    /// Whether everything was given out.
    pub(super) fn is_over(&self) -> bool {
        match self {
            Stretch::Plain(plain) => plain.left == 0,
            Stretch::Sealed(sealed) => sealed.next == sealed.end && sealed.ready.is_empty(),
        }
    }

    /// Bytes that were read already.
    pub(super) fn ready(&mut self, max: usize) -> Option<Bytes> {
        match self {
            Stretch::Plain(_) => None,
            Stretch::Sealed(sealed) => {
                let count = sealed.ready.len().min(max.max(1));
                (count > 0).then(|| sealed.ready.split_to(count))
            }
        }
    }

    /// What to read to get at most `max` bytes.
    pub(super) fn wanted(&self, max: usize) -> Wanted {
        match self {
            Stretch::Plain(plain) => Wanted { at: plain.at, count: step(plain.left, max) },
            Stretch::Sealed(sealed) => sealed.wanted(max),
        }
    }

    /// What was read of that, which may be less.
    pub(super) fn take(&mut self, blob: u64, buffer: Buffer, max: usize) -> Result<Taken, VolumeError> {
        match self {
            Stretch::Plain(plain) => plain.take(blob, buffer).map(Taken::Bytes),
            Stretch::Sealed(sealed) => sealed.take(blob, buffer, max),
        }
    }
}

fn step(left: u64, max: usize) -> usize {
    usize::try_from(left).unwrap_or(usize::MAX).min(max.clamp(1, STEP_BYTES))
}

/// Of a blob that is not sealed.
#[derive(Debug)]
pub(super) struct Plain {
    /// The next byte, in the file.
    at: u64,
    left: u64,
    /// Present when the stretch is the whole blob: its checksum, and what was read of it.
    whole: Option<Box<(u64, Digest)>>,
}

impl Plain {
    fn take(&mut self, blob: u64, buffer: Buffer) -> Result<Bytes, VolumeError> {
        let count = buffer.as_ref().len() as u64;
        self.at += count;
        self.left = self.left.saturating_sub(count);
        if let Some(whole) = &mut self.whole {
            let (crc, digest) = &mut **whole;
            digest.update(buffer.as_ref());
            if self.left == 0 && digest.finalize() != *crc {
                return Err(VolumeError::Corrupt(blob));
            }
        }
        Ok(buffer.into_bytes())
    }
}

/// Of a sealed blob. Every byte that is given out was verified.
#[derive(Debug)]
pub(super) struct Sealed {
    root: Arc<Root>,
    /// Known once the salt was read.
    key: Option<Box<BlobKey>>,
    /// Where the salt is, in the file.
    base: u64,
    /// Bytes of the whole body.
    plain: u64,
    /// The next byte of the body, and the end of those that are wanted.
    next: u64,
    end: u64,
    /// Opened, and not given out yet.
    ready: Bytes,
}

impl Sealed {
    fn wanted(&self, max: usize) -> Wanted {
        let first = self.next / SEGMENT_BYTES as u64;
        if self.key.is_none() && first > 0 {
            return Wanted { at: self.base, count: SALT_BYTES };
        }
        let behind = sealing::segments(self.end);
        let steps = (max as u64).div_ceil(SEGMENT_BYTES as u64).clamp(1, STEP_SEGMENTS);
        let last = behind.min(first + steps);
        let from = if self.key.is_none() { 0 } else { SALT_BYTES as u64 + first * SEALED_BYTES as u64 };
        let to = (SALT_BYTES as u64 + last * SEALED_BYTES as u64).min(sealing::sealed_length(self.plain));
        // At most `ROOM_BYTES` of a buffer.
        Wanted { at: self.base + from, count: usize::try_from(to.saturating_sub(from)).unwrap_or(0) }
    }

    fn take(&mut self, blob: u64, mut buffer: Buffer, max: usize) -> Result<Taken, VolumeError> {
        let bytes = buffer.as_mut_slice();
        let mut from = 0;
        if self.key.is_none() {
            let Some(salt) = bytes.first_chunk() else { return Ok(Taken::TooLittle) };
            self.key = Some(Box::new(self.root.blob_key(blob, salt)?));
            from = SALT_BYTES;
            if bytes.len() == from {
                return Ok(Taken::Onward);
            }
        }
        let opened = self.open(bytes, from)?;
        if opened == 0 {
            return Ok(if from > 0 { Taken::Onward } else { Taken::TooLittle });
        }
        buffer.truncate(opened);
        let skip = usize::try_from(self.next % SEGMENT_BYTES as u64).unwrap_or(0).min(opened);
        let wanted = usize::try_from(self.end - self.next).unwrap_or(usize::MAX).min(opened - skip);
        self.next += wanted as u64;
        let mut given = buffer.into_bytes();
        if wanted < opened {
            given = given.slice(skip..skip + wanted);
        }
        if given.len() > max.max(1) {
            self.ready = given.split_off(max.max(1));
        }
        Ok(Taken::Bytes(given))
    }

    /// Opens the whole segments behind `from`, and puts what they hold to the front, without gaps;
    /// answers how many bytes that are.
    fn open(&self, bytes: &mut [u8], mut from: usize) -> Result<usize, VolumeError> {
        let Some(key) = &self.key else { return Ok(0) };
        let count = sealing::segments(self.plain);
        let mut number = self.next / SEGMENT_BYTES as u64;
        let mut opened = 0;
        while number < count {
            let is_last = number + 1 == count;
            let left = self.plain - number * SEGMENT_BYTES as u64;
            let length = usize::try_from(left).unwrap_or(usize::MAX).min(SEGMENT_BYTES) + TAG_BYTES;
            let Some(segment) = bytes.get_mut(opened..from + length) else { break };
            opened += key.open(SegmentPosition { number, is_last }, segment, from - opened)?;
            from += length;
            number += 1;
        }
        Ok(opened)
    }
}
