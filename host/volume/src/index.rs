//! The index: named, ordered tables of rows in redb, and the host's own tables beside them.
//!
//! Every stored value begins with the number of the commit that wrote it (8 bytes, little-endian):
//! the row's revision.

use std::collections::BTreeMap;
use std::io;
use std::ops::Bound;
use std::sync::{Arc, PoisonError, RwLock};

use redb::{
    BackendError, Builder, Database, Durability, ReadableDatabase, ReadableTable, StorageBackend, Table,
    TableDefinition, TableHandle, WriteTransaction,
};

use super::blobs::{BlobRow, ROW_BYTES};
use super::counters::{Add, Amounts, CountersTable, Excess, Sums};
use super::disk::DiskFile;
use super::errors::VolumeError;
use super::log::Position;
use super::wire::{set_at, u64_at};

/// The index's file.
pub(crate) const FILE: &str = "index.redb";
/// Bytes of a revision before each value.
pub(crate) const REVISION_BYTES: usize = 8;

pub(crate) const STATE: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("host:state");
const STATE_ROW: &str = "state";
const STATE_BYTES: usize = 56;
/// Tells one folder key from another; absent in a volume that never had one.
const SEALING_ROW: &str = "sealing";
/// Blob id → `BlobRow`.
pub(crate) const BLOBS: TableDefinition<'_, u64, &[u8; ROW_BYTES]> = TableDefinition::new("host:blobs");
/// Segment number → live bytes, as of the commit that `State::counted` names.
const SEGMENTS: TableDefinition<'_, u64, u64> = TableDefinition::new("host:segments");

/// Tables of rows have names of their own, apart from the host's.
pub(crate) const ROWS_PREFIX: &str = "rows:";

/// A table of rows.
pub(crate) type RowsDefinition<'a> = TableDefinition<'a, &'static [u8], &'static [u8]>;

/// The name under which redb keeps a table of rows.
pub(crate) fn rows_name(table: &str) -> Result<String, VolumeError> {
    let sound = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-';
    if table.is_empty() || table.len() > 64 || !table.bytes().all(sound) {
        return Err(VolumeError::TableName);
    }
    Ok(format!("{ROWS_PREFIX}{table}"))
}

/// How far the index is: written in the same transaction as the rows it speaks of, so that it is
/// true of whatever state of the index survives a crash.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct State {
    /// The log up to here is in the index.
    pub(crate) position: Position,
    /// The number of the record that follows.
    pub(crate) record: u64,
    /// The number of the last commit.
    pub(crate) commit: u64,
    /// No number of the sequence beyond this was given out.
    pub(crate) sequence_high: u64,
    /// The commit as of which the segments table is right.
    pub(crate) counted: u64,
}

impl State {
    fn encode(&self) -> [u8; STATE_BYTES] {
        let mut bytes = [0; STATE_BYTES];
        let values = [
            1,
            self.position.segment,
            self.position.offset,
            self.record,
            self.commit,
            self.sequence_high,
            self.counted,
        ];
        for (index, value) in values.into_iter().enumerate() {
            set_at(&mut bytes, index * 8, &value.to_le_bytes());
        }
        bytes
    }

    fn decode(bytes: &[u8]) -> Option<State> {
        (bytes.len() == STATE_BYTES && u64_at(bytes, 0) == 1).then(|| State {
            position: Position { segment: u64_at(bytes, 8), offset: u64_at(bytes, 16) },
            record: u64_at(bytes, 24),
            commit: u64_at(bytes, 32),
            sequence_high: u64_at(bytes, 40),
            counted: u64_at(bytes, 48),
        })
    }
}

/// redb over a file of ours.
#[derive(Debug)]
pub(crate) struct Index {
    database: Database,
}

impl Index {
    /// Opens the index, or makes a new one in an empty file.
    pub(crate) fn open(file: Arc<dyn DiskFile>, cache_bytes: usize) -> Result<Index, VolumeError> {
        let mut builder = Builder::new();
        builder.set_cache_size(cache_bytes);
        Ok(Index { database: builder.create_with_backend(IndexFile { file })? })
    }

    /// A transaction whose commit is visible at once and durable with the next checkpoint.
    pub(crate) fn begin(&self) -> Result<WriteTransaction, VolumeError> {
        let mut transaction = self.database.begin_write()?;
        transaction
            .set_durability(Durability::None)
            .map_err(|error| VolumeError::Failed(format!("index: {error}")))?;
        Ok(transaction)
    }

    /// Makes everything committed so far durable. `None` when the index is new.
    pub(crate) fn checkpoint(
        &self,
        live: &BTreeMap<u64, u64>,
        sequence_high: u64,
    ) -> Result<State, VolumeError> {
        let mut transaction = self.database.begin_write()?;
        // The allocator's state is saved too: a start after a crash need not walk the whole index.
        transaction.set_quick_repair(true);
        let mut state = read_state(&transaction)?.unwrap_or_default();
        {
            let mut segments = transaction.open_table(SEGMENTS)?;
            segments.retain(|number, _| live.contains_key(&number))?;
            for (number, bytes) in live {
                segments.insert(*number, *bytes)?;
            }
        }
        state.counted = state.commit;
        state.sequence_high = state.sequence_high.max(sequence_high);
        write_state(&transaction, &state)?;
        transaction.commit()?;
        Ok(state)
    }

    /// A view of the index as it is now.
    pub(crate) fn read(&self) -> Result<redb::ReadTransaction, VolumeError> {
        Ok(self.database.begin_read()?)
    }

    /// How far the index is; `None` when it is new.
    pub(crate) fn state(&self) -> Result<Option<State>, VolumeError> {
        let transaction = self.database.begin_read()?;
        let table = match transaction.open_table(STATE) {
            Err(redb::TableError::TableDoesNotExist(_)) => return Ok(None),
            other => other?,
        };
        let row = table.get(STATE_ROW)?;
        row.map(|row| State::decode(row.value()).ok_or_else(unreadable_state)).transpose()
    }

    /// What `note_sealing` noted.
    pub(crate) fn sealing(&self) -> Result<Option<Vec<u8>>, VolumeError> {
        let transaction = self.database.begin_read()?;
        match transaction.open_table(STATE) {
            Err(redb::TableError::TableDoesNotExist(_)) => Ok(None),
            other => Ok(other?.get(SEALING_ROW)?.map(|row| row.value().to_vec())),
        }
    }

    /// Notes durably what tells the folder key from others, from now on.
    pub(crate) fn note_sealing(&self, check_value: &[u8]) -> Result<(), VolumeError> {
        let mut transaction = self.database.begin_write()?;
        transaction.set_quick_repair(true);
        transaction.open_table(STATE)?.insert(SEALING_ROW, check_value)?;
        Ok(transaction.commit()?)
    }

    /// Live bytes per segment: as stored when that is up to date, else counted anew over all blobs.
    pub(crate) fn live(&self, state: &State) -> Result<BTreeMap<u64, u64>, VolumeError> {
        let transaction = self.database.begin_read()?;
        let mut live = BTreeMap::new();
        if state.counted == state.commit {
            let table = transaction.open_table(SEGMENTS)?;
            for row in table.iter()? {
                let (number, bytes) = row?;
                live.insert(number.value(), bytes.value());
            }
            return Ok(live);
        }
        let table = transaction.open_table(BLOBS)?;
        for row in table.iter()? {
            let (_, value) = row?;
            if let Some((segment, bytes)) = BlobRow::decode(value.value()).and_then(|row| row.in_log()) {
                *live.entry(segment).or_default() += bytes;
            }
        }
        Ok(live)
    }
}

/// What a walk over the whole index meets.
pub(crate) enum Found<'a> {
    /// A row of a table: the table, the key, and the value without its revision.
    Row(&'a str, &'a [u8], &'a [u8]),
    /// A blob, and its row if that is readable.
    Blob(u64, Option<BlobRow>),
}

impl Index {
    /// Verifies the checksums of the index's own pages; `false` when some were wrong and have been
    /// repaired.
    pub(crate) fn verify(&mut self) -> Result<bool, VolumeError> {
        Ok(self.database.check_integrity()?)
    }

    /// Every counter, by name.
    pub(crate) fn counters(&self) -> Result<Vec<(String, Amounts)>, VolumeError> {
        let transaction = self.database.begin_read()?;
        super::counters::read_all(&transaction.open_table(STATE)?)
    }

    /// Walks over every row of every table, blobs first.
    pub(crate) fn walk(&self, visit: &mut dyn FnMut(Found<'_>)) -> Result<(), VolumeError> {
        let transaction = self.database.begin_read()?;
        for row in transaction.open_table(BLOBS)?.iter()? {
            let (id, value) = row?;
            visit(Found::Blob(id.value(), BlobRow::decode(value.value())));
        }
        walk_rows(&transaction, &mut |table, key, value| visit(Found::Row(table, key, value)))
    }
}

/// Takes a row: the table, the key, and the value without its revision.
pub type RowVisitor<'a> = &'a mut dyn FnMut(&str, &[u8], &[u8]);

/// Gives every row of every table to `visit`: the table, the key, and the value without its
/// revision.
pub(crate) fn walk_rows(
    transaction: &redb::ReadTransaction,
    visit: RowVisitor<'_>,
) -> Result<(), VolumeError> {
    for handle in transaction.list_tables()? {
        let name = handle.name();
        let Some(table) = name.strip_prefix(ROWS_PREFIX) else { continue };
        for row in transaction.open_table(RowsDefinition::new(name))?.iter()? {
            let (key, value) = row?;
            visit(table, key.value(), value.value().get(REVISION_BYTES..).unwrap_or_default());
        }
    }
    Ok(())
}

/// The index of a running volume: absent for a moment while it is recovered from a failure.
#[derive(Debug)]
pub(crate) struct IndexSlot {
    slot: RwLock<Option<Index>>,
}

impl IndexSlot {
    pub(crate) fn new(index: Index) -> IndexSlot {
        IndexSlot { slot: RwLock::new(Some(index)) }
    }

    /// Uses the index.
    pub(crate) fn with<T>(
        &self,
        work: impl FnOnce(&Index) -> Result<T, VolumeError>,
    ) -> Result<T, VolumeError> {
        match &*self.slot.read().unwrap_or_else(PoisonError::into_inner) {
            Some(index) => work(index),
            None => Err(VolumeError::Failed("the index is being recovered".into())),
        }
    }

    /// Replaces the index by another one. The one before is closed.
    pub(crate) fn set(&self, index: Option<Index>) {
        let old = std::mem::replace(&mut *self.slot.write().unwrap_or_else(PoisonError::into_inner), index);
        drop(old);
    }
}

/// How far the index is in a view of it.
pub(crate) fn state_in(transaction: &redb::ReadTransaction) -> Result<State, VolumeError> {
    let table = transaction.open_table(STATE)?;
    let row = table.get(STATE_ROW)?;
    row.and_then(|row| State::decode(row.value())).ok_or_else(unreadable_state)
}

/// How far the index is, within a transaction.
pub(crate) fn read_state(transaction: &WriteTransaction) -> Result<Option<State>, VolumeError> {
    decode_state(&transaction.open_table(STATE)?)
}

fn decode_state(
    table: &impl ReadableTable<&'static str, &'static [u8]>,
) -> Result<Option<State>, VolumeError> {
    let row = table.get(STATE_ROW)?;
    row.map(|row| State::decode(row.value()).ok_or_else(unreadable_state)).transpose()
}

/// Says how far the index is once this transaction is committed.
pub(crate) fn write_state(transaction: &WriteTransaction, state: &State) -> Result<(), VolumeError> {
    transaction.open_table(STATE)?.insert(STATE_ROW, state.encode().as_slice())?;
    Ok(())
}

/// Makes the host's tables, so that readers find them.
pub(crate) fn write_empty(transaction: &WriteTransaction, state: &State) -> Result<(), VolumeError> {
    transaction.open_table(BLOBS)?;
    transaction.open_table(SEGMENTS)?;
    write_state(transaction, state)
}

fn unreadable_state() -> VolumeError {
    VolumeError::Failed("index: the state row is unreadable".into())
}

type RowsTable<'t> = Table<'t, &'static [u8], &'static [u8]>;

/// The tables of one write transaction, each opened once.
pub(crate) struct Rows<'t> {
    transaction: &'t WriteTransaction,
    /// The blobs table.
    pub(crate) blobs: Table<'t, u64, &'static [u8; ROW_BYTES]>,
    tables: Vec<(String, RowsTable<'t>)>,
    /// How far the index is, and the counters.
    state: CountersTable<'t>,
    counters: Sums,
}

impl<'t> Rows<'t> {
    pub(crate) fn new(transaction: &'t WriteTransaction) -> Result<Rows<'t>, VolumeError> {
        let (blobs, state) = (transaction.open_table(BLOBS)?, transaction.open_table(STATE)?);
        Ok(Rows { transaction, blobs, tables: Vec::new(), state, counters: Sums::default() })
    }

    fn table(&mut self, name: &str) -> Result<&mut RowsTable<'t>, VolumeError> {
        let known = self.tables.iter().position(|(known, _)| known == name);
        let index = match known {
            Some(index) => index,
            None => {
                let full = rows_name(name)?;
                let table = self.transaction.open_table(RowsDefinition::new(&full))?;
                self.tables.push((name.to_owned(), table));
                self.tables.len() - 1
            }
        };
        self.tables.get_mut(index).map(|(_, table)| table).ok_or(VolumeError::TableName)
    }

    /// The revision of a row.
    pub(crate) fn revision(&mut self, table: &str, key: &[u8]) -> Result<Option<u64>, VolumeError> {
        Ok(self.table(table)?.get(key)?.map(|value| u64_at(value.value(), 0)))
    }

    /// Bytes of a row's value.
    pub(crate) fn value_bytes(&mut self, table: &str, key: &[u8]) -> Result<Option<usize>, VolumeError> {
        Ok(self.table(table)?.get(key)?.map(|value| value.value().len().saturating_sub(REVISION_BYTES)))
    }

    /// Whether there is no row in `start <= key < end`.
    pub(crate) fn is_empty(&mut self, table: &str, start: &[u8], end: &[u8]) -> Result<bool, VolumeError> {
        if start >= end {
            return Ok(true);
        }
        let range = (Bound::Included(start), Bound::Excluded(end));
        Ok(self.table(table)?.range::<&[u8]>(range)?.next().transpose()?.is_none())
    }

    /// Writes a row.
    pub(crate) fn put(
        &mut self,
        table: &str,
        key: &[u8],
        value: &[u8],
        revision: u64,
    ) -> Result<(), VolumeError> {
        let mut reserved = self.table(table)?.insert_reserve(key, REVISION_BYTES + value.len())?;
        let bytes: &mut [u8] = reserved.as_mut();
        set_at(bytes, 0, &revision.to_le_bytes());
        set_at(bytes, REVISION_BYTES, value);
        Ok(())
    }

    /// Deletes a row, if it is there.
    pub(crate) fn delete(&mut self, table: &str, key: &[u8]) -> Result<(), VolumeError> {
        self.table(table)?.remove(key)?;
        Ok(())
    }

    /// The first of a batch's limits that it would exceed.
    pub(crate) fn excess(&mut self, add: &[Add]) -> Result<Option<Excess>, VolumeError> {
        self.counters.excess(&self.state, add)
    }

    /// Adds to a counter.
    pub(crate) fn add(&mut self, counter: &str, amounts: &Amounts) -> Result<(), VolumeError> {
        self.counters.add(&self.state, counter, amounts)
    }

    /// How far the index is.
    pub(crate) fn state(&self) -> Result<Option<State>, VolumeError> {
        decode_state(&self.state)
    }

    /// Writes the counters, and how far the index is once this transaction is committed.
    pub(crate) fn finish(mut self, state: &State) -> Result<(), VolumeError> {
        self.counters.write(&mut self.state)?;
        self.state.insert(STATE_ROW, state.encode().as_slice())?;
        Ok(())
    }

    /// The row of a blob.
    pub(crate) fn blob(&self, id: u64) -> Result<Option<BlobRow>, VolumeError> {
        decode_blob(id, self.blobs.get(id)?)
    }
}

/// Decodes the row of a blob.
pub(crate) fn decode_blob(
    id: u64,
    found: Option<redb::AccessGuard<'_, &'static [u8; ROW_BYTES]>>,
) -> Result<Option<BlobRow>, VolumeError> {
    found
        .map(|row| {
            BlobRow::decode(row.value())
                .ok_or_else(|| VolumeError::Failed(format!("index: the row of blob {id:016x} is unreadable")))
        })
        .transpose()
}

/// A file as redb's storage. The lock of the data folder stands for redb's own.
#[derive(Debug)]
struct IndexFile {
    file: Arc<dyn DiskFile>,
}

impl StorageBackend for IndexFile {
    fn len(&self) -> Result<u64, io::Error> {
        self.file.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), io::Error> {
        self.file.read_at(offset, out)
    }

    fn set_len(&self, len: u64) -> Result<(), io::Error> {
        // Grown with a hole: redb doubles its file, and takes a long time to fill it.
        self.file.set_len(len)
    }

    fn sync_data(&self) -> Result<(), io::Error> {
        self.file.sync_data()
    }

    fn write(&self, offset: u64, bytes: &[u8]) -> Result<(), io::Error> {
        self.file.write_at(offset, bytes)
    }

    fn try_lock_range(&self, _start: Bound<u64>, _end: Bound<u64>) -> Result<bool, BackendError> {
        Ok(true)
    }

    fn unlock_range(&self, _start: Bound<u64>, _end: Bound<u64>) -> Result<(), BackendError> {
        Ok(())
    }
}
