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
mod tests;
