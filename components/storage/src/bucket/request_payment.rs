//! GetBucketRequestPayment, PutBucketRequestPayment.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketRequestPayment.html>. `policy`
//! checks that requesters agree to pay.

use gateway::bucket::request_payment::Payer;
use gateway::errors::Result;
use sdk::Response;

use crate::request::Request;
use crate::subresource::document;

/// GetBucketRequestPayment.
pub(crate) async fn get(request: &Request) -> Result<Response> {
    let payer = request.bucket_row()?.record.payer;
    Ok(Response::new(200).xml(payer.document()))
}

/// PutBucketRequestPayment.
pub(crate) async fn put(request: &Request) -> Result<Response> {
    let payer = Payer::parse_document(&document::receive(request).await?)?;
    super::change(request, |bucket| {
        bucket.payer = payer;
        Ok(())
    })
    .await?;
    Ok(Response::new(200))
}
