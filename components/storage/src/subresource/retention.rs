//! GetObjectRetention, PutObjectRetention.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectRetention.html>

use gateway::errors::{ErrorCode, Result, S3Error};
use gateway::object::object_lock::Retention;
use sdk::Response;

use super::lock::{Bypass, check_retention_change};
use super::{change, check_object_lock, respond};
use crate::request::Request;
use crate::subresource::document;

/// GetObjectRetention. `NoSuchObjectLockConfiguration` for a version that never had one.
pub(crate) async fn get(request: &Request) -> Result<Response> {
    let bucket = &request.bucket_row()?.record;
    check_object_lock(bucket)?;
    let version = request.object(bucket)?.row.record;
    match version.details.retention {
        Some(retention) => Ok(Response::new(200).xml(retention.document())),
        None => Err(S3Error::new(ErrorCode::NoSuchObjectLockConfiguration).detail("Key", &*request.key)),
    }
}

/// PutObjectRetention. An empty document takes the retention away, where the rules of Object Lock
/// allow it.
pub(crate) async fn put(request: &Request) -> Result<Response> {
    check_object_lock(&request.bucket_row()?.record)?;
    let now_ms = request.now_ms();
    let body = document::receive(request).await?;
    let wanted = Retention::parse_document(&body, now_ms)?;
    let bypass = Bypass::of(&request.headers);
    let (bucket, version) = change(request, |bucket, version| {
        check_object_lock(bucket)?;
        check_retention_change(version.details.retention, wanted, now_ms, bypass)?;
        version.details.retention = wanted;
        Ok(())
    })
    .await?;
    Ok(respond(200, &bucket, &version))
}
