//! Stage: cross-origin rules. No bucket has any yet, so preflights are refused and nothing is added.

mod evaluate;

use sdk::bindings::cors::exports::portcullis::gateway::cors::Guest;
use sdk::{Call, Progress, Refusal, refuse};

struct Cors;

impl Guest for Cors {
    fn evaluate(call: &Call) -> Result<Progress, Refusal> {
        evaluate::evaluate(call).map_err(refuse)
    }
}

sdk::bindings::cors::export!(Cors with_types_in sdk::bindings::cors);
