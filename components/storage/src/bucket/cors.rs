//! GetBucketCors, PutBucketCors, DeleteBucketCors.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketCors.html>. The rules have a row
//! of their own, under the bucket's name. So the stage `cors`, which acts on them, reads one small
//! row, and the row of the bucket stays small (ADR 13).

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

/// DeleteBucketCors. It succeeds where there are no rules, too.
pub(crate) async fn delete(request: &Request) -> Result<Response> {
    request.bucket_row()?;
    change(request, |plan| {
        plan.delete(tables::CORS, tables::cors_key(&request.bucket));
        Ok(())
    })
    .await?;
    Ok(Response::new(204))
}

/// Changes the rules of the bucket that the request found, and requires its row unchanged. The
/// rules' row is under the bucket's name, so it must not outlive the bucket, nor get to a later
/// bucket of that name.
async fn change(request: &Request, change: impl Fn(&mut Plan) -> Result<()>) -> Result<()> {
    for attempt in 0..ATTEMPTS_MAX {
        let mut plan = Plan::new();
        plan.require_bucket(&request.bucket_just_decided(attempt).await?);
        change(&mut plan)?;
        if plan.commit(&request.call).await?.is_some() {
            return Ok(());
        }
    }
    Err(aborted())
}
