//! Bytes of responses that a worker has lent to its connections, and that their clients have not taken yet.
//!
//! A client that takes nothing keeps what it was given. Where that is much, over all connections of a worker, responses go
//! in small steps, and each gets the next step when its client has taken the one before.

use std::cell::RefCell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;

/// Bytes that are lent in steps of full length; of one worker.
const LENT_BYTES_MAX: usize = 16 << 20;
/// A step, where that much is lent.
pub(crate) const SMALL_STEP_BYTES: usize = 16 << 10;
/// Fewer bytes are not counted.
const COUNTED_BYTES_MIN: usize = 4 << 10;

thread_local! {
    static LENT: Arc<AtomicUsize> = Arc::default();
    static MAX: RefCell<usize> = const { RefCell::new(LENT_BYTES_MAX) };
}

/// Says that the bound is for so many workers together.
pub(crate) fn share_among(workers: usize) {
    MAX.replace((2 * LENT_BYTES_MAX / workers.max(1)).clamp(1 << 20, LENT_BYTES_MAX));
}

/// Whether this worker has lent too much to lend more in full steps.
pub(crate) fn is_tight() -> bool {
    lent() > MAX.with(|max| *max.borrow())
}

/// Whether it has lent so much that something must come back: what does not go in steps adds up to as much again.
pub(crate) fn is_over() -> bool {
    lent() > MAX.with(|max| 2 * *max.borrow())
}

fn lent() -> usize {
    LENT.with(|lent| lent.load(Ordering::Relaxed))
}

/// What was lent of one response.
#[derive(Debug, Default)]
pub(crate) struct Loan(Arc<Own>);

#[derive(Debug, Default)]
struct Own {
    lent: AtomicUsize,
    waiting: Mutex<Option<Waker>>,
}

/// Bytes that know whose they are.
struct Lent {
    bytes: Bytes,
    all: Arc<AtomicUsize>,
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
        let all = LENT.with(Arc::clone);
        all.fetch_add(bytes.len(), Ordering::Relaxed);
        self.0.lent.fetch_add(bytes.len(), Ordering::Relaxed);
        Bytes::from_owner(Lent { bytes, all, own: Arc::clone(&self.0) })
    }
}

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        self.all.fetch_sub(self.bytes.len(), Ordering::Relaxed);
        if self.own.lent.fetch_sub(self.bytes.len(), Ordering::AcqRel) == self.bytes.len() {
            let waiting = self.own.waiting.lock().unwrap_or_else(PoisonError::into_inner).take();
            if let Some(waker) = waiting {
                waker.wake();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_lent_is_counted_until_it_is_dropped() {
        let loan = Loan::default();
        let context = Context::from_waker(Waker::noop());
        assert_eq!(loan.poll_returned(&context), Poll::Ready(()));
        let (one, small) = (loan.lend(Bytes::from(vec![1; 5000])), loan.lend(Bytes::from(vec![1; 500])));
        assert_eq!(loan.poll_returned(&context), Poll::Pending);
        let part = one.slice(4000..);
        drop(one);
        assert_eq!((part.len(), loan.poll_returned(&context)), (1000, Poll::Pending));
        drop(part);
        assert_eq!(loan.poll_returned(&context), Poll::Ready(()));
        drop(small);
    }

    #[test]
    fn a_worker_that_has_lent_much_is_tight_until_it_comes_back() {
        let loan = Loan::default();
        let mut lent: Vec<Bytes> = (0..20).map(|_| loan.lend(Bytes::from(vec![1; 1 << 20]))).collect();
        assert!(is_tight() && !is_over());
        lent.push(loan.lend(Bytes::from(vec![1; 16 << 20])));
        assert!(is_over());
        drop(lent);
        assert!(!is_tight());
    }
}
