//! The pass of one request: which party's place it has, what it waits for, and whether it may go
//! on.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::task::Waker;
use std::time::Duration;

use super::rates::{Meters, Way};
use super::{Cut, Order, Party, Refused, Shares, Watch};
use crate::body::{Failure, lent};
use crate::config::Subject;
use crate::pipeline::bindings::calls::Principal;
use crate::pipeline::call::Facts;
use crate::telemetry::metrics::Refusal;

/// An unverified body has to bring this many bytes to count as moving. Otherwise a client could
/// hold a place by sending a byte now and then.
const PROGRESS_BYTES: u64 = 16 << 10;

/// What a request waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Doing {
    /// For us.
    Working,
    /// For its client to send.
    Receiving,
    /// For its client to take the response.
    Responding,
}

/// See the module.
pub struct Pass {
    shares: Rc<Shares>,
    slot: usize,
    address: Party,
    /// Whose place it has. `None` before its signature is verified, and after it lost its place.
    place: Cell<Option<Party>>,
    is_arriving: Cell<bool>,
    watch: Rc<Watch>,
    cut: Option<Rc<Cut>>,
    began: Cell<Duration>,
    moved: Cell<Duration>,
    doing: Cell<Doing>,
    received: Cell<u64>,
    ended: Cell<Option<Failure>>,
    waker: RefCell<Option<Waker>>,
    refused: RefCell<Option<Refused>>,
    /// Some of its work was not done because the disk is full.
    disk_full: Cell<bool>,
    meters: RefCell<Meters>,
    /// Whether the request was counted for the rates of its principal, and of its bucket.
    counted: Cell<(bool, bool)>,
}

impl Pass {
    pub(super) fn new(
        shares: &Rc<Shares>,
        slot: usize,
        address: Party,
        place: Option<Party>,
        watch: &Rc<Watch>,
        cut: Option<Rc<Cut>>,
        meters: Meters,
    ) -> Pass {
        let now = shares.clock.now();
        Pass {
            shares: Rc::clone(shares),
            slot,
            address,
            place: Cell::new(place),
            is_arriving: Cell::new(place.is_none()),
            watch: Rc::clone(watch),
            cut,
            began: Cell::new(now),
            moved: Cell::new(now),
            doing: Cell::new(Doing::Working),
            received: Cell::new(0),
            ended: Cell::new(None),
            waker: RefCell::new(None),
            refused: RefCell::new(None),
            disk_full: Cell::new(false),
            meters: RefCell::new(meters),
            counted: Cell::new((false, false)),
        }
    }

    /// Takes note of what stages have found out so far. Answers whether the request may go on: its
    /// party has a place for it, and no rate is exceeded.
    pub fn establish(&self, facts: &Facts) -> bool {
        if self.refused.borrow().is_some() {
            return false;
        }
        match self.settle(facts) {
            Ok(()) => true,
            Err(refused) => {
                self.refused.replace(Some(refused));
                false
            }
        }
    }

    /// Moves the request to the party that the facts name, and counts it for the rates of that
    /// principal and bucket, each once.
    fn settle(&self, facts: &Facts) -> Result<(), Refused> {
        let identity = match &facts.principal {
            Some(Principal::Authenticated(identity)) => Some(identity),
            Some(Principal::Anonymous) | None => None,
        };
        let has_best = self.place.get().is_some_and(Party::is_verified);
        if !has_best && self.ended.get().is_none() {
            let party = identity.map_or(self.address, |identity| Party::of_account(&identity.account));
            if self.place.get() != Some(party) {
                self.shares.exchange(self, party)?;
            }
        }
        // A connection that brought a verified signature is closed last when room is short.
        if identity.is_some() {
            self.watch.verified();
        }
        if !self.shares.rates.is_any() {
            return Ok(());
        }
        let (who, what) = self.counted.get();
        let mut meters = self.meters.borrow_mut();
        let rates = &self.shares.rates;
        if let Some(identity) = identity.filter(|_| !who) {
            self.counted.set((true, what));
            rates.request(Subject::Account, &identity.account, &mut meters)?;
            rates.request(Subject::AccessKey, &identity.access_key_id, &mut meters)?;
        }
        if let Some(name) =
            facts.target.as_ref().and_then(|target| target.bucket.as_deref()).filter(|_| !what)
        {
            self.counted.set((self.counted.get().0, true));
            rates.request(Subject::Bucket, name, &mut meters)?;
        }
        Ok(())
    }

    /// Why it is refused, if it is.
    pub(crate) fn refused(&self) -> Option<Refused> {
        let disk_full = self.disk_full.get().then(|| Refused::by(Refusal::Disk));
        self.refused.borrow().clone().or(disk_full)
    }

    /// Some of its work was not done because the disk is full. It may go on: what frees space is
    /// still done.
    pub(crate) fn meets_full_disk(&self) {
        self.disk_full.set(true);
    }

    /// The party to which the memory of its body is charged.
    pub fn party(&self) -> Party {
        self.place.get().unwrap_or(self.address)
    }

    /// There was no room for its body.
    pub fn refuse_documents(&self) {
        self.refused.replace(Some(Refused::by(Refusal::Documents)));
    }

    /// Whether there is memory for a response of so many bytes. Where there is none, the request is
    /// refused.
    pub fn has_room_for(&self, response: usize) -> bool {
        let has_room = response <= lent::SMALL_RESPONSE_BYTES || lent::has_room(self.party().is_verified());
        if !has_room && self.refused.borrow().is_none() {
            self.refused.replace(Some(Refused::by(Refusal::Answers)));
        }
        has_room
    }

    /// It waits for its client to send, and is to be woken when it is ended.
    pub(crate) fn receiving(&self, waker: &Waker) {
        if self.doing.replace(Doing::Receiving) == Doing::Working
            && self.place.get().is_some_and(Party::is_verified)
        {
            self.moved.set(self.shares.clock.now());
        }
        let mut known = self.waker.borrow_mut();
        if !known.as_ref().is_some_and(|known| known.will_wake(waker)) {
            *known = Some(waker.clone());
        }
    }

    /// Bytes of its body have come; how long the next ones should wait.
    pub(crate) fn received(&self, bytes: usize) -> Duration {
        let before = self.received.get();
        let after = before + bytes as u64;
        self.received.set(after);
        self.doing.set(Doing::Working);
        let is_verified = self.place.get().is_some_and(Party::is_verified);
        if is_verified || before / PROGRESS_BYTES != after / PROGRESS_BYTES {
            self.moved.set(self.shares.clock.now());
        }
        let wait = self.drawn(Way::In, bytes);
        // The rate of the body is measured without the time that it waits here.
        self.began.set(self.began.get() + wait);
        wait
    }

    /// It works, and its client does not keep it waiting.
    pub(crate) fn working(&self) {
        self.doing.set(Doing::Working);
    }

    /// Its client is given bytes of the response; how long the next ones should wait.
    pub(crate) fn responding(&self, bytes: usize) -> Duration {
        self.doing.set(Doing::Responding);
        self.moved.set(self.shares.clock.now());
        self.drawn(Way::Out, bytes)
    }

    fn drawn(&self, way: Way, bytes: usize) -> Duration {
        let meters = self.meters.borrow();
        if meters.is_empty() { Duration::ZERO } else { meters.pass(way, bytes) }
    }

    /// Ends it: its body fails with `failure`, or its response is broken off.
    pub(super) fn end(&self, failure: Failure) {
        if self.ended.replace(Some(failure)).is_some() {
            return;
        }
        if self.doing.get() == Doing::Responding {
            // HTTP/2 resets the one stream. HTTP/1.1 can break a response off only by closing the
            // connection.
            match &self.cut {
                Some(cut) => cut.cut(),
                None => self.watch.give(Order::Close),
            }
        } else if let Some(waker) = self.waker.borrow_mut().take() {
            waker.wake();
        }
    }

    /// Why its body fails, if the request was ended.
    pub(crate) fn ended(&self) -> Option<Failure> {
        self.ended.get()
    }

    pub(super) fn is_ended(&self) -> bool {
        self.ended.get().is_some()
    }

    pub(super) fn place(&self) -> Option<Party> {
        self.place.get()
    }

    pub(super) fn set_place(&self, party: Option<Party>) {
        self.place.set(party);
        self.is_arriving.set(false);
    }

    pub(super) fn is_arriving(&self) -> bool {
        self.is_arriving.get()
    }

    pub(super) fn slot(&self) -> usize {
        self.slot
    }

    pub(super) fn doing(&self) -> Doing {
        self.doing.get()
    }

    pub(super) fn moved(&self) -> Duration {
        self.moved.get()
    }

    pub(super) fn began(&self) -> Duration {
        self.began.get()
    }

    pub(crate) fn received_so_far(&self) -> u64 {
        self.received.get()
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        let shares = Rc::clone(&self.shares);
        shares.leave(self);
    }
}

impl std::fmt::Debug for Pass {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Pass").field("place", &self.place.get()).finish_non_exhaustive()
    }
}
