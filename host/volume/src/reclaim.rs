//! Reclaim: when the file of a blob without references may go.
//!
//! A freed blob can still be found for a grace period, and a blob that a reader has pinned keeps
//! its file until the reader is done. Names are removed by the background thread, never on the way
//! of a request.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::blobs::{BlobRow, Location};

/// Freed blobs that are remembered at most; beyond it the grace period of the oldest ends early.
const FREED_MAX: usize = 16 << 10;

#[derive(Debug, Default)]
struct ReclaimState {
    /// Blobs in files that readers hold, and how many do.
    pins: HashMap<u64, u32>,
    /// Freed, in order, with the time.
    freed: VecDeque<(Instant, u64)>,
    rows: HashMap<u64, BlobRow>,
    /// Files to remove as soon as no reader has them pinned.
    doomed: HashSet<u64>,
}

/// Freed blobs, and readers' pins.
#[derive(Debug, Default)]
pub(crate) struct Reclaim {
    state: Mutex<ReclaimState>,
}

impl Reclaim {
    /// Keeps a blob's file until `unpin`. To be called before the blob is looked up.
    pub(crate) fn pin(&self, id: u64) {
        *self.lock().pins.entry(id).or_default() += 1;
    }

    /// Undoes one `pin`.
    pub(crate) fn unpin(&self, id: u64) {
        let mut state = self.lock();
        if let Some(count) = state.pins.get_mut(&id) {
            *count -= 1;
            if *count == 0 {
                state.pins.remove(&id);
            }
        }
    }

    /// These blobs are durably without references.
    pub(crate) fn freed(&self, blobs: &[(u64, BlobRow)]) {
        if blobs.is_empty() {
            return;
        }
        let now = Instant::now();
        let mut state = self.lock();
        for (id, row) in blobs {
            state.freed.push_back((now, *id));
            state.rows.insert(*id, *row);
        }
        while state.freed.len() > FREED_MAX {
            state.forget_oldest();
        }
    }

    /// A received blob will not be kept: its file may go at once.
    pub(crate) fn discard(&self, id: u64) {
        self.lock().doomed.insert(id);
    }

    /// The row that a blob had when it was freed, a moment ago.
    pub(crate) fn recently_freed(&self, id: u64) -> Option<BlobRow> {
        self.lock().rows.get(&id).copied()
    }

    /// The blobs whose files are to be removed now.
    pub(crate) fn take_due(&self, grace: Duration) -> Vec<u64> {
        let mut state = self.lock();
        while state.freed.front().is_some_and(|(since, _)| since.elapsed() >= grace) {
            state.forget_oldest();
        }
        let due: Vec<u64> = state.doomed.iter().copied().filter(|id| !state.pins.contains_key(id)).collect();
        for id in &due {
            state.doomed.remove(id);
        }
        due
    }

    fn lock(&self) -> MutexGuard<'_, ReclaimState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ReclaimState {
    fn forget_oldest(&mut self) {
        let Some((_, id)) = self.freed.pop_front() else { return };
        if self.rows.remove(&id).is_some_and(|row| row.location == Location::File) {
            self.doomed.insert(id);
        }
    }
}
