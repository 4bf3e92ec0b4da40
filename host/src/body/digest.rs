//! Digests of bytes, several at once over one pass.
//!
//! CRCs and xxHashes come as big-endian bytes, as S3 prints them in base64.

use crc_fast::CrcAlgorithm;
use sha1::Sha1;
use sha2::{Digest as _, Sha256, Sha512};
use xxhash_rust::{xxh3::Xxh3, xxh64::Xxh64};

use super::md5::{self, Md5};

#[cfg(test)]
mod tests;

/// Bytes that one digest takes before the next gets its turn: small enough to still be in the
/// second-level cache.
const TURN_BYTES: usize = 128 * 1024;

/// A digest that the host computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Algorithm {
    /// 16 bytes.
    Md5,
    /// 20 bytes.
    Sha1,
    /// 32 bytes.
    Sha256,
    /// 64 bytes.
    Sha512,
    /// CRC-32/ISO-HDLC, 4 bytes.
    Crc32,
    /// CRC-32/ISCSI, 4 bytes.
    Crc32c,
    /// CRC-64/NVME, 8 bytes.
    Crc64nvme,
    /// XXH64 with seed 0, 8 bytes.
    Xxhash64,
    /// XXH3 of 64 bits with seed 0, 8 bytes.
    Xxhash3,
    /// XXH3 of 128 bits with seed 0, 16 bytes.
    Xxhash128,
}

impl Algorithm {
    /// Every algorithm.
    pub const ALL: [Self; 10] = [
        Self::Md5,
        Self::Sha1,
        Self::Sha256,
        Self::Sha512,
        Self::Crc32,
        Self::Crc32c,
        Self::Crc64nvme,
        Self::Xxhash64,
        Self::Xxhash3,
        Self::Xxhash128,
    ];

    /// The CRC behind the algorithm, if it is one.
    fn crc(self) -> Option<CrcAlgorithm> {
        match self {
            Self::Crc32 => Some(CrcAlgorithm::Crc32IsoHdlc),
            Self::Crc32c => Some(CrcAlgorithm::Crc32Iscsi),
            Self::Crc64nvme => Some(CrcAlgorithm::Crc64Nvme),
            _ => None,
        }
    }

    /// The value of a CRC as bytes: 4 of them, 8 for CRC64NVME.
    fn crc_bytes(self, value: u64) -> Vec<u8> {
        match self {
            Self::Crc64nvme => value.to_be_bytes().to_vec(),
            _ => (value as u32).to_be_bytes().to_vec(),
        }
    }
}

/// The digest of `bytes`.
pub fn compute(algorithm: Algorithm, bytes: &[u8]) -> Vec<u8> {
    match algorithm {
        Algorithm::Md5 => md5::digest(bytes).to_vec(),
        Algorithm::Sha1 => Sha1::digest(bytes).to_vec(),
        Algorithm::Sha256 => Sha256::digest(bytes).to_vec(),
        Algorithm::Sha512 => Sha512::digest(bytes).to_vec(),
        Algorithm::Xxhash64 => xxhash_rust::xxh64::xxh64(bytes, 0).to_be_bytes().to_vec(),
        Algorithm::Xxhash3 => xxhash_rust::xxh3::xxh3_64(bytes).to_be_bytes().to_vec(),
        Algorithm::Xxhash128 => xxhash_rust::xxh3::xxh3_128(bytes).to_be_bytes().to_vec(),
        Algorithm::Crc32 | Algorithm::Crc32c | Algorithm::Crc64nvme => {
            let value = algorithm.crc().map(|crc| crc_fast::checksum(crc, bytes));
            algorithm.crc_bytes(value.unwrap_or_default())
        }
    }
}

/// The CRC of two stretches one after the other, from the CRC of each and the length of the second.
///
/// `None` when the algorithm is not a CRC or a value does not have its length.
pub fn combine(algorithm: Algorithm, first: &[u8], second: &[u8], second_length: u64) -> Option<Vec<u8>> {
    let crc = algorithm.crc()?;
    let (first, second) = (crc_value(algorithm, first)?, crc_value(algorithm, second)?);
    Some(algorithm.crc_bytes(crc_fast::checksum_combine(crc, first, second, second_length)))
}

fn crc_value(algorithm: Algorithm, bytes: &[u8]) -> Option<u64> {
    match algorithm {
        Algorithm::Crc64nvme => bytes.try_into().ok().map(u64::from_be_bytes),
        _ => bytes.try_into().ok().map(|bytes| u64::from(u32::from_be_bytes(bytes))),
    }
}

/// A digest under way.
enum State {
    Md5(Md5),
    Sha1(Sha1),
    Sha256(Sha256),
    Sha512(Sha512),
    Crc(crc_fast::Digest),
    Xxhash64(Xxh64),
    /// Boxed: several times larger than the others.
    Xxhash3(Box<Xxh3>),
}

impl State {
    fn new(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Md5 => Self::Md5(Md5::new()),
            Algorithm::Sha1 => Self::Sha1(Sha1::new()),
            Algorithm::Sha256 => Self::Sha256(Sha256::new()),
            Algorithm::Sha512 => Self::Sha512(Sha512::new()),
            Algorithm::Crc32 => Self::Crc(crc_fast::Digest::new(CrcAlgorithm::Crc32IsoHdlc)),
            Algorithm::Crc32c => Self::Crc(crc_fast::Digest::new(CrcAlgorithm::Crc32Iscsi)),
            Algorithm::Crc64nvme => Self::Crc(crc_fast::Digest::new(CrcAlgorithm::Crc64Nvme)),
            Algorithm::Xxhash64 => Self::Xxhash64(Xxh64::new(0)),
            Algorithm::Xxhash3 | Algorithm::Xxhash128 => Self::Xxhash3(Box::new(Xxh3::new())),
        }
    }

    fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Md5(state) => state.update(bytes),
            Self::Sha1(state) => state.update(bytes),
            Self::Sha256(state) => state.update(bytes),
            Self::Sha512(state) => state.update(bytes),
            Self::Crc(state) => state.update(bytes),
            Self::Xxhash64(state) => state.update(bytes),
            Self::Xxhash3(state) => state.update(bytes),
        }
    }

    fn finish(self, algorithm: Algorithm) -> Vec<u8> {
        match self {
            Self::Md5(state) => state.finish().to_vec(),
            Self::Sha1(state) => state.finalize().to_vec(),
            Self::Sha256(state) => state.finalize().to_vec(),
            Self::Sha512(state) => state.finalize().to_vec(),
            Self::Crc(state) => algorithm.crc_bytes(state.finalize()),
            Self::Xxhash64(state) => state.digest().to_be_bytes().to_vec(),
            Self::Xxhash3(state) if algorithm == Algorithm::Xxhash128 => {
                state.digest128().to_be_bytes().to_vec()
            }
            Self::Xxhash3(state) => state.digest().to_be_bytes().to_vec(),
        }
    }
}

/// Several digests of the same bytes.
pub struct DigestSet {
    states: Vec<(Algorithm, State)>,
}

impl DigestSet {
    /// Digests of nothing, so far. An algorithm named twice is computed once.
    pub fn new(algorithms: impl IntoIterator<Item = Algorithm>) -> Self {
        let mut states: Vec<(Algorithm, State)> = Vec::new();
        for algorithm in algorithms {
            if states.iter().all(|(known, _)| *known != algorithm) {
                states.push((algorithm, State::new(algorithm)));
            }
        }
        Self { states }
    }

    /// Appends bytes to each.
    pub fn update(&mut self, bytes: &[u8]) {
        if let [(_, state)] = self.states.as_mut_slice() {
            return state.update(bytes);
        }
        for turn in bytes.chunks(TURN_BYTES) {
            for (_, state) in &mut self.states {
                state.update(turn);
            }
        }
    }

    /// The digests, in the order in which the algorithms were named.
    pub fn finish(self) -> Vec<(Algorithm, Vec<u8>)> {
        self.states.into_iter().map(|(algorithm, state)| (algorithm, state.finish(algorithm))).collect()
    }
}

impl std::fmt::Debug for DigestSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.states.iter().map(|(algorithm, _)| algorithm)).finish()
    }
}
