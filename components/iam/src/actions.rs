//! THE IAM ACTIONS TABLE: every operation of IAM and STS, what it is about, and the function that
//! answers it.
//!
//! | module | what |
//! | --- | --- |
//! | [`row`] | what the table says of an operation |
//! | [`needed_access`] | which access a call needs: actions, an ARN, condition keys |

pub(crate) mod needed_access;
pub(crate) mod row;

use gateway::errors::{ErrorCode, Result, S3Error};
use gateway::operations::aws_query;
use sdk::{Call, Head};

use self::row::{On, Operation, Service};
use crate::account::{self, aliases, details, report};
use crate::entities::{self, access_keys, groups, roles, tags, users};
use crate::form::Form;
use crate::mfa::{assigned, devices};
use crate::policies::{attached, inline, managed, simulate, versions};
use crate::records::Kind;
use crate::reply::Reply;
use crate::request::Request;
use crate::sts;
use crate::web_identity::{self, oidc};

/// Answers an operation.
type Handle = fn(&Request) -> Result<Reply>;

/// What the table says of an operation, and the function that answers it.
type ActionRow = (Operation, Handle);

#[rustfmt::skip]
pub(crate) static ROWS: &[ActionRow] = &[
    (Operation { name: "CreateUser", service: Service::Iam, on: On::New(Kind::User) }, users::create),
    (Operation { name: "GetUser", service: Service::Iam, on: On::OwnUser }, users::get),
    (Operation { name: "ListUsers", service: Service::Iam, on: On::Every("user") }, users::list),
    (Operation { name: "UpdateUser", service: Service::Iam, on: On::Existing(Kind::User) }, |request| entities::rename(request, Kind::User)),
    (Operation { name: "DeleteUser", service: Service::Iam, on: On::Existing(Kind::User) }, users::delete),
    (Operation { name: "CreateGroup", service: Service::Iam, on: On::New(Kind::Group) }, groups::create),
    (Operation { name: "GetGroup", service: Service::Iam, on: On::Existing(Kind::Group) }, groups::get),
    (Operation { name: "ListGroups", service: Service::Iam, on: On::Every("group") }, groups::list),
    (Operation { name: "UpdateGroup", service: Service::Iam, on: On::Existing(Kind::Group) }, |request| entities::rename(request, Kind::Group)),
    (Operation { name: "DeleteGroup", service: Service::Iam, on: On::Existing(Kind::Group) }, groups::delete),
    (Operation { name: "AddUserToGroup", service: Service::Iam, on: On::Existing(Kind::Group) }, groups::add_user),
    (Operation { name: "RemoveUserFromGroup", service: Service::Iam, on: On::Existing(Kind::Group) }, groups::remove_user),
    (Operation { name: "ListGroupsForUser", service: Service::Iam, on: On::Existing(Kind::User) }, groups::list_for_user),
    (Operation { name: "CreateRole", service: Service::Iam, on: On::New(Kind::Role) }, roles::create),
    (Operation { name: "GetRole", service: Service::Iam, on: On::Existing(Kind::Role) }, roles::get),
    (Operation { name: "ListRoles", service: Service::Iam, on: On::Every("role") }, roles::list),
    (Operation { name: "UpdateRole", service: Service::Iam, on: On::Existing(Kind::Role) }, roles::update),
    (Operation { name: "UpdateRoleDescription", service: Service::Iam, on: On::Existing(Kind::Role) }, roles::update_description),
    (Operation { name: "UpdateAssumeRolePolicy", service: Service::Iam, on: On::Existing(Kind::Role) }, roles::update_trust),
    (Operation { name: "DeleteRole", service: Service::Iam, on: On::Existing(Kind::Role) }, roles::delete),
    (Operation { name: "PutUserPolicy", service: Service::Iam, on: On::Existing(Kind::User) }, |request| inline::put(request, Kind::User)),
    (Operation { name: "GetUserPolicy", service: Service::Iam, on: On::Existing(Kind::User) }, |request| inline::get(request, Kind::User)),
    (Operation { name: "DeleteUserPolicy", service: Service::Iam, on: On::Existing(Kind::User) }, |request| inline::delete(request, Kind::User)),
    (Operation { name: "ListUserPolicies", service: Service::Iam, on: On::Existing(Kind::User) }, |request| inline::list(request, Kind::User)),
    (Operation { name: "AttachUserPolicy", service: Service::Iam, on: On::Existing(Kind::User) }, |request| attached::attach(request, Kind::User)),
    (Operation { name: "DetachUserPolicy", service: Service::Iam, on: On::Existing(Kind::User) }, |request| attached::detach(request, Kind::User)),
    (Operation { name: "ListAttachedUserPolicies", service: Service::Iam, on: On::Existing(Kind::User) }, |request| attached::list(request, Kind::User)),
    (Operation { name: "PutUserPermissionsBoundary", service: Service::Iam, on: On::Existing(Kind::User) }, |request| entities::put_boundary(request, Kind::User)),
    (Operation { name: "DeleteUserPermissionsBoundary", service: Service::Iam, on: On::Existing(Kind::User) }, |request| entities::delete_boundary(request, Kind::User)),
    (Operation { name: "TagUser", service: Service::Iam, on: On::Existing(Kind::User) }, |request| tags::tag(request, Kind::User)),
    (Operation { name: "UntagUser", service: Service::Iam, on: On::Existing(Kind::User) }, |request| tags::untag(request, Kind::User)),
    (Operation { name: "ListUserTags", service: Service::Iam, on: On::Existing(Kind::User) }, |request| tags::list(request, Kind::User)),
    (Operation { name: "PutGroupPolicy", service: Service::Iam, on: On::Existing(Kind::Group) }, |request| inline::put(request, Kind::Group)),
    (Operation { name: "GetGroupPolicy", service: Service::Iam, on: On::Existing(Kind::Group) }, |request| inline::get(request, Kind::Group)),
    (Operation { name: "DeleteGroupPolicy", service: Service::Iam, on: On::Existing(Kind::Group) }, |request| inline::delete(request, Kind::Group)),
    (Operation { name: "ListGroupPolicies", service: Service::Iam, on: On::Existing(Kind::Group) }, |request| inline::list(request, Kind::Group)),
    (Operation { name: "AttachGroupPolicy", service: Service::Iam, on: On::Existing(Kind::Group) }, |request| attached::attach(request, Kind::Group)),
    (Operation { name: "DetachGroupPolicy", service: Service::Iam, on: On::Existing(Kind::Group) }, |request| attached::detach(request, Kind::Group)),
    (Operation { name: "ListAttachedGroupPolicies", service: Service::Iam, on: On::Existing(Kind::Group) }, |request| attached::list(request, Kind::Group)),
    (Operation { name: "PutRolePolicy", service: Service::Iam, on: On::Existing(Kind::Role) }, |request| inline::put(request, Kind::Role)),
    (Operation { name: "GetRolePolicy", service: Service::Iam, on: On::Existing(Kind::Role) }, |request| inline::get(request, Kind::Role)),
    (Operation { name: "DeleteRolePolicy", service: Service::Iam, on: On::Existing(Kind::Role) }, |request| inline::delete(request, Kind::Role)),
    (Operation { name: "ListRolePolicies", service: Service::Iam, on: On::Existing(Kind::Role) }, |request| inline::list(request, Kind::Role)),
    (Operation { name: "AttachRolePolicy", service: Service::Iam, on: On::Existing(Kind::Role) }, |request| attached::attach(request, Kind::Role)),
    (Operation { name: "DetachRolePolicy", service: Service::Iam, on: On::Existing(Kind::Role) }, |request| attached::detach(request, Kind::Role)),
    (Operation { name: "ListAttachedRolePolicies", service: Service::Iam, on: On::Existing(Kind::Role) }, |request| attached::list(request, Kind::Role)),
    (Operation { name: "PutRolePermissionsBoundary", service: Service::Iam, on: On::Existing(Kind::Role) }, |request| entities::put_boundary(request, Kind::Role)),
    (Operation { name: "DeleteRolePermissionsBoundary", service: Service::Iam, on: On::Existing(Kind::Role) }, |request| entities::delete_boundary(request, Kind::Role)),
    (Operation { name: "TagRole", service: Service::Iam, on: On::Existing(Kind::Role) }, |request| tags::tag(request, Kind::Role)),
    (Operation { name: "UntagRole", service: Service::Iam, on: On::Existing(Kind::Role) }, |request| tags::untag(request, Kind::Role)),
    (Operation { name: "ListRoleTags", service: Service::Iam, on: On::Existing(Kind::Role) }, |request| tags::list(request, Kind::Role)),
    (Operation { name: "CreatePolicy", service: Service::Iam, on: On::NewPolicy }, managed::create),
    (Operation { name: "GetPolicy", service: Service::Iam, on: On::Policy }, managed::get),
    (Operation { name: "ListPolicies", service: Service::Iam, on: On::Every("policy") }, managed::list),
    (Operation { name: "DeletePolicy", service: Service::Iam, on: On::Policy }, managed::delete),
    (Operation { name: "ListEntitiesForPolicy", service: Service::Iam, on: On::Policy }, managed::list_entities),
    (Operation { name: "CreatePolicyVersion", service: Service::Iam, on: On::Policy }, versions::create),
    (Operation { name: "GetPolicyVersion", service: Service::Iam, on: On::Policy }, versions::get),
    (Operation { name: "ListPolicyVersions", service: Service::Iam, on: On::Policy }, versions::list),
    (Operation { name: "SetDefaultPolicyVersion", service: Service::Iam, on: On::Policy }, versions::set_default),
    (Operation { name: "DeletePolicyVersion", service: Service::Iam, on: On::Policy }, versions::delete),
    (Operation { name: "TagPolicy", service: Service::Iam, on: On::Policy }, managed::tag),
    (Operation { name: "UntagPolicy", service: Service::Iam, on: On::Policy }, managed::untag),
    (Operation { name: "ListPolicyTags", service: Service::Iam, on: On::Policy }, managed::list_tags),
    (Operation { name: "CreateAccessKey", service: Service::Iam, on: On::OwnUser }, access_keys::create),
    (Operation { name: "ListAccessKeys", service: Service::Iam, on: On::OwnUser }, access_keys::list),
    (Operation { name: "UpdateAccessKey", service: Service::Iam, on: On::OwnUser }, access_keys::update),
    (Operation { name: "DeleteAccessKey", service: Service::Iam, on: On::OwnUser }, access_keys::delete),
    (Operation { name: "GetAccessKeyLastUsed", service: Service::Iam, on: On::KeyHolder }, access_keys::last_used),
    (Operation { name: "GetAccountSummary", service: Service::Iam, on: On::Everything }, account::summary),
    (Operation { name: "GetAccountAuthorizationDetails", service: Service::Iam, on: On::Everything }, details::get),
    (Operation { name: "GetAccountPasswordPolicy", service: Service::Iam, on: On::Everything }, account::password_policy),
    (Operation { name: "GenerateCredentialReport", service: Service::Iam, on: On::Everything }, report::generate),
    (Operation { name: "GetCredentialReport", service: Service::Iam, on: On::Everything }, report::get),
    (Operation { name: "ListAccountAliases", service: Service::Iam, on: On::Everything }, aliases::list),
    (Operation { name: "CreateAccountAlias", service: Service::Iam, on: On::Everything }, aliases::create),
    (Operation { name: "DeleteAccountAlias", service: Service::Iam, on: On::Everything }, aliases::delete),
    (Operation { name: "ListInstanceProfilesForRole", service: Service::Iam, on: On::Existing(Kind::Role) }, |request| account::none_of_role(request, "InstanceProfiles")),
    (Operation { name: "ListInstanceProfiles", service: Service::Iam, on: On::Everything }, |request| account::none(request, "InstanceProfiles")),
    (Operation { name: "CreateVirtualMFADevice", service: Service::Iam, on: On::NewMfa }, devices::create),
    (Operation { name: "DeleteVirtualMFADevice", service: Service::Iam, on: On::Mfa }, devices::delete),
    (Operation { name: "ListVirtualMFADevices", service: Service::Iam, on: On::Every("mfa") }, devices::list),
    (Operation { name: "EnableMFADevice", service: Service::Iam, on: On::OwnUser }, assigned::enable),
    (Operation { name: "DeactivateMFADevice", service: Service::Iam, on: On::OwnUser }, assigned::deactivate),
    (Operation { name: "ResyncMFADevice", service: Service::Iam, on: On::OwnUser }, assigned::resync),
    (Operation { name: "ListMFADevices", service: Service::Iam, on: On::OwnUser }, assigned::list),
    (Operation { name: "GetMFADevice", service: Service::Iam, on: On::OwnUser }, assigned::get),
    (Operation { name: "TagMFADevice", service: Service::Iam, on: On::Mfa }, devices::tag),
    (Operation { name: "UntagMFADevice", service: Service::Iam, on: On::Mfa }, devices::untag),
    (Operation { name: "ListMFADeviceTags", service: Service::Iam, on: On::Mfa }, devices::list_tags),
    (Operation { name: "ListSigningCertificates", service: Service::Iam, on: On::OwnUser }, |request| account::none_of_user(request, "Certificates")),
    (Operation { name: "ListSSHPublicKeys", service: Service::Iam, on: On::OwnUser }, |request| account::none_of_user(request, "SSHPublicKeys")),
    (Operation { name: "ListServiceSpecificCredentials", service: Service::Iam, on: On::OwnUser }, |request| account::none_of_user(request, "ServiceSpecificCredentials")),
    (Operation { name: "ListServerCertificates", service: Service::Iam, on: On::Every("server-certificate") }, |request| account::none(request, "ServerCertificateMetadataList")),
    (Operation { name: "ListSAMLProviders", service: Service::Iam, on: On::Everything }, |request| account::none(request, "SAMLProviderList")),
    (Operation { name: "GetLoginProfile", service: Service::Iam, on: On::OwnUser }, account::login_profile),
    (Operation { name: "DeleteLoginProfile", service: Service::Iam, on: On::OwnUser }, account::login_profile),
    (Operation { name: "CreateOpenIDConnectProvider", service: Service::Iam, on: On::NewOidc }, oidc::create),
    (Operation { name: "GetOpenIDConnectProvider", service: Service::Iam, on: On::Oidc }, oidc::get),
    (Operation { name: "ListOpenIDConnectProviders", service: Service::Iam, on: On::Everything }, oidc::list),
    (Operation { name: "DeleteOpenIDConnectProvider", service: Service::Iam, on: On::Oidc }, oidc::delete),
    (Operation { name: "AddClientIDToOpenIDConnectProvider", service: Service::Iam, on: On::Oidc }, oidc::add_client),
    (Operation { name: "RemoveClientIDFromOpenIDConnectProvider", service: Service::Iam, on: On::Oidc }, oidc::remove_client),
    (Operation { name: "UpdateOpenIDConnectProviderThumbprint", service: Service::Iam, on: On::Oidc }, oidc::update_thumbprints),
    (Operation { name: "SimulateCustomPolicy", service: Service::Iam, on: On::Everything }, simulate::custom),
    (Operation { name: "SimulatePrincipalPolicy", service: Service::Iam, on: On::PolicySource }, simulate::principal),
    (Operation { name: "GetContextKeysForCustomPolicy", service: Service::Iam, on: On::Everything }, simulate::keys_of_custom),
    (Operation { name: "GetContextKeysForPrincipalPolicy", service: Service::Iam, on: On::PolicySource }, simulate::keys_of_principal),
    (Operation { name: "GetCallerIdentity", service: Service::Sts, on: On::Nothing }, sts::caller_identity),
    (Operation { name: "GetAccessKeyInfo", service: Service::Sts, on: On::Everything }, sts::access_key_info),
    (Operation { name: "GetSessionToken", service: Service::Sts, on: On::Nothing }, sts::session_token),
    (Operation { name: "AssumeRole", service: Service::Sts, on: On::RoleArn }, sts::assume_role),
    (Operation { name: "AssumeRoleWithWebIdentity", service: Service::Sts, on: On::WebIdentityRole }, web_identity::assume),
    (Operation { name: "GetFederationToken", service: Service::Sts, on: On::FederatedUser }, sts::federation_token),
];

/// Reads a call, and finds the function that answers it. `MissingAction` or `InvalidAction` for an
/// unknown one, `MissingAuthenticationToken` without credentials.
pub(crate) fn read(call: &Call) -> Result<(Request, Handle)> {
    let (head, _) = Head::read(call);
    let form = Form::parse(&call.parameters().unwrap_or_default(), &head.query)?;
    let (operation, handle) = find(&form)?;
    Ok((Request::new(call, head.received_ms, operation, form)?, *handle))
}

/// What a form calls.
pub(crate) fn find(form: &Form) -> Result<&'static ActionRow> {
    let action = form.get("Action").ok_or(ErrorCode::MissingAction)?;
    let version = form.get("Version").unwrap_or_default();
    let service = match version {
        aws_query::IAM_VERSION => Some(Service::Iam),
        aws_query::STS_VERSION => Some(Service::Sts),
        _ => None,
    };
    let is_called =
        |(operation, _): &&ActionRow| Some(operation.service) == service && operation.name == action;
    ROWS.iter().find(is_called).ok_or_else(|| {
        S3Error::new(ErrorCode::InvalidAction)
            .message(format!("Could not find operation {action} for version {version}"))
    })
}
