//! Named listeners: what the pipeline is told of requests that come through one.
//!
//! A policy is a text here. Whether it can be read, the component in the slot `policy` says at the start, and it is that
//! component which acts by it.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result};

use crate::advice::Adviser;
use crate::bindings::advice::Document;
use crate::compose::Manifest;
use crate::config::{self, Config, ConfigError};

/// The endpoint that a listener stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// `vpce-0a1b2c3d`
    pub id: String,
    /// `vpc-1a2b3c4d`
    pub network: Option<String>,
    /// What it lets pass; everything without.
    pub policy: Option<EndpointPolicy>,
}

/// The policy of an endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointPolicy {
    /// Stands for the text, as long as the process lives.
    pub number: u64,
    /// The document.
    pub text: String,
}

impl Endpoint {
    /// The endpoints of a configuration, in the order of its listeners.
    ///
    /// # Errors
    /// A policy that is not a text of at most 128 KiB.
    pub fn load_all(config: &Config) -> Result<Vec<Arc<Endpoint>>, ConfigError> {
        let load = |(number, listener): (u64, &config::ListenerEntry)| {
            let policy = listener.policy.as_deref().map(read_policy).transpose()?;
            Ok(Arc::new(Endpoint {
                id: listener.endpoint.clone(),
                network: listener.vpc.clone(),
                policy: policy.map(|text| EndpointPolicy { number, text }),
            }))
        };
        (0..).zip(&config.listeners).map(load).collect()
    }
}

/// Bytes that the file of a policy may have: as many as any policy document.
const POLICY_BYTES_MAX: u64 = 128 << 10;

fn read_policy(path: &Path) -> Result<String, ConfigError> {
    config::read_text(path, POLICY_BYTES_MAX)
        .map_err(|why| ConfigError(format!("endpoint policy {}: {why}", path.display())))
}

/// Asks the pipeline's policy component whether it can read the policies.
///
/// # Errors
/// It cannot read one; the text says which, and why. Or it cannot be run.
pub(crate) fn judge(endpoints: &[Arc<Endpoint>], manifest: &Manifest, cache: Option<&Path>) -> Result<()> {
    let policies = || endpoints.iter().filter_map(|endpoint| Some((&endpoint.id, endpoint.policy.as_ref()?)));
    if policies().next().is_none() {
        return Ok(());
    }
    let Some(mut adviser) = Adviser::of(manifest, cache)? else {
        tracing::warn!(
            "whether the policies of endpoints can be read, this pipeline does not say beforehand"
        );
        return Ok(());
    };
    for (id, policy) in policies() {
        let document = Document { label: id.clone(), kind: "endpoint".to_owned(), text: policy.text.clone() };
        adviser.read(&document).with_context(|| format!("the policy of the endpoint {id} cannot be used"))?;
    }
    Ok(())
}
