//! Stage: who is calling, and what they promise about the body.

mod stored;
mod verify;

use sdk::bindings::auth::exports::portcullis::gateway::auth::Guest;
use sdk::{Call, Refusal, refuse};

/// The stage, as the component exports it.
#[derive(Debug)]
pub struct Auth;

impl Guest for Auth {
    fn verify(call: &Call) -> Result<(), Refusal> {
        verify::verify(call).map_err(refuse)
    }
}

// Only a component exports: a native linker does not take the names of the exports.
#[cfg(target_arch = "wasm32")]
sdk::bindings::auth::export!(Auth with_types_in sdk::bindings::auth);
