//! Stage: may they. An account may do anything with what it owns, and nothing with what another one owns.

mod authorize;

use sdk::bindings::policy::exports::portcullis::gateway::policy::Guest;
use sdk::{Call, Refusal, refuse};

/// The stage, as the component exports it.
#[derive(Debug)]
pub struct Policy;

impl Guest for Policy {
    fn authorize(call: &Call) -> Result<(), Refusal> {
        authorize::authorize(call).map_err(refuse)
    }
}

// Only a component exports: a native linker does not take the names of the exports.
#[cfg(target_arch = "wasm32")]
sdk::bindings::policy::export!(Policy with_types_in sdk::bindings::policy);
