//! The sources of a transform: whether its component is older than they are, and when they change.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::settings::SETTINGS;

/// How the names of sources end, in the languages of the templates and in others that make
/// components.
const ENDINGS: [&str; 14] =
    ["rs", "c", "h", "cc", "cpp", "hpp", "go", "py", "js", "mjs", "ts", "zig", "wit", "s"];
/// Files that say what is built of them.
const NAMES: [&str; 5] = ["Cargo.toml", "go.mod", "package.json", "requirements.txt", SETTINGS];
/// Folders in which tools put what they make or fetch. Those whose names begin with a point are
/// left out, too.
const MADE: [&str; 4] = ["target", "build", "node_modules", "__pycache__"];
/// Files and folders that are looked at.
const LOOKED_AT_MAX: usize = 20_000;

/// Sources as they are at one moment: when each was written, and its bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct SourceFiles(BTreeMap<PathBuf, (SystemTime, u64)>);

impl SourceFiles {
    /// Those of a folder. What cannot be read is left out.
    pub(super) fn of(folder: &Path) -> SourceFiles {
        let (mut files, mut folders, mut left) = (BTreeMap::new(), vec![folder.to_owned()], LOOKED_AT_MAX);
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
                if left == 0 {
                    return SourceFiles(files);
                }
                left -= 1;
                let (path, name) = (entry.path(), entry.file_name());
                let name = name.to_string_lossy();
                let Ok(found) = entry.metadata() else { continue };
                if found.is_dir() && !name.starts_with('.') && !MADE.contains(&&*name) {
                    folders.push(path);
                } else if found.is_file() && is_source(&path, &name) {
                    files.insert(path, (found.modified().unwrap_or(SystemTime::UNIX_EPOCH), found.len()));
                }
            }
        }
        SourceFiles(files)
    }

    /// One that was written after a file. Settings are none: they are read when it is deployed.
    pub(super) fn newer_than(&self, file: &Path) -> Option<&Path> {
        let built = std::fs::metadata(file).and_then(|found| found.modified()).ok()?;
        let newer = self.0.iter().find(|(path, (written, _))| !is_settings(path) && *written > built);
        newer.map(|(path, _)| path.as_path())
    }

    /// Whether nothing but settings differs from others.
    pub(super) fn differs_in_settings_alone(&self, others: &SourceFiles) -> bool {
        let code = |files: &SourceFiles| -> Vec<_> {
            files.0.iter().filter(|(path, _)| !is_settings(path)).map(|(p, at)| (p.clone(), *at)).collect()
        };
        code(self) == code(others)
    }

    /// Whether settings differ from those of others.
    pub(super) fn has_other_settings(&self, others: &SourceFiles) -> bool {
        let settings =
            |files: &SourceFiles| files.0.iter().find(|(path, _)| is_settings(path)).map(|(_, at)| *at);
        settings(self) != settings(others)
    }
}

fn is_settings(path: &Path) -> bool {
    path.file_name() == Some(OsStr::new(SETTINGS))
}

fn is_source(path: &Path, name: &str) -> bool {
    let ending = path.extension().and_then(OsStr::to_str).unwrap_or_default();
    ENDINGS.contains(&ending) || NAMES.contains(&name)
}

#[cfg(test)]
mod tests;
