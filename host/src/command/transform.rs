//! `portcullis transform`: transforms, from a template to a run, without a server.

mod build;
mod contract;
pub(crate) mod deployed;
mod described;
mod dev;
pub(crate) mod logs;
mod settings;
mod sources;
mod template;
mod trial;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;

use super::output::say;
use crate::transforms::LimitsGiven;

pub use deployed::{Deployment, Exposure, FunctionChore, RulesChange};
pub use logs::LogsQuestion;
pub use template::{EXAMPLES, Shape, TransformLanguage, TransformTemplate};

/// What is done with a transform.
#[derive(Debug)]
pub enum TransformAction {
    /// Write the folder of a new one.
    New(PathBuf, TransformTemplate),
    /// Build the component of a folder.
    Build(PathBuf),
    /// Look at a component, and try each of its exports.
    Check(TriedTransform),
    /// Run a component on an input.
    Test(TriedTransform, Box<Trial>),
    /// Write the contract into a folder.
    Wit(PathBuf),
}

/// A component, and how it is run. What the folder's `transform.toml` says is added.
#[derive(Debug)]
pub struct TriedTransform {
    /// Its file.
    pub file: PathBuf,
    /// What a call may take.
    pub limits: LimitsGiven,
    /// What it is granted.
    pub grants: Vec<String>,
    /// Where compiled code is kept.
    pub cache: Option<PathBuf>,
}

/// What a test runs a component on, and what is expected.
#[derive(Debug, Default)]
pub struct Trial {
    /// The bytes of the object; none without it.
    pub input: Option<PathBuf>,
    /// The request.
    pub context: Option<PathBuf>,
    /// The bytes that are expected.
    pub expect: Option<PathBuf>,
    /// Where the bytes of the answer go.
    pub output: Option<PathBuf>,
    /// The folder that `objects` reads from.
    pub objects: Option<PathBuf>,
    /// How often it is run.
    pub repeat: u32,
}

/// Does it.
///
/// # Errors
/// What kept it from being done: a folder that is there already, a tool that is not installed, a
/// file that cannot be read.
pub(super) fn run(action: &TransformAction) -> Result<ExitCode> {
    match action {
        TransformAction::New(folder, template) => template::write(folder, *template),
        TransformAction::Build(folder) => build::build(folder),
        TransformAction::Check(component) => trial::check(component),
        TransformAction::Test(component, trial) => trial::test(component, trial),
        TransformAction::Wit(folder) => {
            contract::write(folder)?;
            Ok(say(&format!("the contract is in {}\n", folder.display())))
        }
    }
}
