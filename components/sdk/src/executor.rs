//! Runs a stage's future step by step.
//!
//! A stage is written as ordinary `async` Rust. Awaiting host work ([`crate::Work`]) suspends its future; the export then
//! answers `pending`, and the host calls `resume` once the outcome is there. Nothing polls in between, so no waker is needed.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use gateway::errors::S3Error;

/// What a stage does with a call, from its start to its response.
pub type Task = Pin<Box<dyn Future<Output = Result<(), S3Error>>>>;

/// What a suspended task waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suspended {
    /// Host work.
    Work,
    /// That `policy` judges the objects that the body names.
    Judgement,
    /// That `policy` decides on the whole request again.
    Decision,
    /// That `encryption` says with what something sealed is opened.
    Opening,
}

thread_local! {
    /// Why the task that runs was suspended last.
    static REASON: Cell<Suspended> = const { Cell::new(Suspended::Work) };
    static WAITING: RefCell<BTreeMap<u64, Task>> = const { RefCell::new(BTreeMap::new()) };
}

/// Runs a new task up to its end (`None`) or to its first suspension.
pub fn start(id: u64, task: Task) -> Result<Option<Suspended>, S3Error> {
    advance(id, task)
}

/// Continues a suspended task. A call that is not known has nothing left to do.
pub fn resume(id: u64) -> Result<Option<Suspended>, S3Error> {
    match WAITING.with_borrow_mut(|waiting| waiting.remove(&id)) {
        Some(task) => advance(id, task),
        None => Ok(None),
    }
}

/// Forgets a suspended task: its client is gone.
pub fn abandon(id: u64) {
    // Dropped outside the borrow, because dropping a task may release handles.
    let task = WAITING.with_borrow_mut(|waiting| waiting.remove(&id));
    drop(task);
}

fn advance(id: u64, mut task: Task) -> Result<Option<Suspended>, S3Error> {
    match task.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result.map(|()| None),
        Poll::Pending => {
            WAITING.with_borrow_mut(|waiting| waiting.insert(id, task));
            Ok(Some(REASON.get()))
        }
    }
}

/// Suspends the task once: until the host resumes the call with the outcome of its work.
pub async fn suspend() {
    suspend_for(Suspended::Work).await;
}

/// Suspends the task once.
pub async fn suspend_for(reason: Suspended) {
    REASON.set(reason);
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
