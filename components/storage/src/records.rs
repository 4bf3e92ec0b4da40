//! What the rows of the storage tables hold: `postcard` records behind one format byte.
//!
//! Every value is `format byte, postcard(record)`. The format byte is 1, with these exceptions: 3
//! for a bucket, 2 for a version or an upload whose bytes are sealed under a data key, 3 for an
//! upload that says with which headers it was begun. A record that changes its shape takes the next
//! number, and `decode` reads both. Inside postcard, integers are LEB128, enums are the index of
//! the variant (so variants are only ever appended), and fields have no names (so fields are never
//! reordered).
//!
//! Where a value means the same in a request and in a row, both use the type of the `gateway`
//! library. The type says that its order is part of the storage format. Three have types of their
//! own: an ACL, which takes one byte where nothing is granted to others; a checksum, which does not
//! repeat the number of parts of its object; and the versioning state, which has a value for "never
//! enabled".

mod access;
mod bucket;
mod checksum;
mod cors;
mod protection;
#[cfg(test)]
pub(crate) mod tests;
mod transforms;
mod upload;
mod version;

use gateway::errors::{ErrorCode, Result, S3Error};
use serde::{Deserialize, Serialize};

pub(crate) use access::{AccountRow, Acl, PolicyRow};
pub(crate) use bucket::{BUCKET_HEAD_BYTES_MAX, BucketHead, BucketRow, Versioning};
pub(crate) use checksum::{AlgorithmSet, Checksum};
pub(crate) use protection::{Protection, SseKms};
pub(crate) use upload::{Initiator, Part, Upload};
pub(crate) use version::{
    Body, Details, Kind, ManifestPage, ManifestPart, SUMMARY_BYTES_MAX, Span, Summary, Version, VersionId,
};

/// The format byte of every record that this release writes, where nothing else is said.
const FORMAT: u8 = 1;

/// The format byte of a version or an upload that is sealed under a data key. Older releases refuse
/// it, because they would take its bytes for bytes under the folder key.
const SEALED_FORMAT: u8 = 2;

/// A record that is a whole row value.
pub(crate) trait Record: Sized {
    /// Format byte and record.
    fn encode(&self) -> Result<Vec<u8>>;
    /// Reads what [`Record::encode`] wrote. Fails with `InternalError` for a row that cannot be
    /// read.
    fn decode(value: &[u8]) -> Result<Self>;
    /// The bytes with which the record counts as an object in the usage of its bucket; `None` where
    /// it does not count.
    fn bytes_counted(&self) -> Option<u64> {
        None
    }
}

/// A record as it was read, with what a plan needs to require that it is unchanged.
#[derive(Clone, Debug)]
pub(crate) struct Row<T> {
    /// The key of the row in its table.
    pub(crate) key: Vec<u8>,
    /// The decoded value.
    pub(crate) record: T,
    /// The commit that wrote the row.
    pub(crate) revision: u64,
}

impl<T: Record> Row<T> {
    /// A row of a page, decoded.
    pub(crate) fn decode(row: sdk::index::RawRow<'_>) -> Result<Row<T>> {
        Ok(Row { key: row.key.to_vec(), record: T::decode(row.value)?, revision: row.revision })
    }
}

/// Implements [`Record`] for plain postcard records.
macro_rules! plain_record {
    ($($record:ty),+) => {$(
        impl $crate::records::Record for $record {
            fn encode(&self) -> gateway::errors::Result<Vec<u8>> {
                $crate::records::to_vec(self)
            }
            fn decode(value: &[u8]) -> gateway::errors::Result<Self> {
                $crate::records::from_slice(value)
            }
        }
    )+};
}
use plain_record;

/// The sequence of a null version, as the rows of `nulls` hold it.
impl Record for u64 {
    fn encode(&self) -> Result<Vec<u8>> {
        to_vec(self)
    }
    fn decode(value: &[u8]) -> Result<u64> {
        from_slice(value)
    }
}

fn to_vec<T: Serialize>(record: &T) -> Result<Vec<u8>> {
    postcard::to_extend(record, vec![FORMAT]).map_err(|_| unreadable())
}

fn from_slice<'a, T: Deserialize<'a>>(value: &'a [u8]) -> Result<T> {
    postcard::from_bytes(body(value)?).map_err(|_| unreadable())
}

/// The record of a row that may be sealed under a data key.
fn sealable_body(value: &[u8]) -> Result<&[u8]> {
    match value.split_first() {
        Some((&(FORMAT | SEALED_FORMAT), record)) => Ok(record),
        _ => Err(unreadable()),
    }
}

/// The format byte of such a row.
fn sealable_format(protection: &Protection) -> u8 {
    if protection.has_data_key() { SEALED_FORMAT } else { FORMAT }
}

fn body(value: &[u8]) -> Result<&[u8]> {
    match value.split_first() {
        Some((&FORMAT, record)) => Ok(record),
        _ => Err(unreadable()),
    }
}

/// A row that this release cannot read: damage, or data of a newer release.
pub(crate) fn unreadable() -> S3Error {
    S3Error::new(ErrorCode::InternalError).message("A stored record could not be read.")
}
