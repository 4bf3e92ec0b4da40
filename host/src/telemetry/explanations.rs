//! Why calls were denied: the newest explanations, in memory, by request id.
//!
//! The pipeline makes them, and the host does not read them: each is a text. There are bounds on
//! their number, on their bytes, and on how many are made in a second. So a client that is denied a
//! million times costs no more than that.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// Bytes of one explanation; the contract says so as well.
pub const EXPLANATION_BYTES_MAX: usize = 64 << 10;

/// Bounds on what is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bounds {
    /// Explanations that are kept; with 0 none is made.
    pub count_max: usize,
    /// Bytes of all of them together.
    pub bytes_max: usize,
    /// Explanations that are made in one second.
    pub per_second_max: u32,
}

impl Default for Bounds {
    fn default() -> Bounds {
        Bounds { count_max: 4096, bytes_max: 8 << 20, per_second_max: 100 }
    }
}

/// The explanations, for all threads.
#[derive(Debug)]
pub struct Explanations {
    limits: Bounds,
    began: Instant,
    /// The second since `began` in the upper half, and how many were made in it in the lower one.
    made: AtomicU64,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    /// Request ids and texts, the newest last.
    entries: VecDeque<(String, Arc<str>)>,
    bytes: usize,
}

impl Explanations {
    /// None yet.
    pub fn new(limits: Bounds) -> Explanations {
        Explanations { limits, began: Instant::now(), made: AtomicU64::new(0), kept: Mutex::default() }
    }

    /// Whether one more may be made now. It is counted at once, so it has to be made then.
    pub fn admit(&self) -> bool {
        self.admit_in(self.began.elapsed().as_secs())
    }

    fn admit_in(&self, second: u64) -> bool {
        if self.limits.count_max == 0 {
            return false;
        }
        let second = second & u64::from(u32::MAX);
        let most = u64::from(self.limits.per_second_max);
        let admitted = self.made.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |made| {
            let (last, count) = (made >> 32, made & u64::from(u32::MAX));
            match last == second {
                true if count >= most => None,
                true => Some(made + 1),
                false => Some(second << 32 | 1),
            }
        });
        admitted.is_ok()
    }

    /// Keeps one; the oldest make room. One that is too long is not kept.
    pub fn keep(&self, request_id: &str, text: &str) {
        if text.len() > EXPLANATION_BYTES_MAX.min(self.limits.bytes_max) || self.limits.count_max == 0 {
            tracing::debug!(request_id, bytes = text.len(), "an explanation is too long to be kept");
            return;
        }
        let mut kept = self.lock();
        kept.bytes += request_id.len() + text.len();
        kept.entries.push_back((request_id.to_owned(), text.into()));
        while kept.entries.len() > self.limits.count_max || kept.bytes > self.limits.bytes_max {
            let Some((id, text)) = kept.entries.pop_front() else { break };
            kept.bytes -= id.len() + text.len();
        }
    }

    /// The explanation of a request.
    pub fn get(&self, request_id: &str) -> Option<Arc<str>> {
        let kept = self.lock();
        let found = kept.entries.iter().rev().find(|(id, _)| id.eq_ignore_ascii_case(request_id));
        found.map(|(_, text)| Arc::clone(text))
    }

    /// The latest, the newest first.
    pub fn latest(&self, count: usize) -> Vec<Arc<str>> {
        self.lock().entries.iter().rev().take(count).map(|(_, text)| Arc::clone(text)).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        // A thread that panicked under the lock left nothing half done.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
