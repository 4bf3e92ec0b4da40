//! The tables of access points that two components use: `access-points` writes them, and `storage`
//! looks whether there are rows, where a bucket is made or deleted.

use std::ops::Range;

/// Access points, by account (12 digits) and name.
pub const TABLE: &str = "access-points";
/// Object Lambda access points, by account and name.
pub const OBJECT_LAMBDAS: &str = "object-lambda-access-points";
/// The access points of each bucket: the name of the bucket, 0, account, name. The rows are empty.
pub const OF_BUCKET: &str = "access-points-of";

/// The row of an access point in [`TABLE`], and of one of Object Lambda in [`OBJECT_LAMBDAS`].
pub fn key(account: &str, name: &str) -> Vec<u8> {
    [account.as_bytes(), name.as_bytes()].concat()
}

/// The row of an access point in [`OF_BUCKET`].
pub fn of_bucket_key(bucket: &str, account: &str, name: &str) -> Vec<u8> {
    [bucket.as_bytes(), &[0], account.as_bytes(), name.as_bytes()].concat()
}

/// All rows of a bucket in [`OF_BUCKET`].
pub fn of_bucket(bucket: &str) -> Range<Vec<u8>> {
    [bucket.as_bytes(), &[0]].concat()..[bucket.as_bytes(), &[1]].concat()
}
