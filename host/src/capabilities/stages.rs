//! `stages`: runs the stages that users added, each in a store of its own.

use std::time::Instant;

use wasmtime::Result;
use wasmtime::component::Resource;

use crate::bindings::calls::Refusal;
use crate::bindings::stages::{Host, Position};
use crate::call::CallHandle;
use crate::capabilities::HostState;
use crate::telemetry::metrics;

impl Host for HostState {
    fn run(
        &mut self,
        position: Position,
        handle: Resource<CallHandle>,
    ) -> Result<std::result::Result<(), Refusal>> {
        if !self.stages.has(position) {
            return Ok(Ok(()));
        }
        let Some(mut call) = self.calls.lend(handle.rep()) else {
            return Err(wasmtime::Error::msg("the call has ended"));
        };
        let began = Instant::now();
        let left = call.enter(metrics::stage_index("added"));
        if let Some(left) = left {
            self.metrics.stage(left.stage, left.elapsed);
        }
        let (call, result) = self.stages.run(position, call, &self.metrics);
        if let Some(mut call) = call {
            if let Some(added) = left.and_then(|left| call.enter(left.stage)) {
                self.metrics.stage(added.stage, added.elapsed);
            }
            self.calls.give_back(handle.rep(), call);
        }
        self.lent += began.elapsed();
        Ok(result)
    }

    fn configured(&mut self) -> Result<bool> {
        Ok(!self.stages.is_empty())
    }
}
