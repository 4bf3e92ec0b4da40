//! GetBucketCors, PutBucketCors, DeleteBucketCors.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketCors.html>. The rules are a row of
//! their own, under the bucket's name: the stage `cors`, which acts by them, reads that row and no
//! other, and the row of the bucket stays small.

use gateway::bucket::cors::Configuration;
use gateway::errors::{ErrorCode, Result, S3Error};
use sdk::Response;

use crate::plan::{ATTEMPTS_MAX, Plan, aborted};
use crate::request::Request;
use crate::subresource::document;
use crate::{rows, tables};

/// GetBucketCors. `NoSuchCORSConfiguration`.
pub(crate) async fn get(request: &Request) -> Result<Response> {
    request.bucket_row()?;
    let row = rows::cors(&request.bucket)?.ok_or_else(|| {
        S3Error::new(ErrorCode::NoSuchCORSConfiguration).detail("BucketName", &*request.bucket)
    })?;
    Ok(Response::new(200).xml(row.record.document()))
}

/// PutBucketCors: the rules replace those that were there.
pub(crate) async fn put(request: &Request) -> Result<Response> {
    let rules = Configuration::parse_document(&document::receive(request).await?)?;
    change(request, |plan| plan.put(tables::CORS, tables::cors_key(&request.bucket), &rules)).await?;
    Ok(Response::new(200))
}

/// DeleteBucketCors, which has nothing to say where there are none.
pub(crate) async fn delete(request: &Request) -> Result<Response> {
    request.bucket_row()?;
    change(request, |plan| {
        plan.delete(tables::CORS, tables::cors_key(&request.bucket));
        Ok(())
    })
    .await?;
    Ok(Response::new(204))
}

/// Changes the row of a bucket that is still the one that was asked for: rules must not outlive it,
/// nor reach the next of its name.
async fn change(request: &Request, change: impl Fn(&mut Plan) -> Result<()>) -> Result<()> {
    for attempt in 0..ATTEMPTS_MAX {
        let mut plan = Plan::new();
        plan.require_unchanged(tables::BUCKETS, &request.decided_bucket(attempt).await?);
        change(&mut plan)?;
        if plan.commit(&request.call).await?.is_some() {
            return Ok(());
        }
    }
    Err(aborted())
}
