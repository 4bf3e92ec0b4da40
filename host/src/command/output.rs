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

/// An error with its causes, each once: many a library repeats its cause in its own words.
pub(super) fn whole(error: &anyhow::Error) -> String {
    let mut text = error.to_string();
    for cause in error.chain().skip(1) {
        let cause = cause.to_string();
        if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}

/// Says on standard error what is wrong.
pub(super) fn complain(why: &str) {
    let _ = writeln!(std::io::stderr(), "portcullis: {why}");
}

#[cfg(test)]
mod tests;
