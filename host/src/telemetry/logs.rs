//! Log lines on standard error, for people or for programs.

use std::io::{self, Write};

use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

use super::plain::plain_json;
use super::tap::LogTap;

/// Libraries that write what clients send into their lines, signatures among it. They are quiet
/// unless a directive names them.
const TALKATIVE: [&str; 2] = ["h2", "hyper"];

/// What is logged, and how.
#[derive(Debug, Clone)]
pub struct Log {
    /// Lines for people or for programs.
    pub format: LogFormat,
    /// `error`, `warn`, `info`, `debug`, `trace`, or directives such as `info,volume=debug`.
    pub level: String,
}

/// The form of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// One readable line.
    Text,
    /// One JSON document a line.
    Json,
}

/// Whether a text is a level, or a list of directives.
pub fn is_level(text: &str) -> bool {
    EnvFilter::try_new(text).is_ok()
}

/// Starts logging, once in a process. What is returned can pass lines on to a collector.
///
/// # Errors
/// The level is no list of directives, or logging was started before.
pub fn start(log: &Log) -> anyhow::Result<LogTap> {
    let mut directives = log.level.clone();
    for name in TALKATIVE.iter().filter(|name| !log.level.contains(*name)) {
        directives += &format!(",{name}=warn");
    }
    let filter = EnvFilter::try_new(directives)?;
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let lines = match log.format {
        LogFormat::Json => lines
            .with_writer(|| PlainLines(io::stderr()))
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .boxed(),
        LogFormat::Text => lines.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).boxed(),
    };
    let tap = LogTap::default();
    let started = tracing_subscriber::registry().with(filter).with(lines).with(tap.clone()).try_init();
    started.map_err(|error| anyhow::anyhow!("logging cannot start: {error}"))?;
    Ok(tap)
}

/// Writes JSON lines whose strings hold no character that changes how a line looks. A line comes
/// whole, in one piece.
struct PlainLines<W>(W);

impl<W: Write> Write for PlainLines<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match std::str::from_utf8(bytes) {
            Ok(text) => self.0.write_all(plain_json(text).as_bytes())?,
            Err(_) => self.0.write_all(bytes)?,
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests;
