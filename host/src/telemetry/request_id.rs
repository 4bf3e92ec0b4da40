//! Request ids: 16 capital letters and digits, as clients of S3 know them.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Digits and capitals without those that people confuse (`I`, `L`, `O`, `U`).
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Gives out request ids. No two are the same in a process; across restarts they differ by their
/// random start.
#[derive(Debug)]
pub struct RequestIds {
    seed: u64,
    prefix: u64,
    next: AtomicU64,
}

impl RequestIds {
    /// Ids that start at a random number.
    pub fn new() -> RequestIds {
        // Without entropy ids still differ within the process, which is all that is promised.
        let seed = getrandom::u64().unwrap_or_default();
        RequestIds { seed, prefix: getrandom::u64().unwrap_or_default() & 0xFFFF, next: AtomicU64::new(0) }
    }

    /// Whether it gave out this id.
    fn has_given(&self, bits: u128) -> bool {
        let count = unmix(bits as u64).wrapping_sub(self.seed);
        bits >> 64 == u128::from(self.prefix) && count < self.next.load(Ordering::Relaxed)
    }

    /// The next id.
    pub fn next(&self) -> String {
        let count = self.next.fetch_add(1, Ordering::Relaxed);
        let mut bits = u128::from(self.prefix) << 64 | u128::from(mix(count.wrapping_add(self.seed)));
        let mut id = String::with_capacity(16);
        for _ in 0..16 {
            let digit = (bits & 31) as usize;
            id.push(ALPHABET.get(digit).copied().map_or('0', char::from));
            bits >>= 5;
        }
        id
    }
}

/// Everything in a process that gives out request ids.
#[derive(Debug, Default)]
pub struct GivenIds(Mutex<Vec<Arc<RequestIds>>>);

impl GivenIds {
    /// One more.
    pub fn add(&self) -> Arc<RequestIds> {
        let ids = Arc::new(RequestIds::new());
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&ids));
        ids
    }

    /// Whether a request of this process has had this id: so an answer with it is from here.
    pub fn has_given(&self, id: &str) -> bool {
        let Some(bits) = bits(id) else { return false };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().any(|ids| ids.has_given(bits))
    }
}

/// The number that an id is written from.
fn bits(id: &str) -> Option<u128> {
    if id.len() != 16 {
        return None;
    }
    id.bytes().rev().try_fold(0, |bits, byte| {
        let digit = ALPHABET.iter().position(|known| *known == byte)?;
        Some(bits << 5 | digit as u128)
    })
}

impl Default for RequestIds {
    fn default() -> RequestIds {
        RequestIds::new()
    }
}

/// Scatters a number over 64 bits, each to a different one (the finaliser of SplitMix64).
pub(super) fn mix(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    number ^ (number >> 31)
}

/// The number that `mix` makes this one of.
fn unmix(number: u64) -> u64 {
    let number = number ^ (number >> 31) ^ (number >> 62);
    let number = number.wrapping_mul(0x3196_42B2_D24D_8EC3);
    let number = number ^ (number >> 27) ^ (number >> 54);
    let number = number.wrapping_mul(0x96DE_1B17_3F11_9089);
    number ^ (number >> 30) ^ (number >> 60)
}

#[cfg(test)]
mod tests;
