//! The `gateway` component: takes a request head in, walks it through the stages, and renders every
//! refusal.

mod access_point;
mod form;
mod key_use;
mod pipeline;
mod refusals;
mod settings;

use std::task::Poll;

use sdk::bindings::gateway::exports::portcullis::gateway::pipeline::Guest;
use sdk::{Call, Progress, executor};

/// The pipeline, as the component exports it.
#[derive(Debug)]
pub struct Gateway;

impl Guest for Gateway {
    fn start(call: Call) -> Progress {
        let sent = call.head();
        settled(executor::start(sent.id, Box::pin(pipeline::serve(call, sent))))
    }

    fn resume(id: u64) -> Progress {
        settled(executor::resume(id))
    }

    fn abandon(id: u64) {
        executor::abandon(id);
        pipeline::abandon(id);
    }
}

/// `serve` renders its refusals itself, so it ends with a response in every case.
fn settled(run: Poll<gateway::errors::Result<()>>) -> Progress {
    match run {
        Poll::Pending => Progress::Pending,
        Poll::Ready(_) => Progress::Responded,
    }
}

// Only a component exports: a native linker does not take the names of the exports.
#[cfg(target_arch = "wasm32")]
sdk::bindings::gateway::export!(Gateway with_types_in sdk::bindings::gateway);
