//! What the rows of the tables hold: `postcard` records behind one format byte, as in
//! `components/storage`.

#[cfg(test)]
mod tests;

use gateway::bucket::object_lambda::{Feature, TransformedAction};
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

/// An Object Lambda access point. The order of the fields is part of the storage format.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct ObjectLambda {
    /// The ARN of the access point whose responses are transformed.
    pub(crate) supporting: String,
    /// Its alias.
    pub(crate) alias: String,
    /// When it was made, in milliseconds since 1970.
    pub(crate) created_ms: u64,
    /// `CloudWatchMetricsEnabled`
    pub(crate) metrics: bool,
    /// What requests may ask for where their response is transformed.
    pub(crate) features: Vec<Feature>,
    /// What transforms what. Payloads have rows of their own.
    pub(crate) transformations: Vec<Transformation>,
    /// A number that stands for the text of its policy.
    pub(crate) policy: Option<u64>,
}

/// What transforms the responses of some actions.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Transformation {
    /// The actions.
    pub(crate) actions: Vec<TransformedAction>,
    /// The function, or the webhook.
    pub(crate) function_arn: String,
    /// Whether there is a payload.
    pub(crate) has_payload: bool,
}

/// What is handed to a function each time.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Payload {
    /// As it was given.
    pub(crate) text: String,
}

/// The policy of an access point of either kind.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Policy {
    /// As it was given.
    pub(crate) text: String,
}
