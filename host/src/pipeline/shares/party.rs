//! A party, to which a share belongs: a client's address, or the account whose signature was
//! verified.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::net::IpAddr;

/// A holder of places and memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Party {
    /// An address of IPv4.
    V4(u32),
    /// The first 64 bits of an address of IPv6: a network of that size usually has one owner, who
    /// could use each of its addresses.
    V6(u64),
    /// An account, by its id as a number.
    Account(u64),
}

impl Party {
    /// The party of an address.
    pub fn of_address(address: IpAddr) -> Party {
        match address.to_canonical() {
            IpAddr::V4(address) => Party::V4(address.to_bits()),
            IpAddr::V6(address) => Party::V6((address.to_bits() >> 64) as u64),
        }
    }

    /// The party of an account.
    pub fn of_account(id: &str) -> Party {
        // Ids are 12 digits. The hash is for anything else that a stage might set.
        Party::Account(id.parse().unwrap_or_else(|_| {
            let mut hasher = DefaultHasher::new();
            id.hash(&mut hasher);
            hasher.finish()
        }))
    }

    /// Whether a signature was verified.
    pub fn is_verified(self) -> bool {
        matches!(self, Party::Account(_))
    }
}

#[cfg(test)]
mod tests;
