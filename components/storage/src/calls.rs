//! The calls in this stage: each has one record, from [`locate`] until it has its response, is
//! refused or is abandoned.
//!
//! One instance serves many calls at once, and a call takes several steps. All that a step leaves
//! for the next one is in the record of its call. So nothing of one call gets into another.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::task::Poll;

use gateway::errors::{ErrorCode, Result};
use sdk::bindings::storage::exports::portcullis::gateway::storage::{
    Located as WhatBucketSays, Sealing, Step,
};
use sdk::executor::{self, Task};
use sdk::{Call, Protection, SeenRequest, SentHead, Target};

use crate::exchange::Exchange;
use crate::request::{Located, Request};

#[cfg(test)]
mod tests;

/// What is kept of a call between two steps.
enum Kept {
    /// Its bucket was found, and nothing is decided yet. Boxed, because it is large and most
    /// records are of calls that wait.
    Located(Box<Located>),
    /// Its task waits for work or for the gateway.
    Waiting(Task, Rc<Exchange>),
}

thread_local! {
    static CALLS: RefCell<BTreeMap<u64, Kept>> = const { RefCell::new(BTreeMap::new()) };
}

/// Takes a call in, and returns what its bucket says to other stages. A call that [`Located::find`]
/// refuses leaves no record.
pub(crate) fn locate(call: Call, head: SentHead, target: Target) -> Result<WhatBucketSays> {
    let id = head.id;
    let located = Located::find(call, head, target)?;
    let says = located.says();
    keep(id, Kept::Located(Box::new(located)));
    Ok(says)
}

/// Starts the operation of a call, as the task that `serve` makes of its request.
pub(crate) fn start(
    id: u64,
    sealing: Sealing,
    seen: Option<SeenRequest>,
    serve: impl FnOnce(Request) -> Task,
) -> Result<Step> {
    match take(id) {
        Some(Kept::Located(mut located)) => {
            if let Some(seen) = seen {
                located.see(seen)?;
            }
            let request = Request::read(*located, sealing)?;
            let exchange = Rc::clone(&request.exchange);
            run(id, serve(request), exchange)
        }
        // The gateway locates a call first, and starts it once.
        _ => Err(ErrorCode::InternalError.into()),
    }
}

/// Continues a call that waits. A call without a record has nothing left to do.
pub(crate) fn resume(id: u64, given: Option<Protection>) -> Result<Step> {
    match take(id) {
        Some(Kept::Waiting(task, exchange)) => {
            exchange.give(given);
            run(id, task, exchange)
        }
        _ => Ok(Step::Responded),
    }
}

/// Forgets a call.
pub(crate) fn abandon(id: u64) {
    // Dropped outside the borrow, because dropping a task may release handles.
    drop(take(id));
}

/// Runs a task to its end, or until it waits.
fn run(id: u64, mut task: Task, exchange: Rc<Exchange>) -> Result<Step> {
    match executor::run(&mut task) {
        Poll::Ready(result) => result.map(|()| Step::Responded),
        Poll::Pending => {
            let step = exchange.waits_for();
            keep(id, Kept::Waiting(task, exchange));
            Ok(step)
        }
    }
}

fn keep(id: u64, record: Kept) {
    CALLS.with_borrow_mut(|calls| calls.insert(id, record));
}

fn take(id: u64) -> Option<Kept> {
    CALLS.with_borrow_mut(|calls| calls.remove(&id))
}
