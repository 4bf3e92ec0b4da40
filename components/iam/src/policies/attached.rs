//! Managed policies attached to users, groups and roles:
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_AttachUserPolicy.html>

use gateway::errors::{ErrorCode, Result, S3Error};

use crate::entities;
use crate::form::invalid;
use crate::names;
use crate::pages::Page;
use crate::policies::predefined;
use crate::records::Kind;
use crate::reply::{Changes, Reply};
use crate::request::Request;
use crate::{rows, tables};

/// Managed policies that one thing can have.
const ATTACHED_MAX: usize = 10;

/// The ARN that a parameter holds. `ValidationError`, `InvalidInput`
pub(crate) fn arn<'a>(request: &'a Request, parameter: &str) -> Result<&'a str> {
    let arn = request.form.required(parameter)?;
    if arn.len() < 20 || arn.len() > 2048 {
        return Err(invalid(format!(
            "1 validation error detected: Value '{arn}' at 'policyArn' failed to satisfy constraint: Member must have \
             length greater than or equal to 20"
        )));
    }
    match names::split_arn(arn, "policy") {
        Some(_) => Ok(arn),
        None => Err(S3Error::new(ErrorCode::InvalidInput).message(format!("ARN {arn} is not valid."))),
    }
}

/// AttachUserPolicy, AttachGroupPolicy, AttachRolePolicy. Attaching again changes nothing.
pub(crate) fn attach(request: &Request, kind: Kind) -> Result<Reply> {
    let arn = arn(request, "PolicyArn")?;
    let mut row = request.entity(kind)?;
    let mut changes = Changes::default();
    if row.record.attached.iter().any(|own| own == arn) {
        return Ok(Reply::done(changes));
    }
    count(request, arn, 1, &mut changes)?;
    if row.record.attached.len() >= ATTACHED_MAX {
        return Err(S3Error::new(ErrorCode::LimitExceeded)
            .message(format!("Cannot exceed quota for PoliciesPer{}: {ATTACHED_MAX}", kind.word())));
    }
    row.record.attached.push(arn.to_owned());
    entities::put(&mut changes, &row)?;
    Ok(Reply::done(changes))
}

/// DetachUserPolicy, DetachGroupPolicy, DetachRolePolicy
pub(crate) fn detach(request: &Request, kind: Kind) -> Result<Reply> {
    let arn = arn(request, "PolicyArn")?;
    let mut row = request.entity(kind)?;
    if !row.record.attached.iter().any(|own| own == arn) {
        return Err(rows::no_such(format!("Policy {arn} was not found.")));
    }
    row.record.attached.retain(|own| own != arn);
    let mut changes = Changes::default();
    count(request, arn, -1, &mut changes)?;
    entities::put(&mut changes, &row)?;
    Ok(Reply::done(changes))
}

/// Counts a policy as attached to one more, or one less. `NoSuchEntity`
fn count(request: &Request, arn: &str, by: i64, changes: &mut Changes) -> Result<()> {
    // Predefined policies have no row, and are not counted.
    if predefined::find(arn).is_some() {
        return Ok(());
    }
    let found = rows::find_policy(arn)?.filter(|(account, _)| account == request.account());
    let (_, mut policy) =
        found.ok_or_else(|| rows::no_such(format!("Policy {arn} does not exist or is not attachable.")))?;
    policy.record.attachments = u32::try_from(i64::from(policy.record.attachments) + by).unwrap_or_default();
    changes.replace(tables::POLICIES, &policy)
}

/// ListAttachedUserPolicies, ListAttachedGroupPolicies, ListAttachedRolePolicies
pub(crate) fn list(request: &Request, kind: Kind) -> Result<Reply> {
    let page = Page::of(&request.form)?;
    let prefix = request.form.path_prefix()?;
    let entity = request.entity(kind)?.record;
    let mut policies: Vec<(String, String)> = Vec::new();
    for arn in entity.attached {
        if let Some((_, path, name)) =
            names::split_arn(&arn, "policy").filter(|(_, path, _)| path.starts_with(prefix))
        {
            debug_assert!(path.starts_with('/'));
            policies.push((name.to_owned(), arn.clone()));
        }
    }
    policies.sort_by(|a, b| a.1.cmp(&b.1));
    let mut xml = request.result();
    page.write(
        &mut xml,
        "AttachedPolicies",
        policies.into_iter().map(Ok),
        |(_, arn)| arn.clone(),
        |xml, (name, arn)| {
            xml.open("member");
            xml.text("PolicyName", name);
            xml.text("PolicyArn", arn);
            xml.close("member");
        },
    )?;
    Ok(Reply::of(xml))
}
