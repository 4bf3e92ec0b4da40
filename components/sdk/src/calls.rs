//! The calls in a stage that takes them in several steps: each has one record, from its first step
//! until it has its response, is refused or is abandoned.
//!
//! One instance serves many calls at once. All that a step leaves for the next one is in the record
//! of its call, so nothing of one call gets into another.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::task::Poll;
use std::thread::LocalKey;

use gateway::errors::{ErrorCode, Result};

use crate::executor::{self, Task};
use crate::{Call, NeededAccess, Progress};

#[cfg(test)]
mod tests;

/// The records of a stage, which has one of these in a `thread_local`. `H` is what it holds of a
/// call between two exports, `W` what it holds beside a task that waits.
#[derive(Debug)]
pub struct Calls<H, W = ()>(RefCell<BTreeMap<u64, Kept<H, W>>>);

/// What is kept of a call between two steps. `H` is boxed, because it is large and most records
/// are of calls that wait.
enum Kept<H, W> {
    /// It was taken in, and another stage has it now.
    Held(Box<H>),
    /// Its task waits for work, or for the gateway.
    Waiting(Task, W),
}

impl<H, W> std::fmt::Debug for Kept<H, W> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Kept::Held(_) => "Held",
            Kept::Waiting(..) => "Waiting",
        })
    }
}

impl<H, W> Calls<H, W> {
    /// None yet.
    pub const fn new() -> Calls<H, W> {
        Calls(RefCell::new(BTreeMap::new()))
    }

    /// Holds a call until its next export is called.
    pub fn hold(&self, id: u64, held: H) {
        self.keep(id, Kept::Held(Box::new(held)));
    }

    /// What is held of a call. `InternalError` where nothing is: the gateway takes a call in first,
    /// and starts it once.
    pub fn held(&self, id: u64) -> Result<Box<H>> {
        match self.take(id) {
            Some(Kept::Held(held)) => Ok(held),
            _ => Err(ErrorCode::InternalError.into()),
        }
    }

    /// The task of a call that waits, and what is held beside it. `None` for a call that has
    /// nothing left to do.
    pub fn waiting(&self, id: u64) -> Option<(Task, W)> {
        match self.take(id)? {
            Kept::Waiting(task, beside) => Some((task, beside)),
            Kept::Held(_) => None,
        }
    }

    /// Runs a task to its end, or until it waits.
    pub fn run_beside(&self, id: u64, mut task: Task, beside: W) -> Poll<Result<()>> {
        let run = executor::run(&mut task);
        if run.is_pending() {
            self.keep(id, Kept::Waiting(task, beside));
        }
        run
    }

    /// Forgets a call.
    pub fn abandon(&self, id: u64) {
        // Dropped outside the borrow, because dropping a task may release handles.
        drop(self.take(id));
    }

    /// How many calls have a record.
    pub fn count(&self) -> usize {
        self.0.borrow().len()
    }

    fn keep(&self, id: u64, kept: Kept<H, W>) {
        self.0.borrow_mut().insert(id, kept);
    }

    fn take(&self, id: u64) -> Option<Kept<H, W>> {
        self.0.borrow_mut().remove(&id)
    }
}

impl<H, W> Default for Calls<H, W> {
    fn default() -> Self {
        Calls::new()
    }
}

impl<H> Calls<H> {
    /// Runs a task to its response, or until it waits.
    pub fn run(&self, id: u64, task: Task) -> Result<Progress> {
        match self.run_beside(id, task, ()) {
            Poll::Ready(result) => result.map(|()| Progress::Responded),
            Poll::Pending => Ok(Progress::Pending),
        }
    }

    /// Continues a call that waits. A call without a task has nothing left to do.
    pub fn resume(&self, id: u64) -> Result<Progress> {
        match self.waiting(id) {
            Some((task, ())) => self.run(id, task),
            None => Ok(Progress::Responded),
        }
    }
}

/// A call whose request was read, and is not decided on yet.
#[derive(Debug)]
pub struct Planned<R> {
    call: Call,
    request: R,
}

/// The calls of a stage that serves operations of its own: it plans one, `policy` decides, and it
/// starts it.
pub type PlannedCalls<R> = Calls<Planned<R>>;

/// Takes a call in. `read` reads its request, and says which access that needs, which becomes the
/// fact `needed-access`.
pub fn plan<R: 'static>(
    calls: &'static LocalKey<PlannedCalls<R>>,
    call: Call,
    read: impl AsyncFnOnce(&Call) -> Result<(R, NeededAccess)> + 'static,
) -> Result<Progress> {
    let id = call.id();
    let task = async move {
        let (request, needed) = read(&call).await?;
        call.set_needed_access(&needed);
        calls.with(|calls| calls.hold(id, Planned { call, request }));
        Ok(())
    };
    calls.with(|calls| calls.run(id, Box::pin(task)))
}

/// Starts a call that was planned and decided on. Nothing is done without a decision of `policy`:
/// `AccessDenied`.
pub fn start<R: 'static>(
    calls: &'static LocalKey<PlannedCalls<R>>,
    id: u64,
    serve: impl AsyncFnOnce(&Call, R) -> Result<()> + 'static,
) -> Result<Progress> {
    calls.with(|calls| {
        let Planned { call, request } = *calls.held(id)?;
        call.decision().ok_or(ErrorCode::AccessDenied)?;
        calls.run(id, Box::pin(async move { serve(&call, request).await }))
    })
}
