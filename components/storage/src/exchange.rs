//! What a task that serves a call and the gateway say to each other.

use std::cell::Cell;

use sdk::Protection;
use sdk::bindings::storage::exports::portcullis::gateway::storage::Step;
use sdk::executor::suspend;

/// What is said of one call: its task has one end, the record of the call the other.
#[derive(Default)]
pub(crate) struct Exchange {
    asks: Cell<Option<Step>>,
    given: Cell<Option<Protection>>,
}

impl Exchange {
    /// Suspends the task until the gateway has done what `step` asks for. Answers what it gave for
    /// it.
    pub(crate) async fn ask(&self, step: Step) -> Option<Protection> {
        self.asks.set(Some(step));
        suspend().await;
        self.given.take()
    }

    /// What the task that was suspended just now waits for. Where it asked for nothing, that is
    /// work of the host.
    pub(crate) fn waits_for(&self) -> Step {
        self.asks.take().unwrap_or(Step::Pending)
    }

    /// Gives the task, which is resumed next, what it asked for.
    pub(crate) fn give(&self, given: Option<Protection>) {
        self.given.set(given);
    }
}
