//! Removes old backups, and then what no backup refers to any more. The order makes it safe to be
//! interrupted: what is left over is removed the next time.

use std::collections::HashSet;

use super::catalog::Catalog;
use super::chunk::Blobs;
use super::errors::BackupError;
use super::names::{self, CHUNKS, MANIFESTS, PACKS, PackName};
use super::pack::BlobKey;
use super::repository::Repository;

/// What was removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Backups that are left.
    pub kept: u64,
    /// Backups.
    pub backups: u64,
    /// Packs.
    pub packs: u64,
    /// Chunks.
    pub chunks: u64,
}

/// Keeps the newest `keep` backups, at least one.
///
/// # Errors
/// Somebody else writes to the repository. A backup that is kept cannot be read: then nothing is
/// removed.
pub fn prune(repository: &Repository, keep: usize) -> Result<Pruned, BackupError> {
    let _held = repository.lock()?;
    let ids = repository.manifest_ids()?;
    let (old, kept) = ids.split_at(ids.len().saturating_sub(keep.max(1)));
    let kept: Vec<_> = kept.iter().map(|id| repository.manifest(id)).collect::<Result<_, _>>()?;
    let mut pruned = Pruned { kept: kept.len() as u64, ..Pruned::default() };
    // Before anything is removed, it is known what is needed.
    let chunks: HashSet<&String> = kept.iter().flat_map(|manifest| manifest.chunks()).collect();
    let mut needed: HashSet<PackName> = HashSet::new();
    let packs = repository.pack_names()?;
    let mut catalog = Catalog::new(repository, packs.clone());
    let mut blobs: Vec<Blobs<'_>> =
        kept.iter().map(|manifest| Blobs::new(repository, &manifest.blobs)).collect();
    while let Some(key) = lowest(&mut blobs)? {
        needed.extend(catalog.find(key)?.iter().map(|located| located.pack));
    }
    for id in old {
        repository.target.delete(&format!("{MANIFESTS}/{id}"))?;
        pruned.backups += 1;
    }
    for name in packs.iter().filter(|name| !needed.contains(name)) {
        // A pack without an index is nothing. An index without its pack would promise bytes.
        repository.target.delete(&name.index())?;
        repository.target.delete(&name.pack())?;
        pruned.packs += 1;
    }
    for name in repository.target.list(PACKS)? {
        if PackName::parse(&name).is_none_or(|name| packs.binary_search(&name).is_err()) {
            repository.target.delete(&format!("{PACKS}/{name}"))?;
            pruned.packs += 1;
        }
    }
    for name in repository.target.list(CHUNKS)? {
        if !chunks.contains(&name) && names::from_hex::<{ names::DIGEST_BYTES }>(&name).is_some() {
            repository.target.delete(&format!("{CHUNKS}/{name}"))?;
            pruned.chunks += 1;
        }
    }
    Ok(pruned)
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
