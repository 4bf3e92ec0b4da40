//! Rates: how many requests and bytes an account, access key, bucket or address may have in a
//! second, as the operator says.
//!
//! A request beyond a rate is refused, and told when to come back. Bytes beyond a rate wait. While
//! more than a second's worth of bytes is owed, further requests are refused. Where no rate is set,
//! a request costs one look at a flag.

mod flow;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};

use crate::config::{EVERY, Rate, RateEntry, Subject, normal_address};
use crate::pipeline::rules::{Rulebook, Ruled, Rules};

use flow::Flow;
pub(crate) use flow::Way;

/// Subjects are spread over so many tables, each with a lock of its own.
const TABLES: usize = 16;
/// So many subjects of a table have stores of their own. Further ones share one.
const SUBJECTS_MAX: usize = 4096;
/// A full table is searched for subjects that rest this often, at most.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);

/// The limits, and what was drawn of them, for all threads.
#[derive(Debug)]
pub struct Rates {
    is_any: AtomicBool,
    rules: RwLock<Rules<Rate>>,
    tables: [Mutex<Table>; TABLES],
    hasher: RandomState,
}

#[derive(Debug, Default)]
struct Table {
    flows: HashMap<(Subject, String), KnownFlow>,
    looked: Option<Instant>,
}

/// The stores of a subject, shared by all requests that draw from them.
type KnownFlow = Arc<Mutex<Flow>>;

/// A rate is exceeded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Exceeded {
    /// Of what.
    pub(crate) subject: Subject,
    /// Its name.
    pub(crate) name: String,
    /// Which of its settings.
    pub(crate) setting: &'static str,
    /// When to come back.
    pub(crate) wait: Duration,
}

/// What the bytes of one request are drawn from: one for each subject that has a limit.
#[derive(Debug, Clone, Default)]
pub(crate) struct Meters(Vec<KnownFlow>);

impl Default for Rates {
    fn default() -> Rates {
        Rates::new(&[])
    }
}

impl Rates {
    /// The limits of a configuration.
    pub fn new(entries: &[RateEntry]) -> Rates {
        let rules = Rules::new(entries);
        Rates {
            is_any: AtomicBool::new(!rules.is_empty()),
            rules: RwLock::new(rules),
            tables: std::array::from_fn(|_| Mutex::default()),
            hasher: RandomState::new(),
        }
    }

    /// The limit that holds for a subject, and for which name it is set: its own, or each.
    pub(crate) fn rule(&self, subject: Subject, name: &str) -> Option<(String, Ruled<Rate>)> {
        self.rules.read().unwrap_or_else(PoisonError::into_inner).found(subject, name)
    }

    fn change<T>(&self, change: impl FnOnce(&mut Rules<Rate>) -> T) -> T {
        let mut rules = self.rules.write().unwrap_or_else(PoisonError::into_inner);
        let outcome = change(&mut rules);
        self.is_any.store(!rules.is_empty(), Ordering::Relaxed);
        // What is under way draws from the same stores, and goes on at the new rate.
        let now = Instant::now();
        for table in &self.tables {
            for ((subject, name), flow) in &locked(table).flows {
                let rate = rules.of(*subject, name).unwrap_or_default();
                locked(flow).change(rate, now);
            }
        }
        outcome
    }

    /// Whether anything is limited at all.
    pub(crate) fn is_any(&self) -> bool {
        self.is_any.load(Ordering::Relaxed)
    }

    /// Counts a request of an address.
    pub(crate) fn address(&self, address: IpAddr, meters: &mut Meters) -> Result<(), Exceeded> {
        self.request(Subject::Address, &normal_address(address), meters)
    }

    /// Counts a request of a subject, and adds what its bytes are drawn from.
    pub(crate) fn request(&self, subject: Subject, name: &str, meters: &mut Meters) -> Result<(), Exceeded> {
        let Some(flow) = self.flow(subject, name) else { return Ok(()) };
        let drawn = locked(&flow).request(Instant::now());
        drawn.map_err(|(setting, wait)| Exceeded { subject, name: name.to_owned(), setting, wait })?;
        meters.0.push(flow);
        Ok(())
    }

    /// The stores of a subject that has a limit. Locks are taken in this order: rules, a table, a
    /// flow.
    fn flow(&self, subject: Subject, name: &str) -> Option<KnownFlow> {
        // The rules stay locked until the flow is in its table. So a change either comes before and
        // is read here, or comes after and finds the flow in the table.
        let rules = self.rules.read().unwrap_or_else(PoisonError::into_inner);
        let rate = rules.of(subject, name)?;
        let number = self.hasher.hash_one((subject, name)) as usize % TABLES;
        let mut table = locked(self.tables.get(number)?);
        let key = (subject, name.to_owned());
        if let Some(flow) = table.flows.get(&key) {
            return Some(Arc::clone(flow));
        }
        let now = Instant::now();
        let key = if table.makes_room(now) { key } else { (subject, EVERY.to_owned()) };
        let flow = table.flows.entry(key).or_insert_with(|| Arc::new(Mutex::new(Flow::new(rate, now))));
        Some(Arc::clone(flow))
    }
}

impl Table {
    /// Whether there is room for one more subject; those that rest make it.
    fn makes_room(&mut self, now: Instant) -> bool {
        if self.flows.len() < SUBJECTS_MAX {
            return true;
        }
        if self.looked.is_none_or(|looked| now.saturating_duration_since(looked) > LOOK_INTERVAL) {
            self.looked = Some(now);
            self.flows.retain(|_, flow| Arc::strong_count(flow) > 1 || !locked(flow).is_full(now));
        }
        self.flows.len() < SUBJECTS_MAX
    }
}

impl Meters {
    /// Whether bytes are counted.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Draws bytes that have passed; how long the next ones should wait.
    pub(crate) fn pass(&self, way: Way, bytes: usize) -> Duration {
        let now = Instant::now();
        self.0.iter().map(|flow| locked(flow).pass(way, bytes, now)).max().unwrap_or_default()
    }
}

impl Rulebook for Rates {
    type Allowed = Rate;

    fn refusal(&self) -> Option<&'static str> {
        None
    }

    fn own(&self, subject: Subject, name: &str) -> Option<Rate> {
        self.rules.read().unwrap_or_else(PoisonError::into_inner).own(subject, name)
    }

    fn set(&self, subject: Subject, name: &str, rate: Rate) {
        self.change(|rules| rules.set(subject, name, rate));
    }

    fn clear(&self, subject: Subject, name: &str) -> bool {
        self.change(|rules| rules.clear(subject, name))
    }

    fn list(&self) -> Vec<(Subject, String, Ruled<Rate>)> {
        self.rules.read().unwrap_or_else(PoisonError::into_inner).list()
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A thread that panicked under the lock left nothing half done.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
