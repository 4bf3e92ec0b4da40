//! The versioning state of a bucket.

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
