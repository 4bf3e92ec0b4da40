//! A batch, and its payload in the log.

use std::sync::Arc;

use crate::blobs::{BlobRow, ROW_BYTES};
use crate::counters::{self, AMOUNTS, Add, Amounts};
use crate::errors::CommitError;
use crate::index::rows_name;
use crate::log::{Position, record};
use crate::pending::Pending;
use crate::wire::{Taker, put_bytes, put_u32, put_u64, set_at};

/// Longest key, in bytes.
pub(crate) const KEY_BYTES_MAX: usize = 16 << 10;
/// Longest value, in bytes.
const VALUE_BYTES_MAX: usize = 16 << 20;
/// Largest batch, in bytes of its payload.
const BATCH_BYTES_MAX: usize = 64 << 20;

/// What must hold right before a batch for it to take effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Requirement {
    /// The row exists and was last written by the commit with this number.
    Unchanged {
        /// The table.
        table: String,
        /// The row's key.
        key: Vec<u8>,
        /// The row's revision.
        revision: u64,
    },
    /// There is no such row.
    Absent {
        /// The table.
        table: String,
        /// The row's key.
        key: Vec<u8>,
    },
    /// There is no row in `start <= key < end`.
    Empty {
        /// The table.
        table: String,
        /// The first key of the range.
        start: Vec<u8>,
        /// The first key behind the range.
        end: Vec<u8>,
    },
}

/// A row to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Put {
    /// The table.
    pub table: String,
    /// The row's key.
    pub key: Vec<u8>,
    /// The row's value.
    pub value: Vec<u8>,
}

/// Changes that take effect together, durably, or not at all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// Evaluated against the state right before the batch, in the same critical section.
    pub require: Vec<Requirement>,
    /// Rows to write. They win over `delete` of the same row.
    pub put: Vec<Put>,
    /// Table and key of rows to delete. Deleting an absent row is no error.
    pub delete: Vec<(String, Vec<u8>)>,
    /// One more reference to each of these blobs. A received blob starts with none.
    pub keep: Vec<u64>,
    /// One reference less; a blob without references is reclaimed.
    pub free: Vec<u64>,
    /// What is added to counters, in the order of their names, each once. The limits in it are
    /// evaluated as requirements are.
    pub add: Vec<Add>,
    /// It may take what it adds from the upper half of the reserve: for the few small changes that
    /// are needed when the disk is nearly full.
    pub essential: bool,
}

/// A blob that compaction moves from one position in the log to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Move {
    pub(crate) blob: u64,
    /// Segment and offset; the move has no effect when the blob is no longer there.
    pub(crate) from: (u64, u64),
    pub(crate) to: (u64, u64),
}

/// What the committer knows of each commit, and writes at the front of its payload.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stamp {
    /// The sequence's high water from this commit on.
    pub(crate) sequence_high: u64,
    /// The log up to here was durable before this commit was written: what is not sound there was
    /// damaged, not torn.
    pub(crate) durable: Position,
}

/// Bytes of a stamp.
const STAMP_BYTES: usize = 24;

impl Stamp {
    /// Writes the stamp into a record that was encoded without.
    pub(crate) fn write(&self, record: &mut [u8]) {
        for (index, value) in
            [self.sequence_high, self.durable.segment, self.durable.offset].into_iter().enumerate()
        {
            set_at(record, record::HEADER_BYTES + index * 8, &value.to_le_bytes());
        }
    }

    /// Takes the stamp off the front of a payload.
    pub(crate) fn take(payload: &mut Taker<'_>) -> Option<Stamp> {
        let sequence_high = payload.u64()?;
        Some(Stamp { sequence_high, durable: Position { segment: payload.u64()?, offset: payload.u64()? } })
    }
}

/// Encodes a batch as a record, with room for its header. `received` are the kept blobs that were
/// not kept before.
pub(crate) fn encode(batch: &Batch, received: &[Arc<Pending>]) -> Result<Vec<u8>, CommitError> {
    let rows: usize =
        batch.put.iter().map(|put| put.table.len() + put.key.len() + put.value.len() + 12).sum();
    let keys: usize = batch.delete.iter().map(|(table, key)| table.len() + key.len() + 8).sum();
    let added: usize = batch.add.iter().map(|add| add.counter.len() + 4 + AMOUNTS * 8).sum();
    let size =
        STAMP_BYTES + 24 + rows + keys + batch.keep.len() * (9 + ROW_BYTES) + batch.free.len() * 8 + added;
    if size > BATCH_BYTES_MAX || !counters::are_sound(&batch.add) {
        return Err(CommitError::Failed);
    }
    let mut out = record::with_room(size);
    out.extend_from_slice(&[0; STAMP_BYTES]);
    put_count(&mut out, batch.put.len());
    for put in &batch.put {
        check_row(&put.table, &put.key, put.value.len())?;
        put_bytes(&mut out, put.table.as_bytes());
        put_bytes(&mut out, &put.key);
        put_bytes(&mut out, &put.value);
    }
    put_count(&mut out, batch.delete.len());
    for (table, key) in &batch.delete {
        check_row(table, key, 0)?;
        put_bytes(&mut out, table.as_bytes());
        put_bytes(&mut out, key);
    }
    put_count(&mut out, batch.keep.len());
    for id in &batch.keep {
        put_u64(&mut out, *id);
        match received.iter().find(|pending| pending.id == *id) {
            Some(pending) => {
                out.push(1);
                out.extend_from_slice(&pending.row().encode());
            }
            None => out.push(0),
        }
    }
    put_count(&mut out, batch.free.len());
    for id in &batch.free {
        put_u64(&mut out, *id);
    }
    put_count(&mut out, 0);
    // Without any, the record is the same as before there were counters.
    if !batch.add.is_empty() {
        put_count(&mut out, batch.add.len());
        for add in &batch.add {
            put_bytes(&mut out, add.counter.as_bytes());
            add.amounts.iter().for_each(|amount| put_u64(&mut out, amount.cast_unsigned()));
        }
    }
    Ok(out)
}

/// Encodes moves as a record of a commit that does nothing else.
pub(crate) fn encode_moves(moves: &[Move]) -> Vec<u8> {
    let mut out = record::with_room(STAMP_BYTES + 20 + moves.len() * 40);
    out.extend_from_slice(&[0; STAMP_BYTES]);
    for _ in 0..4 {
        put_count(&mut out, 0);
    }
    put_count(&mut out, moves.len());
    for one in moves {
        for value in [one.blob, one.from.0, one.from.1, one.to.0, one.to.1] {
            put_u64(&mut out, value);
        }
    }
    out
}

fn put_count(out: &mut Vec<u8>, count: usize) {
    put_u32(out, u32::try_from(count).unwrap_or(u32::MAX));
}

fn check_row(table: &str, key: &[u8], value_bytes: usize) -> Result<(), CommitError> {
    if key.len() > KEY_BYTES_MAX || value_bytes > VALUE_BYTES_MAX || rows_name(table).is_err() {
        return Err(CommitError::Failed);
    }
    Ok(())
}

/// A commit's payload, taken apart. Rows are walked where they lie.
#[derive(Debug)]
pub(crate) struct Changes<'a> {
    pub(crate) stamp: Stamp,
    puts: (u32, Taker<'a>),
    deletes: (u32, Taker<'a>),
    adds: (u32, Taker<'a>),
    /// Blob, and its row if the blob is new.
    pub(crate) keeps: Vec<(u64, Option<BlobRow>)>,
    pub(crate) frees: Vec<u64>,
    pub(crate) moves: Vec<Move>,
}

impl<'a> Changes<'a> {
    /// `None` unless the payload is exactly what `encode` or `encode_moves` writes, or has written
    /// before there were counters.
    pub(crate) fn decode(payload: &'a [u8]) -> Option<Changes<'a>> {
        let mut rest = Taker::new(payload);
        let stamp = Stamp::take(&mut rest)?;
        let puts = (rest.u32()?, rest);
        for _ in 0..puts.0 {
            let _ = (rest.text()?, rest.bytes()?, rest.bytes()?);
        }
        let deletes = (rest.u32()?, rest);
        for _ in 0..deletes.0 {
            let _ = (rest.text()?, rest.bytes()?);
        }
        let mut keeps = Vec::new();
        for _ in 0..rest.u32()? {
            let id = rest.u64()?;
            let row = if rest.u8()? == 1 { Some(BlobRow::decode(rest.take(ROW_BYTES)?)?) } else { None };
            keeps.push((id, row));
        }
        let mut frees = Vec::new();
        for _ in 0..rest.u32()? {
            frees.push(rest.u64()?);
        }
        let mut moves = Vec::new();
        for _ in 0..rest.u32()? {
            let blob = rest.u64()?;
            moves.push(Move { blob, from: (rest.u64()?, rest.u64()?), to: (rest.u64()?, rest.u64()?) });
        }
        let mut adds = (0, rest);
        if !rest.is_empty() {
            adds = (rest.u32()?, rest);
            for _ in 0..adds.0 {
                let _ = (rest.text()?, rest.take(AMOUNTS * 8)?);
            }
        }
        rest.is_empty().then_some(Changes { stamp, puts, deletes, adds, keeps, frees, moves })
    }

    /// Table, key and value of every row to write.
    pub(crate) fn puts(&self) -> impl Iterator<Item = (&'a str, &'a [u8], &'a [u8])> {
        let (count, mut rest) = self.puts;
        (0..count).map_while(move |_| Some((rest.text()?, rest.bytes()?, rest.bytes()?)))
    }

    /// Table and key of every row to delete.
    pub(crate) fn deletes(&self) -> impl Iterator<Item = (&'a str, &'a [u8])> {
        let (count, mut rest) = self.deletes;
        (0..count).map_while(move |_| Some((rest.text()?, rest.bytes()?)))
    }

    /// Name and amounts of every counter to add to.
    pub(crate) fn adds(&self) -> impl Iterator<Item = (&'a str, Amounts)> {
        let (count, mut rest) = self.adds;
        (0..count).map_while(move |_| {
            let name = rest.text()?;
            let mut amounts = Amounts::default();
            for amount in &mut amounts {
                *amount = rest.u64()?.cast_signed();
            }
            Some((name, amounts))
        })
    }
}
