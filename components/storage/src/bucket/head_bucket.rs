//! HeadBucket: whether a bucket is there, and where.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html>

use gateway::bucket::access_point;
use gateway::errors::Result;
use gateway::policy::resource_arn;
use sdk::Response;

use crate::request::Request;

/// Responds 200 with the bucket's ARN and region. A bucket that is not there was refused when the
/// request was read.
pub(crate) async fn handle(request: &Request) -> Result<Response> {
    let row = request.bucket_row()?;
    let point = request.call.access_point();
    let by_alias = point.is_some_and(|point| access_point::is_alias(&point.address));
    Ok(Response::new(200)
        .header("x-amz-bucket-arn", &resource_arn(&request.bucket, None))
        .header("x-amz-bucket-region", &row.record.region)
        .header("x-amz-access-point-alias", if by_alias { "true" } else { "false" })
        .header("content-type", "application/xml"))
}
