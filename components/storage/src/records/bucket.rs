//! A bucket and its configuration.

use serde::{Deserialize, Serialize};

use super::{Account, ObjectLockConfiguration, plain_record};

/// The row of a bucket in `buckets`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct BucketRow {
    /// Stands for the bucket in the keys of every other table. Never reused.
    pub(crate) id: u64,
    /// Who owns the bucket, and (for now) every object in it.
    pub(crate) owner: Account,
    /// Milliseconds since 1970.
    pub(crate) created_ms: u64,
    /// `us-east-1`
    pub(crate) region: String,
    /// Whether writes keep what was there.
    pub(crate) versioning: Versioning,
    /// Present once Object Lock is enabled; it can never be disabled.
    pub(crate) object_lock: Option<ObjectLockConfiguration>,
    /// The bucket's tags, in the order given.
    pub(crate) tags: Vec<(String, String)>,
}

/// The versioning state of a bucket: https://docs.aws.amazon.com/AmazonS3/latest/userguide/Versioning.html
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Versioning {
    /// Never enabled: every version is the null version, a delete leaves nothing.
    #[default]
    Unversioned,
    /// Every write makes a version with an id of its own.
    Enabled,
    /// Writes replace the null version and leave versions with ids alone.
    Suspended,
}

plain_record!(BucketRow);
