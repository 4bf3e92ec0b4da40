//! GetBucketEncryption, PutBucketEncryption, DeleteBucketEncryption.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketEncryption.html>. The stage
//! `encryption` seals new objects accordingly.

use gateway::bucket::encryption::BucketEncryption;
use gateway::errors::Result;
use sdk::Response;

use crate::request::Request;
use crate::subresource::document;

/// GetBucketEncryption. Every bucket has a configuration, as in S3 since 2023.
pub(crate) async fn get(request: &Request) -> Result<Response> {
    let encryption = &request.bucket_row()?.record.encryption;
    Ok(Response::new(200).xml(encryption.document()))
}

/// PutBucketEncryption. It concerns new objects only; stored ones stay as they are.
pub(crate) async fn put(request: &Request) -> Result<Response> {
    let body = document::receive(request).await?;
    super::change(request, |bucket| {
        let blocks = bucket.encryption.blocks_sse_c;
        bucket.encryption = BucketEncryption::parse_document(&body, blocks)?;
        Ok(())
    })
    .await?;
    Ok(Response::new(200))
}

/// DeleteBucketEncryption: the default is SSE-S3 again. Whether the bucket blocks SSE-C stays as it
/// is.
pub(crate) async fn delete(request: &Request) -> Result<Response> {
    super::change(request, |bucket| {
        let blocks_sse_c = bucket.encryption.blocks_sse_c;
        bucket.encryption = BucketEncryption { blocks_sse_c, ..BucketEncryption::default() };
        Ok(())
    })
    .await?;
    Ok(Response::new(204))
}
