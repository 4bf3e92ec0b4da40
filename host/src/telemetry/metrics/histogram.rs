//! Histograms of durations: one for what clients wait for, with bounds that people read, and one
//! for stages, whose bounds are powers of two, so that finding the slot is counting zeros.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::family::{Exemplar, Spread};

/// The bounds of what clients wait for, in seconds: what one alarms on lies between them.
const SECONDS: [f64; 12] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.25, 1.0, 2.5, 10.0, 30.0];

/// Durations of requests. Belongs to one thread at a time.
#[derive(Debug, Default, Clone)]
pub(super) struct Durations {
    slots: [u64; SECONDS.len() + 1],
    nanos: u64,
    /// Where exemplars are kept: the last request of each slot.
    exemplars: Option<Box<[Option<Exemplar>; SECONDS.len() + 1]>>,
}

impl Durations {
    /// Counts a duration. `request_id` is kept with it, where exemplars are.
    pub(super) fn observe(&mut self, elapsed: Duration, request_id: Option<&str>) {
        let seconds = elapsed.as_secs_f64();
        let slot = SECONDS.partition_point(|bound| *bound < seconds);
        if let Some(count) = self.slots.get_mut(slot) {
            *count += 1;
        }
        self.nanos = self.nanos.wrapping_add(u64::try_from(elapsed.as_nanos()).unwrap_or(u64::MAX));
        if let Some(request_id) = request_id.and_then(|id| id.as_bytes().try_into().ok()) {
            let at = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
            if let Some(kept) = self.exemplars.get_or_insert_default().get_mut(slot) {
                *kept = Some(Exemplar { request_id, seconds, at });
            }
        }
    }

    /// Adds the durations of another thread.
    pub(super) fn add(&mut self, other: &Durations) {
        for (total, count) in self.slots.iter_mut().zip(&other.slots) {
            *total += count;
        }
        self.nanos = self.nanos.wrapping_add(other.nanos);
        let Some(others) = &other.exemplars else { return };
        for (kept, other) in self.exemplars.get_or_insert_default().iter_mut().zip(others.iter()) {
            if other.map(|other| other.at) > kept.map(|kept| kept.at) {
                *kept = *other;
            }
        }
    }

    /// As a scrape shows it.
    pub(super) fn spread(&self) -> Spread {
        let bounds = SECONDS.into_iter().chain([f64::MAX]);
        let exemplars = self.exemplars.iter().flat_map(|exemplars| exemplars.iter().enumerate());
        Spread {
            sum: self.nanos as f64 / 1e9,
            slots: bounds.zip(self.slots).collect(),
            exemplars: exemplars.filter_map(|(slot, exemplar)| Some((slot, (*exemplar)?))).collect(),
        }
    }
}

/// The first bound is 2^8 ns (256 ns), each next one four times as long, the last one 2^36 ns
/// (69 s).
const FIRST: u32 = 8;
const STEP: u32 = 2;
/// Number of bounds; one more slot holds what is longer.
const BOUNDS: usize = 15;

/// A histogram of what stages take.
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
        let slot = (bits.saturating_sub(FIRST).div_ceil(STEP) as usize).min(BOUNDS);
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
    /// As a scrape shows it.
    pub(super) fn spread(&self) -> Spread {
        let bound = |slot: usize| match slot {
            BOUNDS => f64::MAX,
            slot => (1u64 << (slot as u32 * STEP + FIRST)) as f64 / 1e9,
        };
        let slots = self.slots.iter().enumerate().map(|(slot, count)| (bound(slot), *count)).collect();
        Spread { sum: self.nanos as f64 / 1e9, slots, exemplars: Vec::new() }
    }
}
