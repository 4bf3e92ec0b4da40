//! Named listeners: what the pipeline is told of requests that come through one.
//!
//! A policy is a text here. Whether it can be read, the component in the slot `policy` says at the start, and it is that
//! component which acts by it.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use wasmtime::component::Linker;
use wasmtime::{Engine, Store, StoreLimits, StoreLimitsBuilder};

use crate::bindings::PolicyReader;
use crate::compose::Manifest;
use crate::config::{self, Config, ConfigError};
use crate::engine::{self, MEMORY_BYTES_MAX, STEP_TICKS_MAX};

/// The slot whose component reads policies.
const SLOT: &str = "portcullis:gateway/policy@0.1.0";
/// What that component exports for a start.
const EXPORT: &str = "portcullis:gateway/endpoint-policies@0.1.0";

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

/// Asks the component in the slot `policy` whether it can read the policies.
///
/// # Errors
/// It cannot read one; the text says which, and why. Or it cannot be run.
pub(crate) fn judge(
    endpoints: &[Arc<Endpoint>],
    manifest: &Manifest,
    engine: &Engine,
    cache: Option<&Path>,
) -> Result<()> {
    let policies = || endpoints.iter().filter_map(|endpoint| Some((&endpoint.id, endpoint.policy.as_ref()?)));
    if policies().next().is_none() {
        return Ok(());
    }
    let component = engine::compile(engine, &manifest.filling(SLOT)?, cache)?;
    if component.get_export_index(None, EXPORT).is_none() {
        tracing::warn!(
            "whether the policies of endpoints can be read, this pipeline does not say beforehand"
        );
        return Ok(());
    }
    let mut linker: Linker<StoreLimits> = Linker::new(engine);
    // It is lent nothing: whatever it calls is a trap.
    linker.define_unknown_imports_as_traps(&component)?;
    let limits = StoreLimitsBuilder::new().memory_size(MEMORY_BYTES_MAX).build();
    let mut store = Store::new(engine, limits);
    store.limiter(|limits| limits);
    store.set_epoch_deadline(STEP_TICKS_MAX);
    let reader = PolicyReader::instantiate(&mut store, &component, &linker)?;
    for (id, policy) in policies() {
        store.set_epoch_deadline(STEP_TICKS_MAX);
        let judged = reader.portcullis_gateway_endpoint_policies().call_judge(&mut store, &policy.text);
        let judged = judged.map_err(anyhow::Error::from);
        if let Err(why) = judged.with_context(|| format!("reading the policy of the endpoint {id}"))? {
            bail!("the policy of the endpoint {id} cannot be used: {why}");
        }
    }
    Ok(())
}
