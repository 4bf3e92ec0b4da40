//! Shares: who gets the places, the connections and the memory of a worker when there is not enough
//! for everybody.
//!
//! Nobody is limited while nobody else asks. When places run short, requests whose signature was
//! verified go before those of which nobody knows whose they are ([`places`]); what has waited for
//! its client the longest is ended first; and who is refused is told when to come back. Places
//! belong to a client's address, and to an account as soon as its signature is verified
//! ([`Party`]). Everything here but [`rates`] and [`room`] is of one worker, and takes no lock.
//! `docs/adr/0018-shares.md` says why it is so.

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
/// An unverified body is not asked for its rate before it is this old.
const RATE_GRACE: Duration = Duration::from_secs(10);
/// What one body takes at most while it comes: what was read of it, and what waits to be written.
const GATHERED_EACH_MAX: u64 = 384 << 10;
/// What bodies whose clients are slow may take together, over all workers.
const GATHERED_BYTES_MAX: u64 = 96 << 20;
/// Who is refused for want of a place may come back after so long.
const COME_BACK: Duration = Duration::from_secs(1);

/// A refusal: by which limit, and when to come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) limit: Refusal,
    pub(crate) wait: Duration,
}

impl Refused {
    pub(crate) fn by(limit: Refusal) -> Refused {
        Refused { limit, wait: COME_BACK }
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
        Refused { limit, wait: exceeded.wait }
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
    /// Requests that say that they are signed, and of which nobody has judged that yet.
    arriving: Cell<usize>,
    /// Requests in flight, by their slots.
    passes: RefCell<Vec<Option<Weak<Pass>>>>,
    free: RefCell<Vec<usize>>,
    /// When nobody was found who could make place, for unverified and verified requests, and how
    /// many places the asker had: until the clock moves, nobody makes place for one who has as
    /// many.
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

    /// Lets a request in, or refuses it. What says that it is signed has its place judged when that
    /// is known.
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

    /// Takes a place for a party; where there is none, one that others should give up.
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

    /// Ends what has waited for its client the longest. Verified requests only make place for
    /// verified ones, and nobody for whom that would leave fewer places than who asks.
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
    /// connection ends with it; one of HTTP/2 may have other requests, and can be closed when it
    /// has none.
    pub(crate) fn make_connection(&self) -> bool {
        let victim = self.longest_stalled(|pass| pass.place().is_some_and(|holder| !holder.is_verified()));
        victim.inspect(|victim| self.evict(victim)).is_some()
    }

    fn evict(&self, victim: &Pass) {
        self.metrics.refused(Refusal::Stalled);
        self.give_place(victim);
        victim.end(Failure::Overloaded);
    }

    /// Of the stalled requests for which this holds, an unverified one before a verified one, the
    /// one that has waited the longest.
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

    /// Looks after what is in flight: unverified bodies that come too slowly, responses that nobody
    /// takes.
    pub(crate) fn sweep(&self) {
        let now = self.clock.now();
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

    /// Where bodies under way, or responses that are not taken, hold too much memory, those that
    /// are stalled are ended, the longest first.
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

    /// Ends every unverified response that has come to a stop: others are refused for want of what
    /// it holds.
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
