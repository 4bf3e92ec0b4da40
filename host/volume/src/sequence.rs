//! Sequence: numbers that only grow, over restarts and clock steps too.
//!
//! Numbers follow the clock in microseconds where they can. Only numbers up to a durable high water
//! are given out; each commit raises it on the way, to `AHEAD` beyond the clock, so that a quiet
//! volume writes nothing for it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// How far beyond the clock numbers are reserved, in microseconds, and so at least as many numbers.
const AHEAD: u64 = 10_000_000;

/// Gives out the numbers.
#[derive(Debug)]
pub(crate) struct Sequence {
    last: AtomicU64,
    high: AtomicU64,
}

impl Sequence {
    /// Goes on after a stored high water.
    pub(crate) fn new(high: u64) -> Sequence {
        Sequence { last: AtomicU64::new(high), high: AtomicU64::new(high) }
    }

    /// The next number, and whether a reservation should be written soon.
    pub(crate) fn next(&self) -> (u64, bool) {
        let now = clock_us();
        let high = self.high.load(Ordering::Acquire);
        // Where the clock has run past the high water, the numbers that are left are given out one
        // by one.
        let follow = if now <= high { now } else { 0 };
        let mut last = self.last.load(Ordering::Relaxed);
        loop {
            let next = follow.max(last + 1);
            match self.last.compare_exchange_weak(last, next, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return (next, high.saturating_sub(next) < AHEAD / 4),
                Err(seen) => last = seen,
            }
        }
    }

    /// The last number given out.
    pub(crate) fn last(&self) -> u64 {
        self.last.load(Ordering::Relaxed)
    }

    /// The high water to write with the next record.
    pub(crate) fn wanted(&self) -> u64 {
        clock_us().max(self.last()).saturating_add(AHEAD).max(self.high.load(Ordering::Acquire))
    }

    /// A high water became durable.
    pub(crate) fn reserved(&self, high: u64) {
        self.high.fetch_max(high, Ordering::Release);
    }
}

fn clock_us() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}
