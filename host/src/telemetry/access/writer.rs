//! The thread that writes lines: to a file, or to standard error.
//!
//! Lines wait in memory, up to a bound. Beyond it they are dropped and counted, so that a disk that
//! hangs, or a pipe that nobody reads, holds no request up.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context as _;

use super::super::metrics::Metrics;

/// Bytes of lines that may wait.
const WAITING_BYTES_MAX: usize = 4 << 20;
/// Trouble that goes on is logged once in this time.
const COMPLAINT_INTERVAL: Duration = Duration::from_secs(60);
/// At the end, what waits may take so long to be written.
const CLOSE_MAX: Duration = Duration::from_secs(3);

/// Takes lines, and writes them in a thread of its own.
#[derive(Debug)]
pub(super) struct LineWriter {
    waiting: Arc<(Mutex<Waiting>, Condvar)>,
    /// Says when the thread has ended.
    ended: Mutex<Option<Receiver<()>>>,
    metrics: Arc<Metrics>,
}

/// What the thread has to do.
#[derive(Debug, Default)]
struct Waiting {
    bytes: Vec<u8>,
    lines: u64,
    is_to_reopen: bool,
    is_closed: bool,
}

impl LineWriter {
    pub(super) fn start(file: Option<PathBuf>, metrics: &Arc<Metrics>) -> anyhow::Result<LineWriter> {
        let outlet = Outlet::open(file)?;
        let waiting = Arc::<(Mutex<Waiting>, Condvar)>::default();
        let (shared, counters) = (Arc::clone(&waiting), Arc::clone(metrics));
        let (tell, ended) = sync_channel(1);
        std::thread::Builder::new()
            .name("access-log".to_owned())
            .spawn(move || {
                run(&shared, outlet, &counters);
                // When the time to close was over, nothing waits for this any more.
                let _ = tell.send(());
            })
            .context("starting the thread that writes the access log")?;
        Ok(LineWriter { waiting, ended: Mutex::new(Some(ended)), metrics: Arc::clone(metrics) })
    }

    /// Queues a line, or drops it.
    pub(super) fn add(&self, line: &str) {
        let mut waiting = lock(&self.waiting.0);
        if waiting.bytes.len() + line.len() >= WAITING_BYTES_MAX || waiting.is_closed {
            drop(waiting);
            return self.metrics.access_lines_dropped(1);
        }
        let was_empty = waiting.bytes.is_empty();
        waiting.bytes.extend_from_slice(line.as_bytes());
        waiting.bytes.push(b'\n');
        waiting.lines += 1;
        drop(waiting);
        if was_empty {
            self.waiting.1.notify_one();
        }
    }

    pub(super) fn reopen(&self) {
        lock(&self.waiting.0).is_to_reopen = true;
        self.waiting.1.notify_one();
    }

    /// Writes what waits, and ends the thread.
    pub(super) fn close(&self) {
        lock(&self.waiting.0).is_closed = true;
        self.waiting.1.notify_one();
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner).take();
        if ended.is_some_and(|ended| ended.recv_timeout(CLOSE_MAX) == Err(RecvTimeoutError::Timeout)) {
            tracing::warn!("the access log is written too slowly; its last lines are dropped");
        }
    }
}

fn lock(waiting: &Mutex<Waiting>) -> MutexGuard<'_, Waiting> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner)
}

fn run((waiting, changed): &(Mutex<Waiting>, Condvar), mut outlet: Outlet, metrics: &Metrics) {
    let mut complained: Option<Instant> = None;
    let mut complain = |error: io::Error, text: &'static str| {
        if complained.is_none_or(|last| last.elapsed() > COMPLAINT_INTERVAL) {
            complained = Some(Instant::now());
            tracing::error!(%error, "{text}");
        }
    };
    loop {
        let mut found = lock(waiting);
        while found.bytes.is_empty() && !found.is_to_reopen && !found.is_closed {
            found = changed.wait(found).unwrap_or_else(PoisonError::into_inner);
        }
        let Waiting { bytes, lines, is_to_reopen, is_closed } = std::mem::take(&mut *found);
        found.is_closed = is_closed;
        drop(found);
        // What came before the order to open anew belongs into the file of before.
        match outlet.write(&bytes) {
            Ok(()) => metrics.access_lines(lines),
            Err(error) => {
                metrics.access_lines_dropped(lines);
                complain(error, "the access log cannot be written; its lines are dropped");
            }
        }
        if is_to_reopen && let Err(error) = outlet.reopen() {
            complain(error, "the access log cannot be opened again; it goes on in its old file");
        }
        if is_closed {
            return;
        }
    }
}

/// Where lines go.
enum Outlet {
    StandardError,
    File(PathBuf, File),
}

impl Outlet {
    fn open(path: Option<PathBuf>) -> anyhow::Result<Outlet> {
        let Some(path) = path else { return Ok(Outlet::StandardError) };
        let file = append_to(&path).with_context(|| {
            format!("access_log_file = {:?}: cannot be opened", path.display().to_string())
        })?;
        Ok(Outlet::File(path, file))
    }

    /// Lines are written whole, several at once.
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Outlet::StandardError => io::stderr().lock().write_all(bytes),
            Outlet::File(_, file) => file.write_all(bytes),
        }
    }

    fn reopen(&mut self) -> io::Result<()> {
        if let Outlet::File(path, file) = self {
            *file = append_to(path)?;
            tracing::info!(path = %path.display(), "the access log was opened again");
        }
        Ok(())
    }
}

/// Others may not read who requested what.
fn append_to(path: &PathBuf) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).mode(0o640).open(path)
}
