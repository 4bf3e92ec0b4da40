//! Added stages: those that an operator adds at named positions of the pipeline, for rate limits,
//! audit, response headers or tenancy.
//!
//! Their code shares a store with nothing: each run gets a fresh store, with limits on time and
//! memory. Where an added stage traps, the request is refused with `InternalError`: the stage may
//! have been meant to refuse it, so it is not skipped. `docs/stages.md` shows how to write one.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use wasmtime::component::{Component, HasSelf, Linker, Resource};
use wasmtime::{Engine, Error, Store, StoreLimits, StoreLimitsBuilder};

use crate::pipeline::bindings::calls::Refusal;
use crate::pipeline::bindings::stages::Position;
use crate::pipeline::bindings::{UserStage, UserStagePre, calls, settings};
use crate::pipeline::call::{CallState, Calls};
use crate::pipeline::capabilities::{CallsView, Guests, HasCalls};
use crate::pipeline::header_lines;
use crate::telemetry::metrics::Metrics;

/// One run may take this many epoch ticks (100 to 120 ms).
const RUN_TICKS_MAX: u64 = 6;
/// Each memory of a run may grow to this size.
const MEMORY_BYTES_MAX: usize = 16 << 20;
/// A component of several modules may have this many memories.
const MEMORIES_MAX: usize = 4;
/// Tables of one run, and the elements of each: a 32-bit host pointer a function.
const TABLES_MAX: usize = 16;
const TABLE_ELEMENTS_MAX: usize = 64 << 10;
/// Module instances in one component; wit-component alone makes four.
const INSTANCES_MAX: usize = 32;
/// A refusal's message, each of its details, and how many details there may be.
const TEXT_BYTES_MAX: usize = 1024;
const DETAILS_MAX: usize = 16;

/// What an added stage works with.
struct StageState {
    calls: Calls,
    settings: Arc<BTreeMap<String, String>>,
    limits: StoreLimits,
}

impl settings::Host for StageState {
    fn get(&mut self, name: String) -> wasmtime::Result<Option<String>> {
        Ok(self.settings.get(&name).cloned())
    }
}

/// The added stages, by position, each in the order configured.
pub struct AddedStages {
    stages: Vec<(Position, AddedStage)>,
    settings: Arc<BTreeMap<String, String>>,
}

struct AddedStage {
    name: String,
    engine: Engine,
    pre: UserStagePre<StageState>,
}

impl AddedStages {
    /// No stages yet; `settings` is what those that are added can read.
    pub fn new(settings: Arc<BTreeMap<String, String>>) -> AddedStages {
        AddedStages { stages: Vec::new(), settings }
    }

    /// Whether no stage was added.
    pub fn is_empty(&self) -> bool {
        self.stages.is_empty()
    }

    /// Whether a stage was added at this position.
    pub fn has(&self, position: Position) -> bool {
        self.stages.iter().any(|(at, _)| *at == position)
    }

    /// Adds a stage after those that its position has.
    pub fn add(
        &mut self,
        position: Position,
        name: &str,
        engine: &Engine,
        component: &Component,
    ) -> anyhow::Result<()> {
        let mut linker = Linker::<StageState>::new(engine);
        calls::add_to_linker::<_, HasCalls>(&mut linker, |state| CallsView {
            calls: &mut state.calls,
            guests: Guests::Added,
        })?;
        settings::add_to_linker::<_, HasSelf<StageState>>(&mut linker, |state| state)?;
        let pre = UserStagePre::new(linker.instantiate_pre(component)?)?;
        self.stages.push((position, AddedStage { name: name.to_owned(), engine: engine.clone(), pre }));
        Ok(())
    }

    /// Runs the stages of a position over a call, until one refuses.
    ///
    /// The call is `None` afterwards if it was lost on the way. Only a bug of the host could do
    /// that.
    pub fn run(
        &self,
        position: Position,
        call: Box<CallState>,
        metrics: &Metrics,
    ) -> (Option<Box<CallState>>, Result<(), Refusal>) {
        let mut call = Some(call);
        for (_, stage) in self.stages.iter().filter(|(at, _)| *at == position) {
            let Some(current) = call.take() else { break };
            let request_id = current.request_id.clone();
            let ran;
            (call, ran) = self.run_one(stage, position, current);
            match ran {
                Ok(Ok(())) => {}
                Ok(Err(refusal)) => return (call, Err(refusal)),
                Err(error) => {
                    metrics.added_stage_failed(&stage.name);
                    let error = format!("{error:#}");
                    tracing::error!(request_id, stage = stage.name, error, "an added stage failed");
                    return (call, Err(failed()));
                }
            }
        }
        (call, Ok(()))
    }

    /// One stage in a store of its own. The error is a trap, or what counts as one.
    fn run_one(
        &self,
        stage: &AddedStage,
        position: Position,
        call: Box<CallState>,
    ) -> (Option<Box<CallState>>, wasmtime::Result<Result<(), Refusal>>) {
        let mut calls = Calls::default();
        let status = call.response.as_ref().map_or(500, |response| response.status);
        let slot = calls.insert(call);
        let state = StageState { calls, settings: self.settings.clone(), limits: limits() };
        let mut store = Store::new(&stage.engine, state);
        store.limiter(|state| &mut state.limits);
        store.set_epoch_deadline(RUN_TICKS_MAX);
        let ran = stage.pre.instantiate(&mut store).and_then(|instance: UserStage| {
            let exports = instance.portcullis_gateway_stage();
            let handle = Resource::new_borrow(slot);
            match position {
                Position::OnResponse => exports.call_on_response(&mut store, handle, status).map(Ok),
                _ => exports.call_on_request(&mut store, handle),
            }
        });
        let ran = ran.and_then(|result| match &result {
            Err(refusal) => check_refusal(refusal).map(|()| result),
            Ok(()) => Ok(result),
        });
        (store.data_mut().calls.finish(slot), ran)
    }
}

fn limits() -> StoreLimits {
    StoreLimitsBuilder::new()
        .memory_size(MEMORY_BYTES_MAX)
        .memories(MEMORIES_MAX)
        .tables(TABLES_MAX)
        .table_elements(TABLE_ELEMENTS_MAX)
        .instances(INSTANCES_MAX)
        .trap_on_grow_failure(true)
        .build()
}

/// The refusal when a stage failed.
fn failed() -> Refusal {
    let code = "InternalError".to_owned();
    Refusal { code, message: None, details: Vec::new(), headers: String::new() }
}

/// Checks a refusal of an added stage: it becomes a document and headers, and must not break them.
fn check_refusal(refusal: &Refusal) -> wasmtime::Result<()> {
    let is_name = |text: &str| {
        let mut bytes = text.bytes();
        bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic())
            && bytes.all(|byte| byte.is_ascii_alphanumeric())
    };
    let is_short = |text: &String| text.len() <= TEXT_BYTES_MAX;
    let details = &refusal.details;
    let good = is_name(&refusal.code)
        && refusal.message.iter().all(is_short)
        && details.len() <= DETAILS_MAX
        && details.iter().all(|(name, value)| is_name(name) && is_short(name) && is_short(value));
    if !good {
        return Err(Error::msg("the refusal has a code or an element that is no name, or is too long"));
    }
    header_lines::check_added(&refusal.headers, 0).map_err(Error::new)
}
