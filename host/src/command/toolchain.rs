//! The tools of languages that make components: for stages and for transforms. What they do not do,
//! this program does: bindings for C, and components of modules.

mod adapter_room;

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};
use wasi_preview1_component_adapter_provider::{
    WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER,
};
use wit_bindgen_core::Files;
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::{Resolve, WorldId};

/// What is built on the way, in the folder of a component.
pub(super) const BUILT: &str = "build";
/// Where the contract is, in such a folder.
pub(super) const CONTRACT: &str = "wit";

/// The part of the C library that bindings need, and their compiler's flags.
const C_LIBRARY: [(&str, &str); 3] = [
    ("stdlib.h", include_str!("toolchain/stdlib.h.txt")),
    ("string.h", include_str!("toolchain/string.h.txt")),
    ("libc.c", include_str!("toolchain/libc.c.txt")),
];
const C_FLAGS: [&str; 10] = [
    "--target=wasm32-unknown-unknown",
    "-std=c11",
    "-O2",
    "-Wall",
    "-nostdlib",
    "-ffreestanding",
    "-fno-builtin",
    "-Wl,--no-entry",
    "-Wl,--gc-sections",
    "-I",
];

/// What cargo makes of a folder for a target: a module, or a component where the target makes them.
///
/// # Errors
/// A tool that is not installed, and what does not build.
pub(super) fn cargo(folder: &Path, name: &str, target: &str) -> Result<PathBuf> {
    let built = target_folder(folder)?;
    let mut cargo = Command::new("cargo");
    cargo.current_dir(folder).args(["build", "--release", "--target", target]);
    // What is set for native programs is not for this one.
    for variable in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_TARGET", "RUSTC_WRAPPER"] {
        cargo.env_remove(variable);
    }
    let how = format!("https://rustup.rs installs it; `rustup target add {target}` adds the target");
    run(&mut cargo, "cargo", &how)?;
    Ok(built.join(target).join("release").join(format!("{}.wasm", name.replace('-', "_"))))
}

/// Where cargo builds what is in a folder: a workspace has one place for all that is in it.
fn target_folder(folder: &Path) -> Result<PathBuf> {
    #[derive(serde::Deserialize)]
    struct Metadata {
        target_directory: PathBuf,
    }
    let mut cargo = Command::new("cargo");
    cargo.current_dir(folder).args(["metadata", "--format-version", "1", "--no-deps"]);
    match cargo.stderr(Stdio::inherit()).output() {
        Ok(told) if told.status.success() => {
            let metadata: Metadata =
                serde_json::from_slice(&told.stdout).context("what cargo says of itself")?;
            Ok(metadata.target_directory)
        }
        Ok(told) => bail!("cargo failed ({}); what it says stands above", told.status),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            bail!("cargo is not installed: https://rustup.rs installs it")
        }
        Err(error) => Err(error).context("starting cargo"),
    }
}

/// The module of a folder in C: of every `.c` file in it.
///
/// # Errors
/// A tool that is not installed, and what does not build.
pub(super) fn clang(folder: &Path, world: &str) -> Result<PathBuf> {
    let built = made(folder)?;
    for (name, text) in C_LIBRARY {
        write(&built.join(name), text.as_bytes())?;
    }
    let (mut resolve, id) = contract(folder, world)?;
    let mut files = Files::default();
    wit_bindgen_c::Opts::default().build().generate(&mut resolve, id, &mut files)?;
    for (name, bytes) in files.iter() {
        write(&built.join(name), bytes)?;
    }
    let module = built.join("module.wasm");
    let mut clang = Command::new("clang");
    clang.current_dir(folder).args(C_FLAGS).arg(&built);
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "c") {
            clang.arg(path);
        }
    }
    let world = world.replace('-', "_");
    for name in [format!("{world}.c"), format!("{world}_component_type.o"), "libc.c".to_owned()] {
        clang.arg(built.join(name));
    }
    clang.arg("-o").arg(&module);
    let how = "clang and lld are packages of every distribution: `apt-get install clang lld`";
    run(&mut clang, "clang", how).map_err(|error| match has_linker() {
        true => error,
        false => error.context(format!("wasm-ld is not installed: {how}")),
    })?;
    Ok(module)
}

/// Whether clang finds its linker: of a program that it does not find, it prints the bare name.
fn has_linker() -> bool {
    let asked = Command::new("clang").arg("-print-prog-name=wasm-ld").output();
    asked.map_or(true, |output| output.stdout.starts_with(b"/"))
}

/// Has componentize-py make the component of `app.py`.
///
/// # Errors
/// A tool that is not installed, and what does not build.
pub(super) fn componentize_py(folder: &Path, world: &str, switches: &[&str], file: &Path) -> Result<()> {
    let mut tool = Command::new(own_or(folder, "componentize-py"));
    tool.current_dir(folder).args(["-d", CONTRACT, "-w", world, "componentize"]);
    tool.args(switches).args(["app", "-o"]).arg(file);
    run(
        &mut tool,
        "componentize-py",
        "`python3 -m venv .venv && .venv/bin/pip install -r requirements.txt` in the folder installs it",
    )
}

/// Has Node run `build.mjs`.
///
/// # Errors
/// A tool that is not installed, and what does not build.
pub(super) fn node(folder: &Path) -> Result<()> {
    let how = "Node 20 or later is needed, and `npm install` in the folder";
    if !folder.join("node_modules").exists() {
        bail!("componentize-js is not installed: {how}");
    }
    run(Command::new("node").current_dir(folder).arg("build.mjs"), "node", how)
}

/// The module of a folder in Go.
///
/// # Errors
/// A tool that is not installed, and what does not build.
pub(super) fn go(folder: &Path) -> Result<PathBuf> {
    let module = made(folder)?.join("module.wasm");
    let mut go = Command::new(own_or(folder, "go"));
    go.current_dir(folder).envs([("GOOS", "wasip1"), ("GOARCH", "wasm")]);
    go.args(["build", "-buildmode=c-shared", "-ldflags=-s -w", "-o"]).arg(&module).arg(".");
    let how = "https://go.dev/dl, or `python3 -m venv .venv && .venv/bin/pip install -r requirements.txt` in the folder";
    run(&mut go, "go", how)?;
    Ok(module)
}

/// Runs the command of a folder, which makes the component.
///
/// # Errors
/// There is no shell, or the command fails.
pub(super) fn shell(folder: &Path, command: &str) -> Result<()> {
    run(Command::new("sh").current_dir(folder).args(["-c", command]), "sh", "a shell is needed for `build`")
}

/// Makes a component of a module that was linked with its bindings.
///
/// # Errors
/// What is no such module.
pub(super) fn componentize(module: &Path, file: &Path) -> Result<()> {
    let bytes = std::fs::read(module).with_context(|| format!("reading {}", module.display()))?;
    let component = ComponentEncoder::default()
        .validate(true)
        .module(&bytes)
        .and_then(|encoder| encoder.encode())
        .context("making a component: what does the module import? It can use neither WASI nor JavaScript")?;
    write(file, &component)
}

/// Makes a component of a module of WASI 0.1 that knows nothing of its world.
///
/// # Errors
/// What does not have the exports of the world.
pub(super) fn componentize_wasi(folder: &Path, world: &str, module: &Path, file: &Path) -> Result<()> {
    let mut bytes = std::fs::read(module).with_context(|| format!("reading {}", module.display()))?;
    let (resolve, id) = contract(folder, world)?;
    embed_component_metadata(&mut bytes, &resolve, id, StringEncoding::UTF8)?;
    let bytes = adapter_room::add(&bytes)?;
    let component = ComponentEncoder::default()
        .validate(true)
        .module(&bytes)
        .and_then(|encoder| {
            let (name, adapter) =
                (WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER);
            encoder.adapter(name, adapter)?.encode()
        })
        .with_context(|| format!("making a component of the world `{world}`"))?;
    write(file, &component)
}

fn contract(folder: &Path, world: &str) -> Result<(Resolve, WorldId)> {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(folder.join(CONTRACT)).context("reading the contract")?;
    let world = resolve.select_world(&[package], Some(world))?;
    Ok((resolve, world))
}

/// A program of the folder's own environment, or that of the system.
fn own_or(folder: &Path, program: &str) -> PathBuf {
    let own = folder.join(".venv/bin").join(program);
    if own.exists() { own } else { PathBuf::from(program) }
}

/// The folder for what is built on the way.
fn made(folder: &Path) -> Result<PathBuf> {
    let built = folder.join(BUILT);
    std::fs::create_dir_all(&built).with_context(|| format!("making the folder {}", built.display()))?;
    Ok(built)
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    std::fs::write(path, bytes).with_context(|| format!("writing {}", path.display()))
}

/// Runs a tool; its messages go where ours go.
fn run(command: &mut Command, tool: &str, how: &str) -> Result<()> {
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => bail!("{tool} failed ({status}); what it says stands above"),
        Err(error) if error.kind() == ErrorKind::NotFound => bail!("{tool} is not installed: {how}"),
        Err(error) => Err(error).with_context(|| format!("starting {tool}")),
    }
}
