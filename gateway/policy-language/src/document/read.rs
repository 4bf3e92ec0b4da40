//! Reads policy documents, with AWS's words for what is wrong.

use super::super::actions::{ActionPattern, ActionSet};
use super::super::condition;
use super::super::json::Json;
use super::super::kind::{Effect, Kind, Version};
use super::super::malformed::MalformedPolicy;
use super::super::pattern::{ArnPattern, Variables};
use super::super::principal::{self, Principals};
use super::super::public;
use super::{Actions, BUCKET_POLICY_LENGTH_MAX, DOCUMENT_LENGTH_MAX, Policy, Resources, Statement, applies};

impl Policy {
    /// Reads a document.
    ///
    /// ```
    /// use policy_language::{Kind, Policy, is_public};
    /// let text = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*",
    ///                "Action":"s3:GetObject","Resource":"arn:aws:s3:::photos/*"}}"#;
    /// assert!(is_public(&Policy::parse(Kind::Bucket("photos"), text).unwrap()));
    /// let error = Policy::parse(Kind::Bucket("other"), text).unwrap_err();
    /// assert_eq!(error.to_string(), "Policy has invalid resource");
    /// ```
    pub fn parse(kind: Kind<'_>, text: &str) -> Result<Policy, MalformedPolicy> {
        let document = read_json(kind, text)?;
        let members = document.members().ok_or(MalformedPolicy::NotJson)?;
        let (mut version, mut id, mut statements) = (None, None, None);
        for (name, value) in members {
            match name.as_str() {
                "Version" => version = Some(value),
                "Id" => id = Some(value.text().ok_or_else(|| syntax(kind))?.into()),
                "Statement" => statements = Some(value),
                _ if iam_keeps(kind) => return Err(MalformedPolicy::IamSyntax),
                other => return Err(MalformedPolicy::UnknownField(other.to_owned())),
            }
        }
        let version = read_version(kind, version)?;
        let statements = read_statements(kind, version, statements)?;
        check_sids(kind, &statements)?;
        let (is_trust, is_of_key) = (kind == Kind::Trust, kind == Kind::Key);
        let is_public = statements.iter().any(public::grants_publicly);
        Ok(Policy { version, id, statements, is_trust, is_of_key, is_public })
    }

    /// [`Policy::parse`] for the body of a request.
    pub fn parse_bytes(kind: Kind<'_>, body: &[u8]) -> Result<Policy, MalformedPolicy> {
        match str::from_utf8(body) {
            Ok(text) => Policy::parse(kind, text),
            Err(_) => Err(MalformedPolicy::InvalidJson),
        }
    }
}

/// Whether IAM keeps policies of this kind, and says with its own words what is wrong.
fn iam_keeps(kind: Kind<'_>) -> bool {
    matches!(kind, Kind::Identity | Kind::Session | Kind::Boundary)
}

fn syntax(kind: Kind<'_>) -> MalformedPolicy {
    if iam_keeps(kind) { MalformedPolicy::IamSyntax } else { MalformedPolicy::Syntax }
}

fn read_json(kind: Kind<'_>, text: &str) -> Result<Json, MalformedPolicy> {
    if text.len() > DOCUMENT_LENGTH_MAX {
        return Err(MalformedPolicy::TooLarge(DOCUMENT_LENGTH_MAX));
    }
    let trimmed = text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
    if !trimmed.starts_with('{') {
        return Err(if iam_keeps(kind) { MalformedPolicy::IamSyntax } else { MalformedPolicy::NotJson });
    }
    let invalid = if iam_keeps(kind) { MalformedPolicy::IamSyntax } else { MalformedPolicy::InvalidJson };
    let document = Json::parse(trimmed).map_err(|_| invalid)?;
    if kind.is_of_s3() && document.compact_length() > BUCKET_POLICY_LENGTH_MAX {
        return Err(MalformedPolicy::TooLarge(BUCKET_POLICY_LENGTH_MAX));
    }
    Ok(document)
}

fn read_version(kind: Kind<'_>, version: Option<&Json>) -> Result<Version, MalformedPolicy> {
    let version = match version {
        None => Version::V2008,
        Some(value) => match value.text() {
            Some("2008-10-17") => Version::V2008,
            Some("2012-10-17") => Version::V2012,
            _ if iam_keeps(kind) => return Err(MalformedPolicy::IamSyntax),
            _ => return Err(MalformedPolicy::Version),
        },
    };
    if iam_keeps(kind) && version == Version::V2008 {
        return Err(MalformedPolicy::IamVersion);
    }
    Ok(version)
}

fn read_statements(
    kind: Kind<'_>,
    version: Version,
    statements: Option<&Json>,
) -> Result<Vec<Statement>, MalformedPolicy> {
    let missing =
        if iam_keeps(kind) { MalformedPolicy::IamSyntax } else { MalformedPolicy::MissingField("Statement") };
    let value = statements.ok_or(missing)?;
    let items = match value {
        Json::List(items) => items.as_slice(),
        Json::Object(_) => std::slice::from_ref(value),
        _ => return Err(syntax(kind)),
    };
    if items.is_empty() {
        return Err(if iam_keeps(kind) {
            MalformedPolicy::IamSyntax
        } else {
            MalformedPolicy::EmptyStatement
        });
    }
    let variables = match version {
        Version::V2008 => Variables::Literal,
        Version::V2012 => Variables::Replace,
    };
    items.iter().map(|item| read_statement(kind, variables, item)).collect()
}

fn check_sids(kind: Kind<'_>, statements: &[Statement]) -> Result<(), MalformedPolicy> {
    let mut seen = std::collections::BTreeSet::new();
    for sid in statements.iter().filter_map(|statement| statement.sid.as_deref()) {
        if iam_keeps(kind) && !sid.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(MalformedPolicy::IamSid);
        }
        if !seen.insert(sid) {
            return Err(if iam_keeps(kind) {
                MalformedPolicy::IamDuplicateSid
            } else {
                MalformedPolicy::DuplicateSid
            });
        }
    }
    Ok(())
}

/// The elements of a statement, before they are read.
#[derive(Default)]
struct Elements<'a> {
    sid: Option<&'a Json>,
    effect: Option<&'a Json>,
    /// The value, and whether it is of `Not…`.
    principal: Option<(&'a Json, bool)>,
    action: Option<(&'a Json, bool)>,
    resource: Option<(&'a Json, bool)>,
    condition: Option<&'a Json>,
}

impl<'a> Elements<'a> {
    fn read(kind: Kind<'_>, value: &'a Json) -> Result<Elements<'a>, MalformedPolicy> {
        let mut elements = Elements::default();
        for (name, value) in value.members().ok_or_else(|| syntax(kind))? {
            let (slot, except) = match name.as_str() {
                "Sid" => {
                    elements.sid = Some(value);
                    continue;
                }
                "Effect" => {
                    elements.effect = Some(value);
                    continue;
                }
                "Condition" => {
                    elements.condition = Some(value);
                    continue;
                }
                "Principal" => (&mut elements.principal, false),
                "NotPrincipal" => (&mut elements.principal, true),
                "Action" => (&mut elements.action, false),
                "NotAction" => (&mut elements.action, true),
                "Resource" => (&mut elements.resource, false),
                "NotResource" => (&mut elements.resource, true),
                _ if iam_keeps(kind) => return Err(MalformedPolicy::IamSyntax),
                other => return Err(MalformedPolicy::UnknownField(other.to_owned())),
            };
            // An element and its negation exclude each other.
            if slot.replace((value, except)).is_some() {
                return Err(syntax(kind));
            }
        }
        Ok(elements)
    }
}

fn read_statement(kind: Kind<'_>, variables: Variables, value: &Json) -> Result<Statement, MalformedPolicy> {
    let elements = Elements::read(kind, value)?;
    let sid = match elements.sid {
        None => None,
        Some(sid) => Some(sid.text().ok_or_else(|| syntax(kind))?).filter(|sid| !sid.is_empty()),
    };
    let effect = read_effect(kind, elements.effect)?;
    let principals = read_principals(kind, effect, elements.principal)?;
    let actions = read_actions(kind, elements.action)?;
    let resources = read_resources(kind, variables, elements.resource)?;
    let conditions = match elements.condition {
        None => Vec::new(),
        Some(value) => condition::parse(value, variables).map_err(|error| match error {
            MalformedPolicy::Syntax => syntax(kind),
            other => other,
        })?,
    };
    let statement = Statement { sid: sid.map(Box::from), effect, principals, actions, resources, conditions };
    match kind {
        Kind::Bucket(bucket) => applies::check(&statement, applies::Of::Bucket(bucket))?,
        Kind::AccessPoint(arn) => applies::check(&statement, applies::Of::AccessPoint(arn))?,
        Kind::ObjectLambda(arn) => applies::check_object_lambda(&statement, arn)?,
        Kind::Function(arn) => applies::check_function(&statement, arn)?,
        Kind::Identity | Kind::Trust | Kind::Session | Kind::Boundary | Kind::Endpoint | Kind::Key => {}
    }
    Ok(statement)
}

fn read_effect(kind: Kind<'_>, effect: Option<&Json>) -> Result<Effect, MalformedPolicy> {
    let Some(effect) = effect else {
        return Err(if iam_keeps(kind) {
            MalformedPolicy::IamSyntax
        } else {
            MalformedPolicy::MissingField("Effect")
        });
    };
    match effect.text() {
        Some("Allow") => Ok(Effect::Allow),
        Some("Deny") => Ok(Effect::Deny),
        Some(other) if !iam_keeps(kind) => Err(MalformedPolicy::Effect(other.to_owned())),
        _ => Err(syntax(kind)),
    }
}

fn read_principals(
    kind: Kind<'_>,
    effect: Effect,
    element: Option<(&Json, bool)>,
) -> Result<Option<Principals>, MalformedPolicy> {
    let Some((value, except)) = element else {
        return if kind.names_principals() {
            Err(MalformedPolicy::MissingField("Principal"))
        } else {
            Ok(None)
        };
    };
    if !kind.names_principals() {
        return Err(MalformedPolicy::IamPrincipal);
    }
    if except && effect == Effect::Allow {
        return Err(MalformedPolicy::AllowNotPrincipal);
    }
    if except && kind == Kind::Trust {
        return Err(MalformedPolicy::TrustNotPrincipal);
    }
    principal::parse(kind, value, except).map(Some)
}

fn read_actions(kind: Kind<'_>, element: Option<(&Json, bool)>) -> Result<Actions, MalformedPolicy> {
    let missing = || {
        if iam_keeps(kind) { MalformedPolicy::IamActions } else { MalformedPolicy::MissingField("Action") }
    };
    let (value, except) = element.ok_or_else(missing)?;
    let texts = texts_of(value).ok_or_else(|| syntax(kind))?;
    if texts.is_empty() {
        return Err(missing());
    }
    let patterns: Vec<_> = texts.iter().map(|text| ActionPattern::parse(text)).collect();
    for pattern in &patterns {
        check_action(kind, pattern)?;
    }
    let known = patterns.iter().fold(ActionSet::default(), |known, own| known.with(own.known));
    Ok(Actions { except, patterns, known })
}

fn check_action(kind: Kind<'_>, pattern: &ActionPattern) -> Result<(), MalformedPolicy> {
    let text = &*pattern.text;
    let vendor = text.split_once(':').map(|(vendor, _)| vendor);
    match kind {
        Kind::Trust => {
            let is_sts = vendor.is_some_and(|vendor| vendor.eq_ignore_ascii_case("sts"));
            if is_sts { Ok(()) } else { Err(MalformedPolicy::TrustAction) }
        }
        Kind::Key => {
            let is_kms = vendor.is_some_and(|vendor| vendor.eq_ignore_ascii_case("kms"));
            if is_kms || text == "*" { Ok(()) } else { Err(MalformedPolicy::Action) }
        }
        // Requests to IAM and STS come through the same listener.
        Kind::Endpoint if vendor.is_some_and(is_of_iam) => Ok(()),
        Kind::ObjectLambda(_) | Kind::Endpoint if pattern.is_of_object_lambda() => Ok(()),
        Kind::ObjectLambda(_) => Err(MalformedPolicy::Action),
        Kind::Function(_) => {
            let is_lambda = vendor.is_some_and(|vendor| vendor.eq_ignore_ascii_case("lambda"));
            if is_lambda || text == "*" { Ok(()) } else { Err(MalformedPolicy::Action) }
        }
        Kind::Bucket(_) | Kind::AccessPoint(_) | Kind::Endpoint => {
            let is_s3 = vendor.is_some_and(|vendor| vendor.eq_ignore_ascii_case("s3"));
            let known = text == "*" || (is_s3 && !pattern.known.is_empty());
            if known { Ok(()) } else { Err(MalformedPolicy::Action) }
        }
        Kind::Identity | Kind::Session | Kind::Boundary => match vendor {
            None if text == "*" => Ok(()),
            None => Err(MalformedPolicy::IamVendor),
            Some(vendor)
                if !vendor.is_empty()
                    && vendor.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') =>
            {
                Ok(())
            }
            Some(vendor) => Err(MalformedPolicy::IamVendorName(vendor.to_owned())),
        },
    }
}

/// Whether it is the name of IAM or STS.
fn is_of_iam(service: &str) -> bool {
    ["iam", "sts"].iter().any(|name| service.eq_ignore_ascii_case(name))
}

fn read_resources(
    kind: Kind<'_>,
    variables: Variables,
    element: Option<(&Json, bool)>,
) -> Result<Option<Resources>, MalformedPolicy> {
    let Some((value, except)) = element else {
        return match kind {
            Kind::Trust => Ok(None),
            Kind::Bucket(_)
            | Kind::AccessPoint(_)
            | Kind::ObjectLambda(_)
            | Kind::Function(_)
            | Kind::Endpoint
            | Kind::Key => Err(MalformedPolicy::MissingField("Resource")),
            Kind::Identity | Kind::Session | Kind::Boundary => Err(MalformedPolicy::IamResources),
        };
    };
    if kind == Kind::Trust {
        return Err(MalformedPolicy::TrustResource);
    }
    let texts = texts_of(value).ok_or_else(|| syntax(kind))?;
    if texts.is_empty() {
        return Err(if iam_keeps(kind) { MalformedPolicy::IamResources } else { MalformedPolicy::Resource });
    }
    for text in &texts {
        check_resource(kind, text)?;
    }
    let patterns = texts.iter().map(|text| ArnPattern::parse(text, variables)).collect();
    Ok(Some(Resources { except, texts, patterns }))
}

fn check_resource(kind: Kind<'_>, text: &str) -> Result<(), MalformedPolicy> {
    if text == "*" {
        return Ok(());
    }
    let mut parts = text.splitn(6, ':');
    let (arn, _, service) = (parts.next(), parts.next(), parts.next());
    match kind {
        Kind::Endpoint if arn == Some("arn") && service.is_some_and(is_of_iam) => Ok(()),
        Kind::Key => {
            let is_kms = arn == Some("arn") && service == Some("kms");
            if is_kms { Ok(()) } else { Err(MalformedPolicy::Resource) }
        }
        Kind::Endpoint if arn == Some("arn") && service == Some("s3-object-lambda") => Ok(()),
        Kind::ObjectLambda(_) => {
            let is_own = arn == Some("arn") && service == Some("s3-object-lambda");
            if is_own { Ok(()) } else { Err(MalformedPolicy::Resource) }
        }
        Kind::Function(_) => {
            let is_own = arn == Some("arn") && service == Some("lambda");
            if is_own { Ok(()) } else { Err(MalformedPolicy::Resource) }
        }
        // Whether it is of this bucket is checked with the whole statement: see `applies`.
        Kind::Bucket(_) | Kind::AccessPoint(_) | Kind::Endpoint => {
            let relative = parts.nth(2);
            let is_s3 = arn == Some("arn") && service == Some("s3");
            let named = relative.is_some_and(|relative| !relative.is_empty() && !relative.starts_with('/'));
            if is_s3 && named { Ok(()) } else { Err(MalformedPolicy::Resource) }
        }
        _ if arn == Some("arn") && service.is_some_and(|service| !service.is_empty()) => Ok(()),
        _ => Err(MalformedPolicy::IamResource(text.to_owned())),
    }
}

/// A text, or a list of texts.
fn texts_of(value: &Json) -> Option<Vec<Box<str>>> {
    value.items().iter().map(|item| item.text().map(Box::from)).collect()
}
