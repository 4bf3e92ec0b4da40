//! Versions of managed policies:
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicyVersion.html>

use gateway::errors::{ErrorCode, Result, S3Error};
use gateway::request::url_encoding;
use gateway::xml::XmlWriter;

use crate::form::invalid;
use crate::pages::Page;
use crate::policies::attached::arn;
use crate::policies::{managed, predefined};
use crate::records::{ManagedPolicy, PolicyVersion};
use crate::reply::{Changes, Reply};
use crate::request::Request;
use crate::{names, rows, tables};

/// Versions that a policy can have.
const VERSIONS_MAX: usize = 5;

/// CreatePolicyVersion
pub(crate) fn create(request: &Request) -> Result<Reply> {
    let text = managed::document(request)?;
    let mut row = managed::own(request)?;
    let policy = &mut row.record;
    if policy.versions.len() >= VERSIONS_MAX {
        return Err(S3Error::new(ErrorCode::LimitExceeded).message(format!(
            "A managed policy can have up to {VERSIONS_MAX} versions. Before you create a new version, you must delete \
             an existing version."
        )));
    }
    // No number is used twice: `policy` keeps a parsed version by the policy's id and this number.
    policy.latest_version += 1;
    let number = policy.latest_version;
    policy.versions.push((number, request.now_ms));
    policy.updated_ms = request.now_ms;
    if request.form.flag("SetAsDefault") {
        policy.default_version = number;
    }
    let mut changes = Changes::default();
    let version = PolicyVersion { text: text.to_owned() };
    changes.put(tables::POLICY_VERSIONS, tables::version_key(&policy.id, number), &version)?;
    let mut xml = request.result();
    xml.open("PolicyVersion");
    write_one(&mut xml, policy, number, request.now_ms);
    xml.close("PolicyVersion");
    changes.replace(tables::POLICIES, &row)?;
    Ok(Reply::with(xml, changes))
}

/// The version that `VersionId` names: its number and its time. `NoSuchEntity`
fn named(request: &Request, policy: &ManagedPolicy) -> Result<(u32, u64)> {
    let id = request.form.required("VersionId")?;
    let number: Option<u32> = id.strip_prefix('v').and_then(|number| number.split('.').next()?.parse().ok());
    let number = number.ok_or_else(|| {
        invalid(format!(
            "1 validation error detected: Value '{id}' at 'versionId' failed to satisfy constraint: Member must satisfy \
             regular expression pattern: v[1-9][0-9]*(\\.[A-Za-z0-9-]*)?"
        ))
    })?;
    policy.versions.iter().find(|(own, _)| *own == number).copied().ok_or_else(|| no_such(id))
}

fn no_such(id: &str) -> S3Error {
    rows::no_such(format!("Policy version {id} does not exist or is not attachable."))
}

/// GetPolicyVersion
pub(crate) fn get(request: &Request) -> Result<Reply> {
    let mut xml = request.result();
    xml.open("PolicyVersion");
    if let Some(policy) = predefined::find(arn(request, "PolicyArn")?) {
        match request.form.required("VersionId")? {
            "v1" => predefined::write_version(&mut xml, policy),
            other => return Err(no_such(other)),
        }
    } else {
        let policy = managed::own(request)?.record;
        let (number, created_ms) = named(request, &policy)?;
        let text = rows::version(&policy.id, number)?.ok_or_else(|| no_such("of the policy"))?.record.text;
        xml.text("Document", &url_encoding::encoded(&text));
        write_one(&mut xml, &policy, number, created_ms);
    }
    xml.close("PolicyVersion");
    Ok(Reply::of(xml))
}

/// ListPolicyVersions
pub(crate) fn list(request: &Request) -> Result<Reply> {
    let mut xml = request.result();
    if let Some(policy) = predefined::find(arn(request, "PolicyArn")?) {
        xml.open("Versions");
        xml.open("member");
        predefined::write_version(&mut xml, policy);
        xml.close("member");
        xml.close("Versions");
        xml.boolean("IsTruncated", false);
        return Ok(Reply::of(xml));
    }
    let policy = managed::own(request)?.record;
    let page = Page::of(&request.form)?;
    // The latest comes first.
    let versions = policy.versions.iter().rev().copied().map(Ok);
    page.write(
        &mut xml,
        "Versions",
        versions,
        |(number, _)| format!("{:010}", u32::MAX - number),
        |xml, (number, created_ms)| {
            xml.open("member");
            write_one(xml, &policy, *number, *created_ms);
            xml.close("member");
        },
    )?;
    Ok(Reply::of(xml))
}

/// SetDefaultPolicyVersion
pub(crate) fn set_default(request: &Request) -> Result<Reply> {
    let mut row = managed::own(request)?;
    (row.record.default_version, _) = named(request, &row.record)?;
    row.record.updated_ms = request.now_ms;
    let mut changes = Changes::default();
    changes.replace(tables::POLICIES, &row)?;
    Ok(Reply::done(changes))
}

/// DeletePolicyVersion
pub(crate) fn delete(request: &Request) -> Result<Reply> {
    let mut row = managed::own(request)?;
    let (number, _) = named(request, &row.record)?;
    if number == row.record.default_version {
        return Err(
            S3Error::new(ErrorCode::DeleteConflict).message("Cannot delete the default version of a policy.")
        );
    }
    row.record.versions.retain(|(own, _)| *own != number);
    let mut changes = Changes::default();
    changes.delete(tables::POLICY_VERSIONS, tables::version_key(&row.record.id, number));
    changes.replace(tables::POLICIES, &row)?;
    Ok(Reply::done(changes))
}

/// What replies show of a version, except for its document.
pub(crate) fn write_one(xml: &mut XmlWriter, policy: &ManagedPolicy, number: u32, created_ms: u64) {
    xml.text("VersionId", &format!("v{number}"));
    xml.boolean("IsDefaultVersion", number == policy.default_version);
    xml.text("CreateDate", &names::date(created_ms));
}
