//! Stands in for the volume until it seals: goes away with that.

use crate::volume::{Receiver, Span, SpanReader, Volume, VolumeError};

/// A key that bodies are sealed under: 32 bytes that nobody prints.
#[derive(Clone, PartialEq, Eq)]
pub struct DataKey([u8; 32]);

impl DataKey {
    /// The key with these bytes.
    pub fn new(bytes: [u8; 32]) -> DataKey {
        DataKey(bytes)
    }

    /// Its bytes, to be sealed themselves.
    pub fn reveal(&self) -> &[u8; 32] {
        &self.0
    }
}

impl std::fmt::Debug for DataKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("DataKey([redacted])")
    }
}

/// `Volume::receive`
pub fn receive(volume: &Volume, expected: Option<u64>, _key: Option<&DataKey>) -> Receiver {
    volume.receive(expected)
}

/// `Volume::reader`
pub fn reader(volume: &Volume, spans: &[Span], _key: Option<&DataKey>) -> Result<SpanReader, VolumeError> {
    volume.reader(spans)
}
