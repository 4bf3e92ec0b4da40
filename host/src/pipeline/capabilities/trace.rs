//! `trace`: where time goes, and why calls are denied.

use wasmtime::Result;
use wasmtime::component::Resource;

use crate::pipeline::bindings::CallHandle;
use crate::pipeline::bindings::calls::Target;
use crate::pipeline::bindings::trace::{Circumstances, Host};
use crate::pipeline::call::Explanation;
use crate::pipeline::capabilities::HostState;
use crate::telemetry::metrics;

impl Host for HostState {
    fn enter(&mut self, handle: Resource<CallHandle>, stage: String) -> Result<()> {
        if let Some(left) = self.calls.of(&handle)?.enter(metrics::stage_index(&stage)) {
            self.shared.metrics.stage(left.stage, left.elapsed);
        }
        Ok(())
    }

    fn note(&mut self, handle: Resource<CallHandle>, message: String) -> Result<()> {
        let request_id = &self.calls.of(&handle)?.request_id;
        tracing::info!(request_id, "{message}");
        Ok(())
    }

    fn refused(&mut self, handle: Resource<CallHandle>, code: String) -> Result<()> {
        self.calls.of(&handle)?.error = Some(code);
        Ok(())
    }

    fn named(&mut self, handle: Resource<CallHandle>, operation: String) -> Result<()> {
        self.calls.of(&handle)?.facts.operation = Some(operation);
        Ok(())
    }

    fn denied(&mut self, handle: Resource<CallHandle>) -> Result<Option<Circumstances>> {
        let call = self.calls.of(&handle)?;
        if call.explanation != Explanation::Open {
            return Ok(None);
        }
        // Explaining costs a second decision: only so many are made in a second.
        if !self.shared.explanations.admit() {
            call.explanation = Explanation::Closed;
            return Ok(None);
        }
        call.explanation = Explanation::Admitted;
        Ok(Some(Circumstances {
            request_id: call.request_id.clone(),
            received_ms: call.received_ms,
            source_ip: call.source_text(),
            target: call
                .facts
                .target
                .clone()
                .map(|target| Target { operation: call.facts.operation_name().to_owned(), ..target }),
            principal: call.facts.principal.clone(),
        }))
    }

    fn explain(&mut self, handle: Resource<CallHandle>, text: String) -> Result<()> {
        let call = self.calls.of(&handle)?;
        if call.explanation == Explanation::Admitted {
            call.explanation = Explanation::Closed;
            self.shared.explanations.keep(&call.request_id, &text);
        }
        Ok(())
    }
}
