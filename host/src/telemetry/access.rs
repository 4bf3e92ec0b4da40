//! The access log: one line for each request, written when its response has ended.
//!
//! A line is begun with the head of a request, told what the pipeline knows when the response is
//! there, and written when the last byte of it was handed on, or when the client went away. Probes
//! have none. Lines gather in memory, and a thread of their own writes them: nothing waits for a
//! log.

mod forms;
mod line;
mod moment;
mod s3;
#[cfg(test)]
mod tests;
mod writer;

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use super::logs::LogFormat;
use super::metrics::Metrics;
use super::otlp::Exporter;
use writer::LineWriter;

pub(crate) use line::{AccessLine, Arrived, Limited};
pub use line::{ErrorCode, Resolved, SignedBy};
pub(crate) use moment::Moment;

/// Whether requests are logged, and in which form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// They are not.
    Off,
    /// In the form of the log.
    On,
    /// One readable line each.
    Text,
    /// One JSON document a line.
    Json,
    /// The format of the server access logs of S3:
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html>
    S3,
}

/// What is logged of requests, and where.
#[derive(Debug, Clone)]
pub struct AccessOptions {
    /// Whether, and in which form.
    pub access: Access,
    /// The file; standard error without one.
    pub file: Option<PathBuf>,
    /// Each line says how long each stage ran.
    pub stages: bool,
}

impl AccessOptions {
    /// Whether stages of each request have to be timed.
    pub fn times_stages(&self) -> bool {
        self.stages && self.access != Access::Off
    }
}

/// The form of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LineForm {
    Text,
    Json,
    S3,
}

/// Takes the lines of requests.
#[derive(Debug)]
pub struct AccessLog {
    form: LineForm,
    writer: LineWriter,
    /// Where lines go as well.
    exporter: OnceLock<Arc<Exporter>>,
}

impl AccessLog {
    /// Opens the log; `None` where requests are not logged. `format` is that of the log.
    ///
    /// # Errors
    /// A file that cannot be opened, or a thread that cannot be started.
    pub fn start(
        options: &AccessOptions,
        format: LogFormat,
        metrics: &Arc<Metrics>,
    ) -> anyhow::Result<Option<Arc<AccessLog>>> {
        let form = match (options.access, format) {
            (Access::Off, _) => return Ok(None),
            (Access::Text, _) | (Access::On, LogFormat::Text) => LineForm::Text,
            (Access::Json, _) | (Access::On, LogFormat::Json) => LineForm::Json,
            (Access::S3, _) => LineForm::S3,
        };
        let writer = LineWriter::start(options.file.clone(), metrics)?;
        Ok(Some(Arc::new(AccessLog { form, writer, exporter: OnceLock::new() })))
    }

    /// Lines go to a collector as well, from now on.
    pub fn send_to(&self, exporter: &Arc<Exporter>) {
        let _ = self.exporter.set(Arc::clone(exporter));
    }

    /// Opens the file again: its old one was moved away.
    pub fn reopen(&self) {
        self.writer.reopen();
    }

    /// Writes what is left, and ends.
    pub fn close(&self) {
        self.writer.close();
    }

    /// Writes the line of a request that has ended, after so many bytes of its body.
    pub(crate) fn write(&self, mut line: Box<AccessLine>, bytes_in: u64) {
        line.end(bytes_in);
        let line = &*line;
        let text = match self.form {
            LineForm::Text => forms::text(line),
            LineForm::Json => forms::json(line),
            LineForm::S3 => s3::render(line),
        };
        self.writer.add(&text);
        if let Some(exporter) = self.exporter.get() {
            exporter.log(forms::record(line));
        }
    }
}
