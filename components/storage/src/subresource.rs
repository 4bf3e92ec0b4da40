//! Operations on what belongs to a version of an object: its ACL, tags, retention and legal hold.

pub(crate) mod acl;
pub(crate) mod document;
pub(crate) mod legal_hold;
pub(crate) mod lock;
pub(crate) mod retention;
pub(crate) mod second_factor;
pub(crate) mod tagging;

use gateway::errors::{Result, S3Error};
use sdk::Response;

use crate::object::headers;
use crate::plan::{ATTEMPTS_MAX, Plan, contended};
use crate::records::{BucketRow, Version};
use crate::request::Request;

/// Changes the version that the request names. Its id and its order among the versions of its key
/// stay. `change` gets the version as it is now, and may refuse. It runs again when another request
/// wrote the row meanwhile.
async fn change(
    request: &Request,
    change: impl Fn(&BucketRow, &mut Version) -> Result<()>,
) -> Result<(BucketRow, Version)> {
    for attempt in 0..ATTEMPTS_MAX {
        let bucket = request.bucket_just_decided(attempt).await?;
        let found = request.object(&bucket.record)?;
        // Another request may have given the object another owner, ACL or tags. The decision was
        // not on that.
        if let Some(decided_on) = &request.decided_on {
            decided_on.check(&found.row.record)?;
        }
        let mut changed = found.row.record.clone();
        change(&bucket.record, &mut changed)?;
        let mut plan = Plan::new();
        plan.require_bucket(&bucket);
        plan.require_unchanged(found.table_name(), &found.row);
        plan.replace(found.table_name(), &found.row, &changed)?;
        if plan.commit(&request.call).await?.is_some() {
            return Ok((bucket.record, changed));
        }
    }
    Err(contended())
}

/// A response about a version: with `x-amz-version-id`, in buckets that have or had versioning.
fn respond(status: u16, bucket: &BucketRow, version: &Version) -> Response {
    let mut lines = String::new();
    headers::push_version_id(&mut lines, bucket, &version.summary);
    Response::with_lines(status, lines)
}

/// `InvalidRequest` for a bucket in which Object Lock is not enabled.
fn check_object_lock(bucket: &BucketRow) -> Result<()> {
    match bucket.object_lock {
        Some(_) => Ok(()),
        None => Err(S3Error::invalid_request("Bucket is missing Object Lock Configuration")),
    }
}
