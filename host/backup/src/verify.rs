//! Verifies a repository: reads and opens every object, and compares.

use std::collections::HashSet;

use super::catalog::{Catalog, covered};
use super::chunk::{Blobs, Chunk};
use super::errors::BackupError;
use super::manifest::Manifest;
use super::names::PackName;
use super::pack::{self, BlobKey, Stretch};
use super::repository::Repository;

/// Problems that are listed; further ones are only counted.
const LISTED_MAX: usize = 1000;

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Verified {
    /// Backups.
    pub backups: u64,
    /// Packs.
    pub packs: u64,
    /// Chunks.
    pub chunks: u64,
    /// Bytes of bodies that were read and compared.
    pub bytes: u64,
    /// Problems.
    pub problem_count: u64,
    /// The first of them, each with the name of the object.
    pub problems: Vec<String>,
}

impl Verified {
    /// Whether every backup can be restored.
    pub fn is_clean(&self) -> bool {
        self.problem_count == 0
    }

    fn add(&mut self, problem: impl ToString) {
        self.problem_count += 1;
        if self.problems.len() < LISTED_MAX {
            self.problems.push(problem.to_string());
        }
    }

    /// What a damaged object says; other errors end the verification.
    fn take<T>(&mut self, read: Result<T, BackupError>) -> Result<Option<T>, BackupError> {
        match read {
            Ok(read) => Ok(Some(read)),
            Err(error @ BackupError::Damaged { .. }) => {
                self.add(error);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

/// Verifies everything: each pack with the checksums of the blobs in it, each chunk, and for each
/// backup that all of its blobs are in packs that are sound.
///
/// # Errors
/// The target cannot be read, or somebody writes to it.
pub fn verify(repository: &Repository) -> Result<Verified, BackupError> {
    let _held = repository.lock()?;
    let mut verified = Verified::default();
    let mut sound: Vec<PackName> = Vec::new();
    for name in repository.pack_names()? {
        verified.packs += 1;
        if verify_pack(repository, &name, &mut verified)? {
            sound.push(name);
        }
    }
    let mut seen: HashSet<String> = HashSet::new();
    for id in repository.manifest_ids()? {
        verified.backups += 1;
        let Some(manifest) = verified.take(repository.manifest(&id))? else { continue };
        for name in manifest.chunks() {
            if seen.insert(name.clone()) {
                verified.chunks += 1;
                verified.take(Chunk::read(repository, name))?;
            }
        }
        verify_blobs(repository, &manifest, sound.clone(), &mut verified)?;
    }
    Ok(verified)
}

fn verify_pack(
    repository: &Repository,
    name: &PackName,
    verified: &mut Verified,
) -> Result<bool, BackupError> {
    let Some(stretches) = verified.take(pack::stretches(repository, name))? else { return Ok(false) };
    let Some(content) = verified.take(repository.pack(name))? else { return Ok(false) };
    let before = verified.problem_count;
    for stretch in &stretches {
        let Stretch { blob, count, .. } = stretch;
        match stretch.of(&content) {
            Some(bytes) if *count < blob.length || crc_fast::crc64_nvme(bytes) == blob.crc => {
                verified.bytes += count;
            }
            _ => verified.add(format!("{}: blob {:016x} does not have its checksum", name.pack(), blob.id)),
        }
    }
    Ok(verified.problem_count == before)
}

fn verify_blobs(
    repository: &Repository,
    manifest: &Manifest,
    sound: Vec<PackName>,
    verified: &mut Verified,
) -> Result<(), BackupError> {
    let mut catalog = Catalog::new(repository, sound);
    let mut blobs = Blobs::new(repository, &manifest.blobs);
    let mut missing: u64 = 0;
    // A chunk that cannot be read was reported already.
    while let Ok(Some((id, record))) = blobs.next() {
        let key = BlobKey { id, length: record.length, crc: record.crc };
        if covered(&catalog.find(key)?) != record.length && !manifest.lacks(id) {
            missing += 1;
        }
    }
    if missing > 0 {
        verified.add(format!("backup {}: the bytes of {missing} blobs are missing or damaged", manifest.id));
    }
    Ok(())
}
