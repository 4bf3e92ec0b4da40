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
    /// What its results depend on; nothing is said where it is not there.
    #[serde(default)]
    pub(super) vary: Option<Vec<String>>,
    /// What builds it, in a shell in its folder, where the tools of the language alone do not.
    #[serde(default)]
    pub(super) build: Option<String>,
    /// What a call may take.
    #[serde(default)]
    pub(super) limits: LimitsGiven,
}

impl TransformSettings {
    /// What its results depend on, as functions declare it.
    pub(super) fn vary(&self) -> Option<String> {
        let vary = self.vary.as_ref()?;
        Some(if vary.is_empty() { "none".to_owned() } else { vary.join(",") })
    }

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
