//! GetBucketPolicy, PutBucketPolicy, DeleteBucketPolicy, GetBucketPolicyStatus.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html>. The text is a row of
//! its own, because the row of the bucket is read with every request.

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

/// PutBucketPolicy. `MalformedPolicy`, or `AccessDenied` for a public policy where those are
/// blocked.
pub(crate) async fn put(request: &Request) -> Result<Response> {
    let body = document::receive(request).await?;
    check_account(request, &request.bucket_row()?.record)?;
    let policy = Policy::parse_bytes(Kind::Bucket(&request.bucket), &body)?;
    let public = is_public(&policy);
    let text = String::from_utf8(body).map_err(|_| ErrorCode::MalformedPolicy)?;
    let row = PolicyRow { text };
    change(request, |plan, bucket| {
        if public && access::public_access(&bucket.record)?.block_public_policy {
            return Err(ErrorCode::AccessDenied.into());
        }
        plan.put(tables::POLICIES, tables::policy_key(bucket.record.id), &row)?;
        Ok(BucketRow { policy: Some(index::next_sequence()), ..bucket.record.clone() })
    })
    .await
}

/// DeleteBucketPolicy, which has nothing to say where there is none.
pub(crate) async fn delete(request: &Request) -> Result<Response> {
    check_account(request, &request.bucket_row()?.record)?;
    change(request, |plan, bucket| {
        plan.delete(tables::POLICIES, tables::policy_key(bucket.record.id));
        Ok(BucketRow { policy: None, ..bucket.record.clone() })
    })
    .await
}

/// GetBucketPolicyStatus: whether the bucket is public by its policy, or by the ACL that it has
/// besides.
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

/// Changes the policy together with the bucket's row. Whoever changed the row in the meantime goes
/// first.
async fn change(
    request: &Request,
    change: impl Fn(&mut Plan, &Row<BucketRow>) -> Result<BucketRow>,
) -> Result<Response> {
    for attempt in 0..ATTEMPTS_MAX {
        let bucket = request.decided_bucket(attempt).await?;
        let mut plan = Plan::new();
        plan.require_unchanged(tables::BUCKETS, &bucket);
        let changed = change(&mut plan, &bucket)?;
        plan.put(tables::BUCKETS, bucket.key.clone(), &changed)?;
        if plan.commit(&request.call).await?.is_some() {
            return Ok(Response::new(204));
        }
    }
    Err(aborted())
}
