//! GetObjectTagging, PutObjectTagging, DeleteObjectTagging.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectTagging.html>

use gateway::errors::Result;
use gateway::object::tagging::{TagSet, Tagged};
use sdk::Response;

use super::{change, respond};
use crate::request::Request;
use crate::subresource::document;

/// GetObjectTagging. An object without tags has an empty set.
pub(crate) async fn get(request: &Request) -> Result<Response> {
    let bucket = &request.bucket_row()?.record;
    let version = request.object(bucket)?.row.record;
    let tags = version.details.tags.clone();
    Ok(respond(200, bucket, &version).xml(TagSet { tags }.document()))
}

/// PutObjectTagging: the tags replace those that were there.
pub(crate) async fn put(request: &Request) -> Result<Response> {
    let TagSet { tags } = TagSet::parse_document(&document::receive(request).await?, Tagged::Object)?;
    let (bucket, version) = change(request, |_, version| {
        version.details.tags.clone_from(&tags);
        Ok(())
    })
    .await?;
    Ok(respond(200, &bucket, &version))
}

/// DeleteObjectTagging.
pub(crate) async fn delete(request: &Request) -> Result<Response> {
    let (bucket, version) = change(request, |_, version| {
        version.details.tags.clear();
        Ok(())
    })
    .await?;
    Ok(respond(204, &bucket, &version))
}
