//! What the task of a call asks the gateway for, and what the gateway gives it.

use std::cell::Cell;

use sdk::bindings::storage::exports::portcullis::gateway::storage::{Given, Step};
use sdk::executor::suspend;

/// One call's exchange. The task holds one end, the record of the call holds the other.
#[derive(Default)]
pub(crate) struct Exchange {
    asks: Cell<Option<Step>>,
    given: Cell<Option<Given>>,
}

impl Exchange {
    /// Suspends the task until the gateway has done what `step` asks for. Returns what the gateway
    /// gave.
    pub(crate) async fn ask(&self, step: Step) -> Option<Given> {
        self.asks.set(Some(step));
        suspend().await;
        self.given.take()
    }

    /// What the task waits for that was suspended just now. Where it asked for nothing, it waits
    /// for work of the host.
    pub(crate) fn waits_for(&self) -> Step {
        self.asks.take().unwrap_or(Step::Pending)
    }

    /// Hands over what the task asked for. The task is resumed next.
    pub(crate) fn give(&self, given: Option<Given>) {
        self.given.set(given);
    }
}
