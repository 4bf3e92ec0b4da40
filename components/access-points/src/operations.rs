//! The operations: each reads rows, plans changes and makes a response.

mod access_point;
mod object_lambda;
mod object_lambda_policy;
mod policy;
mod tags;

use gateway::errors::Result;
use gateway::operations::{Operation, access_points, nothing};
use sdk::Call;

use crate::request::Request;

/// Serves a request that `policy` allowed.
pub(crate) async fn serve(call: &Call, request: Request) -> Result<()> {
    let request = &request;
    let response = match request.operation {
        Operation::CreateAccessPoint => access_point::create(call, request).await?,
        Operation::GetAccessPoint => access_point::get(request)?,
        Operation::ListAccessPoints => access_point::list(request)?,
        Operation::DeleteAccessPoint => access_point::delete(call, request).await?,
        Operation::GetAccessPointPolicy => policy::get(request)?,
        Operation::PutAccessPointPolicy => policy::put(call, request).await?,
        Operation::DeleteAccessPointPolicy => policy::delete(call, request).await?,
        Operation::GetAccessPointPolicyStatus => policy::status(request)?,
        Operation::CreateAccessPointForObjectLambda => object_lambda::create(call, request).await?,
        Operation::GetAccessPointForObjectLambda => object_lambda::get(request)?,
        Operation::ListAccessPointsForObjectLambda => object_lambda::list(request)?,
        Operation::DeleteAccessPointForObjectLambda => object_lambda::delete(call, request).await?,
        Operation::GetAccessPointConfigurationForObjectLambda => object_lambda::configuration(request)?,
        Operation::PutAccessPointConfigurationForObjectLambda => {
            object_lambda::configure(call, request).await?
        }
        Operation::GetAccessPointPolicyForObjectLambda => object_lambda_policy::get(request)?,
        Operation::PutAccessPointPolicyForObjectLambda => object_lambda_policy::put(call, request).await?,
        Operation::DeleteAccessPointPolicyForObjectLambda => {
            object_lambda_policy::delete(call, request).await?
        }
        Operation::GetAccessPointPolicyStatusForObjectLambda => object_lambda_policy::status(request)?,
        Operation::ListTagsForResource => tags::list(request)?,
        Operation::TagResource => tags::add(call, request).await?,
        Operation::UntagResource => tags::remove(call, request).await?,
        other if other.is_of_scope() => {
            request.access_point()?;
            return Err(access_points::no_scope());
        }
        other => return Err(nothing::not_implemented(other)),
    };
    response.send(call);
    Ok(())
}
