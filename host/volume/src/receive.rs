//! Receiving bodies: short ones in memory and on into the log, long ones into a file each.

use std::sync::Arc;

use crc_fast::{CrcAlgorithm, Digest};

use super::blobs::{self, BlobRow, Location, Sealing};
use super::disk::{DiskFile, Open};
use super::errors::VolumeError;
use super::log::record;
use super::pending::Pending;
use super::sealing::{self, BlobKey, DataKey, Root, SEALED_BYTES, SEGMENT_BYTES, SegmentPosition};
use super::shared::Shared;

/// Bytes written to a file at once.
const STEP_BYTES: usize = 256 << 10;
/// Bytes taken at once: what is gathered is never much more than what is written at once.
const PIECE_BYTES: usize = 64 << 10;

/// A received body. Unless a commit keeps it, it is reclaimed when this is dropped.
#[derive(Debug)]
pub struct PendingBlob {
    pending: Arc<Pending>,
    length: u64,
    crc: u64,
}

impl PendingBlob {
    /// The blob's number, for `Batch::keep` and for spans.
    pub fn id(&self) -> u64 {
        self.pending.id
    }

    /// Bytes of the body.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// CRC-64/NVME of the body.
    pub fn crc64nvme(&self) -> u64 {
        self.crc
    }
}

/// A body being received into a file.
#[derive(Debug)]
struct Growing {
    id: u64,
    file: Arc<dyn DiskFile>,
    written: u64,
    /// Bytes of the whole body, as far as they are known.
    wanted: u64,
    /// Of what was written.
    digest: Digest,
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

/// Seals a body while it is gathered.
#[derive(Debug)]
struct Sealer {
    key: Box<BlobKey>,
    under: Sealing,
    /// Where in what is gathered the segment begins that is not sealed yet.
    open_at: usize,
    /// Its number.
    number: u64,
}

impl Sealer {
    /// Takes the next bytes of the body behind what is gathered, and seals the segments that they
    /// complete. The last segment is never one of them.
    fn take(&mut self, bytes: &[u8], gathered: &mut Vec<u8>) -> Result<(), VolumeError> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let mut open = gathered.len().saturating_sub(self.open_at);
            if open == SEGMENT_BYTES {
                self.seal(false, gathered)?;
                open = 0;
            }
            let (front, back) = rest.split_at(rest.len().min(SEGMENT_BYTES - open));
            gathered.extend_from_slice(front);
            rest = back;
        }
        Ok(())
    }

    fn seal(&mut self, is_last: bool, gathered: &mut Vec<u8>) -> Result<(), VolumeError> {
        let position = SegmentPosition { number: self.number, is_last };
        let segment = gathered.get_mut(self.open_at..).unwrap_or_default();
        let tag = self.key.seal(position, segment)?;
        gathered.extend_from_slice(&tag);
        (self.open_at, self.number) = (gathered.len(), self.number + 1);
        Ok(())
    }

    /// The body is complete.
    fn finish(&mut self, gathered: &mut Vec<u8>) -> Result<(), VolumeError> {
        if gathered.len() > self.open_at { self.seal(true, gathered) } else { Ok(()) }
    }
}

/// A body being received. Dropping it gives the body up.
#[derive(Debug)]
pub struct Receiver {
    shared: Arc<Shared>,
    id: u64,
    /// For the log: a record with room for its header. For a file: what is not written yet.
    gathered: Vec<u8>,
    growing: Option<Growing>,
    seal: Seal,
    /// Of the body as it is received.
    digest: Digest,
    length: u64,
    expected: Option<u64>,
}

/// Whether a body is sealed.
#[derive(Debug)]
enum Seal {
    No,
    /// Sealed from its first byte on: an empty body has nothing to seal.
    Under(Sealing, Arc<Root>),
    On(Sealer),
}

impl Receiver {
    pub(crate) fn new(shared: Arc<Shared>, expected: Option<u64>, key: Option<&DataKey>) -> Receiver {
        let inline = expected.filter(|bytes| *bytes <= shared.options.inline_max);
        let room = inline.map_or(0, sealing::sealed_length);
        let seal = match (key, &shared.root) {
            (Some(key), _) => Seal::Under(Sealing::DataKey, Arc::new(Root::new(key))),
            (None, Some(root)) => Seal::Under(Sealing::FolderKey, Arc::clone(root)),
            (None, None) => Seal::No,
        };
        Receiver {
            id: shared.next_sequence(),
            gathered: record::with_room(usize::try_from(room).unwrap_or(0)),
            growing: None,
            seal,
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
        let taken = self.take_next(bytes);
        if let Err(error) = &taken {
            self.shared.space.refused(error, 1);
        }
        taken
    }

    fn take_next(&mut self, bytes: &[u8]) -> Result<(), VolumeError> {
        if bytes.is_empty() {
            return Ok(());
        }
        self.length += bytes.len() as u64;
        if self.growing.is_none() && self.length > self.shared.options.inline_max {
            self.grow_file()?;
        }
        self.digest.update(bytes);
        if let Seal::Under(under, root) = &self.seal {
            let salt = sealing::salt()?;
            self.gathered.extend_from_slice(&salt);
            let key = Box::new(root.blob_key(self.id, &salt)?);
            self.seal = Seal::On(Sealer { key, under: *under, open_at: self.gathered.len(), number: 0 });
        }
        if self.growing.is_none() {
            return match &mut self.seal {
                Seal::On(sealer) => sealer.take(bytes, &mut self.gathered),
                _ => {
                    self.gathered.extend_from_slice(bytes);
                    Ok(())
                }
            };
        }
        for piece in bytes.chunks(PIECE_BYTES) {
            self.take(piece)?;
        }
        Ok(())
    }

    /// Takes bytes of a body that goes into a file.
    fn take(&mut self, piece: &[u8]) -> Result<(), VolumeError> {
        let Receiver { gathered, growing: Some(growing), seal, .. } = self else { return Ok(()) };
        match seal {
            Seal::On(sealer) => {
                sealer.take(piece, gathered)?;
                if sealer.open_at >= STEP_BYTES {
                    let (sealed, open) = gathered.split_at(sealer.open_at);
                    growing.write(sealed)?;
                    let open = open.len();
                    gathered.copy_within(sealer.open_at.., 0);
                    gathered.truncate(open);
                    sealer.open_at = 0;
                }
            }
            Seal::No | Seal::Under(..) => {
                gathered.extend_from_slice(piece);
                if gathered.len() >= STEP_BYTES {
                    growing.write(gathered)?;
                    gathered.clear();
                }
            }
        }
        Ok(())
    }

    /// Goes over from memory to a file.
    fn grow_file(&mut self) -> Result<(), VolumeError> {
        let wanted = self.expected.unwrap_or(self.length);
        let space = &self.shared.space;
        self.shared.check_space(wanted)?;
        self.shared.ensure_folder(self.id).inspect_err(|error| space.fault(error, wanted))?;
        let file = self.shared.disk.open(&blobs::file_path(self.id), Open::New);
        let file = file.map_err(|error| space.io_fault(error, wanted))?;
        self.growing = Some(Growing {
            id: self.id,
            file,
            written: 0,
            wanted,
            digest: Digest::new(CrcAlgorithm::Crc64Nvme),
            shared: Arc::clone(&self.shared),
            finished: false,
        });
        // A file has no header of a record.
        self.gathered.drain(..record::HEADER_BYTES.min(self.gathered.len()));
        if let Seal::On(sealer) = &mut self.seal {
            sealer.open_at = sealer.open_at.saturating_sub(record::HEADER_BYTES);
        }
        self.gathered.reserve(STEP_BYTES + PIECE_BYTES + SEALED_BYTES);
        Ok(())
    }

    /// The body is complete. A short one is in the log's tail at once, without waiting for
    /// anything. A long one is synced first.
    pub async fn finish(mut self) -> Result<PendingBlob, VolumeError> {
        let Some(growing) = self.growing.take() else {
            return self.finish_in_log();
        };
        let work = move || self.finish_in_file(growing);
        match tokio::task::spawn_blocking(work).await {
            Ok(finished) => finished,
            Err(_) => Err(VolumeError::Failed("the task that syncs a body ended".into())),
        }
    }

    /// As `finish`, for callers that may block.
    pub fn finish_blocking(mut self) -> Result<PendingBlob, VolumeError> {
        match self.growing.take() {
            None => self.finish_in_log(),
            Some(growing) => self.finish_in_file(growing),
        }
    }

    /// Seals what is left, and answers what the body is sealed under.
    fn finish_sealing(&mut self) -> Result<Sealing, VolumeError> {
        match &mut self.seal {
            Seal::On(sealer) => {
                sealer.finish(&mut self.gathered)?;
                Ok(sealer.under)
            }
            Seal::No | Seal::Under(..) => Ok(Sealing::Plain),
        }
    }

    fn finish_in_log(mut self) -> Result<PendingBlob, VolumeError> {
        let sealing = self.finish_sealing()?;
        let Receiver { shared, id, gathered, length, digest, .. } = self;
        if shared.space.is_low() {
            // There may be space again, and for a short body there is more than for a long one.
            shared.check_space(0).inspect_err(|error| shared.space.refused(error, 1))?;
        }
        let plain = digest.finalize();
        let stored = gathered.get(record::HEADER_BYTES..).unwrap_or_default();
        let bytes = stored.len() as u64;
        let crc = if sealing == Sealing::Plain { plain } else { crc_fast::crc64_nvme(stored) };
        let location = shared.append_body(id, gathered, crc);
        let location = location.inspect_err(|error| shared.space.refused(error, 1))?;
        let row = BlobRow { location, sealing, references: 0, length: bytes, crc };
        Ok(PendingBlob { pending: shared.received.register(id, row), length, crc: plain })
    }

    fn finish_in_file(mut self, growing: Growing) -> Result<PendingBlob, VolumeError> {
        let finished = self.finish_file(growing);
        if let Err(error) = &finished {
            self.shared.space.refused(error, 1);
        }
        finished
    }

    fn finish_file(&mut self, mut growing: Growing) -> Result<PendingBlob, VolumeError> {
        let sealing = self.finish_sealing()?;
        growing.write(&self.gathered)?;
        let row = growing.finish(sealing)?;
        let pending = self.shared.received.register(self.id, row);
        Ok(PendingBlob { pending, length: self.length, crc: self.digest.finalize() })
    }
}

impl Growing {
    fn write(&mut self, bytes: &[u8]) -> Result<(), VolumeError> {
        // Bodies that are received at the same time may each have fitted when they began.
        if self.shared.space.is_reserve_reached() {
            return Err(VolumeError::Full);
        }
        let written = self.file.write_at(self.written, bytes);
        written.map_err(|error| self.shared.space.io_fault(error, self.wanted))?;
        self.digest.update(bytes);
        self.written += bytes.len() as u64;
        Ok(())
    }

    fn finish(mut self, sealing: Sealing) -> Result<BlobRow, VolumeError> {
        // With relaxed durability too: rows and records must never outlive the file that they name.
        let space = &self.shared.space;
        self.file.sync_data().map_err(|error| space.io_fault(error, self.wanted))?;
        self.shared.sync_file_name(self.id).inspect_err(|error| space.fault(error, self.wanted))?;
        self.finished = true;
        let crc = self.digest.finalize();
        Ok(BlobRow { location: Location::File, sealing, references: 0, length: self.written, crc })
    }
}
