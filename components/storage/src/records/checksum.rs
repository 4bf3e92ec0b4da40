//! Checksums as stored: the algorithms by number, so that rows do not depend on any other table's order.

use gateway::checksum::ChecksumAlgorithm;
use sdk::DigestAlgorithm;
use serde::{Deserialize, Serialize};

/// A checksum algorithm of S3: https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
///
/// The order of the variants is part of the storage format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[repr(u8)]
pub(crate) enum Algorithm {
    /// `CRC32`
    Crc32,
    /// `CRC32C`
    Crc32c,
    /// `CRC64NVME`: what an object gets when its writer names none.
    Crc64Nvme,
    /// `SHA1`
    Sha1,
    /// `SHA256`
    Sha256,
    /// `SHA512`
    Sha512,
    /// `MD5`, as a checksum; the ETag's MD5 is kept elsewhere.
    Md5,
    /// `XXHASH64`
    XxHash64,
    /// `XXHASH3`
    XxHash3,
    /// `XXHASH128`
    XxHash128,
}

impl Algorithm {
    /// The value of `x-amz-checksum-algorithm`: `CRC32C`.
    pub(crate) fn as_str(self) -> &'static str {
        ChecksumAlgorithm::from(self).name()
    }

    /// The header that carries the value in base64: `x-amz-checksum-crc32c`.
    pub(crate) fn header(self) -> &'static str {
        ChecksumAlgorithm::from(self).header()
    }

    /// The XML element that carries the value: `ChecksumCRC32C`.
    pub(crate) fn element(self) -> &'static str {
        ChecksumAlgorithm::from(self).element()
    }

    /// Bytes of a value.
    pub(crate) fn length(self) -> usize {
        ChecksumAlgorithm::from(self).length()
    }

    /// What the host calls it.
    pub(crate) fn digest(self) -> DigestAlgorithm {
        self.into()
    }
}

/// Each stored algorithm, S3's algorithm, and the host's.
macro_rules! algorithms {
    ($($name:ident $digest:ident),+) => {
        impl From<Algorithm> for ChecksumAlgorithm {
            fn from(algorithm: Algorithm) -> ChecksumAlgorithm {
                match algorithm { $(Algorithm::$name => ChecksumAlgorithm::$name),+ }
            }
        }

        impl From<ChecksumAlgorithm> for Algorithm {
            fn from(algorithm: ChecksumAlgorithm) -> Algorithm {
                match algorithm { $(ChecksumAlgorithm::$name => Algorithm::$name),+ }
            }
        }

        impl From<Algorithm> for DigestAlgorithm {
            fn from(algorithm: Algorithm) -> DigestAlgorithm {
                match algorithm { $(Algorithm::$name => DigestAlgorithm::$digest),+ }
            }
        }
    };
}

#[rustfmt::skip]
algorithms! {
    Crc32 Crc32, Crc32c Crc32c, Crc64Nvme Crc64nvme, Sha1 Sha1, Sha256 Sha256, Sha512 Sha512, Md5 Md5,
    XxHash64 Xxhash64, XxHash3 Xxhash3, XxHash128 Xxhash128
}

/// A value of a checksum.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Checksum {
    /// How it was computed.
    pub(crate) algorithm: Algorithm,
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
        AlgorithmSet(
            checksums.iter().fold(0, |set, checksum| set | ChecksumAlgorithm::from(checksum.algorithm).bit()),
        )
    }
}
