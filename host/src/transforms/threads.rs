//! The threads that run transforms: one queue each, so that nothing is handed from thread to thread
//! on the way, and nobody is woken to look for work.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context as _, Result};
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Turns of calls between two looks at timers and sockets, and between two looks at calls that are
/// new. A turn of a call that computes takes a tick of the epoch.
const TURNS: u32 = 1;
const TURNS_BEFORE_NEW: u32 = 2;

/// Threads. They end when this is dropped: calls that run then end where they are.
pub(super) struct Threads(Vec<QueueThread>);

struct QueueThread {
    handle: Handle,
    /// Calls that it has.
    calls: Arc<AtomicUsize>,
    /// Dropped at the end.
    _stop: oneshot::Sender<()>,
}

impl Threads {
    /// Starts so many.
    ///
    /// # Errors
    /// What the system does not give.
    pub(super) fn start(count: usize) -> Result<Threads> {
        (0..count.max(1)).map(|_| QueueThread::start()).collect::<Result<_>>().map(Threads)
    }

    /// Runs a call on the thread that has fewest.
    pub(super) fn spawn<F>(&self, call: F) -> JoinHandle<F::Output>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        let least = self.0.iter().min_by_key(|thread| thread.calls.load(Ordering::Relaxed));
        // There is one at least.
        let Some(thread) = least else { return Handle::current().spawn(call) };
        let counted = CallOfThread::new(&thread.calls);
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
        Ok(QueueThread { handle, calls: Arc::default(), _stop: stop })
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
