//! Stage: website endpoints. No bucket has one yet.

mod resolve;

use sdk::bindings::website::exports::portcullis::gateway::website::Guest;
use sdk::{Call, Progress, Refusal};

/// The stage, as the component exports it.
#[derive(Debug)]
pub struct Website;

impl Guest for Website {
    fn resolve(_call: &Call) -> Result<Progress, Refusal> {
        Ok(resolve::resolve())
    }
}

// Only a component exports: a native linker does not take the names of the exports.
#[cfg(target_arch = "wasm32")]
sdk::bindings::website::export!(Website with_types_in sdk::bindings::website);
