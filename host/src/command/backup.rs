//! `portcullis backup` and `portcullis restore`: copies of what a data folder holds, and back.
//!
//! A backup runs in a process of its own. Where a server has the data folder, it is asked to hold
//! what is stored, and this process reads the bytes. Where none has, this process opens the folder.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use backup::{
    AWS_VARIABLES, BackupError, BackupKey, CreateOptions, Created, FolderTarget, LocalSource, Manifest,
    RemoteOptions, RemoteTarget, Repository, Source, Surely, Target,
};
use http::StatusCode;
use serde_json::json;
use volume::{Exported, OpenError, Volume};

use super::output::{EXIT_FOUND, Output, complain, say};
use super::placement::is_inside;
use super::trouble;
use crate::config::{self, Config};
use crate::front::admin::{self, HoldFrame, HoldStream};
use crate::keys::vault::volume_options;
use crate::pipeline::usage_count;

/// How much later than others this process gets the processor.
const NICE: i32 = 10;

/// Where backups are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// A folder, or `s3://BUCKET/PREFIX`.
    pub target: String,
    /// The URL of an S3 server; AWS's when not set.
    pub endpoint: Option<String>,
    /// The region that requests are signed for.
    pub region: String,
}

/// What is done with backups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chore {
    /// Make one.
    Create,
    /// List them.
    List,
    /// Read and compare everything.
    Verify,
    /// Keep so many.
    Prune(usize),
    /// Restore one; the newest when none is named.
    Restore(Option<String>),
}

/// Does it.
///
/// # Errors
/// It could not be done; the message says what to do.
pub(crate) fn run(config: &Config, place: &Place, chore: &Chore, output: Output) -> Result<ExitCode> {
    let target = target(place)?;
    let key_file = key_file(config, place)?;
    match chore {
        Chore::Create => create(config, target, &key_file, output),
        Chore::List => list(&open(target, &key_file)?, output),
        Chore::Verify => verify(&open(target, &key_file)?, output),
        Chore::Prune(keep) => prune(&open(target, &key_file)?, *keep, output),
        Chore::Restore(id) => restore(config, &open(target, &key_file)?, id.as_deref(), output),
    }
}

fn target(place: &Place) -> Result<Box<dyn Target>> {
    let Place { target, endpoint, region } = place;
    if let Some(mut options) = RemoteOptions::parse(target, endpoint.as_deref(), region) {
        options.environment = config::environment(&AWS_VARIABLES);
        return Ok(Box::new(RemoteTarget::new(&options)?));
    }
    ensure!(!target.contains("://"), "{target}: a target is a folder, or s3://BUCKET/PREFIX");
    Ok(Box::new(FolderTarget::new(Path::new(target))))
}

/// The file of the key. It must not be lost together with what it is for, nor be found beside it.
fn key_file(config: &Config, place: &Place) -> Result<PathBuf> {
    let is_folder = !place.target.starts_with("s3://");
    if is_folder && is_inside(Path::new(&place.target), &config.data_dir)? {
        bail!(
            "backups cannot be in the data folder {}: they would be lost together with it",
            config.data_dir.display()
        );
    }
    let Some(file) = &config.backup.key_file else {
        bail!(
            "name the file of the backup key: --key-file FILE, or backup.key_file in the configuration; \
             the first backup makes it"
        )
    };
    for (folder, why) in [
        (config.data_dir.as_path(), "would be lost together with it"),
        (Path::new(&place.target), "would open what it seals to whoever gets the backups"),
    ] {
        if is_inside(file, folder)? {
            bail!(
                "the backup key {} is in {}, and {why}: put it elsewhere",
                file.display(),
                folder.display()
            );
        }
    }
    Ok(file.clone())
}

fn open(target: Box<dyn Target>, key_file: &Path) -> Result<Repository> {
    let shown = key_file.display().to_string();
    if !Repository::is_begun(&*target)? {
        return Err(BackupError::Empty(target.place()).into());
    }
    let key = BackupKey::load(key_file)?.ok_or_else(|| BackupError::NoKey(shown.clone()))?;
    Ok(Repository::open(target, &key, &shown)?)
}

/// As `open`, and begins what is not there yet, the key too.
fn open_or_begin(target: Box<dyn Target>, key_file: &Path) -> Result<Repository> {
    let shown = key_file.display().to_string();
    let key = match BackupKey::load(key_file)? {
        Some(key) => key,
        None if Repository::is_begun(&*target)? => return Err(BackupError::NoKey(shown).into()),
        None => {
            let key = BackupKey::make(key_file)?;
            complain(&format!(
                "a backup key was made: {shown}. Keep a copy of it apart from this machine and from the backups: \
                 without it, they cannot be restored"
            ));
            key
        }
    };
    Ok(Repository::open_or_begin(target, &key, &shown)?)
}

fn create(config: &Config, target: Box<dyn Target>, key_file: &Path, output: Output) -> Result<ExitCode> {
    let folder = &config.data_dir;
    ensure!(
        folder.join("FORMAT").is_file(),
        "{} is no data folder: name it by --data-dir, or in the configuration",
        folder.display()
    );
    // Requests come first. Where it is not possible, the bound on bytes has to do.
    let _ = rustix::process::nice(NICE);
    refuse_itself(folder, &*target)?;
    let repository = open_or_begin(target, key_file)?;
    let mut source = source(config)?;
    let options = CreateOptions {
        data_dir: folder,
        cache_dir: &config.cache_folder(),
        bytes_per_second: config.backup.bytes_per_second,
        remade: usage_count::TABLE,
    };
    let created = backup::create(&repository, &mut *source, &options)?;
    say(&created_text(&created, output));
    complain_of(&created.unsound);
    Ok(damaged(&created.manifest))
}

/// A server cannot keep its own backups: they would be lost together with it, and each would be
/// copied by the next one. That it is the same is told by the id of a request: only who has
/// answered it knows that.
fn refuse_itself(folder: &Path, target: &dyn Target) -> Result<()> {
    Repository::is_begun(target)?;
    let Some(id) = target.request_id().filter(|id| id.bytes().all(|byte| byte.is_ascii_alphanumeric()))
    else {
        return Ok(());
    };
    // Where no server has the folder, the target is another one.
    match admin::get(folder, &format!("/requests/{id}")) {
        Ok(reply) if reply.status == StatusCode::OK => bail!(
            "{} is in the server that is backed up: its backups would be lost together with it. Name another server, \
             or a folder on another disk",
            target.place()
        ),
        _ => Ok(()),
    }
}

/// The backup is whole all the same: it has copied anew what it needs.
fn complain_of(unsound: &[String]) {
    if !unsound.is_empty() {
        let named: Vec<&str> = unsound.iter().take(10).map(String::as_str).collect();
        complain(&format!(
            "{} objects of earlier backups are missing in the target, are damaged or have another length: {}. What \
             this backup needs of them was copied anew; earlier backups may need more: `portcullis backup verify` \
             says which",
            unsound.len(),
            named.join(", ")
        ));
    }
}

fn damaged(manifest: &Manifest) -> ExitCode {
    match manifest.damaged.as_slice() {
        [] => ExitCode::SUCCESS,
        damaged => {
            let ids: Vec<String> = damaged.iter().take(10).map(|id| format!("{id:016x}")).collect();
            complain(&format!(
                "{} blobs are damaged in the data folder, and are not in the backup: {}; `portcullis check` says \
                 what they belong to",
                damaged.len(),
                ids.join(", ")
            ));
            ExitCode::from(EXIT_FOUND)
        }
    }
}

/// The server that has the folder, or the folder itself.
fn source(config: &Config) -> Result<Box<dyn Source>> {
    let folder = &config.data_dir;
    if let Some(stream) = admin::hold(folder)? {
        return Ok(Box::new(ServerSource { stream }));
    }
    let mut options = volume_options(config);
    options.background = false;
    match Volume::open(options) {
        Ok(volume) => Ok(Box::new(LocalSource::new(&volume)?)),
        Err(OpenError::Locked) => bail!(
            "a process has the data folder {} open and has no admin socket there: wait until it has started, or its check is over",
            folder.display()
        ),
        Err(error) => Err(trouble::of_folder(folder, &error)),
    }
}

/// A frame that came so long after the one before was not waiting: the server sends one each half
/// second.
const PAUSE_MIN: Duration = Duration::from_millis(250);

/// What a server holds.
struct ServerSource {
    stream: HoldStream,
}

impl Source for ServerSource {
    fn export(
        &mut self,
        each: &mut dyn FnMut(Exported) -> Result<(), BackupError>,
    ) -> Result<(), BackupError> {
        loop {
            self.stream.progress();
            match self.stream.wait().map_err(BackupError::Interrupted)? {
                HoldFrame::Beat => {}
                HoldFrame::Ended(why) => return Err(BackupError::Interrupted(why)),
                HoldFrame::Piece(piece) => {
                    let is_end = piece == Exported::End;
                    each(piece)?;
                    if is_end {
                        return Ok(());
                    }
                }
            }
        }
    }

    fn progress(&mut self) {
        self.stream.progress();
    }

    fn check(&mut self, surely: Surely) -> Result<(), BackupError> {
        let ended = |why| Err(BackupError::Interrupted(why));
        while let Some(frame) = self.stream.poll().map_err(BackupError::Interrupted)? {
            if let HoldFrame::Ended(why) = frame {
                return ended(why);
            }
        }
        // Frames that have waited somewhere come one behind the other: those that the server sends
        // now have its pause between them.
        let mut fresh = 0;
        while surely == Surely::Yes && fresh < 2 {
            let began = Instant::now();
            if let HoldFrame::Ended(why) = self.stream.wait().map_err(BackupError::Interrupted)? {
                return ended(why);
            }
            fresh = if began.elapsed() >= PAUSE_MIN { fresh + 1 } else { 0 };
        }
        Ok(())
    }
}

fn created_text(created: &Created, output: Output) -> String {
    let Created { manifest, reused_blobs, copied_bytes, written_bytes, unsound } = created;
    match output {
        Output::Json => {
            let document = json!({
                "id": manifest.id,
                "rows": manifest.row_count,
                "blobs": manifest.blob_count,
                "bytes": manifest.blob_bytes,
                "commit": manifest.commit,
                "reused_blobs": reused_blobs,
                "copied_bytes": copied_bytes,
                "written_bytes": written_bytes,
                "unsound": unsound,
                "damaged": manifest.damaged.iter().map(|id| format!("{id:016x}")).collect::<Vec<_>>(),
            });
            format!("{document}\n")
        }
        Output::Text => format!(
            "backup {}: {} rows, {} blobs of {} bytes; {copied_bytes} bytes were copied, {reused_blobs} blobs were \
             there already, {written_bytes} bytes were written\n",
            manifest.id, manifest.row_count, manifest.blob_count, manifest.blob_bytes
        ),
    }
}

fn list(repository: &Repository, output: Output) -> Result<ExitCode> {
    let manifests = repository.manifests()?;
    Ok(say(&match output {
        Output::Json => {
            let one = |manifest: &Manifest| {
                json!({
                    "id": manifest.id,
                    "time": manifest.time(),
                    "volume": manifest.volume,
                    "commit": manifest.commit,
                    "rows": manifest.row_count,
                    "blobs": manifest.blob_count,
                    "bytes": manifest.blob_bytes,
                    "damaged": manifest.damaged.len(),
                })
            };
            format!("{}\n", json!({ "backups": manifests.iter().map(one).collect::<Vec<_>>() }))
        }
        Output::Text => manifests
            .iter()
            .map(|manifest| {
                let damaged = match manifest.damaged.len() {
                    0 => String::new(),
                    count => format!(", {count} of them damaged"),
                };
                format!(
                    "{}  {} UTC  {} rows, {} blobs of {} bytes{damaged}\n",
                    manifest.id,
                    manifest.time(),
                    manifest.row_count,
                    manifest.blob_count,
                    manifest.blob_bytes
                )
            })
            .collect(),
    }))
}

fn verify(repository: &Repository, output: Output) -> Result<ExitCode> {
    let verified = backup::verify(repository)?;
    let (backups, packs, chunks) = (verified.backups, verified.packs, verified.chunks);
    let (bytes, count) = (verified.bytes, verified.problem_count);
    say(&match output {
        Output::Json => {
            let document = json!({
                "clean": verified.is_clean(),
                "backups": backups,
                "packs": packs,
                "chunks": chunks,
                "bytes": bytes,
                "problem_count": count,
                "problems": verified.problems,
            });
            format!("{document}\n")
        }
        Output::Text => {
            let problems: String = verified.problems.iter().map(|problem| format!("{problem}\n")).collect();
            let verdict = if verified.is_clean() { "clean" } else { "DAMAGED" };
            format!(
                "{problems}{verdict}: {backups} backups, {chunks} chunks, {packs} packs with {bytes} bytes of blobs, \
                 {count} problems\n"
            )
        }
    });
    Ok(if verified.is_clean() { ExitCode::SUCCESS } else { ExitCode::from(EXIT_FOUND) })
}

fn prune(repository: &Repository, keep: usize, output: Output) -> Result<ExitCode> {
    let pruned = backup::prune(repository, keep)?;
    let (kept, backups, packs, chunks) = (pruned.kept, pruned.backups, pruned.packs, pruned.chunks);
    let rewritten = pruned.rewritten_bytes;
    Ok(say(&match output {
        Output::Json => {
            let removed = json!({
                "kept": kept,
                "backups": backups,
                "packs": packs,
                "chunks": chunks,
                "rewritten_bytes": rewritten,
            });
            format!("{removed}\n")
        }
        Output::Text => {
            format!(
                "removed {backups} backups, {packs} packs, {chunks} chunks; wrote {rewritten} bytes anew; {kept} \
                 backups are left\n"
            )
        }
    }))
}

fn restore(config: &Config, repository: &Repository, id: Option<&str>, output: Output) -> Result<ExitCode> {
    let manifest = repository.manifest_of(id)?;
    let restored = backup::restore(repository, &manifest, &config.data_dir, usage_count::TABLE, |folder| {
        volume_options(&Config { data_dir: folder.to_owned(), ..config.clone() })
    })?;
    let folder = config.data_dir.display();
    if restored.lost > 0 {
        complain(&format!(
            "{} blobs were damaged before the backup was made: reading them fails, as it did then",
            restored.lost
        ));
    }
    Ok(say(&match output {
        Output::Json => {
            let document = json!({
                "id": manifest.id,
                "data_dir": folder.to_string(),
                "rows": restored.rows,
                "blobs": restored.blobs,
                "bytes": restored.bytes,
                "lost": restored.lost,
            });
            format!("{document}\n")
        }
        Output::Text => format!(
            "restored {} into {folder}: {} rows, {} blobs of {} bytes, every byte compared with its checksum\n",
            manifest.id, restored.rows, restored.blobs, restored.bytes
        ),
    }))
}
