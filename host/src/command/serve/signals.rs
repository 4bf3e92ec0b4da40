//! Signals to a server: to end, and to open the log of requests again.
//!
//! They are heard from the first line of a start on, by a thread of their own. A start compiles and
//! counts, which takes a while: who wants it to end then need not wait, and SIGHUP, whose default
//! is to end the process, does nothing yet.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use anyhow::{Context as _, Result};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::Semaphore;

use crate::telemetry::access::AccessLog;

/// See the module.
#[derive(Debug, Clone)]
pub(super) struct Signals(Arc<Heard>);

#[derive(Debug)]
struct Heard {
    is_serving: AtomicBool,
    /// One permit for each time that the server was told to stop.
    stops: Semaphore,
    access_log: OnceLock<Arc<AccessLog>>,
}

impl Signals {
    /// Hears them from now on.
    ///
    /// # Errors
    /// The system does not let this process hear signals, or have a thread.
    pub(super) fn listen() -> Result<Signals> {
        let signals = Signals(Arc::new(Heard {
            is_serving: AtomicBool::new(false),
            stops: Semaphore::new(0),
            access_log: OnceLock::new(),
        }));
        let heard = signals.clone();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let entered = runtime.enter();
        let streams = [SignalKind::terminate(), SignalKind::interrupt(), SignalKind::hangup()].map(signal);
        drop(entered);
        let [terminate, interrupt, hangup] = streams;
        let (terminate, interrupt) = (terminate?, interrupt?);
        let hangup = hangup?;
        std::thread::Builder::new()
            .name("signals".to_owned())
            .spawn(move || runtime.block_on(heard.hear(terminate, interrupt, hangup)))
            .context("starting the thread that hears signals")?;
        Ok(signals)
    }

    async fn hear(self, mut terminate: Signal, mut interrupt: Signal, mut hangup: Signal) {
        loop {
            tokio::select! {
                _ = terminate.recv() => self.stop(),
                _ = interrupt.recv() => self.stop(),
                _ = hangup.recv() => if let Some(log) = self.0.access_log.get() {
                    log.reopen();
                },
            }
        }
    }

    fn stop(&self) {
        if self.0.is_serving.load(Ordering::Acquire) {
            self.0.stops.add_permits(1);
        } else {
            // No request was answered yet. Whatever the start was writing, the next one finds as
            // after a crash: whole, or not there.
            tracing::info!("told to stop during the start: stopped");
            std::process::exit(0);
        }
    }

    /// Opens this log again after a SIGHUP, from now on.
    pub(super) fn reopen(&self, log: &Arc<AccessLog>) {
        let _ = self.0.access_log.set(Arc::clone(log));
    }

    /// The server answers requests from now on, so an end is an orderly one.
    pub(super) fn serving(&self) {
        self.0.is_serving.store(true, Ordering::Release);
    }

    /// Waits until the server is told to stop: once more for each time.
    pub(super) async fn told_to_stop(&self) {
        if let Ok(stop) = self.0.stops.acquire().await {
            stop.forget();
        }
    }
}
