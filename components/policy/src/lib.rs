//! Stage: may the principal do it? Ownership, ACLs, Block Public Access and policies decide.

mod advice;
mod authorize;
mod authorize_key;
mod endpoint;
mod explain;
mod host;
mod kept;
mod needed_access;
mod permissions;
mod resources;
#[cfg(test)]
mod tests;

use sdk::bindings::policy::exports::portcullis::gateway::advice as advice_contract;
#[cfg(not(test))]
use sdk::bindings::policy::exports::portcullis::gateway::policy::Guest;
#[cfg(not(test))]
use sdk::{Call, NamedVersion, Refusal, refuse};

/// The stage, as the component exports it.
#[derive(Debug)]
pub struct Policy;

// In unit tests there is no call of a host.
#[cfg(not(test))]
impl Guest for Policy {
    fn authorize(call: &Call) -> Result<(), Refusal> {
        authorize::authorize(call).map_err(refuse)
    }

    fn authorize_again(call: &Call, said: Vec<(String, Vec<String>)>) -> Result<(), Refusal> {
        authorize::authorize_again(call, &said).map_err(refuse)
    }

    fn authorize_each(call: &Call) -> Result<(), Refusal> {
        authorize::authorize_each(call).map_err(refuse)
    }

    fn authorize_key(
        call: &Call,
        action: String,
        name: String,
        context: Vec<(String, String)>,
    ) -> Result<String, Refusal> {
        authorize_key::authorize(call, &action, &name, &context).map_err(refuse)
    }

    fn authorize_read(call: &Call, named: NamedVersion) -> Result<(), Refusal> {
        authorize::authorize_read(call, &named).map_err(refuse)
    }

    fn authorize_invocations(call: &Call, arns: Vec<String>) -> Result<(), Refusal> {
        authorize::authorize_invocations(call, &arns).map_err(refuse)
    }
}

impl advice_contract::Guest for Policy {
    fn read(document: advice_contract::Document) -> Result<(), String> {
        advice::read(&document)
    }

    fn lint(document: advice_contract::Document) -> Result<Vec<advice_contract::Finding>, String> {
        advice::lint(&document)
    }

    fn simulate(hypothesis: advice_contract::Hypothesis) -> Result<Vec<advice_contract::Evaluation>, String> {
        advice::simulate(&hypothesis)
    }
}

// Only a component exports: a native linker does not take the names of the exports.
#[cfg(target_arch = "wasm32")]
sdk::bindings::policy::export!(Policy with_types_in sdk::bindings::policy);
