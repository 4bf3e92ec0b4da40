//! The host's index.

use sdk::index::{self, Direction};

use super::Entry;

/// The row of `key`.
pub(crate) fn get(table: &str, key: Vec<u8>) -> Option<Entry> {
    let entry = index::get(table, &key)?;
    Some(Entry { key, value: entry.value, revision: entry.revision })
}

/// The first row with `start <= key < end`.
pub(crate) fn first(table: &str, start: &[u8], end: &[u8]) -> Option<Entry> {
    let rows = index::scan(table, start, end, 1, Direction::Forward);
    let row = rows.iter().next()?;
    Some(Entry { key: row.key.to_vec(), value: row.value.to_vec(), revision: row.revision })
}

/// A number larger than every one before.
pub(crate) fn next_sequence() -> u64 {
    index::next_sequence()
}

/// An unpredictable number.
pub(crate) fn random() -> u64 {
    sdk::random::next_u64()
}
