//! In the place of the built-in component `cors`: the pages of every origin may read everything
//! that is public. It is the example of docs/stages.md for replacing a component.

wit_bindgen::generate!({ path: "../../../gateway/wit", world: "cors-stage" });

use exports::portcullis::gateway::cors::Guest;
use portcullis::gateway::calls::{Body, Call, Progress, Refusal};

struct OpenCors;

impl Guest for OpenCors {
    fn evaluate(call: &Call) -> Result<Progress, Refusal> {
        call.add_headers("access-control-allow-origin: *\n");
        if !call.head().text.starts_with("OPTIONS ") {
            return Ok(Progress::Pending);
        }
        call.respond(200, "access-control-allow-methods: GET, HEAD\n", &Body::None);
        Ok(Progress::Responded)
    }
}

export!(OpenCors);
