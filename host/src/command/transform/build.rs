//! `portcullis transform build`: from the source of a transform to its component, by the tools of
//! its language.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, Result};

use super::settings::TransformSettings;
use super::template::TransformLanguage;
use crate::command::output::say;
use crate::command::toolchain::{
    cargo, clang, componentize, componentize_py, componentize_wasi, go, node, shell,
};

/// Builds the transform of a folder.
///
/// # Errors
/// A folder without a transform, a tool that is not installed, and what does not build.
pub(super) fn build(folder: &Path) -> Result<ExitCode> {
    let TransformSettings { name, language, world, build, .. } = TransformSettings::read(folder)?;
    // Tools run in the folder.
    let folder = folder.canonicalize()?;
    let file = folder.join(format!("{name}.wasm"));
    match (build, language) {
        (Some(command), _) => shell(&folder, &command)?,
        (None, TransformLanguage::Rust) => {
            let built = cargo(&folder, &name, "wasm32-wasip2")?;
            std::fs::copy(&built, &file).with_context(|| format!("copying {}", built.display()))?;
        }
        (None, TransformLanguage::C) => componentize(&clang(&folder, &world)?, &file)?,
        (None, TransformLanguage::Go) => componentize_wasi(&folder, &world, &go(&folder)?, &file)?,
        (None, TransformLanguage::Python) => componentize_py(&folder, &world, &[], &file)?,
        (None, TransformLanguage::JavaScript) => node(&folder)?,
    }
    let bytes = std::fs::metadata(&file).with_context(|| format!("reading {}", file.display()))?.len();
    Ok(say(&format!("{}: {bytes} bytes\n", file.display())))
}
