//! The capabilities that the host lends to the pipeline: one file for each interface of the
//! contract in `gateway/wit`.
//!
//! An error of these functions is a trap. Only a bug of a guest or a failure of the machine leads
//! to one: what a client can cause has a value in the interface.

mod calls;
mod cursors;
mod digests;
mod index;
mod keys;
mod master_keys;
mod quotas;
mod random;
mod seals;
mod settings;
mod stages;
mod trace;
mod vault;

use std::sync::Arc;
use std::time::Duration;

use wasmtime::Engine;
use wasmtime::component::{HasSelf, Linker};

use crate::keys::signing::SigningKeys;
use crate::pipeline::bindings;
use crate::pipeline::call::Calls;
use crate::pipeline::instance_limits::InstanceLimits;
use crate::pipeline::journal::{Draws, SeenRow};
use crate::pipeline::shared::Shared;
use volume::Snapshot;

pub use calls::{CallsView, Guests, HasCalls, NotKnownYet};

/// What one pipeline instance works with: the data of its wasmtime store. Much of it is about the
/// step that runs, because an instance runs one step at a time.
pub struct HostState {
    /// What all instances share.
    pub shared: Arc<Shared>,
    /// The requests that are in the pipeline.
    pub calls: Calls,
    /// Derived signing keys.
    pub signing_keys: SigningKeys,
    /// The freshest snapshot seen, with its generation.
    pub(crate) snapshot: Option<(u64, Snapshot)>,
    /// Whether this step of the pipeline has already looked for a fresher one.
    pub(crate) snapshot_is_current: bool,
    /// How long added stages have run in this step. That time does not count for the pipeline.
    pub(crate) lent: Duration,
    /// When this step was found to be a long one, by the time that its thread has run.
    pub(crate) long_since: Option<Duration>,
    /// What this step draws, and what it drew when it ran before.
    pub(crate) draws: Draws,
    /// Rows as this step saw them when it ran before. They go before the snapshot.
    pub(crate) seen_rows: Vec<SeenRow>,
    /// Memory and table limits of the instance.
    pub limits: InstanceLimits,
}

impl HostState {
    /// The data of a new instance.
    pub fn new(shared: Arc<Shared>) -> HostState {
        HostState {
            shared,
            calls: Calls::default(),
            signing_keys: SigningKeys::default(),
            snapshot: None,
            snapshot_is_current: false,
            lent: Duration::ZERO,
            long_since: None,
            draws: Draws::default(),
            seen_rows: Vec::new(),
            limits: InstanceLimits::new(),
        }
    }
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
    bindings::cursors::add_to_linker::<_, HasSelf<HostState>>(&mut linker, |state| state)?;
    bindings::random::add_to_linker::<_, HasSelf<HostState>>(&mut linker, |state| state)?;
    bindings::settings::add_to_linker::<_, HasSelf<HostState>>(&mut linker, |state| state)?;
    bindings::quotas::add_to_linker::<_, HasSelf<HostState>>(&mut linker, |state| state)?;
    bindings::trace::add_to_linker::<_, HasSelf<HostState>>(&mut linker, |state| state)?;
    bindings::stages::add_to_linker::<_, HasSelf<HostState>>(&mut linker, |state| state)?;
    Ok(linker)
}
