//! Reading stored bytes: spans of blobs, one after the other, in steps.

use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::sync::Arc;

use bytes::Bytes;
use crc_fast::{CrcAlgorithm, Digest};

use super::blobs::{self, BlobRow, Place};
use super::disk::{DiskFile, Open};
use super::errors::VolumeError;
use super::pool;
use super::shared::Shared;

/// Bytes read at once, at most.
pub const STEP_BYTES: usize = 256 << 10;

/// Bytes of a blob.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The blob.
    pub blob: u64,
    /// The first byte.
    pub offset: u64,
    /// How many.
    pub length: u64,
}

/// What one step of a `SpanReader` gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadStep {
    /// The next bytes, at least one.
    Bytes(Bytes),
    /// The next bytes are not in memory: ask `SpanReader::next`, which waits for the disk elsewhere.
    WouldBlock,
    /// Everything was read.
    End,
}

/// Keeps a blob's file in its folder.
#[derive(Debug)]
struct Pin {
    id: u64,
    shared: Arc<Shared>,
}

impl Pin {
    fn new(id: u64, shared: &Arc<Shared>) -> Pin {
        shared.reclaim.pin(id);
        Pin { id, shared: Arc::clone(shared) }
    }
}

impl Drop for Pin {
    fn drop(&mut self) {
        self.shared.reclaim.unpin(self.id);
    }
}

/// Where a span's bytes come from.
#[derive(Debug)]
enum Source {
    Open(Arc<dyn DiskFile>),
    /// Opened when its turn comes: an object may have more parts than a process may have files.
    Pinned(Pin),
}

/// A span with its place.
#[derive(Debug)]
struct Piece {
    blob: u64,
    source: Source,
    /// The next byte, in the file.
    at: u64,
    left: u64,
    /// Present when the span is the whole blob: its checksum, and what was read of it.
    whole: Option<(u64, Digest)>,
    /// Kept while the file is being read.
    _pin: Option<Pin>,
}

impl Piece {
    fn file(&mut self) -> Result<Arc<dyn DiskFile>, VolumeError> {
        if let Source::Pinned(pin) = &self.source {
            let file = pin.shared.disk.open(&blobs::file_path(self.blob), Open::Read)?;
            let pinned = std::mem::replace(&mut self.source, Source::Open(file));
            if let Source::Pinned(pin) = pinned {
                self._pin = Some(pin);
            }
        }
        match &self.source {
            Source::Open(file) => Ok(Arc::clone(file)),
            Source::Pinned(_) => Err(VolumeError::NoSuchBlob(self.blob)),
        }
    }

    /// These bytes, the next ones, were read.
    fn advance(&mut self, bytes: &[u8]) -> Result<(), VolumeError> {
        self.at += bytes.len() as u64;
        self.left = self.left.saturating_sub(bytes.len() as u64);
        if let Some((crc, digest)) = &mut self.whole {
            digest.update(bytes);
            if self.left == 0 && digest.finalize() != *crc {
                return Err(VolumeError::Corrupt(self.blob));
            }
        }
        Ok(())
    }
}

/// Reads spans. Where the bytes are was decided, and is held, since the reader was made: later deletes and compaction do
/// not disturb it. A span that is a whole blob is verified against its checksum before its last bytes are given out.
#[derive(Debug)]
pub struct SpanReader {
    pieces: VecDeque<Piece>,
    left: u64,
    length: u64,
}

impl SpanReader {
    /// Resolves the spans against the freshest snapshot.
    pub(crate) fn new(shared: &Arc<Shared>, spans: &[Span]) -> Result<SpanReader, VolumeError> {
        let mut pieces = VecDeque::with_capacity(spans.len());
        let mut length: u64 = 0;
        for span in spans.iter().filter(|span| span.length > 0) {
            pieces.push_back(resolve(shared, *span)?);
            length = length.saturating_add(span.length);
        }
        Ok(SpanReader { pieces, left: length, length })
    }

    /// Bytes of all spans together.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Bytes that are not read yet.
    pub fn remaining(&self) -> u64 {
        self.left
    }

    /// The next bytes, at most `max` (and `STEP_BYTES`), if they are in memory.
    pub fn try_next(&mut self, max: usize) -> Result<ReadStep, VolumeError> {
        let Some(piece) = self.pieces.front_mut() else { return Ok(ReadStep::End) };
        let file = piece.file()?;
        let mut buffer = pool::take(step(piece.left, max));
        match file.read_now(piece.at, buffer.as_mut_slice()) {
            Ok(count) => {
                buffer.truncate(count);
                self.give(buffer).map(ReadStep::Bytes)
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {
                Ok(ReadStep::WouldBlock)
            }
            Err(error) => Err(self.failed(&error)),
        }
    }

    /// The next bytes, at most `max` (and `STEP_BYTES`); `None` after the last.
    pub async fn next(&mut self, max: usize) -> Result<Option<Bytes>, VolumeError> {
        match self.try_next(max)? {
            ReadStep::Bytes(bytes) => return Ok(Some(bytes)),
            ReadStep::End => return Ok(None),
            ReadStep::WouldBlock => {}
        }
        let Some(piece) = self.pieces.front_mut() else { return Ok(None) };
        let (file, at, count) = (piece.file()?, piece.at, step(piece.left, max));
        let read = move || {
            let mut buffer = pool::take(count);
            file.read_at(at, buffer.as_mut_slice()).map(|()| buffer)
        };
        match tokio::task::spawn_blocking(read).await {
            Ok(Ok(buffer)) => self.give(buffer).map(Some),
            Ok(Err(error)) => Err(self.failed(&error)),
            Err(_) => Err(VolumeError::Failed("the task that reads a blob ended".into())),
        }
    }

    /// As `next`, for callers that may block.
    pub fn next_blocking(&mut self, max: usize) -> Result<Option<Bytes>, VolumeError> {
        let Some(piece) = self.pieces.front_mut() else { return Ok(None) };
        let file = piece.file()?;
        let mut buffer = pool::take(step(piece.left, max));
        match file.read_at(piece.at, buffer.as_mut_slice()) {
            Ok(()) => self.give(buffer).map(Some),
            Err(error) => Err(self.failed(&error)),
        }
    }

    fn give(&mut self, buffer: pool::Buffer) -> Result<Bytes, VolumeError> {
        let Some(piece) = self.pieces.front_mut() else { return Ok(Bytes::new()) };
        piece.advance(buffer.as_ref())?;
        if piece.left == 0 {
            self.pieces.pop_front();
        }
        self.left = self.left.saturating_sub(buffer.as_ref().len() as u64);
        Ok(buffer.into_bytes())
    }

    /// A file that ends too early is as bad as a wrong checksum.
    fn failed(&self, error: &io::Error) -> VolumeError {
        match self.pieces.front() {
            Some(piece) if error.kind() == ErrorKind::UnexpectedEof => VolumeError::Corrupt(piece.blob),
            _ => VolumeError::Failed(error.to_string()),
        }
    }
}

fn step(left: u64, max: usize) -> usize {
    usize::try_from(left).unwrap_or(usize::MAX).min(max.clamp(1, STEP_BYTES))
}

fn resolve(shared: &Arc<Shared>, span: Span) -> Result<Piece, VolumeError> {
    // Looked up first without a pin: most blobs are in the log and need none.
    let row = look_up(shared, span.blob)?;
    let (row, pin) = match row.place {
        Place::Log { .. } => (row, None),
        Place::File => {
            let pin = Pin::new(span.blob, shared);
            // Again, now that the file cannot go away any more.
            (look_up(shared, span.blob)?, Some(pin))
        }
    };
    if span.offset.checked_add(span.length).is_none_or(|end| end > row.length) {
        return Err(VolumeError::OutOfRange(span.blob));
    }
    let (source, base) = match (row.place, pin) {
        (Place::Log { segment, offset }, _) => (Source::Open(shared.segment_file(segment)?), offset),
        (Place::File, Some(pin)) => (Source::Pinned(pin), 0),
        (Place::File, None) => return Err(VolumeError::NoSuchBlob(span.blob)),
    };
    let whole = span.offset == 0 && span.length == row.length;
    Ok(Piece {
        blob: span.blob,
        source,
        at: base + span.offset,
        left: span.length,
        whole: whole.then(|| (row.crc, Digest::new(CrcAlgorithm::Crc64Nvme))),
        _pin: None,
    })
}

fn look_up(shared: &Arc<Shared>, id: u64) -> Result<BlobRow, VolumeError> {
    if let Some(row) = shared.snapshot()?.blob(id)? {
        return Ok(row);
    }
    shared.reclaim.recently_freed(id).ok_or(VolumeError::NoSuchBlob(id))
}
