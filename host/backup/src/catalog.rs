//! The catalog: which packs have the bytes of a blob. Blobs are asked for in the order of their
//! numbers, so that only the indexes around the number at hand are in memory.

use std::collections::{HashMap, VecDeque};

use super::errors::BackupError;
use super::names::PackName;
use super::pack::{self, BlobKey, Stretch};
use super::repository::Repository;

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
        Catalog { repository, ahead: names.into(), loaded: Vec::new() }
    }

    /// What there is of a blob, from its first byte on without a gap.
    pub(crate) fn find(&mut self, blob: BlobKey) -> Result<Vec<Located>, BackupError> {
        self.loaded.retain(|loaded| loaded.name.highest >= blob.id);
        while let Some(name) = self.ahead.pop_front_if(|name| name.lowest <= blob.id) {
            if name.highest < blob.id {
                continue;
            }
            let mut stretches: HashMap<BlobKey, Vec<Stretch>> = HashMap::new();
            for stretch in pack::stretches(self.repository, &name)? {
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
