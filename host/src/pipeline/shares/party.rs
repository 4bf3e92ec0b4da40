//! Whom a share belongs to: a client's address, or the account whose signature was verified.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::net::IpAddr;

/// Who holds places and memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Party {
    /// An address of IPv4.
    V4(u32),
    /// The first 64 bits of an address of IPv6: whoever has one address has all that begin so.
    V6(u64),
    /// An account, by the number that its id is.
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
