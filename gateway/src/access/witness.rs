//! A witness is told of each decision. Explanations are made with it.

use super::subject::Bucket;
use crate::policy::{Decision, Policies, Request};

/// Is told of every decision, in their order. A refusal rests on the last decision that does not
/// allow, if there is one.
pub trait Witness: std::fmt::Debug {
    /// Takes a decision.
    fn decided(&self, decided: &Decided<'_>);

    /// Of the decision that comes next: an ACL grants it to the public, and that does not count
    /// (IgnorePublicAcls).
    fn grant_ignored(&self) {}

    /// Is told of a refusal that no policy decided, with its reason.
    fn refused(&self, _reason: &str) {}
}

/// A decision on one action, with all that it rests on.
#[derive(Clone, Copy, Debug)]
pub struct Decided<'a> {
    /// The action: `s3:GetObject`
    pub action: &'a str,
    /// What was decided on.
    pub request: &'a Request<'a>,
    /// Everything that applied.
    pub policies: &'a Policies<'a>,
    /// What came of it.
    pub decision: Decision<'a>,
    /// The bucket; `None` where no existing one is concerned.
    pub bucket: Option<&'a Bucket>,
}
