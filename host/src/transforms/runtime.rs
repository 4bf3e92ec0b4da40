//! The runtime: its engine, its threads, and components that are ready to run.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use anyhow::{Context as _, Result};
use wasmtime::Engine;
use wasmtime::component::{InstancePre, Linker};

use super::book::{FunctionBook, FunctionFigures};
use super::capabilities;
use super::compile::{EPOCH_TICK, code_file, compile, engine};
use super::failure::{FailedCall, FailureListener};
use super::figures::Figures;
use super::grants::Grants;
use super::limits::{CallCaps, CallLimits, RuntimeOptions};
use super::log::LogRing;
use super::places::{CallPlaces, PlaceBounds, PlaceFigures, PlaceNeed, PlaceOwners};
use super::scratch::Scratch;
use super::state::StoreState;
use super::threads::Threads;
use super::world::{self, Entries, Exports};
use crate::secret::Secret;

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
    /// Its secrets.
    pub(super) hidden: Arc<[Secret]>,
    pub(super) pre: InstancePre<StoreState>,
    pub(super) exports: Exports,
    pub(super) need: PlaceNeed,
    pub(super) log: Arc<LogRing>,
    pub(super) figures: Arc<Figures>,
    pub(super) scratch: Arc<Mutex<Scratch>>,
    /// Where its code is.
    code: Option<PathBuf>,
}

impl Transform {
    /// The file of its code, where it has one.
    pub fn code(&self) -> Option<&Path> {
        self.code.as_deref()
    }

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
    pub(super) places: Arc<CallPlaces>,
    pub(super) caps: CallCaps,
    book: FunctionBook,
    pub(super) heard: Option<FailureListener>,
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
        let RuntimeOptions { calls_max, memory_bytes_max, queue_max, caps, .. } = options;
        let places = Arc::new(CallPlaces::new(PlaceBounds { calls_max, memory_bytes_max, queue_max }));
        let book = FunctionBook::default();
        Ok(Transforms { engine, linker, threads, places, caps, book, heard: None })
    }

    /// Tells somebody of each call that fails from now on.
    #[must_use]
    pub fn heard_by(mut self, heard: impl Fn(&FailedCall<'_>) + Send + Sync + 'static) -> Transforms {
        self.heard = Some(Arc::new(heard));
        self
    }

    /// What functions have cost.
    pub fn functions(&self) -> Vec<FunctionFigures> {
        self.book.figures()
    }

    /// What functions with a name, or an ARN, told the operator: by their ARNs.
    pub fn logs(&self, name: &str) -> Vec<(String, Arc<LogRing>)> {
        self.book.logs(name)
    }

    /// Where a cache folder has the code of a component, if it was compiled.
    pub fn code_file(&self, cache: &Path, component: &[u8]) -> PathBuf {
        code_file(&self.engine, cache, component)
    }

    /// How full its places are.
    pub fn places(&self) -> PlaceFigures {
        self.places.figures()
    }

    /// Checks and compiles a component, or loads what was compiled before. This takes up to half a
    /// minute of processor time for components of interpreters, so it is nothing for a worker.
    ///
    /// # Errors
    /// What is no component of a transform, and what it imports without being granted.
    pub fn load(&self, source: TransformSource, cache: Option<&Path>) -> Result<Arc<Transform>> {
        self.loaded(source, cache).map(Arc::new)
    }

    /// The same of a function that is deployed: its figures and lines go on.
    ///
    /// # Errors
    /// As [`Transforms::load`].
    pub fn load_function(&self, source: TransformSource, cache: Option<&Path>) -> Result<Arc<Transform>> {
        let loaded = self.loaded(source, cache)?;
        let (figures, log) = self.book.open(&loaded.need.owners);
        Ok(Arc::new(Transform { figures, log, ..loaded }))
    }

    fn loaded(&self, source: TransformSource, cache: Option<&Path>) -> Result<Transform> {
        let TransformSource { name, component, limits, grants } = source;
        let limits = limits.capped(&self.caps);
        let load = || -> Result<Transform> {
            let code = cache.map(|cache| self.code_file(cache, &component));
            let component = compile(&self.engine, &component, cache)?;
            world::check(&self.engine, &component, &grants)?;
            let pre = self
                .linker
                .instantiate_pre(&component)
                .map_err(anyhow::Error::from)
                .context("its imports have other types than those of this server")?;
            let exports = Exports::find(&pre);
            let need = PlaceNeed {
                owners: PlaceOwners::of(&name),
                memory_bytes: limits.bytes_counted(&self.caps),
                calls_max: limits.calls_max,
                queue_max: limits.queue_max,
                queue_time_max: limits.queue_time_max,
            };
            Ok(Transform {
                name: name.clone(),
                limits,
                hidden: grants.secrets.iter().flat_map(BTreeMap::values).cloned().collect(),
                grants: Arc::new(grants),
                pre,
                exports,
                need,
                log: Arc::default(),
                figures: Arc::default(),
                scratch: Arc::default(),
                code,
            })
        };
        load().with_context(|| format!("the transform `{name}`"))
    }
}
