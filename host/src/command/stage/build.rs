//! `portcullis stage build`: from the source of a stage to its component, by the tools of its
//! language. What they do not do, this program does: bindings for C, and components of modules.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result, bail};
use wit_bindgen_core::Files;
use wit_component::ComponentEncoder;
use wit_parser::Resolve;

use super::template::{CONTRACT, Language, SETTINGS, Settings};
use crate::command::output::say;

/// The world that stages are made for.
const WORLD: &str = "user-stage";
/// What is built on the way, in the folder of a stage.
pub(super) const BUILT: &str = "build";

/// The part of the C library that bindings need, and their compiler's flags.
const C_LIBRARY: [(&str, &str); 3] = [
    ("stdlib.h", include_str!("templates/c/stdlib.h.txt")),
    ("string.h", include_str!("templates/c/string.h.txt")),
    ("libc.c", include_str!("templates/c/libc.c.txt")),
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

/// Builds the stage of a folder.
///
/// # Errors
/// A folder without a stage, a tool that is not installed, and what does not build.
pub(super) fn build(folder: &Path) -> Result<ExitCode> {
    let settings = std::fs::read_to_string(folder.join(SETTINGS)).with_context(|| {
        format!(
            "{} is no folder of a stage (reading {SETTINGS}); `portcullis stage new NAME --lang LANGUAGE` makes one",
            folder.display()
        )
    })?;
    let Settings { name, language } = toml::from_str(&settings).with_context(|| SETTINGS.to_owned())?;
    // Tools run in the folder.
    let folder = folder.canonicalize()?;
    let file = folder.join(format!("{name}.wasm"));
    match language {
        Language::Rust => componentize(&rust(&folder, &name)?, &file)?,
        Language::C => componentize(&c(&folder)?, &file)?,
        Language::Python => python(&folder, &file)?,
        Language::JavaScript => javascript(&folder)?,
    }
    let bytes = std::fs::metadata(&file).with_context(|| format!("reading {}", file.display()))?.len();
    Ok(say(&format!("{}: {bytes} bytes\n", file.display())))
}

/// The module of a stage in Rust.
fn rust(folder: &Path, name: &str) -> Result<PathBuf> {
    let target = folder.join("target");
    let mut cargo = Command::new("cargo");
    cargo.current_dir(folder).args(["build", "--release", "--target", "wasm32-unknown-unknown"]);
    cargo.arg("--target-dir").arg(&target);
    // What is set for native programs is not for this one.
    for variable in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_TARGET", "RUSTC_WRAPPER"] {
        cargo.env_remove(variable);
    }
    run(
        &mut cargo,
        "cargo",
        "https://rustup.rs installs it; `rustup target add wasm32-unknown-unknown` adds the target",
    )?;
    Ok(target.join("wasm32-unknown-unknown/release").join(format!("{}.wasm", name.replace('-', "_"))))
}

/// The module of a stage in C: of every `.c` file in the folder.
fn c(folder: &Path) -> Result<PathBuf> {
    let built = folder.join(BUILT);
    std::fs::create_dir_all(&built).with_context(|| format!("making the folder {}", built.display()))?;
    for (name, text) in C_LIBRARY {
        write(&built.join(name), text.as_bytes())?;
    }
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(folder.join(CONTRACT)).context("reading the contract")?;
    let world = resolve.select_world(&[package], Some(WORLD))?;
    let mut files = Files::default();
    wit_bindgen_c::Opts::default().build().generate(&mut resolve, world, &mut files)?;
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
    for name in ["user_stage.c", "user_stage_component_type.o", "libc.c"] {
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

fn python(folder: &Path, file: &Path) -> Result<()> {
    let own = folder.join(".venv/bin/componentize-py");
    let mut tool = Command::new(if own.exists() { own.as_path() } else { Path::new("componentize-py") });
    tool.current_dir(folder);
    tool.args(["-d", CONTRACT, "-w", WORLD, "componentize", "--stub-wasi", "app", "-o"]).arg(file);
    run(
        &mut tool,
        "componentize-py",
        "`python3 -m venv .venv && .venv/bin/pip install -r requirements.txt` in the folder of the stage installs it",
    )
}

fn javascript(folder: &Path) -> Result<()> {
    let how = "Node 20 or later is needed, and `npm install` in the folder of the stage";
    if !folder.join("node_modules").exists() {
        bail!("componentize-js is not installed: {how}");
    }
    run(Command::new("node").current_dir(folder).arg("build.mjs"), "node", how)
}

/// Makes a component of a module.
fn componentize(module: &Path, file: &Path) -> Result<()> {
    let bytes = std::fs::read(module).with_context(|| format!("reading {}", module.display()))?;
    let component = ComponentEncoder::default()
        .validate(true)
        .module(&bytes)
        .and_then(|encoder| encoder.encode())
        .context(
            "making a component: what does the module import? A stage uses neither WASI nor JavaScript",
        )?;
    write(file, &component)
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
