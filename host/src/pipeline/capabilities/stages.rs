//! `stages`: runs the added stages of a position, each in a store of its own.

use wasmtime::Result;
use wasmtime::component::Resource;

use crate::pipeline::added_stages::{Ending, Walked, explain};
use crate::pipeline::bindings::CallHandle;
use crate::pipeline::bindings::calls::Refusal;
use crate::pipeline::bindings::stages::{Host, Position};
use crate::pipeline::call::{CallState, Explanation};
use crate::pipeline::capabilities::HostState;
use crate::telemetry::explanations::Explanations;
use crate::telemetry::metrics;

/// What the stages of a position said. They run once for each call: a second time, they could say
/// something else.
#[derive(Clone)]
struct StagesRan {
    result: std::result::Result<(), Box<Ending>>,
    /// The lines that they added.
    headers: String,
    /// What they refused of the objects that the request names.
    named: Vec<(u32, Refusal)>,
}

impl Host for HostState {
    fn run(
        &mut self,
        position: Position,
        handle: Resource<CallHandle>,
    ) -> Result<std::result::Result<(), Refusal>> {
        if !self.shared.stages.has(position) {
            return Ok(Ok(()));
        }
        if let Some(StagesRan { result, headers, named }) = self.draws.again() {
            let call = self.calls.of(&handle)?;
            call.added_headers.push_str(&headers);
            let is_refused = result.is_err() || !named.is_empty();
            call.facts.named_refusals = named;
            if is_refused {
                // It was explained when it ran.
                call.explanation = Explanation::Closed;
            }
            return Ok(result.map_err(|ending| ending.refusal));
        }
        // An added stage works on the call itself, in another store. So the call moves there and
        // back.
        let Some(mut call) = self.calls.lend(handle.rep()) else {
            return Err(wasmtime::Error::msg("the call has ended"));
        };
        let headers_before = call.added_headers.len();
        let left = call.enter(metrics::stage_index("added"));
        if let Some(left) = left {
            self.shared.metrics.stage(left.stage, left.elapsed);
        }
        let Walked { call, result, of_named, time } =
            self.shared.stages.run(position, call, &self.shared.metrics);
        if let Some(mut call) = call {
            if let Some(added) = left.and_then(|left| call.enter(left.stage)) {
                self.shared.metrics.stage(added.stage, added.elapsed);
            }
            if let Some(ending) = result.as_ref().err().or(of_named.as_ref()) {
                keep_explanation(&self.shared.explanations, &mut call, ending);
            }
            let headers = call.added_headers.get(headers_before..).unwrap_or_default().to_owned();
            let named = call.facts.named_refusals.clone();
            self.draws.note(StagesRan { result: result.clone(), headers, named });
            self.calls.give_back(handle.rep(), call);
        }
        self.lent += time;
        Ok(result.map_err(|ending| ending.refusal))
    }

    fn configured(&mut self) -> Result<bool> {
        Ok(!self.shared.stages.is_empty())
    }
}

/// Keeps what the operator is told: which stage it was, and its words. The gateway, which renders
/// the refusal, does not know which stage it came from.
fn keep_explanation(explanations: &Explanations, call: &mut CallState, ending: &Ending) {
    if call.explanation != Explanation::Open {
        return;
    }
    call.explanation = Explanation::Closed;
    if explanations.admit() {
        explanations.keep(&call.request_id, &explain(call, ending));
    }
}
