//! THE STORAGE TABLES: every table of the index, its key layout and so its order, what a row holds,
//! and who writes it.
//!
//! | table       | key                                             | row                    | written by |
//! | ----------- | ----------------------------------------------- | ---------------------- | ---------- |
//! | `buckets`   | name                                            | [`BucketRow`]          | CreateBucket, DeleteBucket, bucket subresources |
//! | `objects`   | bucket id, key                                  | [`Version`]: the current version | every object write |
//! | `versions`  | bucket id, escaped key, `!sequence`             | [`Version`]: noncurrent versions, all delete markers | every object write in a versioned bucket |
//! | `nulls`     | bucket id, key                                  | sequence (u64)         | writes that move the null version in or out of `versions` |
//! | `uploads`   | bucket id, escaped key, upload sequence         | [`Upload`]             | Create-, Complete-, AbortMultipartUpload |
//! | `parts`     | upload sequence, part number (u32)              | [`Part`]               | UploadPart, UploadPartCopy, Complete, Abort |
//! | `accounts`  | account (u64)                                   | [`AccountRow`]         | PutPublicAccessBlock, DeletePublicAccessBlock of an account |
//! | `policies`  | bucket id                                       | [`PolicyRow`]          | PutBucketPolicy, DeleteBucketPolicy, DeleteBucket |
//! | `cors`      | bucket's name                                   | [`Configuration`]      | PutBucketCors, DeleteBucketCors, DeleteBucket; the stage `cors` reads it |
//! | `transforms` | bucket's name                                  | [`TransformRules`]     | PutBucketTransforms, DeleteBucketTransforms, DeleteBucket; the stage `transform` reads it |
//! | `access-points`, `access-points-of`, `object-lambda-access-points` | `gateway::bucket::access_point::row` | access points; of each bucket | the stage `access-points`; looked at by CreateBucket and DeleteBucket |
//! | `manifests` | manifest id, index of the page's first part (u32) | [`ManifestPage`]     | CompleteMultipartUpload; every operation that deletes the version |
//!
//! Integers in keys are big-endian, so that rows sort by number. Invariants:
//!
//! - `objects` has a row if and only if the latest version of the key is an object. The latest
//!   version is that row, or else the first row of the key in `versions` (a delete marker), or else
//!   there is none.
//! - Sequences rise with every version of a key: a sequence is drawn after the rows that the write
//!   depends on were read, and the write requires them unchanged.
//! - `nulls` has a row if and only if the key's null version lives in `versions`. For a null
//!   version in `objects`, its summary says so.
//! - A bucket id is never reused, so a bucket created again never sees rows of its predecessor. A
//!   row of `cors` or `transforms` goes with its bucket, and is written only for a bucket that is
//!   there. The bucket's row says whether it has one of `transforms`.
//!
//! [`AccountRow`]: crate::records::AccountRow
//! [`BucketRow`]: crate::records::BucketRow
//! [`Version`]: crate::records::Version
//! [`Upload`]: crate::records::Upload
//! [`PolicyRow`]: crate::records::PolicyRow
//! [`Configuration`]: gateway::bucket::cors::Configuration
//! [`TransformRules`]: gateway::bucket::transforms::TransformRules
//! [`Part`]: crate::records::Part
//! [`ManifestPage`]: crate::records::ManifestPage

use std::borrow::Cow;

use gateway::identity::account::Account;

#[cfg(test)]
mod tests;

/// Buckets by name.
pub(crate) const BUCKETS: &str = gateway::bucket::cors::row::BUCKETS;
/// The current object of each key.
pub(crate) const OBJECTS: &str = "objects";
/// Noncurrent versions and all delete markers.
pub(crate) const VERSIONS: &str = "versions";
/// Where the null version of a key is, when it is in [`VERSIONS`].
pub(crate) const NULLS: &str = "nulls";
/// Multipart uploads in progress.
pub(crate) const UPLOADS: &str = "uploads";
/// Parts of uploads in progress.
pub(crate) const PARTS: &str = "parts";
/// Parts of completed multipart objects, in pages.
pub(crate) const MANIFESTS: &str = "manifests";

/// Settings of accounts.
pub(crate) const ACCOUNTS: &str = "accounts";
/// Bucket policies.
pub(crate) const POLICIES: &str = "policies";
/// Cross-origin rules of buckets.
pub(crate) const CORS: &str = gateway::bucket::cors::row::TABLE;
/// The rules of buckets about transforms.
pub(crate) const TRANSFORMS: &str = gateway::bucket::transforms::row::TABLE;

/// Access points, which the stage `access-points` writes.
pub(crate) const ACCESS_POINTS: &str = gateway::bucket::access_point::row::TABLE;
/// Those of Object Lambda, which that stage writes, too.
pub(crate) const OBJECT_LAMBDAS: &str = gateway::bucket::access_point::row::OBJECT_LAMBDAS;
/// The access points of each bucket, which that stage writes, too.
pub(crate) const ACCESS_POINTS_OF: &str = gateway::bucket::access_point::row::OF_BUCKET;

/// Parts in one page of a manifest.
pub(crate) const MANIFEST_PAGE_PARTS: usize = 128;

/// A range of row keys, `start <= key < end`: what `index::scan` and `Requirement::Empty` take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Range {
    /// The first key that is in the range.
    pub(crate) start: Vec<u8>,
    /// The first key that is not.
    pub(crate) end: Vec<u8>,
}

impl Range {
    /// Every key that starts with `prefix`, which must not be empty or all `0xFF` (ours start with
    /// an id or a name).
    fn of_prefix(prefix: Vec<u8>) -> Range {
        let end = after_prefix(&prefix);
        Range { start: prefix, end }
    }
}

/// The smallest key larger than every key that starts with `prefix`.
///
/// For a prefix of `0xFF` bytes only there is no such key. Then it is `prefix` followed by many
/// `0xFF`, which sorts behind every key that S3 allows.
pub(crate) fn after_prefix(prefix: &[u8]) -> Vec<u8> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if last < 0xFF {
            end.push(last + 1);
            return end;
        }
    }
    let mut end = prefix.to_vec();
    end.resize(prefix.len() + 2048, 0xFF);
    end
}

/// The smallest key larger than `key`.
pub(crate) fn after_key(key: &[u8]) -> Vec<u8> {
    let mut next = Vec::with_capacity(key.len() + 1);
    next.extend_from_slice(key);
    next.push(0);
    next
}

/// The row of a bucket in [`BUCKETS`].
pub(crate) fn bucket_key(name: &str) -> Vec<u8> {
    name.as_bytes().to_vec()
}

/// Every row of a bucket in [`OBJECTS`], [`VERSIONS`], [`NULLS`] or [`UPLOADS`].
pub(crate) fn bucket_range(bucket: u64) -> Range {
    Range::of_prefix(bucket.to_be_bytes().to_vec())
}

/// The row of an account in [`ACCOUNTS`].
pub(crate) fn account_key(account: Account) -> Vec<u8> {
    account.0.to_be_bytes().to_vec()
}

/// The row of a bucket in [`POLICIES`].
pub(crate) fn policy_key(bucket: u64) -> Vec<u8> {
    bucket.to_be_bytes().to_vec()
}

/// The row of a bucket in [`TRANSFORMS`].
pub(crate) fn transforms_key(bucket: &str) -> Vec<u8> {
    gateway::bucket::transforms::row::key(bucket)
}

/// The row of a bucket in [`CORS`].
pub(crate) fn cors_key(bucket: &str) -> Vec<u8> {
    gateway::bucket::cors::row::key(bucket)
}

/// The rows of a bucket in [`ACCESS_POINTS_OF`].
pub(crate) fn access_points_range(bucket: &str) -> Range {
    let std::ops::Range { start, end } = gateway::bucket::access_point::row::of_bucket(bucket);
    Range { start, end }
}

/// The key in [`ACCESS_POINTS`] and [`OBJECT_LAMBDAS`] of an access point.
pub(crate) fn access_point_key(account: &str, name: &str) -> Vec<u8> {
    gateway::bucket::access_point::row::key(account, name)
}

/// The row of a key in [`OBJECTS`]. Also the start of a listing at `key` or of a prefix.
pub(crate) fn object_key(bucket: u64, key: &str) -> Vec<u8> {
    prefixed(bucket, key.as_bytes())
}

/// The key inside a row key of [`OBJECTS`] or [`NULLS`]; `None` for a damaged row key.
pub(crate) fn split_object_key(row: &[u8]) -> Option<&str> {
    std::str::from_utf8(row.get(8..)?).ok()
}

/// The row of a key in [`NULLS`].
pub(crate) fn null_key(bucket: u64, key: &str) -> Vec<u8> {
    prefixed(bucket, key.as_bytes())
}

/// The row of a version in [`VERSIONS`]: newest first within a key.
pub(crate) fn version_key(bucket: u64, key: &str, sequence: u64) -> Vec<u8> {
    let mut row = escaped_key(bucket, key);
    row.extend_from_slice(&(!sequence).to_be_bytes());
    row
}

/// Every row of a key in [`VERSIONS`], newest first.
pub(crate) fn version_range(bucket: u64, key: &str) -> Range {
    Range::of_prefix(escaped_key(bucket, key))
}

/// The key and the sequence inside a row key of [`VERSIONS`]; `None` when the row key is not one.
pub(crate) fn split_version_key(row: &[u8]) -> Option<(Cow<'_, str>, u64)> {
    let (key, number) = split_escaped(row)?;
    Some((key, !number))
}

/// The row of an upload in [`UPLOADS`]: by key, then in order of initiation.
pub(crate) fn upload_key(bucket: u64, key: &str, sequence: u64) -> Vec<u8> {
    let mut row = escaped_key(bucket, key);
    row.extend_from_slice(&sequence.to_be_bytes());
    row
}

/// The key and the upload's sequence inside a row key of [`UPLOADS`]; `None` when the row key is
/// not one.
pub(crate) fn split_upload_key(row: &[u8]) -> Option<(Cow<'_, str>, u64)> {
    split_escaped(row)
}

/// Where rows of [`VERSIONS`] and [`UPLOADS`] begin whose key starts with `prefix`.
/// [`after_prefix`] of it is where they end.
pub(crate) fn escaped_prefix(bucket: u64, prefix: &str) -> Vec<u8> {
    let mut row = Vec::with_capacity(8 + prefix.len() + 16);
    row.extend_from_slice(&bucket.to_be_bytes());
    escape(&mut row, prefix.as_bytes());
    row
}

/// The row of a part in [`PARTS`].
pub(crate) fn part_key(upload: u64, number: u32) -> Vec<u8> {
    let mut row = upload.to_be_bytes().to_vec();
    row.extend_from_slice(&number.to_be_bytes());
    row
}

/// Every part of an upload, by part number.
pub(crate) fn part_range(upload: u64) -> Range {
    Range::of_prefix(upload.to_be_bytes().to_vec())
}

/// The row in [`MANIFESTS`] of page number `page` (from 0).
pub(crate) fn manifest_key(manifest: u64, page: usize) -> Vec<u8> {
    let first = u32::try_from(page.saturating_mul(MANIFEST_PAGE_PARTS)).unwrap_or(u32::MAX);
    let mut row = manifest.to_be_bytes().to_vec();
    row.extend_from_slice(&first.to_be_bytes());
    row
}

fn prefixed(id: u64, rest: &[u8]) -> Vec<u8> {
    let mut row = Vec::with_capacity(8 + rest.len());
    row.extend_from_slice(&id.to_be_bytes());
    row.extend_from_slice(rest);
    row
}

/// Bucket id and key, closed by a terminator that sorts before every continuation of the key, so
/// that what follows cannot disturb the order of keys.
fn escaped_key(bucket: u64, key: &str) -> Vec<u8> {
    let mut row = escaped_prefix(bucket, key);
    row.extend_from_slice(&[0, 0]);
    row
}

fn escape(row: &mut Vec<u8>, bytes: &[u8]) {
    for &byte in bytes {
        row.push(byte);
        if byte == 0 {
            row.push(0xFF);
        }
    }
}

fn split_escaped(row: &[u8]) -> Option<(Cow<'_, str>, u64)> {
    let (text, number) = row.get(8..)?.split_last_chunk::<8>()?;
    let text = text.strip_suffix(&[0, 0])?;
    Some((unescape(text)?, u64::from_be_bytes(*number)))
}

fn unescape(escaped: &[u8]) -> Option<Cow<'_, str>> {
    if !escaped.contains(&0) {
        return std::str::from_utf8(escaped).ok().map(Cow::Borrowed);
    }
    let mut bytes = Vec::with_capacity(escaped.len());
    let mut rest = escaped.iter();
    while let Some(&byte) = rest.next() {
        bytes.push(byte);
        if byte == 0 && rest.next() != Some(&0xFF) {
            return None;
        }
    }
    String::from_utf8(bytes).ok().map(Cow::Owned)
}
