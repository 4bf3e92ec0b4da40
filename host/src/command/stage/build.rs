//! `portcullis stage build`: from the source of a stage to its component, by the tools of its
//! language.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, Result};

use super::template::{Language, SETTINGS, Settings};
use crate::command::output::say;
use crate::command::toolchain::{cargo, clang, componentize, componentize_py, node};

/// The world that stages are made for.
const WORLD: &str = "user-stage";

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
        Language::Rust => componentize(&cargo(&folder, &name, "wasm32-unknown-unknown")?, &file)?,
        Language::C => componentize(&clang(&folder, WORLD)?, &file)?,
        // A stage imports no WASI.
        Language::Python => componentize_py(&folder, WORLD, &["--stub-wasi"], &file)?,
        Language::JavaScript => node(&folder)?,
    }
    let bytes = std::fs::metadata(&file).with_context(|| format!("reading {}", file.display()))?.len();
    Ok(say(&format!("{}: {bytes} bytes\n", file.display())))
}
