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
    rules: RwLock<HashMap<(Subject, String), Ruled>>,
    tables: [Mutex<Table>; TABLES],
    hasher: RandomState,
}

/// A limit, and who set it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ruled {
    /// How much.
    pub rate: Rate,
    /// Who says so.
    pub by: By,
}

/// Who set a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// The configuration.
    Configuration,
    /// An admin call; it holds until the server ends.
    Call,
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
        let ruled = |entry: &RateEntry| {
            let rule = Ruled { rate: entry.rate, by: By::Configuration };
            ((entry.subject, entry.name.clone()), rule)
        };
        let rules: HashMap<_, _> = entries.iter().map(ruled).collect();
        Rates {
            is_any: AtomicBool::new(!rules.is_empty()),
            rules: RwLock::new(rules),
            tables: std::array::from_fn(|_| Mutex::default()),
            hasher: RandomState::new(),
        }
    }

    /// Sets a limit from now on. The name is a normal one.
    pub fn set(&self, subject: Subject, name: &str, rate: Rate) {
        let rule = Ruled { rate, by: By::Call };
        self.change(|rules| rules.insert((subject, name.to_owned()), rule));
    }

    /// Lifts a limit from now on; whether there was one.
    pub fn clear(&self, subject: Subject, name: &str) -> bool {
        self.change(|rules| rules.remove(&(subject, name.to_owned())).is_some())
    }

    /// The limits, in order.
    pub fn list(&self) -> Vec<(Subject, String, Ruled)> {
        let rules = self.rules.read().unwrap_or_else(PoisonError::into_inner);
        let mut list: Vec<_> =
            rules.iter().map(|((subject, name), rule)| (*subject, name.clone(), *rule)).collect();
        list.sort_by(|(a, b, _), (c, d, _)| (a, b).cmp(&(c, d)));
        list
    }

    /// The limit that holds for a subject, and for which name it is set: its own, or each.
    pub(crate) fn rule(&self, subject: Subject, name: &str) -> Option<(String, Ruled)> {
        let rules = self.rules.read().unwrap_or_else(PoisonError::into_inner);
        let found = |name: &str| Some((name.to_owned(), *rules.get(&(subject, name.to_owned()))?));
        found(name).or_else(|| found(EVERY))
    }

    fn change<T>(&self, change: impl FnOnce(&mut HashMap<(Subject, String), Ruled>) -> T) -> T {
        let mut rules = self.rules.write().unwrap_or_else(PoisonError::into_inner);
        let outcome = change(&mut rules);
        self.is_any.store(!rules.is_empty(), Ordering::Relaxed);
        // What is under way draws from the same stores, and goes on at the new rate.
        let now = Instant::now();
        for table in &self.tables {
            for ((subject, name), flow) in &locked(table).flows {
                let rate = rule_of(&rules, *subject, name).unwrap_or_default();
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
        let rate = rule_of(&rules, subject, name)?;
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

/// The limit of a subject: its own, or that of each.
fn rule_of(rules: &HashMap<(Subject, String), Ruled>, subject: Subject, name: &str) -> Option<Rate> {
    let rule = rules.get(&(subject, name.to_owned())).or_else(|| rules.get(&(subject, EVERY.to_owned())));
    rule.map(|rule| rule.rate)
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A thread that panicked under the lock left nothing half done.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
