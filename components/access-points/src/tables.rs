//! THE ACCESS POINT TABLES: every table of the index that is written here, its key, and what a row
//! holds.
//!
//! | table                   | key                         | row |
//! | ----------------------- | --------------------------- | --- |
//! | `access-points`         | account, name               | [`AccessPoint`] |
//! | `access-point-policies` | account, name               | [`Policy`] |
//! | `access-point-aliases`  | alias                       | the key of its row in `access-points` |
//! | `access-points-of`      | bucket, 0, account, name    | nothing |
//!
//! Accounts are 12 digits. `access-points` and `access-points-of` are described in the library
//! (`gateway::bucket::access_point::row`), because `storage` looks whether there are rows: a bucket
//! with access points is not deleted, and a bucket is not made under the name by which hosts name
//! an access point.
//!
//! [`AccessPoint`]: crate::records::AccessPoint
//! [`Policy`]: crate::records::Policy

use std::ops::Range;

pub(crate) use gateway::bucket::access_point::row::{OF_BUCKET, TABLE as ACCESS_POINTS, key, of_bucket_key};

/// The texts of policies.
pub(crate) const POLICIES: &str = "access-point-policies";
/// Access points by their aliases.
pub(crate) const ALIASES: &str = "access-point-aliases";
/// Buckets, which `storage` writes.
pub(crate) const BUCKETS: &str = gateway::bucket::cors::row::BUCKETS;

/// Every table that is written here.
#[cfg(test)]
pub(crate) const ALL: [&str; 4] = [ACCESS_POINTS, POLICIES, ALIASES, OF_BUCKET];

/// The account and the name in a key of [`ACCESS_POINTS`]; `None` for a damaged one.
pub(crate) fn split_key(key: &[u8]) -> Option<(&str, &str)> {
    str::from_utf8(key).ok()?.split_at_checked(12)
}

/// The access points of an account whose names come behind `after`.
pub(crate) fn of_account(account: &str, after: &str) -> Range<Vec<u8>> {
    behind(account.as_bytes(), after)..[account.as_bytes(), &[0xFF]].concat()
}

/// The same of those that an account has of one bucket, in [`OF_BUCKET`].
pub(crate) fn of_bucket_and_account(bucket: &str, account: &str, after: &str) -> Range<Vec<u8>> {
    let prefix = [bucket.as_bytes(), &[0], account.as_bytes()].concat();
    behind(&prefix, after)..[&prefix[..], &[0xFF]].concat()
}

fn behind(prefix: &[u8], after: &str) -> Vec<u8> {
    let mut start = [prefix, after.as_bytes()].concat();
    if !after.is_empty() {
        start.push(0);
    }
    start
}
