//! The places of one worker: who holds how many, and who gets the next.
//!
//! Requests with a verified signature may take every free place. The others may take a part of the
//! places, so that the rest stays for verified ones. Beyond both there are a few spare places, for
//! parties that hold few. So one party may use everything while it is alone, and a party that comes
//! then is served all the same.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::time::Duration;

use super::Party;

/// When places run short, a request may be ended after its client has kept it waiting for this
/// time: it is stalled.
pub(crate) const STALLED_MIN: Duration = Duration::from_secs(1);

/// A party holds few places when it has fewer than one in so many; as many are spare.
const FEW: usize = 8;

/// What is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Short {
    /// All places.
    Places,
    /// The part of requests without a verified signature.
    Unverified,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Places {
    places_max: usize,
    unverified_max: usize,
    unverified: usize,
    verified: usize,
    /// Usually of few parties, for which a tree is cheaper than a hash.
    held: BTreeMap<Party, usize>,
}

impl Places {
    /// `verified_percent` of the places are kept for requests with a verified signature.
    pub(crate) fn new(places_max: usize, verified_percent: usize) -> Places {
        let kept = places_max * verified_percent.min(100) / 100;
        let unverified_max = places_max.saturating_sub(kept).max(1);
        Places { places_max, unverified_max, unverified: 0, verified: 0, held: BTreeMap::new() }
    }

    /// Takes a place.
    pub(crate) fn take(&mut self, party: Party) -> Result<(), Short> {
        let taken = self.unverified + self.verified;
        let is_part_free = party.is_verified() || self.unverified < self.unverified_max;
        let is_free = taken < self.places_max && is_part_free;
        if !is_free && !self.is_spare_free(party) {
            return Err(if taken < self.places_max { Short::Unverified } else { Short::Places });
        }
        self.force(party);
        Ok(())
    }

    /// Whether a party that holds few places may take a spare one. Spare places are counted for
    /// each part, so that unverified requests cannot take those of verified ones.
    fn is_spare_free(&self, party: Party) -> bool {
        let spare = (self.places_max / FEW).max(1);
        let (part, bound) = match party.is_verified() {
            true => (0, self.places_max),
            false => (self.unverified, self.unverified_max),
        };
        let is_there = self.unverified + self.verified < self.places_max + 2 * spare && part < bound + spare;
        is_there && self.held_by(party) < (bound / FEW).max(1)
    }

    /// Takes a place, whether or not one is free: another party has just given one back.
    pub(crate) fn force(&mut self, party: Party) {
        *self.part(party) += 1;
        *self.held.entry(party).or_insert(0) += 1;
    }

    /// Gives a place back.
    pub(crate) fn give(&mut self, party: Party) {
        let part = self.part(party);
        *part = part.saturating_sub(1);
        if let Entry::Occupied(mut held) = self.held.entry(party) {
            *held.get_mut() -= 1;
            if *held.get() == 0 {
                held.remove();
            }
        }
    }

    /// How many places a party holds.
    pub(crate) fn held_by(&self, party: Party) -> usize {
        self.held.get(&party).copied().unwrap_or(0)
    }

    fn part(&mut self, party: Party) -> &mut usize {
        if party.is_verified() { &mut self.verified } else { &mut self.unverified }
    }
}

#[cfg(test)]
mod tests;
