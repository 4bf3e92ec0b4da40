//! One added stage: its component, and a run of it in a store of its own.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use wasmtime::component::{Component, HasSelf, Linker, Resource};
use wasmtime::{Engine, Store, UpdateDeadline};

use super::limits::{Meter, StageLimits};
use super::log::StageLog;
use crate::pipeline::added_refusal::check_refusal;
use crate::pipeline::bindings::calls::Refusal;
use crate::pipeline::bindings::stages::Position;
use crate::pipeline::bindings::{UserStage, UserStagePre, calls, log, settings};
use crate::pipeline::call::{CallState, Calls};
use crate::pipeline::capabilities::{CallsView, Guests, HasCalls};

/// What a stage may import, without the version.
const IMPORTS: [&str; 3] =
    ["portcullis:gateway/calls", "portcullis:gateway/settings", "portcullis:gateway/log"];
/// What it has to export.
const EXPORT: &str = "portcullis:gateway/stage@0.1.0";
/// A run is looked at this often, in epoch ticks (20 ms each).
const LOOK_TICKS: u64 = 1;

/// Bytes that one call of the host may take over from a run.
const TAKEN_BYTES_MAX: usize = 16 << 20;

/// What a run works with.
struct StageState {
    position: Position,
    calls: Calls,
    settings: Arc<BTreeMap<String, String>>,
    meter: Meter,
    log: StageLog,
}

impl settings::Host for StageState {
    fn get(&mut self, name: String) -> wasmtime::Result<Option<String>> {
        Ok(self.settings.get(&name).cloned())
    }
}

impl log::Host for StageState {
    fn write(&mut self, level: log::Level, text: String) -> wasmtime::Result<()> {
        self.log.write(level, text);
        Ok(())
    }
}

/// A stage that is ready to run.
pub struct AddedStage {
    /// Its name in the manifest.
    pub name: String,
    engine: Engine,
    pre: UserStagePre<StageState>,
    limits: StageLimits,
}

/// What became of a run, and what it took.
pub struct Ran {
    /// The call. It is `None` if it was lost on the way, which only a bug of the host could do.
    pub call: Option<Box<CallState>>,
    /// The error is a trap, or what counts as one.
    pub result: wasmtime::Result<Result<(), Refusal>>,
    /// What the stage told the operator.
    pub log: StageLog,
    /// Bytes of its memories, at the end.
    pub memory_bytes: usize,
    /// Time of its thread, with the making of its store.
    pub time: Duration,
}

impl AddedStage {
    /// A stage of a compiled component.
    ///
    /// # Errors
    /// A component that imports what no stage may, or does not export what a stage does.
    pub fn link(
        name: &str,
        engine: &Engine,
        component: &Component,
        limits: StageLimits,
    ) -> Result<AddedStage> {
        check_world(engine, component)?;
        let mut linker = Linker::<StageState>::new(engine);
        calls::add_to_linker::<_, HasCalls>(&mut linker, |state| CallsView {
            calls: &mut state.calls,
            guests: Guests::Added(state.position),
        })?;
        settings::add_to_linker::<_, HasSelf<StageState>>(&mut linker, |state| state)?;
        log::add_to_linker::<_, HasSelf<StageState>>(&mut linker, |state| state)?;
        let pre = linker
            .instantiate_pre(component)
            .and_then(UserStagePre::new)
            .map_err(anyhow::Error::from)
            .context(
                "it was made for another contract: `portcullis stage wit DIR` writes that of this server",
            )?;
        Ok(AddedStage { name: name.to_owned(), engine: engine.clone(), pre, limits })
    }

    /// Runs it over a call, in a fresh store.
    pub fn run(
        &self,
        position: Position,
        call: Box<CallState>,
        settings: &Arc<BTreeMap<String, String>>,
    ) -> Ran {
        let mut calls = Calls::default();
        let status = call.response.as_ref().map_or(500, |response| response.status);
        let slot = calls.insert(call);
        let (settings, log) = (Arc::clone(settings), StageLog::default());
        let meter = Meter::start(self.limits);
        let mut store = Store::new(&self.engine, StageState { position, calls, settings, meter, log });
        store.set_hostcall_fuel(TAKEN_BYTES_MAX);
        store.limiter(|state| &mut state.meter);
        store.epoch_deadline_callback(|context| {
            context.data().meter.check_time()?;
            Ok(UpdateDeadline::Continue(LOOK_TICKS))
        });
        store.set_epoch_deadline(LOOK_TICKS);
        let ran = self.pre.instantiate(&mut store).and_then(|instance: UserStage| {
            let exports = instance.portcullis_gateway_stage();
            let handle = Resource::new_borrow(slot);
            match position {
                Position::OnResponse => exports.call_on_response(&mut store, handle, status).map(Ok),
                _ => exports.call_on_request(&mut store, handle),
            }
        });
        let result = ran.and_then(|result| match &result {
            Err(refusal) => check_refusal(refusal).map(|()| result),
            Ok(()) => Ok(result),
        });
        let state = store.data_mut();
        Ran {
            call: state.calls.finish(slot),
            result,
            log: std::mem::take(&mut state.log),
            memory_bytes: state.meter.memory_bytes(),
            time: state.meter.time(),
        }
    }
}

/// Checks what a component imports and exports, by names.
fn check_world(engine: &Engine, component: &Component) -> Result<()> {
    let world = component.component_type();
    let foreign: Vec<&str> = world
        .imports(engine)
        .map(|(name, _)| name)
        .filter(|name| !IMPORTS.contains(&name.split('@').next().unwrap_or_default()))
        .collect();
    ensure!(
        foreign.is_empty(),
        "it imports {}; a stage may import `calls`, `settings` and `log` of portcullis:gateway, and no WASI. \
         `portcullis stage build` makes components without it; by hand: `componentize-py componentize --stub-wasi`, \
         `disableFeatures` of componentize-js, the target wasm32-unknown-unknown of Rust and C",
        foreign.join(", ")
    );
    ensure!(
        component.get_export_index(None, EXPORT).is_some(),
        "it does not export {EXPORT}; is it a component of the world `user-stage`?"
    );
    Ok(())
}
