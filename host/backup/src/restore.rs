//! Restores a backup into a new folder. The folder is made beside, and gets its name when it is
//! whole and was checked: a restore that is cut short leaves nothing that looks like a data folder.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Component, Path, PathBuf};

use rustix::fs::{FlockOperation, OFlags, flock};
use volume::{BlobRecord, Import, Moment, Options, PackedRows, Problem};

use super::catalog::{Catalog, Packs, covered};
use super::chunk::{self, Blobs, Chunk};
use super::errors::BackupError;
use super::manifest::Manifest;
use super::names;
use super::pack::BlobKey;
use super::repository::Repository;

/// What was restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Restored {
    /// Rows.
    pub rows: u64,
    /// Blobs.
    pub blobs: u64,
    /// Bytes of blobs.
    pub bytes: u64,
    /// Blobs that were damaged when the backup was made: whoever reads them gets an error.
    pub lost: u64,
}

/// Restores a backup into a folder, which is made, or is empty. `options` says how a volume in a
/// folder is run: its key is in the folder by then. Rows of the table `remade` are left out: the
/// first start makes them anew, with counters, which no backup has.
///
/// # Errors
/// The folder is in use; an object of the backup is damaged; the disk is full.
pub fn restore(
    repository: &Repository,
    manifest: &Manifest,
    folder: &Path,
    remade: &str,
    options: impl FnOnce(&Path) -> Options,
) -> Result<Restored, BackupError> {
    ensure_new(folder)?;
    let beside = beside(folder)?;
    ensure_outside(repository, &beside, folder)?;
    let _claimed = claim(&beside)?;
    // Whoever had it before may have been done at this moment.
    ensure_new(folder)?;
    let restored = fill(repository, manifest, &beside, remade, options);
    let named = restored.and_then(|restored| {
        std::fs::rename(&beside, folder).map_err(|error| BackupError::file(folder, error))?;
        sync_folder(folder.parent().unwrap_or(Path::new("/")))?;
        Ok(restored)
    });
    if named.is_err() {
        // The error that comes first is the one to tell.
        let _ = discard(&beside);
    }
    named
}

/// The folder that is filled: on the same file system, so that it can be renamed.
fn beside(folder: &Path) -> Result<PathBuf, BackupError> {
    let absolute = std::path::absolute(folder).map_err(|error| BackupError::file(folder, error))?;
    let Some(name) = absolute.file_name().and_then(|name| name.to_str()) else {
        return Err(BackupError::file(folder, "it has no name"));
    };
    Ok(absolute.with_file_name(format!(".{name}.restoring")))
}

fn ensure_new(folder: &Path) -> Result<(), BackupError> {
    match std::fs::read_dir(folder).map(|mut entries| entries.next().is_none()) {
        Ok(true) => Ok(()),
        Ok(false) => Err(BackupError::NotEmpty(folder.display().to_string())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(BackupError::file(folder, error)),
    }
}

/// What is restored must not lie among the objects of the repository.
fn ensure_outside(repository: &Repository, beside: &Path, folder: &Path) -> Result<(), BackupError> {
    let Some(objects) = repository.target.folder().and_then(|objects| objects.canonicalize().ok()) else {
        return Ok(());
    };
    let existing = beside.ancestors().find_map(|ancestor| ancestor.canonicalize().ok());
    match existing {
        Some(existing) if existing.starts_with(&objects) => {
            Err(BackupError::InRepository { folder: folder.display().to_string(), place: repository.place() })
        }
        _ => Ok(()),
    }
}

/// Makes the folder that is filled, or takes over what a restore that was cut short has left. It is
/// this process's as long as what is answered lives: the system gives the lock back when a process
/// ends.
fn claim(beside: &Path) -> Result<File, BackupError> {
    let failed = |error: std::io::Error| BackupError::file(beside, error);
    let busy = || {
        Err(BackupError::Busy(format!(
            "another portcullis restores into {} at this moment: wait for its end, or name another folder",
            beside.display()
        )))
    };
    DirBuilder::new().recursive(true).mode(0o700).create(beside).map_err(failed)?;
    let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW;
    let flags = i32::try_from(flags.bits()).unwrap_or_default();
    let claimed = match OpenOptions::new().read(true).custom_flags(flags).open(beside) {
        Ok(claimed) => claimed,
        // It was renamed, or removed.
        Err(error) if error.kind() == ErrorKind::NotFound => return busy(),
        Err(error) => return Err(failed(error)),
    };
    match flock(&claimed, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => {}
        Err(rustix::io::Errno::WOULDBLOCK) => return busy(),
        Err(error) => return Err(failed(error.into())),
    }
    // Between opening and locking, its owner may have given it its name.
    let ours = claimed.metadata().map_err(failed)?;
    match std::fs::symlink_metadata(beside) {
        Ok(there) if (there.dev(), there.ino()) == (ours.dev(), ours.ino()) => {}
        _ => return busy(),
    }
    for entry in std::fs::read_dir(beside).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let is_folder = entry.file_type().map_err(failed)?.is_dir();
        let path = entry.path();
        let removed = if is_folder { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) };
        removed.map_err(|error| BackupError::file(&path, error))?;
    }
    Ok(claimed)
}

/// What a restore that failed has left.
fn discard(beside: &Path) -> Result<(), BackupError> {
    match std::fs::remove_dir_all(beside) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(BackupError::file(beside, error)),
        _ => Ok(()),
    }
}

fn fill(
    repository: &Repository,
    manifest: &Manifest,
    beside: &Path,
    remade: &str,
    options: impl FnOnce(&Path) -> Options,
) -> Result<Restored, BackupError> {
    for name in &manifest.files {
        write_files(&Chunk::read(repository, name)?, beside)?;
    }
    let moment = moment(manifest)?;
    let options = options(beside);
    let mut import = Import::begin(&options, &moment)?;
    let mut restored = Restored { rows: 0, blobs: 0, bytes: 0, lost: 0 };
    let mut rows_passed_over = 0;
    for name in &manifest.rows {
        let chunk = Chunk::read(repository, name)?;
        let table = chunk.table().unwrap_or_default();
        let rows = PackedRows::new(chunk.packed()).count() as u64;
        if table == remade {
            rows_passed_over += rows;
        } else {
            import.rows(table, chunk.packed())?;
            restored.rows += rows;
        }
    }
    let mut bodies = Bodies::new(repository)?;
    let mut blobs = Blobs::new(repository, &manifest.blobs);
    while let Some((id, record)) = blobs.next()? {
        restored.blobs += 1;
        restored.bytes += record.length;
        if manifest.lacks(id) {
            restored.lost += 1;
            import.lost(id, record)?;
        } else {
            bodies.restore(&mut import, id, record)?;
        }
    }
    if (restored.rows + rows_passed_over, restored.blobs, restored.bytes)
        != (manifest.row_count, manifest.blob_count, manifest.blob_bytes)
    {
        return Err(BackupError::damaged(&manifest.id, "it does not have as many rows or blobs as it says"));
    }
    import.finish()?;
    check(&options, manifest)?;
    sync_folder(beside)?;
    Ok(restored)
}

/// The moment that a manifest tells of.
fn moment(manifest: &Manifest) -> Result<Moment, BackupError> {
    let unreadable = || BackupError::damaged(&manifest.id, "a number in it is unreadable");
    let volume = names::from_hex(&manifest.volume).map(u64::from_be_bytes).ok_or_else(unreadable)?;
    let sealing = match &manifest.sealing {
        Some(sealing) => Some(names::from_hex(sealing).ok_or_else(unreadable)?),
        None => None,
    };
    Ok(Moment { volume, commit: manifest.commit, sequence_high: manifest.sequence_high, sealing })
}

/// Every byte is compared with its checksum, once more, where it lies.
fn check(options: &Options, manifest: &Manifest) -> Result<(), BackupError> {
    let report = volume::check(options, None)?;
    let is_known = |problem: &Problem| matches!(problem, Problem::Missing(id) if manifest.lacks(*id));
    match report.problems.iter().find(|problem| !is_known(problem)) {
        Some(problem) => Err(BackupError::Unsound(problem.to_string())),
        None => Ok(()),
    }
}

/// The files of a chunk, in the folder that is made.
fn write_files(chunk: &Chunk, folder: &Path) -> Result<(), BackupError> {
    if chunk.table() != Some(chunk::FILES) {
        return Err(BackupError::damaged("a chunk of files", "it holds something else"));
    }
    for row in PackedRows::new(chunk.packed()) {
        let name = String::from_utf8_lossy(row.key).into_owned();
        let relative = Path::new(&name);
        if !relative.components().all(|part| matches!(part, Component::Normal(_))) {
            return Err(BackupError::damaged(name, "it is outside of the folder"));
        }
        let path = folder.join(relative);
        let write = || {
            let parent = path.parent().unwrap_or(folder);
            DirBuilder::new().recursive(true).mode(0o700).create(parent)?;
            let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
            file.write_all(row.value)?;
            file.sync_all()?;
            File::open(parent)?.sync_all()
        };
        write().map_err(|error: std::io::Error| BackupError::file(&path, error))?;
    }
    Ok(())
}

fn sync_folder(folder: &Path) -> Result<(), BackupError> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let synced = File::open(folder).and_then(|file| file.sync_all());
    synced.map_err(|error| BackupError::file(folder, error))
}

/// Reads bytes of blobs from packs, in the order of their numbers.
#[derive(Debug)]
struct Bodies<'a> {
    catalog: Catalog<'a>,
    packs: Packs<'a>,
}

impl<'a> Bodies<'a> {
    fn new(repository: &'a Repository) -> Result<Bodies<'a>, BackupError> {
        let catalog = Catalog::sound(repository)?;
        Ok(Bodies { catalog, packs: Packs::new(repository) })
    }

    fn restore(&mut self, import: &mut Import, id: u64, record: BlobRecord) -> Result<(), BackupError> {
        let key = BlobKey { id, length: record.length, crc: record.crc };
        let found = self.catalog.find(key)?;
        if covered(&found) != record.length {
            return Err(self.catalog.lacks(id));
        }
        let is_short = import.is_short(&record);
        let mut whole = Vec::new();
        for located in &found {
            let pack = self.packs.read(&located.pack)?;
            let Some(bytes) = located.stretch.of(&pack) else { return Err(located.outside()) };
            match is_short {
                true => whole.extend_from_slice(bytes),
                false => import.step(id, located.stretch.from, bytes)?,
            }
        }
        match is_short {
            true => Ok(import.short(id, record, &whole)?),
            false => Ok(import.long(id, record)?),
        }
    }
}
