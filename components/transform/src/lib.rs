//! Stage: Object Lambda. There is no access point yet, so no call is transformed.

mod select;

use sdk::bindings::transform::exports::portcullis::gateway::transform::Guest;
use sdk::{Call, Refusal};

/// The stage, as the component exports it.
#[derive(Debug)]
pub struct Transform;

impl Guest for Transform {
    fn select(_call: &Call) -> Result<bool, Refusal> {
        Ok(select::applies())
    }
}

// Only a component exports: a native linker does not take the names of the exports.
#[cfg(target_arch = "wasm32")]
sdk::bindings::transform::export!(Transform with_types_in sdk::bindings::transform);
