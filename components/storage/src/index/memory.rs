//! An index in memory for tests, with the host's rules for batches.

use std::cell::RefCell;
use std::collections::{BTreeMap, btree_map};

use sdk::{Batch, Requirement};

use super::Entry;

/// Table and key.
type Key = (String, Vec<u8>);
/// Value and revision.
type Value = (Vec<u8>, u64);
type Rows = BTreeMap<Key, Value>;

#[derive(Default)]
struct Memory {
    rows: Rows,
    references: BTreeMap<u64, i64>,
    usage: (i64, i64),
    sequence: u64,
    revision: u64,
}

thread_local! {
    static MEMORY: RefCell<Memory> = RefCell::default();
}

/// Forgets everything.
pub(crate) fn clear() {
    MEMORY.replace(Memory::default());
}

/// Commits a batch as the host does; false when a requirement does not hold.
pub(crate) fn commit(batch: Batch) -> bool {
    MEMORY.with_borrow_mut(|memory| {
        let holds = |requirement: &Requirement| match requirement {
            Requirement::Unchanged((table, key, revision)) => {
                memory.rows.get(&(table.clone(), key.clone())).is_some_and(|row| row.1 == *revision)
            }
            Requirement::Absent((table, key)) => !memory.rows.contains_key(&(table.clone(), key.clone())),
            Requirement::Empty((table, start, end)) => {
                start >= end || between(&memory.rows, table, start, end).next().is_none()
            }
        };
        if !batch.require.iter().all(holds) {
            return false;
        }
        memory.revision += 1;
        for (table, key) in &batch.delete {
            assert!(
                !batch.put.iter().any(|put| put.table == *table && put.key == *key),
                "{table} row is both written and deleted"
            );
            memory.rows.remove(&(table.clone(), key.clone()));
        }
        for put in batch.put {
            memory.rows.insert((put.table, put.key), (put.value, memory.revision));
        }
        for (blobs, change) in [(batch.keep, 1), (batch.free, -1)] {
            for blob in blobs {
                *memory.references.entry(blob).or_default() += change;
            }
        }
        if let Some(usage) = batch.usage {
            memory.usage.0 += usage.objects;
            memory.usage.1 += usage.bytes;
        }
        memory.references.retain(|_, references| *references != 0);
        true
    })
}

/// References to each blob that has any.
pub(crate) fn references() -> BTreeMap<u64, i64> {
    MEMORY.with_borrow(|memory| memory.references.clone())
}

/// Objects and bytes, as batches have said.
pub(crate) fn usage() -> (i64, i64) {
    MEMORY.with_borrow(|memory| memory.usage)
}

/// Objects and bytes, as rows say.
pub(crate) fn counted_usage() -> (i64, i64) {
    use sdk::bindings::storage::exports::portcullis::gateway::references::Counted;
    MEMORY.with_borrow(|memory| {
        let counted =
            memory.rows.iter().filter_map(|((table, key), (value, _))| {
                match crate::usage::of_row(table, key, value).unwrap() {
                    Some(Counted::Object((_, bytes)) | Counted::Part((_, bytes))) => Some(bytes as i64),
                    Some(Counted::Upload(_)) => Some(0),
                    _ => None,
                }
            });
        counted.fold((0, 0), |(objects, sum), bytes| (objects + 1, sum + bytes))
    })
}

/// Keys and values of a table, in order.
pub(crate) fn table(name: &str) -> Vec<(Vec<u8>, Vec<u8>)> {
    MEMORY.with_borrow(|memory| {
        let rows = memory.rows.iter().filter(|((table, _), _)| table == name);
        rows.map(|((_, key), (value, _))| (key.clone(), value.clone())).collect()
    })
}

/// The row of `key`.
pub(crate) fn get(table: &str, key: Vec<u8>) -> Option<Entry> {
    MEMORY.with_borrow(|memory| {
        let (value, revision) = memory.rows.get(&(table.to_owned(), key.clone()))?.clone();
        Some(Entry { key, value, revision })
    })
}

/// The first row with `start <= key < end`.
pub(crate) fn first(table: &str, start: &[u8], end: &[u8]) -> Option<Entry> {
    if start >= end {
        return None;
    }
    MEMORY.with_borrow(|memory| {
        let ((_, key), (value, revision)) = between(&memory.rows, table, start, end).next()?;
        Some(Entry { key: key.clone(), value: value.clone(), revision: *revision })
    })
}

/// A number larger than every one before.
pub(crate) fn next_sequence() -> u64 {
    MEMORY.with_borrow_mut(|memory| {
        memory.sequence += 1;
        memory.sequence
    })
}

/// Computed from the sequence instead of random, so that tests repeat.
pub(crate) fn random() -> u64 {
    MEMORY.with_borrow(|memory| memory.sequence.wrapping_mul(0x9E37_79B9_7F4A_7C15))
}

fn between<'a>(rows: &'a Rows, table: &str, start: &[u8], end: &[u8]) -> btree_map::Range<'a, Key, Value> {
    rows.range((table.to_owned(), start.to_vec())..(table.to_owned(), end.to_vec()))
}
