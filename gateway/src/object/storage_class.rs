//! Storage classes: accepted, kept and returned.

use crate::errors::{ErrorCode, Result, S3Error};
use crate::request::headers::Headers;
use serde::{Deserialize, Serialize};

/// A storage class:
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-class-intro.html>
///
/// The order of the variants is part of the storage format.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "AWS documents each under its name")]
pub enum StorageClass {
    #[default]
    Standard,
    ReducedRedundancy,
    StandardIa,
    OnezoneIa,
    IntelligentTiering,
    Glacier,
    DeepArchive,
    GlacierIr,
    ExpressOnezone,
    Outposts,
    Snow,
    FsxOpenzfs,
    FsxOntap,
    AwsBackupWarm,
    AwsBackupLowCostWarm,
}

const NAMES: [(StorageClass, &str); 15] = [
    (StorageClass::Standard, "STANDARD"),
    (StorageClass::ReducedRedundancy, "REDUCED_REDUNDANCY"),
    (StorageClass::StandardIa, "STANDARD_IA"),
    (StorageClass::OnezoneIa, "ONEZONE_IA"),
    (StorageClass::IntelligentTiering, "INTELLIGENT_TIERING"),
    (StorageClass::Glacier, "GLACIER"),
    (StorageClass::DeepArchive, "DEEP_ARCHIVE"),
    (StorageClass::GlacierIr, "GLACIER_IR"),
    (StorageClass::ExpressOnezone, "EXPRESS_ONEZONE"),
    (StorageClass::Outposts, "OUTPOSTS"),
    (StorageClass::Snow, "SNOW"),
    (StorageClass::FsxOpenzfs, "FSX_OPENZFS"),
    (StorageClass::FsxOntap, "FSX_ONTAP"),
    (StorageClass::AwsBackupWarm, "AWS_BACKUP_WARM"),
    (StorageClass::AwsBackupLowCostWarm, "AWS_BACKUP_LOW_COST_WARM"),
];

impl StorageClass {
    /// `STANDARD_IA`
    pub fn name(self) -> &'static str {
        NAMES.get(self as usize).map_or("STANDARD", |(_, name)| name)
    }

    /// The class with this name.
    pub fn parse(name: &str) -> Option<StorageClass> {
        NAMES.iter().find(|(_, candidate)| *candidate == name).map(|(class, _)| *class)
    }

    /// Reads `x-amz-storage-class`; `STANDARD` without it. `InvalidStorageClass` for other names.
    pub fn of_headers(headers: &Headers) -> Result<StorageClass> {
        let Some(name) = headers.get("x-amz-storage-class") else { return Ok(StorageClass::Standard) };
        StorageClass::parse(name)
            .ok_or_else(|| S3Error::new(ErrorCode::InvalidStorageClass).detail("StorageClassRequested", name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for (position, (class, name)) in NAMES.iter().enumerate() {
            assert_eq!(*class as usize, position);
            assert_eq!(StorageClass::parse(name), Some(*class));
            assert_eq!(class.name(), *name);
        }
    }

    #[test]
    fn an_unknown_class_is_invalid() {
        let of = |name| StorageClass::of_headers(&Headers::from_iter([("x-amz-storage-class", name)]));
        assert_eq!(of("GLACIER").unwrap(), StorageClass::Glacier);
        assert_eq!(StorageClass::of_headers(&Headers::default()).unwrap(), StorageClass::Standard);
        assert_eq!(of("standard").unwrap_err().code, ErrorCode::InvalidStorageClass);
    }
}
