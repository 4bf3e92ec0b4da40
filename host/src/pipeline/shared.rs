//! What all workers share: put together once, at the start.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::config::Config;
use crate::keys::accounts::Accounts;
use crate::keys::master_keys::MasterKeys;
use crate::keys::vault::Vault;
use crate::outbound::Outbound;
use crate::pipeline::added_stages::AddedStages;
use crate::pipeline::quotas::Quotas;
use crate::pipeline::shares::Room;
use crate::pipeline::transforming::Transforming;
use crate::pipeline::webhooks::Webhooks;
use crate::telemetry::explanations::Explanations;
use crate::telemetry::metrics::Metrics;
use crate::telemetry::otlp::Exporter;
use volume::Volume;

/// What all workers share.
pub struct Shared {
    /// The configuration.
    pub config: Arc<Config>,
    /// Accounts, their users and access keys.
    pub accounts: Arc<Accounts>,
    /// Seals and opens secrets.
    pub vault: Arc<Vault>,
    /// Master keys, which wrap data keys.
    pub master_keys: Arc<MasterKeys>,
    /// The data folder.
    pub volume: Arc<Volume>,
    /// Counters.
    pub metrics: Arc<Metrics>,
    /// Fetches from elsewhere.
    pub outbound: Arc<Outbound>,
    /// The pipeline's variables.
    pub settings: Arc<BTreeMap<String, String>>,
    /// Why calls were denied.
    pub explanations: Arc<Explanations>,
    /// Added stages.
    pub stages: Arc<AddedStages>,
    /// Runs transforms.
    pub transforming: Arc<Transforming>,
    /// Servers elsewhere that transform responses.
    pub webhooks: Arc<Webhooks>,
    /// Where traces go, if anywhere.
    pub exporter: Option<Arc<Exporter>>,
    /// How much may be held.
    pub quotas: Arc<Quotas>,
    /// Memory for the documents of requests.
    pub room: Room,
    /// Numbers for calls.
    pub ids: Ids,
}

/// Call numbers, unique in this process.
#[derive(Debug, Default)]
pub struct Ids(AtomicU64);

impl Ids {
    /// The next one.
    pub(crate) fn next(&self) -> u64 {
        self.0.fetch_add(1, Ordering::Relaxed)
    }
}
