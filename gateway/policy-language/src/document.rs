//! Policy documents, read.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>

mod applies;
mod read;

use super::actions::{ActionPattern, ActionSet};
use super::condition::Condition;
use super::kind::{Effect, Version};
use super::pattern::ArnPattern;
use super::principal::Principals;

/// The limit of a bucket policy: bytes of the document without white space between its tokens.
pub const BUCKET_POLICY_LENGTH_MAX: usize = 20 << 10;
/// The limit of any policy document, in bytes as sent. Each kind that IAM keeps has a lower one of
/// its own.
pub const DOCUMENT_LENGTH_MAX: usize = 128 << 10;

/// A policy: read once, evaluated as often as needed.
#[derive(Clone, PartialEq, Debug)]
pub struct Policy {
    /// The version of the language.
    pub version: Version,
    /// `Id`
    pub id: Option<Box<str>>,
    pub(crate) statements: Vec<Statement>,
    /// Whether it is the trust policy of a role.
    pub is_trust: bool,
    /// Whether it is the policy of a master key.
    pub is_of_key: bool,
    /// Found out once, at reading: every decision on a bucket that restricts public policies needs
    /// it.
    pub(crate) is_public: bool,
}

/// A statement of a policy.
#[derive(Clone, PartialEq, Debug)]
pub struct Statement {
    /// `Sid`; `None` when it is left out or empty.
    pub sid: Option<Box<str>>,
    /// `Effect`
    pub effect: Effect,
    /// `None` in policies that apply to the user, group, role or session they are attached to.
    pub(crate) principals: Option<Principals>,
    pub(crate) actions: Actions,
    /// `None` in trust policies.
    pub(crate) resources: Option<Resources>,
    pub(crate) conditions: Vec<Condition>,
}

/// `Action` or `NotAction`
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Actions {
    /// Whether it is `NotAction`.
    pub(crate) except: bool,
    pub(crate) patterns: Vec<ActionPattern>,
    /// The actions of S3 that the patterns mean.
    pub(crate) known: ActionSet,
}

/// `Resource` or `NotResource`
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Resources {
    /// Whether it is `NotResource`.
    pub(crate) except: bool,
    /// As written, in the order of the patterns.
    pub(crate) texts: Vec<Box<str>>,
    pub(crate) patterns: Vec<ArnPattern>,
}

impl Policy {
    /// A policy that denies everything. It stands in for a policy that cannot be read.
    pub fn deny_everything() -> Policy {
        let statement = Statement {
            sid: None,
            effect: Effect::Deny,
            principals: None,
            actions: Actions { except: true, patterns: Vec::new(), known: ActionSet::default() },
            resources: None,
            conditions: Vec::new(),
        };
        let statements = vec![statement];
        Policy {
            version: Version::V2012,
            id: None,
            statements,
            is_trust: false,
            is_of_key: false,
            is_public: false,
        }
    }

    /// The statements, in the order of the document.
    pub fn statements(&self) -> &[Statement] {
        &self.statements
    }
}

#[cfg(test)]
mod tests;
