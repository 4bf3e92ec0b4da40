//! What added stages tell the operator: a bounded number of bounded lines a run, in the server's
//! log.

use crate::pipeline::bindings::log::Level;

/// Lines of one run; more are counted and left out.
const LINES_MAX: usize = 64;
/// Bytes of one line. A longer one is cut: this is room for the traceback of an exception.
const LINE_BYTES_MAX: usize = 4 << 10;
/// Bytes of all lines of one run.
const BYTES_MAX: usize = 16 << 10;

/// A line as the stage wrote it. It may hold what a client sent, so whoever prints it escapes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// How much it matters.
    pub level: Level,
    /// What it says.
    pub text: String,
}

/// The lines of one run.
#[derive(Debug, Default)]
pub struct StageLog {
    /// Those that are kept, in order.
    pub lines: Vec<LogLine>,
    /// How many more the stage wrote.
    pub left_out: u64,
    bytes: usize,
}

impl StageLog {
    /// Takes a line in.
    pub(super) fn write(&mut self, level: Level, mut text: String) {
        if text.len() > LINE_BYTES_MAX {
            text.truncate(text.floor_char_boundary(LINE_BYTES_MAX));
            text.push('…');
        }
        if self.lines.len() == LINES_MAX || self.bytes + text.len() > BYTES_MAX {
            self.left_out += 1;
            return;
        }
        self.bytes += text.len();
        self.lines.push(LogLine { level, text });
    }

    /// Writes the lines to the server's log. Its formats escape the text.
    pub(super) fn emit(&self, request_id: &str, stage: &str) {
        for LogLine { level, text } in &self.lines {
            match level {
                Level::Error => tracing::error!(target: "stage", request_id, stage, text),
                Level::Warn => tracing::warn!(target: "stage", request_id, stage, text),
                Level::Info => tracing::info!(target: "stage", request_id, stage, text),
                Level::Debug => tracing::debug!(target: "stage", request_id, stage, text),
            }
        }
        if self.left_out > 0 {
            tracing::warn!(target: "stage", request_id, stage, lines = self.left_out, "lines of a stage are left out");
        }
    }

    /// The last line of the kind that says why something failed.
    pub fn last_error(&self) -> Option<&str> {
        let found = self.lines.iter().rev().find(|line| line.level == Level::Error);
        found.map(|line| line.text.as_str())
    }
}

#[cfg(test)]
mod tests;
