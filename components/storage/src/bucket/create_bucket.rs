//! CreateBucket.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html>

use gateway::errors::{ErrorCode, Result, S3Error};
use gateway::operations::create_bucket::Input;
use sdk::Response;

use super::region;
use crate::plan::{ATTEMPTS_MAX, Plan, aborted};
use crate::records::{Account, BucketRow, ObjectLockConfiguration, Versioning};
use crate::request::Request;
use crate::subresource::document;
use crate::{index, rows, tables};

/// Creates the bucket for the account that asks.
///
/// A name that is taken is `BucketAlreadyExists`, or `BucketAlreadyOwnedByYou` for its owner; with the
/// setting `recreate_own_bucket` = `ok` the owner gets 200 and the bucket stays as it is, as in us-east-1.
pub(crate) async fn handle(request: &Request) -> Result<Response> {
    let owner = request.account().ok_or(ErrorCode::AccessDenied)?;
    let body = document::receive_optional(request).await?;
    let input = Input::parse(&request.bucket, &request.headers, &body)?;
    let region = region::of_new_bucket(input.location.as_deref(), &region::of_deployment())?;
    for _ in 0..ATTEMPTS_MAX {
        if let Some(existing) = rows::bucket(&request.bucket)? {
            return taken(request, owner, &existing.record);
        }
        let row = BucketRow {
            id: index::next_sequence(),
            owner,
            created_ms: request.now_ms(),
            region: region.clone(),
            versioning: if input.object_lock { Versioning::Enabled } else { Versioning::Unversioned },
            object_lock: input.object_lock.then(ObjectLockConfiguration::default),
            tags: input.tags.tags.clone(),
        };
        let mut plan = Plan::new();
        let key = tables::bucket_key(&request.bucket);
        plan.require_absent(tables::BUCKETS, key.clone());
        plan.put(tables::BUCKETS, key, &row)?;
        if plan.commit(&request.call).await?.is_some() {
            return Ok(created(&request.bucket));
        }
    }
    Err(aborted())
}

fn created(bucket: &str) -> Response {
    Response::new(200)
        .header("location", &format!("/{bucket}"))
        .header("x-amz-bucket-arn", &format!("arn:aws:s3:::{bucket}"))
}

fn taken(request: &Request, owner: Account, existing: &BucketRow) -> Result<Response> {
    let code = if existing.owner != owner {
        ErrorCode::BucketAlreadyExists
    } else if sdk::settings::get("recreate_own_bucket").as_deref() == Some("ok") {
        return Ok(created(&request.bucket));
    } else {
        ErrorCode::BucketAlreadyOwnedByYou
    };
    Err(S3Error::new(code).detail("BucketName", &*request.bucket))
}
