//! Room: the memory for bodies that are received as a whole, of all workers together.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::Party;

/// A body that announces no more than this takes no room. The number of such bodies is bounded by
/// that of requests, and so long bodies cannot keep the usual short ones out.
pub const SHORT_BYTES_MAX: u64 = 16 << 10;
/// A party holds little when it has less than one part in so many; as much is spare, for such
/// parties only.
const FEW: usize = 8;

/// See the module.
#[derive(Debug)]
pub struct Room {
    bytes_max: usize,
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    unverified: usize,
    verified: usize,
    parties: HashMap<Party, usize>,
}

/// Room that is held until this is dropped.
#[derive(Debug)]
pub struct Taken<'a> {
    room: &'a Room,
    party: Party,
    bytes: usize,
}

impl Room {
    /// Room of so many bytes. Unverified requests may take half of them.
    pub fn new(bytes_max: usize) -> Room {
        Room { bytes_max, held: Mutex::default() }
    }

    /// Takes what a body of a party needs: its announced length, or `length_max` where it announces
    /// none. `None` when there is no room left for it.
    pub fn take(&self, party: Party, content_length: Option<u64>, length_max: u64) -> Option<Taken<'_>> {
        let needed = content_length.map_or(length_max, |length| length.min(length_max));
        if content_length.is_some() && needed <= SHORT_BYTES_MAX {
            return Some(Taken { room: self, party, bytes: 0 });
        }
        let bytes = usize::try_from(needed).ok()?;
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let total = held.unverified.checked_add(held.verified)?.checked_add(bytes)?;
        let (part, part_max) = match party.is_verified() {
            true => (total, self.bytes_max),
            false => (held.unverified + bytes, self.bytes_max / 2),
        };
        let few = part_max / FEW;
        let own = held.parties.get(&party).copied().unwrap_or(0) + bytes;
        let is_free = total <= self.bytes_max && part <= part_max;
        let is_spare = own <= few && part <= part_max + few && total <= self.bytes_max + self.bytes_max / FEW;
        if !is_free && !is_spare {
            return None;
        }
        *held.part(party) += bytes;
        *held.parties.entry(party).or_insert(0) += bytes;
        Some(Taken { room: self, party, bytes })
    }
}

impl Held {
    fn part(&mut self, party: Party) -> &mut usize {
        if party.is_verified() { &mut self.verified } else { &mut self.unverified }
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        if self.bytes == 0 {
            return;
        }
        let mut held = self.room.held.lock().unwrap_or_else(PoisonError::into_inner);
        let part = held.part(self.party);
        *part = part.saturating_sub(self.bytes);
        if let Some(own) = held.parties.get_mut(&self.party) {
            *own = own.saturating_sub(self.bytes);
            if *own == 0 {
                held.parties.remove(&self.party);
            }
        }
    }
}

#[cfg(test)]
mod tests;
