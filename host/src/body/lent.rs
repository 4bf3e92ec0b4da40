//! Bytes of responses that a worker has lent to its connections, and that their clients have not
//! taken yet.
//!
//! Bytes that a client does not take stay in memory. Where these are many, over all connections of
//! a worker, responses go in small steps, and each gets its next step when its client has taken the
//! step before.
//!
//! Responses that were made in memory stay there as a whole until the last byte is taken. Where
//! these are many, no further ones are made: [`has_room`].

use std::cell::RefCell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;

/// Bytes that are lent in steps of full length; of one worker.
const LENT_BYTES_MAX: usize = 16 << 20;
/// A step, where that much is lent: as much as is read of a sealed body at least.
pub(crate) const SMALL_STEP_BYTES: usize = 64 << 10;
/// A response that is at hand at once, where that much is lent.
pub(crate) const SMALL_RESPONSE_BYTES: usize = 16 << 10;
/// What responses made in memory may take for requests without a verified signature, and how many
/// times as much with one.
const VERIFIED_TIMES: usize = 3;
/// A response of fewer bytes is not counted: all requests in flight together have 8 MiB of them,
/// and most sockets take as many at once.
const COUNTED_BYTES_MIN: usize = 8 << 10;

thread_local! {
    static LENT: Arc<Counts> = Arc::default();
    static MAX: RefCell<usize> = const { RefCell::new(LENT_BYTES_MAX) };
}

/// Bytes that are out; of one worker.
#[derive(Debug, Default)]
struct Counts {
    all: AtomicUsize,
    /// Those of responses that were made in memory.
    whole: AtomicUsize,
}

/// Says that the bound is for so many workers together.
pub(crate) fn share_among(workers: usize) {
    MAX.replace((2 * LENT_BYTES_MAX / workers.max(1)).clamp(1 << 20, LENT_BYTES_MAX));
}

/// Whether this worker has lent too much to lend more in full steps.
pub(crate) fn is_tight() -> bool {
    lent() > MAX.with(|max| *max.borrow())
}

/// Whether it has lent so much that something must come back: the responses that do not go in steps
/// have added up to as much again.
pub(crate) fn is_over() -> bool {
    lent() > MAX.with(|max| 2 * *max.borrow())
}

/// Whether another response that was made in memory may be lent. The last one may go beyond the
/// bound: each is given some time.
pub(crate) fn has_room(is_verified: bool) -> bool {
    let times = if is_verified { VERIFIED_TIMES } else { 1 };
    LENT.with(|lent| lent.whole.load(Ordering::Relaxed)) <= MAX.with(|max| times * *max.borrow())
}

fn lent() -> usize {
    LENT.with(|lent| lent.all.load(Ordering::Relaxed))
}

/// Lends a response that was made in memory.
pub(crate) fn lend_made(bytes: Bytes) -> Bytes {
    let is_whole = bytes.len() > SMALL_RESPONSE_BYTES;
    lend_all(bytes, is_whole)
}

/// Lends all of a response that was read at once.
pub(crate) fn lend_read(bytes: Bytes) -> Bytes {
    lend_all(bytes, false)
}

fn lend_all(bytes: Bytes, is_whole: bool) -> Bytes {
    if bytes.len() < COUNTED_BYTES_MIN {
        return bytes;
    }
    Loan::default().lend_counted(bytes, is_whole)
}

/// What was lent of one response.
#[derive(Debug, Default)]
pub(crate) struct Loan(Arc<Own>);

#[derive(Debug, Default)]
struct Own {
    lent: AtomicUsize,
    waiting: Mutex<Option<Waker>>,
}

/// Bytes that count as lent until they are dropped.
struct Lent {
    bytes: Bytes,
    is_whole: bool,
    counts: Arc<Counts>,
    own: Arc<Own>,
}

impl Loan {
    /// Waits until a small step can be lent: nothing of this response is out.
    pub(crate) fn poll_returned(&self, context: &Context<'_>) -> Poll<()> {
        if self.0.lent.load(Ordering::Acquire) == 0 {
            return Poll::Ready(());
        }
        let mut waiting = self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        *waiting = Some(context.waker().clone());
        match self.0.lent.load(Ordering::Acquire) {
            0 => Poll::Ready(()),
            _ => Poll::Pending,
        }
    }

    /// Lends bytes: they count until the last of them is dropped.
    pub(crate) fn lend(&self, bytes: Bytes) -> Bytes {
        if bytes.len() < COUNTED_BYTES_MIN {
            return bytes;
        }
        self.lend_counted(bytes, false)
    }

    fn lend_counted(&self, bytes: Bytes, is_whole: bool) -> Bytes {
        let counts = LENT.with(Arc::clone);
        counts.all.fetch_add(bytes.len(), Ordering::Relaxed);
        if is_whole {
            counts.whole.fetch_add(bytes.len(), Ordering::Relaxed);
        }
        self.0.lent.fetch_add(bytes.len(), Ordering::Relaxed);
        Bytes::from_owner(Lent { bytes, is_whole, counts, own: Arc::clone(&self.0) })
    }
}

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        self.counts.all.fetch_sub(self.bytes.len(), Ordering::Relaxed);
        if self.is_whole {
            self.counts.whole.fetch_sub(self.bytes.len(), Ordering::Relaxed);
        }
        if self.own.lent.fetch_sub(self.bytes.len(), Ordering::AcqRel) == self.bytes.len() {
            let waiting = self.own.waiting.lock().unwrap_or_else(PoisonError::into_inner).take();
            if let Some(waker) = waiting {
                waker.wake();
            }
        }
    }
}

#[cfg(test)]
mod tests;
