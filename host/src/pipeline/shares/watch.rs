//! The watch of a connection: what is noted of it, and which orders follow from that.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::task::Waker;
use std::time::{Duration, Instant};

use super::Party;
use crate::config::Limits;

/// The time of a worker. Its sweep moves it on, so it is coarse, and reading it costs nothing.
#[derive(Debug)]
pub(crate) struct Clock {
    started: Instant,
    now: Cell<Duration>,
}

impl Clock {
    pub(crate) fn new() -> Clock {
        Clock { started: Instant::now(), now: Cell::new(Duration::ZERO) }
    }

    pub(crate) fn advance(&self) {
        self.now.set(self.started.elapsed());
    }

    pub(crate) fn now(&self) -> Duration {
        self.now.get()
    }

    /// Another time, for tests.
    #[cfg(test)]
    pub(crate) fn set(&self, now: Duration) {
        self.now.set(now);
    }
}

/// What a connection is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Order {
    /// Go on.
    Serve,
    /// Take no further request; close when those in flight are answered.
    Finish,
    /// Close now.
    Close,
}

/// A closing connection without requests may take this long to send what is left.
const FINISH_TIME_MAX: Duration = Duration::from_secs(5);
/// A connection beyond the limit has this time to send a request.
const NARROW_TIME_MAX: Duration = Duration::from_secs(1);
/// Bytes that every connection has at hand for a request head; a head that takes more is long.
const HEAD_BYTES_AT_HAND: usize = 8 << 10;

/// The notes of one connection.
#[derive(Debug)]
pub(crate) struct Watch {
    clock: Rc<Clock>,
    /// Where it comes from. `None` for a connection of a trusted proxy: it carries the requests of
    /// many, so it is no party's.
    address: Cell<Option<Party>>,
    /// It is one more than the limit allows: probes are answered, everything else is refused.
    narrow: Cell<bool>,
    /// Its first bytes came, and it has had buffers since then.
    is_set_up: Cell<bool>,
    /// A request of it was answered.
    served: Cell<bool>,
    /// A request of it had a verified signature.
    verified: Cell<bool>,
    /// Bytes that came since the last request.
    head_bytes: Cell<usize>,
    /// Whether those are many; and how many connections of the worker have that many.
    has_long_head: Cell<bool>,
    long_heads: Rc<Cell<usize>>,
    /// Since when its client has taken nothing of what is to be written.
    stuck_since: Cell<Option<Duration>>,
    /// Several requests at a time: HTTP/2.
    multiplexed: Cell<bool>,
    /// Requests whose response is not yet sent.
    requests: Cell<u32>,
    /// Those among them whose response is on its way.
    responses: Cell<u32>,
    /// Since when it has had no request.
    idle_since: Cell<Duration>,
    /// When the first byte of an unfinished request head arrived.
    head_since: Cell<Option<Duration>>,
    /// When the client last took a part of a response.
    taken_at: Cell<Duration>,
    order: Cell<Order>,
    waker: RefCell<Option<Waker>>,
}

impl Watch {
    /// A connection from an address; `long_heads` counts those whose request heads are long.
    pub(crate) fn new(clock: &Rc<Clock>, address: Option<Party>, long_heads: &Rc<Cell<usize>>) -> Watch {
        let now = clock.now();
        Watch {
            clock: Rc::clone(clock),
            address: Cell::new(address),
            narrow: Cell::new(false),
            is_set_up: Cell::new(false),
            served: Cell::new(false),
            verified: Cell::new(false),
            head_bytes: Cell::new(0),
            has_long_head: Cell::new(false),
            long_heads: Rc::clone(long_heads),
            stuck_since: Cell::new(None),
            multiplexed: Cell::new(false),
            requests: Cell::new(0),
            responses: Cell::new(0),
            idle_since: Cell::new(now),
            head_since: Cell::new(None),
            taken_at: Cell::new(now),
            order: Cell::new(Order::Serve),
            waker: RefCell::new(None),
        }
    }

    /// The connection speaks HTTP/2. Bytes without a request are then pings or settings, and need
    /// not be a request head that comes slowly.
    pub(crate) fn multiplex(&self) {
        self.multiplexed.set(true);
        self.head_since.set(None);
    }

    /// Bytes arrived. Answers whether the head of a request has become a long one with them.
    pub(crate) fn received(&self, bytes: usize) -> bool {
        // With a request in flight, bytes belong to its body, or to a head behind it that is read
        // later.
        if self.requests.get() > 0 {
            return false;
        }
        if !self.multiplexed.get() && self.head_since.get().is_none() {
            self.head_since.set(Some(self.clock.now()));
        }
        self.head_bytes.set(self.head_bytes.get().saturating_add(bytes));
        let becomes_long = self.head_bytes.get() >= HEAD_BYTES_AT_HAND && !self.has_long_head.replace(true);
        if becomes_long {
            self.long_heads.set(self.long_heads.get() + 1);
        }
        becomes_long
    }

    /// A request head is complete.
    pub(crate) fn request_began(&self) {
        self.requests.set(self.requests.get() + 1);
        self.head_since.set(None);
        self.give_up_head();
    }

    /// Its request head is complete, or is no longer waited for.
    pub(crate) fn give_up_head(&self) {
        self.head_bytes.set(0);
        if self.has_long_head.replace(false) {
            self.long_heads.set(self.long_heads.get().saturating_sub(1));
        }
    }

    /// A request is answered, or given up.
    pub(crate) fn request_ended(&self) {
        self.requests.set(self.requests.get().saturating_sub(1));
        self.idle_since.set(self.clock.now());
        self.served.set(true);
    }

    /// Its first bytes came, and it is given buffers.
    pub(crate) fn set_up(&self) {
        self.is_set_up.set(true);
    }

    pub(crate) fn is_set_up(&self) -> bool {
        self.is_set_up.get()
    }

    /// The signature of one of its requests is verified.
    pub(crate) fn verified(&self) {
        self.verified.set(true);
    }

    /// It is one more than the limit allows.
    pub(crate) fn narrow(&self) {
        self.narrow.set(true);
    }

    /// The connection is gone.
    pub(crate) fn ended(&self) {
        self.give_up_head();
    }

    /// Its client took bytes, or did not take those that there are.
    pub(crate) fn wrote(&self, is_stuck: bool) {
        match (is_stuck, self.stuck_since.get()) {
            (true, None) => self.stuck_since.set(Some(self.clock.now())),
            (false, Some(_)) => self.stuck_since.set(None),
            _ => {}
        }
    }

    pub(crate) fn address(&self) -> Option<Party> {
        self.address.get()
    }

    /// A proxy has said whose connection it is. What came so far was the proxy's, and is no head.
    pub(crate) fn introduce(&self, address: Option<Party>) {
        self.address.set(address);
        self.head_since.set(None);
        self.idle_since.set(self.clock.now());
    }

    pub(crate) fn is_narrow(&self) -> bool {
        self.narrow.get()
    }

    pub(crate) fn was_served(&self) -> bool {
        self.served.get()
    }

    pub(crate) fn was_verified(&self) -> bool {
        self.verified.get()
    }

    /// Whether it has no request, and was not told to close.
    pub(crate) fn is_idle(&self) -> bool {
        self.requests.get() == 0 && self.order.get() != Order::Close
    }

    /// Whether none of its requests is being answered.
    pub(crate) fn is_between_requests(&self) -> bool {
        self.requests.get() == 0
    }

    pub(crate) fn idle_since(&self) -> Duration {
        self.idle_since.get()
    }

    pub(crate) fn has_long_head(&self) -> bool {
        self.has_long_head.get()
    }

    /// When the first byte of its unfinished head came; for HTTP/2, since when it has had no
    /// request.
    pub(crate) fn head_since(&self) -> Duration {
        self.head_since.get().unwrap_or(self.idle_since.get())
    }

    /// Whether its client has taken nothing of what is to be written since the last sweep.
    pub(crate) fn is_stuck(&self) -> bool {
        self.order.get() != Order::Close
            && self.stuck_since.get().is_some_and(|since| self.clock.now() > since)
    }

    pub(crate) fn stuck_since(&self) -> Option<Duration> {
        self.stuck_since.get()
    }

    /// A response begins to go out.
    pub(crate) fn response_began(&self) {
        self.responses.set(self.responses.get() + 1);
        self.taken();
    }

    /// A response is out, or given up.
    pub(crate) fn response_ended(&self) {
        self.responses.set(self.responses.get().saturating_sub(1));
    }

    /// There was room for more of a response, so the client is taking it.
    pub(crate) fn taken(&self) {
        self.taken_at.set(self.clock.now());
    }

    pub(crate) fn order(&self) -> Order {
        self.order.get()
    }

    /// Gives an order. One that is milder than the order before changes nothing.
    pub(crate) fn give(&self, order: Order) {
        if order > self.order.get() {
            self.order.set(order);
            if let Some(waker) = self.waker.borrow().as_ref() {
                waker.wake_by_ref();
            }
        }
    }

    /// The task that orders wake.
    pub(crate) fn wakes(&self, waker: &Waker) {
        let mut known = self.waker.borrow_mut();
        if !known.as_ref().is_some_and(|known| known.will_wake(waker)) {
            *known = Some(waker.clone());
        }
    }

    /// The order that follows from the time limits now.
    pub(crate) fn next_order(&self, limits: &Limits) -> Order {
        let now = self.clock.now();
        let beyond = |since: Duration, limit: Duration| now.saturating_sub(since) > limit;
        if self.requests.get() == 0 {
            if self.narrow.get() && beyond(self.head_since(), NARROW_TIME_MAX) {
                return Order::Close;
            }
            return match (self.head_since.get(), self.idle_since.get()) {
                // A head that has begun is late after `request_head`, however idle it was before.
                (Some(since), _) if beyond(since, limits.request_head) => Order::Close,
                (Some(_), _) => Order::Serve,
                (None, since) if beyond(since, limits.idle + limits.idle.min(FINISH_TIME_MAX)) => {
                    Order::Close
                }
                // `Finish` lets HTTP/2 send GOAWAY. Where that does not end the connection, the arm
                // above closes it a while later.
                (None, since) if beyond(since, limits.idle) => Order::Finish,
                (None, _) => Order::Serve,
            };
        }
        // A request that the server works on may take as long as it needs. Only a response that its
        // client does not take has a limit.
        match self.responses.get() > 0 && beyond(self.taken_at.get(), limits.response_stall) {
            true => Order::Close,
            false => Order::Serve,
        }
    }
}

#[cfg(test)]
mod tests;
