//! Removes old backups, and then what no backup refers to any more. Packs of which little is needed
//! are written anew. The order makes it safe to be interrupted: what is left over is removed the
//! next time.

use std::collections::{HashMap, HashSet};

use super::catalog::{Catalog, Packs, covered};
use super::chunk::Blobs;
use super::errors::BackupError;
use super::manifest::Manifest;
use super::names::{self, CHUNKS, MANIFESTS, PACKS, PackName};
use super::pack::{self, BlobKey, Packer};
use super::repository::Repository;

/// A pack is written anew when less than this share of it is needed, in percent.
const NEEDED_PERCENT_MIN: u64 = 50;

/// What was removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Backups that are left.
    pub kept: u64,
    /// Backups.
    pub backups: u64,
    /// Packs, those that were written anew among them.
    pub packs: u64,
    /// Bytes that were written anew.
    pub rewritten_bytes: u64,
    /// Chunks.
    pub chunks: u64,
}

/// Keeps the newest `keep` backups, at least one.
///
/// # Errors
/// Somebody else writes to the repository. A backup that is kept cannot be read: then nothing is
/// removed.
pub fn prune(repository: &Repository, keep: usize) -> Result<Pruned, BackupError> {
    let held = repository.lock()?;
    let delete = |name: &str| {
        held.check()?;
        repository.target.delete(name)
    };
    let ids = repository.manifest_ids()?;
    let (old, kept) = ids.split_at(ids.len().saturating_sub(keep.max(1)));
    let kept: Vec<Manifest> = kept.iter().map(|id| repository.manifest(id)).collect::<Result<_, _>>()?;
    let mut pruned = Pruned { kept: kept.len() as u64, ..Pruned::default() };
    // Before anything is removed, it is known what is needed.
    let chunks: HashSet<&String> = kept.iter().flat_map(|manifest| manifest.chunks()).collect();
    let packs = repository.pack_names()?;
    ensure_chunks(repository, &chunks)?;
    let mut needed = needed_bytes(repository, &kept)?;
    for id in old {
        delete(&format!("{MANIFESTS}/{id}"))?;
        pruned.backups += 1;
    }
    let sparse = sparse(repository, &needed)?;
    pruned.rewritten_bytes = rewrite(repository, &kept, &sparse)?;
    needed.retain(|name, _| !sparse.contains(name));
    for name in packs.iter().filter(|name| !needed.contains_key(name)) {
        // A pack without an index is nothing. An index without its pack would promise bytes.
        delete(&name.index())?;
        delete(&name.pack())?;
        pruned.packs += 1;
    }
    let indexed: HashSet<PackName> = repository.pack_names()?.into_iter().collect();
    for name in repository.target.list(PACKS)? {
        if PackName::parse(&name).is_none_or(|name| !indexed.contains(&name)) {
            delete(&format!("{PACKS}/{name}"))?;
            pruned.packs += 1;
        }
    }
    for name in repository.target.list(CHUNKS)? {
        if !chunks.contains(&name) && names::from_hex::<{ names::DIGEST_BYTES }>(&name).is_some() {
            delete(&format!("{CHUNKS}/{name}"))?;
            pruned.chunks += 1;
        }
    }
    Ok(pruned)
}

/// Checks that the chunks that backups need are there.
fn ensure_chunks(repository: &Repository, needed: &HashSet<&String>) -> Result<(), BackupError> {
    let there: HashSet<String> = repository.target.list(CHUNKS)?.into_iter().collect();
    match needed.iter().find(|name| !there.contains(**name)) {
        Some(name) => Err(BackupError::Unrestorable(format!("{CHUNKS}/{name} is not there"))),
        None => Ok(()),
    }
}

/// The packs that backups need, and how many bytes of each.
fn needed_bytes(repository: &Repository, kept: &[Manifest]) -> Result<HashMap<PackName, u64>, BackupError> {
    let mut needed: HashMap<PackName, u64> = HashMap::new();
    let mut catalog = Catalog::sound(repository)?;
    let mut blobs = all(repository, kept);
    while let Some(key) = lowest(&mut blobs)? {
        let found = catalog.find(key)?;
        if covered(&found) != key.length && !kept.iter().any(|manifest| manifest.lacks(key.id)) {
            return Err(BackupError::Unrestorable(catalog.lacks(key.id).to_string()));
        }
        for located in found {
            *needed.entry(located.pack).or_default() += located.stretch.count;
        }
    }
    Ok(needed)
}

/// Those of which little is needed.
fn sparse(
    repository: &Repository,
    needed: &HashMap<PackName, u64>,
) -> Result<HashSet<PackName>, BackupError> {
    let mut sparse = HashSet::new();
    for (name, bytes) in needed {
        let all: u64 = pack::stretches(repository, name)?.iter().map(|stretch| stretch.count).sum();
        if bytes.saturating_mul(100) < all.saturating_mul(NEEDED_PERCENT_MIN) {
            sparse.insert(*name);
        }
    }
    Ok(sparse)
}

/// Writes what is needed of these packs into new ones; answers how many bytes.
fn rewrite(
    repository: &Repository,
    kept: &[Manifest],
    sparse: &HashSet<PackName>,
) -> Result<u64, BackupError> {
    if sparse.is_empty() {
        return Ok(0);
    }
    let (mut catalog, mut contents) = (Catalog::sound(repository)?, Packs::new(repository));
    let mut packer = Packer::new(repository);
    let mut blobs = all(repository, kept);
    while let Some(key) = lowest(&mut blobs)? {
        for located in catalog.find(key)?.iter().filter(|located| sparse.contains(&located.pack)) {
            let content = contents.read(&located.pack)?;
            let bytes = located.stretch.of(&content).ok_or_else(|| located.outside())?;
            packer.copy(&located.stretch, bytes)?;
        }
    }
    packer.flush()?;
    Ok(packer.written)
}

fn all<'a>(repository: &'a Repository, kept: &'a [Manifest]) -> Vec<Blobs<'a>> {
    kept.iter().map(|manifest| Blobs::new(repository, &manifest.blobs)).collect()
}

/// The blob with the lowest number that comes next in any backup.
fn lowest(blobs: &mut [Blobs<'_>]) -> Result<Option<BlobKey>, BackupError> {
    let mut lowest: Option<BlobKey> = None;
    for each in blobs.iter_mut() {
        if let Some((id, record)) = each.peek()? {
            let key = BlobKey { id, length: record.length, crc: record.crc };
            lowest = Some(lowest.filter(|other| other.id <= id).unwrap_or(key));
        }
    }
    let Some(key) = lowest else { return Ok(None) };
    for each in blobs.iter_mut() {
        let next = each.peek()?;
        if next.is_some_and(|(id, record)| (id, record.length, record.crc) == (key.id, key.length, key.crc)) {
            each.next()?;
        }
    }
    Ok(Some(key))
}
