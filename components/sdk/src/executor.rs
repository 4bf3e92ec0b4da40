//! Runs a stage's future step by step.
//!
//! A stage is written as ordinary `async` Rust. Awaiting host work ([`crate::Work`]) suspends its
//! future; the export then answers `pending`, and the host calls `resume` once the outcome is
//! there. Nothing polls in between, so no waker is needed.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use gateway::errors::Result;

/// What a stage does with a call, from its start to its response.
pub type Task = Pin<Box<dyn Future<Output = Result<()>>>>;

thread_local! {
    static WAITING: RefCell<BTreeMap<u64, Task>> = const { RefCell::new(BTreeMap::new()) };
}

/// Runs a new task up to its end or to its first suspension.
pub fn start(id: u64, mut task: Task) -> Poll<Result<()>> {
    let run = run(&mut task);
    if run.is_pending() {
        WAITING.with_borrow_mut(|waiting| waiting.insert(id, task));
    }
    run
}

/// Continues a suspended task. A call without a task has nothing left to do.
pub fn resume(id: u64) -> Poll<Result<()>> {
    match WAITING.with_borrow_mut(|waiting| waiting.remove(&id)) {
        Some(task) => start(id, task),
        None => Poll::Ready(Ok(())),
    }
}

/// Forgets a suspended task: its client is gone.
pub fn abandon(id: u64) {
    // Dropped outside the borrow, because dropping a task may release handles.
    let task = WAITING.with_borrow_mut(|waiting| waiting.remove(&id));
    drop(task);
}

/// Runs a task up to its end or to its next suspension, for a stage that keeps its tasks itself.
pub fn run(task: &mut Task) -> Poll<Result<()>> {
    task.as_mut().poll(&mut Context::from_waker(Waker::noop()))
}

/// Suspends the task once: until its call is resumed.
pub async fn suspend() {
    let mut suspended = false;
    std::future::poll_fn(|_| {
        if suspended {
            return Poll::Ready(());
        }
        suspended = true;
        Poll::Pending
    })
    .await;
}
