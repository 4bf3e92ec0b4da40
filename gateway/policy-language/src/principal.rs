//! The `Principal` element: whom a statement is about.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>

use super::json::Json;
use super::kind::Kind;
use super::malformed::MalformedPolicy;
use super::request::{Principal, PrincipalKind};

/// How directly a statement means the principal. It decides whether the limits of the principal's
/// own policies apply to what the statement grants: see [`decide`](super::decide::decide).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Reach {
    /// Its account, which may pass the right on to its users.
    Account,
    /// What its session is of: the role, or the user who federated.
    Issuer,
    /// The principal itself, or everybody.
    Direct,
}

/// One principal that a statement names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum PrincipalPattern {
    /// `*`: everybody, those without credentials included.
    Everyone,
    /// An account by its id or the ARN of its root: everybody in it, as far as the account itself
    /// allows.
    Account(Box<str>),
    /// An account by its canonical id.
    Canonical(Box<str>),
    /// A user, a role, or a session.
    Arn(Box<str>),
    /// A user or role by its unique id, which stands where its ARN was when it was deleted.
    UniqueId(Box<str>),
    /// A provider of web identities.
    Federated(Box<str>),
    /// A service.
    Service(Box<str>),
}

/// `Principal` or `NotPrincipal`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Principals {
    /// Whether it is `NotPrincipal`.
    pub(crate) except: bool,
    pub(crate) named: Vec<PrincipalPattern>,
}

impl Principals {
    /// How directly the element means a principal; `None` where it means others.
    pub(crate) fn reach(&self, principal: &Principal<'_>) -> Option<Reach> {
        if self.except {
            return (!self.names_wholly(principal)).then_some(Reach::Direct);
        }
        self.named.iter().filter_map(|named| named.reach(principal)).max()
    }

    /// Whether a principal is named, and all that it is part of: its account, and the role of its
    /// session. Only then `NotPrincipal` leaves it out. The name of the account alone leaves out
    /// only its root user.
    ///
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html>
    fn names_wholly(&self, principal: &Principal<'_>) -> bool {
        if self.named.contains(&PrincipalPattern::Everyone) {
            return true;
        }
        let named = |reach| self.named.iter().any(|named| named.reach(principal) == Some(reach));
        let needs_account = principal.has_account() && principal.kind != PrincipalKind::Root;
        let needs_issuer = principal.kind == PrincipalKind::AssumedRole;
        named(Reach::Direct)
            && (!needs_account || named(Reach::Account))
            && (!needs_issuer || named(Reach::Issuer))
    }

    /// Whether it means everybody. `NotPrincipal` counts as everybody too, because it leaves out
    /// only a few.
    pub(crate) fn is_everyone(&self) -> bool {
        self.except || self.named.contains(&PrincipalPattern::Everyone)
    }
}

impl PrincipalPattern {
    fn reach(&self, principal: &Principal<'_>) -> Option<Reach> {
        let of_account = || match principal.kind {
            PrincipalKind::Root => Some(Reach::Direct),
            _ if principal.has_account() => Some(Reach::Account),
            _ => None,
        };
        match self {
            PrincipalPattern::Everyone => Some(Reach::Direct),
            PrincipalPattern::Account(account) if **account == *principal.account => of_account(),
            PrincipalPattern::Canonical(id) if **id == *principal.canonical_id => of_account(),
            PrincipalPattern::Arn(arn) if **arn == *principal.arn && principal.has_account() => {
                Some(Reach::Direct)
            }
            PrincipalPattern::Arn(arn) if principal.issuer_arn == Some(&**arn) => Some(Reach::Issuer),
            PrincipalPattern::UniqueId(id) => match principal.unique_id.strip_prefix(&**id) {
                Some("") => Some(Reach::Direct),
                Some(session) if session.starts_with(':') => Some(Reach::Issuer),
                _ => None,
            },
            PrincipalPattern::Federated(provider) => (principal.kind == PrincipalKind::WebIdentity
                && **provider == *principal.arn)
                .then_some(Reach::Direct),
            PrincipalPattern::Service(service) => (principal.kind == PrincipalKind::Service
                && **service == *principal.arn)
                .then_some(Reach::Direct),
            PrincipalPattern::Account(_) | PrincipalPattern::Canonical(_) | PrincipalPattern::Arn(_) => None,
        }
    }
}

/// Reads the element: `*`, or an object of kinds of principals.
pub(crate) fn parse(kind: Kind<'_>, value: &Json, except: bool) -> Result<Principals, MalformedPolicy> {
    let members = match value {
        Json::Text(text) if text == "*" => {
            return Ok(Principals { except, named: vec![PrincipalPattern::Everyone] });
        }
        Json::Object(members) => members,
        _ => return Err(MalformedPolicy::Principal),
    };
    if members.is_empty() {
        return Err(MalformedPolicy::EmptyField("Principal"));
    }
    let mut named = Vec::new();
    for (sort, value) in members {
        let items = value.items();
        if items.is_empty() {
            return Err(invalid(kind, sort, ""));
        }
        for item in items {
            let text = item.text().ok_or(MalformedPolicy::Principal)?;
            named.push(parse_one(kind, sort, text).ok_or_else(|| invalid(kind, sort, text))?);
        }
    }
    Ok(Principals { except, named })
}

fn invalid(kind: Kind<'_>, sort: &str, text: &str) -> MalformedPolicy {
    match kind {
        Kind::Trust => MalformedPolicy::PrincipalNamed(format!("\"{sort}\":\"{text}\"")),
        _ => MalformedPolicy::Principal,
    }
}

fn parse_one(kind: Kind<'_>, sort: &str, text: &str) -> Option<PrincipalPattern> {
    let wild = text.contains(['*', '?']);
    match sort {
        "AWS" if text == "*" => Some(PrincipalPattern::Everyone),
        "AWS" if !wild => parse_aws(text),
        "CanonicalUser" if !text.is_empty() && !wild && !matches!(kind, Kind::Trust | Kind::Key) => {
            Some(PrincipalPattern::Canonical(text.into()))
        }
        "Federated" if !text.is_empty() && !wild => Some(PrincipalPattern::Federated(text.into())),
        "Service" if text.contains('.') && !wild => Some(PrincipalPattern::Service(text.into())),
        _ => None,
    }
}

/// Reads an account, an ARN or a unique id.
fn parse_aws(text: &str) -> Option<PrincipalPattern> {
    if text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(PrincipalPattern::Account(text.into()));
    }
    // IAM writes the unique id where the ARN of a user or role stood that was deleted.
    let is_unique = ["AIDA", "AROA"].iter().any(|start| text.starts_with(start));
    if is_unique && text.len() >= 16 && text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Some(PrincipalPattern::UniqueId(text.into()));
    }
    let mut parts = text.splitn(6, ':');
    let (arn, partition) = (parts.next()?, parts.next()?);
    let (service, region, account, relative) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    // Ids of accounts have 12 digits in AWS. Other deployments have other ids. A principal that
    // does not exist harms nobody, so it is not refused.
    let account_is_valid = !account.is_empty()
        && account.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.$".contains(&byte));
    if arn != "arn" || partition.is_empty() || !region.is_empty() || !account_is_valid {
        return None;
    }
    let is_named = |sort: &str| relative.strip_prefix(sort).is_some_and(|name| !name.is_empty());
    match service {
        "iam" if relative == "root" => Some(PrincipalPattern::Account(account.into())),
        "iam" if is_named("user/") || is_named("role/") => Some(PrincipalPattern::Arn(text.into())),
        "sts" if is_named("federated-user/") => Some(PrincipalPattern::Arn(text.into())),
        "sts" if is_named("assumed-role/") && relative.split('/').count() == 3 => {
            Some(PrincipalPattern::Arn(text.into()))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
