//! What commands print, and how they end.

use std::io::Write as _;
use std::process::ExitCode;

/// The form of what is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// For people.
    Text,
    /// One JSON document.
    Json,
}

/// Exit status: a check found damage, or a configuration is refused.
pub(super) const EXIT_FOUND: u8 = 1;
/// Exit status: the task could not be done at all.
pub(super) const EXIT_FAILED: u8 = 2;

/// Prints; a reader that closed the pipe has seen enough.
pub(super) fn say(text: &str) -> ExitCode {
    let _ = std::io::stdout().write_all(text.as_bytes());
    ExitCode::SUCCESS
}

/// Says on standard error what is wrong.
pub(super) fn complain(why: &str) {
    let _ = writeln!(std::io::stderr(), "portcullis: {why}");
}
