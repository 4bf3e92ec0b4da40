//! Shares: who gets the places, the connections and the memory of a worker when there is not enough
//! for everybody.
//!
//! A party that is alone may take everything. When places run short, three rules hold:
//!
//! - Requests with a verified signature go before all others ([`places`]).
//! - The request that has waited for its client the longest is ended first.
//! - A client that is refused is told when to come back.
//!
//! A place belongs to a party ([`Party`]): a client's address at first, and an account as soon as
//! the signature is verified. Everything here belongs to one worker and takes no lock, but for
//! [`rates`] and [`room`], which all workers share. `docs/adr/0018-shares.md` has the reasons.

pub(crate) mod crowd;
pub mod party;
pub mod pass;
pub(crate) mod places;
pub mod rates;
pub mod room;
mod stream;
#[cfg(test)]
mod tests;
mod watch;

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::time::Duration;

use crate::body::{Failure, lent};
use crate::config::{Limits, Subject};
use crate::telemetry::metrics::{Metrics, Refusal};

pub(crate) use crowd::Crowd;
pub use party::Party;
pub(crate) use pass::Doing;
pub use pass::Pass;
use places::{Places, STALLED_MIN, Short};
pub use rates::Rates;
use rates::{Exceeded, Meters};
pub use room::Room;
pub(crate) use stream::{Cut, OnThisThread};
pub(crate) use watch::{Clock, Order, Watch};

/// As [`STALLED_MIN`], for a body of a request whose signature was verified.
const STALLED_VERIFIED_MIN: Duration = Duration::from_secs(5);
/// The rate of an unverified body counts only after this time.
const RATE_GRACE: Duration = Duration::from_secs(10);
/// Memory of one body while it comes, at most: what was read of it, and what waits to be written.
const GATHERED_EACH_MAX: u64 = 384 << 10;
/// Memory of all bodies that come, over all workers. Beyond, stalled ones are ended.
const GATHERED_BYTES_MAX: u64 = 96 << 20;
/// A client that is refused because no place is free may come back after this time.
const COME_BACK: Duration = Duration::from_secs(1);

/// A refusal: by which limit, and when to come back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) limit: Refusal,
    pub(crate) wait: Duration,
    /// The rate that is exceeded, where it is one.
    pub(crate) rate: Option<Rc<Exceeded>>,
}

impl Refused {
    pub(crate) fn by(limit: Refusal) -> Refused {
        Refused { limit, wait: COME_BACK, rate: None }
    }
}

impl From<Exceeded> for Refused {
    fn from(exceeded: Exceeded) -> Refused {
        let limit = match exceeded.subject {
            Subject::Account => Refusal::RateAccount,
            Subject::AccessKey => Refusal::RateAccessKey,
            Subject::Bucket => Refusal::RateBucket,
            Subject::Address => Refusal::RateAddress,
        };
        Refused { limit, wait: exceeded.wait, rate: Some(Rc::new(exceeded)) }
    }
}

/// The shares of one worker.
pub(crate) struct Shares {
    pub(crate) clock: Rc<Clock>,
    pub(crate) crowd: Crowd,
    pub(crate) rates: Arc<Rates>,
    limits: Limits,
    metrics: Arc<Metrics>,
    places: RefCell<Places>,
    places_max: usize,
    gathered_max: u64,
    /// Requests that bring something like a signature, which is not verified yet.
    arriving: Cell<usize>,
    /// Requests in flight, by their slots.
    passes: RefCell<Vec<Option<Weak<Pass>>>>,
    free: RefCell<Vec<usize>>,
    /// The last search in vain for a request to end, for unverified and for verified requests: when
    /// it was, and how many places the party had. Until the clock moves, no party that has at least
    /// as many searches again: a search looks at all requests in flight.
    in_vain: Cell<[Option<(Duration, usize)>; 2]>,
}

impl Shares {
    /// The shares of a worker that has so many places.
    pub(crate) fn new(
        limits: &Limits,
        places_max: usize,
        workers: usize,
        metrics: &Arc<Metrics>,
        rates: &Arc<Rates>,
    ) -> Rc<Shares> {
        let clock = Rc::new(Clock::new());
        Rc::new(Shares {
            crowd: Crowd::new(Rc::clone(&clock), workers),
            clock,
            rates: Arc::clone(rates),
            limits: limits.clone(),
            metrics: Arc::clone(metrics),
            places: RefCell::new(Places::new(places_max, limits.verified_percent)),
            places_max,
            gathered_max: GATHERED_BYTES_MAX / workers.max(1) as u64,
            arriving: Cell::new(0),
            passes: RefCell::default(),
            free: RefCell::default(),
            in_vain: Cell::default(),
        })
    }

    /// Lets a request in, or refuses it. A request that brings something like a signature gets a
    /// place only when `auth` has looked at it, in the first step of the pipeline: a place of its
    /// account, or of its address.
    pub(crate) fn admit(
        self: &Rc<Self>,
        is_signed: bool,
        remote: SocketAddr,
        watch: &Rc<Watch>,
        cut: Option<Rc<Cut>>,
    ) -> Result<Rc<Pass>, Refused> {
        let mut meters = Meters::default();
        if self.rates.is_any() {
            self.rates.address(remote.ip(), &mut meters)?;
        }
        let address = Party::of_address(remote.ip());
        let place = match is_signed {
            // Such requests need a bound of their own, because they hold no place yet.
            true if self.arriving.get() >= self.places_max => return Err(Refused::by(Refusal::InFlight)),
            true => {
                self.arriving.set(self.arriving.get() + 1);
                None
            }
            false => {
                self.take(address)?;
                Some(address)
            }
        };
        let slot = self.free.borrow_mut().pop().unwrap_or_else(|| {
            self.passes.borrow_mut().push(None);
            self.passes.borrow().len() - 1
        });
        let pass = Rc::new(Pass::new(self, slot, address, place, watch, cut, meters));
        if let Some(entry) = self.passes.borrow_mut().get_mut(slot) {
            *entry = Some(Rc::downgrade(&pass));
        }
        Ok(pass)
    }

    /// Takes a place for a party. Where none is free, a stalled request is ended for it.
    fn take(&self, party: Party) -> Result<(), Refused> {
        let taken = self.places.borrow_mut().take(party);
        match taken {
            Ok(()) => Ok(()),
            Err(_) if self.make_place(party) => {
                self.places.borrow_mut().force(party);
                Ok(())
            }
            Err(Short::Places) => Err(Refused::by(Refusal::InFlight)),
            Err(Short::Unverified) => Err(Refused::by(Refusal::Unverified)),
        }
    }

    /// Ends the request that has waited for its client the longest. A verified request gives its
    /// place only to a verified one. Between equals, it is a request of the same party, or of one
    /// that keeps as many places as `party` then has.
    fn make_place(&self, party: Party) -> bool {
        let now = self.clock.now();
        let held = self.places.borrow().held_by(party);
        let mut in_vain = self.in_vain.get();
        let [unverified, verified] = &mut in_vain;
        let last = if party.is_verified() { verified } else { unverified };
        if last.is_some_and(|(at, least)| at == now && held >= least) {
            return false;
        }
        let victim = self.longest_stalled(|pass| {
            pass.place().is_some_and(|holder| {
                let is_lesser = party.is_verified() && !holder.is_verified();
                let same_kind = party.is_verified() == holder.is_verified();
                let has_more = || self.places.borrow().held_by(holder) > held + 1;
                is_lesser || same_kind && (holder == party || has_more())
            })
        });
        let Some(victim) = victim else {
            *last = Some((now, held));
            self.in_vain.set(in_vain);
            return false;
        };
        self.evict(&victim);
        true
    }

    /// Ends the unverified request that has waited for its client the longest. In HTTP/1.1 its
    /// connection ends with it. A connection of HTTP/2 may have other requests, and can be closed
    /// when it has none.
    pub(crate) fn make_connection(&self) -> bool {
        let victim = self.longest_stalled(|pass| pass.place().is_some_and(|holder| !holder.is_verified()));
        victim.inspect(|victim| self.evict(victim)).is_some()
    }

    fn evict(&self, victim: &Pass) {
        self.metrics.refused(Refusal::Stalled);
        // The place is free at once: the victim itself may need a while to end.
        self.give_place(victim);
        victim.end(Failure::Overloaded);
    }

    /// The stalled request that has waited the longest, of those for which `holds` says so.
    /// Unverified requests come before verified ones.
    fn longest_stalled(&self, holds: impl Fn(&Pass) -> bool) -> Option<Rc<Pass>> {
        self.longest_stalled_beyond(STALLED_VERIFIED_MIN, holds)
    }

    fn longest_stalled_beyond(
        &self,
        verified_body: Duration,
        holds: impl Fn(&Pass) -> bool,
    ) -> Option<Rc<Pass>> {
        let now = self.clock.now();
        let passes = self.passes.borrow();
        let all = passes.iter().flatten().filter_map(Weak::upgrade);
        let stalled = all.filter(|pass| {
            let is_verified = pass.place().is_none_or(Party::is_verified);
            let least = match pass.doing() {
                Doing::Working => return false,
                Doing::Receiving if is_verified => verified_body,
                Doing::Receiving | Doing::Responding => STALLED_MIN,
            };
            now.saturating_sub(pass.moved()) >= least && !pass.is_ended() && holds(pass)
        });
        stalled.min_by_key(|pass| (pass.place().is_none_or(Party::is_verified), pass.moved()))
    }

    /// A pass goes over to another party, and so does its place.
    fn exchange(&self, pass: &Pass, party: Party) -> Result<(), Refused> {
        // The new place is taken first: a request that gets none keeps the old one until it ends.
        self.take(party)?;
        self.give_place(pass);
        pass.set_place(Some(party));
        Ok(())
    }

    fn give_place(&self, pass: &Pass) {
        match pass.place() {
            Some(party) => self.places.borrow_mut().give(party),
            None if pass.is_arriving() => self.arriving.set(self.arriving.get().saturating_sub(1)),
            None => {}
        }
        pass.set_place(None);
    }

    fn leave(&self, pass: &Pass) {
        self.give_place(pass);
        let slot = pass.slot();
        if let Some(entry) = self.passes.borrow_mut().get_mut(slot) {
            *entry = None;
            self.free.borrow_mut().push(slot);
        }
    }

    /// Enforces the time limits of requests in flight: on unverified bodies that come too slowly,
    /// and on responses that their clients do not take.
    pub(crate) fn sweep(&self) {
        let now = self.clock.now();
        // Collected first: a pass that is dropped here takes itself off the list.
        let passes: Vec<_> = self.passes.borrow().iter().flatten().filter_map(Weak::upgrade).collect();
        for pass in passes {
            let since = |start: Duration| now.saturating_sub(start);
            match pass.doing() {
                Doing::Working => {}
                Doing::Receiving => {
                    let is_unverified = pass.place().is_none_or(|party| !party.is_verified());
                    if is_unverified
                        && !pass.is_ended()
                        && self.is_too_slow(pass.received_so_far(), since(pass.began()))
                    {
                        self.metrics.refused(Refusal::SlowBody);
                        pass.end(Failure::BodyTimeout);
                    }
                }
                Doing::Responding if since(pass.moved()) > self.limits.response_stall => {
                    pass.end(Failure::BodyTimeout);
                }
                Doing::Responding => {}
            }
        }
        self.reclaim();
        self.crowd.sweep();
    }

    /// Gives memory back: where bodies that come, or responses that are not taken, hold too much,
    /// stalled requests are ended, the longest first.
    fn reclaim(&self) {
        let gathered = |pass: &Pass| match pass.doing() {
            Doing::Receiving => pass.received_so_far().min(GATHERED_EACH_MAX),
            Doing::Working | Doing::Responding => 0,
        };
        let all =
            self.passes.borrow().iter().flatten().filter_map(Weak::upgrade).map(|pass| gathered(&pass)).sum();
        let mut over = u64::saturating_sub(all, self.gathered_max);
        while over > 0
            && let Some(victim) = self.longest_stalled_beyond(STALLED_MIN, |pass| gathered(pass) > 0)
        {
            over = over.saturating_sub(gathered(&victim));
            self.evict(&victim);
        }
        if lent::is_over() || !lent::has_room(false) {
            self.reclaim_unverified();
        }
        // Verified responses go last, and few at a time: an eighth of them in each sweep.
        if lent::is_over() {
            let responding = |pass: &Pass| pass.doing() == Doing::Responding;
            let count = self
                .passes
                .borrow()
                .iter()
                .flatten()
                .filter_map(Weak::upgrade)
                .filter(|pass| responding(pass))
                .count();
            for _ in 0..count / 8 + 1 {
                let Some(victim) = self.longest_stalled(responding) else { break };
                self.evict(&victim);
            }
        }
    }

    /// Ends every unverified response that is stalled: other requests are refused because of the
    /// memory that it holds.
    fn reclaim_unverified(&self) {
        let now = self.clock.now();
        let passes: Vec<_> = self.passes.borrow().iter().flatten().filter_map(Weak::upgrade).collect();
        let stopped = passes.iter().filter(|pass| {
            pass.doing() == Doing::Responding
                && pass.place().is_none_or(|party| !party.is_verified())
                && now.saturating_sub(pass.moved()) >= STALLED_MIN
                && !pass.is_ended()
        });
        stopped.for_each(|pass| self.evict(pass));
    }

    fn is_too_slow(&self, received: u64, time: Duration) -> bool {
        let least = self.limits.unverified_body_bytes_per_second_min;
        time > self.limits.unverified_body
            || time > RATE_GRACE && received < least.saturating_mul(time.as_secs())
    }
}
