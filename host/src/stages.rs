//! Stages that users add at named positions of the pipeline: rate limits, audit, header rewriting, tenancy.
//!
//! A user's code never shares a store with anything: every run gets a fresh one, with limits on time and memory. A stage
//! that traps refuses the request with `InternalError`, because a stage that was meant to refuse may not be skipped.

use std::collections::BTreeMap;
use std::sync::Arc;

use wasmtime::component::{Component, HasSelf, Linker, Resource};
use wasmtime::{Engine, Store, StoreLimits, StoreLimitsBuilder};

use crate::bindings::calls::Refusal;
use crate::bindings::stages::Position;
use crate::bindings::{UserStage, UserStagePre, calls, settings};
use crate::call::{CallState, Calls};
use crate::capabilities::{CallsView, Guests, HasCalls};

/// One run may take this many epoch ticks (100 to 150 ms).
const RUN_TICKS_MAX: u64 = 3;
/// One run may use this much memory.
const MEMORY_BYTES_MAX: usize = 16 << 20;

/// What an added stage works with.
pub struct StageState {
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
    /// No stages, and what those to come will read.
    pub fn new(settings: Arc<BTreeMap<String, String>>) -> AddedStages {
        AddedStages { stages: Vec::new(), settings }
    }

    /// Whether no stage was added.
    pub fn is_empty(&self) -> bool {
        self.stages.is_empty()
    }

    /// Adds a stage behind those of its position.
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
    /// The call is `None` afterwards if a stage lost it, which only a bug of the host could bring about.
    pub fn run(&self, position: Position, call: CallState) -> (Option<CallState>, Result<(), Refusal>) {
        let mut call = Some(call);
        for (_, stage) in self.stages.iter().filter(|(at, _)| *at == position) {
            let Some(current) = call.take() else { break };
            let result;
            (call, result) = self.run_one(stage, position, current);
            if result.is_err() {
                return (call, result);
            }
        }
        (call, Ok(()))
    }

    fn run_one(
        &self,
        stage: &AddedStage,
        position: Position,
        call: CallState,
    ) -> (Option<CallState>, Result<(), Refusal>) {
        let limits =
            StoreLimitsBuilder::new().memory_size(MEMORY_BYTES_MAX).trap_on_grow_failure(true).build();
        let mut calls = Calls::default();
        let status = call.answer.as_ref().map_or(500, |answer| answer.status);
        let request_id = call.request_id.clone();
        let slot = calls.insert(call);
        let state = StageState { calls, settings: self.settings.clone(), limits };
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
        let result = ran.unwrap_or_else(|trap| {
            tracing::error!(
                request_id,
                stage = stage.name,
                error = format!("{trap:#}"),
                "an added stage trapped"
            );
            Err(Refusal {
                code: "InternalError".to_owned(),
                message: None,
                details: Vec::new(),
                headers: String::new(),
            })
        });
        (store.data_mut().calls.finish(slot), result)
    }
}
