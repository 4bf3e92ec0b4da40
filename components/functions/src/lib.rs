//! Functions: transforms that are deployed.
//!
//! The export `functions` finds the code that an ARN stands for, and says who may invoke it
//! ([`directory`]).

mod directory;

use sdk::bindings::functions::exports::portcullis::gateway::function_control::Guest;
use sdk::{Call, Progress, Refusal, refuse};

/// The stage, as the component exports it.
#[derive(Debug)]
pub struct Functions;

impl Guest for Functions {
    fn plan(_call: Call) -> Result<Progress, Refusal> {
        Err(refuse(gateway::errors::ErrorCode::NotImplemented.into()))
    }

    fn start(_id: u64) -> Result<Progress, Refusal> {
        Err(refuse(gateway::errors::ErrorCode::NotImplemented.into()))
    }

    fn resume(_id: u64) -> Result<Progress, Refusal> {
        Err(refuse(gateway::errors::ErrorCode::NotImplemented.into()))
    }

    fn abandon(_id: u64) {}
}

// Only a component exports: a native linker does not take the names of the exports.
#[cfg(target_arch = "wasm32")]
sdk::bindings::functions::export!(Functions with_types_in sdk::bindings::functions);
