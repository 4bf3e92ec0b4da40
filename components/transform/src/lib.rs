//! Stage: Object Lambda. There is no access point yet, so no call is transformed.

mod select;

use sdk::bindings::transform::exports::portcullis::gateway::transform::Guest;
use sdk::{Call, Refusal};

struct Transform;

impl Guest for Transform {
    fn select(_call: &Call) -> Result<bool, Refusal> {
        Ok(select::applies())
    }
}

sdk::bindings::transform::export!(Transform with_types_in sdk::bindings::transform);
