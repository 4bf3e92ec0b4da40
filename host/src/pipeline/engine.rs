//! The engine: compiles the composed pipeline once, keeps the code, and instantiates it for
//! workers.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use wasmtime::component::{Component, InstancePre, Linker};
use wasmtime::{Config, Engine, Store, StoreLimits, StoreLimitsBuilder, UpdateDeadline};

use crate::compiled::{self, CodeFor};
use crate::pipeline::added_stages::{AddedStage, AddedStages, StageLimits, StageSource, thread_time};
use crate::pipeline::bindings::{Pipeline, PipelinePre};
use crate::pipeline::capabilities::{self, HostState};
use crate::pipeline::instance_limits::MEMORY_BYTES_MAX;

/// Epochs tick this often while requests run.
const EPOCH_TICK: Duration = Duration::from_millis(20);
/// A step of the pipeline that is not over after so many ticks is a long one, and is measured from
/// then on. A step takes microseconds, a listing of a page about a millisecond.
const LONG_STEP_TICKS: u64 = 2;
/// A long step is interrupted after so much more of its thread's time. What counts is the time that
/// the thread ran, not the time of the clock: a machine that is busy with other things interrupts
/// no step.
const LONG_STEP_TIME_MAX: Duration = Duration::from_millis(500);
/// A component that runs alone, for an operator, may take this many ticks (2 s).
pub(crate) const ALONE_TICKS_MAX: u64 = 100;

/// The compiled pipeline.
pub struct CompiledPipeline {
    engine: Engine,
    pre: PipelinePre<HostState>,
}

impl CompiledPipeline {
    /// Compiles a composed pipeline, or loads what an earlier start compiled.
    pub fn load(composed: &[u8], cache: Option<&Path>) -> Result<CompiledPipeline> {
        let engine = engine()?;
        let component = compile(&engine, "the pipeline", composed, cache)?;
        let pre = PipelinePre::new(capabilities::linker(&engine)?.instantiate_pre(&component)?)?;
        Ok(CompiledPipeline { engine, pre })
    }

    /// Compiles or loads the added stages, for the same engine.
    pub fn added_stages(
        &self,
        stages: Vec<StageSource>,
        settings: Arc<BTreeMap<String, String>>,
        cache: Option<&Path>,
    ) -> Result<AddedStages> {
        let mut added = AddedStages::new(settings);
        // A stage may stand at several positions. It is compiled once.
        let mut linked: BTreeMap<String, Arc<AddedStage>> = BTreeMap::new();
        for StageSource { name, position, limits, component } in stages {
            let stage = match linked.get(&name) {
                Some(stage) => Arc::clone(stage),
                None => {
                    let stage = Arc::new(added_stage(&self.engine, &name, &component, limits, cache)?);
                    linked.insert(name, Arc::clone(&stage));
                    stage
                }
            };
            added.add(position, stage);
        }
        Ok(added)
    }

    /// A fresh instance in a store of its own.
    pub fn instantiate(&self, state: HostState) -> Result<(Store<HostState>, Pipeline)> {
        let mut store = Store::new(&self.engine, state);
        store.limiter(|state| &mut state.limits);
        store.epoch_deadline_callback(|mut context| Ok(patience(context.data_mut())));
        begin_step(&mut store);
        let pipeline = self.pre.instantiate(&mut store)?;
        Ok((store, pipeline))
    }
}

/// Gives the next step its time.
pub fn begin_step(store: &mut Store<HostState>) {
    store.set_epoch_deadline(LONG_STEP_TICKS);
}

/// Whether a long step goes on. The time that added stages took of it does not count.
fn patience(state: &mut HostState) -> UpdateDeadline {
    let now = thread_time();
    let lent = std::mem::take(&mut state.lent);
    let since = match state.long_since {
        Some(since) => since + lent,
        None => {
            state.shared.metrics.long_step();
            now
        }
    };
    state.long_since = Some(since);
    match now.saturating_sub(since) > LONG_STEP_TIME_MAX {
        true => UpdateDeadline::Interrupt,
        false => UpdateDeadline::Continue(1),
    }
}

/// An engine whose epochs move on.
fn engine() -> Result<Engine> {
    let engine = Engine::new(&config()).map_err(anyhow::Error::from)?;
    tick(engine.weak())?;
    Ok(engine)
}

/// An added stage without a pipeline, to be tried.
///
/// # Errors
/// What is no component of a stage.
pub fn stage_alone(
    name: &str,
    component: &[u8],
    limits: StageLimits,
    cache: Option<&Path>,
) -> Result<AddedStage> {
    added_stage(&engine()?, name, component, limits, cache)
}

fn added_stage(
    engine: &Engine,
    name: &str,
    component: &[u8],
    limits: StageLimits,
    cache: Option<&Path>,
) -> Result<AddedStage> {
    compile(engine, &format!("the stage {name}"), component, cache)
        .context("it is no component that this server can compile; `portcullis stage build` makes one")
        .and_then(|component| AddedStage::link(name, engine, &component, limits))
        .with_context(|| format!("the stage `{name}`"))
}

/// A component alone, for what it exports to operators. It is lent nothing: any import that it
/// calls is a trap. `None` where it has no such export.
pub(crate) fn alone(
    what: &str,
    component: &[u8],
    export: &str,
    cache: Option<&Path>,
) -> Result<Option<(Engine, InstancePre<StoreLimits>)>> {
    let engine = engine()?;
    let component = compile(&engine, what, component, cache)?;
    if component.get_export_index(None, export).is_none() {
        return Ok(None);
    }
    let mut linker = Linker::new(&engine);
    linker.define_unknown_imports_as_traps(&component)?;
    let pre = linker.instantiate_pre(&component)?;
    Ok(Some((engine, pre)))
}

/// A store for such a component, with the limits of the pipeline's.
pub(crate) fn store_alone(engine: &Engine) -> Store<StoreLimits> {
    let limits = StoreLimitsBuilder::new().memory_size(MEMORY_BYTES_MAX).build();
    let mut store = Store::new(engine, limits);
    store.limiter(|limits| limits);
    store.set_epoch_deadline(ALONE_TICKS_MAX);
    store
}

fn config() -> Config {
    let mut config = Config::new();
    config.wasm_component_model(true);
    // The pipeline is synchronous: a call costs a third without the bookkeeping of concurrent ones
    // (docs/adr/0001).
    config.concurrency_support(false);
    config.epoch_interruption(true);
    config.memory_init_cow(true);
    config
}

/// Moves epochs on, for as long as the engine lives.
fn tick(engine: wasmtime::EngineWeak) -> Result<()> {
    std::thread::Builder::new()
        .name("epochs".to_owned())
        .spawn(move || {
            while let Some(engine) = engine.upgrade() {
                engine.increment_epoch();
                drop(engine);
                std::thread::sleep(EPOCH_TICK);
            }
        })
        .context("starting the epoch thread")?;
    Ok(())
}

/// Compiles a component for the pipeline, or loads what an earlier start compiled. `what` says in
/// the log which one.
fn compile(engine: &Engine, what: &str, component: &[u8], cache: Option<&Path>) -> Result<Component> {
    compiled::compile(engine, CodeFor::Pipeline, what, component, cache)
}

/// Compiles a component into the cache: what `portcullis compile` does with its standard input.
///
/// # Errors
/// What is no component, or a cache that cannot be written.
pub fn compile_into(cache: &Path, component: &[u8]) -> Result<()> {
    let engine = Engine::new(&config()).map_err(anyhow::Error::from)?;
    compiled::compile_into(&engine, CodeFor::Pipeline, cache, component)
}

/// Where the cache folder has the code of components, if they were compiled.
pub(crate) fn cached_paths(cache: &Path, components: &[Vec<u8>]) -> Result<Vec<PathBuf>> {
    let engine = Engine::new(&config()).map_err(anyhow::Error::from)?;
    let path = |component: &Vec<u8>| compiled::path(&engine, CodeFor::Pipeline, cache, component);
    Ok(components.iter().map(path).collect())
}
