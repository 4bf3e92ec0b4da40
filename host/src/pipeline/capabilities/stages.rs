//! `stages`: runs the added stages of a position, each in a store of its own.

use std::time::Instant;

use wasmtime::Result;
use wasmtime::component::Resource;

use crate::pipeline::bindings::CallHandle;
use crate::pipeline::bindings::calls::Refusal;
use crate::pipeline::bindings::stages::{Host, Position};
use crate::pipeline::capabilities::HostState;
use crate::telemetry::metrics;

/// What the stages of a position said. They run once for each call: a second time, they could say
/// something else.
#[derive(Clone)]
struct Ran {
    result: std::result::Result<(), Refusal>,
    /// The lines that they added.
    headers: String,
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
        if let Some(Ran { result, headers }) = self.draws.again() {
            self.calls.of(&handle)?.added_headers.push_str(&headers);
            return Ok(result);
        }
        // An added stage works on the call itself, in another store. So the call moves there and
        // back.
        let Some(mut call) = self.calls.lend(handle.rep()) else {
            return Err(wasmtime::Error::msg("the call has ended"));
        };
        let began = Instant::now();
        let headers_before = call.added_headers.len();
        let left = call.enter(metrics::stage_index("added"));
        if let Some(left) = left {
            self.shared.metrics.stage(left.stage, left.elapsed);
        }
        let (call, result) = self.shared.stages.run(position, call, &self.shared.metrics);
        if let Some(mut call) = call {
            if let Some(added) = left.and_then(|left| call.enter(left.stage)) {
                self.shared.metrics.stage(added.stage, added.elapsed);
            }
            let headers = call.added_headers.get(headers_before..).unwrap_or_default().to_owned();
            self.draws.note(Ran { result: result.clone(), headers });
            self.calls.give_back(handle.rep(), call);
        }
        self.lent += began.elapsed();
        Ok(result)
    }

    fn configured(&mut self) -> Result<bool> {
        Ok(!self.shared.stages.is_empty())
    }
}
