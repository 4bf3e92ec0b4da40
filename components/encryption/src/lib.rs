//! Stage: sealing at rest. Plans how objects are sealed and opened, by what requests and buckets
//! say. The host seals the bytes.

mod open;
mod request;
mod seal;
mod settings;

use sdk::bindings::encryption::exports::portcullis::gateway::encryption::Guest;
use sdk::{Call, DefaultProtection, Protection, Refusal, Sealed, refuse};

/// The stage, as the component exports it.
#[derive(Debug)]
pub struct Encryption;

impl Guest for Encryption {
    fn plan_seal(
        call: &Call,
        bucket_default: Option<DefaultProtection>,
    ) -> Result<Option<Protection>, Refusal> {
        seal::plan(call, bucket_default.as_ref()).map_err(refuse)
    }

    fn plan_open(call: &Call, sealed: Sealed) -> Result<Protection, Refusal> {
        let headers = request::headers(call).map_err(refuse)?;
        open::plan(&headers, sealed, request::is_secure(call), &request::digest).map_err(refuse)
    }
}

// Only a component exports: a native linker does not take the names of the exports.
#[cfg(target_arch = "wasm32")]
sdk::bindings::encryption::export!(Encryption with_types_in sdk::bindings::encryption);
