//! Blobs: where a blob's bytes are, and how often it is referenced.

use crate::log::record::HEADER_BYTES;
use crate::sealing;
use crate::wire::{set_at, u32_at, u64_at};

/// Bytes of an encoded row of the blobs table.
pub(crate) const ROW_BYTES: usize = 40;

/// Where a blob's bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Location {
    /// In the log: the segment, and the offset of the body's first byte.
    Log { segment: u64, offset: u64 },
    /// In a file of its own.
    File,
}

/// What a blob is sealed under.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sealing {
    /// Nothing: it was stored by a version that did not seal, or by a volume without a key.
    Plain,
    /// The folder key.
    FolderKey,
    /// A data key, which has to be given to read the blob.
    DataKey,
}

impl Sealing {
    pub(crate) fn code(self) -> u8 {
        match self {
            Sealing::Plain => 0,
            Sealing::FolderKey => 1,
            Sealing::DataKey => 2,
        }
    }

    pub(crate) fn from_code(code: u8) -> Option<Sealing> {
        match code {
            0 => Some(Sealing::Plain),
            1 => Some(Sealing::FolderKey),
            2 => Some(Sealing::DataKey),
            _ => None,
        }
    }
}

/// A row of the blobs table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BlobRow {
    pub(crate) location: Location,
    pub(crate) sealing: Sealing,
    /// How many references the rows of the index hold.
    pub(crate) references: u32,
    /// Bytes as they are stored: sealed ones are more than were received.
    pub(crate) length: u64,
    /// CRC-64/NVME of the stored bytes.
    pub(crate) crc: u64,
}

impl BlobRow {
    /// The segment that holds it, and how many bytes of that it takes. An empty body takes room for
    /// the header of its record.
    pub(crate) fn in_log(&self) -> Option<(u64, u64)> {
        match self.location {
            Location::Log { segment, .. } => Some((segment, self.length.saturating_add(HEADER_BYTES as u64))),
            Location::File => None,
        }
    }

    /// Bytes of the body as it was received; `None` when it cannot have been stored in so many.
    pub(crate) fn plain_length(&self) -> Option<u64> {
        match self.sealing {
            Sealing::Plain => Some(self.length),
            Sealing::FolderKey | Sealing::DataKey => sealing::plain_length(self.length),
        }
    }

    pub(crate) fn encode(&self) -> [u8; ROW_BYTES] {
        let mut bytes = [0; ROW_BYTES];
        let (code, segment, offset) = match self.location {
            Location::Log { segment, offset } => (1, segment, offset),
            Location::File => (2, 0, 0),
        };
        set_at(&mut bytes, 0, &[code, self.sealing.code(), 0, 0]);
        set_at(&mut bytes, 4, &self.references.to_le_bytes());
        for (at, value) in [(8, self.length), (16, self.crc), (24, segment), (32, offset)] {
            set_at(&mut bytes, at, &value.to_le_bytes());
        }
        bytes
    }

    pub(crate) fn decode(bytes: &[u8]) -> Option<BlobRow> {
        if bytes.len() != ROW_BYTES || bytes.get(2..4) != Some(&[0; 2]) {
            return None;
        }
        let location = match bytes.first()? {
            1 => Location::Log { segment: u64_at(bytes, 24), offset: u64_at(bytes, 32) },
            2 => Location::File,
            _ => return None,
        };
        Some(BlobRow {
            location,
            sealing: Sealing::from_code(*bytes.get(1)?)?,
            references: u32_at(bytes, 4),
            length: u64_at(bytes, 8),
            crc: u64_at(bytes, 16),
        })
    }
}

/// The folder of the blobs that have files of their own.
pub(crate) const FOLDER: &str = "files";

/// `files/3f`: the folder of a blob's file. The last byte of an id spreads well, the first ones do
/// not.
pub(crate) fn file_folder(id: u64) -> String {
    format!("{FOLDER}/{:02x}", id & 0xff)
}

/// `files/3f/00061f2a9c00d23f.blob`
pub(crate) fn file_path(id: u64) -> String {
    format!("{}/{id:016x}.blob", file_folder(id))
}

/// The blob of a file's name; `None` for names that are not one.
pub(crate) fn file_id(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(".blob")?;
    if digits.len() != 16 { None } else { u64::from_str_radix(digits, 16).ok() }
}
