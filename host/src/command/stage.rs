//! `portcullis stage`: stages of an operator's own, from a template to a run, without a server.

mod build;
mod described;
mod template;
mod trial;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;

use super::output::say;
use crate::pipeline::added_stages::StageLimits;
use crate::pipeline::contract_text;

pub use template::Language;

/// What is done with a stage.
#[derive(Debug)]
pub enum Action {
    /// Write the folder of a new one.
    New(String, Language),
    /// Build the component of a folder.
    Build(PathBuf),
    /// Look at a component, and try it once.
    Check(Tried),
    /// Run a component on described requests.
    Test(Tried, Vec<PathBuf>),
    /// Write the contract into a folder.
    Wit(PathBuf),
}

/// A component, and how it is run.
#[derive(Debug)]
pub struct Tried {
    /// Its file.
    pub file: PathBuf,
    /// What a run may take.
    pub limits: StageLimits,
    /// Where compiled code is kept.
    pub cache: Option<PathBuf>,
}

/// Does it.
///
/// # Errors
/// What kept it from being done: a folder that is there already, a tool that is not installed, a
/// file that cannot be read.
pub(super) fn run(action: &Action) -> Result<ExitCode> {
    match action {
        Action::New(name, language) => template::write(name, *language),
        Action::Build(folder) => build::build(folder),
        Action::Check(component) => trial::check(component),
        Action::Test(component, requests) => trial::test(component, requests),
        Action::Wit(folder) => {
            contract_text::write(folder)?;
            Ok(say(&format!("the contract is in {}\n", folder.display())))
        }
    }
}
