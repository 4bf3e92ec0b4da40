//! The policy language of AWS: who may do what with which resource, under which conditions.
//!
//! It reads identity policies, policies of buckets and keys, trust policies of roles, session
//! policies, permissions boundaries and policies of endpoints, and decides by them
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>). A document
//! is read once ([`Policy::parse`]), and evaluated as often as needed ([`Policy::evaluate`]).
//! [`decide()`] combines the policies that apply to one request, and [`explain()`] says what each
//! statement had to do with it. [`lint_text`] finds mistakes, [`simulate()`] decides on
//! hypothetical requests.
//!
//! The crate depends on nothing of this workspace, performs no I/O and reads no clock. The caller
//! says by a [`Context`] what a request carries for each condition key. [`ContextEntries`] is a
//! context for values that are known ahead.
//!
//! ```
//! use policy_language::{ContextEntries, Identity, Kind, Policies, Policy, Principal};
//! use policy_language::{Request, Source, decide};
//!
//! // Everybody of the account may read, from one network.
//! let text = r#"{"Version": "2012-10-17", "Statement": {
//!     "Effect": "Allow", "Principal": {"AWS": "111122223333"},
//!     "Action": "s3:GetObject", "Resource": "arn:aws:s3:::photos/*",
//!     "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}}}"#;
//! let policy = Policy::parse(Kind::Bucket("photos"), text)?;
//!
//! // Alice has a policy of her own, too.
//! let own = r#"{"Version": "2012-10-17", "Statement": {
//!     "Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}}"#;
//! let own = Policy::parse(Kind::Identity, own)?;
//! let arn = "arn:aws:iam::111122223333:user/alice";
//! let alice = Principal::of_account("111122223333", "", "alice", arn);
//!
//! let policies = Policies {
//!     owner: Some("999988887777"),
//!     identity: Identity::Policies(&[Source { label: "readers", policy: &own }]),
//!     resource: Some(Source { label: "photos", policy: &policy }),
//!     ..Policies::default()
//! };
//! for (address, is_allowed) in [("203.0.113.7", true), ("198.51.100.7", false)] {
//!     let context = ContextEntries::default().with("aws:SourceIp", &[address]);
//!     let request = Request::new(&alice, "s3:GetObject", "arn:aws:s3:::photos/cat.jpg", &context);
//!     assert_eq!(decide(&request, &policies).is_allowed(), is_allowed);
//! }
//! # Ok::<(), policy_language::MalformedPolicy>(())
//! ```
//!
//! # Limits
//!
//! Policies and requests come from people who may mean harm. A document has at most
//! [`DOCUMENT_LENGTH_MAX`] bytes, that of a bucket [`BUCKET_POLICY_LENGTH_MAX`]; reading takes time
//! in proportion to them. What a decision costs is counted in steps, never in time: all policies of
//! one request have one [`Budget`], [`WORK_MAX`] steps unless [`Request::within`] says otherwise.
//! Once it is spent, [`decide()`] denies. A simulation makes at most
//! [`EVALUATIONS_MAX`](simulate::EVALUATIONS_MAX) evaluations.
//!
//! | module | what |
//! | --- | --- |
//! | [`document`] | reading a document, with AWS's words for what is wrong with it |
//! | [`keys`] | THE CONDITION KEYS |
//! | [`actions`] | the actions of S3, and what each is about |
//! | [`context`], [`request`] | what is decided on, and its circumstances |
//! | [`evaluate`] | what one policy says |
//! | [`budget`] | what evaluating may cost |
//! | [`memory`] | what was found out for a request, so that it is found out once |
//! | [`decide`](mod@decide) | the decision by all policies, and why |
//! | [`explain`](mod@explain) | what each statement had to do with it |
//! | [`public`] | what "public" means |
//! | [`lint`](mod@lint) | mistakes in a policy, or in the text of one |
//! | [`simulate`](mod@simulate) | what would be decided on hypothetical requests |
//! | [`positions`] | where in a text its statements are |
//! | [`json`], [`timestamp`] | JSON and times as policies compare them, for others who read both |

pub mod actions;
pub mod budget;
mod condition;
pub mod context;
pub mod decide;
pub mod document;
pub mod evaluate;
pub mod explain;
pub mod json;
pub mod keys;
mod kind;
pub mod lint;
mod malformed;
pub mod memory;
mod operator;
mod pattern;
pub mod positions;
mod principal;
pub mod public;
pub mod request;
pub mod simulate;
mod suggest;
pub mod timestamp;
mod values;

pub use budget::{Budget, EXHAUSTED, WORK_MAX};
pub use context::{Context, ContextEntries, LOOKUP_COST};
pub use decide::{AclGrant, Decision, Identity, Layer, Outcome, Policies, Reason, Source, decide};
pub use document::{BUCKET_POLICY_LENGTH_MAX, DOCUMENT_LENGTH_MAX, Policy, Statement};
pub use evaluate::Verdict;
pub use explain::{Compared, Considered, Explained, Fit, explain};
pub use keys::{Key, KeyId, Values};
pub use kind::{Effect, Kind, Version};
pub use lint::{Finding, Severity, kind_of, lint, lint_text};
pub use malformed::MalformedPolicy;
pub use memory::Memory;
pub use positions::{Position, Stretch};
pub use principal::Reach;
pub use public::is_public;
pub use request::{
    AuthType, NO_RESOURCE, Principal, PrincipalKind, Request, Signature, SignatureVersion, access_point_arn,
    identity_arn, object_lambda_arn, resource_arn, resource_arn_by,
};
pub use simulate::{
    Document, Evaluation, Hypothesis, Invalid, Matched, PrincipalName, Role, context_keys, simulate,
};

#[cfg(test)]
mod tests;
