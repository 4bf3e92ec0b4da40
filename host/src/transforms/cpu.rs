//! Processor time of a call, over the threads that it moves between.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use super::state::Costs;

/// What a call has used so far, in nanoseconds. Only the thread that polls the call writes.
#[derive(Debug, Default)]
pub(super) struct CpuClock {
    used: AtomicU64,
    poll_began: AtomicU64,
}

impl CpuClock {
    /// The time until the last poll ended.
    pub(super) fn used(&self) -> Duration {
        Duration::from_nanos(self.used.load(Ordering::Relaxed))
    }

    /// The time until now, asked by the call itself while it is polled.
    pub(super) fn now(&self) -> Duration {
        let poll = thread_nanos().saturating_sub(self.poll_began.load(Ordering::Relaxed));
        self.used() + Duration::from_nanos(poll)
    }
}

/// A call whose time is measured.
pub(super) struct Metered<F> {
    call: Pin<Box<F>>,
    costs: Arc<Costs>,
}

impl<F: Future> Metered<F> {
    pub(super) fn new(call: F, costs: Arc<Costs>) -> Metered<F> {
        Metered { call: Box::pin(call), costs }
    }
}

impl<F: Future> Future for Metered<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let began = thread_nanos();
        self.costs.cpu.poll_began.store(began, Ordering::Relaxed);
        let polled = self.call.as_mut().poll(context);
        self.costs.cpu.used.fetch_add(thread_nanos().saturating_sub(began), Ordering::Relaxed);
        // A call that waits for something else does not keep others from their turn.
        self.costs.end_turn();
        polled
    }
}

/// How long this thread has run.
fn thread_nanos() -> u64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
    seconds.saturating_mul(1_000_000_000).saturating_add(u64::try_from(time.tv_nsec).unwrap_or_default())
}
