//! Advice on policies: runs the component in the slot `policy` alone, for operators. It is lent
//! nothing.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result, anyhow};
use wasmtime::{Store, StoreLimits};

use crate::keys::master_keys::DeclaredKey;
use crate::pipeline::bindings::advice::{Document, Evaluation, Finding, Hypothesis};
use crate::pipeline::bindings::{Adviser as Component, AdviserPre};
use crate::pipeline::compose::Manifest;
use crate::pipeline::engine;
use crate::pipeline::peer::Endpoint;

/// The slot whose component knows policies.
const SLOT: &str = "portcullis:gateway/policy@0.1.0";
/// What that component exports for operators.
const EXPORT: &str = "portcullis:gateway/advice@0.1.0";

/// The component of a pipeline that can read policies.
pub(crate) struct Adviser {
    store: Store<StoreLimits>,
    component: Component,
}

impl Adviser {
    /// The adviser of a pipeline; `None` where the slot has another component than Portcullis' own,
    /// which gives no advice.
    ///
    /// # Errors
    /// The component cannot be loaded.
    pub(crate) fn of(manifest: &Manifest, cache: Option<&Path>) -> Result<Option<Adviser>> {
        let Some((engine, pre)) = engine::alone(
            "the policy component, which looks at policies",
            &manifest.filling(SLOT)?,
            EXPORT,
            cache,
        )?
        else {
            return Ok(None);
        };
        let mut store = engine::store_alone(&engine);
        let component = AdviserPre::new(pre)?.instantiate(&mut store)?;
        Ok(Some(Adviser { store, component }))
    }

    /// Whether a document can be read.
    ///
    /// # Errors
    /// Why not, or the component traps.
    pub(crate) fn read(&mut self, document: &Document) -> Result<()> {
        self.store.set_epoch_deadline(engine::ALONE_TICKS_MAX);
        let advice = self.component.portcullis_gateway_advice();
        advice.call_read(&mut self.store, document)?.map_err(|why| anyhow!(why))
    }

    /// What is suspicious in a document.
    ///
    /// # Errors
    /// Its kind is none, or the component traps.
    pub(crate) fn lint(&mut self, document: &Document) -> Result<Vec<Finding>> {
        self.store.set_epoch_deadline(engine::ALONE_TICKS_MAX);
        let advice = self.component.portcullis_gateway_advice();
        advice.call_lint(&mut self.store, document)?.map_err(|why| anyhow!(why))
    }

    /// What policies would say.
    ///
    /// # Errors
    /// The hypothesis makes no sense, or the component traps.
    pub(crate) fn simulate(&mut self, hypothesis: &Hypothesis) -> Result<Vec<Evaluation>> {
        self.store.set_epoch_deadline(engine::ALONE_TICKS_MAX);
        let advice = self.component.portcullis_gateway_advice();
        advice.call_simulate(&mut self.store, hypothesis)?.map_err(|why| anyhow!(why))
    }
}

/// Checks that the pipeline's policy component can read the policies of endpoints and of keys.
///
/// # Errors
/// It cannot read one; the text says which, and why. Or it cannot be run.
pub(crate) fn check_policies(
    endpoints: &[Arc<Endpoint>],
    keys: &[DeclaredKey],
    manifest: &Manifest,
    cache: Option<&Path>,
) -> Result<()> {
    let document = |kind: &str, label: &str, text: &str| Document {
        label: label.to_owned(),
        kind: kind.to_owned(),
        text: text.to_owned(),
    };
    let of_endpoint =
        |endpoint: &Arc<Endpoint>| Some(document("endpoint", &endpoint.id, &endpoint.policy.as_ref()?.text));
    let of_key = |key: &DeclaredKey| Some(document("key", &key.entry.id, key.policy.as_ref()?));
    let documents: Vec<Document> =
        endpoints.iter().filter_map(of_endpoint).chain(keys.iter().filter_map(of_key)).collect();
    if documents.is_empty() {
        return Ok(());
    }
    // One for all: without a cache, each would be compiled anew.
    let Some(mut adviser) = Adviser::of(manifest, cache)? else {
        tracing::warn!(
            "whether the policies of endpoints and keys can be read, this pipeline does not say beforehand"
        );
        return Ok(());
    };
    for document in documents {
        let why = format!("the policy of the {} {} cannot be used", document.kind, document.label);
        adviser.read(&document).context(why)?;
    }
    Ok(())
}
