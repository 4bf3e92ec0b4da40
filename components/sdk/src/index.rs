//! Ordered tables: single rows, and pages of rows.

use crate::contract::index;

pub use index::{Direction, Entry, next_sequence};

/// The row of a key.
pub fn get(table: &str, key: &[u8]) -> Option<Entry> {
    index::get(table, key)
}

/// A page of rows with `start <= key < end`. Fewer rows than `limit` do not mean the end; an empty
/// page does.
pub fn scan(table: &str, start: &[u8], end: &[u8], limit: u32, direction: Direction) -> RawRows {
    RawRows { packed: index::scan(table, start, end, limit, direction) }
}

/// A page of rows with no more than the first `value_bytes_max` bytes of each value: cheaper than
/// [`scan`] where that is enough, and where most rows are skipped.
pub fn peek(table: &str, start: &[u8], end: &[u8], limit: u32, value_bytes_max: u32) -> RawRows {
    RawRows { packed: index::peek(table, start, end, limit, value_bytes_max) }
}

/// A page of rows, as the host packed them.
#[derive(Debug)]
pub struct RawRows {
    packed: Vec<u8>,
}

/// A row of a page, as bytes.
#[derive(Debug, Clone, Copy)]
pub struct RawRow<'a> {
    /// The key.
    pub key: &'a [u8],
    /// The value.
    pub value: &'a [u8],
    /// The number of the commit that wrote the row.
    pub revision: u64,
}

impl RawRows {
    /// The rows, in the order of the scan.
    pub fn iter(&self) -> RawRowIter<'_> {
        RawRowIter { rest: &self.packed }
    }

    /// Whether the page has no row, that is, the range has none left.
    pub fn is_empty(&self) -> bool {
        self.packed.is_empty()
    }
}

/// The rows of a page.
#[derive(Debug, Clone)]
pub struct RawRowIter<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for RawRowIter<'a> {
    type Item = RawRow<'a>;

    fn next(&mut self) -> Option<RawRow<'a>> {
        let (key_length, rest) = self.rest.split_first_chunk::<4>()?;
        let (value_length, rest) = rest.split_first_chunk::<4>()?;
        let (revision, rest) = rest.split_first_chunk::<8>()?;
        let (key, rest) = rest.split_at_checked(u32::from_le_bytes(*key_length) as usize)?;
        let (value, rest) = rest.split_at_checked(u32::from_le_bytes(*value_length) as usize)?;
        self.rest = rest;
        Some(RawRow { key, value, revision: u64::from_le_bytes(*revision) })
    }
}
