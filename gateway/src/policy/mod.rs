//! Policies: who may do what with which resource, under which conditions.
//!
//! The language is that of AWS,
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>: identity policies,
//! bucket policies, trust policies of roles, session policies, permissions boundaries and policies of
//! endpoints. A document is read once ([`Policy::parse`]), then asked as often as needed
//! ([`Policy::evaluate`]); [`decide`] combines the policies that apply to one request.
//!
//! | module | what |
//! | --- | --- |
//! | [`document`] | reading a document, with AWS's words for what is wrong with it |
//! | [`keys`] | THE CONDITION KEYS, and what a request to S3 answers to each |
//! | [`actions`] | the actions of S3, and what each is about |
//! | [`request`] | what a policy is asked |
//! | [`evaluate`] | one policy's answer |
//! | [`budget`] | what asking may take |
//! | [`memory`] | what was found out for a question, so that it is found out once |
//! | [`decide`](mod@decide) | the decision of all, and why |
//! | [`explain`](mod@explain) | what each statement had to do with it, for people |
//! | [`public`] | what "public" means |
//! | [`lint`](mod@lint) | what is suspicious, in a policy or in a text that is to be one |
//! | [`simulate`](mod@simulate) | what policies would say to requests that nobody made |
//! | [`positions`] | where in a text its statements are |

pub mod actions;
pub mod budget;
mod condition;
pub mod decide;
pub mod document;
pub mod evaluate;
pub mod explain;
pub(crate) mod json;
pub mod keys;
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
mod values;

pub use budget::{Budget, EXHAUSTED, WORK_MAX};
pub use decide::{AclGrant, Decision, Identity, Layer, Outcome, Policies, Reason, Source, decide};
pub use document::{BUCKET_POLICY_LENGTH_MAX, DOCUMENT_LENGTH_MAX, Effect, Kind, Policy, Statement, Version};
pub use evaluate::{Reach, Verdict};
pub use explain::{Compared, Considered, Explained, Fit, explain};
pub use keys::body::{Said, said};
pub(crate) use keys::s3::TAGS_COST;
pub use keys::s3::{Lookups, NoLookups, S3Request};
pub use keys::{Key, KeyId};
pub use lint::{Finding, Severity, kind_of, lint, lint_text};
pub use malformed::MalformedPolicy;
pub use memory::Memory;
pub use positions::{Place, Stretch};
pub use public::is_public;
pub(crate) use request::LOOKUP_COST;
pub use request::{
    Context, ContextEntries, NO_RESOURCE, Principal, PrincipalKind, Request, Signature, SignaturePlace,
    SignatureVersion, Values, identity_arn, resource_arn,
};
pub use simulate::{Asks, Document, Evaluation, Hypothesis, Invalid, Matched, Role, context_keys, simulate};

#[cfg(test)]
mod tests;
