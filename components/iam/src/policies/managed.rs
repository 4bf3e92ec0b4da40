//! Managed policies: <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html>

use gateway::errors::{ErrorCode, Result, S3Error};
use gateway::policy;
use gateway::xml::XmlWriter;

use crate::entities;
use crate::entities::tags;
use crate::names;
use crate::pages::Page;
use crate::policies::attached::arn;
use crate::policies::predefined;
use crate::records::{Entity, Kind, ManagedPolicy, PolicyVersion, Row};
use crate::reply::{Changes, Reply};
use crate::request::Request;
use crate::{rows, tables};

/// Bytes of a managed policy, white space left out.
const BYTES_MAX: usize = 6144;

/// The document of a managed policy. `MalformedPolicyDocument`, `LimitExceeded`
pub(crate) fn document(request: &Request) -> Result<&str> {
    let text = entities::document(request, "PolicyDocument", policy::Kind::Identity)?;
    match entities::size(text) > BYTES_MAX {
        true => Err(S3Error::new(ErrorCode::LimitExceeded)
            .message(format!("Cannot exceed quota for PolicySize: {BYTES_MAX}"))),
        false => Ok(text),
    }
}

/// The policy of the principal's account that `PolicyArn` names. `NoSuchEntity`
pub(crate) fn own(request: &Request) -> Result<Row<ManagedPolicy>> {
    let arn = arn(request, "PolicyArn")?;
    if predefined::find(arn).is_some() {
        return Err(S3Error::new(ErrorCode::AccessDenied).message(format!("{arn} cannot be changed.")));
    }
    find(request, arn)
}

fn find(request: &Request, arn: &str) -> Result<Row<ManagedPolicy>> {
    let found = rows::find_policy(arn)?.filter(|(account, _)| account == request.account());
    found.map(|(_, row)| row).ok_or_else(|| rows::no_such(format!("Policy {arn} was not found.")))
}

/// CreatePolicy
pub(crate) fn create(request: &Request) -> Result<Reply> {
    let name = request.form.name("PolicyName", 128)?;
    let path = request.form.path("Path")?;
    let text = document(request)?;
    if rows::policy_named(request.account(), name)?.is_some() {
        return Err(S3Error::new(ErrorCode::EntityAlreadyExists)
            .message(format!("A policy called {name} already exists. Duplicate names are not allowed.")));
    }
    let record = ManagedPolicy {
        id: names::new_id("ANPA"),
        name: name.to_owned(),
        path: path.to_owned(),
        description: request.form.get("Description").map(str::to_owned),
        created_ms: request.now_ms,
        updated_ms: request.now_ms,
        tags: request.form.tags()?,
        default_version: 1,
        latest_version: 1,
        versions: vec![(1, request.now_ms)],
        attachments: 0,
        boundaries: 0,
    };
    let row = Row { key: tables::policy_key(request.account(), name), record, revision: 0 };
    let mut changes = Changes::default();
    let version = PolicyVersion { text: text.to_owned() };
    changes.put(tables::POLICY_VERSIONS, tables::version_key(&row.record.id, 1), &version)?;
    changes.replace(tables::POLICIES, &row)?;
    let mut xml = request.result();
    xml.open("Policy");
    write_one(&mut xml, request.account(), &row.record);
    xml.close("Policy");
    Ok(Reply::with(xml, changes))
}

/// GetPolicy
pub(crate) fn get(request: &Request) -> Result<Reply> {
    let arn = arn(request, "PolicyArn")?;
    let mut xml = request.result();
    xml.open("Policy");
    match predefined::find(arn) {
        Some(policy) => {
            predefined::write(&mut xml, policy);
        }
        None => {
            let policy = find(request, arn)?.record;
            write_one(&mut xml, request.account(), &policy);
            xml.optional("Description", policy.description.as_deref());
            entities::write_tags(&mut xml, &policy.tags);
        }
    }
    xml.close("Policy");
    Ok(Reply::of(xml))
}

/// ListPolicies
pub(crate) fn list(request: &Request) -> Result<Reply> {
    let page = Page::of(&request.form)?;
    let prefix = request.form.path_prefix()?;
    let scope = request.form.get("Scope").unwrap_or("All");
    let only_attached = request.form.flag("OnlyAttached");
    let as_boundary = request.form.get("PolicyUsageFilter") == Some("PermissionsBoundary");
    let wanted = |policy: &ManagedPolicy| {
        policy.path.starts_with(prefix)
            && (!only_attached || policy.attachments + policy.boundaries > 0)
            && (!as_boundary || policy.boundaries > 0)
    };
    let own = rows::policies(request.account(), "")
        .filter(|_| scope != "AWS")
        .filter(|row| row.as_ref().map_or(true, |row| wanted(&row.record)))
        .map(|row| row.map(|row| (names::policy_arn(request.account(), &row.record), Some(row.record))));
    let given = predefined::ALL
        .iter()
        .filter(|_| scope != "Local" && !only_attached && !as_boundary && "/".starts_with(prefix))
        .map(|policy| Ok((predefined::arn(policy), None)));
    let mut all = own.chain(given).collect::<Result<Vec<_>>>()?;
    all.sort_by(|a, b| a.0.cmp(&b.0));
    let mut xml = request.result();
    page.write(
        &mut xml,
        "Policies",
        all.into_iter().map(Ok),
        |(arn, _)| arn.clone(),
        |xml, (arn, policy)| {
            xml.open("member");
            match (policy, predefined::find(arn)) {
                (Some(policy), _) => write_one(xml, request.account(), policy),
                (None, Some(policy)) => predefined::write(xml, policy),
                (None, None) => {}
            }
            xml.close("member");
        },
    )?;
    Ok(Reply::of(xml))
}

/// DeletePolicy
pub(crate) fn delete(request: &Request) -> Result<Reply> {
    let row = own(request)?;
    let policy = &row.record;
    if policy.attachments > 0 || policy.boundaries > 0 {
        return Err(
            S3Error::new(ErrorCode::DeleteConflict).message("Cannot delete a policy attached to entities.")
        );
    }
    if policy.versions.len() > 1 {
        return Err(S3Error::new(ErrorCode::DeleteConflict).message(
            "This policy has more than one version. Before you delete a policy, you must delete the policy's \
             versions. The default version is deleted with the policy.",
        ));
    }
    let mut changes = Changes::default();
    changes.require(tables::POLICIES, &row);
    for (number, _) in &policy.versions {
        changes.delete(tables::POLICY_VERSIONS, tables::version_key(&policy.id, *number));
    }
    changes.delete(tables::POLICIES, row.key.clone());
    Ok(Reply::done(changes))
}

/// ListEntitiesForPolicy
pub(crate) fn list_entities(request: &Request) -> Result<Reply> {
    let arn = arn(request, "PolicyArn")?;
    if predefined::find(arn).is_none() {
        find(request, arn)?;
    }
    let prefix = request.form.path_prefix()?;
    let as_boundary = request.form.get("PolicyUsageFilter") == Some("PermissionsBoundary");
    let uses = |entity: &Entity| match as_boundary {
        true => entity.boundary.as_deref() == Some(arn),
        false => entity.attached.iter().any(|own| own == arn),
    };
    let mut xml = request.result();
    for kind in [Kind::Group, Kind::User, Kind::Role] {
        xml.open(&format!("Policy{}s", kind.word()));
        let filter = request.form.get("EntityFilter");
        if filter.is_none_or(|filter| filter == kind.word()) {
            for row in rows::entities(request.account(), kind, "") {
                let entity = row?.record;
                if uses(&entity) && entity.path.starts_with(prefix) {
                    xml.open("member");
                    xml.text(kind.parameter(), &entity.name);
                    xml.text(&format!("{}Id", kind.word()), &entity.id);
                    xml.close("member");
                }
            }
        }
        xml.close(&format!("Policy{}s", kind.word()));
    }
    xml.boolean("IsTruncated", false);
    Ok(Reply::of(xml))
}

/// TagPolicy
pub(crate) fn tag(request: &Request) -> Result<Reply> {
    let mut row = own(request)?;
    tags::merge(&mut row.record.tags, request.form.tags()?)?;
    let mut changes = Changes::default();
    changes.replace(tables::POLICIES, &row)?;
    Ok(Reply::done(changes))
}

/// UntagPolicy
pub(crate) fn untag(request: &Request) -> Result<Reply> {
    let mut row = own(request)?;
    tags::remove(&mut row.record.tags, request);
    let mut changes = Changes::default();
    changes.replace(tables::POLICIES, &row)?;
    Ok(Reply::done(changes))
}

/// ListPolicyTags
pub(crate) fn list_tags(request: &Request) -> Result<Reply> {
    tags::write(request, own(request)?.record.tags)
}

/// What replies show of a policy, except for its tags.
pub(crate) fn write_one(xml: &mut XmlWriter, account: &str, policy: &ManagedPolicy) {
    xml.text("PolicyName", &policy.name);
    xml.text("PolicyId", &policy.id);
    xml.text("Arn", &names::policy_arn(account, policy));
    xml.text("Path", &policy.path);
    xml.text("DefaultVersionId", &format!("v{}", policy.default_version));
    xml.number("AttachmentCount", policy.attachments.into());
    xml.number("PermissionsBoundaryUsageCount", policy.boundaries.into());
    xml.boolean("IsAttachable", true);
    xml.text("CreateDate", &names::date(policy.created_ms));
    xml.text("UpdateDate", &names::date(policy.updated_ms));
}
