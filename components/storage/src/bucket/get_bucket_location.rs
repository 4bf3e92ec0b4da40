//! GetBucketLocation: the region of a bucket.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html>

use gateway::errors::Result;
use gateway::xml::{XmlWriter, push_escaped};
use sdk::Response;

use super::region;
use crate::request::Request;

/// Answers the region as the text of the root element; empty for us-east-1, as from the time when it was the only one.
pub(crate) async fn handle(request: &Request) -> Result<Response> {
    let mut xml = XmlWriter::document("LocationConstraint");
    let region = request.bucket_row()?.record.region.as_str();
    if region != region::US_EAST_1 {
        let mut text = String::with_capacity(region.len());
        push_escaped(&mut text, region);
        xml.raw(&text);
    }
    Ok(Response::new(200).xml(xml.finish()))
}
