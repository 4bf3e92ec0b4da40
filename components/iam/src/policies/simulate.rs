//! SimulateCustomPolicy, SimulatePrincipalPolicy, and the condition keys that they need:
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html>

use gateway::access::explanation::outcome;
use gateway::errors::{ErrorCode, Result, S3Error};
use gateway::policy::{self, Document, Evaluation, Hypothesis, Invalid, Position, PrincipalName, Role};
use gateway::xml::XmlWriter;
use sdk::bindings::iam::exports::portcullis::gateway::identities::Source;

use crate::form::invalid;
use crate::records::{Entity, Kind, Row};
use crate::reply::Reply;
use crate::request::Request;
use crate::{identities, names, rows};

/// Takes the place of a policy that cannot be read. As in a decision on a request, nothing is
/// allowed then.
const NOTHING: &str =
    "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Deny\",\"Action\":\"*\",\"Resource\":\"*\"}]}";

/// A policy that takes part, with what results say of it.
struct Part {
    document: Document,
    /// `user`, `group`, `role`, `aws-managed`, `user-managed`, `resource` or `none`.
    sort: &'static str,
}

impl Part {
    fn new(label: String, role: Role, text: &str, sort: &'static str) -> Part {
        Part { document: Document { label, role, text: text.to_owned() }, sort }
    }
}

/// SimulateCustomPolicy
pub(crate) fn custom(request: &Request) -> Result<Reply> {
    let parts = given(request, "PolicyInputList", Role::Identity);
    if parts.is_empty() {
        return Err(missing("policyInputList"));
    }
    simulate(request, parts, None)
}

/// SimulatePrincipalPolicy
pub(crate) fn principal(request: &Request) -> Result<Reply> {
    let source = source(request)?;
    let mut parts = of_principal(request, &source)?;
    parts.extend(given(request, "PolicyInputList", Role::Identity));
    if !request.form.members("PermissionsBoundaryPolicyInputList", "").is_empty() {
        // Another boundary is tried in the place of its own.
        parts.retain(|part| part.document.role != Role::Boundary);
    }
    simulate(request, parts, Some(&source))
}

/// GetContextKeysForCustomPolicy
pub(crate) fn keys_of_custom(request: &Request) -> Result<Reply> {
    let parts = given(request, "PolicyInputList", Role::Identity);
    if parts.is_empty() {
        return Err(missing("policyInputList"));
    }
    context_keys(request, parts)
}

/// GetContextKeysForPrincipalPolicy
pub(crate) fn keys_of_principal(request: &Request) -> Result<Reply> {
    let mut parts = of_principal(request, &source(request)?)?;
    parts.extend(given(request, "PolicyInputList", Role::Identity));
    context_keys(request, parts)
}

fn context_keys(request: &Request, parts: Vec<Part>) -> Result<Reply> {
    let documents: Vec<Document> = parts.into_iter().map(|part| part.document).collect();
    let keys = policy::context_keys(&documents).map_err(refused)?;
    let mut xml = request.result();
    write_members(&mut xml, "ContextKeyNames", &keys);
    Ok(Reply::of(xml))
}

/// Decides, and writes the results.
fn simulate(request: &Request, mut parts: Vec<Part>, source: Option<&Row<Entity>>) -> Result<Reply> {
    let form = &request.form;
    form.number("MaxItems", 1, 1000)?;
    parts.extend(given(request, "PermissionsBoundaryPolicyInputList", Role::Boundary));
    if let Some(text) = form.get("ResourcePolicy") {
        parts.push(Part::new("ResourcePolicy".to_owned(), Role::Resource, text, "resource"));
    }
    let actions = owned(form.members("ActionNames", ""));
    if actions.is_empty() {
        return Err(missing("actionNames"));
    }
    let caller = match form.get("CallerArn") {
        Some(arn) if names::split_arn(arn, "user").is_none() => {
            return Err(input(format!("CallerArn must be the ARN of a user, and not {arn}.")));
        }
        Some(arn) => Some((arn.to_owned(), String::new())),
        None => source.and_then(|row| simulated_principal(request, &row.record)),
    };
    if caller.is_none() && form.get("ResourcePolicy").is_some() {
        return Err(input("CallerArn must be specified when a resource policy is simulated.".to_owned()));
    }
    // The owner is an account, by its id or by an ARN of it.
    let owner = form.get("ResourceOwner").map(|own| own.split(':').nth(4).unwrap_or(own));
    let owner = owner.or(caller.is_none().then_some(request.account()));
    let (parts, documents): (Vec<_>, Vec<_>) =
        parts.into_iter().map(|part| ((part.document.label.clone(), part.sort), part.document)).unzip();
    let evaluations = policy::simulate(&Hypothesis {
        documents: &documents,
        principal: caller.as_ref().map(|(arn, unique_id)| PrincipalName { arn, unique_id }),
        owner,
        actions: &actions,
        resources: &owned(form.members("ResourceArns", "")),
        context: &context(request, source),
    });
    let mut xml = request.result();
    xml.boolean("IsTruncated", false);
    xml.open("EvaluationResults");
    for evaluation in evaluations.map_err(refused)? {
        write(&mut xml, &evaluation, &parts);
    }
    xml.close("EvaluationResults");
    Ok(Reply::of(xml))
}

/// The entity that `PolicySourceArn` names. `NoSuchEntity`
fn source(request: &Request) -> Result<Row<Entity>> {
    let arn = request.form.required("PolicySourceArn")?;
    let named = |kind: Kind| {
        let (account, path, name) = names::split_arn(arn, kind.lower())?;
        (account == request.account()).then_some((kind, path, name))
    };
    let found = [Kind::User, Kind::Group, Kind::Role].into_iter().find_map(named);
    let no_such = || rows::no_such(format!("The entity with ARN {arn} cannot be found."));
    let (kind, path, name) = found.ok_or_else(no_such)?;
    let row = rows::find(request.account(), kind, name)?;
    row.filter(|row| row.record.path == path && row.record.name == name).ok_or_else(no_such)
}

/// The principal where `CallerArn` names none: the user or role itself. A group is no principal.
fn simulated_principal(request: &Request, entity: &Entity) -> Option<(String, String)> {
    match entity.kind {
        Kind::User => Some((request.arn_of(entity), entity.id.clone())),
        Kind::Role => Some((request.arn_of(entity), String::new())),
        Kind::Group => None,
    }
}

/// The policies of a user and its groups, of a group, or of a role, and the boundary.
fn of_principal(request: &Request, row: &Row<Entity>) -> Result<Vec<Part>> {
    let (account, entity) = (request.account(), &row.record);
    let mut sources = Vec::new();
    if entity.is_configured {
        // The configuration gives it everything; what is stored can only deny.
        sources.extend(identities::managed("arn:aws:iam::aws:policy/AdministratorAccess", account)?);
    }
    identities::collect(account, entity, &mut sources)?;
    let mut parts = Vec::new();
    push(&mut parts, entity, sources)?;
    for group in &entity.groups {
        if let Some((_, group)) = rows::by_id(group)? {
            let mut sources = Vec::new();
            identities::collect(account, &group.record, &mut sources)?;
            push(&mut parts, &group.record, sources)?;
        }
    }
    if let Some(arn) = &entity.boundary {
        let text = match identities::managed(arn, account)? {
            Some(source) => identities::text(&source.id)?,
            None => None,
        };
        let text = text.unwrap_or_else(|| NOTHING.to_owned());
        parts.push(Part::new(last(arn).to_owned(), Role::Boundary, &text, sort_of(arn)));
    }
    Ok(parts)
}

fn push(parts: &mut Vec<Part>, entity: &Entity, sources: Vec<Source>) -> Result<()> {
    for source in sources {
        let text = identities::text(&source.id)?.unwrap_or_else(|| NOTHING.to_owned());
        let (label, sort) = match source.label.starts_with("arn:") {
            true => (last(&source.label).to_owned(), sort_of(&source.label)),
            false => {
                let kind = entity.kind.lower();
                (format!("{kind}_{}_{}", entity.name, last(&source.label)), kind)
            }
        };
        parts.push(Part::new(label, Role::Identity, &text, sort));
    }
    Ok(())
}

fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}

fn sort_of(arn: &str) -> &'static str {
    if arn.starts_with("arn:aws:iam::aws:") { "aws-managed" } else { "user-managed" }
}

/// The documents of a parameter, which are called after it: `PolicyInputList.1`.
fn given(request: &Request, parameter: &str, role: Role) -> Vec<Part> {
    let texts = request.form.members(parameter, "").into_iter().enumerate();
    texts.map(|(at, text)| Part::new(format!("{parameter}.{}", at + 1), role, text, "none")).collect()
}

/// What the simulated request carries: the entries of the call, and the tags of the user or role.
fn context(request: &Request, source: Option<&Row<Entity>>) -> Vec<(String, Vec<String>)> {
    let names = request.form.members("ContextEntries", ".ContextKeyName").into_iter().enumerate();
    let mut context: Vec<(String, Vec<String>)> = names
        .map(|(at, name)| {
            let values = format!("ContextEntries.member.{}.ContextKeyValues", at + 1);
            (name.to_owned(), owned(request.form.members(&values, "")))
        })
        .collect();
    let tags = source.map(|row| row.record.tags.as_slice()).unwrap_or_default();
    context.extend(tags.iter().map(|(key, value)| (format!("aws:PrincipalTag/{key}"), vec![value.clone()])));
    context
}

fn owned(texts: Vec<&str>) -> Vec<String> {
    texts.into_iter().map(str::to_owned).collect()
}

fn write(xml: &mut XmlWriter, evaluation: &Evaluation, parts: &[(String, &'static str)]) {
    xml.open("member");
    xml.text("EvalActionName", &evaluation.action);
    xml.text("EvalResourceName", &evaluation.resource);
    xml.text("EvalDecision", outcome(evaluation.outcome));
    xml.open("MatchedStatements");
    for matched in &evaluation.matched {
        let Some((label, sort)) = parts.get(matched.document) else { continue };
        xml.open("member");
        xml.text("SourcePolicyId", label);
        xml.text("SourcePolicyType", sort);
        if let Some(place) = matched.stretch {
            write_place(xml, "StartPosition", place.start);
            write_place(xml, "EndPosition", place.end);
        }
        xml.close("member");
    }
    xml.close("MatchedStatements");
    write_members(xml, "MissingContextValues", &evaluation.missing);
    if let Some(allowed) = evaluation.allowed_by_boundary {
        xml.open("PermissionsBoundaryDecisionDetail");
        xml.boolean("AllowedByPermissionsBoundary", allowed);
        xml.close("PermissionsBoundaryDecisionDetail");
    }
    xml.close("member");
}

fn write_place(xml: &mut XmlWriter, name: &str, place: Position) {
    xml.open(name);
    xml.number("Line", place.line.into());
    xml.number("Column", place.column.into());
    xml.close(name);
}

fn write_members(xml: &mut XmlWriter, name: &str, members: &[String]) {
    xml.open(name);
    for member in members {
        xml.text("member", member);
    }
    xml.close(name);
}

fn missing(parameter: &str) -> S3Error {
    invalid(format!(
        "1 validation error detected: Value null at '{parameter}' failed to satisfy constraint: Member must not be null"
    ))
}

/// `InvalidInput`
fn input(message: String) -> S3Error {
    S3Error::new(ErrorCode::InvalidInput).message(message)
}

fn refused(error: Invalid) -> S3Error {
    input(error.to_string())
}

#[cfg(test)]
mod tests;
