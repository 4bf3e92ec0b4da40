//! Stage: sealing at rest. Refuses requests for a protection that nothing here gives.

mod protection;

use sdk::bindings::encryption::exports::portcullis::gateway::encryption::Guest;
use sdk::{Call, Refusal, refuse};

struct Encryption;

impl Guest for Encryption {
    fn plan_seal(call: &Call) -> Result<(), Refusal> {
        protection::check(&call.header_block()).map_err(refuse)
    }

    fn plan_open(call: &Call) -> Result<(), Refusal> {
        protection::check(&call.header_block()).map_err(refuse)
    }
}

sdk::bindings::encryption::export!(Encryption with_types_in sdk::bindings::encryption);
