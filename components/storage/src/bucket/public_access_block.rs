//! GetPublicAccessBlock, PutPublicAccessBlock, DeletePublicAccessBlock.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutPublicAccessBlock.html>

use gateway::bucket::public_access_block::PublicAccessBlock;
use gateway::errors::{ErrorCode, Result, S3Error};
use sdk::Response;

use crate::request::Request;
use crate::subresource::document;

/// GetPublicAccessBlock. `NoSuchPublicAccessBlockConfiguration` when there is none.
pub(crate) async fn get(request: &Request) -> Result<Response> {
    match request.bucket_row()?.record.public_access {
        Some(block) => Ok(Response::new(200).xml(block.document())),
        None => Err(S3Error::new(ErrorCode::NoSuchPublicAccessBlockConfiguration)
            .detail("BucketName", &*request.bucket)),
    }
}

/// PutPublicAccessBlock. It takes nothing away for good: ACLs and policies that were there count
/// again when their switch is turned off.
pub(crate) async fn put(request: &Request) -> Result<Response> {
    let block = PublicAccessBlock::parse_document(&document::receive(request).await?)?;
    super::change(request, |bucket| {
        bucket.public_access = Some(block);
        Ok(())
    })
    .await?;
    Ok(Response::new(200))
}

/// DeletePublicAccessBlock.
pub(crate) async fn delete(request: &Request) -> Result<Response> {
    super::change(request, |bucket| {
        bucket.public_access = None;
        Ok(())
    })
    .await?;
    Ok(Response::new(204))
}
