//! What is suspicious about a policy: mistakes that make no document invalid, and grants that are
//! rarely meant.

mod text;

pub use text::{kind_of, lint_text};

use super::actions::{self, ActionPattern, Level};
use super::condition::{self, Condition};
use super::document::{Policy, Statement};
use super::keys::{Carried, KeyId, ValueType};
use super::kind::{Effect, Version};
use super::operator::{Comparison, Quantifier};
use super::pattern::{ArnPattern, Piece};
use super::public::grants_publicly;
use super::suggest::nearest;
use std::collections::BTreeSet;

/// The code of a grant to everybody.
const PUBLIC_GRANT: &str = "public-grant";

/// How bad a finding is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Severity {
    /// It does something that is rarely meant.
    Notice,
    /// It does nothing, or not what it seems to.
    Mistake,
    /// It opens something.
    Danger,
    /// It is not a policy: every operation would refuse it.
    Malformed,
}

impl Severity {
    /// As tools say it: `notice`; `warning` for what opens something; `error` for what does not
    /// work.
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Notice => "notice",
            Severity::Danger => "warning",
            Severity::Mistake | Severity::Malformed => "error",
        }
    }
}

/// Something suspicious.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// The statement, counted from 0; `None` where it is about the whole policy.
    pub statement: Option<usize>,
    /// How bad it is.
    pub severity: Severity,
    /// A word for what it is, stable for tools.
    pub code: &'static str,
    /// What it is, and what to do.
    pub message: String,
}

/// Looks for what is suspicious. In the order of the statements.
pub fn lint(policy: &Policy) -> Vec<Finding> {
    let mut findings = Findings { statement: None, found: Vec::new() };
    for (at, statement) in policy.statements.iter().enumerate() {
        findings.statement = Some(at);
        statement_actions(statement, &mut findings);
        statement_resources(policy, statement, &mut findings);
        statement_principals(statement, &mut findings);
        for condition in &statement.conditions {
            statement_condition(policy, statement, condition, &mut findings);
        }
        contradictions(statement, &mut findings);
    }
    findings.found
}

struct Findings {
    statement: Option<usize>,
    found: Vec<Finding>,
}

impl Findings {
    fn add(&mut self, severity: Severity, code: &'static str, message: String) {
        self.found.push(Finding { statement: self.statement, severity, code, message });
    }
}

fn statement_actions(statement: &Statement, findings: &mut Findings) {
    for action in &statement.actions.patterns {
        if let Some((severity, code, message)) = unknown_action(action) {
            findings.add(severity, code, message);
        }
    }
    let everything = |action: &ActionPattern| matches!(&*action.text, "*" | "s3:*");
    let allows = statement.effect == Effect::Allow;
    if allows && statement.actions.except {
        let message =
            "Allow with NotAction allows every other action, those of other services included".to_owned();
        findings.add(Severity::Notice, "allow-not-action", message);
    }
    if allows && !statement.actions.except && statement.actions.patterns.iter().any(everything) {
        let message = "allows every action, changing the policy itself included".to_owned();
        findings.add(Severity::Notice, "every-action", message);
    }
}

/// What is wrong with an action that does not exist: how bad it is, the code, the message.
fn unknown_action(action: &ActionPattern) -> Option<(Severity, &'static str, String)> {
    let text = &action.text;
    let service = text.split_once(':').map_or("", |(service, _)| service).to_ascii_lowercase();
    let (service, exists) = match service.as_str() {
        "s3" => ("S3", action.known().next().is_some()),
        "iam" => ("IAM", action.is_of_iam()),
        "sts" => ("STS", action.is_of_iam()),
        "kms" => ("KMS", action.is_of_kms()),
        "lambda" => ("Lambda", action.of_lambda().next().is_some()),
        "s3-object-lambda" => ("S3 Object Lambda", action.is_of_object_lambda()),
        // Actions of other services are not known here. Only a name that is near to a known one is
        // reported.
        _ => {
            let meant = nearest(text, known_actions())?;
            let message = format!("{text}: there is no such action; did you mean {meant}?");
            return Some((Severity::Mistake, "unknown-action", message));
        }
    };
    if exists {
        return None;
    }
    let meant =
        nearest(text, known_actions()).map(|name| format!("; did you mean {name}?")).unwrap_or_default();
    let message =
        format!("{text}: {service} has no such action, so the statement never applies to one{meant}");
    Some((Severity::Mistake, "unknown-action", message))
}

fn known_actions() -> impl Iterator<Item = &'static str> {
    let others = [
        actions::iam::ACTIONS,
        actions::kms::ACTIONS,
        actions::lambda::ACTIONS,
        actions::object_lambda::ACTIONS,
    ];
    let others = others.into_iter().flatten();
    actions::ACTIONS.iter().map(|(name, _)| *name).chain(others.copied())
}

fn is_s3(action: &ActionPattern) -> bool {
    action.text.get(..3).is_some_and(|vendor| vendor.eq_ignore_ascii_case("s3:"))
}

fn is_lambda(action: &ActionPattern) -> bool {
    action.text.get(..7).is_some_and(|vendor| vendor.eq_ignore_ascii_case("lambda:"))
}

fn statement_resources(policy: &Policy, statement: &Statement, findings: &mut Findings) {
    let Some(resources) = &statement.resources else { return };
    for (text, pattern) in resources.texts.iter().zip(&resources.patterns) {
        if is_s3_arn(pattern) && !is_bucket_arn(pattern) && !is_access_point_arn(pattern) {
            let message = format!("{text}: ARNs of buckets and objects name neither region nor account");
            findings.add(Severity::Mistake, "impossible-resource", message);
        }
        literal_variable(policy, text, findings);
    }
    if statement.actions.except || resources.except {
        return;
    }
    for action in &statement.actions.patterns {
        let mut known = action.of_lambda().peekable();
        let applies = |name: &str| resources.patterns.iter().any(|pattern| may_be_of_lambda(pattern, name));
        if known.peek().is_some() && is_lambda(action) && !known.any(applies) {
            findings.add(Severity::Mistake, "action-without-resource", no_resource(action));
        }
    }
    for action in statement.actions.patterns.iter().filter(|action| is_s3(action)) {
        let mut known = action.known().peekable();
        let applies = |(_, level): (&str, Level)| {
            resources.patterns.iter().any(|pattern| !is_s3_arn(pattern) || may_name(pattern, level))
        };
        if known.peek().is_some() && !known.any(applies) {
            findings.add(Severity::Mistake, "action-without-resource", no_resource(action));
        }
    }
    unused_resources(statement, findings);
}

fn no_resource(action: &ActionPattern) -> String {
    format!("{}: no resource of the statement is of the kind that it is about", action.text)
}

/// Whether an ARN can name what an action of Lambda is about.
fn may_be_of_lambda(pattern: &ArnPattern, action: &str) -> bool {
    let is_own = pattern.head().get(2).is_some_and(|service| service.may_match("lambda"));
    is_own && (!actions::lambda::is_of_account(action) || pattern.relative.is_any())
}

/// Finds resources that no action is about, in a statement where actions are about other ones.
fn unused_resources(statement: &Statement, findings: &mut Findings) {
    let Some(resources) = &statement.resources else { return };
    // For actions of other services it is not known what they are about.
    if !statement.actions.patterns.iter().all(is_s3) {
        return;
    }
    let levels: BTreeSet<Level> =
        statement.actions.patterns.iter().flat_map(|action| action.known().map(|(_, level)| level)).collect();
    let is_used =
        |pattern: &ArnPattern| !is_s3_arn(pattern) || levels.iter().any(|level| may_name(pattern, *level));
    let (used, unused): (Vec<_>, Vec<_>) =
        resources.texts.iter().zip(&resources.patterns).partition(|(_, pattern)| is_used(pattern));
    if used.is_empty() {
        return;
    }
    for (text, _) in unused {
        let message = format!("{text}: no action of the statement is about a resource of this kind");
        findings.add(Severity::Notice, "resource-without-action", message);
    }
}

/// Whether an ARN of S3 can name something that actions of a level are about.
fn may_name(pattern: &ArnPattern, level: Level) -> bool {
    // What is behind `*` may be anything of the kinds that this says.
    if !is_bucket_arn(pattern) && is_access_point_arn(pattern) {
        return match level {
            Level::Account => true,
            Level::Bucket => !names_object(pattern),
            Level::Object => names_object(pattern) || !pattern.relative.is_fixed(),
        };
    }
    let pieces = pattern.relative.pieces();
    let has_slash = |piece: &Piece| matches!(piece, Piece::Text(text) if text.contains('/'));
    match level {
        Level::Account => pattern.relative.is_any(),
        Level::Bucket => !pieces.iter().any(has_slash),
        Level::Object => {
            pieces.iter().any(|piece| has_slash(piece) || matches!(piece, Piece::Any | Piece::Variable(_)))
        }
    }
}

/// Whether the ARN of an access point goes on to an object: `accesspoint/NAME/object/KEY`.
fn names_object(pattern: &ArnPattern) -> bool {
    let is_object = |piece: &Piece| matches!(piece, Piece::Text(text) if text.contains("/object/"));
    pattern.relative.pieces().iter().any(is_object)
}

/// Whether an ARN can be that of a bucket or an object.
fn is_bucket_arn(pattern: &ArnPattern) -> bool {
    pattern.head().iter().zip(["arn", "aws", "s3", "", ""]).all(|(own, part)| own.may_match(part))
}

/// Whether an ARN can be that of an access point, or of an object by one.
fn is_access_point_arn(pattern: &ArnPattern) -> bool {
    pattern.relative.may_start_with("accesspoint/")
}

/// Whether a pattern can be of S3.
fn is_s3_arn(pattern: &ArnPattern) -> bool {
    pattern.head().get(2).is_some_and(|service| service.may_match("s3"))
}

/// A variable in a policy of the old version, where it is text.
fn literal_variable(policy: &Policy, text: &str, findings: &mut Findings) {
    let looks_variable = text.contains("${aws:") || text.contains("${s3:");
    if policy.version == Version::V2008 && looks_variable {
        let message = format!("{text}: variables are text unless \"Version\" is \"2012-10-17\"");
        findings.add(Severity::Mistake, "literal-variable", message);
    }
}

fn statement_principals(statement: &Statement, findings: &mut Findings) {
    if grants_publicly(statement) {
        let message = "grants to the public: everybody, with credentials or without".to_owned();
        findings.add(Severity::Danger, PUBLIC_GRANT, message);
    }
    let excepts = statement.principals.as_ref().is_some_and(|principals| principals.except);
    if excepts {
        let message = "NotPrincipal denies whoever it does not name with account, role and session; a condition on aws:PrincipalArn says it better";
        findings.add(Severity::Notice, "not-principal", message.to_owned());
    }
}

fn statement_condition(
    policy: &Policy,
    statement: &Statement,
    condition: &Condition,
    findings: &mut Findings,
) {
    let key = &condition.key;
    if condition::is_unknown(key) {
        findings.add(Severity::Mistake, "unknown-condition-key", unknown_key(key.name()));
    }
    never_carried(statement, condition, findings);
    for text in &condition.texts {
        literal_variable(policy, text, findings);
    }
    if condition.texts.is_empty() {
        let message = format!("{}: compares {key} with no value at all", condition.operator_text);
        findings.add(Severity::Mistake, "empty-condition", message);
    }
    type_mismatch(condition, findings);
    let is_set = condition.operator.quantifier != Quantifier::Single;
    if key.id().is_multivalued() && !is_set && condition.operator.comparison != Comparison::Null {
        let message = format!("{key} may have several values: compare it with ForAnyValue or ForAllValues");
        findings.add(Severity::Notice, "set-without-quantifier", message);
    }
    if condition.operator.quantifier == Quantifier::All && statement.effect == Effect::Allow {
        let message = format!(
            "ForAllValues holds for requests without {key}: add a Null condition where it must be there"
        );
        findings.add(Severity::Notice, "for-all-values-of-none", message);
    }
    let has_wildcard =
        condition.texts.iter().any(|text| text.replace("${*}", "").replace("${?}", "").contains(['*', '?']));
    let is_exact = matches!(condition.operator.comparison, Comparison::Equals | Comparison::EqualsIgnoreCase);
    if is_exact && has_wildcard {
        let message =
            format!("{}: * and ? are text here; StringLike compares with wildcards", condition.operator_text);
        findings.add(Severity::Mistake, "wildcard-in-equals", message);
    }
}

/// The message for a key that does not exist.
fn unknown_key(name: &str) -> String {
    let catalogue = KeyId::ALL.iter().map(|id| id.name());
    let meant = nearest(name, catalogue).map(|name| format!("; did you mean {name}?")).unwrap_or_default();
    format!("{name}: no request carries this key{meant}")
}

/// A key that requests for the actions of the statement do not carry.
fn never_carried(statement: &Statement, condition: &Condition, findings: &mut Findings) {
    let key = &condition.key;
    let carried = key.id().carried();
    if let Carried::Never(why) = carried {
        let message = format!("{key}: no request carries this key: {why}");
        findings.add(Severity::Mistake, "key-never-carried", message);
        return;
    }
    if carried == Carried::Anywhere || statement.actions.except {
        return;
    }
    let (with, without): (Vec<_>, Vec<_>) =
        statement.actions.patterns.iter().partition(|action| may_carry(action, carried));
    if without.is_empty() {
        return;
    }
    let names: Vec<&str> = without.iter().map(|action| &*action.text).collect();
    let message = format!("{key}: no request for {} carries this key", names.join(", "));
    let (severity, code) = match with.is_empty() {
        true => (Severity::Mistake, "key-never-carried"),
        false => (Severity::Notice, "key-not-always-carried"),
    };
    findings.add(severity, code, message);
}

/// Whether a request for one of the actions of a pattern may carry a key.
fn may_carry(action: &ActionPattern, carried: Carried) -> bool {
    let Carried::By(carriers) = carried else { return carried == Carried::Anywhere };
    let service = action.text.split_once(':').map_or("*", |(service, _)| service);
    carriers.iter().any(|carrier| match carrier.strip_suffix(":*") {
        Some(own) => service.contains('*') || service.eq_ignore_ascii_case(own),
        None => action.matches(&carrier.to_ascii_lowercase()),
    })
}

/// Operators that never hold for the values of a key.
fn type_mismatch(condition: &Condition, findings: &mut Findings) {
    let fits = matches!(
        (condition.operator.comparison, condition.key.id().value_type()),
        (Comparison::Null | Comparison::Equals | Comparison::EqualsIgnoreCase | Comparison::Like, _)
            | (Comparison::Numeric(_), ValueType::Number | ValueType::Date | ValueType::Text)
            | (Comparison::Date(_), ValueType::Date | ValueType::Number)
            | (Comparison::Bool, ValueType::Bool | ValueType::Text)
            | (Comparison::Binary, ValueType::Text)
            | (Comparison::IpAddress, ValueType::Ip)
            | (Comparison::Arn, ValueType::ArnText)
    );
    let is_catalogued = !condition.key.id().name().is_empty();
    if !fits && is_catalogued {
        let message = format!("{}: does not compare what {} is", condition.operator_text, condition.key);
        findings.add(Severity::Mistake, "wrong-operator", message);
    }
}

/// Conditions of one statement that exclude each other.
fn contradictions(statement: &Statement, findings: &mut Findings) {
    for absent in &statement.conditions {
        let wants_absent = absent.operator.comparison == Comparison::Null
            && absent.texts.iter().all(|text| text.eq_ignore_ascii_case("true"));
        let demands = |other: &&Condition| {
            other.key == absent.key
                && other.operator.comparison != Comparison::Null
                && !other.operator.negated
                && !other.operator.if_exists
                && other.operator.quantifier != Quantifier::All
        };
        if wants_absent && statement.conditions.iter().any(|other| demands(&other)) {
            let message = format!("never applies: {} must be missing and must have a value", absent.key);
            findings.add(Severity::Mistake, "never-applies", message);
        }
    }
}

#[cfg(test)]
mod tests;
