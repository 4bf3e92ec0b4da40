//! Snapshots: the rows of the index as they were at one moment.

use std::ops::Bound;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use redb::{ReadOnlyTable, ReadTransaction, ReadableTable as _, TableError, TableHandle};

use super::blobs::{BlobRow, ROW_BYTES};
use super::counters::{self, Add, Amounts, Excess};
use super::errors::VolumeError;
use super::index::{
    self, BLOBS, Index, IndexSlot, REVISION_BYTES, ROWS_PREFIX, RowsDefinition, STATE, State, decode_blob,
    rows_name, walk_rows,
};
use super::wire::u64_at;

/// A scan stops once it has packed so many bytes.
pub const SCAN_BYTES: usize = 1 << 20;
/// A peek stops once it has gone over so many bytes, packed or not. Callers of `peek` may jump from
/// where it stops, and the bytes that they jump over were read in vain.
const PEEK_BYTES: usize = 256 << 10;

/// A row's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What was put.
    pub value: Vec<u8>,
    /// The number of the commit that put it.
    pub revision: u64,
}

/// The order of a scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From `start` upwards.
    Forward,
    /// From `end` downwards.
    Backward,
}

/// How much of a range is gone over, and packed.
#[derive(Clone, Copy)]
struct Extent {
    /// Of each value.
    value_bytes: usize,
    /// Of all rows, as they are stored.
    bytes: usize,
}

type ReadOnlyRows = ReadOnlyTable<&'static [u8], &'static [u8]>;

/// A read transaction and the tables that were opened in it.
pub(crate) struct View {
    transaction: ReadTransaction,
    blobs: ReadOnlyTable<u64, &'static [u8; ROW_BYTES]>,
    /// `None` for a table that does not exist.
    tables: RwLock<Vec<(String, Option<Arc<ReadOnlyRows>>)>>,
    generation: u64,
}

/// The rows of the index as they were at one moment. Clones are cheap and share what was opened.
///
/// The space of rows that are changed meanwhile is not reused while a snapshot lives: hold it for
/// the time of a request, and while `Volume::generation` stays the same, but not while idle.
#[derive(Clone)]
pub struct Snapshot {
    view: Arc<View>,
}

impl std::fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Snapshot").field("generation", &self.view.generation).finish_non_exhaustive()
    }
}

impl Snapshot {
    /// The value of `Volume::generation` that belongs to the snapshot.
    pub fn generation(&self) -> u64 {
        self.view.generation
    }

    /// A row; `None` when there is none.
    pub fn get(&self, table: &str, key: &[u8]) -> Result<Option<Entry>, VolumeError> {
        let Some(rows) = self.table(table)? else { return Ok(None) };
        let found = rows.get(key)?;
        Ok(found.map(|guard| {
            let stored = guard.value();
            let value = stored.get(REVISION_BYTES..).unwrap_or_default().to_vec();
            Entry { value, revision: u64_at(stored, 0) }
        }))
    }

    /// Goes over every row of a table: key and value.
    pub fn each(&self, table: &str, visit: &mut dyn FnMut(&[u8], &[u8])) -> Result<(), VolumeError> {
        let Some(rows) = self.table(table)? else { return Ok(()) };
        for row in rows.iter()? {
            let (key, value) = row?;
            visit(key.value(), value.value().get(REVISION_BYTES..).unwrap_or_default());
        }
        Ok(())
    }

    /// Appends the rows with `start <= key < end` to `out`, at most `limit` and no more than about
    /// 1 MiB, each as: key length (u32), value length (u32), revision (u64), key, value; integers
    /// little-endian. Answers how many. Fewer than `limit` do not mean that there are no more; none
    /// does.
    pub fn scan(
        &self,
        table: &str,
        range: (&[u8], &[u8]),
        limit: u32,
        direction: Direction,
        out: &mut Vec<u8>,
    ) -> Result<u32, VolumeError> {
        let whole = Extent { value_bytes: usize::MAX, bytes: SCAN_BYTES };
        self.rows(table, range, limit, direction, whole, out)
    }

    /// [`Snapshot::scan`] from `start` upwards, with no more than the first `value_bytes_max` bytes
    /// of each value. It goes over some 256 KiB at most.
    pub fn peek(
        &self,
        table: &str,
        range: (&[u8], &[u8]),
        limit: u32,
        value_bytes_max: usize,
        out: &mut Vec<u8>,
    ) -> Result<u32, VolumeError> {
        let starts = Extent { value_bytes: value_bytes_max, bytes: PEEK_BYTES };
        self.rows(table, range, limit, Direction::Forward, starts, out)
    }

    fn rows(
        &self,
        table: &str,
        range: (&[u8], &[u8]),
        limit: u32,
        direction: Direction,
        extent: Extent,
        out: &mut Vec<u8>,
    ) -> Result<u32, VolumeError> {
        let (start, end) = range;
        if start >= end {
            return Ok(0);
        }
        let Some(rows) = self.table(table)? else { return Ok(0) };
        let mut found = rows.range::<&[u8]>((Bound::Included(start), Bound::Excluded(end)))?;
        let (mut count, mut passed) = (0, 0);
        while count < limit && passed < extent.bytes {
            let next = match direction {
                Direction::Forward => found.next(),
                Direction::Backward => found.next_back(),
            };
            let Some(row) = next else { break };
            let (key, stored) = row?;
            let (key, stored) = (key.value(), stored.value());
            passed += REVISION_BYTES + key.len() + stored.len();
            let kept = stored.len().min(extent.value_bytes.saturating_add(REVISION_BYTES));
            pack(key, stored.get(..kept).unwrap_or_default(), out);
            count += 1;
        }
        Ok(count)
    }

    /// A counter; `None` when it is not there, and so all 0.
    pub fn counter(&self, name: &str) -> Result<Option<Amounts>, VolumeError> {
        counters::read(&self.view.transaction.open_table(STATE)?, name)
    }

    /// Every counter, by name.
    pub fn counters(&self) -> Result<Vec<(String, Amounts)>, VolumeError> {
        counters::read_all(&self.view.transaction.open_table(STATE)?)
    }

    /// The first limit of a batch that its commit would exceed, as counters are in this snapshot.
    pub fn excess(&self, add: &[Add]) -> Result<Option<Excess>, VolumeError> {
        let table = self.view.transaction.open_table(STATE)?;
        for (index, one) in add.iter().enumerate() {
            let now = counters::read(&table, &one.counter)?.unwrap_or_default();
            if let Some(excess) = counters::excess(index, &now, one) {
                return Ok(Some(excess));
            }
        }
        Ok(None)
    }

    /// Gives every row of every table to `visit`: the table, the key, and the value without its
    /// revision.
    pub fn walk(&self, visit: &mut dyn FnMut(&str, &[u8], &[u8])) -> Result<(), VolumeError> {
        walk_rows(&self.view.transaction, visit)
    }

    /// Where a blob is.
    pub(crate) fn blob(&self, id: u64) -> Result<Option<BlobRow>, VolumeError> {
        decode_blob(id, self.view.blobs.get(id)?)
    }

    /// The blobs from `from` on, at most `limit`.
    pub(crate) fn blobs_from(&self, from: u64, limit: usize) -> Result<Vec<(u64, BlobRow)>, VolumeError> {
        let mut found = Vec::new();
        for row in self.view.blobs.range(from..)?.take(limit) {
            let (id, value) = row?;
            if let Some(row) = BlobRow::decode(value.value()) {
                found.push((id.value(), row));
            }
        }
        Ok(found)
    }

    /// The names of the tables of rows, in order.
    pub(crate) fn tables(&self) -> Result<Vec<String>, VolumeError> {
        let mut names: Vec<String> = self
            .view
            .transaction
            .list_tables()?
            .filter_map(|table| table.name().strip_prefix(ROWS_PREFIX).map(str::to_owned))
            .collect();
        names.sort_unstable();
        Ok(names)
    }

    /// How far the index was.
    pub(crate) fn state(&self) -> Result<State, VolumeError> {
        index::state_in(&self.view.transaction)
    }

    fn table(&self, name: &str) -> Result<Option<Arc<ReadOnlyRows>>, VolumeError> {
        let known = self.view.tables.read().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, table)) = known.iter().find(|(known, _)| known == name) {
            return Ok(table.clone());
        }
        drop(known);
        let full = rows_name(name)?;
        let table = match self.view.transaction.open_table(RowsDefinition::new(&full)) {
            Ok(table) => Some(Arc::new(table)),
            Err(TableError::TableDoesNotExist(_)) => None,
            Err(error) => return Err(error.into()),
        };
        let mut tables = self.view.tables.write().unwrap_or_else(PoisonError::into_inner);
        tables.push((name.to_owned(), table.clone()));
        Ok(table)
    }
}

fn pack(key: &[u8], stored: &[u8], out: &mut Vec<u8>) {
    let (revision, value) = stored.split_at_checked(REVISION_BYTES).unwrap_or((&[0; REVISION_BYTES], &[]));
    out.extend_from_slice(&u32::try_from(key.len()).unwrap_or(u32::MAX).to_le_bytes());
    out.extend_from_slice(&u32::try_from(value.len()).unwrap_or(u32::MAX).to_le_bytes());
    out.extend_from_slice(revision);
    out.extend_from_slice(key);
    out.extend_from_slice(value);
}

/// The freshest snapshot, made when it is first needed and kept until the next commit.
#[derive(Default)]
pub(crate) struct Views {
    current: Mutex<Option<Snapshot>>,
    generation: AtomicU64,
}

impl std::fmt::Debug for Views {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Views").field("generation", &self.generation()).finish_non_exhaustive()
    }
}

impl Views {
    pub(crate) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// A commit is in the index: what was cached is stale.
    pub(crate) fn publish(&self, generation: u64) {
        let stale = {
            let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
            self.generation.store(generation, Ordering::Release);
            current.take()
        };
        // Dropped outside the lock: ending a read transaction takes locks of its own.
        drop(stale);
    }

    /// A snapshot that holds every commit published so far.
    pub(crate) fn snapshot(&self, index: &IndexSlot) -> Result<Snapshot, VolumeError> {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(snapshot) = &*current {
            return Ok(snapshot.clone());
        }
        let transaction = index.with(Index::read)?;
        let blobs = transaction.open_table(BLOBS)?;
        let generation = self.generation();
        let view = View { transaction, blobs, tables: RwLock::default(), generation };
        let snapshot = Snapshot { view: Arc::new(view) };
        *current = Some(snapshot.clone());
        Ok(snapshot)
    }
}
