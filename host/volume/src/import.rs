//! Makes a new volume of what a hold of another one handed out: the same rows with their revisions,
//! the same blobs, and numbers that go on where those of the other end.
//!
//! The volume gets a number of its own, so that what is done in it is never taken for what is done
//! in the other. It is not durable, and not a volume, before `finish`.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::blobs::{self, Location};
use super::disk::{Disk, DiskFile, Open, RealDisk};
use super::errors::{OpenError, VolumeError};
use super::export::{BlobRecord, Moment, PackedRows};
use super::format;
use super::index::{Index, Rows, State, write_state};
use super::log::Position;
use super::log::record::{HEADER_BYTES, with_room};
use super::log::segment;
use super::log::writer::{Sync, Tail, Writer};
use super::open;
use super::options::Options;
use super::sealing::Root;
use super::segments::Segments;

/// Transactions of the index between two that are durable: redb gives space back only then.
const UNSYNCED_MAX: u32 = 64;
/// Bodies that wait in memory for the log.
const WAITING_MAX: usize = 8 << 20;

/// A volume that is being made.
#[derive(Debug)]
pub struct Import {
    disk: Arc<dyn Disk>,
    index: Index,
    tail: Arc<Tail>,
    writer: Writer,
    inline_max: u64,
    state: State,
    live: BTreeMap<u64, u64>,
    /// Rows of blobs whose bytes are written and that the index does not have yet.
    waiting: Vec<(u64, BlobRecord, Location)>,
    file: Option<(u64, Arc<dyn DiskFile>)>,
    transactions: u32,
}

impl Import {
    /// Begins in the folder of the options, in which there is nothing yet but files that belong to
    /// no volume, such as keys.
    ///
    /// # Errors
    /// The folder has a volume already, or cannot be written; what was sealed has no key here.
    pub fn begin(options: &Options, moment: &Moment) -> Result<Import, OpenError> {
        let disk: Arc<dyn Disk> = Arc::new(RealDisk::new(&options.dir)?);
        if format::read(&*disk)?.is_some() {
            return Err(OpenError::Damaged("there is a volume already".into()));
        }
        check_key(options, moment)?;
        let volume = format::make(&*disk)?.volume;
        open::begin(&*disk, volume, options)?;
        let index = open::open_index(&*disk, options)?;
        open::open_root(&index, volume, options)?;
        let state = index.state()?.ok_or_else(|| OpenError::Damaged("the index is empty".into()))?;
        let state = State { commit: moment.commit, sequence_high: moment.sequence_high, ..state };
        let segments = Arc::new(Segments::new(Arc::clone(&disk)));
        let first = segment::open(&*disk, 1, Open::Write)?;
        segments.opened(&first, segment::HEADER_BYTES);
        let tail_bytes_max = options.tail_bytes_max.max(WAITING_MAX * 2);
        let tail =
            Arc::new(Tail::new(volume, options.segment_bytes, tail_bytes_max, state.position, state.record));
        let writer =
            Writer::new(Arc::clone(&disk), Arc::clone(&tail), segments, first, options.allocate_bytes);
        let (live, waiting) = (BTreeMap::new(), Vec::new());
        let inline_max = options.inline_max.min(WAITING_MAX as u64);
        Ok(Import {
            disk,
            index,
            tail,
            writer,
            inline_max,
            state,
            live,
            waiting,
            file: None,
            transactions: 0,
        })
    }

    /// Puts packed rows into a table.
    ///
    /// # Errors
    /// The rows are cut off, or cannot be written.
    pub fn rows(&mut self, table: &str, packed: &[u8]) -> Result<(), VolumeError> {
        let mut each = PackedRows::new(packed);
        self.transaction(|rows| {
            for row in each.by_ref() {
                rows.put(table, row.key, row.value, row.revision)?;
            }
            if !each.is_done() {
                return Err(VolumeError::Failed(format!("rows of {table} are cut off")));
            }
            Ok(())
        })
    }

    /// Puts a blob whose bytes are lost: whoever reads it is told so.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn lost(&mut self, id: u64, record: BlobRecord) -> Result<(), VolumeError> {
        self.keep(id, record, Location::File)
    }

    /// Whether the bytes of such a blob are given at once, by [`Import::short`]; else in steps, by
    /// [`Import::step`].
    pub fn is_short(&self, record: &BlobRecord) -> bool {
        record.length <= self.inline_max
    }

    /// Puts a short blob.
    ///
    /// # Errors
    /// The bytes are not those of the blob, or cannot be written.
    pub fn short(&mut self, id: u64, record: BlobRecord, bytes: &[u8]) -> Result<(), VolumeError> {
        if bytes.len() as u64 != record.length || crc_fast::crc64_nvme(bytes) != record.crc {
            return Err(VolumeError::Corrupt(id));
        }
        if self.tail.bytes() > WAITING_MAX {
            self.flush()?;
        }
        let mut built = with_room(bytes.len());
        built.extend_from_slice(bytes);
        let Position { segment, offset } = self.tail.append_body(id, built, record.crc)?;
        *self.live.entry(segment).or_default() += record.length + HEADER_BYTES as u64;
        self.keep(id, record, Location::Log { segment, offset })
    }

    /// Writes bytes of a blob that has a file of its own. The steps may come in any order, and
    /// those of another blob not between them.
    ///
    /// # Errors
    /// They cannot be written.
    pub fn step(&mut self, id: u64, from: u64, bytes: &[u8]) -> Result<(), VolumeError> {
        let file = match &self.file {
            Some((open, file)) if *open == id => Arc::clone(file),
            _ => {
                self.disk.create_folder(&blobs::file_folder(id))?;
                let file = self.disk.open(&blobs::file_path(id), Open::Create)?;
                self.file = Some((id, Arc::clone(&file)));
                file
            }
        };
        Ok(file.write_at(from, bytes)?)
    }

    /// Puts the blob whose steps were written. The check of the whole volume compares its bytes.
    ///
    /// # Errors
    /// Nothing was written of it, or it is of another length.
    pub fn long(&mut self, id: u64, record: BlobRecord) -> Result<(), VolumeError> {
        match self.file.take() {
            Some((open, file)) if open == id && file.len()? == record.length => {
                file.sync_data()?;
                self.keep(id, record, Location::File)
            }
            _ => Err(VolumeError::Corrupt(id)),
        }
    }

    /// Makes everything durable; from then on it is a volume, to be opened or checked.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn finish(mut self) -> Result<(), VolumeError> {
        self.flush()?;
        self.writer.close()?;
        for folder in self.disk.list(blobs::FOLDER)? {
            self.disk.sync_folder(&format!("{}/{folder}", blobs::FOLDER))?;
        }
        self.disk.sync_folder(blobs::FOLDER)?;
        (self.state.position, self.state.record) = self.tail.end();
        // Nothing of the log that was read so far is a commit.
        self.state.counted = self.state.commit;
        let state = self.state;
        let transaction = self.index.begin()?;
        write_state(&transaction, &state)?;
        transaction.commit()?;
        self.index.checkpoint(&self.live, state.sequence_high)?;
        self.disk.sync_folder("")?;
        Ok(())
    }

    fn keep(&mut self, id: u64, record: BlobRecord, location: Location) -> Result<(), VolumeError> {
        self.waiting.push((id, record, location));
        if self.waiting.len() >= 4096 { self.flush() } else { Ok(()) }
    }

    /// Bodies first, and then their rows.
    fn flush(&mut self) -> Result<(), VolumeError> {
        self.writer.flush(Sync::No)?;
        self.writer.acknowledge();
        let waiting = std::mem::take(&mut self.waiting);
        if waiting.is_empty() {
            return Ok(());
        }
        self.transaction(|rows| {
            for (id, record, location) in waiting {
                rows.blobs.insert(id, &record.row(location).encode())?;
            }
            Ok(())
        })
    }

    fn transaction(
        &mut self,
        change: impl FnOnce(&mut Rows<'_>) -> Result<(), VolumeError>,
    ) -> Result<(), VolumeError> {
        let transaction = self.index.begin()?;
        {
            let mut rows = Rows::new(&transaction)?;
            change(&mut rows)?;
        }
        transaction.commit()?;
        self.transactions += 1;
        if self.transactions >= UNSYNCED_MAX {
            self.transactions = 0;
            self.index.checkpoint(&BTreeMap::new(), 0)?;
        }
        Ok(())
    }
}

/// The folder has the key that the bodies are sealed under. None is made: it would open nothing.
fn check_key(options: &Options, moment: &Moment) -> Result<(), OpenError> {
    let Some(sealing) = moment.sealing else { return Ok(()) };
    let key = match &options.key {
        Some(source) => source.folder_key(false).map_err(OpenError::Key)?,
        None => None,
    };
    match key.map(|key| Root::new(&key).check_value(moment.volume)) {
        Some(found) if found == sealing => Ok(()),
        Some(_) => Err(OpenError::WrongKey),
        None => Err(OpenError::NoKey),
    }
}
