//! Bodies that were received, until a commit keeps them or they are given up.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::blobs::{BlobRow, Location};
use super::log::Position;
use super::reclaim::Reclaim;
use super::segments::Segments;

/// The bodies that were received, and are not forgotten yet.
#[derive(Debug)]
pub(crate) struct Received {
    known: Mutex<HashMap<u64, Weak<Pending>>>,
    segments: Arc<Segments>,
    reclaim: Arc<Reclaim>,
}

impl Received {
    /// None yet. `segments` and `reclaim` are told what becomes of each.
    pub(crate) fn new(segments: Arc<Segments>, reclaim: Arc<Reclaim>) -> Received {
        Received { known: Mutex::default(), segments, reclaim }
    }

    /// Makes a received body known to commits.
    pub(crate) fn register(self: &Arc<Self>, id: u64, row: BlobRow) -> Arc<Pending> {
        let received = Arc::clone(self);
        let pending = Arc::new(Pending { id, row, kept: AtomicBool::new(false), received });
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(id, Arc::downgrade(&pending));
        pending
    }

    /// The received bodies among these blobs, which now live at least as long as what is returned.
    pub(crate) fn claim(&self, ids: &[u64]) -> Vec<Arc<Pending>> {
        if ids.is_empty() {
            return Vec::new();
        }
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        ids.iter().filter_map(|id| known.get(id).and_then(Weak::upgrade)).collect()
    }
}

/// A received body that is not, or not yet, referenced.
#[derive(Debug)]
pub(crate) struct Pending {
    pub(crate) id: u64,
    row: BlobRow,
    kept: AtomicBool,
    received: Arc<Received>,
}

impl Pending {
    /// The row it would get, without references.
    pub(crate) fn row(&self) -> BlobRow {
        self.row
    }

    /// Where in the log it is, if it is there.
    pub(crate) fn log_position(&self) -> Option<Position> {
        match self.row.location {
            Location::Log { segment, offset } => Some(Position { segment, offset }),
            Location::File => None,
        }
    }

    /// Whether a commit has kept it.
    pub(crate) fn is_kept(&self) -> bool {
        self.kept.load(Ordering::Acquire)
    }

    /// A commit has kept it: from now on its row in the index counts.
    pub(crate) fn set_kept(&self) {
        self.kept.store(true, Ordering::Release);
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        self.received.known.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
        match self.row.in_log() {
            Some((segment, bytes)) => self.received.segments.pending_ended(segment, bytes),
            None if !self.is_kept() => self.received.reclaim.discard(self.id),
            None => {}
        }
    }
}
