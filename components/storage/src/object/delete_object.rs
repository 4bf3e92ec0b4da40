//! DeleteObject: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html>

use gateway::errors::{ErrorCode, Result};
use gateway::object::precondition::{DeletePreconditions, DeleteTarget};
use sdk::Response;

use crate::plan::{ATTEMPTS_MAX, Plan, contended};
use crate::records::{BucketRow, Version, VersionId, Versioning};
use crate::request::Request;
use crate::rows;
use crate::subresource::lock::{self, Bypass};
use crate::subresource::second_factor::{self, SecondFactor};

use super::write::{self, KeyAsRead};
use super::{headers, read};

/// What is to be deleted, by DeleteObject or by an element of DeleteObjects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Deletion {
    /// The key.
    pub(crate) key: String,
    /// The version; without one, the key is deleted or hidden.
    pub(crate) version: Option<VersionId>,
    /// The preconditions.
    pub(crate) conditions: DeletePreconditions,
    /// Whether a retention in governance mode is in the way.
    pub(crate) bypass: Bypass,
    /// The one-time code, where the bucket requires one to delete a version.
    pub(crate) factor: SecondFactor,
    /// Milliseconds since 1970.
    pub(crate) now_ms: u64,
}

/// What a deletion did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Deleted {
    /// `x-amz-version-id`: the version that was deleted, or the delete marker that was made.
    pub(crate) version: Option<VersionId>,
    /// Whether that version is a delete marker.
    pub(crate) is_marker: bool,
    /// Whether there is anything to commit.
    pub(crate) changes: bool,
}

/// DeleteObject.
pub(crate) async fn handle(request: &Request) -> Result<Response> {
    let version = request.query.get("versionId").map(read::parse_version_id).transpose()?;
    let deletion = Deletion {
        key: request.key.clone(),
        version,
        conditions: DeletePreconditions::parse(&request.headers)?,
        bypass: Bypass::of(&request.headers),
        factor: if version.is_some() { SecondFactor::of(request)? } else { SecondFactor::Missing },
        now_ms: request.now_ms(),
    };
    let deleted = commit(request, &deletion).await?;
    let mut lines = String::new();
    if deleted.is_marker {
        lines.push_str("x-amz-delete-marker: true\n");
    }
    if let Some(id) = deleted.version {
        headers::push_id(&mut lines, "x-amz-version-id", id);
    }
    Ok(Response::with_lines(204, lines))
}

/// Carries out one deletion.
pub(crate) async fn commit(request: &Request, deletion: &Deletion) -> Result<Deleted> {
    for attempt in 0..ATTEMPTS_MAX {
        let bucket = request.bucket_just_decided(attempt).await?;
        let mut plan = Plan::new();
        plan.require_bucket(&bucket);
        let deleted = add(&mut plan, &bucket.record, deletion)?;
        if !deleted.changes || plan.commit(&request.call).await?.is_some() {
            return Ok(deleted);
        }
    }
    Err(contended())
}

/// Plans a deletion. One batch may hold deletions of several keys, but not two of one key: the
/// second would not see what the first changes.
pub(crate) fn add(plan: &mut Plan, bucket: &BucketRow, deletion: &Deletion) -> Result<Deleted> {
    match deletion.version {
        Some(id) => add_version(plan, bucket, deletion, id),
        None => add_current(plan, bucket, deletion),
    }
}

fn add_version(plan: &mut Plan, bucket: &BucketRow, deletion: &Deletion, id: VersionId) -> Result<Deleted> {
    deletion.conditions.check_version()?;
    second_factor::check_delete(bucket, deletion.factor)?;
    let answer = Deleted { version: Some(id), is_marker: false, changes: false };
    let answer = match bucket.versioning {
        Versioning::Unversioned => Deleted { version: None, ..answer },
        Versioning::Enabled | Versioning::Suspended => answer,
    };
    let Some(found) = read::version(bucket, &deletion.key, id)? else { return Ok(answer) };
    let target = &found.row.record;
    deletion.conditions.check(Some(observed(target)))?;
    lock::check_delete(target, deletion.now_ms, deletion.bypass)?;
    let as_read = KeyAsRead::read(bucket, &deletion.key)?;
    write::delete_version(plan, &as_read, found.table, &found.row)?;
    Ok(Deleted { is_marker: target.summary.is_delete_marker(), changes: true, ..answer })
}

fn add_current(plan: &mut Plan, bucket: &BucketRow, deletion: &Deletion) -> Result<Deleted> {
    let as_read = KeyAsRead::read(bucket, &deletion.key)?;
    if deletion.conditions.is_conditional() {
        let hidden = match (&as_read.current, bucket.versioning) {
            (None, Versioning::Enabled | Versioning::Suspended) => {
                rows::newest_version(bucket.id, &deletion.key)?
            }
            _ => None,
        };
        let target = as_read.current.as_ref().or(hidden.as_ref());
        deletion.conditions.check(target.map(|row| observed(&row.record))).map_err(|error| {
            match error.code {
                ErrorCode::NoSuchKey => error.detail("Key", &*deletion.key),
                _ => error,
            }
        })?;
    }
    let marker = write::delete_current(plan, &as_read, deletion.now_ms)?;
    Ok(Deleted {
        version: marker.map(|marker| marker.version_id()),
        is_marker: marker.is_some(),
        changes: marker.is_some() || as_read.current.is_some(),
    })
}

/// What the preconditions of a delete are evaluated on. A delete marker has no ETag.
fn observed(version: &Version) -> DeleteTarget {
    let summary = &version.summary;
    let etag = (!summary.is_delete_marker()).then_some(summary.etag);
    DeleteTarget { etag, size: summary.size, modified_ms: summary.modified_ms }
}
