//! What transforms tell the operator: bounded lines of each call, in a bounded ring of each
//! component.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use tokio::sync::Notify;

use crate::secret::Secret;

/// Bytes of one line. A longer one is cut: this is room for the traceback of an exception.
const LINE_BYTES_MAX: usize = 4 << 10;
/// Lines and bytes of one call; more are counted and left out.
const CALL_LINES_MAX: usize = 256;
const CALL_BYTES_MAX: usize = 64 << 10;
/// Lines of a call that are shown with its failure.
const LAST_ERRORS_MAX: usize = 6;
/// Lines and bytes that are kept of a component. Older ones make room.
const RING_LINES_MAX: usize = 2048;
const RING_BYTES_MAX: usize = 512 << 10;

/// What stands in the place of a secret, and bytes of one that is looked for.
const HIDDEN: &str = "***";
const HIDDEN_BYTES_MIN: usize = 4;

/// How much a line matters, or where it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// By `log`.
    Error,
    /// By `log`.
    Warn,
    /// By `log`.
    Info,
    /// By `log`.
    Debug,
    /// On standard output.
    Stdout,
    /// On standard error.
    Stderr,
    /// By the server: that a call failed, and how.
    Failed,
}

impl Level {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Level::Error => "error",
            Level::Warn => "warn",
            Level::Info => "info",
            Level::Debug => "debug",
            Level::Stdout => "stdout",
            Level::Stderr => "stderr",
            Level::Failed => "failed",
        }
    }
}

/// A line as the transform wrote it. It may hold what a client sent, so whoever prints it escapes
/// it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransformLine {
    /// Counts up from 1, over all lines of the component.
    pub number: u64,
    /// Milliseconds since 1970.
    pub time_ms: u64,
    /// The request that it was written for.
    pub request_id: Arc<str>,
    /// How much it matters.
    pub level: Level,
    /// What it says, without a line break at its end.
    pub text: String,
}

/// The latest lines of a component.
#[derive(Debug, Default)]
pub struct LogRing {
    lines: Mutex<RingLines>,
    added: Notify,
}

#[derive(Debug, Default)]
struct RingLines {
    lines: VecDeque<TransformLine>,
    bytes: usize,
    last: u64,
}

impl LogRing {
    /// The lines after a number, oldest first. What made room is missing: numbers have a gap.
    pub fn after(&self, number: u64) -> Vec<TransformLine> {
        self.locked().lines.iter().filter(|line| line.number > number).cloned().collect()
    }

    /// Waits until there are lines after a number.
    pub async fn wait_after(&self, number: u64) {
        loop {
            let added = self.added.notified();
            if self.locked().last > number {
                return;
            }
            added.await;
        }
    }

    fn locked(&self) -> MutexGuard<'_, RingLines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, request_id: &Arc<str>, level: Level, text: String) {
        let time_ms = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        let time_ms = u64::try_from(time_ms).unwrap_or(u64::MAX);
        let mut ring = self.locked();
        ring.last += 1;
        ring.bytes += text.len();
        let line =
            TransformLine { number: ring.last, time_ms, request_id: Arc::clone(request_id), level, text };
        ring.lines.push_back(line);
        while ring.lines.len() > RING_LINES_MAX || ring.bytes > RING_BYTES_MAX {
            let Some(oldest) = ring.lines.pop_front() else { break };
            ring.bytes -= oldest.text.len();
        }
        drop(ring);
        self.added.notify_waiters();
    }
}

/// What one call writes.
#[derive(Debug)]
pub(super) struct CallLog {
    /// Of the component.
    name: Arc<str>,
    /// Its secrets, which no line shows.
    hidden: Arc<[Secret]>,
    ring: Arc<LogRing>,
    request_id: Arc<str>,
    written: Mutex<Written>,
}

#[derive(Debug, Default)]
struct Written {
    lines: usize,
    bytes: usize,
    left_out: u64,
    /// The last lines of the kind that says why something failed.
    errors: VecDeque<String>,
    /// Lines that are not ended yet: standard output, standard error.
    open: [Vec<u8>; 2],
}

impl CallLog {
    pub(super) fn new(name: &str, hidden: Arc<[Secret]>, ring: Arc<LogRing>, request_id: &str) -> CallLog {
        let (name, request_id) = (Arc::from(name), Arc::from(request_id));
        CallLog { name, hidden, ring, request_id, written: Mutex::default() }
    }

    /// A text without the secrets of the component. Those of a few letters are in many words, and
    /// stay.
    pub(super) fn masked(&self, mut text: String) -> String {
        for secret in &*self.hidden {
            let secret = secret.reveal();
            if secret.len() >= HIDDEN_BYTES_MIN && text.contains(secret) {
                text = text.replace(secret, HIDDEN);
            }
        }
        text
    }

    /// Tells that the call failed.
    pub(super) fn failed(&self, kind: &str, words: &str) {
        self.ring.add(&self.request_id, Level::Failed, format!("{kind}: {words}"));
    }

    fn locked(&self) -> MutexGuard<'_, Written> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a line in.
    pub(super) fn write(&self, level: Level, text: &str) {
        self.take(&mut self.locked(), level, text);
    }

    fn take(&self, written: &mut Written, level: Level, text: &str) {
        // Before it is cut: a part of a secret is one, too.
        let mut text = self.masked(text.trim_end_matches(['\n', '\r']).to_owned());
        if text.len() > LINE_BYTES_MAX {
            text.truncate(text.floor_char_boundary(LINE_BYTES_MAX));
            text.push('…');
        }
        if written.lines == CALL_LINES_MAX || written.bytes + text.len() > CALL_BYTES_MAX {
            written.left_out += 1;
            return;
        }
        written.lines += 1;
        written.bytes += text.len();
        if matches!(level, Level::Error | Level::Stderr) {
            written.errors.push_back(text.clone());
            if written.errors.len() > LAST_ERRORS_MAX {
                written.errors.pop_front();
            }
        }
        self.tell(level, text);
    }

    /// Hands a line to the operator: to the log of the server, and to who follows the component.
    fn tell(&self, level: Level, text: String) {
        let (transform, request_id) = (&*self.name, &*self.request_id);
        match level {
            Level::Error | Level::Stderr | Level::Failed => {
                tracing::error!(target: "transform", transform, request_id, text)
            }
            Level::Warn => tracing::warn!(target: "transform", transform, request_id, text),
            Level::Info | Level::Stdout => tracing::info!(target: "transform", transform, request_id, text),
            Level::Debug => tracing::debug!(target: "transform", transform, request_id, text),
        }
        self.ring.add(&self.request_id, level, text);
    }

    /// Takes bytes of standard output or standard error in, and makes lines of them.
    pub(super) fn write_bytes(&self, level: Level, bytes: &[u8]) {
        let at = usize::from(level == Level::Stderr);
        let mut written = self.locked();
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            let Some(open) = written.open.get_mut(at) else { return };
            let room = (LINE_BYTES_MAX + 1).saturating_sub(open.len());
            open.extend_from_slice(piece.get(..room).unwrap_or(piece));
            if piece.ends_with(b"\n") {
                let line = std::mem::take(open);
                self.take(&mut written, level, &String::from_utf8_lossy(&line));
            }
        }
    }

    /// Ends the lines that are open, and says what was left out. Returns the last lines of the kind
    /// that says why something failed: a panic and an exception have several.
    pub(super) fn finish(&self) -> Option<String> {
        let mut written = self.locked();
        for (at, level) in [Level::Stdout, Level::Stderr].into_iter().enumerate() {
            let line = written.open.get_mut(at).map(std::mem::take).unwrap_or_default();
            if !line.is_empty() {
                self.take(&mut written, level, &String::from_utf8_lossy(&line));
            }
        }
        let left_out = std::mem::take(&mut written.left_out);
        if left_out > 0 {
            self.tell(Level::Warn, format!("{left_out} more lines are left out"));
        }
        let errors: Vec<String> = std::mem::take(&mut written.errors).into();
        (!errors.is_empty()).then(|| errors.join("\n"))
    }
}

#[cfg(test)]
mod tests;
