//! Receiving bodies: short ones in memory and on into the log, long ones into a file each.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, Weak};

use crc_fast::{CrcAlgorithm, Digest};

use super::blobs::{self, BlobRow, Place};
use super::disk::{DiskFile, Open};
use super::errors::VolumeError;
use super::log::{Position, record};
use super::shared::Shared;

/// Bytes written to a file at once.
const STEP_BYTES: usize = 256 << 10;
/// Pieces of at least this size are written as they come, without being gathered first.
const DIRECT_BYTES: usize = 64 << 10;

/// A received body that is not, or not yet, referenced.
#[derive(Debug)]
pub(crate) struct Pending {
    pub(crate) id: u64,
    row: BlobRow,
    kept: AtomicBool,
    shared: Arc<Shared>,
}

impl Pending {
    /// The row it would get, without references.
    pub(crate) fn row(&self) -> BlobRow {
        self.row
    }

    /// Where in the log it is, if it is there.
    pub(crate) fn log_position(&self) -> Option<Position> {
        match self.row.place {
            Place::Log { segment, offset } => Some(Position { segment, offset }),
            Place::File => None,
        }
    }

    /// Whether a commit has kept it.
    pub(crate) fn is_kept(&self) -> bool {
        self.kept.load(Ordering::Acquire)
    }

    /// A commit has kept it: from now on its row in the index counts.
    pub(crate) fn set_kept(&self) {
        self.kept.store(true, Ordering::Release);
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        self.shared.received.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
        match self.row.in_log() {
            Some((segment, bytes)) => self.shared.segments.pending_ended(segment, bytes),
            None if !self.is_kept() => self.shared.reclaim.discard(self.id),
            None => {}
        }
    }
}

/// A received body. Unless a commit keeps it, it is reclaimed when this is dropped.
#[derive(Debug)]
pub struct PendingBlob {
    pending: Arc<Pending>,
}

impl PendingBlob {
    /// The blob's number, for `Batch::keep` and for spans.
    pub fn id(&self) -> u64 {
        self.pending.id
    }

    /// Bytes of the body.
    pub fn length(&self) -> u64 {
        self.pending.row.length
    }

    /// CRC-64/NVME of the body.
    pub fn crc64nvme(&self) -> u64 {
        self.pending.row.crc
    }
}

/// A body being received into a file.
#[derive(Debug)]
struct Growing {
    id: u64,
    file: Arc<dyn DiskFile>,
    written: u64,
    shared: Arc<Shared>,
    finished: bool,
}

impl Drop for Growing {
    fn drop(&mut self) {
        if !self.finished {
            self.shared.reclaim.discard(self.id);
        }
    }
}

/// A body being received. Dropping it gives the body up.
#[derive(Debug)]
pub struct Receiver {
    shared: Arc<Shared>,
    /// For the log: a record with room for its header. For a file: what is not written yet.
    gathered: Vec<u8>,
    growing: Option<Growing>,
    digest: Digest,
    length: u64,
    expected: Option<u64>,
}

impl Receiver {
    pub(crate) fn new(shared: Arc<Shared>, expected: Option<u64>) -> Receiver {
        let inline = expected.filter(|bytes| *bytes <= shared.options.inline_max);
        let room = inline.and_then(|bytes| usize::try_from(bytes).ok()).unwrap_or(0);
        Receiver {
            gathered: record::with_room(room),
            growing: None,
            digest: Digest::new(CrcAlgorithm::Crc64Nvme),
            length: 0,
            expected,
            shared,
        }
    }

    /// Bytes received so far.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Takes the next bytes of the body. After an error the body is lost.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), VolumeError> {
        self.length += bytes.len() as u64;
        if self.growing.is_none() && self.length > self.shared.options.inline_max {
            self.grow_file()?;
        }
        self.digest.update(bytes);
        let Some(growing) = &mut self.growing else {
            self.gathered.extend_from_slice(bytes);
            return Ok(());
        };
        if self.gathered.is_empty() && bytes.len() >= DIRECT_BYTES {
            return growing.write(bytes);
        }
        let mut rest = bytes;
        while !rest.is_empty() {
            let room = STEP_BYTES.saturating_sub(self.gathered.len());
            let (front, back) = rest.split_at(room.min(rest.len()));
            self.gathered.extend_from_slice(front);
            rest = back;
            if self.gathered.len() >= STEP_BYTES {
                growing.write(&self.gathered)?;
                self.gathered.clear();
            }
        }
        Ok(())
    }

    /// Goes over from memory to a file.
    fn grow_file(&mut self) -> Result<(), VolumeError> {
        let wanted = self.expected.unwrap_or(self.length);
        self.shared.check_space(wanted)?;
        let id = self.shared.next_sequence();
        self.shared.ensure_folder(id)?;
        let file = self.shared.disk.open(&blobs::file_path(id), Open::New)?;
        let mut growing = Growing { id, file, written: 0, shared: Arc::clone(&self.shared), finished: false };
        let received = std::mem::take(&mut self.gathered);
        if let Some(body) = received.get(record::HEADER_BYTES..)
            && !body.is_empty()
        {
            growing.write(body)?;
        }
        self.gathered.reserve_exact(STEP_BYTES);
        self.growing = Some(growing);
        Ok(())
    }

    /// The body is complete. A short one is at its place at once, without waiting for anything; a long one is synced
    /// first.
    pub async fn finish(mut self) -> Result<PendingBlob, VolumeError> {
        let crc = self.digest.finalize();
        let Some(growing) = self.growing.take() else {
            return self.finish_in_log(crc);
        };
        let rest = std::mem::take(&mut self.gathered);
        let work = move || growing.finish(&rest, crc);
        match tokio::task::spawn_blocking(work).await {
            Ok(finished) => finished,
            Err(_) => Err(VolumeError::Failed("the task that syncs a body ended".into())),
        }
    }

    /// As `finish`, for callers that may block.
    pub fn finish_blocking(mut self) -> Result<PendingBlob, VolumeError> {
        let crc = self.digest.finalize();
        match self.growing.take() {
            None => self.finish_in_log(crc),
            Some(growing) => growing.finish(&self.gathered, crc),
        }
    }

    fn finish_in_log(self, crc: u64) -> Result<PendingBlob, VolumeError> {
        let Receiver { shared, gathered, length, .. } = self;
        if shared.is_space_low() {
            // There may be space again; nobody else would look while everybody is refused.
            shared.check_space(0)?;
        }
        let id = shared.next_sequence();
        let place = shared.append_body(id, gathered, crc)?;
        let row = BlobRow { place, references: 0, length, crc };
        Ok(shared.register(id, row))
    }
}

impl Growing {
    fn write(&mut self, bytes: &[u8]) -> Result<(), VolumeError> {
        self.file.write_at(self.written, bytes)?;
        self.written += bytes.len() as u64;
        Ok(())
    }

    fn finish(mut self, rest: &[u8], crc: u64) -> Result<PendingBlob, VolumeError> {
        self.write(rest)?;
        // Relaxed durability, too: rows and records must never outlive the file that they name.
        self.file.sync_data()?;
        self.shared.sync_file_name(self.id)?;
        self.finished = true;
        let row = BlobRow { place: Place::File, references: 0, length: self.written, crc };
        Ok(self.shared.register(self.id, row))
    }
}

impl Shared {
    /// Makes a received body known to commits.
    fn register(self: &Arc<Shared>, id: u64, row: BlobRow) -> PendingBlob {
        let pending = Arc::new(Pending { id, row, kept: AtomicBool::new(false), shared: Arc::clone(self) });
        let mut received = self.received.lock().unwrap_or_else(PoisonError::into_inner);
        received.insert(id, Arc::downgrade(&pending));
        PendingBlob { pending }
    }

    /// The received bodies among these blobs, which now live at least as long as the answer.
    pub(crate) fn claim(&self, ids: &[u64]) -> Vec<Arc<Pending>> {
        if ids.is_empty() {
            return Vec::new();
        }
        let received = self.received.lock().unwrap_or_else(PoisonError::into_inner);
        ids.iter().filter_map(|id| received.get(id).and_then(Weak::upgrade)).collect()
    }
}
