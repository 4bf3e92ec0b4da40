//! What one policy says of a request.

use super::context::Known;
use super::document::{Actions, Policy, Statement};
use super::kind::Effect;
use super::pattern::Arn;
use super::principal::Reach;
use super::request::Request;

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

/// Steps that it takes to compare a principal with one that a statement names.
const PRINCIPAL_COST: usize = 4;

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
    /// What the policy says about a request. Where the budget ends first, it says nothing: the
    /// caller looks at the budget too.
    pub fn evaluate(&self, request: &Request<'_>) -> Verdict {
        let mut allowed: Option<(usize, Reach)> = None;
        for (at, statement) in self.statements.iter().enumerate() {
            // The reach cannot grow any more: only a statement that denies can still change the
            // verdict.
            let is_settled = statement.effect == Effect::Allow && matches!(allowed, Some((_, Reach::Direct)));
            if is_settled {
                continue;
            }
            let matched = statement.matches(request);
            if request.budget().is_exhausted() {
                return Verdict::Silent;
            }
            let Ok(reach) = matched else { continue };
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

impl Policy {
    /// Whether a statement allows the principal the action of a request, on some resource and in
    /// some circumstances.
    pub fn could_allow(&self, request: &Request<'_>) -> bool {
        self.statements.iter().any(|own| {
            own.effect == Effect::Allow && own.means_action(request) && own.reach(request).is_some()
        })
    }

    /// Whether a statement denies the principal the action, on every key of a bucket and in all
    /// circumstances.
    ///
    /// `keys` is how the ARNs of all objects begin: `arn:aws:s3:::photos/`.
    pub fn denies_all_keys(&self, request: &Request<'_>, keys: &str) -> bool {
        let covers = |own: &Statement| {
            own.resources.as_ref().is_none_or(|own| {
                let is_prefix =
                    |text: &str| text.strip_suffix('*').is_some_and(|text| keys.starts_with(text));
                !own.except && own.texts.iter().any(|text| is_prefix(text))
            })
        };
        self.statements.iter().any(|own| {
            own.effect == Effect::Deny
                && own.conditions.is_empty()
                && covers(own)
                && own.means_action(request)
                && own.reach(request).is_some()
        })
    }
}

impl Statement {
    /// Whether the statement applies to a request: how directly it means the principal, or what
    /// does not fit. Elements are compared in the order of their cost, the cheapest first.
    pub(crate) fn matches(&self, request: &Request<'_>) -> Result<Reach, Mismatch> {
        let known = request.known();
        if !self.means_action(request) {
            return Err(Mismatch::Action);
        }
        if !self.means_resource(request, known) {
            return Err(Mismatch::Resource);
        }
        let reach = self.reach(request).ok_or(Mismatch::Principal)?;
        let failed = self.conditions.iter().position(|own| !own.holds(known, self.effect));
        failed.map_or(Ok(reach), |at| Err(Mismatch::Condition(at)))
    }

    fn means_action(&self, request: &Request<'_>) -> bool {
        let Actions { except, known, patterns } = &self.actions;
        let is_listed = match request.number {
            Some(number) => request.budget().spend(1) && known.has(number),
            None => patterns.iter().any(|pattern| pattern.matches_within(&request.action, request.budget())),
        };
        is_listed != *except
    }

    /// How directly the statement means the principal; `None` where it means others.
    fn reach(&self, request: &Request<'_>) -> Option<Reach> {
        let Some(principals) = &self.principals else { return Some(Reach::Direct) };
        // `NotPrincipal` is searched for each part of the principal: itself, its account, its role.
        let cost = PRINCIPAL_COST * principals.named.len();
        request.budget().spend(cost).then(|| principals.reach(request.principal)).flatten()
    }

    fn means_resource(&self, request: &Request<'_>, known: Known<'_>) -> bool {
        // A trust policy is about the role that has it.
        let Some(resources) = &self.resources else { return true };
        let mut unresolved = false;
        let mut lists = |resource: &Arn<'_>| {
            resources.patterns.iter().any(|pattern| {
                pattern.matches(resource, known).unwrap_or_else(|| {
                    unresolved = true;
                    false
                })
            })
        };
        let listed = lists(&request.resource);
        // Policies that name principals are those of resources and endpoints, which know one name.
        let also_listed = match &request.also {
            Some(other) if self.principals.is_none() => lists(other),
            _ => listed,
        };
        // Of two names it is enough that one is listed. Where others than those listed are meant,
        // an allow needs both to be others, and for a deny one is enough.
        let means = match (resources.except, self.effect) {
            (false, _) => listed || also_listed,
            (true, Effect::Allow) => !listed && !also_listed,
            (true, Effect::Deny) => !listed || !also_listed,
        };
        // A variable without a value matches no resource. `NotResource` with it would mean every
        // resource, and must not allow them all.
        let guessed = resources.except && unresolved && self.effect == Effect::Allow;
        means && !guessed
    }
}
