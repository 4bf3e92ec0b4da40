//! GetAccessPointPolicy, PutAccessPointPolicy, DeleteAccessPointPolicy, GetAccessPointPolicyStatus.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_PutAccessPointPolicy.html>. The
//! text has a row of its own: the row of the access point is read with every request by it, and has
//! to be small.

use gateway::bucket::public_access_block::{self, BlockSwitch, PublicAccessBlock};
use gateway::errors::{ErrorCode, Result, S3Error};
use gateway::operations::access_points::{policy_document, policy_status_document};
use gateway::policy::{Kind, Policy as Document, is_public};
use sdk::bindings::access_points::portcullis::gateway::resources;
use sdk::{Call, Principal, Response, index};

use crate::changes::change;
use crate::records::{AccessPoint, Policy};
use crate::request::{Input, Request};
use crate::{rows, tables};

/// GetAccessPointPolicy: the text as it was sent. `NoSuchAccessPointPolicy`
pub(crate) fn get(request: &Request) -> Result<Response> {
    Ok(Response::new(200).xml(policy_document(&text(request)?)))
}

/// PutAccessPointPolicy. `NoSuchAccessPoint`, `MalformedPolicy`, or `AccessDenied` for a public
/// policy where these are blocked.
pub(crate) async fn put(call: &Call, request: &Request) -> Result<Response> {
    let Input::Policy(text) = &request.input else { return Err(ErrorCode::InternalError.into()) };
    request.access_point()?;
    let arn = request.arn();
    let public = is_public(&Document::parse(Kind::AccessPoint(&arn), text)?);
    let policy = Policy { text: text.clone() };
    change(call, request, |changes, row| {
        if public && blocks(request, &row.record) {
            return Err(refused(call, "s3:PutAccessPointPolicy", &arn));
        }
        row.record.policy = Some(index::next_sequence());
        changes.put(tables::POLICIES, row.key.clone(), &policy)
    })
    .await?;
    Ok(Response::new(200))
}

/// Whether a public policy is blocked: by the access point, by the account, or by a bucket of the
/// same account.
fn blocks(request: &Request, record: &AccessPoint) -> bool {
    let account: PublicAccessBlock = resources::account_public_access(&request.account).into();
    let of_bucket = || -> PublicAccessBlock {
        // A bucket that cannot be read may block anything.
        resources::bucket(&record.bucket).map_or(PublicAccessBlock::ALL, |bucket| bucket.public_access.into())
    };
    record.public_access.block_public_policy
        || account.block_public_policy
        || (record.bucket_account == request.account && of_bucket().block_public_policy)
}

/// The refusal of a public policy where these are blocked.
pub(super) fn refused(call: &Call, action: &str, arn: &str) -> S3Error {
    let who = match call.principal() {
        Principal::Authenticated(identity) => Some(identity.arn),
        Principal::Anonymous => None,
    };
    public_access_block::blocked(who.as_deref(), action, arn, BlockSwitch::BlockPublicPolicy)
}

/// DeleteAccessPointPolicy. It succeeds where there is no policy, too.
pub(crate) async fn delete(call: &Call, request: &Request) -> Result<Response> {
    change(call, request, |changes, row| {
        row.record.policy = None;
        changes.delete(tables::POLICIES, row.key.clone());
        Ok(())
    })
    .await?;
    Ok(Response::new(204))
}

/// GetAccessPointPolicyStatus: whether the policy is public. `NoSuchAccessPointPolicy`
pub(crate) fn status(request: &Request) -> Result<Response> {
    let policy = Document::parse(Kind::AccessPoint(&request.arn()), &text(request)?)?;
    Ok(Response::new(200).xml(policy_status_document(is_public(&policy))))
}

fn text(request: &Request) -> Result<String> {
    request.access_point()?;
    let row = rows::policy(&request.account, &request.name)?;
    row.map(|row| row.record.text).ok_or_else(|| {
        S3Error::new(ErrorCode::NoSuchAccessPointPolicy).detail("AccessPointName", &*request.name)
    })
}
