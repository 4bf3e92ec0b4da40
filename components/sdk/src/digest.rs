//! What the host calls the checksum algorithms of S3.

use gateway::object::checksum::ChecksumAlgorithm;

use crate::DigestAlgorithm;

impl From<ChecksumAlgorithm> for DigestAlgorithm {
    fn from(algorithm: ChecksumAlgorithm) -> DigestAlgorithm {
        match algorithm {
            ChecksumAlgorithm::Crc32 => DigestAlgorithm::Crc32,
            ChecksumAlgorithm::Crc32c => DigestAlgorithm::Crc32c,
            ChecksumAlgorithm::Crc64Nvme => DigestAlgorithm::Crc64nvme,
            ChecksumAlgorithm::Sha1 => DigestAlgorithm::Sha1,
            ChecksumAlgorithm::Sha256 => DigestAlgorithm::Sha256,
            ChecksumAlgorithm::Sha512 => DigestAlgorithm::Sha512,
            ChecksumAlgorithm::Md5 => DigestAlgorithm::Md5,
            ChecksumAlgorithm::XxHash64 => DigestAlgorithm::Xxhash64,
            ChecksumAlgorithm::XxHash3 => DigestAlgorithm::Xxhash3,
            ChecksumAlgorithm::XxHash128 => DigestAlgorithm::Xxhash128,
        }
    }
}
