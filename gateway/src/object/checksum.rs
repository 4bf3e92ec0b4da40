//! Checksums of objects and parts: algorithms, their values, and the headers of requests about
//! them.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html>

mod request;

pub use request::{
    MultipartChecksum, RequestChecksum, content_md5, copy_algorithm, presigned_algorithm, require_digest,
};

use crate::errors::{Result, S3Error};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

/// A checksum algorithm. The names of S3. The order of the variants is part of the storage format.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the algorithms' own names")]
pub enum ChecksumAlgorithm {
    Crc32,
    Crc32c,
    Crc64Nvme,
    Sha1,
    Sha256,
    Sha512,
    Md5,
    XxHash64,
    XxHash3,
    XxHash128,
}

/// Name, header, element of documents, length in bytes. In the order of the enum.
const NAMES: [(&str, &str, &str, usize); 10] = [
    ("CRC32", "x-amz-checksum-crc32", "ChecksumCRC32", 4),
    ("CRC32C", "x-amz-checksum-crc32c", "ChecksumCRC32C", 4),
    ("CRC64NVME", "x-amz-checksum-crc64nvme", "ChecksumCRC64NVME", 8),
    ("SHA1", "x-amz-checksum-sha1", "ChecksumSHA1", 20),
    ("SHA256", "x-amz-checksum-sha256", "ChecksumSHA256", 32),
    ("SHA512", "x-amz-checksum-sha512", "ChecksumSHA512", 64),
    ("MD5", "x-amz-checksum-md5", "ChecksumMD5", 16),
    ("XXHASH64", "x-amz-checksum-xxhash64", "ChecksumXXHASH64", 8),
    ("XXHASH3", "x-amz-checksum-xxhash3", "ChecksumXXHASH3", 8),
    ("XXHASH128", "x-amz-checksum-xxhash128", "ChecksumXXHASH128", 16),
];

impl ChecksumAlgorithm {
    /// Every algorithm, in the order of the enum.
    pub const ALL: [ChecksumAlgorithm; 10] = [
        ChecksumAlgorithm::Crc32,
        ChecksumAlgorithm::Crc32c,
        ChecksumAlgorithm::Crc64Nvme,
        ChecksumAlgorithm::Sha1,
        ChecksumAlgorithm::Sha256,
        ChecksumAlgorithm::Sha512,
        ChecksumAlgorithm::Md5,
        ChecksumAlgorithm::XxHash64,
        ChecksumAlgorithm::XxHash3,
        ChecksumAlgorithm::XxHash128,
    ];

    /// The algorithm that S3 computes where the client names none.
    pub const DEFAULT: ChecksumAlgorithm = ChecksumAlgorithm::Crc64Nvme;

    fn names(self) -> (&'static str, &'static str, &'static str, usize) {
        NAMES.get(self as usize).copied().unwrap_or_default()
    }

    /// `CRC32C`
    pub fn name(self) -> &'static str {
        self.names().0
    }

    /// `x-amz-checksum-crc32c`
    pub fn header(self) -> &'static str {
        self.names().1
    }

    /// `ChecksumCRC32C`
    pub fn element(self) -> &'static str {
        self.names().2
    }

    /// How many bytes a value has.
    pub fn length(self) -> usize {
        self.names().3
    }

    /// One bit for the algorithm, for sets of them. Stored: never change it.
    pub fn bit(self) -> u16 {
        1 << (self as u16)
    }

    /// The algorithms of a set, in order.
    pub fn of_bits(bits: u16) -> impl Iterator<Item = ChecksumAlgorithm> {
        ChecksumAlgorithm::ALL.into_iter().filter(move |algorithm| bits & algorithm.bit() != 0)
    }

    /// The algorithm with this name, in either case.
    pub fn parse(name: &str) -> Option<ChecksumAlgorithm> {
        ChecksumAlgorithm::ALL
            .into_iter()
            .find(|algorithm| algorithm.name().eq_ignore_ascii_case(name.trim()))
    }

    /// The algorithm whose value this lower-case header holds.
    pub fn of_header(name: &str) -> Option<ChecksumAlgorithm> {
        ChecksumAlgorithm::ALL.into_iter().find(|algorithm| algorithm.header() == name)
    }

    /// Whether a multipart upload may have checksums of this type. Only of CRCs can the checksum of
    /// a whole be computed from those of its parts.
    pub fn supports(self, kind: ChecksumType) -> bool {
        match self {
            ChecksumAlgorithm::Crc32 | ChecksumAlgorithm::Crc32c => true,
            ChecksumAlgorithm::Crc64Nvme => kind == ChecksumType::FullObject,
            _ => kind == ChecksumType::Composite,
        }
    }

    /// The type of a multipart upload that names none.
    pub fn default_type(self) -> ChecksumType {
        if self == ChecksumAlgorithm::Crc64Nvme { ChecksumType::FullObject } else { ChecksumType::Composite }
    }
}

impl std::fmt::Display for ChecksumAlgorithm {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.name())
    }
}

/// What the checksum of an object is taken of. The order of the variants is part of the storage
/// format.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum ChecksumType {
    /// Of all its bytes.
    FullObject,
    /// Of the checksums of its parts, one after the other; printed with the number of parts.
    Composite,
}

impl ChecksumType {
    /// `COMPOSITE` or `FULL_OBJECT`
    pub fn name(self) -> &'static str {
        match self {
            ChecksumType::Composite => "COMPOSITE",
            ChecksumType::FullObject => "FULL_OBJECT",
        }
    }

    /// The type with this name, in either case.
    pub fn parse(name: &str) -> Option<ChecksumType> {
        [ChecksumType::Composite, ChecksumType::FullObject]
            .into_iter()
            .find(|kind| kind.name().eq_ignore_ascii_case(name.trim()))
    }
}

/// A checksum. It prints as in headers and documents: base64, and the number of parts for a
/// composite one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Checksum {
    /// How it was computed.
    pub algorithm: ChecksumAlgorithm,
    /// The digest, big-endian for numbers; as long as the algorithm says.
    pub value: Vec<u8>,
    /// The number of parts, of a composite checksum.
    pub parts: Option<u32>,
}

impl Checksum {
    /// Reads a value such as `sOO8/Q==` or, composite, `sOO8/Q==-3`. `InvalidRequest` naming the
    /// header otherwise.
    pub fn parse(algorithm: ChecksumAlgorithm, text: &str) -> Result<Checksum> {
        Checksum::read(algorithm, text).ok_or_else(|| {
            S3Error::invalid_request(format!("Value for {} header is invalid.", algorithm.header()))
        })
    }

    /// The same, for a text that does not come from a header.
    pub fn read(algorithm: ChecksumAlgorithm, text: &str) -> Option<Checksum> {
        let (digest, parts) = match text.trim().split_once('-') {
            Some((digest, parts)) => (digest, Some(parts)),
            None => (text.trim(), None),
        };
        let value = STANDARD.decode(digest).ok()?;
        let parts = parts.map(str::parse).transpose().ok()?;
        (value.len() == algorithm.length() && parts != Some(0)).then_some(Checksum {
            algorithm,
            value,
            parts,
        })
    }

    /// Appends the checksum as it prints.
    pub fn push(&self, out: &mut String) {
        STANDARD.encode_string(&self.value, out);
        if let Some(parts) = self.parts {
            out.push('-');
            crate::xml::push_number(out, u64::from(parts));
        }
    }
}

impl std::fmt::Display for Checksum {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut out = String::with_capacity(48);
        self.push(&mut out);
        formatter.write_str(&out)
    }
}

#[cfg(test)]
mod tests;
