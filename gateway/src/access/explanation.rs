//! Why a request was denied, as a document for the operator: the principal, the operation, the
//! policies that were considered, and what decided.
//!
//! A denied request is decided a second time, with an [`Explainer`] as the witness: so requests
//! that are allowed pay nothing. The document is JSON, in the order in which people read it;
//! `docs/access.md` shows one. The client that was refused sees nothing of it. It holds no secret:
//! signatures, tokens and keys decide nothing, and [`shown`] leaves out values that look like them.

pub mod signature;

use crate::access::{AccessLevel, Bucket, Decided, Witness};
use crate::bucket::object_ownership::ObjectOwnership;
use crate::bucket::public_access_block::{BlockLevels, BlockSwitch};
use crate::identity::account::Account;
use crate::operations::Operation;
use crate::policy::{
    self, AclGrant, Budget, Decision, EXHAUSTED, Effect, Fit, Identity, Layer, Outcome, Policies,
    PrincipalKind, Reason, WORK_MAX, explain, is_public,
};
use crate::timestamp;
use serde::Serialize;
use signature::ShownRequest;
use std::cell::RefCell;

/// Bytes of a document. A longer one leaves out the statements that do not decide.
pub const EXPLANATION_BYTES_MAX: usize = 48 << 10;
/// Bytes of one value that are shown.
const VALUE_BYTES_MAX: usize = 512;
/// Values of one condition that are shown.
const VALUES_MAX: usize = 16;
/// Policies that are shown.
const POLICIES_MAX: usize = 64;
/// Policies that are shown where the document is too long even without statements.
const POLICIES_MIN: usize = 16;
/// Statements of one policy that are shown.
const STATEMENTS_MAX: usize = 32;
/// Decisions before the one that decided.
const STEPS_MAX: usize = 16;

/// The action that is decided on where an object is not there: only a principal that may list the
/// bucket is told so.
const LISTING: &str = "s3:ListBucket";

/// What is known of a request besides the decision.
#[derive(Clone, Debug)]
pub struct Circumstances<'a> {
    /// The id that the client was told.
    pub request_id: &'a str,
    /// When it arrived, in milliseconds since 1970.
    pub received_ms: u64,
    /// The name of the operation; empty when it was not known yet.
    pub operation: &'a str,
    /// The principal, as far as it is established.
    pub principal: ShownPrincipal<'a>,
    /// The ARN of what the request is addressed to.
    pub address: Option<String>,
    /// The address of the client.
    pub source_ip: &'a str,
}

/// The principal, as the document shows it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct ShownPrincipal<'a> {
    /// `anonymous`, `root`, `user`, `assumed-role`, `federated-user`; `unknown` where it was not
    /// established.
    pub kind: &'a str,
    /// The ARN.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub arn: &'a str,
    /// 12 digits.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub account: &'a str,
    /// The id of the access key that signed, or that the request names.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub access_key_id: &'a str,
}

/// Explains a refusal without a decision: a wrong signature, an object that is locked. `code` and
/// `message` are those of the error.
pub fn of_refusal(circumstances: &Circumstances<'_>, code: &str, message: &str) -> String {
    let document = Explanation {
        reason: shown(message),
        resource: circumstances.address.clone(),
        ..Explanation::of(circumstances, code)
    };
    document.render()
}

/// Explains that Block Public Access did not let in a public ACL or policy: which switch of which
/// level, and what turns it off.
pub fn of_block(
    circumstances: &Circumstances<'_>,
    (action, resource): (&str, &str),
    block: &Block<'_>,
) -> String {
    let document = Explanation {
        reason: format!(
            "{} of Block Public Access is on, and what the request sets is public",
            block.switch.name()
        ),
        action: Some(action.to_owned()),
        resource: Some(shown(resource)),
        resource_owner: Some(block.owner.to_string()),
        blocked_by: block.shown(),
        ..Explanation::of(circumstances, "AccessDenied")
    };
    document.render()
}

/// A switch of Block Public Access that decided.
#[derive(Clone, Copy, Debug)]
pub struct Block<'a> {
    /// Which one.
    pub switch: BlockSwitch,
    /// The bucket.
    pub bucket: &'a str,
    /// Who owns it.
    pub owner: Account,
    /// What is on, at which level.
    pub levels: BlockLevels,
}

impl Block<'_> {
    fn shown(&self) -> Vec<ShownBlock> {
        let commands = self.levels.commands(self.switch, self.bucket, self.owner);
        let shown =
            |(level, command)| ShownBlock { level, switch: self.switch.name(), turned_off_by: command };
        commands.into_iter().map(shown).collect()
    }
}

/// A switch, and what turns it off.
#[derive(Debug, Serialize)]
struct ShownBlock {
    /// `bucket` or `account`.
    level: &'static str,
    switch: &'static str,
    turned_off_by: String,
}

/// Remembers the decisions on the way to a refusal.
#[derive(Debug, Default)]
pub struct Explainer {
    entries: RefCell<Entries>,
}

#[derive(Debug, Default)]
struct Entries {
    steps: Vec<Step>,
    /// The last decision that went against the request.
    denied: Option<Denied>,
    /// Whether a public grant of an ACL did not count for the decision that comes next.
    grant_ignored: bool,
    /// Why the request is refused, where no policy decided.
    refused: Option<String>,
}

/// One decision, in short.
#[derive(Clone, Debug, Serialize)]
struct Step {
    action: String,
    resource: String,
    outcome: &'static str,
}

/// A decision against the request, in full.
#[derive(Debug)]
struct Denied {
    action: String,
    resource: String,
    owner: Option<String>,
    level: Option<&'static str>,
    outcome: &'static str,
    reason: String,
    decided_by: Option<Deciding>,
    blocked_by: Vec<ShownBlock>,
    considered: Vec<ShownPolicy>,
}

impl Witness for Explainer {
    fn decided(&self, decided: &Decided<'_>) {
        let mut entries = self.entries.borrow_mut();
        if entries.steps.len() < STEPS_MAX {
            entries.steps.push(Step {
                action: decided.action.to_owned(),
                resource: shown(decided.request.resource()),
                outcome: outcome(decided.decision.outcome),
            });
        }
        let grant_ignored = std::mem::take(&mut entries.grant_ignored);
        if !decided.decision.is_allowed() {
            entries.denied = Some(Denied::of(decided, grant_ignored));
        }
    }

    fn grant_ignored(&self) {
        self.entries.borrow_mut().grant_ignored = true;
    }

    fn refused(&self, reason: &str) {
        self.entries.borrow_mut().refused = Some(reason.to_owned());
    }
}

impl Explainer {
    /// The document. `otherwise` is the reason where no decision went against the request.
    pub fn document(self, circumstances: &Circumstances<'_>, otherwise: &str) -> String {
        let Entries { mut steps, denied, refused, .. } = self.entries.into_inner();
        if let Some(reason) = refused {
            return of_refusal(circumstances, "refused", &reason);
        }
        let Some(denied) = denied else { return of_refusal(circumstances, "refused", otherwise) };
        if steps.last().is_some_and(|last| last.action == denied.action && last.resource == denied.resource) {
            steps.pop();
        }
        let operation = Operation::parse(circumstances.operation);
        let is_for_object = !operation.is_some_and(|operation| operation.takes(LISTING));
        let note = (denied.action == LISTING && is_for_object).then_some(
            "there is no such object: only who may list the bucket is told so, everybody else is denied",
        );
        let document = Explanation {
            reason: denied.reason,
            note,
            action: Some(denied.action),
            resource: Some(denied.resource),
            resource_owner: denied.owner,
            level: denied.level,
            decided_by: denied.decided_by,
            blocked_by: denied.blocked_by,
            considered: denied.considered,
            decided_before: steps,
            ..Explanation::of(circumstances, denied.outcome)
        };
        document.render()
    }
}

/// The document, in the order of its fields.
#[derive(Debug, Serialize)]
struct Explanation<'a> {
    request_id: &'a str,
    time: String,
    #[serde(skip_serializing_if = "str::is_empty")]
    operation: &'a str,
    /// `explicitDeny`, `implicitDeny`, or the code of the error.
    outcome: &'a str,
    reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'static str>,
    principal: ShownPrincipal<'a>,
    source_ip: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource_owner: Option<String>,
    /// Of a request by an access point: which of the two denies, `access point` or `bucket`.
    #[serde(skip_serializing_if = "Option::is_none")]
    level: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    decided_by: Option<Deciding>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    blocked_by: Vec<ShownBlock>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    considered: Vec<ShownPolicy>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    decided_before: Vec<Step>,
    /// What the server saw of a request whose signature is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    seen: Option<ShownRequest>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hints: Vec<String>,
}

impl<'a> Explanation<'a> {
    fn of(circumstances: &Circumstances<'a>, outcome: &'a str) -> Explanation<'a> {
        Explanation {
            request_id: circumstances.request_id,
            time: timestamp::iso8601(circumstances.received_ms),
            operation: circumstances.operation,
            outcome,
            reason: String::new(),
            note: None,
            principal: circumstances.principal,
            source_ip: circumstances.source_ip,
            action: None,
            resource: None,
            resource_owner: None,
            level: None,
            decided_by: None,
            blocked_by: Vec::new(),
            considered: Vec::new(),
            decided_before: Vec::new(),
            seen: None,
            hints: Vec::new(),
        }
    }

    /// The text, within its limit.
    fn render(mut self) -> String {
        let text = serde_json::to_string(&self).unwrap_or_default();
        if text.len() <= EXPLANATION_BYTES_MAX {
            return text;
        }
        for considered in &mut self.considered {
            considered.statements_left_out += considered.statements.len();
            considered.statements.clear();
        }
        let text = serde_json::to_string(&self).unwrap_or_default();
        if text.len() <= EXPLANATION_BYTES_MAX {
            return text;
        }
        self.considered.truncate(POLICIES_MIN);
        serde_json::to_string(&self).unwrap_or_default()
    }
}

/// The statement that decided.
#[derive(Debug, Serialize)]
struct Deciding {
    layer: &'static str,
    policy: String,
    statement: String,
}

/// A policy, or what decides instead of one, and what it says.
#[derive(Debug, Default, Serialize)]
struct ShownPolicy {
    layer: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    policy: Option<String>,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    statements: Vec<ShownStatement>,
    /// Statements about other actions, and those beyond the limit.
    #[serde(skip_serializing_if = "is_zero")]
    statements_left_out: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// A statement about the action.
#[derive(Debug, Serialize)]
struct ShownStatement {
    statement: String,
    effect: &'static str,
    fit: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    conditions: Vec<ShownCondition>,
}

/// A condition with the values of both sides.
#[derive(Debug, Serialize)]
struct ShownCondition {
    operator: String,
    key: String,
    policy_values: Vec<String>,
    /// `null` where the request does not carry the key.
    request_values: Option<Vec<String>>,
    holds: bool,
}

impl Denied {
    fn of(decided: &Decided<'_>, grant_ignored: bool) -> Denied {
        // The rest of the budget may not be enough to show the decision, so showing has a fresh
        // one. But policies that spent the whole budget are not evaluated again.
        let fresh = Budget::default();
        let budget = match decided.decision.reason {
            Reason::Exhausted => decided.request.budget(),
            _ => &fresh,
        };
        let explained = explain(&decided.request.clone().within(budget), decided.policies);
        let mut considered: Vec<ShownPolicy> = Vec::new();
        for layer in [Layer::Endpoint, Layer::Resource, Layer::Identity, Layer::Boundary, Layer::Session] {
            considered.extend(of_layer(layer, decided.policies, &explained.considered));
        }
        considered
            .extend(decided.bucket.map(|bucket| of_bucket(bucket, decided.policies)).unwrap_or_default());
        // An ACL that grants to the owner's account says nothing about the account's users.
        let is_own = decided.policies.owner == Some(decided.request.principal().account);
        let is_granted = (decided.policies.acl != AclGrant::None && !is_own)
            || considered.iter().any(|own| own.layer == name_of(Layer::Resource) && own.outcome == ALLOWS);
        let statement_of = |reason: &Reason<'_>| match *reason {
            Reason::Statement { layer, label, statement, sid } => Some(Deciding {
                layer: name_of(layer),
                policy: shown(label),
                statement: statement_name(statement, sid),
            }),
            _ => None,
        };
        Denied {
            action: decided.action.to_owned(),
            resource: shown(decided.request.resource()),
            owner: decided.policies.owner.map(str::to_owned),
            level: level_of(decided),
            outcome: outcome(decided.decision.outcome),
            reason: reason(decided, is_granted),
            decided_by: statement_of(&decided.decision.reason),
            blocked_by: blocked_by(decided, grant_ignored),
            considered,
        }
    }
}

/// The level that was decided on, where a request has several.
fn level_of(decided: &Decided<'_>) -> Option<&'static str> {
    let Some(bucket) = decided.bucket else {
        return decided.action.starts_with("lambda:").then_some(words_of_level(AccessLevel::Function));
    };
    bucket.by.as_ref().map(|by| words_of_level(by.level))
}

fn words_of_level(level: AccessLevel) -> &'static str {
    match level {
        AccessLevel::ObjectLambda => "Object Lambda access point",
        AccessLevel::AccessPoint => "access point",
        AccessLevel::Bucket => "bucket",
        AccessLevel::Function => "function",
    }
}

/// The switches of Block Public Access without which the decision might have been another. Those of
/// an Object Lambda access point are on for ever.
fn blocked_by(decided: &Decided<'_>, grant_ignored: bool) -> Vec<ShownBlock> {
    let bucket = decided.bucket.filter(|bucket| bucket.level() != AccessLevel::ObjectLambda);
    let Some(bucket) = bucket else { return Vec::new() };
    let restricted = matches!(decided.decision.reason, Reason::Nothing(Layer::PublicAccessBlock));
    let switches =
        [(grant_ignored, BlockSwitch::IgnorePublicAcls), (restricted, BlockSwitch::RestrictPublicBuckets)];
    let of = |switch| {
        Block { switch, bucket: bucket.bucket_name(), owner: bucket.owner, levels: bucket.block_levels }
            .shown()
    };
    switches.into_iter().filter(|(decides, _)| *decides).flat_map(|(_, switch)| of(switch)).collect()
}

/// The policies of one kind.
fn of_layer<'a>(
    layer: Layer,
    policies: &Policies<'_>,
    considered: &[policy::Considered<'a>],
) -> Vec<ShownPolicy> {
    let sources = match layer {
        Layer::Endpoint => policies.endpoint.as_slice(),
        Layer::Resource => policies.resource.as_slice(),
        Layer::Boundary => policies.boundary.as_slice(),
        Layer::Session => policies.session.unwrap_or_default(),
        Layer::Identity => match policies.identity {
            Identity::Policies(sources) => sources,
            Identity::Unlimited => &[],
        },
        Layer::PublicAccessBlock => &[],
    };
    if sources.is_empty() {
        let outcome = match (layer, policies.identity) {
            (Layer::Identity, Identity::Policies(_)) => "there is none, so nothing is allowed",
            (Layer::Session, _) if policies.session.is_some() => "there is none, so nothing is allowed",
            _ => return Vec::new(),
        };
        return vec![ShownPolicy { layer: name_of(layer), outcome, ..ShownPolicy::default() }];
    }
    // Two policies may have the same label, so statements are told apart by their number: as many
    // as each policy has.
    let mut own = considered.iter().filter(|own| own.layer == layer);
    let mut shown_policies = Vec::new();
    for source in sources.iter().take(POLICIES_MAX) {
        let count = source.policy.statements().len();
        let statements: Vec<_> = own.by_ref().take(count).collect();
        shown_policies.push(of_policy(layer, source.label, &statements));
    }
    shown_policies
}

/// The outcome of a policy that allows.
const ALLOWS: &str = "allows";

fn of_policy(layer: Layer, label: &str, statements: &[&policy::Considered<'_>]) -> ShownPolicy {
    let applies = |effect| statements.iter().any(|own| own.effect == effect && own.fit == Fit::Applies);
    let outcome = match (applies(Effect::Deny), applies(Effect::Allow)) {
        (true, _) => "denies",
        (false, true) => ALLOWS,
        (false, false) => "does not allow",
    };
    let about = statements.iter().filter(|own| own.fit != Fit::OtherAction);
    // Statements that apply come first, so that they are not left out.
    let (first, second): (Vec<_>, Vec<_>) = about.partition(|own| own.fit == Fit::Applies);
    let listed: Vec<ShownStatement> =
        first.into_iter().chain(second).take(STATEMENTS_MAX).map(|own| of_statement(own)).collect();
    ShownPolicy {
        layer: name_of(layer),
        policy: Some(shown(label)),
        outcome,
        statements_left_out: statements.len() - listed.len(),
        statements: listed,
    }
}

fn of_statement(own: &policy::Considered<'_>) -> ShownStatement {
    let conditions = own.conditions.iter().take(VALUES_MAX).map(|own| ShownCondition {
        operator: shown(&own.operator),
        key: shown(&own.key),
        policy_values: all_shown(&own.expected),
        request_values: own.actual.as_deref().map(all_shown),
        holds: own.holds,
    });
    ShownStatement {
        statement: statement_name(own.statement, own.sid),
        effect: if own.effect == Effect::Allow { "Allow" } else { "Deny" },
        fit: match own.fit {
            Fit::Applies => "applies",
            Fit::OtherAction => "is about other actions",
            Fit::OtherResource => "is about other resources",
            Fit::OtherPrincipal => "is about other principals",
            Fit::Condition { .. } => "a condition does not hold",
            Fit::NotCompared => "was not compared, for it takes too much work",
        },
        conditions: conditions.collect(),
    }
}

/// What decides besides the policy of a bucket: ACLs, ownership, Block Public Access.
fn of_bucket(bucket: &Bucket, policies: &Policies<'_>) -> Vec<ShownPolicy> {
    let entry = |layer, outcome| ShownPolicy { layer, outcome, ..ShownPolicy::default() };
    let acl = match (bucket.ownership, policies.acl) {
        (_, AclGrant::Account) => "grants it to the account of the principal",
        (_, AclGrant::Everyone) => "grants it to a group that the principal is in",
        (ObjectOwnership::BucketOwnerEnforced, AclGrant::None) => {
            "is disabled (object ownership BucketOwnerEnforced)"
        }
        (_, AclGrant::None) => "does not grant it",
    };
    let mut considered = Vec::new();
    if policies.resource.is_none() && bucket.policy.is_none() {
        let none = match bucket.level() {
            AccessLevel::ObjectLambda => "the Object Lambda access point has no policy",
            AccessLevel::AccessPoint => "the access point has no policy",
            AccessLevel::Bucket | AccessLevel::Function => "the bucket has no policy",
        };
        considered.push(entry("resource", none));
    }
    if bucket.level() == AccessLevel::Bucket {
        considered.push(entry("acl", acl));
    }
    let public = bucket.policy.as_deref().is_some_and(is_public);
    let block = bucket.public_access;
    if block.restrict_public_buckets && public {
        considered.push(entry(
            "block public access",
            "RestrictPublicBuckets: the policy is public, so only the owner's account passes",
        ));
    }
    if block.ignore_public_acls && bucket.ownership != ObjectOwnership::BucketOwnerEnforced {
        considered
            .push(entry("block public access", "IgnorePublicAcls: what ACLs grant to groups does not count"));
    }
    considered
}

/// `explicitDeny`
pub fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Allow => "allowed",
        Outcome::ExplicitDeny => "explicitDeny",
        Outcome::ImplicitDeny => "implicitDeny",
    }
}

fn name_of(layer: Layer) -> &'static str {
    match layer {
        Layer::Identity => "identity",
        Layer::Resource => "resource",
        Layer::Boundary => "boundary",
        Layer::Session => "session",
        Layer::Endpoint => "endpoint",
        Layer::PublicAccessBlock => "block public access",
    }
}

/// A policy of a kind, in a sentence.
fn words_of(layer: Layer) -> &'static str {
    match layer {
        Layer::Identity => "the identity policy",
        Layer::Resource => "the resource policy",
        Layer::Boundary => "the permissions boundary",
        Layer::Session => "the session policy",
        Layer::Endpoint => "the endpoint policy",
        Layer::PublicAccessBlock => "Block Public Access",
    }
}

/// `DenyOpen`, or `#2` for the second statement where it has no `Sid`.
fn statement_name(statement: usize, sid: Option<&str>) -> String {
    sid.map_or_else(|| format!("#{}", statement + 1), shown)
}

/// The one-line reason.
fn reason(decided: &Decided<'_>, is_granted: bool) -> String {
    let Decided { action, decision: Decision { reason, .. }, .. } = *decided;
    let principal = decided.request.principal();
    match reason {
        Reason::Statement { layer, label, statement, sid } => format!(
            "explicit deny in {} {}, statement {}",
            words_of(layer),
            shown(label),
            statement_name(statement, sid)
        ),
        // A grant to an account needs a policy of that account that passes it on to the principal.
        Reason::Nothing(Layer::Identity) if is_granted => {
            format!(
                "no policy of the principal allows {action}: the resource grants it to the account, not to the principal itself"
            )
        }
        Reason::Nothing(Layer::Identity) => format!("no statement allows {action}"),
        Reason::Nothing(Layer::Resource) if principal.kind == PrincipalKind::Anonymous => {
            format!(
                "the request is anonymous, and neither a resource policy nor an ACL allows {action} to everybody"
            )
        }
        Reason::Nothing(Layer::Resource)
            if decided.policies.resource.is_some_and(|own| own.policy.is_trust) =>
        {
            format!("the role does not trust the principal with {action}")
        }
        Reason::Nothing(Layer::Resource)
            if decided.policies.resource.is_some_and(|own| own.policy.is_of_key) =>
        {
            format!("the policy of the key allows {action} neither to the principal nor to its account")
        }
        Reason::Nothing(Layer::Resource) => format!(
            "the resource is another account's, and neither its policy nor an ACL allows {action} to the principal"
        ),
        Reason::Nothing(Layer::PublicAccessBlock) => {
            let whose = words_of_level(decided.bucket.map_or(AccessLevel::Bucket, Bucket::level));
            format!(
                "the policy of the {whose} is public, and Block Public Access (RestrictPublicBuckets) admits only \
                 the owner's account"
            )
        }
        Reason::Nothing(layer) => format!("{} does not allow {action}", words_of(layer)),
        Reason::Exhausted => format!("{EXHAUSTED}: they are asked for at most {WORK_MAX} steps"),
        Reason::Owner | Reason::Unlimited | Reason::Acl => String::new(),
    }
}

fn all_shown(values: &[String]) -> Vec<String> {
    let mut texts: Vec<String> = values.iter().take(VALUES_MAX).map(|value| shown(value)).collect();
    if values.len() > VALUES_MAX {
        texts.push(format!("and {} more", values.len() - VALUES_MAX));
    }
    texts
}

/// A text as explanations show it: cut to a limit, and without what looks like a signature, a token
/// or a credential, which a `Referer` may hold.
pub fn shown(text: &str) -> String {
    let folded = text.to_ascii_lowercase();
    if ["signature=", "security-token", "credential=", "secretaccesskey", "sessiontoken"]
        .iter()
        .any(|secret| folded.contains(secret))
    {
        return "(left out: it may hold a secret)".to_owned();
    }
    if text.len() <= VALUE_BYTES_MAX {
        return text.to_owned();
    }
    let cut = (0..=VALUE_BYTES_MAX).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
    format!("{}…", text.get(..cut).unwrap_or_default())
}

#[cfg(test)]
mod tests;
