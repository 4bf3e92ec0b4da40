//! Places of calls: how many run at once, how much memory they may have, and whose they are.
//!
//! Calls may hang for as long as their limits let them, so no function and no account gets all
//! places. A function has as many as are free at most, an account three times as many: what is free
//! goes down with what it takes, so something is always left for others. The same holds for the
//! memory that calls may have, each counted with its limit, and for those that wait.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

use super::body::WallClock;

/// How many of those that are free an account may have, for each that is left.
const ACCOUNT_SHARE: u64 = 3;
/// The same of a function.
const FUNCTION_SHARE: u64 = 1;
/// A call whose client has not read for so long loses its place to one that needs it.
const STALLED_MIN: Duration = Duration::from_secs(5);

/// Bounds on all calls of a server.
#[derive(Debug, Clone, Copy)]
pub(super) struct PlaceBounds {
    /// Calls at once.
    pub(super) calls_max: usize,
    /// Bytes of memory that they may have together.
    pub(super) memory_bytes_max: u64,
    /// Calls that wait.
    pub(super) queue_max: usize,
}

/// Whose a place is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PlaceOwners {
    /// The function, whichever version of it.
    pub(super) function: Arc<str>,
    /// The account that it belongs to; empty where there are no accounts.
    pub(super) account: Arc<str>,
}

impl PlaceOwners {
    /// Those of a function, by its ARN with a version or without. Another name stands for a
    /// function of no account.
    pub(super) fn of(name: &str) -> PlaceOwners {
        let mut parts = name.split(':');
        let account = parts.nth(4).filter(|_| name.starts_with("arn:")).unwrap_or_default();
        let end = name.match_indices(':').nth(6).map_or(name.len(), |(at, _)| at);
        PlaceOwners { function: name.get(..end).unwrap_or(name).into(), account: account.into() }
    }

    /// The name of the function alone.
    pub(super) fn name(&self) -> &str {
        self.function.rsplit(':').next().unwrap_or_default()
    }
}

/// What a call needs.
#[derive(Debug, Clone)]
pub(super) struct PlaceNeed {
    pub(super) owners: PlaceOwners,
    /// Bytes that it may have.
    pub(super) memory_bytes: u64,
    /// Calls of the function at once.
    pub(super) calls_max: usize,
    /// Calls of the function that wait.
    pub(super) queue_max: usize,
    /// How long they wait.
    pub(super) queue_time_max: Duration,
}

/// What keeps a call from having a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PlaceLimit {
    /// The function has what it may have.
    Function,
    /// The account has.
    Account,
    /// All have together.
    All,
}

/// What a function or an account has.
#[derive(Debug, Default, Clone, Copy)]
struct OwnPlaces {
    calls: u64,
    memory_bytes: u64,
    waiting: u64,
}

/// How full it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PlaceFigures {
    /// Places that calls have.
    pub used: u64,
    /// Bytes of memory that these may have.
    pub memory_bytes: u64,
    /// Calls that wait for a place.
    pub waiting: u64,
}

/// The places.
#[derive(Debug)]
pub(super) struct CallPlaces {
    bounds: PlaceBounds,
    state: Mutex<PlacesState>,
}

#[derive(Debug, Default)]
struct PlacesState {
    all: OwnPlaces,
    functions: HashMap<Arc<str>, OwnPlaces>,
    accounts: HashMap<Arc<str>, OwnPlaces>,
    /// In the order in which they came.
    waiting: VecDeque<PlaceWaiter>,
    /// Calls that stream, by their numbers.
    streaming: HashMap<u64, (PlaceOwners, Arc<WallClock>)>,
    last: u64,
}

#[derive(Debug)]
struct PlaceWaiter {
    number: u64,
    need: PlaceNeed,
    sender: oneshot::Sender<CallPlace>,
}

/// A place. It is given back when this is dropped.
#[derive(Debug)]
pub(super) struct CallPlace {
    places: Arc<CallPlaces>,
    number: u64,
    owners: PlaceOwners,
    memory_bytes: u64,
}

impl CallPlaces {
    pub(super) fn new(bounds: PlaceBounds) -> CallPlaces {
        CallPlaces { bounds, state: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, PlacesState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How full it is.
    pub(super) fn figures(&self) -> PlaceFigures {
        let OwnPlaces { calls, memory_bytes, waiting } = self.lock().all;
        PlaceFigures { used: calls, memory_bytes, waiting }
    }

    /// A place at once; `None` where one has to be waited for.
    pub(super) fn try_enter(self: &Arc<Self>, need: &PlaceNeed) -> Option<CallPlace> {
        let mut state = self.lock();
        let is_queued = state.functions.get(&need.owners.function).is_some_and(|own| own.waiting > 0);
        if is_queued || state.limit(&self.bounds, need).is_some() {
            return None;
        }
        Some(self.take(&mut state, need))
    }

    /// Waits for a place.
    ///
    /// # Errors
    /// Too many wait, or it takes too long: what the operator is told.
    pub(super) async fn wait(self: &Arc<Self>, need: &PlaceNeed) -> Result<CallPlace, String> {
        let (number, place) = self.join(need)?;
        let _leaves = LeavesQueue { places: self, number };
        match tokio::time::timeout(need.queue_time_max, place).await {
            Ok(Ok(place)) => Ok(place),
            _ => Err(format!("no place within queue_ms_max = {}", need.queue_time_max.as_millis())),
        }
    }

    fn join(&self, need: &PlaceNeed) -> Result<(u64, oneshot::Receiver<CallPlace>), String> {
        let mut state = self.lock();
        if let Some(limit) = state.limit(&self.bounds, need) {
            state.end_stalled(limit, &need.owners);
        }
        let of_function = state.functions.get(&need.owners.function).copied().unwrap_or_default();
        let of_account = state.accounts.get(&need.owners.account).copied().unwrap_or_default();
        let free = (self.bounds.queue_max as u64).saturating_sub(state.all.waiting);
        if of_function.waiting >= need.queue_max as u64 {
            return Err(format!("queue_max = {} calls wait already", need.queue_max));
        }
        let is_full = free == 0
            || of_function.waiting >= FUNCTION_SHARE * free
            || of_account.waiting >= ACCOUNT_SHARE * free;
        if is_full {
            return Err(format!(
                "its share of transforms.queue_max = {} waits already",
                self.bounds.queue_max
            ));
        }
        state.last += 1;
        let number = state.last;
        let (sender, receiver) = oneshot::channel();
        state.count(&need.owners, |own| own.waiting += 1);
        state.waiting.push_back(PlaceWaiter { number, need: need.clone(), sender });
        Ok((number, receiver))
    }

    fn take(self: &Arc<Self>, state: &mut PlacesState, need: &PlaceNeed) -> CallPlace {
        state.last += 1;
        let (number, memory_bytes) = (state.last, need.memory_bytes);
        state.count(&need.owners, |own| {
            own.calls += 1;
            own.memory_bytes += memory_bytes;
        });
        CallPlace { places: Arc::clone(self), number, owners: need.owners.clone(), memory_bytes }
    }

    /// Gives places to those who wait and may have them now.
    fn hand_out(self: &Arc<Self>) {
        let mut handed = Vec::new();
        let mut state = self.lock();
        let mut at = 0;
        while let Some(waiter) = state.waiting.get(at) {
            if state.limit(&self.bounds, &waiter.need).is_some() {
                at += 1;
                continue;
            }
            let Some(PlaceWaiter { need, sender, .. }) = state.waiting.remove(at) else { break };
            state.count(&need.owners, |own| own.waiting -= 1);
            handed.push((self.take(&mut state, &need), sender));
        }
        // Who does not wait any more gives the place back, which needs the lock.
        drop(state);
        for (place, sender) in handed {
            drop(sender.send(place));
        }
    }
}

impl PlacesState {
    /// What keeps a call from having a place; none where it may have one.
    fn limit(&self, bounds: &PlaceBounds, need: &PlaceNeed) -> Option<PlaceLimit> {
        let free_calls = (bounds.calls_max as u64).saturating_sub(self.all.calls);
        let free_bytes = bounds.memory_bytes_max.saturating_sub(self.all.memory_bytes);
        let of_function = self.functions.get(&need.owners.function).copied().unwrap_or_default();
        let of_account = self.accounts.get(&need.owners.account).copied().unwrap_or_default();
        // The first call of each may have the last place.
        let fits = |own: OwnPlaces, share: u64| {
            own.calls == 0
                || (own.calls < share.saturating_mul(free_calls)
                    && own.memory_bytes.saturating_add(need.memory_bytes) <= share.saturating_mul(free_bytes))
        };
        if of_function.calls >= need.calls_max as u64 || !fits(of_function, FUNCTION_SHARE) {
            return Some(PlaceLimit::Function);
        }
        if !fits(of_account, ACCOUNT_SHARE) {
            return Some(PlaceLimit::Account);
        }
        (free_calls == 0 || free_bytes < need.memory_bytes).then_some(PlaceLimit::All)
    }

    /// Counts for all, for a function and for its account. Who has nothing is not kept.
    fn count(&mut self, owners: &PlaceOwners, change: impl Fn(&mut OwnPlaces)) {
        change(&mut self.all);
        for (own, key) in [(&mut self.functions, &owners.function), (&mut self.accounts, &owners.account)] {
            let counted = own.entry(Arc::clone(key)).or_default();
            change(counted);
            if counted.calls == 0 && counted.waiting == 0 {
                own.remove(key);
            }
        }
    }

    /// Ends the call whose client has kept it waiting for longest, where that makes room.
    fn end_stalled(&mut self, limit: PlaceLimit, owners: &PlaceOwners) {
        let helps = |of: &PlaceOwners| match limit {
            PlaceLimit::Function => of.function == owners.function,
            PlaceLimit::Account => of.account == owners.account,
            PlaceLimit::All => true,
        };
        let stalled = self.streaming.values().filter(|(of, _)| helps(of));
        let stalled = stalled.map(|(_, wall)| (wall.paused_now(), wall));
        let longest = stalled.filter(|(paused, _)| *paused >= STALLED_MIN).max_by_key(|(paused, _)| *paused);
        if let Some((_, wall)) = longest {
            wall.give_way();
        }
    }
}

impl CallPlace {
    /// The call streams: its client may keep it waiting, and then it may lose its place.
    pub(super) fn streams(&self, wall: &Arc<WallClock>) {
        self.places.lock().streaming.insert(self.number, (self.owners.clone(), Arc::clone(wall)));
    }
}

impl Drop for CallPlace {
    fn drop(&mut self) {
        let memory_bytes = self.memory_bytes;
        {
            let mut state = self.places.lock();
            state.streaming.remove(&self.number);
            state.count(&self.owners, |own| {
                own.calls -= 1;
                own.memory_bytes -= memory_bytes;
            });
            if state.waiting.is_empty() {
                return;
            }
        }
        self.places.hand_out();
    }
}

/// Leaves the queue where no place was given.
struct LeavesQueue<'a> {
    places: &'a CallPlaces,
    number: u64,
}

impl Drop for LeavesQueue<'_> {
    fn drop(&mut self) {
        let mut state = self.places.lock();
        let Some(at) = state.waiting.iter().position(|waiter| waiter.number == self.number) else { return };
        if let Some(waiter) = state.waiting.remove(at) {
            state.count(&waiter.need.owners, |own| own.waiting -= 1);
        }
    }
}

#[cfg(test)]
mod tests;
