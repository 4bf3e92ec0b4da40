//! Packs: bytes of blobs, many short ones together, long ones in pieces. What is in a pack stands
//! in its index.

use super::errors::BackupError;
use super::names::PackName;
use super::repository::Repository;
use super::sealed::{ADDED_BYTES, FRONT_BYTES, Sealer};

/// Bytes of a pack, at most.
pub(crate) const PACK_BYTES: usize = 32 << 20;
/// Stretches of a pack, at most: its index has to be small as well.
pub(crate) const STRETCHES_MAX: usize = 64 << 10;
/// Bytes of a stretch in an index.
pub(crate) const ENTRY_BYTES: usize = 48;

/// Which blob it is: numbers of two volumes may be the same, and then the bytes are others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct BlobKey {
    pub(crate) id: u64,
    /// All bytes of the blob.
    pub(crate) length: u64,
    pub(crate) crc: u64,
}

/// Some bytes of a blob, and where in the pack they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stretch {
    pub(crate) blob: BlobKey,
    /// Where in the blob it begins.
    pub(crate) from: u64,
    pub(crate) count: u64,
    /// Where in the pack it begins.
    pub(crate) at: u64,
}

impl Stretch {
    fn encode(&self, out: &mut Vec<u8>) {
        let BlobKey { id, length, crc } = self.blob;
        for value in [id, length, crc, self.from, self.count, self.at] {
            out.extend_from_slice(&value.to_le_bytes());
        }
    }

    fn decode(bytes: &[u8]) -> Option<Stretch> {
        let (values, rest) = bytes.as_chunks::<8>();
        let [id, length, crc, from, count, at] = values else { return None };
        let number = |bytes: &[u8; 8]| u64::from_le_bytes(*bytes);
        let blob = BlobKey { id: number(id), length: number(length), crc: number(crc) };
        let stretch = Stretch { blob, from: number(from), count: number(count), at: number(at) };
        let is_inside = stretch.from.checked_add(stretch.count).is_some_and(|end| end <= blob.length);
        (rest.is_empty() && is_inside).then_some(stretch)
    }

    /// Its bytes, in the content of the pack.
    pub(crate) fn of<'a>(&self, content: &'a [u8]) -> Option<&'a [u8]> {
        let (at, end) = (self.at, self.at.checked_add(self.count)?);
        content.get(usize::try_from(at).ok()?..usize::try_from(end).ok()?)
    }
}

/// Reads what is in a pack.
pub(crate) fn stretches(repository: &Repository, name: &PackName) -> Result<Vec<Stretch>, BackupError> {
    let entries = repository.pack_index(name)?;
    let read: Option<Vec<Stretch>> = entries.chunks(ENTRY_BYTES).map(Stretch::decode).collect();
    read.ok_or_else(|| BackupError::damaged(name.index(), "an entry is unreadable"))
}

/// How long the sealed pack of these stretches is: they lie behind one another, without a gap.
pub(crate) fn sealed_bytes(stretches: &[Stretch]) -> u64 {
    let end = stretches.iter().map(|stretch| stretch.at.saturating_add(stretch.count)).max();
    end.unwrap_or(0).saturating_add(ADDED_BYTES as u64)
}

/// The pack that is being filled.
#[derive(Debug)]
pub(crate) struct Packer<'a> {
    repository: &'a Repository,
    /// With room in front.
    content: Vec<u8>,
    stretches: Vec<Stretch>,
    /// Bytes that were written.
    pub(crate) written: u64,
    /// Packs that were written.
    pub(crate) packs: u64,
}

impl<'a> Packer<'a> {
    pub(crate) fn new(repository: &'a Repository) -> Packer<'a> {
        Packer { repository, content: Sealer::room(0), stretches: Vec::new(), written: 0, packs: 0 }
    }

    /// Bytes that the pack still takes.
    fn room(&self) -> usize {
        (PACK_BYTES + FRONT_BYTES).saturating_sub(self.content.len())
    }

    /// How many bytes of a blob go into the pack now, when so many are left; a blob that fits into
    /// one pack is not divided.
    pub(crate) fn prepare(&mut self, left: u64) -> Result<usize, BackupError> {
        let left = usize::try_from(left).unwrap_or(usize::MAX);
        if (left > self.room() && self.content.len() > FRONT_BYTES) || self.stretches.len() >= STRETCHES_MAX {
            self.flush()?;
        }
        Ok(left.min(self.room()))
    }

    /// Room for the next `count` bytes, which `read` fills; answers them.
    pub(crate) fn read(
        &mut self,
        count: usize,
        read: impl FnOnce(&mut [u8]) -> std::io::Result<()>,
    ) -> std::io::Result<&[u8]> {
        let from = self.content.len();
        self.content.resize(from + count, 0);
        let room = self.content.get_mut(from..).unwrap_or_default();
        if let Err(error) = read(room) {
            self.content.truncate(from);
            return Err(error);
        }
        Ok(self.content.get(from..).unwrap_or_default())
    }

    /// Where in the pack the next byte goes.
    pub(crate) fn position(&self) -> usize {
        self.content.len() - FRONT_BYTES
    }

    /// What was read from `position` on does not count.
    pub(crate) fn forget(&mut self, position: usize) {
        self.content.truncate(FRONT_BYTES + position);
    }

    /// What was read from `position` on are bytes of a blob.
    pub(crate) fn keep(&mut self, blob: BlobKey, from: u64, position: usize) {
        let count = (self.position() - position) as u64;
        self.stretches.push(Stretch { blob, from, count, at: position as u64 });
    }

    /// Takes a stretch as it was in another pack.
    pub(crate) fn copy(&mut self, stretch: &Stretch, bytes: &[u8]) -> Result<(), BackupError> {
        self.prepare(stretch.count)?;
        let position = self.position();
        self.content.extend_from_slice(bytes);
        self.keep(stretch.blob, stretch.from, position);
        Ok(())
    }

    /// Writes what is there.
    pub(crate) fn flush(&mut self) -> Result<(), BackupError> {
        let ids = || self.stretches.iter().map(|stretch| stretch.blob.id);
        let (Some(lowest), Some(highest)) = (ids().min(), ids().max()) else {
            return Ok(());
        };
        let mut entries = Vec::with_capacity(self.stretches.len() * ENTRY_BYTES);
        self.stretches.iter().for_each(|stretch| stretch.encode(&mut entries));
        let content = std::mem::replace(&mut self.content, Sealer::room(0));
        self.stretches.clear();
        let (_, written) = self.repository.put_pack((lowest, highest), content, &entries)?;
        self.written += written;
        self.packs += 1;
        Ok(())
    }
}
