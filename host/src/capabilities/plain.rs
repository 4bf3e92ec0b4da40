//! `random`, `settings` and `trace`: small enough for one file.

use wasmtime::component::Resource;
use wasmtime::{Error, Result};

use crate::bindings::{random, settings, trace};
use crate::call::{CallHandle, Explanation};
use crate::capabilities::HostState;
use crate::telemetry::metrics;

/// A random number.
#[derive(Clone, Copy)]
struct Random(u64);

impl random::Host for HostState {
    fn next_u64(&mut self) -> Result<u64> {
        let fresh = || getrandom::u64().map(Random).map_err(|error| Error::msg(error.to_string()));
        self.draws.draw(fresh).map(|Random(number)| number)
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

    fn denied(&mut self, handle: Resource<CallHandle>) -> Result<Option<trace::Circumstances>> {
        let call = self.calls.of(&handle)?;
        if call.explanation != Explanation::Open {
            return Ok(None);
        }
        if !self.explanations.admit() {
            call.explanation = Explanation::Closed;
            return Ok(None);
        }
        call.explanation = Explanation::Admitted;
        Ok(Some(trace::Circumstances {
            request_id: call.request_id.clone(),
            received_ms: call.received_ms,
            source_ip: call.source.to_string(),
            target: call.facts.target.clone(),
            principal: call.facts.principal.clone(),
        }))
    }

    fn explain(&mut self, handle: Resource<CallHandle>, text: String) -> Result<()> {
        let call = self.calls.of(&handle)?;
        if call.explanation == Explanation::Admitted {
            call.explanation = Explanation::Closed;
            self.explanations.keep(&call.request_id, &text);
        }
        Ok(())
    }
}
