//! Plans every change of a key's versions: a new current version, a new delete marker, the end of
//! one version. No other file does.
//!
//! | versioning  | new object                                        | DELETE without version id |
//! | ----------- | ------------------------------------------------- | ------------------------- |
//! | never       | replaces the current one                          | deletes the current one   |
//! | enabled     | the current one becomes noncurrent                | the same, a marker with an id is on top |
//! | suspended   | replaces the null version, others become noncurrent | the same, the null version is a marker |
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/versioning-workflows.html>
//!
//! Every function here leaves the invariants of [`tables`] true, provided that the batch commits
//! with the requirements that it adds.

use gateway::errors::{ErrorCode, Result, S3Error};
use gateway::identity::account::Account;
use gateway::object::checksum::ChecksumType;
use gateway::object::etag::ETag;
use gateway::object::precondition::WritePreconditions;
use gateway::object::storage_class::StorageClass;

use crate::index;
use crate::plan::{Plan, contended};
use crate::records::{AlgorithmSet, BucketRow, Details, Kind, Row, Summary, Version, Versioning};
use crate::subresource::lock;
use crate::{rows, tables};

#[cfg(test)]
pub(crate) mod tests;

/// Which key is written, and what was read of it.
#[derive(Debug)]
pub(crate) struct KeyAsRead<'a> {
    /// The bucket, as read. The caller requires its row unchanged.
    pub(crate) bucket: &'a BucketRow,
    /// The key.
    pub(crate) key: &'a str,
    /// The row of the key in `objects`, as read.
    pub(crate) current: Option<Row<Version>>,
}

impl<'a> KeyAsRead<'a> {
    /// Reads the current object of a key.
    pub(crate) fn read(bucket: &'a BucketRow, key: &'a str) -> Result<KeyAsRead<'a>> {
        Ok(KeyAsRead { bucket, key, current: rows::current(bucket.id, key)? })
    }

    fn object_key(&self) -> Vec<u8> {
        tables::object_key(self.bucket.id, self.key)
    }

    fn version_key(&self, sequence: u64) -> Vec<u8> {
        tables::version_key(self.bucket.id, self.key, sequence)
    }

    fn null_key(&self) -> Vec<u8> {
        tables::null_key(self.bucket.id, self.key)
    }
}

/// Evaluates the preconditions of a write: `PreconditionFailed`, or `NoSuchKey` for an `If-Match`
/// where there is no object.
pub(crate) fn check(conditions: &WritePreconditions, as_read: &KeyAsRead<'_>) -> Result<()> {
    let etag = as_read.current.as_ref().map(|row| row.record.summary.etag);
    conditions.check(etag.as_ref()).map_err(|error| match error.code {
        ErrorCode::NoSuchKey => error.detail("Key", as_read.key),
        _ => error,
    })
}

/// The error of a write whose rows changed at every attempt.
pub(crate) fn conflict(conditions: &WritePreconditions) -> S3Error {
    if conditions.is_conditional() { ErrorCode::ConditionalRequestConflict.into() } else { contended() }
}

/// What a new version is made of. [`put`] gives it its sequence among the versions.
#[derive(Clone, Debug)]
pub(crate) struct NewObject {
    /// Who owns it.
    pub(crate) owner: Account,
    /// When it was written, in milliseconds since 1970.
    pub(crate) modified_ms: u64,
    /// Bytes.
    pub(crate) size: u64,
    /// ETag.
    pub(crate) etag: ETag,
    /// Storage class.
    pub(crate) storage_class: StorageClass,
    /// What `details.checksums` cover.
    pub(crate) checksum_type: ChecksumType,
    /// Everything else.
    pub(crate) details: Details,
}

/// Plans `object` as the current version of a key, and returns its summary.
///
/// Requires that the key is as in `as_read`, and frees the version that is replaced, if there is
/// one. The caller keeps the references to the new version's own blobs. Call it once for each
/// attempt, after `as_read` was read: it draws the sequence of the new version, and sequences have
/// to rise.
pub(crate) fn put(plan: &mut Plan, as_read: &KeyAsRead<'_>, object: &NewObject) -> Result<Summary> {
    // After the rows were read: a sequence drawn now is larger than that of every version that they
    // name.
    let sequence = index::next_sequence();
    let summary = Summary {
        kind: Kind::Object,
        sequence,
        nonce: index::random(),
        null: as_read.bucket.versioning != Versioning::Enabled,
        modified_ms: object.modified_ms,
        size: object.size,
        etag: object.etag,
        storage_class: object.storage_class,
        checksum_algorithms: AlgorithmSet::of(&object.details.checksums),
        checksum_type: object.checksum_type,
        owner: object.owner,
    };
    require_newest(plan, as_read, sequence);
    if clear_way(plan, as_read, object.modified_ms)? == NullRow::Stale {
        plan.delete(tables::NULLS, as_read.null_key());
    }
    let version = Version { summary, details: object.details.clone() };
    match &as_read.current {
        Some(current) => plan.replace(tables::OBJECTS, current, &version)?,
        None => plan.put(tables::OBJECTS, as_read.object_key(), &version)?,
    }
    Ok(summary)
}

/// Plans what DELETE without a version id does: nothing is left in a bucket without versioning
/// (`None`), a delete marker is on top in any other.
pub(crate) fn delete_current(
    plan: &mut Plan,
    as_read: &KeyAsRead<'_>,
    now_ms: u64,
) -> Result<Option<Summary>> {
    if as_read.bucket.versioning == Versioning::Unversioned {
        plan.require_as_read(tables::OBJECTS, &as_read.object_key(), as_read.current.as_ref());
        if let Some(current) = &as_read.current {
            lock::check_replace(&current.record, now_ms)?;
            plan.free_body(&current.record.details.body)?;
            plan.delete_row(tables::OBJECTS, current);
        }
        return Ok(None);
    }
    let marker = delete_marker(as_read.bucket, now_ms);
    require_newest(plan, as_read, marker.sequence);
    let null_row = clear_way(plan, as_read, now_ms)?;
    if let Some(current) = &as_read.current {
        plan.delete_row(tables::OBJECTS, current);
        // A marker that hides nothing is a row like any other: without end, and counted.
        plan.lift_quotas();
    }
    if marker.null {
        plan.put(tables::NULLS, as_read.null_key(), &marker.sequence)?;
    } else if null_row == NullRow::Stale {
        plan.delete(tables::NULLS, as_read.null_key());
    }
    let version = Version { summary: marker, details: Details::default() };
    plan.put(tables::VERSIONS, as_read.version_key(marker.sequence), &version)?;
    Ok(Some(marker))
}

/// Where a version's row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Table {
    /// In `objects`: it is current.
    Objects,
    /// In `versions`.
    Versions,
}

/// Plans the end of one version, read as `target` from `table`. When it was the latest one and an
/// object is below it, that object becomes current.
pub(crate) fn delete_version(
    plan: &mut Plan,
    as_read: &KeyAsRead<'_>,
    table: Table,
    target: &Row<Version>,
) -> Result<()> {
    let bucket = as_read.bucket.id;
    plan.free_body(&target.record.details.body)?;
    match table {
        Table::Objects => {
            plan.require_unchanged(tables::OBJECTS, target);
            let next = match as_read.bucket.versioning {
                // Such a bucket has no rows in `versions`.
                Versioning::Unversioned => None,
                Versioning::Enabled | Versioning::Suspended => rows::newest_version(bucket, as_read.key)?,
            };
            match next {
                Some(next) if !next.record.summary.is_delete_marker() => {
                    promote(plan, as_read, &next, Some(target))?;
                }
                // The marker hides what is below. If it were deleted at the same time, the object
                // below would have to become current.
                Some(marker) => {
                    plan.require_unchanged(tables::VERSIONS, &marker);
                    plan.delete_row(tables::OBJECTS, target);
                }
                None => plan.delete_row(tables::OBJECTS, target),
            }
        }
        Table::Versions => {
            plan.require_as_read(tables::OBJECTS, &as_read.object_key(), as_read.current.as_ref());
            plan.require_unchanged(tables::VERSIONS, target);
            plan.delete_row(tables::VERSIONS, target);
            if target.record.summary.null {
                plan.delete(tables::NULLS, as_read.null_key());
            }
            if as_read.current.is_none() {
                uncover(plan, as_read, target)?;
            }
        }
    }
    Ok(())
}

/// `target` in `versions` is about to go, and no object is current: if it is the marker on top, the
/// object below it comes to light.
fn uncover(plan: &mut Plan, as_read: &KeyAsRead<'_>, target: &Row<Version>) -> Result<()> {
    let bucket = as_read.bucket.id;
    match rows::newest_version(bucket, as_read.key)? {
        Some(newest) if newest.key != target.key => {
            // Another request may delete the newest version at the same time. It must not miss that
            // the version below is gone.
            plan.require_unchanged(tables::VERSIONS, &newest);
        }
        _ => {
            let mut newer = tables::version_range(bucket, as_read.key);
            newer.end = target.key.clone();
            plan.require_empty(tables::VERSIONS, newer);
            match rows::version_before(bucket, as_read.key, target.record.summary.sequence)? {
                Some(next) if !next.record.summary.is_delete_marker() => {
                    promote(plan, as_read, &next, None)?;
                }
                Some(marker) => plan.require_unchanged(tables::VERSIONS, &marker),
                None => {}
            }
        }
    }
    Ok(())
}

/// Moves a version from `versions` to `objects`, in the place of `current` if that is there.
fn promote(
    plan: &mut Plan,
    as_read: &KeyAsRead<'_>,
    next: &Row<Version>,
    current: Option<&Row<Version>>,
) -> Result<()> {
    plan.require_unchanged(tables::VERSIONS, next);
    plan.delete_row(tables::VERSIONS, next);
    if next.record.summary.null {
        plan.delete(tables::NULLS, as_read.null_key());
    }
    match current {
        Some(current) => plan.replace(tables::OBJECTS, current, &next.record),
        None => plan.put(tables::OBJECTS, as_read.object_key(), &next.record),
    }
}

/// Requires that the key is as it was read, and that it got no version newer than that was.
///
/// Every writer changes the row in `objects`, except one that adds a delete marker where there is
/// no such row. That marker would be in the range that must be empty.
fn require_newest(plan: &mut Plan, as_read: &KeyAsRead<'_>, sequence: u64) {
    plan.require_as_read(tables::OBJECTS, &as_read.object_key(), as_read.current.as_ref());
    if as_read.current.is_none() && as_read.bucket.versioning != Versioning::Unversioned {
        let mut newer = tables::version_range(as_read.bucket.id, as_read.key);
        newer.end = as_read.version_key(sequence);
        plan.require_empty(tables::VERSIONS, newer);
    }
}

/// What became of the key's row in `nulls`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum NullRow {
    /// It is as it has to be.
    Settled,
    /// The plan ends the version that it names: the caller must delete it or write it anew.
    Stale,
}

/// Makes room for a new latest version: the current one becomes noncurrent, or ends where the new
/// one replaces it.
fn clear_way(plan: &mut Plan, as_read: &KeyAsRead<'_>, now_ms: u64) -> Result<NullRow> {
    let replaces_null = as_read.bucket.versioning != Versioning::Enabled;
    match &as_read.current {
        Some(current) if replaces_null && current.record.summary.null => {
            // The null version is in `objects`, so `nulls` has no row.
            lock::check_replace(&current.record, now_ms)?;
            plan.free_body(&current.record.details.body)?;
            return Ok(NullRow::Settled);
        }
        Some(current) => {
            let sequence = current.record.summary.sequence;
            plan.put(tables::VERSIONS, as_read.version_key(sequence), &current.record)?;
            if current.record.summary.null {
                plan.put(tables::NULLS, as_read.null_key(), &sequence)?;
            }
        }
        None => {}
    }
    match as_read.bucket.versioning {
        Versioning::Suspended => end_noncurrent_null(plan, as_read, now_ms),
        Versioning::Unversioned | Versioning::Enabled => Ok(NullRow::Settled),
    }
}

/// Plans the end of the null version where it is noncurrent or a delete marker.
fn end_noncurrent_null(plan: &mut Plan, as_read: &KeyAsRead<'_>, now_ms: u64) -> Result<NullRow> {
    let bucket = as_read.bucket.id;
    let Some(null) = rows::null(bucket, as_read.key)? else {
        plan.require_absent(tables::NULLS, as_read.null_key());
        return Ok(NullRow::Settled);
    };
    plan.require_unchanged(tables::NULLS, &null);
    if let Some(version) = rows::version(bucket, as_read.key, null.record)? {
        lock::check_replace(&version.record, now_ms)?;
        plan.require_unchanged(tables::VERSIONS, &version);
        plan.free_body(&version.record.details.body)?;
        plan.delete_row(tables::VERSIONS, &version);
    }
    Ok(NullRow::Stale)
}

fn delete_marker(bucket: &BucketRow, now_ms: u64) -> Summary {
    Summary {
        kind: Kind::DeleteMarker,
        sequence: index::next_sequence(),
        nonce: index::random(),
        null: bucket.versioning == Versioning::Suspended,
        modified_ms: now_ms,
        size: 0,
        etag: ETag::default(),
        storage_class: StorageClass::Standard,
        checksum_algorithms: AlgorithmSet::default(),
        checksum_type: ChecksumType::FullObject,
        owner: bucket.owner,
    }
}
