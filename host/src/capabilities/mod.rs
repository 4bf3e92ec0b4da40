//! The capabilities that the host lends to the pipeline, one file per WIT interface.

mod calls;
mod digests;
mod index;
pub mod keys;
mod master_keys;
mod plain;
mod published;
mod seals;
mod stages;
mod vault;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use wasmtime::Engine;
use wasmtime::component::{HasSelf, Linker};

use crate::accounts::Accounts;
use crate::bindings;
use crate::call::Calls;
use crate::engine::InstanceLimits;
use crate::journal::{Draws, SeenRow};
use crate::telemetry::metrics::Metrics;
use volume::{Snapshot, Volume};

pub use calls::{CallsView, Guests, HasCalls, algorithm, contract_algorithm};

/// What one pipeline instance works with: the data of its wasmtime store.
pub struct HostState {
    /// The requests that are in the pipeline.
    pub calls: Calls,
    /// The data folder.
    pub volume: Arc<Volume>,
    /// Who exists.
    pub accounts: Arc<Accounts>,
    /// Seals and opens secrets.
    pub vault: Arc<crate::vault::Vault>,
    /// Keys that data keys are wrapped under.
    pub kms: Arc<crate::kms::KeyService>,
    /// Derived signing keys.
    pub signing_keys: keys::SigningKeys,
    /// What the operator set.
    pub settings: Arc<BTreeMap<String, String>>,
    /// Counters.
    pub metrics: Arc<Metrics>,
    /// Why calls were denied.
    pub explanations: Arc<crate::explanations::Explanations>,
    /// Stages that users added.
    pub stages: Arc<crate::stages::AddedStages>,
    /// The freshest snapshot seen, with its generation.
    pub(crate) snapshot: Option<(u64, Snapshot)>,
    /// Whether this step of the pipeline has already looked for a fresher one.
    pub(crate) snapshot_is_current: bool,
    /// How long added stages have run in this step: that time is theirs, not the pipeline's.
    pub(crate) lent: Duration,
    /// When this step was found to be a long one, in the thread's own time.
    pub(crate) long_since: Option<Duration>,
    /// What this step of the pipeline draws.
    pub(crate) draws: Draws,
    /// Rows as this step saw them when it ran before.
    pub(crate) seen_rows: Vec<SeenRow>,
    /// Memory and table limits of the instance.
    pub limits: InstanceLimits,
}

/// A linker with every capability of the pipeline.
pub fn linker(engine: &Engine) -> wasmtime::Result<Linker<HostState>> {
    let mut linker = Linker::new(engine);
    bindings::calls::add_to_linker::<_, HasCalls>(&mut linker, |state: &mut HostState| CallsView {
        calls: &mut state.calls,
        guests: Guests::Pipeline,
    })?;
    bindings::index::add_to_linker::<_, HasSelf<HostState>>(&mut linker, |state| state)?;
    bindings::keys::add_to_linker::<_, HasSelf<HostState>>(&mut linker, |state| state)?;
    bindings::vault::add_to_linker::<_, HasSelf<HostState>>(&mut linker, |state| state)?;
    bindings::master_keys::add_to_linker::<_, HasSelf<HostState>>(&mut linker, |state| state)?;
    bindings::seals::add_to_linker::<_, HasSelf<HostState>>(&mut linker, |state| state)?;
    bindings::digests::add_to_linker::<_, HasSelf<HostState>>(&mut linker, |state| state)?;
    bindings::random::add_to_linker::<_, HasSelf<HostState>>(&mut linker, |state| state)?;
    bindings::settings::add_to_linker::<_, HasSelf<HostState>>(&mut linker, |state| state)?;
    bindings::trace::add_to_linker::<_, HasSelf<HostState>>(&mut linker, |state| state)?;
    bindings::stages::add_to_linker::<_, HasSelf<HostState>>(&mut linker, |state| state)?;
    Ok(linker)
}
