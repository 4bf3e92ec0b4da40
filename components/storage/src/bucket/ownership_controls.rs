//! GetBucketOwnershipControls, PutBucketOwnershipControls, DeleteBucketOwnershipControls.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketOwnershipControls.html>

use gateway::bucket::object_ownership::ObjectOwnership;
use gateway::errors::{ErrorCode, Result, S3Error};
use sdk::Response;

use crate::request::Request;
use crate::subresource::document;

/// GetBucketOwnershipControls. `OwnershipControlsNotFoundError` after they were deleted.
pub(crate) async fn get(request: &Request) -> Result<Response> {
    match request.bucket_row()?.record.ownership {
        Some(ownership) => Ok(Response::new(200).xml(ownership.document())),
        None => {
            Err(S3Error::new(ErrorCode::OwnershipControlsNotFoundError)
                .detail("BucketName", &*request.bucket))
        }
    }
}

/// PutBucketOwnershipControls. Disabling ACLs is refused while the bucket's ACL grants something to
/// others: `InvalidBucketAclWithObjectOwnership`. ACLs of objects are kept, and count again when
/// ACLs are enabled again.
pub(crate) async fn put(request: &Request) -> Result<Response> {
    let wanted = ObjectOwnership::parse_document(&document::receive(request).await?)?;
    super::change(request, |bucket| {
        wanted.check_bucket_acl(&bucket.acl.to_acl(bucket.owner), bucket.owner)?;
        bucket.ownership = Some(wanted);
        Ok(())
    })
    .await?;
    Ok(Response::new(200))
}

/// DeleteBucketOwnershipControls. From then on, an object belongs to the account that writes it
/// (`ObjectWriter`).
pub(crate) async fn delete(request: &Request) -> Result<Response> {
    super::change(request, |bucket| {
        bucket.ownership = None;
        Ok(())
    })
    .await?;
    Ok(Response::new(204))
}
