//! The runtime: its engine, its threads, and components that are ready to run.

use std::path::Path;
use std::sync::{Arc, Mutex};

use anyhow::{Context as _, Result};
use tokio::sync::Semaphore;
use wasmtime::Engine;
use wasmtime::component::{InstancePre, Linker};

use super::capabilities;
use super::compile::{EPOCH_TICK, compile, engine};
use super::figures::Figures;
use super::grants::Grants;
use super::limits::{CallLimits, RuntimeOptions};
use super::log::LogRing;
use super::scratch::Scratch;
use super::state::StoreState;
use super::threads::Threads;
use super::world::{self, Entries, Exports};

/// A component as it was deployed.
#[derive(Debug, Clone)]
pub struct TransformSource {
    /// Its name, for the operator.
    pub name: String,
    /// The component.
    pub component: Vec<u8>,
    /// What a call may take.
    pub limits: CallLimits,
    /// What it may import.
    pub grants: Grants,
}

/// A component that is ready to run.
pub struct Transform {
    /// Its name, for the operator.
    pub name: String,
    /// What a call may take.
    pub limits: CallLimits,
    pub(super) grants: Arc<Grants>,
    pub(super) pre: InstancePre<StoreState>,
    pub(super) exports: Exports,
    pub(super) places: Arc<Semaphore>,
    pub(super) log: Arc<LogRing>,
    pub(super) figures: Figures,
    pub(super) scratch: Arc<Mutex<Scratch>>,
}

impl Transform {
    /// What it exports.
    pub fn entries(&self) -> Entries {
        self.exports.entries()
    }

    /// Whether it may read other objects.
    pub(crate) fn reads_objects(&self) -> bool {
        self.grants.objects
    }

    /// What it told the operator.
    pub fn log(&self) -> &Arc<LogRing> {
        &self.log
    }

    /// What it has cost.
    pub fn figures(&self) -> &Figures {
        &self.figures
    }
}

impl std::fmt::Debug for Transform {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Transform").field("name", &self.name).finish_non_exhaustive()
    }
}

/// What runs transforms. Its threads are its own: whoever waits for a call is not held up by it.
pub struct Transforms {
    pub(super) engine: Engine,
    linker: Linker<StoreState>,
    pub(super) threads: Threads,
    pub(super) places: Arc<Semaphore>,
}

impl Transforms {
    /// Starts the threads.
    ///
    /// # Errors
    /// What the system does not give.
    pub fn start(options: RuntimeOptions) -> Result<Transforms> {
        let engine = engine(options.calls_max)?;
        let mut linker = Linker::new(&engine);
        capabilities::link(&mut linker)?;
        let threads = match options.threads {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            threads => threads,
        };
        let threads = Threads::start(threads)?;
        let weak = engine.weak();
        std::thread::Builder::new()
            .name("transform-epochs".to_owned())
            .spawn(move || {
                while let Some(engine) = weak.upgrade() {
                    engine.increment_epoch();
                    drop(engine);
                    std::thread::sleep(EPOCH_TICK);
                }
            })
            .context("starting the epoch thread of transforms")?;
        let places = Arc::new(Semaphore::new(options.calls_max.min(Semaphore::MAX_PERMITS)));
        Ok(Transforms { engine, linker, threads, places })
    }

    /// Checks and compiles a component, or loads what was compiled before. This takes up to half a
    /// minute of processor time for components of interpreters, so it is nothing for a worker.
    ///
    /// # Errors
    /// What is no component of a transform, and what it imports without being granted.
    pub fn load(&self, source: TransformSource, cache: Option<&Path>) -> Result<Arc<Transform>> {
        let TransformSource { name, component, limits, grants } = source;
        let load = || -> Result<Transform> {
            let component = compile(&self.engine, &component, cache)?;
            world::check(&self.engine, &component, &grants)?;
            let pre = self
                .linker
                .instantiate_pre(&component)
                .map_err(anyhow::Error::from)
                .context("its imports have other types than those of this server")?;
            let exports = Exports::find(&pre);
            let places = Arc::new(Semaphore::new(limits.calls_max.min(Semaphore::MAX_PERMITS)));
            Ok(Transform {
                name: name.clone(),
                limits,
                grants: Arc::new(grants),
                pre,
                exports,
                places,
                log: Arc::default(),
                figures: Figures::default(),
                scratch: Arc::default(),
            })
        };
        load().map(Arc::new).with_context(|| format!("the transform `{name}`"))
    }
}
