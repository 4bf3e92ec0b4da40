//! Blobs that were found damaged or missing while the volume works: by the scrub, or by a read.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Blobs that are remembered at most. Where there are more, the figure stays here.
const KNOWN_MAX: usize = 1024;

/// The blobs that are known to be damaged or missing.
#[derive(Debug, Default)]
pub(crate) struct Damage {
    known: Mutex<BTreeSet<u64>>,
}

impl Damage {
    /// A blob is damaged or missing; whether that is news.
    pub(crate) fn found(&self, blob: u64) -> bool {
        let mut known = self.lock();
        (known.len() < KNOWN_MAX || known.contains(&blob)) && known.insert(blob)
    }

    /// A blob was found whole.
    pub(crate) fn is_whole(&self, blob: u64) {
        self.lock().remove(&blob);
    }

    /// How many there are.
    pub(crate) fn count(&self) -> u64 {
        self.lock().len() as u64
    }

    /// Forgets those that `is_there` does not know any more.
    pub(crate) fn retain(&self, is_there: impl Fn(u64) -> bool) {
        let known: Vec<u64> = self.lock().iter().copied().collect();
        for blob in known.into_iter().filter(|blob| !is_there(*blob)) {
            self.lock().remove(&blob);
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeSet<u64>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
