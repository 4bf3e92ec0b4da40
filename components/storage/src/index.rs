//! What plans need of the host: rows, sequences, random numbers.
//!
//! In unit tests an index in memory stands in for the host, so that plans can be made, committed
//! and compared with a model.

#[cfg(not(test))]
mod host;
#[cfg(test)]
pub(crate) mod memory;

#[cfg(not(test))]
pub(crate) use host::{first, get, next_sequence, random};
#[cfg(test)]
pub(crate) use memory::{first, get, next_sequence, random};

/// The value of a row and the commit that wrote it.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// The key.
    pub(crate) key: Vec<u8>,
    /// The encoded record.
    pub(crate) value: Vec<u8>,
    /// The number of the commit.
    pub(crate) revision: u64,
}
