//! `transform.toml`: what says that a folder is a transform, how it is built, and how it is run.

use std::path::Path;

use anyhow::{Context as _, Result};
use serde::Deserialize;

use super::template::TransformLanguage;
use crate::transforms::LimitsGiven;

/// Its name.
pub(super) const SETTINGS: &str = "transform.toml";

/// The settings of a folder.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TransformSettings {
    /// The name of the transform.
    pub(super) name: String,
    /// What it is written in.
    pub(super) language: TransformLanguage,
    /// The world of the contract that it is made for.
    pub(super) world: String,
    /// What it is granted.
    #[serde(default)]
    pub(super) grants: Vec<String>,
    /// What a call may take.
    #[serde(default)]
    pub(super) limits: LimitsGiven,
}

impl TransformSettings {
    /// Reads those of a folder.
    ///
    /// # Errors
    /// A folder that has none, and what they may not say.
    pub(super) fn read(folder: &Path) -> Result<TransformSettings> {
        let path = folder.join(SETTINGS);
        let text = std::fs::read_to_string(&path).with_context(|| {
            format!(
                "{} is no folder of a transform (reading {SETTINGS}); \
                 `portcullis transform new --lang LANGUAGE DIR` makes one",
                folder.display()
            )
        })?;
        toml::from_str(&text).with_context(|| path.display().to_string())
    }
}
