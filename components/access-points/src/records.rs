//! What the rows of the tables hold: `postcard` records behind one format byte, as in
//! `components/storage`.

#[cfg(test)]
mod tests;

use gateway::bucket::public_access_block::PublicAccessBlock;
pub(crate) use sdk::record::{Row, decode, encode};
use serde::{Deserialize, Serialize};

/// An access point. The order of the fields, and of the kinds, is part of the storage format.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct AccessPoint {
    /// What it is.
    pub(crate) kind: Kind,
    /// The bucket that it stands for.
    pub(crate) bucket: String,
    /// The account that owns the bucket: 12 digits.
    pub(crate) bucket_account: String,
    /// Its alias.
    pub(crate) alias: String,
    /// When it was made, in milliseconds since 1970.
    pub(crate) created_ms: u64,
    /// The network from which alone it is reached.
    pub(crate) network: Option<String>,
    /// Block Public Access.
    pub(crate) public_access: PublicAccessBlock,
    /// A number that stands for the text of its policy.
    pub(crate) policy: Option<u64>,
    /// Keys and values, in the order of the keys.
    pub(crate) tags: Vec<(String, String)>,
}

/// Kinds of access points.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) enum Kind {
    /// It stands for a bucket.
    Bucket,
}

/// The policy of an access point.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Policy {
    /// As it was given.
    pub(crate) text: String,
}
