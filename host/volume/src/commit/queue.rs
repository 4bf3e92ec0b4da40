//! The queue before the committer. It is bounded, and the committer sleeps only here.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::batch::Requirement;
use crate::counters::Add;
use crate::errors::CommitError;
use crate::pending::Pending;

/// Called once with the commit's number, or with why there is none.
pub type Done = Box<dyn FnOnce(Result<u64, CommitError>) + Send>;

/// A batch that waits.
pub(crate) struct Queued {
    pub(crate) require: Vec<Requirement>,
    /// For its limits. What is added is in the record, too.
    pub(crate) add: Vec<Add>,
    /// As in the batch.
    pub(crate) essential: bool,
    /// The record, without its header.
    pub(crate) record: Vec<u8>,
    /// The blobs that were received for this batch; they live at least as long as it waits.
    pub(crate) received: Vec<Arc<Pending>>,
    pub(crate) done: Done,
}

/// What the committer has to do.
#[derive(Default)]
pub(crate) struct Work {
    pub(crate) batches: Vec<Queued>,
    /// Write the tail, so that its memory is free again.
    pub(crate) flush: bool,
    /// Reserve more numbers for the sequence.
    pub(crate) reserve: bool,
    /// Sync the log, and then say whether that succeeded.
    pub(crate) sync: Vec<Box<dyn FnOnce(bool) + Send>>,
    /// Checkpoint, and then call these.
    pub(crate) checkpoint: Vec<Box<dyn FnOnce() + Send>>,
    /// Finish what waits, checkpoint, end.
    pub(crate) close: bool,
}

impl Work {
    /// Whether there is nothing to do.
    pub(crate) fn is_empty(&self) -> bool {
        self.batches.is_empty()
            && !self.flush
            && !self.reserve
            && self.sync.is_empty()
            && self.checkpoint.is_empty()
            && !self.close
    }
}

#[derive(Default)]
struct QueueState {
    work: Work,
    sleeping: bool,
    closed: bool,
}

/// The queue.
#[derive(Default)]
pub(crate) struct Queue {
    batches_max: usize,
    state: Mutex<QueueState>,
    wake: Condvar,
}

impl std::fmt::Debug for Queue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Queue").field("waiting", &self.waiting()).finish_non_exhaustive()
    }
}

impl Queue {
    /// A queue for at most so many batches.
    pub(crate) fn new(batches_max: usize) -> Queue {
        Queue { batches_max, ..Queue::default() }
    }

    /// Adds a batch, or answers it at once.
    pub(crate) fn push(&self, queued: Queued) {
        let mut state = self.lock();
        let refused = if state.closed {
            CommitError::Failed
        } else if state.work.batches.len() >= self.batches_max {
            CommitError::Overloaded
        } else {
            state.work.batches.push(queued);
            self.wake(&mut state);
            return;
        };
        drop(state);
        (queued.done)(Err(refused));
    }

    /// Requests something beside batches. After `shut` it is dropped, and so are the channels in
    /// it: a caller that waits for an answer notices that.
    pub(crate) fn request(&self, request: impl FnOnce(&mut Work)) {
        let mut state = self.lock();
        if state.closed {
            drop(state);
            request(&mut Work::default());
            return;
        }
        request(&mut state.work);
        self.wake(&mut state);
    }

    /// Takes everything that waits, sleeping until there is something; empty after `patience`.
    pub(crate) fn take(&self, patience: Option<Duration>) -> Work {
        let mut state = self.lock();
        while state.work.is_empty() {
            state.sleeping = true;
            match patience {
                None => state = self.wake.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(patience) => {
                    let (back, waited) =
                        self.wake.wait_timeout(state, patience).unwrap_or_else(PoisonError::into_inner);
                    state = back;
                    if waited.timed_out() {
                        break;
                    }
                }
            }
        }
        state.sleeping = false;
        std::mem::take(&mut state.work)
    }

    /// Refuses what comes from now on, and answers what has come since the last `take`.
    pub(crate) fn shut(&self) -> Work {
        let mut state = self.lock();
        state.closed = true;
        std::mem::take(&mut state.work)
    }

    /// Batches that wait.
    pub(crate) fn waiting(&self) -> usize {
        self.lock().work.batches.len()
    }

    fn wake(&self, state: &mut QueueState) {
        if state.sleeping {
            state.sleeping = false;
            self.wake.notify_one();
        }
    }

    fn lock(&self) -> MutexGuard<'_, QueueState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
