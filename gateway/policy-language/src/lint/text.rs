//! Looks for mistakes in the text of a policy, even where it is not valid. Where AWS only says that
//! something is wrong, this says what.

use super::super::document::Policy;
use super::super::json::Json;
use super::super::keys::Key;
use super::super::kind::Kind;
use super::super::operator::Operator;
use super::super::positions;
use super::super::simulate::{access_point_of, bucket_of, is_of_key, object_lambda_of};
use super::super::suggest::nearest;
use super::{
    ActionPattern, Finding, Findings, PUBLIC_GRANT, Severity, condition, lint, unknown_action, unknown_key,
};

/// Statements that are looked at in a text that is not a valid policy.
const STATEMENTS_MAX: usize = 1000;

/// The elements of a document.
const OF_DOCUMENT: [&str; 3] = ["Version", "Id", "Statement"];
/// The elements of a statement.
const OF_STATEMENT: [&str; 9] = [
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
];
/// The operators of conditions, without `IfExists` and quantifiers.
pub(super) const OPERATORS: [&str; 27] = [
    "StringEquals",
    "StringNotEquals",
    "StringEqualsIgnoreCase",
    "StringNotEqualsIgnoreCase",
    "StringLike",
    "StringNotLike",
    "NumericEquals",
    "NumericNotEquals",
    "NumericLessThan",
    "NumericLessThanEquals",
    "NumericGreaterThan",
    "NumericGreaterThanEquals",
    "DateEquals",
    "DateNotEquals",
    "DateLessThan",
    "DateLessThanEquals",
    "DateGreaterThan",
    "DateGreaterThanEquals",
    "Bool",
    "BinaryEquals",
    "IpAddress",
    "NotIpAddress",
    "ArnEquals",
    "ArnLike",
    "ArnNotEquals",
    "ArnNotLike",
    "Null",
];

/// Reads a text as a policy of a kind and looks for what is suspicious. Where it is not a valid
/// policy, the first finding says why in the words of AWS, and others name what cannot be meant.
/// The bucket of [`Kind::Bucket`] may be empty: the bucket of the first resource is taken then. The
/// same goes for both kinds of access points.
pub fn lint_text(kind: Kind<'_>, text: &str) -> Vec<Finding> {
    let own = match kind {
        Kind::Bucket("") => bucket_of(text),
        Kind::AccessPoint("") => access_point_of(text),
        Kind::ObjectLambda("") => object_lambda_of(text),
        _ => None,
    };
    let kind = match (kind, own.as_deref()) {
        (Kind::Bucket(_), Some(bucket)) => Kind::Bucket(bucket),
        (Kind::AccessPoint(_), Some(arn)) => Kind::AccessPoint(arn),
        (Kind::ObjectLambda(_), Some(arn)) => Kind::ObjectLambda(arn),
        (kind, _) => kind,
    };
    let why = match Policy::parse(kind, text) {
        Ok(policy) => return lint_of(kind, &policy),
        Err(why) => why,
    };
    let mut findings = Findings { statement: None, found: Vec::new() };
    // The reader of JSON knows line and column of the mistake; the words of AWS do not say them.
    let why = match Json::parse(text) {
        Ok(_) => why.to_string(),
        Err(error) => format!("{why} ({error})"),
    };
    findings.add(Severity::Malformed, "malformed", why);
    if let Ok(document) = Json::parse(text) {
        look(kind, &document, &whole_statements(kind, text, &document), &mut findings);
    }
    findings.found
}

/// What is suspicious in a policy of a kind. An endpoint gives nothing by itself, so its policy
/// opens nothing to the public.
fn lint_of(kind: Kind<'_>, policy: &Policy) -> Vec<Finding> {
    let mut found = lint(policy);
    if kind == Kind::Endpoint {
        found.retain(|finding| finding.code != PUBLIC_GRANT);
    }
    found
}

/// The statements of a text that are valid for themselves, each as a policy; in the order of the
/// text. One that is malformed must not hide what is suspicious in the others.
fn whole_statements(kind: Kind<'_>, text: &str, document: &Json) -> Vec<Option<Policy>> {
    let version = document.member("Version").and_then(Json::text).unwrap_or("2008-10-17");
    if !["2012-10-17", "2008-10-17"].contains(&version) {
        return Vec::new();
    }
    let alone = |statement: &str| {
        let text = format!("{{\"Version\":\"{version}\",\"Statement\":{statement}}}");
        Policy::parse(kind, &text).ok()
    };
    let statements = positions::statements(text);
    positions::texts(text, &statements).into_iter().take(STATEMENTS_MAX).map(alone).collect()
}

/// The kind of a document, by its elements: policies of resources have principals, and trust
/// policies have no resource.
pub fn kind_of(text: &str) -> Kind<'static> {
    let Ok(document) = Json::parse(text) else { return Kind::Identity };
    let statements = document.members().and_then(|own| own.iter().find(|(name, _)| name == "Statement"));
    let has = |names: [&str; 2]| {
        let items = statements.map(|(_, value)| value.items()).unwrap_or_default();
        let mut elements = items.iter().filter_map(Json::members).flatten();
        elements.any(|(name, _)| names.contains(&name.as_str()))
    };
    match (has(["Principal", "NotPrincipal"]), has(["Resource", "NotResource"])) {
        (false, _) => Kind::Identity,
        (true, true) if is_of_key(text) => Kind::Key,
        (true, true) if object_lambda_of(text).is_some() => Kind::ObjectLambda(""),
        (true, true) if access_point_of(text).is_some() => Kind::AccessPoint(""),
        (true, true) => Kind::Bucket(""),
        (true, false) => Kind::Trust,
    }
}

fn look(kind: Kind<'_>, document: &Json, whole: &[Option<Policy>], findings: &mut Findings) {
    let Some(members) = document.members() else { return };
    elements(members, &OF_DOCUMENT, findings);
    let statements = members.iter().find(|(name, _)| name == "Statement").map(|(_, value)| value.items());
    for (at, statement) in statements.unwrap_or_default().iter().take(STATEMENTS_MAX).enumerate() {
        findings.statement = Some(at);
        if let Some(policy) = whole.get(at).and_then(Option::as_ref) {
            let found = lint_of(kind, policy).into_iter();
            findings.found.extend(found.map(|finding| Finding { statement: Some(at), ..finding }));
            continue;
        }
        let Some(members) = statement.members() else { continue };
        elements(members, &OF_STATEMENT, findings);
        for (name, value) in members {
            match name.as_str() {
                "Action" | "NotAction" => {
                    for text in value.items().iter().filter_map(Json::text) {
                        let found = unknown_action(&ActionPattern::parse(text));
                        if let Some((severity, code, message)) = found {
                            findings.add(severity, code, message);
                        }
                    }
                }
                "Condition" => conditions(value, findings),
                _ => {}
            }
        }
    }
}

/// Elements that the language does not have.
fn elements(members: &[(String, Json)], known: &[&str], findings: &mut Findings) {
    for (name, _) in members.iter().filter(|(name, _)| !known.contains(&name.as_str())) {
        let meant = nearest(name, known.iter().copied());
        let meant = meant.map(|name| format!("; did you mean {name}?")).unwrap_or_default();
        findings.add(
            Severity::Malformed,
            "unknown-element",
            format!("{name}: there is no such element{meant}"),
        );
    }
}

fn conditions(value: &Json, findings: &mut Findings) {
    for (operator, keys) in value.members().unwrap_or_default() {
        if Operator::parse(operator).is_none() {
            let bare = operator.rsplit(':').next().unwrap_or_default();
            let meant = nearest(bare, OPERATORS.iter().copied());
            let meant = meant.map(|name| format!("; did you mean {name}?")).unwrap_or_default();
            let message = format!("{operator}: there is no such operator{meant}");
            findings.add(Severity::Malformed, "unknown-operator", message);
        }
        for (name, _) in keys.members().unwrap_or_default() {
            if condition::is_unknown(&Key::parse(name)) {
                findings.add(Severity::Mistake, "unknown-condition-key", unknown_key(name));
            }
        }
    }
}
