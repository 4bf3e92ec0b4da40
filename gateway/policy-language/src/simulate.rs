//! Simulations: what would be decided on hypothetical requests.
//!
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulateCustomPolicy.html>. Not all
//! keys of such a request are known. A key that a condition needs and that is not given is named in
//! the result, and the condition is evaluated as for a request without it.

use super::budget::{Budget, EXHAUSTED, WORK_MAX};
use super::context::{Context, ContextEntries};
use super::decide::{Identity, Layer, Outcome, Policies, Source};
use super::document::Policy;
use super::explain::{Considered, Fit, explain};
use super::json::Json;
use super::keys::{Key, Values};
use super::kind::{Effect, Kind};
use super::malformed::MalformedPolicy;
use super::pattern::{Pattern, Piece};
use super::positions::{self, Stretch};
use super::request::{Principal, PrincipalKind, Request};
use std::cell::RefCell;
use std::collections::BTreeSet;

/// Evaluations of one simulation: actions times resources.
pub const EVALUATIONS_MAX: usize = 1000;
/// Bytes of an action, a resource or a value of a key.
const VALUE_LENGTH_MAX: usize = 2048;

/// What a document is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// It allows and denies, as a policy of a user, a group or a role.
    Identity,
    /// It limits what identity policies can allow.
    Boundary,
    /// It limits a session.
    Session,
    /// It is the resource's own: the policy of a bucket or of a key, or the trust policy of a role.
    Resource,
}

/// A policy, as text.
#[derive(Clone, Debug)]
pub struct Document {
    /// What it is called in results.
    pub label: String,
    /// What it is for.
    pub role: Role,
    /// The text.
    pub text: String,
}

/// Who principal, in a simulation.
#[derive(Clone, Copy, Debug)]
pub struct PrincipalName<'a> {
    /// The ARN of a user, a role, a session or an account's root.
    pub arn: &'a str,
    /// What `aws:userid` is; empty where that is not known.
    pub unique_id: &'a str,
}

/// What is simulated.
#[derive(Clone, Debug)]
pub struct Hypothesis<'a> {
    /// The policies: at most one boundary, and one of the resource.
    pub documents: &'a [Document],
    /// The principal; where it is `None`, a user of the account that owns the resources.
    pub principal: Option<PrincipalName<'a>>,
    /// The account that owns the resources; where it is `None`, the one that their ARNs name, or
    /// else that of the principal.
    pub owner: Option<&'a str>,
    /// Actions, each evaluated on every resource: `s3:GetObject`.
    pub actions: &'a [String],
    /// ARNs; `*` where there is none.
    pub resources: &'a [String],
    /// What the request carries: condition keys and their values.
    pub context: &'a [(String, Vec<String>)],
}

/// What would be decided on one action on one resource.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Evaluation {
    /// The action.
    pub action: String,
    /// The resource.
    pub resource: String,
    /// How it went.
    pub outcome: Outcome,
    /// The statements that it rests on: those that deny, or else those that allow.
    pub matched: Vec<Matched>,
    /// Condition keys that conditions needed and that were not given, in their order.
    pub missing: Vec<String>,
    /// Whether the boundary allows it; `None` without one.
    pub allowed_by_boundary: Option<bool>,
}

/// A statement that a result rests on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Matched {
    /// The number of its document, counted from 0.
    pub document: usize,
    /// Counted from 0.
    pub statement: usize,
    /// Its `Sid`.
    pub sid: Option<String>,
    /// Where it is in the text.
    pub stretch: Option<Stretch>,
}

/// Why nothing can be simulated.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Invalid {
    /// A document is not a policy of its kind.
    #[error("{0}: {1}")]
    Policy(String, MalformedPolicy),
    /// Two documents have a role of which there is one.
    #[error("there can be one {0}")]
    Second(&'static str),
    /// An action is not a name.
    #[error("{0} is not the name of an action: it has the form SERVICE:NAME, without wildcards")]
    Action(String),
    /// A resource is not an ARN.
    #[error("{0} is not a resource: it is an ARN or *")]
    Resource(String),
    /// The principal is not the ARN of one.
    #[error("{0} is not the ARN of a user, a role, a session or an account")]
    Principal(String),
    /// A value is longer than AWS takes.
    #[error("actions, resources and values of condition keys have at most {VALUE_LENGTH_MAX} bytes")]
    TooLong,
    /// There would be more evaluations than [`EVALUATIONS_MAX`].
    #[error("at most {EVALUATIONS_MAX} evaluations, which are actions times resources, are made at once")]
    TooMany,
    /// All together take more work than [`WORK_MAX`].
    #[error(
        "{EXHAUSTED}: all evaluations of a simulation, which are actions times resources, have {WORK_MAX} steps together; \
         simulate fewer at once"
    )]
    TooMuchWork,
}

/// Decides on every action on every resource, in the order in which they are given.
///
/// # Errors
/// See [`Invalid`].
pub fn simulate(hypothesis: &Hypothesis<'_>) -> Result<Vec<Evaluation>, Invalid> {
    let read = Read::of(hypothesis.documents)?;
    let principal = hypothesis.principal.map(|principal| {
        SimulatedPrincipal::parse(principal).ok_or_else(|| Invalid::Principal(principal.arn.to_owned()))
    });
    let principal = principal.transpose()?.unwrap_or_else(|| SimulatedPrincipal::of_owner(hypothesis.owner));
    let everything = ["*".to_owned()];
    let resources = if hypothesis.resources.is_empty() { &everything } else { hypothesis.resources };
    check_size(hypothesis, resources)?;
    for action in hypothesis.actions {
        let named =
            action.split_once(':').is_some_and(|(service, name)| !service.is_empty() && !name.is_empty());
        if !named || action.contains(['*', '?']) {
            return Err(Invalid::Action(action.clone()));
        }
    }
    if let Some(other) = resources.iter().find(|own| *own != "*" && !own.starts_with("arn:")) {
        return Err(Invalid::Resource(other.clone()));
    }
    let entries = hypothesis.context.iter().fold(ContextEntries::default(), |entries, (key, values)| {
        entries.with(key, &values.iter().map(String::as_str).collect::<Vec<_>>())
    });
    // One budget for all evaluations, so that their number does not multiply the work.
    let budget = Budget::default();
    let mut evaluations = Vec::new();
    for action in hypothesis.actions {
        for resource in resources {
            let principal = principal.principal();
            let owner = hypothesis.owner.or(account_of(resource)).unwrap_or(principal.account);
            let circumstances =
                Circumstances { entries: &entries, principal: &principal, missing: RefCell::default() };
            let request = Request::new(&principal, action, resource, &circumstances).within(&budget);
            let (outcome, matched, allowed_by_boundary) = read.decide(&request, owner);
            if budget.is_exhausted() {
                return Err(Invalid::TooMuchWork);
            }
            evaluations.push(Evaluation {
                action: action.clone(),
                resource: resource.clone(),
                outcome,
                matched,
                missing: circumstances.missing.into_inner().into_iter().collect(),
                allowed_by_boundary,
            });
        }
    }
    Ok(evaluations)
}

/// Whether a simulation has as many evaluations as may be made at once, and no value that is longer
/// than AWS takes.
fn check_size(hypothesis: &Hypothesis<'_>, resources: &[String]) -> Result<(), Invalid> {
    let values = hypothesis.context.iter().flat_map(|(_, values)| values);
    let longest = hypothesis.actions.iter().chain(resources).chain(values).map(String::len).max();
    let longest = longest.unwrap_or_default();
    if longest > VALUE_LENGTH_MAX {
        return Err(Invalid::TooLong);
    }
    let evaluations = hypothesis.actions.len().saturating_mul(resources.len());
    if evaluations > EVALUATIONS_MAX { Err(Invalid::TooMany) } else { Ok(()) }
}

/// The account that an ARN names; ARNs of S3 name none.
fn account_of(resource: &str) -> Option<&str> {
    let account = resource.split(':').nth(4)?;
    (account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit())).then_some(account)
}

/// The condition keys that policies name, each once, in their order: those of conditions, and those
/// of variables.
///
/// # Errors
/// [`Invalid::Policy`]
pub fn context_keys(documents: &[Document]) -> Result<Vec<String>, Invalid> {
    let read = Read::of(documents)?;
    let mut keys = BTreeSet::new();
    for own in &read.policies {
        for statement in &own.policy.statements {
            for condition in &statement.conditions {
                keys.insert(condition.key.to_string());
                variables(condition.patterns().into_iter(), &mut keys);
            }
            for resource in statement.resources.iter().flat_map(|own| &own.patterns) {
                variables(resource.head().iter().chain([&resource.relative]), &mut keys);
            }
        }
    }
    Ok(keys.into_iter().collect())
}

fn variables<'a>(patterns: impl Iterator<Item = &'a Pattern>, keys: &mut BTreeSet<String>) {
    for piece in patterns.flat_map(Pattern::pieces) {
        if let Piece::Variable(variable) = piece {
            keys.insert(variable.key.to_string());
        }
    }
}

impl Policy {
    /// Reads the policy of a resource, and finds out what the resource is: the bucket that the
    /// first `Resource` names, or the access point of one of the two kinds; a key where the actions
    /// are those of keys; a role where there is no `Resource`.
    ///
    /// # Errors
    /// As [`Policy::parse`].
    pub fn parse_of_resource(text: &str) -> Result<Policy, MalformedPolicy> {
        let bucket = bucket_of(text);
        if let Some(arn) = object_lambda_of(text) {
            return Policy::parse(Kind::ObjectLambda(&arn), text);
        }
        if let Some(access_point) = access_point_of(text) {
            return Policy::parse(Kind::AccessPoint(&access_point), text);
        }
        match bucket.as_deref() {
            _ if is_of_key(text) => Policy::parse(Kind::Key, text),
            Some(bucket) => Policy::parse(Kind::Bucket(bucket), text),
            None => Policy::parse(Kind::Trust, text),
        }
    }
}

/// The bucket of the first resource of a document: empty where the resource is not the ARN of one,
/// `None` where no statement has a resource.
pub(crate) fn bucket_of(text: &str) -> Option<String> {
    let first = first_resource(text)?;
    let named = first.splitn(6, ':').nth(5).unwrap_or_default();
    Some(named.split('/').next().unwrap_or_default().to_owned())
}

/// The ARN of the access point that the first resource of a document names; `None` where that is
/// something else.
pub(crate) fn access_point_of(text: &str) -> Option<String> {
    let first = first_resource(text)?;
    let named = first.splitn(6, ':').nth(5)?.strip_prefix("accesspoint/")?;
    let name = named.split('/').next().unwrap_or_default();
    let head = first.len() - named.len();
    first.get(..head + name.len()).map(str::to_owned)
}

/// The ARN of the Object Lambda access point that the first resource of a document names.
pub(crate) fn object_lambda_of(text: &str) -> Option<String> {
    access_point_of(text).filter(|arn| arn.split(':').nth(2) == Some("s3-object-lambda"))
}

/// The first resource of a document; empty where it is no text.
fn first_resource(text: &str) -> Option<String> {
    let document = Json::parse(text).ok()?;
    let statements = member(&document, &["Statement"])?;
    let resource = statements.items().iter().find_map(|own| member(own, &["Resource", "NotResource"]))?;
    Some(resource.items().first().and_then(Json::text).unwrap_or_default().to_owned())
}

/// Whether a document is about the use of keys: its first action is one of KMS.
pub(crate) fn is_of_key(text: &str) -> bool {
    let Ok(document) = Json::parse(text) else { return false };
    let statements = member(&document, &["Statement"]);
    let action =
        statements.iter().flat_map(Json::items).find_map(|own| member(own, &["Action", "NotAction"]));
    let first = action.as_ref().and_then(|own| own.items().first()).and_then(Json::text);
    first.is_some_and(|first| first.get(..4).is_some_and(|vendor| vendor.eq_ignore_ascii_case("kms:")))
}

fn member(value: &Json, names: &[&str]) -> Option<Json> {
    let own = value.members()?.iter().find(|(name, _)| names.contains(&name.as_str()));
    own.map(|(_, value)| value.clone())
}

/// The documents, read.
struct Read {
    policies: Vec<ReadPolicy>,
}

struct ReadPolicy {
    /// Its number among the documents, as a label: explanations tell policies apart by it.
    number: String,
    role: Role,
    policy: Policy,
    stretches: Vec<Stretch>,
}

impl Read {
    fn of(documents: &[Document]) -> Result<Read, Invalid> {
        let mut policies: Vec<ReadPolicy> = Vec::new();
        for (number, document) in documents.iter().enumerate() {
            let text = &document.text;
            let policy = match document.role {
                Role::Identity => Policy::parse(Kind::Identity, text),
                Role::Boundary => Policy::parse(Kind::Boundary, text),
                Role::Session => Policy::parse(Kind::Session, text),
                Role::Resource => Policy::parse_of_resource(text),
            };
            let policy = policy.map_err(|error| Invalid::Policy(document.label.clone(), error))?;
            let second = match document.role {
                Role::Boundary => Some("permissions boundary"),
                Role::Resource => Some("policy of the resource"),
                Role::Identity | Role::Session => None,
            };
            if let Some(what) = second.filter(|_| policies.iter().any(|own| own.role == document.role)) {
                return Err(Invalid::Second(what));
            }
            let (number, stretches) = (number.to_string(), positions::statements(text));
            policies.push(ReadPolicy { number, role: document.role, policy, stretches });
        }
        Ok(Read { policies })
    }

    fn sources(&self, role: Role) -> Vec<Source<'_>> {
        let own = self.policies.iter().filter(|own| own.role == role);
        own.map(|own| Source { label: &own.number, policy: &own.policy }).collect()
    }

    /// What is decided, the statements that it rests on, and whether the boundary allows it.
    fn decide(&self, request: &Request<'_>, owner: &str) -> (Outcome, Vec<Matched>, Option<bool>) {
        let (identity, session) = (self.sources(Role::Identity), self.sources(Role::Session));
        let (boundary, own) = (self.sources(Role::Boundary), self.sources(Role::Resource));
        let policies = Policies {
            owner: Some(owner),
            identity: Identity::Policies(&identity),
            boundary: boundary.first().copied(),
            session: (!session.is_empty()).then_some(&session),
            resource: own.first().copied(),
            ..Policies::default()
        };
        let explained = explain(request, &policies);
        let allowed_by_boundary =
            policies.boundary.map(|_| says(&explained.considered, Layer::Boundary) == Outcome::Allow);
        let outcome = explained.decision.outcome;
        (outcome, self.matched(&explained.considered, outcome), allowed_by_boundary)
    }

    /// The statements that an outcome rests on.
    fn matched(&self, considered: &[Considered<'_>], outcome: Outcome) -> Vec<Matched> {
        let effect = match outcome {
            Outcome::Allow => Effect::Allow,
            Outcome::ExplicitDeny => Effect::Deny,
            Outcome::ImplicitDeny => return Vec::new(),
        };
        let own = considered.iter().filter(|own| own.fit == Fit::Applies && own.effect == effect);
        let own = own.filter_map(|own| {
            let document = own.label.parse().ok()?;
            let read = self.policies.iter().find(|read| read.number == own.label)?;
            Some(Matched {
                document,
                statement: own.statement,
                sid: own.sid.map(str::to_owned),
                stretch: read.stretches.get(own.statement).copied(),
            })
        });
        own.collect()
    }
}

/// What the statements of one kind say together.
fn says(considered: &[Considered<'_>], layer: Layer) -> Outcome {
    let applies = |effect| {
        considered.iter().any(|own| own.layer == layer && own.fit == Fit::Applies && own.effect == effect)
    };
    match (applies(Effect::Deny), applies(Effect::Allow)) {
        (true, _) => Outcome::ExplicitDeny,
        (false, true) => Outcome::Allow,
        (false, false) => Outcome::ImplicitDeny,
    }
}

/// Who principal.
struct SimulatedPrincipal<'a> {
    kind: PrincipalKind,
    account: &'a str,
    arn: &'a str,
    unique_id: &'a str,
    user_name: &'a str,
    issuer: Option<String>,
}

impl<'a> SimulatedPrincipal<'a> {
    fn of_owner(owner: Option<&'a str>) -> SimulatedPrincipal<'a> {
        let account = owner.unwrap_or_default();
        SimulatedPrincipal {
            kind: PrincipalKind::User,
            account,
            arn: "",
            unique_id: "",
            user_name: "",
            issuer: None,
        }
    }

    fn parse(principal: PrincipalName<'a>) -> Option<SimulatedPrincipal<'a>> {
        let mut parts = principal.arn.splitn(6, ':');
        let (arn, _, service, _) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let (account, relative) = (parts.next()?, parts.next()?);
        let (sort, name) = relative.split_once('/').unwrap_or((relative, ""));
        let last = name.rsplit('/').next().unwrap_or_default();
        let (kind, user_name, issuer) = match (service, sort) {
            ("iam", "root") if name.is_empty() => (PrincipalKind::Root, "", None),
            ("iam", "user") if !last.is_empty() => (PrincipalKind::User, last, None),
            // The ARN of a role stands for any session of the role.
            ("iam", "role") if !last.is_empty() => {
                (PrincipalKind::AssumedRole, "", Some(principal.arn.to_owned()))
            }
            ("sts", "assumed-role") => {
                let (role, _) = name.split_once('/')?;
                let issuer = format!("arn:aws:iam::{account}:role/{role}");
                (PrincipalKind::AssumedRole, "", Some(issuer))
            }
            ("sts", "federated-user") if !name.is_empty() => (PrincipalKind::FederatedUser, "", None),
            _ => return None,
        };
        let is_arn = arn == "arn" && !account.is_empty();
        is_arn.then_some(SimulatedPrincipal {
            kind,
            account,
            arn: principal.arn,
            unique_id: principal.unique_id,
            user_name,
            issuer,
        })
    }

    fn principal(&self) -> Principal<'_> {
        Principal {
            kind: self.kind,
            account: self.account,
            canonical_id: "",
            arn: self.arn,
            unique_id: self.unique_id,
            user_name: self.user_name,
            issuer_arn: self.issuer.as_deref(),
        }
    }
}

/// The given keys, and those of the principal. Remembers the keys that were needed and not there.
struct Circumstances<'a> {
    entries: &'a ContextEntries,
    principal: &'a Principal<'a>,
    missing: RefCell<BTreeSet<String>>,
}

impl Context for Circumstances<'_> {
    fn value(&self, key: &Key) -> Option<Values<'_>> {
        let value = self.entries.value(key).or_else(|| self.principal.value(key.id()).map(Values::One));
        if value.is_none() {
            self.missing.borrow_mut().insert(key.to_string());
        }
        value
    }

    fn cost(&self, key: &Key) -> usize {
        self.entries.cost(key)
    }
}

#[cfg(test)]
mod tests;
