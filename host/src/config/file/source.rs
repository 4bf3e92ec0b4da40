//! The text of a configuration file, and the places in it.

use std::ops::Range;
use std::path::Path;

use crate::config::error::ConfigError;

/// A text, and the file that it is from.
pub(super) struct FileText<'a> {
    path: &'a Path,
    pub(super) text: &'a str,
    /// Where each line begins.
    lines: Vec<usize>,
}

impl<'a> FileText<'a> {
    pub(super) fn new(path: &'a Path, text: &'a str) -> FileText<'a> {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let lines = std::iter::once(0).chain(ends.map(|(end, _)| end + 1)).collect();
        FileText { path, text, lines }
    }

    /// `portcullis.toml:3:1`: file, line and column, as editors and compilers write it.
    pub(super) fn place(&self, at: usize) -> String {
        let line = self.lines.partition_point(|begin| *begin <= at);
        let begin = line.checked_sub(1).and_then(|line| self.lines.get(line)).copied().unwrap_or_default();
        let before = self.text.get(Range { start: begin, end: at }).unwrap_or_default();
        format!("{}:{line}:{}", self.path.display(), before.chars().count() + 1)
    }

    /// What is wrong there.
    pub(super) fn refused(&self, at: usize, why: &str) -> ConfigError {
        ConfigError(format!("{}: {why}", self.place(at)))
    }
}
