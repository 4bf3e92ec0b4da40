//! A histogram of durations whose bounds are powers of two, so that finding the slot is counting
//! zeros.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The first bound is 2^8 ns (256 ns), each next one twice as long, the last one 2^36 ns (69 s).
const FIRST: u32 = 8;
/// Number of bounds; one more slot holds what is longer.
const BOUNDS: usize = 29;

/// A histogram of durations.
#[derive(Debug, Default)]
pub struct Histogram {
    slots: [AtomicU64; BOUNDS + 1],
    nanos: AtomicU64,
}

impl Histogram {
    /// Counts a duration.
    pub fn observe(&self, elapsed: Duration) {
        let nanos = u64::try_from(elapsed.as_nanos()).unwrap_or(u64::MAX);
        // The number of the smallest bound that is not less than `nanos`.
        let bits = u64::BITS - nanos.saturating_sub(1).leading_zeros();
        let slot = (bits.saturating_sub(FIRST) as usize).min(BOUNDS);
        if let Some(slot) = self.slots.get(slot) {
            slot.fetch_add(1, Ordering::Relaxed);
        }
        self.nanos.fetch_add(nanos, Ordering::Relaxed);
    }

    /// Adds this histogram to a sum.
    pub(super) fn add_to(&self, sum: &mut Sum) {
        for (total, slot) in sum.slots.iter_mut().zip(&self.slots) {
            *total += slot.load(Ordering::Relaxed);
        }
        sum.nanos += self.nanos.load(Ordering::Relaxed);
    }
}

/// Histograms of several threads, added up.
#[derive(Debug, Default, Clone)]
pub(super) struct Sum {
    slots: [u64; BOUNDS + 1],
    nanos: u64,
}

impl Sum {
    /// The sum of all durations, in seconds.
    pub(super) fn seconds(&self) -> f64 {
        self.nanos as f64 / 1e9
    }

    /// How many durations were counted.
    pub(super) fn count(&self) -> u64 {
        self.slots.iter().sum()
    }

    /// Counts by upper bound in seconds, the last for what is longer than all bounds.
    pub(super) fn slots(&self) -> Vec<(f64, u64)> {
        let bound = |slot: usize| match slot {
            BOUNDS => f64::MAX,
            slot => (1u64 << (slot + FIRST as usize)) as f64 / 1e9,
        };
        self.slots.iter().enumerate().map(|(slot, count)| (bound(slot), *count)).collect()
    }
}
