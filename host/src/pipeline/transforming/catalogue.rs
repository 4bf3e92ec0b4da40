//! The components that are ready to run: read, compiled and kept for the next call.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context as _, Result, ensure};
use sha2::{Digest as _, Sha256};
use tokio::sync::OnceCell;

use super::explain::{FailedTransform, OfTransform};
use super::{failures, settings};
use crate::compiled::{CodeFor, stale_code};
use crate::hex;
use crate::keys::vault::Vault;
use crate::pipeline::bindings::calls::{FunctionCode, Span, TransformFailure};
use crate::pipeline::contract::volume_span;
use crate::telemetry::explanations::Explanations;
use crate::transforms::{
    FailedCall, FunctionFigures, LogRing, PlaceFigures, RuntimeOptions, Transform, TransformSource,
    Transforms,
};
use volume::Volume;

/// Components that are kept ready. One from Python takes 30 MiB of code, which is shared with the
/// file of the cache.
const READY_MAX: usize = 64;
/// Bytes of a component that are read at once.
const STEP_BYTES: usize = 256 << 10;

/// A component at one version, with its settings. The name is part of it: two functions with the
/// same code have limits and a log each.
type CodeKey = (String, String, String);
type Ready = Arc<OnceCell<Arc<Transform>>>;

/// The components that are ready to run.
pub(super) struct Catalogue {
    cache: PathBuf,
    /// Bytes of compiled code in it.
    code_bytes_max: u64,
    options: RuntimeOptions,
    /// Opens their secrets.
    vault: Arc<Vault>,
    /// Why calls failed.
    explanations: Arc<Explanations>,
    /// Its threads start with the first call: most servers run no transform.
    runtime: OnceCell<Arc<Transforms>>,
    /// The one that was used last stands last.
    ready: Mutex<Vec<(CodeKey, Ready)>>,
}

impl Catalogue {
    /// None is ready yet. Compiled components are kept in a folder.
    pub(super) fn new(
        cache: PathBuf,
        code_bytes_max: u64,
        options: RuntimeOptions,
        (vault, explanations): (Arc<Vault>, Arc<Explanations>),
    ) -> Catalogue {
        let (runtime, ready) = (OnceCell::new(), Mutex::default());
        Catalogue { cache, code_bytes_max, options, vault, explanations, runtime, ready }
    }

    /// The component of a function, and what runs it. A component that is not ready is read and
    /// compiled once, whoever waits for it.
    ///
    /// # Errors
    /// `Unavailable`. The log says why.
    pub(super) async fn ready(
        &self,
        function: &FunctionCode,
        volume: &Arc<Volume>,
        request_id: &str,
    ) -> Result<(Arc<Transforms>, Arc<Transform>), TransformFailure> {
        let found = self.find(function, volume).await;
        found.map_err(|error| {
            let why = format!("{error:#}");
            let of = OfTransform::Function(&function.arn, None);
            let failed = FailedTransform { of, kind: "unavailable", words: &why };
            failed.keep(&self.explanations, request_id);
            tracing::error!(function = function.arn, why, "a function cannot be run");
            failures::unavailable("")
        })
    }

    async fn find(
        &self,
        function: &FunctionCode,
        volume: &Arc<Volume>,
    ) -> Result<(Arc<Transforms>, Arc<Transform>)> {
        let runtime = self.runtime().await?;
        let place = self.place(function);
        let load = || self.load(function, Arc::clone(&runtime), volume);
        let transform = Arc::clone(place.get_or_try_init(load).await?);
        Ok((runtime, transform))
    }

    /// What runs components.
    pub(super) async fn runtime(&self) -> Result<Arc<Transforms>> {
        let start = || async {
            let explanations = Arc::clone(&self.explanations);
            let explain = move |call: &FailedCall<'_>| {
                FailedTransform::from(call).keep(&explanations, call.request_id);
            };
            Transforms::start(self.options).map(|started| Arc::new(started.heard_by(explain)))
        };
        self.runtime.get_or_try_init(start).await.map(Arc::clone)
    }

    /// What functions have cost, and how full places are. Nothing where none has run.
    pub(super) fn figures(&self) -> (Vec<FunctionFigures>, PlaceFigures) {
        let runtime = self.runtime.get();
        runtime.map(|runtime| (runtime.functions(), runtime.places())).unwrap_or_default()
    }

    /// What functions with a name, or an ARN, told the operator: by their ARNs.
    pub(super) fn logs(&self, name: &str) -> Vec<(String, Arc<LogRing>)> {
        self.runtime.get().map(|runtime| runtime.logs(name)).unwrap_or_default()
    }

    /// What opens secrets.
    pub(super) fn vault(&self) -> &Vault {
        &self.vault
    }

    /// The folder of compiled components.
    pub(super) fn cache(&self) -> &Path {
        &self.cache
    }

    /// The place of a component; the one that was not used for longest makes room.
    fn place(&self, function: &FunctionCode) -> Ready {
        let mut ready = self.lock();
        let is_it = |(arn, digest, settings): &CodeKey| {
            *arn == function.arn && *digest == function.digest && *settings == function.settings
        };
        if let Some(at) = ready.iter().rposition(|(key, _)| is_it(key)) {
            // Nearly always it is the last one already.
            if at + 1 < ready.len() {
                let found = ready.remove(at);
                ready.push(found);
            }
        } else {
            if ready.len() >= READY_MAX {
                ready.remove(0);
            }
            let key = (function.arn.clone(), function.digest.clone(), function.settings.clone());
            ready.push((key, Ready::default()));
        }
        ready.last().map(|(_, place)| Arc::clone(place)).unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<(CodeKey, Ready)>> {
        self.ready.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn load(
        &self,
        function: &FunctionCode,
        runtime: Arc<Transforms>,
        volume: &Arc<Volume>,
    ) -> Result<Arc<Transform>> {
        let (grants, limits) = settings::read(&function.settings, &function.arn, &self.vault)?;
        let component = read_code(&function.code, volume).await?;
        let (name, digest) = (function.arn.clone(), function.digest.clone());
        let cache = self.cache.clone();
        let load = move || {
            let found = hex::text(&Sha256::digest(&component));
            ensure!(found == digest, "its code has the SHA-256 {found}, and not {digest}");
            runtime.load_function(TransformSource { name, component, limits, grants }, Some(&cache))
        };
        // The compiler takes seconds.
        let loaded = tokio::task::spawn_blocking(load).await??;
        self.trim(loaded.code().map(Path::to_owned));
        Ok(loaded)
    }

    /// Keeps the code of components within its bound. What is ready stays, and this one.
    pub(super) fn trim(&self, also: Option<PathBuf>) {
        let ready = self.lock();
        let code = ready.iter().filter_map(|(_, place)| place.get()?.code().map(Path::to_owned));
        let used: Vec<PathBuf> = code.chain(also).collect();
        drop(ready);
        let (cache, bytes_max) = (self.cache.clone(), self.code_bytes_max);
        // Nobody waits for it.
        tokio::task::spawn_blocking(move || {
            stale_code::trim(&cache, CodeFor::Transforms, bytes_max, &used);
        });
    }
}

/// The bytes of a component.
pub(super) async fn read_code(code: &[Span], volume: &Volume) -> Result<Vec<u8>> {
    let spans: Vec<_> = code.iter().map(volume_span).collect();
    let mut reader = volume.reader(&spans, None).context("reading its code")?;
    let mut component = Vec::with_capacity(usize::try_from(reader.length())?);
    while let Some(bytes) = reader.next(STEP_BYTES).await.context("reading its code")? {
        component.extend_from_slice(&bytes);
    }
    Ok(component)
}
