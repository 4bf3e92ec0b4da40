//! GetBucketTagging, PutBucketTagging, DeleteBucketTagging.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketTagging.html>

use gateway::errors::{ErrorCode, Result, S3Error};
use gateway::object::tagging::{TagSet, Tagged};
use sdk::Response;

use crate::request::Request;
use crate::subresource::document;

/// GetBucketTagging. `NoSuchTagSet` when the bucket has no tags.
pub(crate) async fn get(request: &Request) -> Result<Response> {
    let tags = request.bucket_row()?.record.tags.clone();
    if tags.is_empty() {
        return Err(S3Error::new(ErrorCode::NoSuchTagSet).detail("BucketName", &*request.bucket));
    }
    Ok(Response::new(200).xml(TagSet { tags }.document()))
}

/// PutBucketTagging: the tags replace those that were there.
pub(crate) async fn put(request: &Request) -> Result<Response> {
    let TagSet { tags } = TagSet::parse_document(&document::receive(request).await?, Tagged::Bucket)?;
    super::change(request, |bucket| {
        bucket.tags.clone_from(&tags);
        Ok(())
    })
    .await?;
    Ok(Response::new(204))
}

/// DeleteBucketTagging.
pub(crate) async fn delete(request: &Request) -> Result<Response> {
    super::change(request, |bucket| {
        bucket.tags.clear();
        Ok(())
    })
    .await?;
    Ok(Response::new(204))
}
