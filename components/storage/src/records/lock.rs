//! Object Lock as stored: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html

use serde::{Deserialize, Serialize};

/// The Object Lock configuration of a bucket in which Object Lock is enabled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ObjectLockConfiguration {
    /// Given to every new version that brings no retention of its own.
    pub(crate) default_retention: Option<DefaultRetention>,
}

/// `DefaultRetention` of an Object Lock configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DefaultRetention {
    /// The mode of the retention.
    pub(crate) mode: LockMode,
    /// How long it lasts, from the creation of the version.
    pub(crate) period: Period,
}

/// Exactly one of `Days` and `Years`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Period {
    /// At least 1.
    Days(u32),
    /// At least 1; a year is 365 days.
    Years(u32),
}

/// What a retention allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum LockMode {
    /// Those with `s3:BypassGovernanceRetention` may delete the version and shorten the retention.
    Governance,
    /// Nobody may, before the date.
    Compliance,
}

impl LockMode {
    /// As S3 spells it: `GOVERNANCE`, `COMPLIANCE`.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            LockMode::Governance => "GOVERNANCE",
            LockMode::Compliance => "COMPLIANCE",
        }
    }
}

/// The retention of one version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Retention {
    /// What it allows.
    pub(crate) mode: LockMode,
    /// Milliseconds since 1970; the version is protected before this.
    pub(crate) until_ms: u64,
}
