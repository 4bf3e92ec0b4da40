//! Stage: who is calling, and what they promise about the body.

mod verify;

use sdk::bindings::auth::exports::portcullis::gateway::auth::Guest;
use sdk::{Call, Refusal, refuse};

struct Auth;

impl Guest for Auth {
    fn verify(call: &Call) -> Result<(), Refusal> {
        verify::verify(call).map_err(refuse)
    }
}

sdk::bindings::auth::export!(Auth with_types_in sdk::bindings::auth);
