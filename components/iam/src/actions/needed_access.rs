//! Which access a call needs: actions, the ARN that they are on, and the values of condition keys.

use gateway::errors::{ErrorCode, Result, S3Error};
use sdk::{IdentityKind, NeededAccess};

use super::row::{On, Service};
use crate::records::Kind;
use crate::request::Request;
use crate::{names, rows};

/// The access that a call needs, on which `policy` decides. Refuses what temporary credentials may
/// not call at all.
pub(crate) fn needed_access(request: &Request) -> Result<NeededAccess> {
    check_session(request)?;
    let operation = request.operation;
    let mut owner = request.account().to_owned();
    let account = request.account();
    let arn = match operation.on {
        On::New(kind) => {
            let name = request.form.required(kind.parameter())?;
            names::arn(account, kind.lower(), request.form.path("Path")?, name)
        }
        On::Existing(kind) => entity_arn(request, kind, request.form.required(kind.parameter())?)?,
        On::OwnUser => match request.own_name()? {
            Some(name) => entity_arn(request, Kind::User, name)?,
            None => request.principal.arn.clone(),
        },
        On::KeyHolder => {
            let row = rows::access_key(request.form.required("AccessKeyId")?)?;
            let holder = row.filter(|row| row.record.account == account).map(|row| row.record.holder);
            match holder.map(|id| rows::by_id(&id)).transpose()?.flatten() {
                Some((_, user)) => names::entity_arn(account, &user.record),
                None => names::arn(account, "user", "/", "*"),
            }
        }
        On::Every(sort) => names::arn(account, sort, "/", ""),
        On::NewPolicy => {
            let name = request.form.required("PolicyName")?;
            names::arn(account, "policy", request.form.path("Path")?, name)
        }
        On::Policy => request.form.required("PolicyArn")?.to_owned(),
        On::RoleArn => {
            check_assumes(request)?;
            let arn = request.form.required("RoleArn")?;
            let (account, _, _) = names::split_arn(arn, "role").ok_or(ErrorCode::AccessDenied)?;
            account.clone_into(&mut owner);
            arn.to_owned()
        }
        On::NewMfa => {
            let name = request.form.required("VirtualMFADeviceName")?;
            names::arn(account, "mfa", request.form.path("Path")?, name)
        }
        On::Mfa => request.form.required("SerialNumber")?.to_owned(),
        On::NewOidc => {
            let url = request.form.required("Url")?;
            names::arn(account, "oidc-provider", "/", url.split_once("://").map_or(url, |(_, rest)| rest))
        }
        On::Oidc => request.form.required("OpenIDConnectProviderArn")?.to_owned(),
        On::FederatedUser => {
            format!("arn:aws:sts::{account}:federated-user/{}", request.form.required("Name")?)
        }
        On::PolicySource => request.form.required("PolicySourceArn")?.to_owned(),
        // Planned by `web_identity`, which finds the principal in the token.
        On::WebIdentityRole => return Err(ErrorCode::AccessDenied.into()),
        On::Everything | On::Nothing => "*".to_owned(),
    };
    let action = format!("{}:{}", operation.service.prefix(), operation.name);
    let actions = match operation.on {
        On::Nothing => Vec::new(),
        // Tags of a session and its source identity need an action of their own.
        On::RoleArn => {
            let mut actions = vec![action];
            if !request.form.tags()?.is_empty() {
                actions.push("sts:TagSession".to_owned());
            }
            if request.form.get("SourceIdentity").is_some() {
                actions.push("sts:SetSourceIdentity".to_owned());
            }
            actions
        }
        _ => vec![action],
    };
    Ok(NeededAccess { actions, arn, owner, context: context(request)?, provider: None })
}

/// The ARN of a user, a group or a role. What does not exist gets one with the path `/`, because
/// the decision comes first.
fn entity_arn(request: &Request, kind: Kind, name: &str) -> Result<String> {
    Ok(match rows::find(request.account(), kind, name)? {
        Some(row) => request.arn_of(&row.record),
        None => names::arn(request.account(), kind.lower(), "/", name),
    })
}

/// What temporary credentials may call:
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_sts-comparison.html>
fn check_session(request: &Request) -> Result<()> {
    let Some(session) = &request.session else { return Ok(()) };
    let allowed = match (request.principal.kind, request.operation.service) {
        (IdentityKind::AssumedRole, _) => true,
        (IdentityKind::FederatedUser, _) => request.operation.name == "GetCallerIdentity",
        (_, Service::Iam) => session.multi_factor,
        (_, Service::Sts) => matches!(
            request.operation.name,
            "AssumeRole" | "GetCallerIdentity" | "GetSessionToken" | "GetFederationToken"
        ),
    };
    match (allowed, request.operation.service) {
        (true, _) => Ok(()),
        (false, Service::Iam) => Err(ErrorCode::InvalidClientTokenId.into()),
        (false, Service::Sts) => Err(ErrorCode::AccessDenied.into()),
    }
}

/// A root user assumes no role, of its own account or of another, whatever the role trusts; neither
/// does a session of one: <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>
fn check_assumes(request: &Request) -> Result<()> {
    match request.principal.kind {
        IdentityKind::Root => {
            Err(S3Error::new(ErrorCode::AccessDenied).message("Roles may not be assumed by root accounts."))
        }
        _ => Ok(()),
    }
}

/// The condition keys that a call carries beside those of every request.
fn context(request: &Request) -> Result<Vec<(String, Vec<String>)>> {
    let mut context = Vec::new();
    let parameters = [
        ("PolicyArn", "iam:PolicyARN"),
        ("PermissionsBoundary", "iam:PermissionsBoundary"),
        ("ExternalId", "sts:ExternalId"),
        ("RoleSessionName", "sts:RoleSessionName"),
        ("SourceIdentity", "sts:SourceIdentity"),
        ("DurationSeconds", "sts:DurationSeconds"),
    ];
    for (parameter, key) in parameters {
        if let Some(value) = request.form.get(parameter) {
            context.push((key.to_owned(), vec![value.to_owned()]));
        }
    }
    if request.has_second_factor {
        context.push(("aws:MultiFactorAuthPresent".to_owned(), vec!["true".to_owned()]));
        context.push(("aws:MultiFactorAuthAge".to_owned(), vec!["0".to_owned()]));
    }
    // Policies decide on the tags that the operation will set.
    let mut keys = Vec::new();
    for (key, value) in request.form.tags()? {
        context.push((format!("aws:RequestTag/{key}"), vec![value]));
        keys.push(key);
    }
    keys.extend(request.form.members("TagKeys", "").into_iter().map(str::to_owned));
    if !keys.is_empty() {
        context.push(("aws:TagKeys".to_owned(), keys));
    }
    let transitive: Vec<String> =
        request.form.members("TransitiveTagKeys", "").into_iter().map(str::to_owned).collect();
    if !transitive.is_empty() {
        context.push(("sts:TransitiveTagKeys".to_owned(), transitive));
    }
    for (key, value) in resource_tags(request)? {
        context.push((format!("aws:ResourceTag/{key}"), vec![value.clone()]));
        context.push((format!("iam:ResourceTag/{key}"), vec![value]));
    }
    Ok(context)
}

/// The tags of what an operation is about.
fn resource_tags(request: &Request) -> Result<Vec<(String, String)>> {
    let entity = match request.operation.on {
        On::Existing(kind) => rows::find(request.account(), kind, request.form.required(kind.parameter())?)?,
        On::OwnUser => match request.own_name()? {
            Some(name) => rows::find(request.account(), Kind::User, name)?,
            None => None,
        },
        On::RoleArn => match names::split_arn(request.form.required("RoleArn")?, "role") {
            Some((account, _, name)) => rows::find(account, Kind::Role, name)?,
            None => None,
        },
        On::Policy => {
            let policy = rows::find_policy(request.form.required("PolicyArn")?)?;
            return Ok(policy.map(|(_, row)| row.record.tags).unwrap_or_default());
        }
        On::Mfa => {
            let device = rows::mfa_device(request.form.required("SerialNumber")?)?;
            return Ok(device.map(|row| row.record.tags).unwrap_or_default());
        }
        _ => None,
    };
    Ok(entity.map(|row| row.record.tags).unwrap_or_default())
}
