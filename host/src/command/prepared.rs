//! What a server is made of before it touches its data folder: `serve` starts with it, and
//! `config check` stops there. So both refuse the same configurations, with the same words.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result};

use super::placement;
use crate::config::Config;
use crate::keys::accounts::Accounts;
use crate::keys::master_keys::DeclaredKey;
use crate::outbound::Outbound;
use crate::pipeline::added_stages::{AddedStages, StageSource};
use crate::pipeline::adviser;
use crate::pipeline::compose::Manifest;
use crate::pipeline::engine::CompiledPipeline;
use crate::pipeline::peer::Endpoint;
use crate::pipeline::webhooks::Webhooks;

/// A configuration whose parts are all there.
pub(super) struct Prepared {
    /// What the pipeline is made of.
    pub(super) manifest: Manifest,
    /// The endpoints of the named listeners, in their order.
    pub(super) endpoints: Vec<Arc<Endpoint>>,
    /// The master keys of the configuration.
    pub(super) keys: Vec<DeclaredKey>,
    /// What fetches from elsewhere.
    pub(super) outbound: Outbound,
    /// Servers elsewhere that transform responses.
    pub(super) webhooks: Webhooks,
    /// The values of the pipeline's variables.
    pub(super) settings: Arc<BTreeMap<String, String>>,
    /// The pipeline.
    pub(super) composed: Composed,
}

/// A pipeline that is composed and not compiled yet.
pub(super) struct Composed {
    pipeline: Vec<u8>,
    stages: Vec<StageSource>,
}

impl Prepared {
    /// Checks accounts, policies, variables and the pipeline of a configuration, and reads the
    /// files that it names.
    ///
    /// # Errors
    /// Whatever is wrong with it. The text names what to change.
    pub(super) fn of(config: &Config) -> Result<Prepared> {
        placement::check(config)?;
        let manifest = Manifest::load(config.pipeline.as_deref())?;
        Accounts::check(config)?;
        let endpoints = Endpoint::load_all(config)?;
        let keys = DeclaredKey::load_all(config)?;
        let outbound = Outbound::new(&config.outbound).context("outbound.ca_file")?;
        let mut settings = manifest.variables(config)?;
        if let Some(domains) = settings.get_mut("domains") {
            config.add_local_domains(domains);
        }
        let webhooks = Webhooks::new(config)?;
        settings.insert("webhooks".to_owned(), webhooks.names());
        let settings = Arc::new(settings);
        let composed = Composed { pipeline: manifest.compose()?, stages: manifest.added_stages()? };
        // The cache may be in the data folder: a first start compiles for this check without one.
        adviser::check_policies(&endpoints, &keys, &manifest, config.made_cache_folder().as_deref())?;
        Ok(Prepared { manifest, endpoints, keys, outbound, webhooks, settings, composed })
    }
}

impl Composed {
    /// The names of the added stages.
    pub(super) fn stage_names(&self) -> impl Iterator<Item = &str> {
        self.stages.iter().map(|stage| stage.name.as_str())
    }

    /// Compiles the pipeline and its added stages, or loads what an earlier start compiled. Here a
    /// component is found out that imports what the host does not lend, and an added stage that
    /// does not run.
    ///
    /// # Errors
    /// A component that cannot be used; the text names it where it is an added stage.
    pub(super) fn compile(
        self,
        settings: Arc<BTreeMap<String, String>>,
        cache: Option<&Path>,
    ) -> Result<(CompiledPipeline, AddedStages)> {
        let pipeline = CompiledPipeline::load(&self.pipeline, cache).context("the pipeline")?;
        let stages = pipeline.added_stages(self.stages, settings, cache)?;
        stages.try_all()?;
        Ok((pipeline, stages))
    }
}
