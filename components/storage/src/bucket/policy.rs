//! GetBucketPolicy, PutBucketPolicy, DeleteBucketPolicy, GetBucketPolicyStatus.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html>. The text has a row
//! of its own: the row of the bucket is read with every request, and has to be small.

use gateway::errors::{ErrorCode, Result, S3Error};
use gateway::operations::get_bucket_policy_status;
use gateway::policy::{Kind, Policy, is_public};
use sdk::{Decision, Response};

use crate::plan::{ATTEMPTS_MAX, Plan, aborted};
use crate::records::{BucketRow, PolicyRow, Row};
use crate::request::Request;
use crate::subresource::document;
use crate::{access, index, rows, tables};

/// GetBucketPolicy: the text as it was sent. `NoSuchBucketPolicy`.
pub(crate) async fn get(request: &Request) -> Result<Response> {
    let bucket = &request.bucket_row()?.record;
    check_account(request, bucket)?;
    let row = rows::policy(bucket.id)?;
    let row = row
        .ok_or_else(|| S3Error::new(ErrorCode::NoSuchBucketPolicy).detail("BucketName", &*request.bucket))?;
    Ok(Response::new(200).header("content-type", "application/json").bytes(row.record.text.into_bytes()))
}

/// PutBucketPolicy. `MalformedPolicy`, or `AccessDenied` for a public policy where these are
/// blocked.
pub(crate) async fn put(request: &Request) -> Result<Response> {
    let body = document::receive(request).await?;
    check_account(request, &request.bucket_row()?.record)?;
    let policy = Policy::parse_bytes(Kind::Bucket(&request.bucket), &body)?;
    let public = is_public(&policy);
    let text = String::from_utf8(body).map_err(|_| ErrorCode::MalformedPolicy)?;
    let row = PolicyRow { text };
    change(request, |plan, bucket| {
        if public {
            access::check_public_policy(request, &bucket.record)?;
        }
        plan.put(tables::POLICIES, tables::policy_key(bucket.record.id), &row)?;
        Ok(BucketRow { policy: Some(index::next_sequence()), ..bucket.record.clone() })
    })
    .await
}

/// DeleteBucketPolicy. It succeeds where there is no policy, too.
pub(crate) async fn delete(request: &Request) -> Result<Response> {
    check_account(request, &request.bucket_row()?.record)?;
    change(request, |plan, bucket| {
        plan.delete(tables::POLICIES, tables::policy_key(bucket.record.id));
        Ok(BucketRow { policy: None, ..bucket.record.clone() })
    })
    .await
}

/// GetBucketPolicyStatus: whether its policy or its ACL makes the bucket public.
pub(crate) async fn status(request: &Request) -> Result<Response> {
    let bucket = &request.bucket_row()?.record;
    let by_acl = bucket.has_acls() && bucket.acl.to_acl(bucket.owner).is_public();
    let by_policy = match rows::policy(bucket.id)? {
        Some(row) => is_public(&Policy::parse(Kind::Bucket(&request.bucket), &row.record.text)?),
        None => false,
    };
    Ok(Response::new(200).xml(get_bucket_policy_status::document(by_acl || by_policy)))
}

/// Only the account that owns the bucket may see and set its policy, whatever a policy says:
/// `MethodNotAllowed`.
fn check_account(request: &Request, bucket: &BucketRow) -> Result<()> {
    if request.decision == Decision::AsOwner || request.account() == Some(bucket.owner) {
        return Ok(());
    }
    Err(S3Error::new(ErrorCode::MethodNotAllowed)
        .detail("Method", &*request.head.method)
        .detail("ResourceType", "BUCKETPOLICY"))
}

/// Changes the policy together with the bucket's row. Where another request changed that row
/// meanwhile, it is read and changed again.
async fn change(
    request: &Request,
    change: impl Fn(&mut Plan, &Row<BucketRow>) -> Result<BucketRow>,
) -> Result<Response> {
    for attempt in 0..ATTEMPTS_MAX {
        let bucket = request.bucket_just_decided(attempt).await?;
        let mut plan = Plan::new();
        plan.require_bucket(&bucket);
        plan.essential();
        let changed = change(&mut plan, &bucket)?;
        plan.put(tables::BUCKETS, bucket.key.clone(), &changed)?;
        if plan.commit(&request.call).await?.is_some() {
            return Ok(Response::new(204));
        }
    }
    Err(aborted())
}
