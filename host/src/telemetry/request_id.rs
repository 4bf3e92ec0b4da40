//! Request ids: 16 capital letters and digits, as clients of S3 know them.

use std::sync::atomic::{AtomicU64, Ordering};

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

#[cfg(test)]
mod tests;
