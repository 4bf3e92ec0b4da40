//! `settings`: what an operator set for the pipeline.

use wasmtime::Result;

use crate::pipeline::bindings::settings::Host;
use crate::pipeline::capabilities::HostState;

impl Host for HostState {
    fn get(&mut self, name: String) -> Result<Option<String>> {
        Ok(self.shared.settings.get(&name).cloned())
    }
}
