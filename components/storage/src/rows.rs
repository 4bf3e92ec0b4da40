//! Reads single rows of the storage tables, decoded.

use gateway::bucket::cors::Configuration;
use gateway::bucket::transforms::TransformRules;
use gateway::errors::Result;
use gateway::identity::account::Account;

use crate::index;
use crate::records::{AccountRow, BucketRow, ManifestPage, Part, PolicyRow, Record, Row, Upload, Version};
use crate::tables;

/// The row of `key` in `table`.
pub(crate) fn get<T: Record>(table: &str, key: Vec<u8>) -> Result<Option<Row<T>>> {
    index::get(table, key).map(decode).transpose()
}

/// A bucket by its name.
pub(crate) fn bucket(name: &str) -> Result<Option<Row<BucketRow>>> {
    get(tables::BUCKETS, tables::bucket_key(name))
}

/// The settings of an account.
pub(crate) fn account(account: Account) -> Result<Option<Row<AccountRow>>> {
    get(tables::ACCOUNTS, tables::account_key(account))
}

/// The policy of a bucket.
pub(crate) fn policy(bucket: u64) -> Result<Option<Row<PolicyRow>>> {
    get(tables::POLICIES, tables::policy_key(bucket))
}

/// The cross-origin rules of a bucket.
pub(crate) fn cors(bucket: &str) -> Result<Option<Row<Configuration>>> {
    get(tables::CORS, tables::cors_key(bucket))
}

/// The rules of a bucket about transforms.
pub(crate) fn transforms(bucket: &str) -> Result<Option<Row<TransformRules>>> {
    get(tables::TRANSFORMS, tables::transforms_key(bucket))
}

/// The current object of a key. `None` when there is none, or when its latest version is a delete
/// marker.
pub(crate) fn current(bucket: u64, key: &str) -> Result<Option<Row<Version>>> {
    get(tables::OBJECTS, tables::object_key(bucket, key))
}

/// A version in `versions`.
pub(crate) fn version(bucket: u64, key: &str, sequence: u64) -> Result<Option<Row<Version>>> {
    get(tables::VERSIONS, tables::version_key(bucket, key, sequence))
}

/// The newest version in `versions`: the delete marker that hides the key, or what becomes current
/// when the object in `objects` is deleted for good.
pub(crate) fn newest_version(bucket: u64, key: &str) -> Result<Option<Row<Version>>> {
    let range = tables::version_range(bucket, key);
    newest(&range.start, &range.end)
}

/// The newest version in `versions` that is older than `sequence`.
pub(crate) fn version_before(bucket: u64, key: &str, sequence: u64) -> Result<Option<Row<Version>>> {
    let start = tables::after_key(&tables::version_key(bucket, key, sequence));
    newest(&start, &tables::version_range(bucket, key).end)
}

fn newest(start: &[u8], end: &[u8]) -> Result<Option<Row<Version>>> {
    index::first(tables::VERSIONS, start, end).map(decode).transpose()
}

fn decode<T: Record>(entry: index::Entry) -> Result<Row<T>> {
    Ok(Row { record: T::decode(&entry.value)?, key: entry.key, revision: entry.revision })
}

/// Where the null version of a key is in `versions`: the row of `nulls`, holding its sequence.
pub(crate) fn null(bucket: u64, key: &str) -> Result<Option<Row<u64>>> {
    get(tables::NULLS, tables::null_key(bucket, key))
}

/// An upload by its key and the sequence in its id. The caller compares the nonce.
pub(crate) fn upload(bucket: u64, key: &str, sequence: u64) -> Result<Option<Row<Upload>>> {
    get(tables::UPLOADS, tables::upload_key(bucket, key, sequence))
}

/// A part of an upload.
pub(crate) fn part(upload: u64, number: u32) -> Result<Option<Row<Part>>> {
    get(tables::PARTS, tables::part_key(upload, number))
}

/// A page of a manifest, from 0. `None` when its version was deleted a moment ago. A reader then
/// looks for the version again; a writer will have a conflict.
pub(crate) fn manifest_page(manifest: u64, page: usize) -> Result<Option<Row<ManifestPage>>> {
    get(tables::MANIFESTS, tables::manifest_key(manifest, page))
}
