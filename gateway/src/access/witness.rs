//! Who wants to know what is decided on the way to an answer, and is told: explanations are made
//! so.

use super::subject::Bucket;
use crate::policy::{Decision, Policies, Request};

/// Is told of every decision, in their order. An answer rests on the last one that does not allow,
/// if there is any.
pub trait Witness: std::fmt::Debug {
    /// This was decided.
    fn judged(&self, judged: &Judged<'_>);
}

/// A decision on one action, with all that it rests on.
#[derive(Clone, Copy, Debug)]
pub struct Judged<'a> {
    /// The action: `s3:GetObject`
    pub action: &'a str,
    /// What was asked.
    pub request: &'a Request<'a>,
    /// Everything that applied.
    pub policies: &'a Policies<'a>,
    /// What came of it.
    pub decision: Decision<'a>,
    /// The bucket; `None` where no existing one is concerned.
    pub bucket: Option<&'a Bucket>,
}
