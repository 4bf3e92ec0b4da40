//! The engine: compiles the composed pipeline once, keeps the code, and instantiates it for
//! workers.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use wasmtime::component::{Component, InstancePre, Linker};
use wasmtime::{Config, Engine, Store, StoreLimits, StoreLimitsBuilder, UpdateDeadline};

use crate::hex;
use crate::pipeline::added_stages::{AddedStage, AddedStages, StageLimits, StageSource, thread_time};
use crate::pipeline::bindings::{Pipeline, PipelinePre};
use crate::pipeline::capabilities::{self, HostState};
use crate::pipeline::instance_limits::MEMORY_BYTES_MAX;
use crate::pipeline::stale_code;

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

/// Compiles a component, or loads what an earlier start compiled. `what` says in the log which one.
pub(crate) fn compile(
    engine: &Engine,
    what: &str,
    composed: &[u8],
    cache: Option<&Path>,
) -> Result<Component> {
    let Some(cache) = cache else {
        return Ok(Component::new(engine, composed)?);
    };
    let path = cache.join(cache_name(engine, composed));
    if let Some(component) = load_cached(engine, &path) {
        return Ok(component);
    }
    // Asked before it is compiled: another process could not keep the code either.
    let kept = writable(cache);
    match &kept {
        Ok(()) => tracing::info!("compiling {what}: once for this version; it takes some seconds"),
        Err(error) => tracing::warn!(
            folder = %cache.display(), %error,
            "compiling {what}, which every start does again: the code cannot be kept. Let the user of this program \
             write to the folder, or name another one (cache_dir)"
        ),
    }
    if kept.is_ok()
        && let Some(program) = APART.get()
        && compile_apart(program, composed, cache)
        && let Some(component) = load_cached(engine, &path)
    {
        return Ok(component);
    }
    let code = engine.precompile_component(composed)?;
    if kept.is_ok()
        && let Err(error) = store_cached(&path, &code)
    {
        tracing::warn!(file = %path.display(), %error, "compiled code cannot be kept; the next start compiles again");
    }
    // Why this is safe: see `load_cached`. Here the bytes come from this process itself.
    #[expect(unsafe_code, reason = "code compiled by this process a moment ago")]
    let component = unsafe { Component::deserialize(engine, &code) }?;
    Ok(component)
}

/// This program, where it is its own command line: it compiles in a process of its own, because
/// compiling needs a hundred megabytes for a second, and a server would hold on to them.
static APART: OnceLock<PathBuf> = OnceLock::new();

/// From now on this program compiles in processes of its own, started by `portcullis compile`.
pub fn compile_in_own_process() {
    if let Ok(program) = std::env::current_exe() {
        // Set already: it is the same program.
        let _ = APART.set(program);
    }
}

/// Whether another process compiled a component into the cache. If not, this one will.
fn compile_apart(program: &Path, composed: &[u8], cache: &Path) -> bool {
    let compile = || -> std::io::Result<bool> {
        let mut child = Command::new(program).arg("compile").arg(cache).stdin(Stdio::piped()).spawn()?;
        let written = child.stdin.take().map(|mut stdin| stdin.write_all(composed));
        Ok(child.wait()?.success() && written.is_some_and(|written| written.is_ok()))
    };
    compile().unwrap_or_else(|error| {
        tracing::debug!(%error, "no process of its own for the compiler");
        false
    })
}

/// Compiles a component into the cache: what `portcullis compile` does with its standard input.
///
/// # Errors
/// What is no component, or a cache that cannot be written.
pub fn compile_into(cache: &Path, composed: &[u8]) -> Result<()> {
    let engine = Engine::new(&config()).map_err(anyhow::Error::from)?;
    let code = engine.precompile_component(composed)?;
    let path = cache.join(cache_name(&engine, composed));
    writable(cache)
        .and_then(|()| store_cached(&path, &code))
        .with_context(|| format!("writing {}", path.display()))
}

/// Where the cache folder has the code of a component, if it was compiled.
pub(crate) fn cached_paths(cache: &Path, components: &[Vec<u8>]) -> Result<Vec<PathBuf>> {
    let engine = Engine::new(&config()).map_err(anyhow::Error::from)?;
    Ok(components.iter().map(|component| cache.join(cache_name(&engine, component))).collect())
}

/// A name that changes with the components, the engine's version, its settings and the CPU's
/// features.
fn cache_name(engine: &Engine, composed: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    engine.precompile_compatibility_hash().hash(&mut hasher);
    let digest = Sha256::digest(composed);
    let digest = hex::text(digest.get(..16).unwrap_or_default());
    format!("pipeline-{digest}-{:016x}.cwasm", hasher.finish())
}

/// Loads compiled code that an earlier start wrote. Only a file that belongs to this user and that
/// no other user can write is trusted: a user who can change it can run code in this process.
fn load_cached(engine: &Engine, path: &Path) -> Option<Component> {
    use std::os::unix::fs::MetadataExt;
    let found = std::fs::symlink_metadata(path).ok()?;
    if !found.is_file() || found.uid() != rustix::process::geteuid().as_raw() || found.mode() & 0o022 != 0 {
        tracing::warn!(file = %path.display(), "ignoring compiled code that another user wrote, or could have: run all commands as the user of the server");
        return None;
    }
    #[expect(unsafe_code, reason = "the file was written by this user's earlier start, see above")]
    let loaded = unsafe { Component::deserialize_file(engine, path) };
    loaded.ok().inspect(|_| stale_code::note_use(path))
}

/// Makes the cache where it is not there, and tries whether a file can be written to it.
fn writable(cache: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(cache)?;
    let trial = cache.join(format!("{}.partial", std::process::id()));
    std::fs::write(&trial, [])?;
    std::fs::remove_file(&trial)
}

fn store_cached(path: &Path, code: &[u8]) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    // Written under another name first: another start must never load a part of it.
    let partial = path.with_extension(format!("{}.partial", std::process::id()));
    let mut file =
        std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&partial)?;
    file.write_all(code)?;
    // The name must never stand for a part of the code, also after a crash of the machine.
    file.sync_data()?;
    drop(file);
    std::fs::rename(&partial, path)
}

#[cfg(test)]
mod tests;
