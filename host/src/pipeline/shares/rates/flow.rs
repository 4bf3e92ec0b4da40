//! What flows at a rate: a store that fills with time and is drawn from.

use std::time::{Duration, Instant};

use crate::config::Rate;

/// A store holds at most as much as comes in this time, unless a burst is set.
const STORED: Duration = Duration::from_secs(1);
/// A further request is refused while more bytes are owed than come in this time.
const OWED_MAX: Duration = Duration::from_secs(1);

/// One store. What is drawn beyond its level is owed: the level is then below zero.
#[derive(Debug, Clone, Copy)]
struct Store {
    level: f64,
    at: Instant,
}

impl Store {
    fn full(capacity: f64, now: Instant) -> Store {
        Store { level: capacity, at: now }
    }

    fn fill(&mut self, rate: f64, capacity: f64, now: Instant) {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.level = (self.level + passed * rate).min(capacity);
        self.at = now;
    }
}

/// Which way bytes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// From clients.
    In,
    /// To clients.
    Out,
}

/// The stores of one subject.
#[derive(Debug)]
pub(crate) struct Flow {
    rate: Rate,
    requests: Store,
    bytes: [Store; 2],
}

impl Flow {
    /// Full stores.
    pub(crate) fn new(rate: Rate, now: Instant) -> Flow {
        let bytes = [Way::In, Way::Out].map(|way| Store::full(bytes_per_second(&rate, way), now));
        Flow { rate, requests: Store::full(burst(&rate), now), bytes }
    }

    /// Another rate from now on; what is owed stays owed.
    pub(crate) fn change(&mut self, rate: Rate, now: Instant) {
        self.settle(now);
        let had = self.rate;
        self.rate = rate;
        // A limit that was not there begins with a full store.
        if had.requests_per_second.is_none() {
            self.requests = Store::full(burst(&rate), now);
        }
        for (way, store) in [Way::In, Way::Out].into_iter().zip(&mut self.bytes) {
            if bytes_per_second(&had, way) == 0.0 {
                *store = Store::full(bytes_per_second(&rate, way), now);
            }
        }
        self.settle(now);
    }

    fn settle(&mut self, now: Instant) {
        let rate = self.rate;
        self.requests.fill(f64::from(rate.requests_per_second.unwrap_or(0)), burst(&rate), now);
        for (way, store) in [Way::In, Way::Out].into_iter().zip(&mut self.bytes) {
            let per_second = bytes_per_second(&rate, way);
            store.fill(per_second, per_second * STORED.as_secs_f64(), now);
        }
    }

    /// Draws one request, or says which setting is in its way, and how long to wait before the next
    /// try.
    pub(crate) fn request(&mut self, now: Instant) -> Result<(), (&'static str, Duration)> {
        self.settle(now);
        for (way, setting) in [(Way::In, "bytes_in_per_second"), (Way::Out, "bytes_out_per_second")] {
            let owed = self.owed(way);
            if owed > OWED_MAX {
                return Err((setting, owed - OWED_MAX));
            }
        }
        let Some(rate) = self.rate.requests_per_second else { return Ok(()) };
        if self.requests.level < 1.0 {
            let wait = Duration::from_secs_f64((1.0 - self.requests.level) / f64::from(rate.max(1)));
            return Err(("requests_per_second", wait));
        }
        self.requests.level -= 1.0;
        Ok(())
    }

    /// Draws bytes that have passed; how long the next ones should wait.
    pub(crate) fn pass(&mut self, way: Way, bytes: usize, now: Instant) -> Duration {
        if bytes_per_second(&self.rate, way) == 0.0 {
            return Duration::ZERO;
        }
        self.settle(now);
        if let Some(store) = self.bytes.get_mut(way as usize) {
            store.level -= bytes as f64;
        }
        self.owed(way)
    }

    fn owed(&self, way: Way) -> Duration {
        let per_second = bytes_per_second(&self.rate, way);
        let level = self.bytes.get(way as usize).map_or(0.0, |store| store.level);
        if per_second == 0.0 || level >= 0.0 {
            return Duration::ZERO;
        }
        // A day is long enough for any wait, and keeps the duration from overflowing.
        Duration::from_secs_f64((-level / per_second).min(86_400.0))
    }

    /// Whether it is as good as new: nothing is missing from its stores.
    pub(crate) fn is_full(&mut self, now: Instant) -> bool {
        self.settle(now);
        let is_full = |store: &Store, capacity: f64| store.level >= capacity;
        let bytes = [Way::In, Way::Out].into_iter().zip(&self.bytes);
        is_full(&self.requests, burst(&self.rate))
            && bytes.into_iter().all(|(way, store)| is_full(store, bytes_per_second(&self.rate, way)))
    }
}

fn burst(rate: &Rate) -> f64 {
    f64::from(rate.requests_burst.or(rate.requests_per_second).unwrap_or(0))
}

/// 0 where there is no limit.
fn bytes_per_second(rate: &Rate, way: Way) -> f64 {
    let limit = match way {
        Way::In => rate.bytes_in_per_second,
        Way::Out => rate.bytes_out_per_second,
    };
    limit.unwrap_or(0) as f64
}

#[cfg(test)]
mod tests;
