//! Whose a row is, for a start that does not find the account of the data folder.

#[cfg(test)]
mod tests;

use gateway::errors::Result;

use crate::records::{BucketHead, unreadable};
use crate::tables;

/// The account that owns the bucket of a row, in 12 digits.
///
/// Fails for a row that cannot be read, and for rows of other tables.
pub(crate) fn owner_of(table: &str, value: &[u8]) -> Result<String> {
    match table {
        tables::BUCKETS => Ok(BucketHead::decode(value)?.owner.to_string()),
        _ => Err(unreadable()),
    }
}
