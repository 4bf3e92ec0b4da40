//! The operations: each reads rows, plans changes and makes a response.

mod account;
mod aliases;
mod deploy;
mod document;
mod invoke;
mod permissions;
mod show;
mod tags;
mod versions;

use gateway::errors::Result;
use gateway::operations::functions::table::FunctionOperation as Of;
use sdk::Call;

use crate::request::Request;

/// Serves a request that `policy` allowed.
pub(crate) async fn serve(call: &Call, request: Request) -> Result<()> {
    let request_id = request.request_id.clone();
    let response = match request.operation {
        Of::CreateFunction => deploy::create(call, request).await?,
        Of::UpdateFunctionCode => deploy::update_code(call, request).await?,
        Of::UpdateFunctionConfiguration => deploy::update_configuration(call, request).await?,
        Of::PutFunctionConcurrency => deploy::put_concurrency(call, &request).await?,
        Of::DeleteFunctionConcurrency => deploy::delete_concurrency(call, &request).await?,
        Of::DeleteFunction => versions::delete(call, &request).await?,
        Of::PublishVersion => versions::publish(call, &request).await?,
        Of::ListVersionsByFunction => versions::list(&request)?,
        Of::CreateAlias => aliases::create(call, &request).await?,
        Of::UpdateAlias => aliases::update(call, &request).await?,
        Of::DeleteAlias => aliases::delete(call, &request).await?,
        Of::GetAlias => aliases::get(&request)?,
        Of::ListAliases => aliases::list(&request)?,
        Of::AddPermission => permissions::add(call, &request).await?,
        Of::RemovePermission => permissions::remove(call, &request).await?,
        Of::GetPolicy => permissions::get(&request)?,
        Of::ListTags => tags::list(&request)?,
        Of::TagResource => tags::add(call, &request).await?,
        Of::UntagResource => tags::remove(call, &request).await?,
        Of::Invoke => invoke::invoke(call, request).await?,
        Of::GetFunction => show::function(&request)?,
        Of::GetFunctionConfiguration => show::configuration(&request)?,
        Of::ListFunctions => show::list(&request)?,
        Of::GetFunctionConcurrency => show::concurrency(&request)?,
        Of::GetAccountSettings => account::settings(&request)?,
        Of::ListEventSourceMappings => account::no_mappings(),
        Of::GetFunctionCodeSigningConfig => account::no_signing(&request)?,
        Of::GetRuntimeManagementConfig => account::runtime_management(&request)?,
        Of::GetFunctionRecursionConfig => account::recursion(&request)?,
        Of::ListFunctionEventInvokeConfigs => account::none_of(&request, "FunctionEventInvokeConfigs")?,
        Of::ListProvisionedConcurrencyConfigs => account::none_of(&request, "ProvisionedConcurrencyConfigs")?,
        Of::GetFunctionEventInvokeConfig | Of::GetFunctionUrlConfig => {
            return Err(account::no_config(&request)?);
        }
    };
    response.header("x-amzn-requestid", &request_id).send(call);
    Ok(())
}
