//! THE ACCESS POINT TABLES: every table of the index that is written here, its key, and what a row
//! holds.
//!
//! | table                   | key                         | row |
//! | ----------------------- | --------------------------- | --- |
//! | `access-points`         | account, name               | [`AccessPoint`] |
//! | `access-point-policies` | account, name               | [`Policy`] |
//! | `access-point-aliases`  | alias                       | the key of its row in `access-points` |
//! | `access-points-of`      | bucket, 0, account, name    | nothing |
//! | `object-lambda-access-points` | account, name         | [`ObjectLambda`] |
//! | `object-lambda-policies` | account, name              | [`Policy`] |
//! | `object-lambda-aliases` | alias                      | the key of its row in the first of these |
//! | `object-lambda-payloads` | account, name, 0, position | [`Payload`] |
//!
//! Accounts are 12 digits, and a position is a byte: that of a transformation among those of its
//! access point. An access point and an Object Lambda access point may have the same name.
//!
//! `access-points`, `access-points-of` and `object-lambda-access-points` are described in the
//! library (`gateway::bucket::access_point::row`), because `storage` looks whether there are rows:
//! a bucket with access points is not deleted, and a bucket is not made under the name by which
//! hosts name an access point of either kind.
//!
//! [`AccessPoint`]: crate::records::AccessPoint
//! [`ObjectLambda`]: crate::records::ObjectLambda
//! [`Payload`]: crate::records::Payload
//! [`Policy`]: crate::records::Policy

use std::ops::Range;

pub(crate) use gateway::bucket::access_point::row::{
    OBJECT_LAMBDAS, OF_BUCKET, TABLE as ACCESS_POINTS, key, of_bucket_key,
};

/// The texts of policies.
pub(crate) const POLICIES: &str = "access-point-policies";
/// Access points by their aliases.
pub(crate) const ALIASES: &str = "access-point-aliases";
/// The texts of their policies.
pub(crate) const OBJECT_LAMBDA_POLICIES: &str = "object-lambda-policies";
/// Object Lambda access points by their aliases.
pub(crate) const OBJECT_LAMBDA_ALIASES: &str = "object-lambda-aliases";
/// What they hand to functions.
pub(crate) const OBJECT_LAMBDA_PAYLOADS: &str = "object-lambda-payloads";
/// Buckets, which `storage` writes.
pub(crate) const BUCKETS: &str = gateway::bucket::cors::row::BUCKETS;

/// Every table that is written here.
#[cfg(test)]
pub(crate) const ALL: [&str; 8] = [
    ACCESS_POINTS,
    POLICIES,
    ALIASES,
    OF_BUCKET,
    OBJECT_LAMBDAS,
    OBJECT_LAMBDA_POLICIES,
    OBJECT_LAMBDA_ALIASES,
    OBJECT_LAMBDA_PAYLOADS,
];

/// The account and the name in a key of [`ACCESS_POINTS`], or of [`OBJECT_LAMBDAS`]; `None` for a
/// damaged one.
pub(crate) fn split_key(key: &[u8]) -> Option<(&str, &str)> {
    str::from_utf8(key).ok()?.split_at_checked(12)
}

/// The row in [`OBJECT_LAMBDA_PAYLOADS`] of a transformation, by its position among those of its
/// access point: of the four actions, each is in one transformation at most.
pub(crate) fn payload_key(account: &str, name: &str, position: usize) -> Vec<u8> {
    let position = u8::try_from(position).unwrap_or(u8::MAX);
    [account.as_bytes(), name.as_bytes(), &[0, position]].concat()
}

/// The access points of an account, of either kind, whose names come behind `after`.
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
