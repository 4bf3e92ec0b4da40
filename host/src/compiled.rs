//! Compiled code: kept in the cache folder, and trusted only where nobody else could have written
//! it.
//!
//! A component is compiled once for an engine, in a process of its own where there is one
//! (docs/adr/0008). Later starts load what it left.

pub(crate) mod stale_code;
#[cfg(test)]
mod tests;

use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError};

use anyhow::{Context as _, Result, bail};
use sha2::{Digest as _, Sha256};
use wasmtime::Engine;
use wasmtime::component::Component;

use crate::hex;

/// What a component is compiled for: each has an engine of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeFor {
    /// The pipeline, and its added stages.
    Pipeline,
    /// Transforms.
    Transforms,
}

impl CodeFor {
    /// How the names of its files begin, and what `portcullis compile` calls it.
    pub fn name(self) -> &'static str {
        match self {
            CodeFor::Pipeline => "pipeline",
            CodeFor::Transforms => "transform",
        }
    }
}

/// Compiles a component, or loads what an earlier start compiled. `what` says in the log which one.
pub(crate) fn compile(
    engine: &Engine,
    code_for: CodeFor,
    what: &str,
    component: &[u8],
    cache: Option<&Path>,
) -> Result<Component> {
    let Some(cache) = cache else {
        return Ok(Component::new(engine, component)?);
    };
    let path = path(engine, code_for, cache, component);
    if let Some(component) = load(engine, &path) {
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
    {
        // Transforms are compiled one after the other: a compiler takes much, and others may have
        // compiled this one meanwhile.
        let _turn = match code_for {
            CodeFor::Transforms => Some(TRANSFORMS_TURN.lock().unwrap_or_else(PoisonError::into_inner)),
            CodeFor::Pipeline => None,
        };
        if let Some(component) = load(engine, &path) {
            return Ok(component);
        }
        match (compile_apart(program, code_for, component, cache), code_for) {
            (Ok(()), _) => {
                if let Some(component) = load(engine, &path) {
                    return Ok(component);
                }
            }
            // What a stranger's component did to the compiler, it must not do to this process.
            (Err(why), CodeFor::Transforms) => bail!("it cannot be compiled: {why}"),
            (Err(why), CodeFor::Pipeline) => tracing::debug!(why, "no process of its own compiled {what}"),
        }
    }
    let code = engine.precompile_component(component)?;
    if kept.is_ok()
        && let Err(error) = store(&path, &code)
    {
        tracing::warn!(file = %path.display(), %error, "compiled code cannot be kept; the next start compiles again");
    }
    // Why this is safe: see `load`. Here the bytes come from this process itself.
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

/// Bytes of what a compiler says that are read.
const WORDS_BYTES_MAX: u64 = 4 << 10;

/// Held while a transform is compiled.
static TRANSFORMS_TURN: Mutex<()> = Mutex::new(());

/// Has another process compile a component into the cache; or why it did not.
fn compile_apart(
    program: &Path,
    code_for: CodeFor,
    component: &[u8],
    cache: &Path,
) -> std::result::Result<(), String> {
    let mut command = Command::new(program);
    command.arg("compile").args(["--for", code_for.name()]).arg(cache);
    let child = command.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = child.map_err(|error| error.to_string())?;
    // It reads all before it says anything. Where it has ended by then, its status says why.
    let written = child.stdin.take().map(|mut stdin| stdin.write_all(component));
    let mut words = Vec::new();
    if let Some(stderr) = child.stderr.take() {
        // Words that cannot be read say nothing.
        let _ = stderr.take(WORDS_BYTES_MAX).read_to_end(&mut words);
    }
    let status = child.wait().map_err(|error| error.to_string())?;
    match status.code() {
        Some(0) if written.is_some_and(|written| written.is_ok()) => Ok(()),
        Some(_) => Err(String::from_utf8_lossy(&words).trim().to_owned()),
        // A signal ended it.
        None => Err(format!(
            "the compiler needs more than {COMPILER_CPU_SECONDS_MAX} s of the processor, or \
             {COMPILER_DATA_BYTES_MAX} bytes of memory"
        )),
    }
}

/// What compiling one transform may take. One from Python takes 20 s, and some hundred megabytes.
const COMPILER_CPU_SECONDS_MAX: u64 = 120;
const COMPILER_DATA_BYTES_MAX: u64 = 2 << 30;

/// Bounds this process, which compiles a transform for another one and then ends.
///
/// # Errors
/// The system does not let it be bounded.
pub(crate) fn bound_compiler() -> std::io::Result<()> {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let most = |most| Rlimit { current: Some(most), maximum: Some(most) };
    setrlimit(Resource::Cpu, most(COMPILER_CPU_SECONDS_MAX))?;
    setrlimit(Resource::Data, most(COMPILER_DATA_BYTES_MAX))?;
    // It ends where it needs more, and leaves nothing behind.
    setrlimit(Resource::Core, most(0))?;
    Ok(())
}

/// Compiles a component into the cache: what `portcullis compile` does with its standard input.
///
/// # Errors
/// What is no component, or a cache that cannot be written.
pub(crate) fn compile_into(engine: &Engine, code_for: CodeFor, cache: &Path, component: &[u8]) -> Result<()> {
    let code = engine.precompile_component(component)?;
    let path = path(engine, code_for, cache, component);
    writable(cache).and_then(|()| store(&path, &code)).with_context(|| format!("writing {}", path.display()))
}

/// Where the cache folder has the code of a component, if it was compiled. The name changes with
/// the component, the engine's version, its settings and the CPU's features.
pub(crate) fn path(engine: &Engine, code_for: CodeFor, cache: &Path, component: &[u8]) -> PathBuf {
    let mut hasher = DefaultHasher::new();
    engine.precompile_compatibility_hash().hash(&mut hasher);
    let digest = Sha256::digest(component);
    let digest = hex::text(digest.get(..16).unwrap_or_default());
    cache.join(format!("{}-{digest}-{:016x}.cwasm", code_for.name(), hasher.finish()))
}

/// Loads compiled code that an earlier start wrote. Only a file that belongs to this user and that
/// no other user can write is trusted: a user who can change it can run code in this process.
fn load(engine: &Engine, path: &Path) -> Option<Component> {
    use std::os::unix::fs::MetadataExt as _;
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
    use std::os::unix::fs::DirBuilderExt as _;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(cache)?;
    let trial = cache.join(format!("{}.partial", std::process::id()));
    std::fs::write(&trial, [])?;
    std::fs::remove_file(&trial)
}

fn store(path: &Path, code: &[u8]) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt as _;
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
