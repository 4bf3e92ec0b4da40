//! GetBucketLocation: the region of a bucket.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html>

use gateway::errors::Result;
use gateway::operations::get_bucket_location::document;
use sdk::Response;

use crate::request::Request;

/// Responds with the region in which the bucket was created.
pub(crate) async fn handle(request: &Request) -> Result<Response> {
    Ok(Response::new(200).xml(document(&request.bucket_row()?.record.region)))
}
