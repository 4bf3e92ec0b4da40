//! The calls in this stage: each has one record, from [`locate`] until it has its response, is
//! refused or is abandoned.

use std::rc::Rc;
use std::task::Poll;

use gateway::errors::Result;
use sdk::bindings::storage::exports::portcullis::gateway::storage::{
    Given, Located as WhatBucketSays, Sealing, Step,
};
use sdk::calls::Calls;
use sdk::executor::Task;
use sdk::{Call, SeenRequest, SentHead, Target};

use crate::exchange::Exchange;
use crate::request::{Located, Request};

#[cfg(test)]
mod tests;

thread_local! {
    /// Calls whose bucket was found and on which nothing is decided yet, and those that wait for
    /// work or for the gateway.
    static CALLS: Calls<Located, Rc<Exchange>> = const { Calls::new() };
}

/// Takes a call in, and returns what its bucket says to other stages. A call that [`Located::find`]
/// refuses leaves no record.
pub(crate) fn locate(call: Call, head: SentHead, target: Target) -> Result<WhatBucketSays> {
    let id = head.id;
    let located = Located::find(call, head, target)?;
    let says = located.says();
    CALLS.with(|calls| calls.hold(id, located));
    Ok(says)
}

/// Starts the operation of a call, as the task that `serve` makes of its request.
pub(crate) fn start(
    id: u64,
    sealing: Sealing,
    seen: Option<SeenRequest>,
    serve: impl FnOnce(Request) -> Task,
) -> Result<Step> {
    let mut located = CALLS.with(|calls| calls.held(id))?;
    if let Some(seen) = seen {
        located.see(seen)?;
    }
    let request = Request::read(*located, sealing)?;
    let exchange = Rc::clone(&request.exchange);
    run(id, serve(request), exchange)
}

/// Continues a call that waits. A call without a record has nothing left to do.
pub(crate) fn resume(id: u64, given: Option<Given>) -> Result<Step> {
    match CALLS.with(|calls| calls.waiting(id)) {
        Some((task, exchange)) => {
            exchange.give(given);
            run(id, task, exchange)
        }
        None => Ok(Step::Responded),
    }
}

/// Forgets a call.
pub(crate) fn abandon(id: u64) {
    CALLS.with(|calls| calls.abandon(id));
}

/// Runs a task to its end, or until it waits.
fn run(id: u64, task: Task, exchange: Rc<Exchange>) -> Result<Step> {
    match CALLS.with(|calls| calls.run_beside(id, task, Rc::clone(&exchange))) {
        Poll::Ready(result) => result.map(|()| Step::Responded),
        Poll::Pending => Ok(exchange.waits_for()),
    }
}
