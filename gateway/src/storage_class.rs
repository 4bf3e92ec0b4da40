//! Storage classes: accepted, kept and returned.

use crate::errors::{ErrorCode, Result, S3Error};
use crate::headers::Headers;

/// A storage class, with the number under which it is stored.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
#[expect(missing_docs, reason = "AWS documents each under its name")]
#[repr(u8)]
pub enum StorageClass {
    #[default]
    Standard = 0,
    ReducedRedundancy = 1,
    StandardIa = 2,
    OnezoneIa = 3,
    IntelligentTiering = 4,
    Glacier = 5,
    DeepArchive = 6,
    GlacierIr = 7,
    ExpressOnezone = 8,
    Outposts = 9,
    Snow = 10,
    FsxOpenzfs = 11,
    FsxOntap = 12,
    AwsBackupWarm = 13,
    AwsBackupLowCostWarm = 14,
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

    /// The number under which the class is stored.
    pub fn number(self) -> u8 {
        self as u8
    }

    /// The class stored under a number.
    pub fn of_number(number: u8) -> Option<StorageClass> {
        NAMES.get(usize::from(number)).map(|(class, _)| *class)
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
    fn names_and_numbers_are_read_back() {
        for (number, (class, name)) in NAMES.iter().enumerate() {
            assert_eq!(usize::from(class.number()), number);
            assert_eq!(StorageClass::of_number(class.number()), Some(*class));
            assert_eq!(StorageClass::parse(name), Some(*class));
            assert_eq!(class.name(), *name);
        }
        assert_eq!(StorageClass::of_number(15), None);
    }

    #[test]
    fn an_unknown_class_is_invalid() {
        let of = |name| StorageClass::of_headers(&Headers::from_iter([("x-amz-storage-class", name)]));
        assert_eq!(of("GLACIER").unwrap(), StorageClass::Glacier);
        assert_eq!(StorageClass::of_headers(&Headers::default()).unwrap(), StorageClass::Standard);
        assert_eq!(of("standard").unwrap_err().code, ErrorCode::InvalidStorageClass);
    }
}
