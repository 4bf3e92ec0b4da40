//! Checksums as stored: the algorithms by number, so that rows do not depend on any other table's order.

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
    /// Every algorithm, in the order in which S3 lists them.
    pub(crate) const ALL: [Algorithm; 10] = [
        Algorithm::Crc32,
        Algorithm::Crc32c,
        Algorithm::Crc64Nvme,
        Algorithm::Sha1,
        Algorithm::Sha256,
        Algorithm::Sha512,
        Algorithm::Md5,
        Algorithm::XxHash64,
        Algorithm::XxHash3,
        Algorithm::XxHash128,
    ];

    /// The value of `x-amz-checksum-algorithm`: `CRC32C`.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Algorithm::Crc32 => "CRC32",
            Algorithm::Crc32c => "CRC32C",
            Algorithm::Crc64Nvme => "CRC64NVME",
            Algorithm::Sha1 => "SHA1",
            Algorithm::Sha256 => "SHA256",
            Algorithm::Sha512 => "SHA512",
            Algorithm::Md5 => "MD5",
            Algorithm::XxHash64 => "XXHASH64",
            Algorithm::XxHash3 => "XXHASH3",
            Algorithm::XxHash128 => "XXHASH128",
        }
    }

    /// Reads the value of `x-amz-checksum-algorithm` or `x-amz-sdk-checksum-algorithm`, in any case.
    pub(crate) fn parse(text: &str) -> Option<Algorithm> {
        Algorithm::ALL.into_iter().find(|algorithm| algorithm.as_str().eq_ignore_ascii_case(text))
    }

    /// The header that carries the value in base64: `x-amz-checksum-crc32c`.
    pub(crate) fn header(self) -> &'static str {
        match self {
            Algorithm::Crc32 => "x-amz-checksum-crc32",
            Algorithm::Crc32c => "x-amz-checksum-crc32c",
            Algorithm::Crc64Nvme => "x-amz-checksum-crc64nvme",
            Algorithm::Sha1 => "x-amz-checksum-sha1",
            Algorithm::Sha256 => "x-amz-checksum-sha256",
            Algorithm::Sha512 => "x-amz-checksum-sha512",
            Algorithm::Md5 => "x-amz-checksum-md5",
            Algorithm::XxHash64 => "x-amz-checksum-xxhash64",
            Algorithm::XxHash3 => "x-amz-checksum-xxhash3",
            Algorithm::XxHash128 => "x-amz-checksum-xxhash128",
        }
    }

    /// The XML element that carries the value: `ChecksumCRC32C`.
    pub(crate) fn element(self) -> &'static str {
        match self {
            Algorithm::Crc32 => "ChecksumCRC32",
            Algorithm::Crc32c => "ChecksumCRC32C",
            Algorithm::Crc64Nvme => "ChecksumCRC64NVME",
            Algorithm::Sha1 => "ChecksumSHA1",
            Algorithm::Sha256 => "ChecksumSHA256",
            Algorithm::Sha512 => "ChecksumSHA512",
            Algorithm::Md5 => "ChecksumMD5",
            Algorithm::XxHash64 => "ChecksumXXHASH64",
            Algorithm::XxHash3 => "ChecksumXXHASH3",
            Algorithm::XxHash128 => "ChecksumXXHASH128",
        }
    }

    /// Bytes of a value.
    pub(crate) fn length(self) -> usize {
        match self {
            Algorithm::Crc32 | Algorithm::Crc32c => 4,
            Algorithm::Crc64Nvme | Algorithm::XxHash64 | Algorithm::XxHash3 => 8,
            Algorithm::Md5 | Algorithm::XxHash128 => 16,
            Algorithm::Sha1 => 20,
            Algorithm::Sha256 => 32,
            Algorithm::Sha512 => 64,
        }
    }

    /// What the host calls it.
    pub(crate) fn digest(self) -> DigestAlgorithm {
        match self {
            Algorithm::Crc32 => DigestAlgorithm::Crc32,
            Algorithm::Crc32c => DigestAlgorithm::Crc32c,
            Algorithm::Crc64Nvme => DigestAlgorithm::Crc64nvme,
            Algorithm::Sha1 => DigestAlgorithm::Sha1,
            Algorithm::Sha256 => DigestAlgorithm::Sha256,
            Algorithm::Sha512 => DigestAlgorithm::Sha512,
            Algorithm::Md5 => DigestAlgorithm::Md5,
            Algorithm::XxHash64 => DigestAlgorithm::Xxhash64,
            Algorithm::XxHash3 => DigestAlgorithm::Xxhash3,
            Algorithm::XxHash128 => DigestAlgorithm::Xxhash128,
        }
    }
}

/// A value of a checksum.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Checksum {
    /// How it was computed.
    pub(crate) algorithm: Algorithm,
    /// Its bytes, as S3 prints them in base64.
    pub(crate) value: Vec<u8>,
}

/// Which algorithms a version has checksums of: what listings print.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AlgorithmSet(pub(crate) u16);

impl AlgorithmSet {
    /// The algorithms of `checksums`.
    pub(crate) fn of(checksums: &[Checksum]) -> AlgorithmSet {
        AlgorithmSet(checksums.iter().fold(0, |set, checksum| set | (1 << checksum.algorithm as u16)))
    }

    /// The algorithms in the set, in the order of [`Algorithm::ALL`].
    pub(crate) fn iter(self) -> impl Iterator<Item = Algorithm> {
        Algorithm::ALL.into_iter().filter(move |algorithm| self.0 & (1 << *algorithm as u16) != 0)
    }
}

/// What the checksum of an object covers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum ChecksumType {
    /// The bytes of the object.
    #[default]
    FullObject,
    /// The checksums of the parts, one after the other. Printed as `value-count`.
    Composite,
}

impl ChecksumType {
    /// As S3 spells it: `FULL_OBJECT`, `COMPOSITE`.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            ChecksumType::FullObject => "FULL_OBJECT",
            ChecksumType::Composite => "COMPOSITE",
        }
    }

    /// Reads S3's spelling.
    pub(crate) fn parse(text: &str) -> Option<ChecksumType> {
        match text {
            "FULL_OBJECT" => Some(ChecksumType::FullObject),
            "COMPOSITE" => Some(ChecksumType::Composite),
            _ => None,
        }
    }
}
