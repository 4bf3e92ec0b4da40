//! DeleteBucket: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucket.html>

use gateway::errors::{ErrorCode, Result, S3Error};
use sdk::Response;

use crate::index;
use crate::listing::source::{Cursor, Index};
use crate::multipart::parts;
use crate::plan::{ATTEMPTS_MAX, Plan, aborted};
use crate::records::{BucketRow, Row, Upload, Versioning};
use crate::request::Request;
use crate::tables::{self, Range};

/// Uploads that one batch aborts.
const UPLOADS_MAX: u32 = 16;
/// A batch that deletes this many parts takes no further upload.
const PARTS_MAX: usize = 10_000;

/// Deletes a bucket that has no objects, versions or delete markers. As in S3, uploads in progress
/// do not prevent it. They are aborted first, in batches.
pub(crate) async fn handle(request: &Request) -> Result<Response> {
    // A round that aborts uploads makes progress. Only a round that met another request's write
    // counts as an attempt.
    let mut attempts = 0;
    // The first round is in the step in which the decision was made. Before each later round time
    // has passed, so it is decided again.
    let mut rounds: u32 = 0;
    while attempts < ATTEMPTS_MAX {
        let (plan, round) = plan(&request.bucket, &request.bucket_just_decided(rounds).await?)?;
        rounds = rounds.saturating_add(1);
        match (plan.commit(&request.call).await?, round) {
            (Some(_), Round::Last) => return Ok(Response::new(204)),
            (Some(_), Round::MoreUploads) => {}
            (None, _) => attempts += 1,
        }
    }
    Err(aborted())
}

/// What is left after a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Round {
    /// The bucket, and uploads.
    MoreUploads,
    /// Nothing.
    Last,
}

fn plan(name: &str, bucket: &Row<BucketRow>) -> Result<(Plan, Round)> {
    let id = bucket.record.id;
    let mut plan = Plan::new();
    plan.require_bucket(bucket);
    let Range { start, end } = tables::access_points_range(name);
    if index::first(tables::ACCESS_POINTS_OF, &start, &end).is_some() {
        return Err(S3Error::new(ErrorCode::BucketHasAccessPointsAttached).detail("BucketName", name));
    }
    plan.require_empty(tables::ACCESS_POINTS_OF, Range { start, end });
    for table in [tables::OBJECTS, tables::VERSIONS] {
        let Range { start, end } = tables::bucket_range(id);
        if index::first(table, &start, &end).is_some() {
            return Err(not_empty(name, &bucket.record));
        }
        plan.require_empty(table, Range { start, end });
    }
    let uploads = uploads(id)?;
    let mut given_up = 0;
    for upload in &uploads {
        if given_up >= PARTS_MAX {
            return Ok((plan, Round::MoreUploads));
        }
        let parts = parts::all(upload.record.sequence)?;
        given_up += parts.len();
        parts::discard(&mut plan, upload, &parts);
    }
    if uploads.len() >= UPLOADS_MAX as usize {
        return Ok((plan, Round::MoreUploads));
    }
    require_no_others(&mut plan, id, &uploads);
    plan.end_bucket(bucket);
    plan.delete(tables::POLICIES, tables::policy_key(id));
    plan.delete(tables::CORS, tables::cors_key(name));
    plan.delete(tables::TRANSFORMS, tables::transforms_key(name));
    Ok((plan, Round::Last))
}

fn not_empty(name: &str, bucket: &BucketRow) -> S3Error {
    let error = S3Error::new(ErrorCode::BucketNotEmpty).detail("BucketName", name);
    match bucket.versioning {
        Versioning::Unversioned => error,
        Versioning::Enabled | Versioning::Suspended => error.message(
            "The bucket you tried to delete is not empty. You must delete all versions in the bucket.",
        ),
    }
}

/// The first uploads of the bucket. Fewer than [`UPLOADS_MAX`] are all that there are.
fn uploads(bucket: u64) -> Result<Vec<Row<Upload>>> {
    let Range { start, end } = tables::bucket_range(bucket);
    let mut cursor = Cursor::new(&Index, tables::UPLOADS, start, end, UPLOADS_MAX);
    let mut uploads = Vec::new();
    while uploads.len() < UPLOADS_MAX as usize {
        cursor.load();
        let Some(row) = cursor.row() else { break };
        uploads.push(Row::decode(row)?);
        cursor.advance();
    }
    Ok(uploads)
}

/// Requires that these are all uploads of the bucket: none between them, none behind. So no upload
/// is left without its bucket.
fn require_no_others(plan: &mut Plan, bucket: u64, uploads: &[Row<Upload>]) {
    let Range { mut start, end } = tables::bucket_range(bucket);
    for upload in uploads {
        plan.require_empty(tables::UPLOADS, Range { start, end: upload.key.clone() });
        start = tables::after_key(&upload.key);
    }
    plan.require_empty(tables::UPLOADS, Range { start, end });
}

#[cfg(test)]
mod tests;
