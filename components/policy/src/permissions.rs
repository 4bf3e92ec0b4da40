//! What a principal's own account lets it do, as `iam` tells it: policies, a boundary, the limits
//! of a session.

use std::cell::RefCell;
use std::rc::Rc;

use gateway::access::Grants;
use gateway::errors::{ErrorCode, Result};
use gateway::policy::{
    Identity as Allowed, Key, KeyId, Kind, Policy, Principal, PrincipalKind, Source, Values,
};
use gateway::timestamp;
use sdk::{Identity, IdentityKind, Session};

use crate::endpoint;
use crate::host::{Call, identities};
use crate::kept::{Kept, LabelledPolicy};

/// Policies that are kept parsed.
const POLICIES_MAX: usize = 256;

/// What one principal may do: the policies that decide on its side.
#[derive(Default)]
pub(crate) struct Permissions {
    /// The policies of the principal; `None` where nothing limits it.
    identity: Option<Vec<LabelledPolicy>>,
    boundary: Option<LabelledPolicy>,
    session_policies: Option<Vec<LabelledPolicy>>,
    /// That of the endpoint, which limits every principal.
    endpoint: Option<LabelledPolicy>,
    tags: Vec<(String, String)>,
    session: Option<Session>,
    received_ms: u64,
}

impl Permissions {
    /// Those of a principal; without an identity it is anonymous. `AccessDenied` when its user or
    /// role is gone.
    pub(crate) fn of(call: &Call, identity: Option<&Identity>, received_ms: u64) -> Result<Permissions> {
        let mut permissions =
            Permissions { received_ms, endpoint: endpoint::policy(call), ..Permissions::default() };
        let Some(identity) = identity else { return Ok(permissions) };
        let session = call.session();
        // A session may do what its issuer may: a role or a user.
        let subject = match &session {
            Some(session) => session.issuer_id.as_str(),
            None => &identity.unique_id,
        };
        let kind = session.as_ref().map_or(identity.kind, |session| session.issuer_kind);
        let stored = || identities::permissions(subject).map_err(|()| ErrorCode::AccessDenied);
        let own = match kind {
            IdentityKind::Root => None,
            // It has a row only once it has policies.
            IdentityKind::ConfiguredUser => stored()?,
            _ => Some(stored()?.ok_or(ErrorCode::AccessDenied)?),
        };
        if let Some(own) = own {
            permissions.identity =
                Some(own.policies.iter().map(|source| read(source, Kind::Identity)).collect());
            permissions.boundary = own.boundary.as_ref().map(|source| read(source, Kind::Boundary));
            permissions.tags = own.tags;
        }
        if let Some(session) = &session {
            permissions.limit(session, identity);
            // A tag of a session replaces that of its role with the same key.
            permissions.tags.retain(|(key, _)| !session.tags.iter().any(|(own, _)| own == key));
            permissions.tags.extend(session.tags.iter().cloned());
        }
        permissions.session = session;
        Ok(permissions)
    }

    /// Adds the policies that limit a session further than its issuer.
    fn limit(&mut self, session: &Session, identity: &Identity) {
        let by_text = session.policies.iter().map(|text| read_text("session", text, text, Kind::Session));
        let by_arn =
            session.policy_arns.iter().map(|arn| match identities::managed(arn, &identity.account) {
                Some(source) => read(&source, Kind::Identity),
                // A policy that is gone must not take its limit with it.
                None => (arn.clone(), Rc::new(Policy::deny_everything())),
            });
        let policies: Vec<LabelledPolicy> = by_text.chain(by_arn).collect();
        // Without session policies, a federated user may do nothing. A role or a user keeps all
        // that it may do.
        if !policies.is_empty() || identity.kind == IdentityKind::FederatedUser {
            self.session_policies = Some(policies);
        }
    }

    /// Lends them to a decision.
    pub(crate) fn with_grants<T>(&self, decide: impl FnOnce(Grants<'_>) -> T) -> T {
        let identity = self.identity.as_deref().map(sources);
        let session = self.session_policies.as_deref().map(sources);
        decide(Grants {
            identity: identity.as_deref().map_or(Allowed::Unlimited, Allowed::Policies),
            boundary: self.boundary.as_ref().map(source),
            session: session.as_deref(),
            endpoint: self.endpoint.as_ref().map(source),
        })
    }

    /// The principal, in the terms of policies.
    pub(crate) fn principal<'a>(&'a self, identity: Option<&'a Identity>) -> Principal<'a> {
        let Some(identity) = identity else { return Principal::ANONYMOUS };
        let (kind, issuer_arn) = match identity.kind {
            IdentityKind::Root => (PrincipalKind::Root, None),
            // The session that a user has for itself acts as that user.
            IdentityKind::ConfiguredUser | IdentityKind::User => (PrincipalKind::User, None),
            IdentityKind::AssumedRole => (PrincipalKind::AssumedRole, self.issuer_arn()),
            IdentityKind::FederatedUser => (PrincipalKind::FederatedUser, self.issuer_arn()),
        };
        Principal {
            kind,
            account: &identity.account,
            canonical_id: &identity.canonical_id,
            arn: &identity.arn,
            unique_id: &identity.unique_id,
            user_name: &identity.user,
            issuer_arn,
        }
    }

    /// The ARN of the issuer, if the principal is a session.
    fn issuer_arn(&self) -> Option<&str> {
        self.session.as_ref().map(|session| session.issuer_arn.as_str())
    }

    /// The tags of the principal.
    pub(crate) fn tags(&self) -> Vec<(String, String)> {
        self.tags.clone()
    }

    /// The values of condition keys about the session of the principal.
    pub(crate) fn value(&self, key: &Key) -> Option<Values<'_>> {
        let session = self.session.as_ref()?;
        match key.id() {
            KeyId::MultiFactorAuthPresent => {
                Some(Values::one(if session.multi_factor { "true" } else { "false" }))
            }
            KeyId::MultiFactorAuthAge if session.multi_factor => {
                let seconds = self.received_ms.saturating_sub(session.issued_ms) / 1000;
                Some(Values::one(seconds.to_string()))
            }
            KeyId::TokenIssueTime => Some(Values::one(timestamp::iso8601(session.issued_ms))),
            KeyId::SourceIdentity => session.source_identity.as_deref().map(Values::one),
            // What the token of a web identity said.
            KeyId::FederatedProvider | KeyId::Other => context(session, key),
            _ => None,
        }
    }
}

/// The values of a condition key that a session has for as long as it lasts.
fn context<'a>(session: &'a Session, key: &Key) -> Option<Values<'a>> {
    let (_, values) = session.context.iter().find(|(own, _)| Key::parse(own) == *key)?;
    Some(match values.as_slice() {
        [one] => Values::one(one.as_str()),
        several => Values::Many(several.iter().map(|value| value.as_str().into()).collect()),
    })
}

fn source(named: &LabelledPolicy) -> Source<'_> {
    Source { label: &named.0, policy: &named.1 }
}

fn sources(named: &[LabelledPolicy]) -> Vec<Source<'_>> {
    named.iter().map(source).collect()
}

thread_local! {
    static READ: RefCell<Kept<String>> = const { RefCell::new(Kept::new(POLICIES_MAX)) };
}

/// A policy of `iam`, parsed once.
pub(crate) fn read(source: &identities::Source, kind: Kind<'_>) -> LabelledPolicy {
    if let Some(policy) = known(&source.id) {
        return (source.label.clone(), policy);
    }
    let text = identities::text(&source.id).unwrap_or_default();
    read_text(&source.label, &source.id, &text, kind)
}

/// A policy whose text is at hand, parsed once.
fn read_text(label: &str, id: &str, text: &str, kind: Kind<'_>) -> LabelledPolicy {
    // A policy that this release cannot read denies everything: it must not allow anything, and
    // what it denies must stay denied.
    let read = || Policy::parse(kind, text).unwrap_or_else(|_| Policy::deny_everything());
    (label.to_owned(), kept(id, read))
}

/// The policy with an id, parsed once.
pub(crate) fn kept(id: &str, read: impl FnOnce() -> Policy) -> Rc<Policy> {
    known(id).unwrap_or_else(|| {
        let policy = read();
        READ.with_borrow_mut(|kept| kept.keep(id.to_owned(), policy))
    })
}

fn known(id: &str) -> Option<Rc<Policy>> {
    READ.with_borrow_mut(|kept| kept.find(id))
}
