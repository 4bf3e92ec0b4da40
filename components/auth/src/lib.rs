//! Stage: who is calling, and what they promise about the body.

mod form;
mod settings;
mod stored;
mod verify;

use sdk::bindings::auth::exports::portcullis::gateway::auth::Guest;
use sdk::{Call, Refusal, SentHead, refuse};

/// The stage, as the component exports it.
#[derive(Debug)]
pub struct Auth;

impl Guest for Auth {
    fn verify(call: &Call, head: SentHead) -> Result<(), Refusal> {
        verify::verify(call, head).map_err(refuse)
    }
}

// Only a component exports: a native linker does not take the names of the exports.
#[cfg(target_arch = "wasm32")]
sdk::bindings::auth::export!(Auth with_types_in sdk::bindings::auth);
