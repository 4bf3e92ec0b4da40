//! Reading stored bytes: spans of blobs, one after the other, in steps.

mod stretch;

use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::sync::Arc;

use bytes::Bytes;
use stretch::{Stretch, Taken, Wanted};

use super::blobs::{self, BlobRow, Location, Sealing};
use super::disk::{DiskFile, Open};
use super::errors::VolumeError;
use super::log::segment;
use super::pool;
use super::sealing::{DataKey, Root};
use super::shared::Shared;
use super::stats::Counters;

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
    /// The next bytes are not in memory. `SpanReader::next` waits for the disk, on another thread.
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

/// A span with its position.
#[derive(Debug)]
struct Piece {
    blob: u64,
    location: Location,
    source: Source,
    stretch: Stretch,
    /// Kept while the file is being read.
    _pin: Option<Pin>,
}

impl Piece {
    fn file(&mut self) -> Result<Arc<dyn DiskFile>, VolumeError> {
        if let Source::Pinned(pin) = &self.source {
            let file = pin.shared.disk.open(&blobs::file_path(self.blob), Open::Read);
            let file = file.map_err(|error| self.failed(error))?;
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

    /// Fails where the file of the bytes is not there, or ends before they do.
    fn is_there(&self) -> Result<(), VolumeError> {
        let size = match &self.source {
            Source::Open(file) => file.len(),
            Source::Pinned(pin) => pin.shared.disk.size(&blobs::file_path(self.blob)),
        };
        match size.map_err(|error| self.failed(error))? < self.stretch.end() {
            true => Err(VolumeError::too_short(self.blob, self.path())),
            false => Ok(()),
        }
    }

    fn failed(&self, error: io::Error) -> VolumeError {
        VolumeError::of_read(self.blob, self.path(), error)
    }

    fn path(&self) -> String {
        match self.location {
            Location::Log { segment, .. } => segment::path(segment),
            Location::File => blobs::file_path(self.blob),
        }
    }
}

/// Reads spans. Where the bytes are was decided, and is held, since the reader was made: later
/// deletes and compaction do not disturb it. Sealed bytes are verified before they are given out;
/// of a blob that is not sealed, a span that is all of it is verified against its checksum before
/// its last bytes are given out.
#[derive(Debug)]
pub struct SpanReader {
    pieces: VecDeque<Piece>,
    left: u64,
    length: u64,
    counters: Arc<Counters>,
}

impl SpanReader {
    /// Resolves the spans against the freshest snapshot.
    pub(crate) fn new(
        shared: &Arc<Shared>,
        spans: &[Span],
        key: Option<&DataKey>,
    ) -> Result<SpanReader, VolumeError> {
        let root = key.map(Root::new).map(Arc::new);
        let mut pieces = VecDeque::with_capacity(spans.len());
        let mut length: u64 = 0;
        let counters = Arc::clone(&shared.counters);
        for span in spans.iter().filter(|span| span.length > 0) {
            let piece = resolve(shared, *span, root.as_ref());
            pieces.push_back(piece.inspect_err(|error| counters.read_failed(error))?);
            length = length.saturating_add(span.length);
        }
        Ok(SpanReader { pieces, left: length, length, counters })
    }

    /// Bytes of all spans together.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Bytes that are not read yet.
    pub fn remaining(&self) -> u64 {
        self.left
    }

    /// How many files hold what is not read yet.
    pub fn pieces(&self) -> usize {
        self.pieces.len()
    }

    /// Fails where a file is not there or too short for what is not read yet. It looks at each of
    /// them, which may wait for the disk.
    pub fn find_missing(&mut self) -> Result<(), VolumeError> {
        let found = self.find_missing_now();
        found.inspect_err(|error| self.counters.read_failed(error))
    }

    fn find_missing_now(&mut self) -> Result<(), VolumeError> {
        if let Some(first) = self.pieces.front_mut() {
            // It is opened next anyhow.
            first.file()?;
        }
        self.pieces.iter().try_for_each(Piece::is_there)
    }

    /// The next bytes, at most `max` (and `STEP_BYTES`), if they are in memory.
    pub fn try_next(&mut self, max: usize) -> Result<ReadStep, VolumeError> {
        self.read_now(max).inspect_err(|error| self.counters.read_failed(error))
    }

    fn read_now(&mut self, max: usize) -> Result<ReadStep, VolumeError> {
        loop {
            let Some(piece) = self.pieces.front_mut() else { return Ok(ReadStep::End) };
            if let Some(bytes) = piece.stretch.ready(max) {
                return Ok(ReadStep::Bytes(self.give(bytes)));
            }
            let file = piece.file()?;
            let Wanted { at, count } = piece.stretch.wanted(max);
            let mut buffer = pool::take(count);
            match file.read_now(at, buffer.as_mut_slice()) {
                Ok(count) => {
                    buffer.truncate(count);
                    match piece.stretch.take(piece.blob, buffer, max)? {
                        Taken::Bytes(bytes) => return Ok(ReadStep::Bytes(self.give(bytes))),
                        Taken::Onward => {}
                        Taken::TooLittle => return Ok(ReadStep::WouldBlock),
                    }
                }
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {
                    return Ok(ReadStep::WouldBlock);
                }
                Err(error) => return Err(piece.failed(error)),
            }
        }
    }

    /// The next bytes, at most `max` (and `STEP_BYTES`); `None` after the last.
    pub async fn next(&mut self, max: usize) -> Result<Option<Bytes>, VolumeError> {
        let read = self.read(max).await;
        read.inspect_err(|error| self.counters.read_failed(error))
    }

    async fn read(&mut self, max: usize) -> Result<Option<Bytes>, VolumeError> {
        loop {
            match self.read_now(max)? {
                ReadStep::Bytes(bytes) => return Ok(Some(bytes)),
                ReadStep::End => return Ok(None),
                ReadStep::WouldBlock => {}
            }
            let Some(piece) = self.pieces.front_mut() else { return Ok(None) };
            let (file, wanted) = (piece.file()?, piece.stretch.wanted(max));
            let read = match tokio::task::spawn_blocking(move || read(&*file, wanted)).await {
                Ok(read) => read,
                Err(_) => return Err(VolumeError::Failed("the task that reads a blob ended".into())),
            };
            if let Some(bytes) = self.take(read, max)? {
                return Ok(Some(bytes));
            }
        }
    }

    /// As `next`, for callers that may block.
    pub fn next_blocking(&mut self, max: usize) -> Result<Option<Bytes>, VolumeError> {
        self.read_blocking(max).inspect_err(|error| self.counters.read_failed(error))
    }

    fn read_blocking(&mut self, max: usize) -> Result<Option<Bytes>, VolumeError> {
        loop {
            let Some(piece) = self.pieces.front_mut() else { return Ok(None) };
            if let Some(bytes) = piece.stretch.ready(max) {
                return Ok(Some(self.give(bytes)));
            }
            let (file, wanted) = (piece.file()?, piece.stretch.wanted(max));
            if let Some(bytes) = self.take(read(&*file, wanted), max)? {
                return Ok(Some(bytes));
            }
        }
    }

    /// The bytes of a read that waited for all that was wanted; `None` when more must be read
    /// first.
    fn take(&mut self, read: io::Result<pool::Buffer>, max: usize) -> Result<Option<Bytes>, VolumeError> {
        let Some(piece) = self.pieces.front_mut() else { return Ok(None) };
        let buffer = read.map_err(|error| piece.failed(error))?;
        match piece.stretch.take(piece.blob, buffer, max)? {
            Taken::Bytes(bytes) => Ok(Some(self.give(bytes))),
            Taken::Onward => Ok(None),
            Taken::TooLittle => Err(VolumeError::Corrupt(piece.blob)),
        }
    }

    fn give(&mut self, bytes: Bytes) -> Bytes {
        if self.pieces.front().is_some_and(|piece| piece.stretch.is_over()) {
            self.pieces.pop_front();
        }
        self.left = self.left.saturating_sub(bytes.len() as u64);
        bytes
    }
}

fn read(file: &dyn DiskFile, wanted: Wanted) -> io::Result<pool::Buffer> {
    let mut buffer = pool::take(wanted.count);
    file.read_at(wanted.at, buffer.as_mut_slice()).map(|()| buffer)
}

fn resolve(shared: &Arc<Shared>, span: Span, given: Option<&Arc<Root>>) -> Result<Piece, VolumeError> {
    // The first lookup is without a pin: most blobs are in the log and need none.
    let row = look_up(shared, span.blob)?;
    let (row, pin) = match row.location {
        Location::Log { .. } => (row, None),
        Location::File => {
            let pin = Pin::new(span.blob, shared);
            // Looked up again, now that the file cannot be removed any more.
            (look_up(shared, span.blob)?, Some(pin))
        }
    };
    let root = match (row.sealing, given, &shared.root) {
        (Sealing::Plain, None, _) => None,
        (Sealing::FolderKey, None, Some(folder)) => Some(Arc::clone(folder)),
        (Sealing::DataKey, Some(given), _) => Some(Arc::clone(given)),
        // A blob that is not sealed in the way that the caller expects is not given out.
        _ => return Err(VolumeError::Sealed(span.blob)),
    };
    let length = row.plain_length().ok_or(VolumeError::Corrupt(span.blob))?;
    if span.offset.checked_add(span.length).is_none_or(|end| end > length) {
        return Err(VolumeError::OutOfRange(span.blob));
    }
    let (source, base) = match (row.location, pin) {
        (Location::Log { segment, offset }, _) => {
            (Source::Open(shared.segment_file(segment, span.blob)?), offset)
        }
        (Location::File, Some(pin)) => (Source::Pinned(pin), 0),
        (Location::File, None) => return Err(VolumeError::NoSuchBlob(span.blob)),
    };
    let stretch = Stretch::new(&row, base, span.offset, span.length, root);
    Ok(Piece { blob: span.blob, location: row.location, source, stretch, _pin: None })
}

/// Fails where the bytes of one of these blobs are not there. Blobs without a row are passed over:
/// they are being received, or a commit that keeps them fails.
pub(crate) fn find_missing(shared: &Shared, blobs: &[u64]) -> Result<(), VolumeError> {
    let snapshot = shared.snapshot()?;
    let found = blobs.iter().try_for_each(|blob| {
        let Some(row) = snapshot.blob(*blob)? else { return Ok(()) };
        let (path, size, end) = match row.location {
            Location::Log { segment, offset } => {
                let file = shared.segment_file(segment, *blob)?;
                (segment::path(segment), file.len(), offset.saturating_add(row.length))
            }
            Location::File => {
                let path = blobs::file_path(*blob);
                let size = shared.disk.size(&path);
                (path, size, row.length)
            }
        };
        match size {
            Ok(size) if size >= end => Ok(()),
            Ok(_) => Err(VolumeError::too_short(*blob, path)),
            Err(error) => Err(VolumeError::of_read(*blob, path, error)),
        }
    });
    found.inspect_err(|error| shared.counters.read_failed(error))
}

fn look_up(shared: &Arc<Shared>, id: u64) -> Result<BlobRow, VolumeError> {
    if let Some(row) = shared.snapshot()?.blob(id)? {
        return Ok(row);
    }
    shared.reclaim.recently_freed(id).ok_or(VolumeError::NoSuchBlob(id))
}
