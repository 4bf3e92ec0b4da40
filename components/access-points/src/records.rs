//! What the rows of the tables hold: `postcard` records behind one format byte, as in
//! `components/storage`.

#[cfg(test)]
mod tests;

use gateway::bucket::public_access_block::PublicAccessBlock;
use gateway::errors::{ErrorCode, Result, S3Error};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// The format byte of every record written by this release.
const FORMAT: u8 = 1;

/// An access point. The order of the fields, and of the kinds, is part of the storage format.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct AccessPoint {
    /// What it is.
    pub(crate) kind: Kind,
    /// The bucket that it stands for.
    pub(crate) bucket: String,
    /// The account that owns the bucket: 12 digits.
    pub(crate) bucket_account: String,
    /// Its alias.
    pub(crate) alias: String,
    /// When it was made, in milliseconds since 1970.
    pub(crate) created_ms: u64,
    /// The network from which alone it is reached.
    pub(crate) network: Option<String>,
    /// Block Public Access.
    pub(crate) public_access: PublicAccessBlock,
    /// A number that stands for the text of its policy.
    pub(crate) policy: Option<u64>,
    /// Keys and values, in the order of the keys.
    pub(crate) tags: Vec<(String, String)>,
}

/// Kinds of access points.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) enum Kind {
    /// It stands for a bucket.
    Bucket,
}

/// The policy of an access point.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Policy {
    /// As it was given.
    pub(crate) text: String,
}

/// A row as it was read.
#[derive(Clone, Debug)]
pub(crate) struct Row<T> {
    /// The key of the row in its table.
    pub(crate) key: Vec<u8>,
    /// The decoded value.
    pub(crate) record: T,
    /// The commit that wrote the row.
    pub(crate) revision: u64,
}

/// Format byte and record.
pub(crate) fn encode<T: Serialize>(record: &T) -> Result<Vec<u8>> {
    postcard::to_extend(record, vec![FORMAT]).map_err(|_| unreadable())
}

/// Reads what [`encode`] wrote. Fails with `InternalError` on a row that no release wrote.
pub(crate) fn decode<T: DeserializeOwned>(value: &[u8]) -> Result<T> {
    match value.split_first() {
        Some((&FORMAT, record)) => postcard::from_bytes(record).map_err(|_| unreadable()),
        _ => Err(unreadable()),
    }
}

/// A row that this release cannot read: damage, or data of a newer release.
fn unreadable() -> S3Error {
    S3Error::new(ErrorCode::InternalError).message("A stored record could not be read.")
}
