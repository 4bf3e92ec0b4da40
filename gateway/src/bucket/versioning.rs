//! The versioning state of a bucket, and whether it takes a second factor to change it.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketVersioning.html>

use crate::errors::{ErrorCode, Result};
use crate::xml::{Element, XmlWriter};
use serde::{Deserialize, Serialize};

/// Whether a bucket keeps versions. A bucket in which versioning was never turned on has neither.
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

/// Whether it takes a one-time code to delete versions for good, and to change the versioning
/// state:
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/MultiFactorAuthenticationDelete.html>. A
/// bucket for which it was never set has neither. The order of the variants is part of the storage
/// format.
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

/// The document of PutBucketVersioning.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct VersioningConfiguration {
    /// Whether the bucket keeps versions.
    pub status: VersioningStatus,
    /// Whether it takes a second factor to delete them; `None` leaves that as it is.
    pub mfa_delete: Option<MfaDelete>,
}

impl VersioningConfiguration {
    /// Reads the body. `MalformedXML` against the schema, `IllegalVersioningConfigurationException`
    /// without a status.
    pub fn parse_document(body: &[u8]) -> Result<VersioningConfiguration> {
        let root = Element::parse_named(body, "VersioningConfiguration")?;
        root.only(&["Status", "MfaDelete"])?;
        let mfa_delete = match root.word_of("MfaDelete") {
            None => None,
            Some(text) => Some(MfaDelete::parse(text).ok_or(ErrorCode::MalformedXML)?),
        };
        let Some(status) = root.word_of("Status") else {
            return Err(ErrorCode::IllegalVersioningConfigurationException.into());
        };
        let status = VersioningStatus::parse(status).ok_or(ErrorCode::MalformedXML)?;
        Ok(VersioningConfiguration { status, mfa_delete })
    }
}

/// The document of GetBucketVersioning: empty when versioning was never turned on, without
/// `MfaDelete` when it was never set.
pub fn document(status: Option<VersioningStatus>, mfa_delete: Option<MfaDelete>) -> String {
    let mut xml = XmlWriter::document("VersioningConfiguration");
    xml.optional("Status", status.map(VersioningStatus::name));
    xml.optional("MfaDelete", mfa_delete.map(MfaDelete::name));
    xml.finish()
}

#[cfg(test)]
mod tests;
