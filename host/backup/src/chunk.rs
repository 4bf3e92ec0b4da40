//! Chunks: rows of one table, packed. Where a chunk ends is decided by the keys alone. So a change
//! of one row changes one chunk, and the chunks before and behind it are those of the last backup.

use std::collections::HashMap;

use volume::{BlobRecord, PackedRow, PackedRows};

use super::errors::BackupError;
use super::names::{self, Digest};
use super::repository::Repository;
use super::sealed::ADDED_BYTES;

/// A chunk has at least so many bytes, unless its table ends.
const BYTES_MIN: usize = 64 << 10;
/// A chunk ends behind so many bytes, whatever the keys say.
const BYTES_MAX: usize = 4 << 20;
/// Bytes of a chunk's content: the last row, with a value or a file of 16 MiB, may go beyond
/// `BYTES_MAX`.
pub(crate) const CONTENT_BYTES_MAX: usize = BYTES_MAX + (20 << 20);
/// One key in so many ends a chunk.
const KEYS_MEAN: u64 = 2048;

/// The table of blobs, beside those of rows, whose names have letters: the key is the number, the
/// value what lasts of the blob.
pub(crate) const BLOBS: &str = "";
/// The table of files: the key is the path, the value the content.
pub(crate) const FILES: &str = "/";

/// The chunks that a repository has.
#[derive(Debug)]
pub(crate) struct Known {
    /// With their sizes.
    sizes: HashMap<Digest, u64>,
    /// Those that were not as long as they should be, and were written anew.
    pub(crate) unsound: Vec<String>,
}

impl Known {
    pub(crate) fn new(repository: &Repository) -> Result<Known, BackupError> {
        Ok(Known { sizes: repository.chunk_sizes()?, unsound: Vec::new() })
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        names::from_hex(name).is_some_and(|name: Digest| self.sizes.contains_key(&name))
    }
}

/// Cuts the rows of tables into chunks, and writes those that the repository does not have.
#[derive(Debug)]
pub(crate) struct Chunker<'a> {
    repository: &'a Repository,
    known: &'a mut Known,
    table: String,
    packed: Vec<u8>,
    /// The chunks so far, in order.
    names: Vec<String>,
    /// Rows so far.
    pub(crate) rows: u64,
    /// Bytes that were written.
    pub(crate) written: u64,
}

impl<'a> Chunker<'a> {
    pub(crate) fn new(repository: &'a Repository, known: &'a mut Known) -> Chunker<'a> {
        let (table, packed, names) = (String::new(), Vec::new(), Vec::new());
        Chunker { repository, known, table, packed, names, rows: 0, written: 0 }
    }

    /// Takes the next row. Tables come one after the other.
    pub(crate) fn push(&mut self, table: &str, row: &PackedRow<'_>) -> Result<(), BackupError> {
        if table != self.table {
            self.cut()?;
            table.clone_into(&mut self.table);
        }
        row.pack(&mut self.packed);
        self.rows += 1;
        let is_end = crc_fast::crc64_nvme(row.key).is_multiple_of(KEYS_MEAN);
        if (is_end && self.packed.len() >= BYTES_MIN) || self.packed.len() >= BYTES_MAX {
            self.cut()?;
        }
        Ok(())
    }

    /// Takes the next blob.
    pub(crate) fn push_blob(&mut self, id: u64, record: &BlobRecord) -> Result<(), BackupError> {
        let row = PackedRow { revision: 0, key: &id.to_be_bytes(), value: &record.encode() };
        self.push(BLOBS, &row)
    }

    /// The names of the chunks, in order.
    pub(crate) fn finish(mut self) -> Result<(Vec<String>, u64), BackupError> {
        self.cut()?;
        Ok((self.names, self.written))
    }

    fn cut(&mut self) -> Result<(), BackupError> {
        if self.packed.is_empty() {
            return Ok(());
        }
        let length = u32::try_from(self.table.len()).unwrap_or(u32::MAX);
        let content = [&length.to_le_bytes(), self.table.as_bytes(), &self.packed].concat();
        self.packed.clear();
        let name = self.repository.chunk_name(&content);
        let bytes = (content.len() + ADDED_BYTES) as u64;
        let there = self.known.sizes.get(&name);
        if there != Some(&bytes) {
            if there.is_some() {
                self.known.unsound.push(format!("{}/{}", names::CHUNKS, names::to_hex(&name)));
            }
            self.written += self.repository.put_chunk(&name, &content)?;
            self.known.sizes.insert(name, bytes);
        }
        self.names.push(names::to_hex(&name));
        Ok(())
    }
}

/// A chunk that was read.
#[derive(Clone, Debug)]
pub(crate) struct Chunk {
    content: Vec<u8>,
    table_end: usize,
}

impl Chunk {
    /// Reads a chunk.
    pub(crate) fn read(repository: &Repository, name: &str) -> Result<Chunk, BackupError> {
        let content = repository.chunk(name)?;
        let length = content.first_chunk::<4>().map(|length| u32::from_le_bytes(*length));
        let table_end = length.and_then(|length| usize::try_from(length).ok()?.checked_add(4));
        let chunk = Chunk { table_end: table_end.unwrap_or(usize::MAX), content };
        let is_whole = chunk.table().is_some() && {
            let mut rows = PackedRows::new(chunk.packed());
            rows.by_ref().for_each(drop);
            rows.is_done()
        };
        if !is_whole {
            return Err(BackupError::damaged(format!("{}/{name}", names::CHUNKS), "its rows are cut off"));
        }
        Ok(chunk)
    }

    /// Which table its rows are of.
    pub(crate) fn table(&self) -> Option<&str> {
        std::str::from_utf8(self.content.get(4..self.table_end)?).ok()
    }

    /// Its rows.
    pub(crate) fn packed(&self) -> &[u8] {
        self.content.get(self.table_end..).unwrap_or_default()
    }
}

/// Goes over the blobs of a manifest, in the order of their numbers.
#[derive(Debug)]
pub(crate) struct Blobs<'a> {
    repository: &'a Repository,
    names: std::slice::Iter<'a, String>,
    /// Those of the chunk at hand that are left, the next one last.
    waiting: Vec<(u64, BlobRecord)>,
}

impl<'a> Blobs<'a> {
    pub(crate) fn new(repository: &'a Repository, names: &'a [String]) -> Blobs<'a> {
        Blobs { repository, names: names.iter(), waiting: Vec::new() }
    }

    /// The next blob, without going on.
    pub(crate) fn peek(&mut self) -> Result<Option<(u64, BlobRecord)>, BackupError> {
        while self.waiting.is_empty() {
            let Some(name) = self.names.next() else { return Ok(None) };
            let chunk = Chunk::read(self.repository, name)?;
            let damaged =
                || BackupError::damaged(format!("{}/{name}", names::CHUNKS), "a blob is unreadable");
            if chunk.table() != Some(BLOBS) {
                return Err(damaged());
            }
            for row in PackedRows::new(chunk.packed()) {
                let id = row.key.try_into().map(u64::from_be_bytes).map_err(|_| damaged())?;
                self.waiting.push((id, BlobRecord::decode(row.value).ok_or_else(damaged)?));
            }
            self.waiting.reverse();
        }
        Ok(self.waiting.last().copied())
    }

    /// The next blob.
    pub(crate) fn next(&mut self) -> Result<Option<(u64, BlobRecord)>, BackupError> {
        let next = self.peek()?;
        self.waiting.pop();
        Ok(next)
    }
}
