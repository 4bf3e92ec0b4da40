//! The calls in this stage: each has one record, from [`prepare`] or [`write`] until it has its
//! response, is refused or is abandoned.

use std::cell::Cell;
use std::rc::Rc;
use std::task::Poll;

use gateway::errors::{ErrorCode, Result};
use sdk::bindings::transform::exports::portcullis::gateway::transform::Writing;
use sdk::calls::Calls;
use sdk::executor::Task;
use sdk::{Call, Progress, ReceivedObject, SeenRequest, SentHead, Target};

use crate::listing::Listing;
use crate::prepare::{self, Prepared};
use crate::webhook::{self, ForWebhook};
use crate::write::NewObject;
use crate::{answer, listing, run};

/// What is held of a call while `storage` has it.
enum Held {
    /// A component transforms the response.
    Prepared(Call, Prepared),
    /// The same of a listing.
    Listing(Call, Box<Listing>),
    /// A webhook does.
    ForWebhook(Call, ForWebhook),
}

thread_local! {
    static CALLS: Calls<Held> = const { Calls::new() };
    /// Calls whose new object is made.
    static WRITES: Calls<(), Written> = const { Calls::new() };
}

/// What the task of a write leaves. Nothing where it has responded itself.
type Written = Rc<Cell<Option<sdk::NewObjectHead>>>;

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
        hold(id, Held::ForWebhook(call, prepared));
        return Ok(Some(seen));
    }
    if let Some((listing, seen)) = listing::prepare(&call, &head, &target, rules)? {
        hold(id, Held::Listing(call, Box::new(listing)));
        return Ok(Some(seen));
    }
    let Some((prepared, seen)) = prepare::prepare(&call, head, target, rules)? else { return Ok(None) };
    hold(id, Held::Prepared(call, prepared));
    Ok(Some(seen))
}

/// Takes the answer of a webhook in, which is a call of its own.
pub(crate) fn answer(call: Call) -> Result<Progress> {
    let id = call.id();
    CALLS.with(|calls| calls.run(id, Box::pin(async move { answer::run(&call).await })))
}

/// Transforms the response that is set.
pub(crate) fn start(id: u64) -> Result<Progress> {
    CALLS.with(|calls| match *calls.held(id)? {
        Held::Prepared(call, prepared) => {
            calls.run(id, Box::pin(async move { run::run(&call, prepared).await }))
        }
        Held::Listing(call, listing) => calls.run(id, Box::pin(async move { listing.run(&call).await })),
        Held::ForWebhook(call, prepared) => {
            calls.run(id, Box::pin(async move { webhook::run(&call, prepared).await }))
        }
    })
}

/// Continues a call that waits. A call without a task has nothing left to do.
pub(crate) fn resume(id: u64) -> Result<Progress> {
    CALLS.with(|calls| calls.resume(id))
}

/// Makes what is stored of what was received.
pub(crate) fn write(call: Call, head: SentHead, target: Target, received: ReceivedObject) -> Result<Writing> {
    let id = head.id;
    let new_object = NewObject::read(&call, head, target, received)?;
    let written = Written::default();
    let leaves = Rc::clone(&written);
    let task = async move {
        leaves.set(new_object.make(&call).await?);
        Ok(())
    };
    run_write(id, Box::pin(task), written)
}

/// Continues a write that waits.
pub(crate) fn resume_write(id: u64) -> Result<Writing> {
    match WRITES.with(|calls| calls.waiting(id)) {
        Some((task, written)) => run_write(id, task, written),
        None => Err(ErrorCode::InternalError.into()),
    }
}

fn run_write(id: u64, task: Task, written: Written) -> Result<Writing> {
    match WRITES.with(|calls| calls.run_beside(id, task, Rc::clone(&written))) {
        Poll::Ready(result) => result.map(|()| match written.take() {
            Some(head) => Writing::Made(head),
            None => Writing::Responded,
        }),
        Poll::Pending => Ok(Writing::Pending),
    }
}

/// Forgets a call.
pub(crate) fn abandon(id: u64) {
    CALLS.with(|calls| calls.abandon(id));
    WRITES.with(|calls| calls.abandon(id));
}

fn hold(id: u64, held: Held) {
    CALLS.with(|calls| calls.hold(id, held));
}
