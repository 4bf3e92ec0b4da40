//! Functions: transforms that are deployed.
//!
//! The export `functions` finds the code that an ARN stands for, and says who may invoke it
//! ([`directory`]). The export `function-control` serves the operations of AWS Lambda that deploy,
//! show and change functions: a request is read, and says which access it needs ([`request`]).
//! When `policy` has allowed it, [`operations`] does it. What is stored is described in [`tables`]
//! (keys) and [`records`] (values); the export `code-references` says which blobs that is
//! ([`references`]).

mod changes;
mod directory;
mod operations;
mod records;
mod references;
mod request;
mod rows;
mod shown;
mod tables;

use sdk::bindings::functions::exports::portcullis::gateway::function_control::Guest;
use sdk::calls::{self, PlannedCalls};
use sdk::{Call, Progress, Refusal, refuse};

use crate::request::Request;

thread_local! {
    static CALLS: PlannedCalls<Request> = const { PlannedCalls::new() };
}

/// The stage, as the component exports it.
#[derive(Debug)]
pub struct Functions;

impl Guest for Functions {
    fn plan(call: Call) -> Result<Progress, Refusal> {
        calls::plan(&CALLS, call, Request::plan).map_err(refuse)
    }

    fn start(id: u64) -> Result<Progress, Refusal> {
        calls::start(&CALLS, id, operations::serve).map_err(refuse)
    }

    fn resume(id: u64) -> Result<Progress, Refusal> {
        CALLS.with(|calls| calls.resume(id)).map_err(refuse)
    }

    fn abandon(id: u64) {
        CALLS.with(|calls| calls.abandon(id));
    }
}

// Only a component exports: a native linker does not take the names of the exports.
#[cfg(target_arch = "wasm32")]
sdk::bindings::functions::export!(Functions with_types_in sdk::bindings::functions);
