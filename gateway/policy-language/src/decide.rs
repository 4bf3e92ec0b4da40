//! The decision: what all policies that apply to a request say together.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html>
//! for one account, and
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html>
//! for two. Organisations do not exist here, and so neither do their policies.

use super::document::Policy;
use super::evaluate::Verdict;
use super::principal::Reach;
use super::request::{PrincipalKind, Request};

/// A policy, and what people call it: the name of the bucket or of the policy.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// What it is called in explanations.
    pub label: &'a str,
    /// The policy.
    pub policy: &'a Policy,
}

/// What the principal's own account lets it do.
#[derive(Clone, Copy, Debug)]
pub enum Identity<'a> {
    /// Everything: a user without policies of its own.
    Unlimited,
    /// What these policies allow: those of the user and its groups, or of the role.
    Policies(&'a [Source<'a>]),
}

/// What access control lists grant of the action.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AclGrant {
    /// Nothing.
    None,
    /// They grant it to the account of the principal.
    Account,
    /// They grant it to a group that the principal is in: everybody, or everybody with an account.
    Everyone,
}

/// Everything that applies to a request.
#[derive(Clone, Copy, Debug)]
pub struct Policies<'a> {
    /// The account that owns the resource; `None` where there is none, as for ListBuckets.
    pub owner: Option<&'a str>,
    /// What the principal's account lets it do.
    pub identity: Identity<'a>,
    /// The limit of what the policies of the user or role can grant.
    pub boundary: Option<Source<'a>>,
    /// The limit of the session.
    pub session: Option<&'a [Source<'a>]>,
    /// The limit of the listener through which the request came.
    pub endpoint: Option<Source<'a>>,
    /// The policy of the bucket, or the trust policy of the role.
    pub resource: Option<Source<'a>>,
    /// What access control lists grant.
    pub acl: AclGrant,
    /// Whether the bucket's policy is public, and the bucket restricts public policies: only
    /// services and the account of the owner pass.
    pub restrict_public: bool,
}

impl Default for Policies<'_> {
    fn default() -> Self {
        Policies {
            owner: None,
            identity: Identity::Unlimited,
            boundary: None,
            session: None,
            endpoint: None,
            resource: None,
            acl: AclGrant::None,
            restrict_public: false,
        }
    }
}

/// A kind of policy, or what decides instead of one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Layer {
    /// The policies of the user, its groups, the role.
    Identity,
    /// The policy of the bucket, access control lists, the trust policy.
    Resource,
    /// The permissions boundary.
    Boundary,
    /// The session policies.
    Session,
    /// The policy of the endpoint.
    Endpoint,
    /// The restriction of public policies.
    PublicAccessBlock,
}

impl Layer {
    /// Its kind of policy as messages of AWS name it, with the article: `a permissions boundary`.
    pub fn a_policy(self) -> &'static str {
        match self {
            Layer::Identity => "an identity-based policy",
            Layer::Boundary => "a permissions boundary",
            Layer::Session => "a session policy",
            Layer::Endpoint => "a VPC endpoint policy",
            Layer::Resource | Layer::PublicAccessBlock => "a resource-based policy",
        }
    }

    /// The same without the article.
    pub fn policy(self) -> &'static str {
        self.a_policy().split_once(' ').map_or("", |(_, policy)| policy)
    }
}

/// The three ways in which a decision can go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// Allowed.
    Allow,
    /// A statement denies.
    ExplicitDeny,
    /// No policy denies, but one that would have to allow does not.
    ImplicitDeny,
}

/// What a decision rests on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reason<'a> {
    /// A statement.
    Statement {
        /// Of which kind its policy is.
        layer: Layer,
        /// What its policy is called.
        label: &'a str,
        /// Counted from 0.
        statement: usize,
        /// Its `Sid`.
        sid: Option<&'a str>,
    },
    /// The principal is the root user of the account that owns the resource.
    Owner,
    /// The principal's account lets it do everything.
    Unlimited,
    /// An access control list grants it.
    Acl,
    /// Nothing of this kind allows it.
    Nothing(Layer),
    /// The policies take more than the request may cause: see [`budget`](super::budget).
    Exhausted,
}

/// A decision, and what it rests on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Decision<'a> {
    /// How it went.
    pub outcome: Outcome,
    /// What it rests on.
    pub reason: Reason<'a>,
}

impl Decision<'_> {
    /// Whether the request may go on.
    pub fn is_allowed(&self) -> bool {
        self.outcome == Outcome::Allow
    }
}

/// Decides on a request.
///
/// A statement that denies wins, wherever it is. Then something has to allow: for a principal of
/// the account that owns the resource, its own policies or the resource's; for one of another
/// account, both. Boundary and session policies limit what a principal's own policies grant, and
/// what the resource's policy grants to the role of a session; they do not limit what it grants to
/// the user or the session itself, or to everybody. What it grants to an account, the account has
/// to pass on with policies of its own.
///
/// A role and a key are stricter than a bucket: a principal that their own policies do not mean,
/// the account cannot let in. Of the account's own principals, the root user and users without
/// policies may use a key even so.
///
/// Where the budget of the request ends before everything is evaluated, the request is denied,
/// whatever was found until then.
pub fn decide<'a>(request: &Request<'_>, policies: &Policies<'a>) -> Decision<'a> {
    let exhausted = Decision { outcome: Outcome::ExplicitDeny, reason: Reason::Exhausted };
    if request.budget().is_exhausted() {
        return exhausted;
    }
    let verdicts = Verdicts::of(request, policies);
    if request.budget().is_exhausted() {
        return exhausted;
    }
    match verdicts.denied() {
        Some(reason) => Decision { outcome: Outcome::ExplicitDeny, reason },
        None => match verdicts.allowed(request, policies) {
            Ok(reason) => Decision { outcome: Outcome::Allow, reason },
            Err(missing) => Decision { outcome: Outcome::ImplicitDeny, reason: Reason::Nothing(missing) },
        },
    }
}

/// What each kind of policy says; `None` where there is none of the kind.
struct Verdicts<'a> {
    endpoint: Option<LayerOutcome<'a>>,
    resource: Option<LayerOutcome<'a>>,
    identity: LayerOutcome<'a>,
    boundary: Option<LayerOutcome<'a>>,
    session: Option<LayerOutcome<'a>>,
}

/// What the policies of one kind say together.
#[derive(Clone, Copy)]
enum LayerOutcome<'a> {
    Silent,
    Allowed(Reason<'a>, Reach),
    Denied(Reason<'a>),
}

impl<'a> Verdicts<'a> {
    fn of(request: &Request<'_>, policies: &Policies<'a>) -> Verdicts<'a> {
        let one = |layer, source: Option<Source<'a>>| {
            source.map(|source| outcome_of(request, layer, std::slice::from_ref(&source)))
        };
        Verdicts {
            endpoint: one(Layer::Endpoint, policies.endpoint),
            resource: one(Layer::Resource, policies.resource),
            identity: match policies.identity {
                Identity::Unlimited => LayerOutcome::Allowed(Reason::Unlimited, Reach::Direct),
                Identity::Policies(sources) => outcome_of(request, Layer::Identity, sources),
            },
            boundary: one(Layer::Boundary, policies.boundary),
            session: policies.session.map(|sources| outcome_of(request, Layer::Session, sources)),
        }
    }

    fn denied(&self) -> Option<Reason<'a>> {
        [self.endpoint, self.resource, Some(self.identity), self.boundary, self.session]
            .into_iter()
            .flatten()
            .find_map(|outcome| match outcome {
                LayerOutcome::Denied(reason) => Some(reason),
                LayerOutcome::Silent | LayerOutcome::Allowed(..) => None,
            })
    }

    /// What allows the request, where nothing denies it; or the kind of policy that fails to.
    fn allowed(&self, request: &Request<'_>, policies: &Policies<'a>) -> Result<Reason<'a>, Layer> {
        limit(self.endpoint, Layer::Endpoint)?;
        let principal = request.principal;
        let is_own = principal.has_account() && policies.owner.is_none_or(|owner| owner == principal.account);
        if policies.restrict_public && !is_own && principal.kind != PrincipalKind::Service {
            return Err(Layer::PublicAccessBlock);
        }
        let granted = self.granted(policies.acl);
        if !principal.has_account() {
            // A principal without an account has no policies of its own: the resource decides.
            return granted.map(|(reason, _)| reason).ok_or(Layer::Resource);
        }
        let is_root = principal.kind == PrincipalKind::Root;
        let is_trust = policies.resource.is_some_and(|source| source.policy.is_trust);
        let is_closed = policies.resource.is_some_and(|source| source.policy.is_of_key)
            && !matches!(policies.identity, Identity::Unlimited);
        match granted {
            _ if is_own && is_root && !is_trust => return Ok(Reason::Owner),
            Some((reason, Reach::Direct)) if is_own => return Ok(reason),
            // A role trusts only principals that its policy names: the permission of the account
            // that owns it is not enough.
            None if !is_own || is_trust || is_closed => return Err(Layer::Resource),
            _ => {}
        }
        let by_identity = match self.identity {
            _ if is_root => Some(Reason::Unlimited),
            LayerOutcome::Allowed(reason, _) => Some(reason),
            LayerOutcome::Silent | LayerOutcome::Denied(_) => None,
        };
        let by_role =
            granted.filter(|(_, reach)| is_own && *reach == Reach::Issuer).map(|(reason, _)| reason);
        let reason = by_identity.or(by_role).ok_or(Layer::Identity)?;
        if !is_root {
            limit(self.boundary, Layer::Boundary)?;
            limit(self.session, Layer::Session)?;
        }
        // Between accounts both have to allow. The reason is the resource's policy, which says more
        // than the principal's.
        Ok(granted.filter(|_| !is_own).map_or(reason, |(reason, _)| reason))
    }

    /// What the resource grants, by its policy or by access control lists.
    fn granted(&self, acl: AclGrant) -> Option<(Reason<'a>, Reach)> {
        let by_acl = match acl {
            AclGrant::None => None,
            AclGrant::Account => Some((Reason::Acl, Reach::Account)),
            AclGrant::Everyone => Some((Reason::Acl, Reach::Direct)),
        };
        match (self.resource, by_acl) {
            (Some(LayerOutcome::Allowed(_, reach)), Some(acl)) if acl.1 > reach => Some(acl),
            (Some(LayerOutcome::Allowed(reason, reach)), _) => Some((reason, reach)),
            (_, by_acl) => by_acl,
        }
    }
}

/// Checks a layer that limits: where it has policies, they have to allow.
fn limit(outcome: Option<LayerOutcome<'_>>, layer: Layer) -> Result<(), Layer> {
    match outcome {
        None | Some(LayerOutcome::Allowed(..)) => Ok(()),
        Some(LayerOutcome::Silent | LayerOutcome::Denied(_)) => Err(layer),
    }
}

/// What the policies of one layer say: a policy that denies wins, then one that allows.
fn outcome_of<'a>(request: &Request<'_>, layer: Layer, sources: &[Source<'a>]) -> LayerOutcome<'a> {
    let mut allowed = LayerOutcome::Silent;
    for source in sources {
        let reason = |statement| Reason::Statement {
            layer,
            label: source.label,
            statement,
            sid: source.policy.statements.get(statement).and_then(|own| own.sid.as_deref()),
        };
        match (source.policy.evaluate(request), allowed) {
            (Verdict::Denied { statement }, _) => return LayerOutcome::Denied(reason(statement)),
            (Verdict::Allowed { statement, reach }, LayerOutcome::Silent) => {
                allowed = LayerOutcome::Allowed(reason(statement), reach);
            }
            (Verdict::Allowed { .. } | Verdict::Silent, _) => {}
        }
    }
    allowed
}

#[cfg(test)]
mod tests;
