//! The row in which `storage` keeps the rules of a bucket about transforms, and in which
//! `transform` reads them.
//!
//! Its key is the bucket's name. The row of the bucket says whether there is one, so a request to
//! another bucket reads nothing. The value is a format byte, then `postcard`
//! (`docs/storage-format.md`). Fields are never reordered.

use super::TransformRules;
use crate::errors::{ErrorCode, Result, S3Error};

/// The table.
pub const TABLE: &str = "transforms";

const FORMAT: u8 = 1;

/// The row of a bucket.
pub fn key(bucket: &str) -> Vec<u8> {
    bucket.as_bytes().to_vec()
}

/// The value of the row.
pub fn encode(rules: &TransformRules) -> Result<Vec<u8>> {
    postcard::to_extend(rules, vec![FORMAT]).map_err(|_| unreadable())
}

/// Reads what [`encode`] wrote. `InternalError` for a row that no release wrote: the row is
/// damaged, and must not count as missing.
pub fn decode(value: &[u8]) -> Result<TransformRules> {
    match value.split_first() {
        Some((&FORMAT, record)) => postcard::from_bytes(record).map_err(|_| unreadable()),
        _ => Err(unreadable()),
    }
}

fn unreadable() -> S3Error {
    S3Error::new(ErrorCode::InternalError).message("A stored record could not be read.")
}
