//! The connections of one worker, and which of them are closed when there is no room for a further
//! one.
//!
//! A connection without a request can always be closed: its client opens another. So a full server
//! still takes new connections, and closes idle ones for them. Those that never brought a verified
//! signature go first, then those of the address with the most connections, then the longest idle.

use std::cell::{Cell, RefCell};
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use std::time::Duration;

use super::places::STALLED_MIN;
use super::{Clock, Order, Party, Watch};
use crate::body::lent;

/// Memory of all workers for long request heads, which need more than the buffer that every
/// connection has. Beyond, the oldest of those heads are given up.
const LONG_HEADS_BYTES_MAX: usize = 16 << 20;
/// What such a head takes while it is received.
const LONG_HEAD_BYTES: usize = 48 << 10;
/// Memory of all workers for connections that have buffers and no request. Beyond, some are closed
/// as if for new ones.
const BUFFERS_BYTES_MAX: usize = 96 << 20;
/// What such a connection takes at most: buffers with a head of nearly 8 KiB.
const BUFFERS_BYTES: usize = 48 << 10;
/// Connections beyond the limit, at a time, for each worker. They answer probes, and tell other
/// clients that the server is full.
const NARROW_MAX: usize = 64;
/// One part in so many of the connections is closed at once: choosing them takes a look at all.
const CLOSED_AT_ONCE: usize = 64;

/// See the module.
#[derive(Debug)]
pub(crate) struct Crowd {
    clock: Rc<Clock>,
    watches: RefCell<BTreeMap<u64, Rc<Watch>>>,
    next: Cell<u64>,
    addresses: RefCell<HashMap<Party, usize>>,
    /// How many connections were told to close, and have made room that is not taken yet.
    credit: Cell<usize>,
    long_heads: Rc<Cell<usize>>,
    long_heads_max: usize,
    set_up_max: usize,
    narrow: Cell<usize>,
}

impl Crowd {
    /// The connections of one of so many workers.
    pub(crate) fn new(clock: Rc<Clock>, workers: usize) -> Crowd {
        Crowd {
            clock,
            watches: RefCell::default(),
            next: Cell::new(0),
            addresses: RefCell::default(),
            credit: Cell::new(0),
            long_heads: Rc::default(),
            long_heads_max: (LONG_HEADS_BYTES_MAX / LONG_HEAD_BYTES / workers.max(1)).max(1),
            set_up_max: (BUFFERS_BYTES_MAX / BUFFERS_BYTES / workers.max(1)).max(1),
            narrow: Cell::new(0),
        }
    }

    /// A connection comes: of an address, or of a trusted proxy, whose connections count one by
    /// one.
    pub(crate) fn enter(&self, address: Option<Party>) -> (u64, Rc<Watch>) {
        let number = self.next.get();
        self.next.set(number + 1);
        let watch = Rc::new(Watch::new(&self.clock, address, &self.long_heads));
        self.watches.borrow_mut().insert(number, Rc::clone(&watch));
        self.count(address);
        (number, watch)
    }

    /// A proxy has said whose connection it is.
    pub(crate) fn introduce(&self, watch: &Watch, address: Option<Party>) {
        self.uncount(watch.address());
        watch.introduce(address);
        self.count(address);
    }

    fn count(&self, address: Option<Party>) {
        if let Some(address) = address {
            *self.addresses.borrow_mut().entry(address).or_insert(0) += 1;
        }
    }

    fn uncount(&self, address: Option<Party>) {
        let mut addresses = self.addresses.borrow_mut();
        if let Some(address) = address
            && let Some(count) = addresses.get_mut(&address)
        {
            *count -= 1;
            if *count == 0 {
                addresses.remove(&address);
            }
        }
    }

    /// A connection is gone.
    pub(crate) fn leave(&self, number: u64) {
        let Some(watch) = self.watches.borrow_mut().remove(&number) else { return };
        watch.ended();
        if watch.is_narrow() {
            self.narrow.set(self.narrow.get().saturating_sub(1));
        }
        self.uncount(watch.address());
    }

    /// Gives each connection the order that `order` says.
    pub(crate) fn tell_all(&self, order: impl Fn(&Watch) -> Order) {
        for watch in self.watches.borrow().values() {
            watch.give(order(watch));
        }
    }

    /// How many have no request and could be closed.
    pub(crate) fn idle(&self) -> usize {
        self.watches.borrow().values().filter(|watch| watch.is_idle()).count()
    }

    /// Closes connections without requests, so that there is room for one more. Answers whether
    /// there is.
    pub(crate) fn make_room(&self) -> bool {
        if self.credit.get() > 0 {
            self.credit.set(self.credit.get() - 1);
            return true;
        }
        let watches = self.watches.borrow();
        let addresses = self.addresses.borrow();
        let most = (watches.len() / CLOSED_AT_ONCE).max(1);
        let rank = |watch: &Watch| rank(&addresses, watch);
        let idle = watches.values().filter(|watch| watch.is_idle() && !watch.is_narrow());
        let closed = close_first(idle, most, rank);
        self.credit.set(closed.saturating_sub(1));
        closed > 0
    }

    /// Takes one more connection than the limit allows: it gets one response, and is closed. Where
    /// there are too many of them, the oldest are closed for it.
    pub(crate) fn narrow(&self, watch: &Watch) {
        if self.narrow.get() >= NARROW_MAX {
            let watches = self.watches.borrow();
            let narrow = watches.values().filter(|watch| watch.is_narrow() && watch.order() != Order::Close);
            close_first(narrow, NARROW_MAX / 8, |watch| watch.idle_since());
        }
        watch.narrow();
        self.narrow.set(self.narrow.get() + 1);
    }

    /// A request head has become long: where there are too many of them, the oldest are given up.
    pub(crate) fn shorten_heads(&self) {
        if self.long_heads.get() <= self.long_heads_max {
            return;
        }
        let watches = self.watches.borrow();
        let long = watches.values().filter(|watch| watch.has_long_head());
        close_first(long, self.long_heads_max / 8 + 1, Watch::head_since);
    }

    /// Where connections hold too much memory, some are closed.
    pub(crate) fn sweep(&self) {
        // A connection that has left is counted no more, so its room is already free for the next
        // one: only those that still close are worth a credit.
        let closing = self.watches.borrow().values().filter(|watch| watch.order() == Order::Close).count();
        self.credit.set(self.credit.get().min(closing));
        self.shed_buffers();
        if lent::is_over() || !lent::has_room(false) {
            self.close_stuck();
        }
    }

    /// Closes connections that have buffers and no request, where those are many.
    fn shed_buffers(&self) {
        let watches = self.watches.borrow();
        let is_set_up = |watch: &Rc<Watch>| watch.is_set_up() && watch.is_idle();
        let count = watches.values().filter(|watch| is_set_up(watch)).count();
        if count > self.set_up_max {
            let addresses = self.addresses.borrow();
            let set_up = watches.values().filter(|watch| is_set_up(watch));
            close_first(set_up, count - self.set_up_max, |watch| rank(&addresses, watch));
        }
    }

    /// Closes connections that are stuck, because their clients take nothing.
    fn close_stuck(&self) {
        let watches = self.watches.borrow();
        let now = self.clock.now();
        let has_stopped =
            |watch: &Watch| watch.stuck_since().is_some_and(|since| now.saturating_sub(since) >= STALLED_MIN);
        let stuck: Vec<_> = watches.values().filter(|watch| watch.is_stuck()).collect();
        // Stalled connections without a verified signature are all closed. The others are closed
        // only where memory is over its bound, an eighth at a time.
        let (stopped, others): (Vec<_>, Vec<_>) =
            stuck.into_iter().partition(|watch| !watch.was_verified() && has_stopped(watch));
        stopped.into_iter().for_each(|watch| watch.give(Order::Close));
        if lent::is_over() {
            let most = others.len() / 8 + 1;
            close_first(others.into_iter(), most, |watch| watch.stuck_since());
        }
    }
}

/// Which connection without a request is closed first.
fn rank(addresses: &HashMap<Party, usize>, watch: &Watch) -> (bool, Reverse<usize>, Duration, bool) {
    let count = watch.address().map_or(1, |address| addresses.get(&address).copied().unwrap_or(0));
    // The clock is coarse, so many have the same time. Of those, one that was answered goes before
    // one whose first request may be on its way.
    (watch.was_verified(), Reverse(count), watch.idle_since(), !watch.was_served())
}

/// Closes at most `most` of these, those of the lowest rank. Answers how many.
fn close_first<'a, K: Ord>(
    watches: impl Iterator<Item = &'a Rc<Watch>>,
    most: usize,
    rank: impl Fn(&Watch) -> K,
) -> usize {
    let mut ranked: Vec<(K, &Rc<Watch>)> = watches.map(|watch| (rank(watch), watch)).collect();
    if ranked.len() > most {
        ranked.select_nth_unstable_by(most - 1, |(one, _), (other, _)| one.cmp(other));
        ranked.truncate(most);
    }
    for (_, watch) in &ranked {
        watch.give(Order::Close);
        watch.give_up_head();
    }
    ranked.len()
}

#[cfg(test)]
mod tests;
