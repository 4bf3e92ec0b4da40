//! Stage: website endpoints. No bucket is one yet.

mod resolve;

use sdk::bindings::website::exports::portcullis::gateway::website::Guest;
use sdk::{Call, Progress, Refusal};

struct Website;

impl Guest for Website {
    fn resolve(_call: &Call) -> Result<Progress, Refusal> {
        Ok(resolve::resolve())
    }
}

sdk::bindings::website::export!(Website with_types_in sdk::bindings::website);
