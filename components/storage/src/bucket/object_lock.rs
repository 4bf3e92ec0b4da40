//! GetObjectLockConfiguration, PutObjectLockConfiguration.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectLockConfiguration.html>

use gateway::errors::{ErrorCode, Result, S3Error};
use gateway::object::object_lock::ObjectLockConfiguration;
use sdk::Response;

use crate::records::Versioning;
use crate::request::Request;
use crate::subresource::document;

/// GetObjectLockConfiguration.
pub(crate) async fn get(request: &Request) -> Result<Response> {
    let bucket = &request.bucket_row()?.record;
    let configuration = bucket.object_lock.ok_or_else(|| {
        S3Error::new(ErrorCode::ObjectLockConfigurationNotFoundError).detail("BucketName", &*request.bucket)
    })?;
    Ok(Response::new(200).xml(configuration.document()))
}

/// PutObjectLockConfiguration. Enables Object Lock in a bucket that has versioning enabled; nothing
/// disables it.
pub(crate) async fn put(request: &Request) -> Result<Response> {
    let body = document::receive(request).await?;
    let wanted = ObjectLockConfiguration::parse_document(&body)?;
    super::change(request, |bucket| {
        if bucket.versioning != Versioning::Enabled {
            return Err(S3Error::new(ErrorCode::InvalidBucketState)
                .message("Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration"));
        }
        bucket.object_lock = Some(wanted);
        Ok(())
    })
    .await?;
    Ok(Response::new(200))
}
