//! One policy's answer to a request.

use super::document::{Effect, Policy, Statement};
use super::pattern::Arn;
use super::request::{Context, Request};

/// How directly a statement means the principal that asks. It decides whether the limits of the principal's
/// own policies apply to what the statement grants: see [`decide`](super::decide::decide).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Reach {
    /// Its account, which may pass the right on to its users.
    Account,
    /// What its session is of: the role, or the user who federated.
    Issuer,
    /// Itself, or everybody.
    Direct,
}

/// What one policy says about a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// Nothing.
    Silent,
    /// A statement allows it, none denies it.
    Allowed {
        /// The statement, counted from 0: of those that allow, the first with the farthest reach.
        statement: usize,
        /// How directly it means the principal.
        reach: Reach,
    },
    /// A statement denies it.
    Denied {
        /// The first statement that does, counted from 0.
        statement: usize,
    },
}

impl Verdict {
    /// Whether the policy allows.
    pub fn is_allowed(self) -> bool {
        matches!(self, Verdict::Allowed { .. })
    }
}

/// The first element of a statement that does not fit a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mismatch {
    Action,
    Resource,
    Principal,
    /// The condition, counted from 0.
    Condition(usize),
}

impl Policy {
    /// What the policy says about a request.
    pub fn evaluate(&self, request: &Request<'_>) -> Verdict {
        let mut allowed: Option<(usize, Reach)> = None;
        for (at, statement) in self.statements.iter().enumerate() {
            // What would add nothing need not be asked.
            let is_settled = statement.effect == Effect::Allow && matches!(allowed, Some((_, Reach::Direct)));
            if is_settled {
                continue;
            }
            let Ok(reach) = statement.matches(request) else { continue };
            match statement.effect {
                Effect::Deny => return Verdict::Denied { statement: at },
                Effect::Allow if allowed.is_none_or(|(_, present)| reach > present) => {
                    allowed = Some((at, reach));
                }
                Effect::Allow => {}
            }
        }
        match allowed {
            Some((statement, reach)) => Verdict::Allowed { statement, reach },
            None => Verdict::Silent,
        }
    }
}

impl Statement {
    /// Whether the statement applies to a request: how directly it means who asks, or what does not fit.
    /// Elements are compared in the order of what they cost.
    pub(crate) fn matches(&self, request: &Request<'_>) -> Result<Reach, Mismatch> {
        if !self.means_action(&request.action) {
            return Err(Mismatch::Action);
        }
        if !self.means_resource(&request.resource, request.context) {
            return Err(Mismatch::Resource);
        }
        let reach = match &self.principals {
            None => Reach::Direct,
            Some(principals) => principals.reach(request.principal).ok_or(Mismatch::Principal)?,
        };
        let failed = self.conditions.iter().position(|own| !own.holds(request.context, self.effect));
        failed.map_or(Ok(reach), |at| Err(Mismatch::Condition(at)))
    }

    fn means_action(&self, folded: &str) -> bool {
        self.actions.patterns.iter().any(|pattern| pattern.matches(folded)) != self.actions.except
    }

    fn means_resource(&self, resource: &Arn<'_>, context: &dyn Context) -> bool {
        // A trust policy is about the role that has it.
        let Some(resources) = &self.resources else { return true };
        let mut unresolved = false;
        let listed = resources.patterns.iter().any(|pattern| {
            pattern.matches(resource, context).unwrap_or_else(|| {
                unresolved = true;
                false
            })
        });
        // A variable without a value is no resource; "all but it" must not allow everything then.
        let guessed = resources.except && unresolved && self.effect == Effect::Allow;
        listed != resources.except && !guessed
    }
}
