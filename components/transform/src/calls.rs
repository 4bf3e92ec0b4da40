//! The calls in this stage: each has one record, from [`prepare`] until it has its response, is
//! refused or is abandoned.

use gateway::errors::Result;
use sdk::calls::Calls;
use sdk::{Call, Progress, SeenRequest, SentHead, Target};

use crate::listing::Listing;
use crate::prepare::{self, Prepared};
use crate::webhook::{self, ForWebhook};
use crate::{answer, listing, run};

/// What is held of a call while `storage` has it.
enum Held {
    /// A component transforms the response.
    Prepared(Call, Prepared),
    /// The same of a listing.
    Listing(Call, Listing),
    /// A webhook does.
    ForWebhook(Call, ForWebhook),
}

thread_local! {
    static CALLS: Calls<Held> = const { Calls::new() };
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
        hold(id, Held::ForWebhook(call, prepared));
        return Ok(Some(seen));
    }
    if let Some((listing, seen)) = listing::prepare(&call, &head, &target, rules)? {
        hold(id, Held::Listing(call, listing));
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

/// Forgets a call.
pub(crate) fn abandon(id: u64) {
    CALLS.with(|calls| calls.abandon(id));
}

fn hold(id: u64, held: Held) {
    CALLS.with(|calls| calls.hold(id, held));
}
