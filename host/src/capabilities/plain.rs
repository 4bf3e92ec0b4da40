//! `random`, `settings` and `trace`: small enough for one file.

use wasmtime::component::Resource;
use wasmtime::{Error, Result};

use crate::bindings::{random, settings, trace};
use crate::call::CallHandle;
use crate::capabilities::HostState;
use crate::telemetry::metrics;

impl random::Host for HostState {
    fn next_u64(&mut self) -> Result<u64> {
        getrandom::u64().map_err(|error| Error::msg(error.to_string()))
    }
}

impl settings::Host for HostState {
    fn get(&mut self, name: String) -> Result<Option<String>> {
        Ok(self.settings.get(&name).cloned())
    }
}

impl trace::Host for HostState {
    fn enter(&mut self, handle: Resource<CallHandle>, stage: String) -> Result<()> {
        if let Some(left) = self.calls.of(&handle)?.enter(metrics::stage_index(&stage)) {
            self.metrics.stage(left.stage, left.elapsed);
        }
        Ok(())
    }

    fn note(&mut self, handle: Resource<CallHandle>, message: String) -> Result<()> {
        let request_id = &self.calls.of(&handle)?.request_id;
        tracing::info!(request_id, "{message}");
        Ok(())
    }
}
