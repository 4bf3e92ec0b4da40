//! Usage: how many objects and bytes buckets and accounts hold, as the counters of the volume say.
//!
//! A counter is named `ACCOUNT/BUCKET`, or `ACCOUNT/` for all buckets that the account owns. Its
//! numbers are buckets, objects and bytes.

use volume::{AMOUNTS, Amounts, Snapshot, VolumeError};

/// Which number of a counter is what.
pub const BUCKETS: usize = 0;
/// See [`BUCKETS`].
pub const OBJECTS: usize = 1;
/// See [`BUCKETS`].
pub const BYTES: usize = 2;
const _: () = assert!(AMOUNTS == BYTES + 1);

/// The name of the counter of a bucket; without a bucket, of an account.
pub fn counter(account: &str, bucket: &str) -> String {
    format!("{account}/{bucket}")
}

/// What somebody holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Usage {
    /// The account: 12 digits.
    pub account: String,
    /// The bucket; `None` stands for all of the account.
    pub bucket: Option<String>,
    /// Buckets.
    pub buckets: u64,
    /// Versions, delete markers, uploads in progress and their parts.
    pub objects: u64,
    /// Bytes of all of them, as clients sent them.
    pub bytes: u64,
}

/// The usage of every account and bucket: each account, and then its buckets by name.
///
/// # Errors
/// The index cannot be read.
pub fn read(snapshot: &Snapshot) -> Result<Vec<Usage>, VolumeError> {
    Ok(snapshot.counters()?.into_iter().filter_map(|(name, amounts)| usage(&name, &amounts)).collect())
}

fn usage(name: &str, amounts: &Amounts) -> Option<Usage> {
    let (account, bucket) = name.split_once('/')?;
    // A sum below 0 would be a fault; `portcullis check` reports it.
    let [buckets, objects, bytes] = amounts.map(|amount| u64::try_from(amount).unwrap_or(0));
    let bucket = (!bucket.is_empty()).then(|| bucket.to_owned());
    Some(Usage { account: account.to_owned(), bucket, buckets, objects, bytes })
}
