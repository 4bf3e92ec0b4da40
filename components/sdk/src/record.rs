//! Records: what the rows of a table hold, as `postcard` behind one format byte.

use gateway::errors::{ErrorCode, Result, S3Error};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The format byte of every record that is written here.
const FORMAT: u8 = 1;

/// A row as it was read. Its revision lets a batch require that it has not changed.
#[derive(Clone, Debug)]
pub struct Row<T> {
    /// The key of the row in its table.
    pub key: Vec<u8>,
    /// The decoded value.
    pub record: T,
    /// The commit that wrote the row; 0 where there is none yet.
    pub revision: u64,
}

/// Format byte and record.
pub fn encode<T: Serialize>(record: &T) -> Result<Vec<u8>> {
    postcard::to_extend(record, vec![FORMAT]).map_err(|_| unreadable())
}

/// Reads what [`encode`] wrote. Fails with `InternalError` on a row that no release wrote.
pub fn decode<T: DeserializeOwned>(value: &[u8]) -> Result<T> {
    match value.split_first() {
        Some((&FORMAT, record)) => postcard::from_bytes(record).map_err(|_| unreadable()),
        _ => Err(unreadable()),
    }
}

/// A row that this release cannot read: damage, or data of a newer release.
fn unreadable() -> S3Error {
    S3Error::new(ErrorCode::InternalError).message("A stored record could not be read.")
}
