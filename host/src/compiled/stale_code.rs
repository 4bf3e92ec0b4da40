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
/// The folder in a cache folder with the code of what is tried, and not deployed yet.
pub(crate) const TRIED: &str = "tried";
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
    // What is tried is there for as long as its request, unless the process ended in between.
    for entry in fs::read_dir(cache.join(TRIED)).into_iter().flatten().flatten() {
        let time = entry.metadata().and_then(|found| found.modified());
        if time.is_ok_and(|time| now.duration_since(time).unwrap_or_default() > PARTIAL_MAX) {
            stale.add(entry.path(), bytes_in(&entry.path()));
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
        removed.remove(path);
    }
    removed.tell();
    removed
}

/// Removes code of a kind until it has no more than so many bytes: first what was not used for
/// longest, and never what is `used`. Returns the bytes that are left.
pub(crate) fn trim(cache: &Path, kind: CodeFor, bytes_max: u64, used: &[PathBuf]) -> u64 {
    let mut code = Vec::new();
    for entry in fs::read_dir(cache).into_iter().flatten().flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        let name = name.to_str().unwrap_or_default();
        let is_it = name.strip_prefix(kind.name()).is_some_and(|rest| rest.starts_with('-'));
        let Ok(found) = entry.metadata() else { continue };
        if is_it && name.ends_with(".cwasm") && found.is_file() {
            code.push((found.modified().unwrap_or(SystemTime::UNIX_EPOCH), path, found.len()));
        }
    }
    code.sort();
    let mut left: u64 = code.iter().map(|(.., bytes)| bytes).sum();
    let mut removed = StaleCode::default();
    for (_, path, bytes) in code {
        if left <= bytes_max {
            break;
        }
        if !used.contains(&path) && removed.remove(path) {
            left -= bytes;
        }
    }
    removed.tell();
    left
}

/// Bytes of the files in a folder.
fn bytes_in(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.metadata().ok()).map(|found| found.len()).sum()
}

/// Notes that code is used. A file system that does not keep times is no reason not to use it.
pub(crate) fn note_use(path: &Path) {
    let noted = fs::File::open(path).and_then(|file| file.set_modified(SystemTime::now()));
    if let Err(error) = noted {
        tracing::debug!(path = %path.display(), %error, "the use of compiled code is not noted");
    }
}

impl StaleCode {
    /// Removes a file, or a folder with code. Whether it is gone.
    fn remove(&mut self, path: PathBuf) -> bool {
        let found = fs::metadata(&path);
        let is_folder = found.as_ref().is_ok_and(fs::Metadata::is_dir);
        let bytes = if is_folder { bytes_in(&path) } else { found.map_or(0, |found| found.len()) };
        match if is_folder { fs::remove_dir_all(&path) } else { fs::remove_file(&path) } {
            Ok(()) => {
                self.add(path, bytes);
                true
            }
            Err(error) => {
                tracing::debug!(path = %path.display(), %error, "stale compiled code stays");
                false
            }
        }
    }

    fn tell(&self) {
        if !self.files.is_empty() {
            let (files, bytes) = (self.files.len(), self.bytes);
            tracing::info!(files, bytes, "stale compiled code was removed");
        }
    }

    fn add(&mut self, path: PathBuf, bytes: u64) {
        self.files.push(path);
        self.bytes += bytes;
    }
}
