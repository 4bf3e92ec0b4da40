//! GetBucketVersioning, PutBucketVersioning.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketVersioning.html>

use gateway::errors::{ErrorCode, Result, S3Error};
use gateway::operations::bucket_versioning;
use gateway::versioning::VersioningStatus;
use sdk::Response;

use crate::records::Versioning;
use crate::request::Request;
use crate::subresource::document;

/// GetBucketVersioning. A bucket that never had versioning enabled answers no `Status` at all.
pub(crate) async fn get(request: &Request) -> Result<Response> {
    let status = match request.bucket_row()?.record.versioning {
        Versioning::Unversioned => None,
        Versioning::Enabled => Some(VersioningStatus::Enabled),
        Versioning::Suspended => Some(VersioningStatus::Suspended),
    };
    Ok(Response::new(200).xml(bucket_versioning::document(status)))
}

/// PutBucketVersioning. Object Lock needs versions: with it, versioning cannot be suspended (409
/// `InvalidBucketState`).
pub(crate) async fn put(request: &Request) -> Result<Response> {
    let wanted = match bucket_versioning::parse(&document::receive(request).await?)? {
        VersioningStatus::Enabled => Versioning::Enabled,
        VersioningStatus::Suspended => Versioning::Suspended,
    };
    super::change(request, |bucket| {
        if bucket.object_lock.is_some() && wanted != Versioning::Enabled {
            return Err(S3Error::new(ErrorCode::InvalidBucketState).message(
                "An Object Lock configuration is present on this bucket, so the versioning state cannot be \
                 changed.",
            ));
        }
        bucket.versioning = wanted;
        Ok(())
    })
    .await?;
    Ok(Response::new(200))
}
