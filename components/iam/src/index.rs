//! What is read of the host: rows, time, secrets. In unit tests an index in memory stands in.

#[cfg(not(test))]
mod host;
#[cfg(test)]
pub(crate) mod memory;

#[cfg(not(test))]
pub(crate) use host::{configured_user, find_step, generate, get, last_use, make_seed, random, scan};
#[cfg(test)]
pub(crate) use memory::{configured_user, find_step, generate, get, last_use, make_seed, random, scan};

/// A row as it is stored.
#[derive(Clone, Debug)]
pub(crate) struct RawRow {
    /// The key.
    pub(crate) key: Vec<u8>,
    /// The encoded record.
    pub(crate) value: Vec<u8>,
    /// The number of the commit that wrote it.
    pub(crate) revision: u64,
}

/// A new access key.
#[derive(Clone, Debug)]
pub(crate) struct Generated {
    /// `AKIA…`
    pub(crate) access_key_id: String,
    /// The secret, for the reply that shows it once.
    pub(crate) secret: String,
    /// The secret as the index keeps it.
    pub(crate) sealed: Vec<u8>,
}

/// The seed of a device that shows one-time codes.
#[derive(Clone)]
pub(crate) struct Seed {
    /// In base32, for the reply that shows it once.
    pub(crate) text: String,
    /// The seed as the index keeps it.
    pub(crate) sealed: Vec<u8>,
}

/// When an access key last signed.
#[derive(Clone, Debug)]
pub(crate) struct Usage {
    /// In milliseconds since 1970.
    pub(crate) at_ms: u64,
    /// `s3`
    pub(crate) service: String,
    /// `us-east-1`
    pub(crate) region: String,
}
