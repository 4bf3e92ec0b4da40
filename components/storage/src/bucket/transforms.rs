//! GetBucketTransforms, PutBucketTransforms, DeleteBucketTransforms: which functions change what is
//! read from a bucket, and what is stored (docs/transforms.md). S3 has no such operations.
//!
//! Who chooses functions for a bucket needs to be allowed to invoke them: from then on they run for
//! every reader, who needs no such right.
//!
//! The rules have a row of their own, which the stage `transform` reads. The row of the bucket says
//! that there is one, so requests to other buckets read nothing.

use gateway::bucket::transforms::TransformRules;
use gateway::errors::{ErrorCode, Result, S3Error};
use sdk::{Decision, Response, settings};

use crate::plan::{ATTEMPTS_MAX, Plan, aborted};
use crate::records::BucketRow;
use crate::request::Request;
use crate::subresource::document;
use crate::{rows, tables};

/// GetBucketTransforms. `NoSuchTransformConfiguration`.
pub(crate) fn get(request: &Request) -> Result<Response> {
    request.bucket_row()?;
    let row = rows::transforms(&request.bucket)?.ok_or_else(|| {
        S3Error::new(ErrorCode::NoSuchTransformConfiguration).detail("BucketName", &*request.bucket)
    })?;
    Ok(Response::new(200).xml(row.record.document()))
}

/// PutBucketTransforms: the rules replace those that were there. `LambdaPermissionError` for a
/// function that the principal may not invoke.
pub(crate) async fn put(request: &Request) -> Result<Response> {
    check_account(request)?;
    let body = document::receive(request).await?;
    let rules =
        TransformRules::parse_document(&body, request.bucket_row()?.record.owner, &settings::region())?;
    change(request, Some(&rules)).await?;
    Ok(Response::new(200))
}

/// DeleteBucketTransforms. It succeeds where there are no rules, too.
pub(crate) async fn delete(request: &Request) -> Result<Response> {
    check_account(request)?;
    change(request, None).await?;
    Ok(Response::new(204))
}

/// Only the account that owns the bucket may change its rules, whatever a policy says: they run
/// that account's functions. `MethodNotAllowed`
fn check_account(request: &Request) -> Result<()> {
    let owner = request.bucket_row()?.record.owner;
    if request.decision == Decision::AsOwner || request.account() == Some(owner) {
        return Ok(());
    }
    Err(S3Error::new(ErrorCode::MethodNotAllowed)
        .detail("Method", &*request.head.method)
        .detail("ResourceType", "BUCKETTRANSFORMS"))
}

/// Changes the rules together with the bucket's row. Where another request changed that row
/// meanwhile, it is read and changed again.
async fn change(request: &Request, rules: Option<&TransformRules>) -> Result<()> {
    for attempt in 0..ATTEMPTS_MAX {
        let bucket = request.bucket_just_decided(attempt).await?;
        request.decide_on_functions(rules).await;
        let mut plan = Plan::new();
        plan.require_bucket(&bucket);
        let key = tables::transforms_key(&request.bucket);
        match rules {
            Some(rules) => plan.put(tables::TRANSFORMS, key, rules)?,
            None => plan.delete(tables::TRANSFORMS, key),
        }
        let changed = BucketRow { transforms: rules.is_some(), ..bucket.record.clone() };
        plan.put(tables::BUCKETS, bucket.key.clone(), &changed)?;
        if plan.commit(&request.call).await?.is_some() {
            return Ok(());
        }
    }
    Err(aborted())
}
