//! A record of the log: a header bound to its position, then a payload with its own checksum.

use super::Position;
use crate::wire::{set_at, u32_at, u64_at};

/// Bytes of a record before its payload.
pub(crate) const HEADER_BYTES: usize = 40;

/// What a record holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A body; `id` is the blob's.
    Body,
    /// The changes of one commit; `id` is its number.
    Commit,
    /// Numbers reserved for `next_sequence`; `id` is the highest.
    Reserve,
}

impl Kind {
    fn code(self) -> u8 {
        match self {
            Kind::Body => 1,
            Kind::Commit => 2,
            Kind::Reserve => 3,
        }
    }

    fn from_code(code: u8) -> Option<Kind> {
        match code {
            1 => Some(Kind::Body),
            2 => Some(Kind::Commit),
            3 => Some(Kind::Reserve),
            _ => None,
        }
    }
}

/// The header of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) kind: Kind,
    /// Bytes of the payload.
    pub(crate) length: u64,
    /// One more than that of the record before it.
    pub(crate) number: u64,
    /// See `Kind`.
    pub(crate) id: u64,
    /// CRC-64/NVME of the payload.
    pub(crate) crc: u64,
}

impl Header {
    /// Writes the header into the first bytes of a record that was built with room for it.
    pub(crate) fn write(&self, at: Position, record: &mut [u8]) {
        set_at(record, 4, &[self.kind.code(), 0, 0, 0]);
        for (start, value) in [(8, self.length), (16, self.number), (24, self.id), (32, self.crc)] {
            set_at(record, start, &value.to_le_bytes());
        }
        let crc = bound_crc(at, record);
        set_at(record, 0, &crc.to_le_bytes());
    }

    /// Whether a header can begin here, as far as four bytes tell.
    pub(crate) fn may_begin(bytes: &[u8]) -> bool {
        matches!(bytes, [_, _, _, _, 1..=3, 0, 0, 0, ..])
    }

    /// `None` unless a whole header was written at exactly this position.
    pub(crate) fn read(at: Position, bytes: &[u8]) -> Option<Header> {
        if bytes.len() < HEADER_BYTES || u32_at(bytes, 0) != bound_crc(at, bytes) {
            return None;
        }
        Some(Header {
            kind: Kind::from_code(*bytes.get(4)?)?,
            length: u64_at(bytes, 8),
            number: u64_at(bytes, 16),
            id: u64_at(bytes, 24),
            crc: u64_at(bytes, 32),
        })
    }
}

/// CRC-32C over the position and the header's other bytes: a header copied from elsewhere is not
/// one.
fn bound_crc(at: Position, record: &[u8]) -> u32 {
    let mut bytes = [0; HEADER_BYTES + 12];
    set_at(&mut bytes, 0, &at.segment.to_le_bytes());
    set_at(&mut bytes, 8, &at.offset.to_le_bytes());
    if let Some(rest) = record.get(4..HEADER_BYTES) {
        set_at(&mut bytes, 16, rest);
    }
    crc_fast::crc32_iscsi(&bytes)
}

/// A record being built: room for the header, then the payload.
pub(crate) fn with_room(payload_bytes: usize) -> Vec<u8> {
    let mut record = Vec::with_capacity(HEADER_BYTES + payload_bytes);
    record.resize(HEADER_BYTES, 0);
    record
}
