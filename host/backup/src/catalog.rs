//! The catalog: which packs have the bytes of a blob. Blobs are asked for in the order of their
//! numbers, so that only the indexes around the number at hand are in memory.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use super::errors::BackupError;
use super::names::PackName;
use super::pack::{self, BlobKey, Stretch};
use super::repository::Repository;

/// Packs that are kept in memory.
const PACKS_KEPT: usize = 2;

/// The index of a pack, in memory.
#[derive(Debug)]
struct Loaded {
    name: PackName,
    stretches: HashMap<BlobKey, Vec<Stretch>>,
}

/// Looks blobs up, in the order of their numbers.
#[derive(Debug)]
pub(crate) struct Catalog<'a> {
    repository: &'a Repository,
    ahead: VecDeque<PackName>,
    loaded: Vec<Loaded>,
    /// The packs that are there, with their sizes; `None` where each counts.
    sizes: Option<HashMap<PackName, u64>>,
    /// Packs that do not count, because they are missing or are not as long as they should be.
    unsound: Vec<PackName>,
}

/// Bytes of a blob in a pack.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Located {
    pub(crate) pack: PackName,
    pub(crate) stretch: Stretch,
}

impl<'a> Catalog<'a> {
    /// Of these packs, whose names are in order.
    pub(crate) fn new(repository: &'a Repository, names: Vec<PackName>) -> Catalog<'a> {
        let (ahead, sizes) = (names.into(), None);
        Catalog { repository, ahead, loaded: Vec::new(), sizes, unsound: Vec::new() }
    }

    /// Of all packs that are there and are as long as their indexes say. Those whose indexes are
    /// damaged do not count.
    pub(crate) fn sound(repository: &'a Repository) -> Result<Catalog<'a>, BackupError> {
        let mut names = repository.pack_names()?;
        let sizes = repository.pack_sizes()?;
        let unsound = names.iter().filter(|name| !sizes.contains_key(name)).copied().collect();
        names.retain(|name| sizes.contains_key(name));
        Ok(Catalog { sizes: Some(sizes), unsound, ..Catalog::new(repository, names) })
    }

    /// The names of packs that were found not to be sound so far.
    pub(crate) fn unsound(&self) -> impl Iterator<Item = String> {
        self.unsound.iter().map(PackName::pack)
    }

    /// What is wrong where the bytes of a blob are not found.
    pub(crate) fn lacks(&self, blob: u64) -> BackupError {
        match self.unsound().next() {
            Some(pack) => {
                BackupError::damaged(pack, "it is not there, or has another length, or its index is damaged")
            }
            None => BackupError::Missing { blob },
        }
    }

    /// What a pack has; `None` when it does not count.
    fn stretches(&mut self, name: &PackName) -> Result<Option<Vec<Stretch>>, BackupError> {
        let stretches = match pack::stretches(self.repository, name) {
            Err(BackupError::Damaged { .. }) if self.sizes.is_some() => None,
            stretches => Some(stretches?),
        };
        let bytes = self.sizes.as_ref().map(|sizes| sizes.get(name).copied());
        let is_whole = |stretches: &Vec<Stretch>| match bytes {
            Some(bytes) => bytes == Some(pack::sealed_bytes(stretches)),
            None => true,
        };
        let sound = stretches.filter(is_whole);
        if sound.is_none() {
            self.unsound.push(*name);
        }
        Ok(sound)
    }

    /// What there is of a blob, from its first byte on without a gap.
    pub(crate) fn find(&mut self, blob: BlobKey) -> Result<Vec<Located>, BackupError> {
        self.loaded.retain(|loaded| loaded.name.highest >= blob.id);
        while let Some(name) = self.ahead.pop_front_if(|name| name.lowest <= blob.id) {
            if name.highest < blob.id {
                continue;
            }
            let mut stretches: HashMap<BlobKey, Vec<Stretch>> = HashMap::new();
            for stretch in self.stretches(&name)?.unwrap_or_default() {
                stretches.entry(stretch.blob).or_default().push(stretch);
            }
            self.loaded.push(Loaded { name, stretches });
        }
        let mut found: Vec<Located> = Vec::new();
        for loaded in &self.loaded {
            let stretches = loaded.stretches.get(&blob).into_iter().flatten();
            found.extend(stretches.map(|stretch| Located { pack: loaded.name, stretch: *stretch }));
        }
        found.sort_by_key(|located| (located.stretch.from, std::cmp::Reverse(located.stretch.count)));
        let mut covered = 0;
        found.retain(|Located { stretch, .. }| {
            let is_next = stretch.from == covered && stretch.count > 0;
            if is_next {
                covered += stretch.count;
            }
            is_next
        });
        Ok(found)
    }
}

/// How many bytes these are.
pub(crate) fn covered(found: &[Located]) -> u64 {
    found.last().map_or(0, |last| last.stretch.from + last.stretch.count)
}

/// Reads packs, and keeps the last ones: blobs in the order of their numbers are mostly in the pack
/// of the one before.
#[derive(Debug)]
pub(crate) struct Packs<'a> {
    repository: &'a Repository,
    kept: VecDeque<(PackName, Arc<Vec<u8>>)>,
}

impl<'a> Packs<'a> {
    pub(crate) fn new(repository: &'a Repository) -> Packs<'a> {
        Packs { repository, kept: VecDeque::new() }
    }

    /// The content of a pack.
    pub(crate) fn read(&mut self, name: &PackName) -> Result<Arc<Vec<u8>>, BackupError> {
        if let Some((_, pack)) = self.kept.iter().find(|(known, _)| known == name) {
            return Ok(Arc::clone(pack));
        }
        let pack = Arc::new(self.repository.pack(name)?);
        self.kept.push_back((*name, Arc::clone(&pack)));
        if self.kept.len() > PACKS_KEPT {
            self.kept.pop_front();
        }
        Ok(pack)
    }
}

impl Located {
    /// What is wrong where its bytes are not in the pack.
    pub(crate) fn outside(&self) -> BackupError {
        BackupError::damaged(self.pack.index(), "an entry is outside of its pack")
    }
}
