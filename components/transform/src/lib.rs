//! Stage: Object Lambda, and rules of buckets about transforms: which functions change a response,
//! what is asked of them, and what they make of it.
//!
//! [`prepare`] says what `storage` is to see of the request, [`shown`] what a transform sees.
//! [`run`] has the response transformed: [`stored`] reads it, [`reply`] makes the new one of it,
//! [`tags`] asks for what functions are shown besides. [`listing`] does the same for listings, and
//! [`page`] is a page of one. [`write`](mod@write) has what is stored made of what came.
//! [`webhook`] is the same for servers elsewhere: [`event`] what they are told, [`forwarded`] and
//! [`document`] what they answer, [`answer`] how an answer comes that is a request of its own.
//! [`failure`] says what a client is told of a transform that made nothing.

mod answer;
mod calls;
mod document;
mod event;
mod failure;
mod forwarded;
mod listing;
mod page;
mod prepare;
mod reply;
mod run;
mod shown;
mod stored;
mod tags;
mod webhook;
mod write;

use sdk::bindings::transform::exports::portcullis::gateway::transform::{Guest, Writing};
use sdk::{Call, Progress, ReceivedObject, Refusal, SeenRequest, SentHead, Target, refuse};

/// The stage, as the component exports it.
#[derive(Debug)]
pub struct Transform;

impl Guest for Transform {
    fn prepare(
        call: Call,
        head: SentHead,
        target: Target,
        rules: bool,
    ) -> Result<Option<SeenRequest>, Refusal> {
        calls::prepare(call, head, target, rules).map_err(refuse)
    }

    fn answer(call: Call) -> Result<Progress, Refusal> {
        calls::answer(call).map_err(refuse)
    }

    fn start(id: u64) -> Result<Progress, Refusal> {
        calls::start(id).map_err(refuse)
    }

    fn resume(id: u64) -> Result<Progress, Refusal> {
        calls::resume(id).map_err(refuse)
    }

    fn write(
        call: Call,
        head: SentHead,
        target: Target,
        received: ReceivedObject,
    ) -> Result<Writing, Refusal> {
        calls::write(call, head, target, received).map_err(refuse)
    }

    fn resume_write(id: u64) -> Result<Writing, Refusal> {
        calls::resume_write(id).map_err(refuse)
    }

    fn abandon(id: u64) {
        calls::abandon(id);
    }
}

// Only a component exports: a native linker does not take the names of the exports.
#[cfg(target_arch = "wasm32")]
sdk::bindings::transform::export!(Transform with_types_in sdk::bindings::transform);
