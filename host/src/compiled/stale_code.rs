//! Compiled code in the cache folder that nothing uses any more: of components and engines of
//! before.
//!
//! Two programs may share a cache folder, and neither knows what the other one uses. Whatever uses
//! compiled code therefore sets the time of its file. What was not used for long is stale.

#[cfg(test)]
mod tests;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::CodeFor;

/// Code that nothing used for so long is stale.
const UNUSED_MAX: Duration = Duration::from_secs(30 * 24 * 3600);
/// Of each kind of code, so many files are kept, those that were used last: who changes a component
/// every few minutes must not fill the disk. A pipeline has one file, and one for each added stage;
/// commands have two more. A transform has one for each version that is called.
const KEPT_MAX: [usize; 2] = [32, 512];
/// The kinds of code.
const KINDS: [CodeFor; 2] = [CodeFor::Pipeline, CodeFor::Transforms];
/// What a compiler left that was stopped is stale after so long.
const PARTIAL_MAX: Duration = Duration::from_secs(3600);

/// Files that are stale.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct StaleCode {
    /// Their paths.
    pub(crate) files: Vec<PathBuf>,
    /// Bytes in them.
    pub(crate) bytes: u64,
}

/// What is stale in a cache folder, besides `used`. A folder that is not there has nothing. Files
/// with other names are none of ours.
pub(crate) fn find(cache: &Path, used: &[PathBuf]) -> StaleCode {
    let now = SystemTime::now();
    let mut code = KINDS.map(|_| Vec::new());
    let mut stale = StaleCode::default();
    for entry in fs::read_dir(cache).into_iter().flatten().flatten() {
        let path = entry.path();
        let name = entry.file_name();
        let Some(name) = name.to_str() else { continue };
        let begins =
            |kind: &CodeFor| name.strip_prefix(kind.name()).is_some_and(|rest| rest.starts_with('-'));
        let Some(code) = KINDS.iter().position(begins).and_then(|at| code.get_mut(at)) else { continue };
        let Ok(found) = entry.metadata() else { continue };
        let Some(time) = found.modified().ok().filter(|_| found.is_file()) else { continue };
        // A time of the future is that of another clock. It counts as now.
        let unused = now.duration_since(time).unwrap_or_default();
        if name.ends_with(".cwasm") {
            code.push((used.contains(&path), unused, path, found.len()));
        } else if name.ends_with(".partial") && unused > PARTIAL_MAX {
            stale.add(path, found.len());
        }
    }
    // The first are those in use, then those that were used last.
    for (mut code, kept_max) in code.into_iter().zip(KEPT_MAX) {
        code.sort_by_key(|(is_used, unused, ..)| (!is_used, *unused));
        for (place, (is_used, unused, path, bytes)) in code.into_iter().enumerate() {
            if !is_used && (unused > UNUSED_MAX || place >= kept_max) {
                stale.add(path, bytes);
            }
        }
    }
    stale
}

/// Removes what is stale. The code that was used a moment ago is not.
pub(crate) fn remove(cache: &Path) -> StaleCode {
    let mut removed = StaleCode::default();
    for path in find(cache, &[]).files {
        let bytes = fs::metadata(&path).map_or(0, |found| found.len());
        match fs::remove_file(&path) {
            Ok(()) => removed.add(path, bytes),
            Err(error) => tracing::debug!(path = %path.display(), %error, "stale compiled code stays"),
        }
    }
    if !removed.files.is_empty() {
        let (files, bytes) = (removed.files.len(), removed.bytes);
        tracing::info!(files, bytes, "stale compiled code was removed");
    }
    removed
}

/// Notes that code is used. A file system that does not keep times is no reason not to use it.
pub(crate) fn note_use(path: &Path) {
    let noted = fs::File::open(path).and_then(|file| file.set_modified(SystemTime::now()));
    if let Err(error) = noted {
        tracing::debug!(path = %path.display(), %error, "the use of compiled code is not noted");
    }
}

impl StaleCode {
    fn add(&mut self, path: PathBuf, bytes: u64) {
        self.files.push(path);
        self.bytes += bytes;
    }
}
