//! What a hold hands out, in pieces of bounded size, each of which can travel as bytes. And where
//! the process that gets them reads the bodies.

use std::collections::VecDeque;
use std::io;
use std::path::Path;
use std::sync::Arc;

use super::blobs::{self, BlobRow, Location, ROW_BYTES, Sealing};
use super::commit::batch::KEY_BYTES_MAX;
use super::disk::{Disk, DiskFile, Open, RealDisk};
use super::errors::VolumeError;
use super::log::segment;
use super::snapshot::{Direction, Snapshot};
use super::wire::{Taker, put_bytes, put_u32, put_u64, set_at, u32_at, u64_at};

/// Blobs in one piece.
const BLOBS_MAX: usize = 4096;
/// Rows in one piece; a scan has a bound in bytes of its own.
const ROWS_MAX: u32 = 4096;
/// Segments that are kept open while their bodies are read.
const OPEN_MAX: usize = 16;
/// Bytes of an encoded [`HeldBlob`].
const HELD_BYTES: usize = 8 + ROW_BYTES;
/// Bytes that tell one folder key from another.
pub const SEALING_BYTES: usize = 8;
/// Bytes of a [`BlobRecord`].
pub const RECORD_BYTES: usize = 24;

/// A moment of a volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The volume's number, as `FORMAT` has it.
    pub volume: u64,
    /// The number of the last commit.
    pub commit: u64,
    /// No number of the sequence beyond it is in a row.
    pub sequence_high: u64,
    /// Tells the folder key that bodies are sealed under from others; `None` where there is none.
    pub sealing: Option<[u8; SEALING_BYTES]>,
}

/// A piece of what a hold hands out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exported {
    /// Which moment it is: the first piece.
    Moment(Moment),
    /// Blobs, in the order of their numbers.
    Blobs(Vec<HeldBlob>),
    /// Rows of a table, in the order of their keys, packed as `Snapshot::scan` does.
    Rows {
        /// The table.
        table: String,
        /// The rows.
        packed: Vec<u8>,
    },
    /// That was everything.
    End,
}

impl Exported {
    /// As bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        match self {
            Exported::Moment(moment) => {
                bytes.push(1);
                for value in [moment.volume, moment.commit, moment.sequence_high] {
                    put_u64(&mut bytes, value);
                }
                bytes.extend_from_slice(moment.sealing.as_ref().map_or(&[], |sealing| sealing.as_slice()));
            }
            Exported::Blobs(held) => {
                bytes.push(2);
                held.iter().for_each(|blob| bytes.extend_from_slice(&blob.encode()));
            }
            Exported::Rows { table, packed } => {
                bytes.push(3);
                put_bytes(&mut bytes, table.as_bytes());
                bytes.extend_from_slice(packed);
            }
            Exported::End => bytes.push(4),
        }
        bytes
    }

    /// From bytes; `None` when they are not what `encode` writes.
    pub fn decode(bytes: &[u8]) -> Option<Exported> {
        let mut taker = Taker::new(bytes);
        match taker.u8()? {
            1 => {
                let (volume, commit, sequence_high) = (taker.u64()?, taker.u64()?, taker.u64()?);
                let sealing = match taker.is_empty() {
                    true => None,
                    false => Some(taker.take(SEALING_BYTES)?.try_into().ok()?),
                };
                Some(Exported::Moment(Moment { volume, commit, sequence_high, sealing }))
            }
            2 => {
                let mut held = Vec::new();
                while !taker.is_empty() {
                    held.push(HeldBlob::decode(taker.take(HELD_BYTES)?)?);
                }
                Some(Exported::Blobs(held))
            }
            3 => {
                let table = taker.text()?.to_owned();
                let packed = bytes.get(1 + 4 + table.len()..)?.to_vec();
                Some(Exported::Rows { table, packed })
            }
            4 => Some(Exported::End),
            _ => None,
        }
    }
}

/// What lasts of a blob, wherever its bytes are: 24 bytes, which `encode` writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlobRecord {
    /// Bytes as they are stored: sealed ones are more than were received.
    pub length: u64,
    /// CRC-64/NVME of the stored bytes.
    pub crc: u64,
    /// How many references the rows hold.
    pub references: u32,
    sealing: Sealing,
}

impl BlobRecord {
    /// As bytes: length, crc64, references, sealing, zeros.
    pub fn encode(&self) -> [u8; RECORD_BYTES] {
        let mut bytes = [0; RECORD_BYTES];
        set_at(&mut bytes, 0, &self.length.to_le_bytes());
        set_at(&mut bytes, 8, &self.crc.to_le_bytes());
        set_at(&mut bytes, 16, &self.references.to_le_bytes());
        set_at(&mut bytes, 20, &[self.sealing.code()]);
        bytes
    }

    /// From bytes; `None` when they are not what `encode` writes.
    pub fn decode(bytes: &[u8]) -> Option<BlobRecord> {
        if bytes.len() != RECORD_BYTES || bytes.get(21..)? != [0; 3] {
            return None;
        }
        let sealing = Sealing::from_code(*bytes.get(20)?)?;
        Some(BlobRecord {
            length: u64_at(bytes, 0),
            crc: u64_at(bytes, 8),
            references: u32_at(bytes, 16),
            sealing,
        })
    }

    pub(crate) fn row(&self, location: Location) -> BlobRow {
        let BlobRecord { length, crc, references, sealing } = *self;
        BlobRow { location, sealing, references, length, crc }
    }
}

/// A blob whose bytes are held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeldBlob {
    /// Its number.
    pub id: u64,
    row: BlobRow,
}

impl HeldBlob {
    /// Bytes that `encode` writes.
    pub const BYTES: usize = HELD_BYTES;

    /// What lasts of it.
    pub fn record(&self) -> BlobRecord {
        let BlobRow { sealing, references, length, crc, .. } = self.row;
        BlobRecord { length, crc, references, sealing }
    }

    /// As bytes: its number, then its row.
    pub fn encode(&self) -> [u8; HELD_BYTES] {
        let mut bytes = [0; HELD_BYTES];
        set_at(&mut bytes, 0, &self.id.to_le_bytes());
        set_at(&mut bytes, 8, &self.row.encode());
        bytes
    }

    /// From bytes; `None` when they are not what `encode` writes.
    pub fn decode(bytes: &[u8]) -> Option<HeldBlob> {
        Some(HeldBlob { id: u64_at(bytes, 0), row: BlobRow::decode(bytes.get(8..)?)? })
    }
}

pub(crate) fn export<E: From<VolumeError>>(
    snapshot: &Snapshot,
    volume: u64,
    sequence_high: u64,
    sealing: Option<[u8; SEALING_BYTES]>,
    mut each: impl FnMut(Exported) -> Result<(), E>,
) -> Result<(), E> {
    // After the index was recovered from a failure, the generation is ahead of what is stored.
    let commit = snapshot.generation().max(snapshot.state()?.commit);
    each(Exported::Moment(Moment { volume, commit, sequence_high, sealing }))?;
    let mut from = 0;
    loop {
        let found = snapshot.blobs_from(from, BLOBS_MAX)?;
        let Some((last, _)) = found.last() else { break };
        let next = last.checked_add(1);
        each(Exported::Blobs(found.into_iter().map(|(id, row)| HeldBlob { id, row }).collect()))?;
        match next {
            Some(next) => from = next,
            None => break,
        }
    }
    // Beyond every key.
    let end = vec![0xff; KEY_BYTES_MAX + 1];
    for table in snapshot.tables()? {
        let mut start = Vec::new();
        loop {
            let mut packed = Vec::new();
            let count = snapshot.scan(&table, (&start, &end), ROWS_MAX, Direction::Forward, &mut packed)?;
            let Some(last) = PackedRows::new(&packed).last().filter(|_| count > 0) else { break };
            start = [last.key, &[0]].concat();
            each(Exported::Rows { table: table.clone(), packed })?;
        }
    }
    each(Exported::End)
}

/// A row as `Snapshot::scan` packs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PackedRow<'a> {
    /// The number of the commit that put it.
    pub revision: u64,
    /// The key.
    pub key: &'a [u8],
    /// What was put.
    pub value: &'a [u8],
}

impl PackedRow<'_> {
    /// Appends it as `Snapshot::scan` does.
    pub fn pack(&self, out: &mut Vec<u8>) {
        put_u32(out, u32::try_from(self.key.len()).unwrap_or(u32::MAX));
        put_u32(out, u32::try_from(self.value.len()).unwrap_or(u32::MAX));
        put_u64(out, self.revision);
        out.extend_from_slice(self.key);
        out.extend_from_slice(self.value);
    }
}

/// Goes over packed rows; ends early where they are cut off.
#[derive(Clone, Debug)]
pub struct PackedRows<'a> {
    taker: Taker<'a>,
}

impl<'a> PackedRows<'a> {
    /// Of rows that `Snapshot::scan` packed.
    pub fn new(packed: &'a [u8]) -> PackedRows<'a> {
        PackedRows { taker: Taker::new(packed) }
    }

    /// Whether everything was gone over.
    pub fn is_done(&self) -> bool {
        self.taker.is_empty()
    }
}

impl<'a> Iterator for PackedRows<'a> {
    type Item = PackedRow<'a>;

    fn next(&mut self) -> Option<PackedRow<'a>> {
        let mut taker = self.taker;
        let (key, value) = (usize::try_from(taker.u32()?).ok()?, usize::try_from(taker.u32()?).ok()?);
        let revision = taker.u64()?;
        let row = PackedRow { revision, key: taker.take(key)?, value: taker.take(value)? };
        self.taker = taker;
        Some(row)
    }
}

/// Reads bodies of held blobs in a data folder, which another process may have open.
#[derive(Debug)]
pub struct HeldBodies {
    disk: Arc<dyn Disk>,
    segments: VecDeque<(u64, Arc<dyn DiskFile>)>,
    /// The file that was read last: a long body is read in steps.
    file: Option<(u64, Arc<dyn DiskFile>)>,
}

impl HeldBodies {
    /// Of a data folder.
    ///
    /// # Errors
    /// There is no such folder.
    pub fn new(folder: &Path) -> io::Result<HeldBodies> {
        Ok(HeldBodies { disk: Arc::new(RealDisk::existing(folder)?), segments: VecDeque::new(), file: None })
    }

    /// Fills `buffer` with stored bytes of a blob, from `from` on.
    ///
    /// # Errors
    /// The bytes are not there, or cannot be read.
    pub fn read(&mut self, blob: &HeldBlob, from: u64, buffer: &mut [u8]) -> io::Result<()> {
        let (file, offset) = match blob.row.location {
            Location::Log { segment, offset } => (self.segment(segment)?, offset),
            Location::File => (self.file(blob.id)?, 0),
        };
        file.read_at(offset.saturating_add(from), buffer)
    }

    fn segment(&mut self, number: u64) -> io::Result<Arc<dyn DiskFile>> {
        if let Some((_, file)) = self.segments.iter().find(|(known, _)| *known == number) {
            return Ok(Arc::clone(file));
        }
        let file = segment::open(&*self.disk, number, Open::Read)?.file;
        self.segments.push_back((number, Arc::clone(&file)));
        if self.segments.len() > OPEN_MAX {
            self.segments.pop_front();
        }
        Ok(file)
    }

    fn file(&mut self, id: u64) -> io::Result<Arc<dyn DiskFile>> {
        if let Some((known, file)) = &self.file
            && *known == id
        {
            return Ok(Arc::clone(file));
        }
        let file = self.disk.open(&blobs::file_path(id), Open::Read)?;
        self.file = Some((id, Arc::clone(&file)));
        Ok(file)
    }
}
