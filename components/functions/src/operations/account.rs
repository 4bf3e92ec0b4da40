//! GetAccountSettings, and what tools read of things that functions do not have here.

use gateway::errors::{Result, S3Error};
use gateway::operations::functions::not_found;
use gateway::operations::functions::output::{account_settings, page};
use sdk::Response;
use serde_json::json;

use super::document::json as document;
use crate::changes::CODE_BYTES_MAX;
use crate::request::Request;
use crate::rows;

/// Calls of all functions that run at once.
const CALLS_MAX: u32 = 64;

/// GetAccountSettings.
pub(crate) fn settings(request: &Request) -> Result<Response> {
    let held = rows::account_use(&request.account)?.record;
    Ok(document(200, &account_settings(CODE_BYTES_MAX, CALLS_MAX, held.code_bytes, held.functions)))
}

/// ListEventSourceMappings: nothing but requests calls functions.
pub(crate) fn no_mappings() -> Response {
    document(200, &page("EventSourceMappings", Vec::new(), None))
}

/// GetFunctionCodeSigningConfig: there is none.
pub(crate) fn no_signing(request: &Request) -> Result<Response> {
    request.function()?;
    Ok(document(200, &json!({ "FunctionName": request.name })))
}

/// GetRuntimeManagementConfig: the default of AWS, where a runtime is updated by itself.
pub(crate) fn runtime_management(request: &Request) -> Result<Response> {
    request.function()?;
    Ok(document(200, &json!({ "UpdateRuntimeOn": "Auto", "FunctionArn": request.arn() })))
}

/// GetFunctionRecursionConfig: a function cannot call itself.
pub(crate) fn recursion(request: &Request) -> Result<Response> {
    request.function()?;
    Ok(document(200, &json!({ "RecursiveLoop": "Terminate" })))
}

/// A list that is always empty. `ResourceNotFoundException` for the function.
pub(crate) fn none_of(request: &Request, name: &str) -> Result<Response> {
    request.function()?;
    Ok(document(200, &page(name, Vec::new(), None)))
}

/// The refusal of a read of something that a function does not have.
pub(crate) fn no_config(request: &Request) -> Result<S3Error> {
    request.function()?;
    Ok(not_found(format!("The function {} doesn't have such a configuration.", request.qualified_arn())))
}
