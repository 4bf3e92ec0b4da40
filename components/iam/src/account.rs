//! Calls about an account as a whole, and about things that nobody has here.

pub(crate) mod aliases;
pub(crate) mod details;
pub(crate) mod report;

use gateway::errors::Result;

use crate::records::Kind;
use crate::reply::Reply;
use crate::request::Request;
use crate::rows;

/// GetAccountSummary:
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountSummary.html>
pub(crate) fn summary(request: &Request) -> Result<Reply> {
    let count = |kind| rows::entities(request.account(), kind, "").count() as u64;
    let devices = rows::mfa_devices(request.account()).collect::<Result<Vec<_>>>()?;
    let entries = [
        ("Users", count(Kind::User)),
        ("UsersQuota", 5000),
        ("Groups", count(Kind::Group)),
        ("GroupsQuota", 300),
        ("Roles", count(Kind::Role)),
        ("RolesQuota", 1000),
        ("Policies", rows::policies(request.account(), "").count() as u64),
        ("PoliciesQuota", 1500),
        ("AccessKeysPerUserQuota", 2),
        ("AccountAccessKeysPresent", 1),
        ("AccountMFAEnabled", u64::from(!rows::mfa_devices_of(request.account())?.is_empty())),
        ("AssumeRolePolicySizeQuota", 2048),
        ("AttachedPoliciesPerGroupQuota", 10),
        ("AttachedPoliciesPerRoleQuota", 10),
        ("AttachedPoliciesPerUserQuota", 10),
        ("GroupPolicySizeQuota", 5120),
        ("GroupsPerUserQuota", 10),
        ("MFADevices", devices.len() as u64),
        ("MFADevicesInUse", devices.iter().filter(|row| row.record.holder.is_some()).count() as u64),
        ("PolicySizeQuota", 6144),
        ("RolePolicySizeQuota", 10240),
        ("UserPolicySizeQuota", 2048),
        ("VersionsPerPolicyQuota", 5),
    ];
    let mut xml = request.result();
    xml.open("SummaryMap");
    for (name, number) in entries {
        xml.open("entry");
        xml.text("key", name);
        xml.number("value", number);
        xml.close("entry");
    }
    xml.close("SummaryMap");
    Ok(Reply::of(xml))
}

/// An empty list of what nobody has here: certificates, keys for other services.
pub(crate) fn none(request: &Request, list: &str) -> Result<Reply> {
    let mut xml = request.result();
    xml.text(list, "");
    xml.boolean("IsTruncated", false);
    Ok(Reply::of(xml))
}

/// The same for a user. `NoSuchEntity` when there is no such user.
pub(crate) fn none_of_user(request: &Request, list: &str) -> Result<Reply> {
    if let Some(name) = request.own_name()? {
        rows::entity(request.account(), Kind::User, name)?;
    }
    none(request, list)
}

/// The same for a role.
pub(crate) fn none_of_role(request: &Request, list: &str) -> Result<Reply> {
    request.entity(Kind::Role)?;
    none(request, list)
}

/// GetAccountPasswordPolicy: nobody has a password here.
pub(crate) fn password_policy(request: &Request) -> Result<Reply> {
    let account = request.account();
    Err(rows::no_such(format!("The Password Policy with domain name {account} cannot be found.")))
}

/// GetLoginProfile, DeleteLoginProfile: nobody has a password here.
pub(crate) fn login_profile(request: &Request) -> Result<Reply> {
    let name = request.own_name()?.unwrap_or("root");
    Err(rows::no_such(format!("Login Profile for User {name} cannot be found.")))
}
