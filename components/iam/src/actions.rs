//! THE IAM ACTIONS TABLE: every operation of IAM and STS, what it is about, and who answers it.

use gateway::errors::{ErrorCode, Result, S3Error};
use gateway::operations::aws_query;
use sdk::{Asked, IdentityKind};

use crate::account::{aliases, details, report};
use crate::answer::Answer;
use crate::entities::{access_keys, groups, roles, tags, users};
use crate::mfa::{assigned, devices};
use crate::policies::{attached, inline, managed, simulate, versions};
use crate::records::Kind;
use crate::request::Request;
use crate::web_identity::oidc;
use crate::{account, entities, names, rows, sts, web_identity};

/// A service that speaks the Query protocol.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Service {
    /// Users and roles.
    Iam,
    /// Temporary credentials.
    Sts,
}

impl Service {
    /// The namespace of its documents.
    pub(crate) fn namespace(self) -> &'static str {
        match self {
            Service::Iam => aws_query::IAM_NAMESPACE,
            Service::Sts => aws_query::STS_NAMESPACE,
        }
    }

    fn prefix(self) -> &'static str {
        match self {
            Service::Iam => "iam",
            Service::Sts => "sts",
        }
    }
}

/// What an operation is about: the resource that policies name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum On {
    /// A user, a group or a role that it makes.
    New(Kind),
    /// One that there is.
    Existing(Kind),
    /// A user, or whoever asks where none is named.
    OwnUser,
    /// The user of an access key.
    KeyHolder,
    /// All of a sort.
    Every(&'static str),
    /// A managed policy that it makes.
    NewPolicy,
    /// One that there is.
    Policy,
    /// A device that shows one-time codes that it makes.
    NewMfa,
    /// One that there is, by its ARN.
    Mfa,
    /// A provider of web identities that it makes.
    NewOidc,
    /// One that there is, by its ARN.
    Oidc,
    /// A role, by its ARN.
    RoleArn,
    /// A role, by its ARN, for whoever a token is of.
    WebIdentityRole,
    /// A session for somebody else.
    FederatedUser,
    /// A user, a group or a role, by its ARN, whose policies are looked at.
    PolicySource,
    /// `*`
    Everything,
    /// Nothing that anybody needs a right for.
    Nothing,
}

/// An operation.
pub(crate) struct Row {
    /// Its name, which is that of the action as well.
    pub(crate) name: &'static str,
    /// Whose it is.
    pub(crate) service: Service,
    /// What it is about.
    pub(crate) on: On,
    /// Answers it.
    pub(crate) handle: fn(&Request) -> Result<Answer>,
}

#[rustfmt::skip]
pub(crate) static ROWS: &[Row] = &[
    Row { name: "CreateUser", service: Service::Iam, on: On::New(Kind::User), handle: users::create },
    Row { name: "GetUser", service: Service::Iam, on: On::OwnUser, handle: users::get },
    Row { name: "ListUsers", service: Service::Iam, on: On::Every("user"), handle: users::list },
    Row { name: "UpdateUser", service: Service::Iam, on: On::Existing(Kind::User), handle: |request| entities::rename(request, Kind::User) },
    Row { name: "DeleteUser", service: Service::Iam, on: On::Existing(Kind::User), handle: users::delete },
    Row { name: "CreateGroup", service: Service::Iam, on: On::New(Kind::Group), handle: groups::create },
    Row { name: "GetGroup", service: Service::Iam, on: On::Existing(Kind::Group), handle: groups::get },
    Row { name: "ListGroups", service: Service::Iam, on: On::Every("group"), handle: groups::list },
    Row { name: "UpdateGroup", service: Service::Iam, on: On::Existing(Kind::Group), handle: |request| entities::rename(request, Kind::Group) },
    Row { name: "DeleteGroup", service: Service::Iam, on: On::Existing(Kind::Group), handle: groups::delete },
    Row { name: "AddUserToGroup", service: Service::Iam, on: On::Existing(Kind::Group), handle: groups::add_user },
    Row { name: "RemoveUserFromGroup", service: Service::Iam, on: On::Existing(Kind::Group), handle: groups::remove_user },
    Row { name: "ListGroupsForUser", service: Service::Iam, on: On::Existing(Kind::User), handle: groups::list_for_user },
    Row { name: "CreateRole", service: Service::Iam, on: On::New(Kind::Role), handle: roles::create },
    Row { name: "GetRole", service: Service::Iam, on: On::Existing(Kind::Role), handle: roles::get },
    Row { name: "ListRoles", service: Service::Iam, on: On::Every("role"), handle: roles::list },
    Row { name: "UpdateRole", service: Service::Iam, on: On::Existing(Kind::Role), handle: roles::update },
    Row { name: "UpdateRoleDescription", service: Service::Iam, on: On::Existing(Kind::Role), handle: roles::update_description },
    Row { name: "UpdateAssumeRolePolicy", service: Service::Iam, on: On::Existing(Kind::Role), handle: roles::update_trust },
    Row { name: "DeleteRole", service: Service::Iam, on: On::Existing(Kind::Role), handle: roles::delete },
    Row { name: "PutUserPolicy", service: Service::Iam, on: On::Existing(Kind::User), handle: |request| inline::put(request, Kind::User) },
    Row { name: "GetUserPolicy", service: Service::Iam, on: On::Existing(Kind::User), handle: |request| inline::get(request, Kind::User) },
    Row { name: "DeleteUserPolicy", service: Service::Iam, on: On::Existing(Kind::User), handle: |request| inline::delete(request, Kind::User) },
    Row { name: "ListUserPolicies", service: Service::Iam, on: On::Existing(Kind::User), handle: |request| inline::list(request, Kind::User) },
    Row { name: "AttachUserPolicy", service: Service::Iam, on: On::Existing(Kind::User), handle: |request| attached::attach(request, Kind::User) },
    Row { name: "DetachUserPolicy", service: Service::Iam, on: On::Existing(Kind::User), handle: |request| attached::detach(request, Kind::User) },
    Row { name: "ListAttachedUserPolicies", service: Service::Iam, on: On::Existing(Kind::User), handle: |request| attached::list(request, Kind::User) },
    Row { name: "PutUserPermissionsBoundary", service: Service::Iam, on: On::Existing(Kind::User), handle: |request| entities::put_boundary(request, Kind::User) },
    Row { name: "DeleteUserPermissionsBoundary", service: Service::Iam, on: On::Existing(Kind::User), handle: |request| entities::delete_boundary(request, Kind::User) },
    Row { name: "TagUser", service: Service::Iam, on: On::Existing(Kind::User), handle: |request| tags::tag(request, Kind::User) },
    Row { name: "UntagUser", service: Service::Iam, on: On::Existing(Kind::User), handle: |request| tags::untag(request, Kind::User) },
    Row { name: "ListUserTags", service: Service::Iam, on: On::Existing(Kind::User), handle: |request| tags::list(request, Kind::User) },
    Row { name: "PutGroupPolicy", service: Service::Iam, on: On::Existing(Kind::Group), handle: |request| inline::put(request, Kind::Group) },
    Row { name: "GetGroupPolicy", service: Service::Iam, on: On::Existing(Kind::Group), handle: |request| inline::get(request, Kind::Group) },
    Row { name: "DeleteGroupPolicy", service: Service::Iam, on: On::Existing(Kind::Group), handle: |request| inline::delete(request, Kind::Group) },
    Row { name: "ListGroupPolicies", service: Service::Iam, on: On::Existing(Kind::Group), handle: |request| inline::list(request, Kind::Group) },
    Row { name: "AttachGroupPolicy", service: Service::Iam, on: On::Existing(Kind::Group), handle: |request| attached::attach(request, Kind::Group) },
    Row { name: "DetachGroupPolicy", service: Service::Iam, on: On::Existing(Kind::Group), handle: |request| attached::detach(request, Kind::Group) },
    Row { name: "ListAttachedGroupPolicies", service: Service::Iam, on: On::Existing(Kind::Group), handle: |request| attached::list(request, Kind::Group) },
    Row { name: "PutRolePolicy", service: Service::Iam, on: On::Existing(Kind::Role), handle: |request| inline::put(request, Kind::Role) },
    Row { name: "GetRolePolicy", service: Service::Iam, on: On::Existing(Kind::Role), handle: |request| inline::get(request, Kind::Role) },
    Row { name: "DeleteRolePolicy", service: Service::Iam, on: On::Existing(Kind::Role), handle: |request| inline::delete(request, Kind::Role) },
    Row { name: "ListRolePolicies", service: Service::Iam, on: On::Existing(Kind::Role), handle: |request| inline::list(request, Kind::Role) },
    Row { name: "AttachRolePolicy", service: Service::Iam, on: On::Existing(Kind::Role), handle: |request| attached::attach(request, Kind::Role) },
    Row { name: "DetachRolePolicy", service: Service::Iam, on: On::Existing(Kind::Role), handle: |request| attached::detach(request, Kind::Role) },
    Row { name: "ListAttachedRolePolicies", service: Service::Iam, on: On::Existing(Kind::Role), handle: |request| attached::list(request, Kind::Role) },
    Row { name: "PutRolePermissionsBoundary", service: Service::Iam, on: On::Existing(Kind::Role), handle: |request| entities::put_boundary(request, Kind::Role) },
    Row { name: "DeleteRolePermissionsBoundary", service: Service::Iam, on: On::Existing(Kind::Role), handle: |request| entities::delete_boundary(request, Kind::Role) },
    Row { name: "TagRole", service: Service::Iam, on: On::Existing(Kind::Role), handle: |request| tags::tag(request, Kind::Role) },
    Row { name: "UntagRole", service: Service::Iam, on: On::Existing(Kind::Role), handle: |request| tags::untag(request, Kind::Role) },
    Row { name: "ListRoleTags", service: Service::Iam, on: On::Existing(Kind::Role), handle: |request| tags::list(request, Kind::Role) },
    Row { name: "CreatePolicy", service: Service::Iam, on: On::NewPolicy, handle: managed::create },
    Row { name: "GetPolicy", service: Service::Iam, on: On::Policy, handle: managed::get },
    Row { name: "ListPolicies", service: Service::Iam, on: On::Every("policy"), handle: managed::list },
    Row { name: "DeletePolicy", service: Service::Iam, on: On::Policy, handle: managed::delete },
    Row { name: "ListEntitiesForPolicy", service: Service::Iam, on: On::Policy, handle: managed::list_entities },
    Row { name: "CreatePolicyVersion", service: Service::Iam, on: On::Policy, handle: versions::create },
    Row { name: "GetPolicyVersion", service: Service::Iam, on: On::Policy, handle: versions::get },
    Row { name: "ListPolicyVersions", service: Service::Iam, on: On::Policy, handle: versions::list },
    Row { name: "SetDefaultPolicyVersion", service: Service::Iam, on: On::Policy, handle: versions::set_default },
    Row { name: "DeletePolicyVersion", service: Service::Iam, on: On::Policy, handle: versions::delete },
    Row { name: "TagPolicy", service: Service::Iam, on: On::Policy, handle: tags::tag_policy },
    Row { name: "UntagPolicy", service: Service::Iam, on: On::Policy, handle: tags::untag_policy },
    Row { name: "ListPolicyTags", service: Service::Iam, on: On::Policy, handle: tags::list_policy },
    Row { name: "CreateAccessKey", service: Service::Iam, on: On::OwnUser, handle: access_keys::create },
    Row { name: "ListAccessKeys", service: Service::Iam, on: On::OwnUser, handle: access_keys::list },
    Row { name: "UpdateAccessKey", service: Service::Iam, on: On::OwnUser, handle: access_keys::update },
    Row { name: "DeleteAccessKey", service: Service::Iam, on: On::OwnUser, handle: access_keys::delete },
    Row { name: "GetAccessKeyLastUsed", service: Service::Iam, on: On::KeyHolder, handle: access_keys::last_used },
    Row { name: "GetAccountSummary", service: Service::Iam, on: On::Everything, handle: account::summary },
    Row { name: "GetAccountAuthorizationDetails", service: Service::Iam, on: On::Everything, handle: details::get },
    Row { name: "GetAccountPasswordPolicy", service: Service::Iam, on: On::Everything, handle: account::password_policy },
    Row { name: "GenerateCredentialReport", service: Service::Iam, on: On::Everything, handle: report::generate },
    Row { name: "GetCredentialReport", service: Service::Iam, on: On::Everything, handle: report::get },
    Row { name: "ListAccountAliases", service: Service::Iam, on: On::Everything, handle: aliases::list },
    Row { name: "CreateAccountAlias", service: Service::Iam, on: On::Everything, handle: aliases::create },
    Row { name: "DeleteAccountAlias", service: Service::Iam, on: On::Everything, handle: aliases::delete },
    Row { name: "ListInstanceProfilesForRole", service: Service::Iam, on: On::Existing(Kind::Role), handle: |request| account::none_of_role(request, "InstanceProfiles") },
    Row { name: "ListInstanceProfiles", service: Service::Iam, on: On::Everything, handle: |request| account::none(request, "InstanceProfiles") },
    Row { name: "CreateVirtualMFADevice", service: Service::Iam, on: On::NewMfa, handle: devices::create },
    Row { name: "DeleteVirtualMFADevice", service: Service::Iam, on: On::Mfa, handle: devices::delete },
    Row { name: "ListVirtualMFADevices", service: Service::Iam, on: On::Every("mfa"), handle: devices::list },
    Row { name: "EnableMFADevice", service: Service::Iam, on: On::OwnUser, handle: assigned::enable },
    Row { name: "DeactivateMFADevice", service: Service::Iam, on: On::OwnUser, handle: assigned::deactivate },
    Row { name: "ResyncMFADevice", service: Service::Iam, on: On::OwnUser, handle: assigned::resync },
    Row { name: "ListMFADevices", service: Service::Iam, on: On::OwnUser, handle: assigned::list },
    Row { name: "GetMFADevice", service: Service::Iam, on: On::OwnUser, handle: assigned::get },
    Row { name: "TagMFADevice", service: Service::Iam, on: On::Mfa, handle: devices::tag },
    Row { name: "UntagMFADevice", service: Service::Iam, on: On::Mfa, handle: devices::untag },
    Row { name: "ListMFADeviceTags", service: Service::Iam, on: On::Mfa, handle: devices::list_tags },
    Row { name: "ListSigningCertificates", service: Service::Iam, on: On::OwnUser, handle: |request| account::none_of_user(request, "Certificates") },
    Row { name: "ListSSHPublicKeys", service: Service::Iam, on: On::OwnUser, handle: |request| account::none_of_user(request, "SSHPublicKeys") },
    Row { name: "ListServiceSpecificCredentials", service: Service::Iam, on: On::OwnUser, handle: |request| account::none_of_user(request, "ServiceSpecificCredentials") },
    Row { name: "ListServerCertificates", service: Service::Iam, on: On::Every("server-certificate"), handle: |request| account::none(request, "ServerCertificateMetadataList") },
    Row { name: "ListSAMLProviders", service: Service::Iam, on: On::Everything, handle: |request| account::none(request, "SAMLProviderList") },
    Row { name: "GetLoginProfile", service: Service::Iam, on: On::OwnUser, handle: account::login_profile },
    Row { name: "DeleteLoginProfile", service: Service::Iam, on: On::OwnUser, handle: account::login_profile },
    Row { name: "CreateOpenIDConnectProvider", service: Service::Iam, on: On::NewOidc, handle: oidc::create },
    Row { name: "GetOpenIDConnectProvider", service: Service::Iam, on: On::Oidc, handle: oidc::get },
    Row { name: "ListOpenIDConnectProviders", service: Service::Iam, on: On::Everything, handle: oidc::list },
    Row { name: "DeleteOpenIDConnectProvider", service: Service::Iam, on: On::Oidc, handle: oidc::delete },
    Row { name: "AddClientIDToOpenIDConnectProvider", service: Service::Iam, on: On::Oidc, handle: oidc::add_client },
    Row { name: "RemoveClientIDFromOpenIDConnectProvider", service: Service::Iam, on: On::Oidc, handle: oidc::remove_client },
    Row { name: "UpdateOpenIDConnectProviderThumbprint", service: Service::Iam, on: On::Oidc, handle: oidc::update_thumbprints },
    Row { name: "SimulateCustomPolicy", service: Service::Iam, on: On::Everything, handle: simulate::custom },
    Row { name: "SimulatePrincipalPolicy", service: Service::Iam, on: On::PolicySource, handle: simulate::principal },
    Row { name: "GetContextKeysForCustomPolicy", service: Service::Iam, on: On::Everything, handle: simulate::keys_of_custom },
    Row { name: "GetContextKeysForPrincipalPolicy", service: Service::Iam, on: On::PolicySource, handle: simulate::keys_of_principal },
    Row { name: "GetCallerIdentity", service: Service::Sts, on: On::Nothing, handle: sts::caller_identity },
    Row { name: "GetAccessKeyInfo", service: Service::Sts, on: On::Everything, handle: sts::access_key_info },
    Row { name: "GetSessionToken", service: Service::Sts, on: On::Nothing, handle: sts::session_token },
    Row { name: "AssumeRole", service: Service::Sts, on: On::RoleArn, handle: sts::assume_role },
    Row { name: "AssumeRoleWithWebIdentity", service: Service::Sts, on: On::WebIdentityRole, handle: web_identity::assume },
    Row { name: "GetFederationToken", service: Service::Sts, on: On::FederatedUser, handle: sts::federation_token },
];

/// The operation of a service.
pub(crate) fn find(service: Service, name: &str) -> Option<&'static Row> {
    ROWS.iter().find(|row| row.service == service && row.name == name)
}

/// What a call takes: the fact that `policy` judges. Refuses what temporary credentials may not call at all.
pub(crate) fn asked(request: &Request) -> Result<Asked> {
    check_session(request)?;
    let row = request.row;
    let mut owner = request.account().to_owned();
    let account = request.account();
    let arn = match row.on {
        On::New(kind) => {
            let name = request.form.required(kind.parameter())?;
            names::arn(account, kind.lower(), request.form.path("Path")?, name)
        }
        On::Existing(kind) => entity_arn(request, kind, request.form.required(kind.parameter())?)?,
        On::OwnUser => match request.own_name()? {
            Some(name) => entity_arn(request, Kind::User, name)?,
            None => request.caller.arn.clone(),
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
        // Planned by `web_identity`, which alone knows who asks.
        On::WebIdentityRole => return Err(ErrorCode::AccessDenied.into()),
        On::Everything | On::Nothing => "*".to_owned(),
    };
    let action = format!("{}:{}", row.service.prefix(), row.name);
    let actions = match row.on {
        On::Nothing => Vec::new(),
        // Tags of a session, and who it is for, are rights of their own.
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
    Ok(Asked { actions, arn, owner, context: context(request)?, provider: None })
}

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
    let allowed = match (request.caller.kind, request.row.service) {
        (IdentityKind::AssumedRole, _) => true,
        (IdentityKind::FederatedUser, _) => request.row.name == "GetCallerIdentity",
        (_, Service::Iam) => session.multi_factor,
        (_, Service::Sts) => matches!(
            request.row.name,
            "AssumeRole" | "GetCallerIdentity" | "GetSessionToken" | "GetFederationToken"
        ),
    };
    match (allowed, request.row.service) {
        (true, _) => Ok(()),
        (false, Service::Iam) => Err(ErrorCode::InvalidClientTokenId.into()),
        (false, Service::Sts) => Err(ErrorCode::AccessDenied.into()),
    }
}

/// A root user assumes no role, of its own account or of another, whatever the role trusts; neither does a session of one:
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>
fn check_assumes(request: &Request) -> Result<()> {
    match request.caller.kind {
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
    // What the operation will set is what policies are asked about.
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
    let entity = match request.row.on {
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
