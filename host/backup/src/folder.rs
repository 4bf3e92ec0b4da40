//! A folder as a target. An object is written beside, synced, read back from the disk, and then
//! gets its name.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Read as _};
use std::os::unix::fs::{DirBuilderExt as _, FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{Advice, FlockOperation, OFlags, fadvise, flock};

use super::errors::BackupError;
use super::target::{Held, Target, too_long};

/// Where objects are written before they have their names.
const UNFINISHED: &str = "unfinished";
/// Whoever has the lock of this file writes. The system gives it back when the process ends.
const LOCK: &str = "lock";
/// Bytes that are written and synced at a time: a sync of much at once would hold up those of a
/// server on the same disk.
const STEP_BYTES: usize = 4 << 20;

/// A folder.
#[derive(Debug)]
pub struct FolderTarget {
    folder: PathBuf,
}

#[derive(Debug)]
struct Locked {
    _file: File,
}

impl Held for Locked {
    /// The system keeps the lock for as long as the file is open.
    fn check(&self) -> Result<(), BackupError> {
        Ok(())
    }
}

impl FolderTarget {
    /// A folder that exists or will be made by the first `lock`.
    pub fn new(folder: &Path) -> FolderTarget {
        FolderTarget { folder: folder.to_owned() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn failed(&self, name: &str, error: &io::Error) -> BackupError {
        BackupError::target(self.path(name).display().to_string(), error)
    }

    fn write(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let unfinished = self.path(UNFINISHED).join(name.replace('/', "-"));
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&unfinished)?;
        let mut at = 0;
        for step in bytes.chunks(STEP_BYTES) {
            file.write_all_at(step, at)?;
            file.sync_data()?;
            at += step.len() as u64;
        }
        file.sync_all()?;
        // What was written is read from the disk, not from memory, as far as the system does that.
        let _ = fadvise(&file, 0, None, Advice::DontNeed);
        if !is_same(&file, bytes)? {
            return Err(io::Error::new(
                ErrorKind::InvalidData,
                "what was written reads back as something else",
            ));
        }
        let path = self.path(name);
        let folder = path.parent().unwrap_or(&self.folder);
        if !folder.is_dir() {
            make_folder(folder)?;
            sync_folder(&self.folder)?;
        }
        std::fs::rename(&unfinished, &path)?;
        sync_folder(folder)
    }
}

impl Target for FolderTarget {
    fn place(&self) -> String {
        self.folder.display().to_string()
    }

    fn get(&self, name: &str, bytes_max: u64) -> Result<Option<Vec<u8>>, BackupError> {
        let read = || -> io::Result<Vec<u8>> {
            // A pipe would wait for somebody who writes.
            let flags = i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or_default();
            let file = OpenOptions::new().read(true).custom_flags(flags).open(self.path(name))?;
            let mut bytes = Vec::new();
            file.take(bytes_max.saturating_add(1)).read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        match read() {
            Ok(bytes) if bytes.len() as u64 > bytes_max => Err(too_long(name, bytes_max)),
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.failed(name, &error)),
        }
    }

    fn put(&self, name: &str, bytes: &[u8]) -> Result<(), BackupError> {
        self.write(name, bytes).map_err(|error| self.failed(name, &error))
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, BackupError> {
        let read = || -> io::Result<Vec<String>> {
            let mut names = Vec::new();
            for entry in std::fs::read_dir(self.path(folder))? {
                if let Ok(name) = entry?.file_name().into_string() {
                    names.push(name);
                }
            }
            names.sort_unstable();
            Ok(names)
        };
        match read() {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
            read => read.map_err(|error| self.failed(folder, &error)),
        }
    }

    fn sizes(&self, folder: &str) -> Result<Vec<(String, u64)>, BackupError> {
        let size = |name: String| match std::fs::metadata(self.path(folder).join(&name)) {
            Ok(found) => Ok(Some((name, if found.is_file() { found.len() } else { 0 }))),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.failed(&format!("{folder}/{name}"), &error)),
        };
        self.list(folder)?.into_iter().filter_map(|name| size(name).transpose()).collect()
    }

    fn folder(&self) -> Option<&Path> {
        Some(&self.folder)
    }

    fn delete(&self, name: &str) -> Result<(), BackupError> {
        match std::fs::remove_file(self.path(name)) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(self.failed(name, &error)),
            _ => Ok(()),
        }
    }

    fn is_empty(&self) -> Result<bool, BackupError> {
        let ours = [UNFINISHED, LOCK, "lost+found"];
        let names = self.list("")?;
        Ok(names.iter().all(|name| ours.contains(&name.as_str())))
    }

    fn lock(&self) -> Result<Box<dyn Held>, BackupError> {
        let claim = || {
            make_folder(&self.folder)?;
            let mut options = OpenOptions::new();
            let file = options.read(true).write(true).create(true).truncate(false).mode(0o600);
            let file = file.open(self.path(LOCK))?;
            match flock(&file, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => {}
                Err(rustix::io::Errno::WOULDBLOCK) => return Ok(None),
                Err(error) => return Err(error.into()),
            }
            // What a killed process had begun is of no use.
            let unfinished = self.path(UNFINISHED);
            make_folder(&unfinished)?;
            for entry in std::fs::read_dir(&unfinished)? {
                std::fs::remove_file(entry?.path())?;
            }
            Ok(Some(file))
        };
        match claim() {
            Ok(Some(file)) => Ok(Box::new(Locked { _file: file })),
            Ok(None) => Err(BackupError::Busy(format!(
                "another portcullis works on the backups in {}: wait for its end",
                self.place()
            ))),
            Err(error) => Err(self.failed("", &error)),
        }
    }
}

fn is_same(file: &File, bytes: &[u8]) -> io::Result<bool> {
    if file.metadata()?.len() != bytes.len() as u64 {
        return Ok(false);
    }
    let mut buffer = vec![0; STEP_BYTES.min(bytes.len())];
    let mut at = 0;
    for step in bytes.chunks(STEP_BYTES) {
        let Some(read) = buffer.get_mut(..step.len()) else { return Ok(false) };
        file.read_exact_at(read, at)?;
        if read != step {
            return Ok(false);
        }
        at += step.len() as u64;
    }
    Ok(true)
}

fn make_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
