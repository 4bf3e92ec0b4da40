//! GetAccessPointPolicyForObjectLambda, PutAccessPointPolicyForObjectLambda,
//! DeleteAccessPointPolicyForObjectLambda, GetAccessPointPolicyStatusForObjectLambda.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_PutAccessPointPolicyForObjectLambda.html>

use gateway::errors::{ErrorCode, Result, S3Error};
use gateway::operations::object_lambda::{policy_document, policy_status_document};
use gateway::policy::{Kind, Policy as Document, is_public};
use sdk::{Call, Response, index};

use super::policy::refused;
use crate::changes::change_object_lambda;
use crate::records::Policy;
use crate::request::{Input, Request};
use crate::{rows, tables};

/// GetAccessPointPolicyForObjectLambda: the text as it was sent. `NoSuchAccessPointPolicy`
pub(crate) fn get(request: &Request) -> Result<Response> {
    Ok(Response::new(200).xml(policy_document(&text(request)?)))
}

/// PutAccessPointPolicyForObjectLambda. `NoSuchAccessPoint`, `MalformedPolicy`, or `AccessDenied`
/// for a public policy: these are always blocked.
pub(crate) async fn put(call: &Call, request: &Request) -> Result<Response> {
    let Input::Policy(text) = &request.input else { return Err(ErrorCode::InternalError.into()) };
    request.object_lambda()?;
    let arn = request.arn();
    if is_public(&Document::parse(Kind::ObjectLambda(&arn), text)?) {
        return Err(refused(call, "s3:PutAccessPointPolicyForObjectLambda", &arn));
    }
    let policy = Policy { text: text.clone() };
    change_object_lambda(call, request, |changes, row| {
        row.record.policy = Some(index::next_sequence());
        changes.put(tables::OBJECT_LAMBDA_POLICIES, row.key.clone(), &policy)
    })
    .await?;
    Ok(Response::new(200))
}

/// DeleteAccessPointPolicyForObjectLambda. It succeeds where there is no policy, too.
pub(crate) async fn delete(call: &Call, request: &Request) -> Result<Response> {
    change_object_lambda(call, request, |changes, row| {
        row.record.policy = None;
        changes.delete(tables::OBJECT_LAMBDA_POLICIES, row.key.clone());
        Ok(())
    })
    .await?;
    Ok(Response::new(204))
}

/// GetAccessPointPolicyStatusForObjectLambda: whether the policy is public.
/// `NoSuchAccessPointPolicy`
pub(crate) fn status(request: &Request) -> Result<Response> {
    let policy = Document::parse(Kind::ObjectLambda(&request.arn()), &text(request)?)?;
    Ok(Response::new(200).xml(policy_status_document(is_public(&policy))))
}

fn text(request: &Request) -> Result<String> {
    request.object_lambda()?;
    let row = rows::object_lambda_policy(&request.account, &request.name)?;
    row.map(|row| row.record.text).ok_or_else(|| {
        S3Error::new(ErrorCode::NoSuchAccessPointPolicy).detail("AccessPointName", &*request.name)
    })
}
