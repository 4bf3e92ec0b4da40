//! A log segment: its file name and its header.

use std::io;
use std::sync::Arc;

use crate::disk::{Disk, DiskFile, Open};
use crate::wire::{set_at, u32_at, u64_at};

/// The folder of the segments.
pub(crate) const FOLDER: &str = "log";
/// Bytes before the first record: one page, so that records never share one with the header.
pub(crate) const HEADER_BYTES: u64 = 4096;

const HEADER_USED: usize = 64;
const MAGIC: &[u8; 8] = b"PCLOG\x00\r\n";
const VERSION: u32 = 1;

/// An open segment.
#[derive(Clone, Debug)]
pub(crate) struct Segment {
    pub(crate) number: u64,
    pub(crate) file: Arc<dyn DiskFile>,
}

/// What a segment says of itself and, finally, of the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SegmentHeader {
    /// Its own number, as in its file name.
    pub(crate) number: u64,
    /// The segment before it; 0 when it is the first of all.
    pub(crate) previous: u64,
    /// Where the records of the previous segment end. What stands behind was never acknowledged and
    /// does not count.
    pub(crate) previous_length: u64,
    /// The number of its first record.
    pub(crate) first_record: u64,
    /// The volume it belongs to.
    pub(crate) volume: u64,
}

impl SegmentHeader {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![0; usize::try_from(HEADER_BYTES).unwrap_or(HEADER_USED)];
        set_at(&mut bytes, 0, MAGIC);
        set_at(&mut bytes, 8, &VERSION.to_le_bytes());
        for (at, value) in [
            (16, self.number),
            (24, self.previous),
            (32, self.previous_length),
            (40, self.first_record),
            (48, self.volume),
        ] {
            set_at(&mut bytes, at, &value.to_le_bytes());
        }
        let crc = bytes.get(..HEADER_USED - 4).map_or(0, crc_fast::crc32_iscsi);
        set_at(&mut bytes, HEADER_USED - 4, &crc.to_le_bytes());
        bytes
    }

    /// `None` unless every byte is as `encode` writes it.
    pub(crate) fn decode(bytes: &[u8]) -> Option<SegmentHeader> {
        let used = bytes.get(..HEADER_USED)?;
        let checked = used.get(..HEADER_USED - 4)?;
        let sound = used.starts_with(MAGIC)
            && u32_at(used, 8) == VERSION
            && u32_at(used, HEADER_USED - 4) == crc_fast::crc32_iscsi(checked);
        sound.then(|| SegmentHeader {
            number: u64_at(used, 16),
            previous: u64_at(used, 24),
            previous_length: u64_at(used, 32),
            first_record: u64_at(used, 40),
            volume: u64_at(used, 48),
        })
    }

    /// The header of an open file; `None` when it has none that is whole.
    pub(crate) fn read(file: &dyn DiskFile) -> io::Result<Option<SegmentHeader>> {
        if file.len()? < HEADER_BYTES {
            return Ok(None);
        }
        let mut bytes = [0; HEADER_USED];
        file.read_at(0, &mut bytes)?;
        Ok(SegmentHeader::decode(&bytes))
    }
}

/// `log/0000000001.log`
pub(crate) fn path(number: u64) -> String {
    format!("{FOLDER}/{number:010}.log")
}

/// The numbers of the segments that have a file, in order.
pub(crate) fn list(disk: &dyn Disk) -> io::Result<Vec<u64>> {
    let mut numbers: Vec<u64> =
        disk.list(FOLDER)?.iter().filter_map(|name| name.strip_suffix(".log")?.parse().ok()).collect();
    numbers.sort_unstable();
    Ok(numbers)
}

/// Opens an existing segment.
pub(crate) fn open(disk: &dyn Disk, number: u64, open: Open) -> io::Result<Segment> {
    Ok(Segment { number, file: disk.open(&path(number), open)? })
}
