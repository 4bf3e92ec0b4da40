//! The walk over the rows of a table in which a key has one row (`objects`) or several (`uploads`).

use gateway::errors::{ErrorCode, Result};
use sdk::index::RawRow;
use std::borrow::Cow;

use super::rollup::{Begin, End, Item, Listing, Rollup};
use super::source::{Cursor, Source};
use crate::records::SUMMARY_BYTES_MAX;
use crate::tables;

/// How the row keys of a table hold keys.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layout {
    /// The table.
    pub(crate) table: &'static str,
    /// The beginning of the row keys of all keys that begin with a prefix.
    pub(crate) row_prefix: fn(bucket: u64, prefix: &str) -> Vec<u8>,
    /// The key inside a row key.
    pub(crate) key: fn(row: &[u8]) -> Option<Cow<'_, str>>,
    /// Bytes of each value that a listing reads. The rest may be as long as a client made it, and
    /// most rows may be skipped.
    pub(crate) value_bytes_max: u32,
}

/// Bytes of an upload's row that a listing reads. Few rows are longer. Those are read again when
/// they are listed.
pub(crate) const UPLOAD_BYTES_SEEN: u32 = 1024;

/// `objects`: one row for each key.
pub(crate) const OBJECTS: Layout = Layout {
    table: tables::OBJECTS,
    row_prefix: tables::object_key,
    key: |row| tables::split_object_key(row).map(Cow::Borrowed),
    value_bytes_max: SUMMARY_BYTES_MAX,
};

/// `versions`: the rows of a key from the newest on.
pub(crate) const VERSIONS: Layout = Layout {
    table: tables::VERSIONS,
    row_prefix: tables::escaped_prefix,
    key: |row| tables::split_version_key(row).map(|(key, _)| key),
    value_bytes_max: SUMMARY_BYTES_MAX,
};

/// `uploads`: the rows of a key in order of initiation.
pub(crate) const UPLOADS: Layout = Layout {
    table: tables::UPLOADS,
    row_prefix: tables::escaped_prefix,
    key: |row| tables::split_upload_key(row).map(|(key, _)| key),
    value_bytes_max: UPLOAD_BYTES_SEEN,
};

impl Layout {
    /// A cursor over the rows of the keys that a listing selects, from the row key `start` on.
    pub(crate) fn cursor<'s, S: Source>(
        &self,
        source: &'s S,
        bucket: u64,
        listing: &Listing<'_>,
        start: Vec<u8>,
    ) -> Cursor<'s, S> {
        let first = (self.row_prefix)(bucket, listing.prefix);
        let end = tables::after_prefix(&first);
        // With a delimiter, most rows may be skipped.
        let rows = if listing.delimiter.is_empty() { listing.max.saturating_add(1) } else { 64 };
        Cursor::new(source, self.table, start.max(first), end, u32::try_from(rows).unwrap_or(u32::MAX))
            .peeking(self.value_bytes_max)
    }
}

/// Gives each entry, with its row, and each common prefix to `emit`, in order. Returns how the
/// listing ended.
///
/// A listing of at most 0 entries is complete. Fails with `InternalError` on a row key that is not
/// one.
pub(crate) fn walk<S: Source>(
    source: &S,
    layout: &Layout,
    bucket: u64,
    start: Vec<u8>,
    listing: Listing<'_>,
    mut emit: impl FnMut(Item<'_>, RawRow<'_>) -> Result<()>,
) -> Result<End> {
    let mut rollup = Rollup::new(listing);
    if listing.max == 0 {
        return Ok(End::default());
    }
    let mut cursor = layout.cursor(source, bucket, &listing, start);
    loop {
        cursor.load();
        let Some(row) = cursor.row() else {
            return Ok(End { count: rollup.count(), next: None });
        };
        let key = (layout.key)(row.key).ok_or(ErrorCode::InternalError)?;
        match rollup.take(&key) {
            Item::Full => return Ok(End { count: rollup.count(), next: Some(rollup.into_last()) }),
            Item::CommonPrefix(common) => {
                emit(Item::CommonPrefix(common), row)?;
                let passed = (layout.row_prefix)(bucket, common);
                drop(key);
                cursor.skip(&passed);
            }
            entry => {
                emit(entry, row)?;
                cursor.advance();
            }
        }
    }
}

/// The row key in `objects` with which a listing begins.
pub(crate) fn start(bucket: u64, listing: &Listing<'_>) -> Vec<u8> {
    match listing.begin() {
        Begin::Prefix => tables::object_key(bucket, listing.prefix),
        Begin::Marker(key) => tables::after_key(&tables::object_key(bucket, key)),
        Begin::Past(common) => tables::after_prefix(&tables::object_key(bucket, common)),
    }
}
