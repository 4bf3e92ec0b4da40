//! The calls in this stage: each has one record, from [`plan`] until it has its response, is
//! refused or is abandoned.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::task::Poll;

use gateway::errors::{ErrorCode, Result};
use sdk::executor::{self, Task};
use sdk::{Call, Progress, trace};

use crate::operations;
use crate::request::Request;

/// What is kept of a call between two steps.
enum Kept {
    /// Its task waits for work.
    Waiting(Task),
    /// It was read, and is not decided on yet.
    Planned(Rc<Call>, Box<Request>),
}

thread_local! {
    static CALLS: RefCell<BTreeMap<u64, Kept>> = const { RefCell::new(BTreeMap::new()) };
}

/// Takes a call in, and sets the fact `needed-access` when its request was read.
pub(crate) fn plan(call: Call) -> Result<Progress> {
    let id = call.id();
    let task = async move {
        let request = Request::read(&call)?;
        trace::named(&call, request.operation.name());
        call.set_needed_access(&request.needed_access()?);
        keep(id, Kept::Planned(Rc::new(call), Box::new(request)));
        Ok(())
    };
    run(id, Box::pin(task))
}

/// Starts the operation of a call that was planned and decided on.
pub(crate) fn start(id: u64) -> Result<Progress> {
    let Some(Kept::Planned(call, request)) = take(id) else { return Err(ErrorCode::InternalError.into()) };
    // Nothing is done without a decision of `policy`.
    call.decision().ok_or(ErrorCode::AccessDenied)?;
    run(id, Box::pin(async move { operations::serve(&call, *request).await }))
}

/// Continues a call that waits. A call without a task has nothing left to do.
pub(crate) fn resume(id: u64) -> Result<Progress> {
    match take(id) {
        Some(Kept::Waiting(task)) => run(id, task),
        _ => Ok(Progress::Responded),
    }
}

/// Forgets a call.
pub(crate) fn abandon(id: u64) {
    // Dropped outside the borrow, because dropping a task may release handles.
    drop(take(id));
}

/// Runs a task to its end, or until it waits.
fn run(id: u64, mut task: Task) -> Result<Progress> {
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
