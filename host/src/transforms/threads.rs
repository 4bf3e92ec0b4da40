//! The threads that run transforms: one queue each, so that nothing is handed from thread to thread
//! on the way, and nobody is woken to look for work.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context as _, Result};
use tokio::runtime::{Builder, Handle};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::task::JoinHandle;

/// Turns of calls between two looks at timers and sockets, and between two looks at calls that are
/// new. A turn of a call that computes takes a tick of the epoch.
const TURNS: u32 = 1;
const TURNS_BEFORE_NEW: u32 = 2;

/// Threads. They end when this is dropped: calls that run then end where they are.
pub(super) struct Threads {
    first: QueueThread,
    more: Vec<QueueThread>,
}

struct QueueThread {
    handle: Handle,
    /// Calls that it has.
    calls: Arc<AtomicUsize>,
    turns: Turns,
    /// Dropped at the end.
    _stop: oneshot::Sender<()>,
}

impl Threads {
    /// Starts so many.
    ///
    /// # Errors
    /// What the system does not give.
    pub(super) fn start(count: usize) -> Result<Threads> {
        let more = (1..count).map(|_| QueueThread::start()).collect::<Result<_>>()?;
        Ok(Threads { first: QueueThread::start()?, more })
    }

    /// Runs a call on the thread that has fewest. The call is given the turns of that thread.
    pub(super) fn spawn<F>(&self, call: impl FnOnce(Turns) -> F) -> JoinHandle<F::Output>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        let calls = |thread: &QueueThread| thread.calls.load(Ordering::Relaxed);
        let fewer = |least, other| if calls(other) < calls(least) { other } else { least };
        let thread = self.more.iter().fold(&self.first, fewer);
        let counted = CallOfThread::new(&thread.calls);
        let call = call(thread.turns.clone());
        thread.handle.spawn(async move {
            let _counted = counted;
            call.await
        })
    }
}

impl QueueThread {
    fn start() -> Result<QueueThread> {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .event_interval(TURNS)
            .global_queue_interval(TURNS_BEFORE_NEW)
            .build()
            .context("starting a thread of transforms")?;
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel::<()>();
        std::thread::Builder::new()
            .name("transforms".to_owned())
            .spawn(move || {
                let _ = runtime.block_on(stopped);
                runtime.shutdown_background();
            })
            .context("starting a thread of transforms")?;
        Ok(QueueThread { handle, calls: Arc::default(), turns: Turns::new(), _stop: stop })
    }
}

/// Turns of the calls of one thread that have computed for long. They take turns with each other,
/// so that one of them at most stands in the queue of the thread: others wait for one tick, however
/// many there are.
#[derive(Clone)]
pub(super) struct Turns(Arc<Semaphore>);

impl Turns {
    fn new() -> Turns {
        Turns(Arc::new(Semaphore::new(1)))
    }

    /// Lets the calls of the queue run, and waits for its turn.
    pub(super) async fn next(self) -> Option<OwnedSemaphorePermit> {
        tokio::task::yield_now().await;
        self.0.acquire_owned().await.ok()
    }
}

/// A call that its thread has.
struct CallOfThread(Arc<AtomicUsize>);

impl CallOfThread {
    fn new(calls: &Arc<AtomicUsize>) -> CallOfThread {
        calls.fetch_add(1, Ordering::Relaxed);
        CallOfThread(Arc::clone(calls))
    }
}

impl Drop for CallOfThread {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
