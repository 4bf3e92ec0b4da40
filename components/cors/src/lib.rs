//! Stage: cross-origin rules. It responds to preflights, and adds headers to the responses to
//! requests from other origins.

mod evaluate;

use sdk::bindings::cors::exports::portcullis::gateway::cors::Guest;
use sdk::{Call, Progress, Refusal, refuse};

/// The stage, as the component exports it.
#[derive(Debug)]
pub struct Cors;

impl Guest for Cors {
    fn evaluate(call: &Call) -> Result<Progress, Refusal> {
        evaluate::evaluate(call).map_err(refuse)
    }
}

// Only a component exports: a native linker does not take the names of the exports.
#[cfg(target_arch = "wasm32")]
sdk::bindings::cors::export!(Cors with_types_in sdk::bindings::cors);
