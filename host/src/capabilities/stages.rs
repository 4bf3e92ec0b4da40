//! `stages`: runs the stages that users added, each in a store of its own.

use wasmtime::Result;
use wasmtime::component::Resource;

use crate::bindings::calls::Refusal;
use crate::bindings::stages::{Host, Position};
use crate::call::CallHandle;
use crate::capabilities::HostState;

impl Host for HostState {
    fn run(
        &mut self,
        position: Position,
        handle: Resource<CallHandle>,
    ) -> Result<std::result::Result<(), Refusal>> {
        let Some(call) = self.calls.lend(handle.rep()) else {
            return Err(wasmtime::Error::msg("the call has ended"));
        };
        let (call, result) = self.stages.run(position, call);
        if let Some(call) = call {
            self.calls.give_back(handle.rep(), call);
        }
        Ok(result)
    }

    fn configured(&mut self) -> Result<bool> {
        Ok(!self.stages.is_empty())
    }
}
