//! Checksums as stored.

use gateway::object::checksum::ChecksumAlgorithm;
use serde::{Deserialize, Serialize};

/// A value of a checksum.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Checksum {
    /// How it was computed.
    pub(crate) algorithm: ChecksumAlgorithm,
    /// Its bytes, as S3 prints them in base64.
    pub(crate) value: Vec<u8>,
}

/// Which algorithms a version has checksums of: what listings print. The bits are those of
/// [`ChecksumAlgorithm::bit`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AlgorithmSet(pub(crate) u16);

impl AlgorithmSet {
    /// The algorithms of `checksums`.
    pub(crate) fn of(checksums: &[Checksum]) -> AlgorithmSet {
        AlgorithmSet(checksums.iter().fold(0, |set, checksum| set | checksum.algorithm.bit()))
    }
}
