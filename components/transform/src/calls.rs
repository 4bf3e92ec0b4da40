//! The calls in this stage: each has one record, from [`prepare`] until it has its response, is
//! refused or is abandoned.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::task::Poll;

use gateway::errors::{ErrorCode, Result};
use sdk::executor::{self, Task};
use sdk::{Call, Progress, SeenRequest, SentHead, Target};

use crate::listing::Listing;
use crate::prepare::{self, Prepared};
use crate::webhook::{self, ForWebhook};
use crate::{answer, listing, run};

/// What is kept of a call between two steps.
enum Kept {
    /// `storage` has it.
    Prepared(Call, Box<Prepared>),
    /// The same of a listing.
    Listing(Call, Box<Listing>),
    /// The same, and a webhook transforms the response.
    ForWebhook(Call, Box<ForWebhook>),
    /// Its task waits for work.
    Waiting(Task),
}

thread_local! {
    static CALLS: RefCell<BTreeMap<u64, Kept>> = const { RefCell::new(BTreeMap::new()) };
}

/// Takes a call in, where something is to be transformed. Returns what `storage` is to see of it.
pub(crate) fn prepare(
    call: Call,
    head: SentHead,
    target: Target,
    rules: bool,
) -> Result<Option<SeenRequest>> {
    let id = head.id;
    if let Some(named) = webhook::named(&call, &head)? {
        let (prepared, seen) = webhook::prepare(&call, named, head, target, rules)?;
        keep(id, Kept::ForWebhook(call, Box::new(prepared)));
        return Ok(Some(seen));
    }
    if let Some((listing, seen)) = listing::prepare(&call, &head, &target, rules)? {
        keep(id, Kept::Listing(call, Box::new(listing)));
        return Ok(Some(seen));
    }
    let Some((prepared, seen)) = prepare::prepare(&call, head, target, rules)? else { return Ok(None) };
    keep(id, Kept::Prepared(call, Box::new(prepared)));
    Ok(Some(seen))
}

/// Takes the answer of a webhook in, which is a call of its own.
pub(crate) fn answer(call: Call) -> Result<Progress> {
    let id = call.id();
    step(id, Box::pin(async move { answer::run(&call).await }))
}

/// Transforms the response that is set.
pub(crate) fn start(id: u64) -> Result<Progress> {
    match take(id) {
        Some(Kept::Prepared(call, prepared)) => {
            step(id, Box::pin(async move { run::run(&call, *prepared).await }))
        }
        Some(Kept::Listing(call, listing)) => step(id, Box::pin(async move { listing.run(&call).await })),
        Some(Kept::ForWebhook(call, prepared)) => {
            step(id, Box::pin(async move { webhook::run(&call, *prepared).await }))
        }
        _ => Err(ErrorCode::InternalError.into()),
    }
}

/// Continues a call that waits. A call without a task has nothing left to do.
pub(crate) fn resume(id: u64) -> Result<Progress> {
    match take(id) {
        Some(Kept::Waiting(task)) => step(id, task),
        _ => Ok(Progress::Responded),
    }
}

/// Forgets a call.
pub(crate) fn abandon(id: u64) {
    // Dropped outside the borrow, because dropping a task releases handles.
    drop(take(id));
}

/// Runs a task to its end, or until it waits.
fn step(id: u64, mut task: Task) -> Result<Progress> {
    match executor::run(&mut task) {
        Poll::Ready(result) => result.map(|()| Progress::Responded),
        Poll::Pending => {
            keep(id, Kept::Waiting(task));
            Ok(Progress::Pending)
        }
    }
}

fn keep(id: u64, record: Kept) {
    CALLS.with_borrow_mut(|calls| calls.insert(id, record));
}

fn take(id: u64) -> Option<Kept> {
    CALLS.with_borrow_mut(|calls| calls.remove(&id))
}
