//! Makes a backup: what a source holds goes into the repository, as far as it is not there yet.

use std::io::ErrorKind;
use std::path::Path;

use volume::{Exported, HeldBlob, HeldBodies, Moment, PackedRow, PackedRows};

use super::catalog::{self, Catalog};
use super::chunk::{self, Chunker, Known};
use super::errors::BackupError;
use super::manifest::Manifest;
use super::names;
use super::pace::Pace;
use super::pack::{BlobKey, Packer};
use super::repository::Repository;
use super::source::{Source, Surely};
use super::spool::Spool;

/// Bytes that are read at a time.
const STEP_BYTES: usize = 256 << 10;
/// Files of the data folder are keys and credentials, so none is large.
const FILE_BYTES_MAX: u64 = 16 << 20;
/// Damaged blobs that a manifest names; with more, the folder is to be repaired first.
const DAMAGED_MAX: usize = 10_000;
/// What the data folder has beside keys and credentials: what the volume keeps, which is copied in
/// its own way, what belongs to a process, and what is made anew.
const NOT_COPIED: [&str; 8] =
    ["LOCK", "FORMAT", "index.redb", "log", "files", "admin.sock", "cache", "lost+found"];

/// How a backup is made.
#[derive(Debug)]
pub struct CreateOptions<'a> {
    /// The data folder that the source is of.
    pub data_dir: &'a Path,
    /// A folder in the data folder that is not copied, such as one for compiled components.
    pub cache_dir: &'a Path,
    /// Bytes of bodies that are read in a second, at most; 0: no bound.
    pub bytes_per_second: u64,
    /// Rows of this table are left out: whoever opens the restored folder makes them anew.
    pub remade: &'a str,
}

/// What was done.
#[derive(Clone, Debug)]
pub struct Created {
    /// The backup.
    pub manifest: Manifest,
    /// Blobs whose bytes the repository had already, as a whole.
    pub reused_blobs: u64,
    /// Bytes of bodies that were copied.
    pub copied_bytes: u64,
    /// Bytes that were written to the repository.
    pub written_bytes: u64,
    /// Objects of earlier backups that are missing in the repository, or are not as long as they
    /// should be. What this backup needs of them was copied anew.
    pub unsound: Vec<String>,
}

/// Makes a backup of what `source` holds.
///
/// # Errors
/// The source is gone: what was copied so far is used by the next run. The repository is in use, or
/// cannot be written.
pub fn create(
    repository: &Repository,
    source: &mut dyn Source,
    options: &CreateOptions<'_>,
) -> Result<Created, BackupError> {
    let held = repository.lock()?;
    let mut known = Known::new(repository)?;
    let missing = missing_chunks(repository, &known);
    let mut rows = Chunker::new(repository, &mut known);
    let mut spool = Spool::new(options.data_dir)?;
    let mut moment = None;
    let mut is_whole = false;
    source.export(&mut |piece| {
        match piece {
            Exported::Moment(found) => moment = Some(found),
            Exported::Blobs(blobs) => blobs.iter().try_for_each(|blob| spool.push(blob))?,
            // A start makes them anew: see `restore`.
            Exported::Rows { table, .. } if table == options.remade => {}
            Exported::Rows { table, packed } => {
                PackedRows::new(&packed).try_for_each(|row| rows.push(&table, &row))?;
            }
            Exported::End => is_whole = true,
        }
        Ok(())
    })?;
    let moment: Moment = moment
        .filter(|_| is_whole)
        .ok_or_else(|| BackupError::Interrupted("what is stored was not handed out as a whole".to_owned()))?;
    let row_count = rows.rows;
    let (rows, mut written_bytes) = rows.finish()?;
    // Keys that rows name were made before the rows, so they are there now.
    let mut files = Chunker::new(repository, &mut known);
    copy_files(options.data_dir, options.cache_dir, &mut files)?;
    let (files, written) = files.finish()?;
    written_bytes += written;
    let (blob_count, blob_bytes) = (spool.count, spool.bytes);
    let mut copy = Copy {
        source,
        bodies: HeldBodies::new(options.data_dir)
            .map_err(|error| BackupError::file(options.data_dir, error))?,
        catalog: Catalog::sound(repository)?,
        packer: Packer::new(repository),
        pace: Pace::new(options.bytes_per_second),
        damaged: Vec::new(),
        reused_blobs: 0,
        copied_bytes: 0,
    };
    let mut blobs = Chunker::new(repository, &mut known);
    let mut spooled = spool.read()?;
    while let Some(blob) = spooled.next()? {
        copy.blob(&blob)?;
        blobs.push_blob(blob.id, &blob.record())?;
    }
    copy.packer.flush()?;
    let (blobs, written) = blobs.finish()?;
    written_bytes += written + copy.packer.written;
    let manifest = Manifest {
        id: String::new(),
        volume: format!("{:016x}", moment.volume),
        commit: moment.commit,
        sequence_high: moment.sequence_high,
        sealing: moment.sealing.map(|sealing| names::to_hex(&sealing)),
        row_count,
        blob_count,
        blob_bytes,
        rows,
        blobs,
        files,
        damaged: copy.damaged,
    };
    // Who has the lock meanwhile removes what no manifest refers to.
    held.check()?;
    let manifest = repository.put_manifest(&manifest)?;
    let unsound = copy.catalog.unsound().chain(known.unsound).chain(missing).collect();
    let (reused_blobs, copied_bytes) = (copy.reused_blobs, copy.copied_bytes);
    Ok(Created { manifest, reused_blobs, copied_bytes, written_bytes, unsound })
}

/// Chunks of the newest backup that are not there any more. One that cannot be read is for `verify`
/// to tell.
fn missing_chunks(repository: &Repository, known: &Known) -> Vec<String> {
    let Ok(manifest) = repository.manifest_of(None) else { return Vec::new() };
    let missing = manifest.chunks().filter(|name| !known.has(name));
    missing.map(|name| format!("{}/{name}", names::CHUNKS)).collect()
}

/// Copies bytes of blobs.
struct Copy<'a> {
    source: &'a mut dyn Source,
    bodies: HeldBodies,
    catalog: Catalog<'a>,
    packer: Packer<'a>,
    pace: Pace,
    damaged: Vec<u64>,
    reused_blobs: u64,
    copied_bytes: u64,
}

impl Copy<'_> {
    fn blob(&mut self, blob: &HeldBlob) -> Result<(), BackupError> {
        self.source.progress();
        self.source.check(Surely::No)?;
        let record = blob.record();
        let key = BlobKey { id: blob.id, length: record.length, crc: record.crc };
        let there = catalog::covered(&self.catalog.find(key)?);
        if there == record.length && record.length > 0 {
            self.reused_blobs += 1;
            return Ok(());
        }
        if self.copy(blob, key, there)? {
            return Ok(());
        }
        // The bytes are not what was stored. That may be because they are not held any more.
        self.source.check(Surely::Yes)?;
        tracing::error!(blob = format!("{:016x}", blob.id), "a stored body is damaged or missing");
        if self.damaged.len() >= DAMAGED_MAX {
            return Err(BackupError::Unsound(format!("more than {DAMAGED_MAX} stored bodies are damaged")));
        }
        self.damaged.push(blob.id);
        Ok(())
    }

    /// Copies the bytes behind `there`, of which the repository has those before; `false` when they
    /// are not what was stored. The last bytes count only when all have their checksum.
    fn copy(&mut self, blob: &HeldBlob, key: BlobKey, there: u64) -> Result<bool, BackupError> {
        let mut digest = crc_fast::Digest::new(crc_fast::CrcAlgorithm::Crc64Nvme);
        if !self.reread(blob, there, &mut digest)? {
            return Ok(false);
        }
        let mut from = there;
        loop {
            let count = self.packer.prepare(key.length - from)?;
            let position = self.packer.position();
            let mut done = 0;
            while done < count {
                let step = STEP_BYTES.min(count - done);
                self.pace.spend(step as u64);
                self.source.progress();
                let at = from + done as u64;
                let bodies = &mut self.bodies;
                match self.packer.read(step, |buffer| bodies.read(blob, at, buffer)) {
                    Ok(read) => digest.update(read),
                    Err(error) => {
                        self.packer.forget(position);
                        return is_missing(&error).map(|()| false);
                    }
                }
                done += step;
            }
            let end = from + count as u64;
            if end == key.length && digest.finalize() != key.crc {
                self.packer.forget(position);
                return Ok(false);
            }
            if count > 0 {
                self.packer.keep(key, from, position);
            }
            self.copied_bytes += count as u64;
            from = end;
            if from == key.length {
                return Ok(true);
            }
        }
    }

    /// Bytes that an earlier run has copied are part of the checksum.
    fn reread(
        &mut self,
        blob: &HeldBlob,
        until: u64,
        digest: &mut crc_fast::Digest,
    ) -> Result<bool, BackupError> {
        let mut buffer = vec![0; STEP_BYTES.min(usize::try_from(until).unwrap_or(STEP_BYTES))];
        let mut from = 0;
        while from < until {
            let step = (STEP_BYTES as u64).min(until - from);
            self.pace.spend(step);
            self.source.progress();
            let room = buffer.get_mut(..usize::try_from(step).unwrap_or(STEP_BYTES)).unwrap_or_default();
            if let Err(error) = self.bodies.read(blob, from, room) {
                return is_missing(&error).map(|()| false);
            }
            digest.update(room);
            from += step;
        }
        Ok(true)
    }
}

/// Whether a read failed because there is nothing to read, or because the disk does not read it.
fn is_missing(error: &std::io::Error) -> Result<(), BackupError> {
    match error.kind() {
        ErrorKind::PermissionDenied | ErrorKind::OutOfMemory => {
            Err(BackupError::Interrupted(format!("a stored body cannot be read: {error}")))
        }
        _ => Ok(()),
    }
}

/// Keys and credentials: the files of the data folder that the volume does not keep.
fn copy_files(data_dir: &Path, cache_dir: &Path, files: &mut Chunker<'_>) -> Result<(), BackupError> {
    let mut found = Vec::new();
    let mut folders = vec![data_dir.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(&folder).map_err(|error| BackupError::file(&folder, error))?;
        for entry in entries {
            let path = entry.map_err(|error| BackupError::file(&folder, error))?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let is_ours = folder == *data_dir && NOT_COPIED.contains(&name);
            if is_ours || name.starts_with('.') || path == *cache_dir {
                continue;
            }
            // A link to a file is as good as the file: keys may be kept elsewhere.
            let kind = match std::fs::metadata(&path) {
                Ok(kind) => kind,
                // A file that was replaced at this moment.
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                Err(error) => return Err(BackupError::file(&path, error)),
            };
            if kind.is_dir() && path.is_symlink() {
                return Err(BackupError::file(&path, "it is a link to a folder, which is not copied"));
            }
            if kind.is_dir() {
                folders.push(path);
            } else if kind.is_file() {
                if kind.len() > FILE_BYTES_MAX {
                    let why = format!(
                        "it is larger than any file of a data folder ({FILE_BYTES_MAX} bytes): move it elsewhere"
                    );
                    return Err(BackupError::file(&path, why));
                }
                found.push(path);
            }
        }
    }
    found.sort_unstable();
    for path in found {
        let content = match std::fs::read(&path) {
            Ok(content) => content,
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) => return Err(BackupError::file(&path, error)),
        };
        let named = path.strip_prefix(data_dir).ok().and_then(|path| path.to_str());
        let Some(named) = named else { return Err(BackupError::file(&path, "its name is not UTF-8")) };
        files.push(chunk::FILES, &PackedRow { revision: 0, key: named.as_bytes(), value: &content })?;
    }
    Ok(())
}
