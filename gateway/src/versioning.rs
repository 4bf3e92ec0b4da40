//! The versioning state of a bucket, and whether it takes a second factor to change it.

use serde::{Deserialize, Serialize};

/// Whether a bucket keeps versions. A bucket in which it was never turned on has none of the two.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum VersioningStatus {
    /// Every write makes a new version.
    Enabled,
    /// Versions stay; writes replace the null version.
    Suspended,
}

impl VersioningStatus {
    /// `Enabled` or `Suspended`
    pub fn name(self) -> &'static str {
        match self {
            VersioningStatus::Enabled => "Enabled",
            VersioningStatus::Suspended => "Suspended",
        }
    }

    /// The status with this name.
    pub fn parse(name: &str) -> Option<VersioningStatus> {
        match name {
            "Enabled" => Some(VersioningStatus::Enabled),
            "Suspended" => Some(VersioningStatus::Suspended),
            _ => None,
        }
    }
}

/// Whether it takes a one-time code to delete versions for good, and to change the versioning state:
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/MultiFactorAuthenticationDelete.html>. A bucket for which it was
/// never said has none of the two. The order of the variants is part of the storage format.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum MfaDelete {
    /// It does not.
    Disabled,
    /// It does.
    Enabled,
}

impl MfaDelete {
    /// `Enabled` or `Disabled`
    pub fn name(self) -> &'static str {
        match self {
            MfaDelete::Enabled => "Enabled",
            MfaDelete::Disabled => "Disabled",
        }
    }

    /// The state with this name.
    pub fn parse(name: &str) -> Option<MfaDelete> {
        match name {
            "Enabled" => Some(MfaDelete::Enabled),
            "Disabled" => Some(MfaDelete::Disabled),
            _ => None,
        }
    }
}
