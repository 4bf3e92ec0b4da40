//! Stage: sealing at rest. Refuses requests for a protection that nothing here gives.

mod protection;

use sdk::bindings::encryption::exports::portcullis::gateway::encryption::Guest;
use sdk::{Call, Refusal, refuse};

/// The stage, as the component exports it.
#[derive(Debug)]
pub struct Encryption;

impl Guest for Encryption {
    fn plan_seal(call: &Call) -> Result<(), Refusal> {
        protection::check(&call.head().text).map_err(refuse)?;
        // The fields of a form count as headers.
        let fields = call.form().map(|form| form.fields).unwrap_or_default();
        let lines: String = fields.iter().map(|(name, _)| name.to_ascii_lowercase() + ":\n").collect();
        protection::check(&lines).map_err(refuse)
    }

    fn plan_open(call: &Call) -> Result<(), Refusal> {
        protection::check(&call.head().text).map_err(refuse)
    }
}

// Only a component exports: a native linker does not take the names of the exports.
#[cfg(target_arch = "wasm32")]
sdk::bindings::encryption::export!(Encryption with_types_in sdk::bindings::encryption);
