//! Inline policies of users, groups and roles:
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutUserPolicy.html>

use gateway::errors::{ErrorCode, Result, S3Error};
use gateway::policy;
use gateway::request::url_encoding;

use crate::entities;
use crate::pages::Page;
use crate::records::{Entity, InlinePolicy, Kind};
use crate::reply::{Changes, Reply};
use crate::request::Request;
use crate::{rows, tables};

/// PutUserPolicy, PutGroupPolicy, PutRolePolicy
pub(crate) fn put(request: &Request, kind: Kind) -> Result<Reply> {
    let name = request.form.name("PolicyName", 128)?;
    request.name_of(kind)?;
    let text = entities::document(request, "PolicyDocument", policy::Kind::Identity)?;
    let mut row = request.entity(kind)?;
    let mut bytes = entities::size(text);
    // A policy that is replaced does not count.
    for other in row.record.inline.iter().filter(|other| *other != name) {
        bytes += rows::inline(&row.record.id, other)?.map_or(0, |row| entities::size(&row.record.text));
    }
    let bytes_max = kind.inline_bytes_max();
    if bytes > bytes_max {
        return Err(S3Error::new(ErrorCode::LimitExceeded).message(format!(
            "Maximum policy size of {bytes_max} bytes exceeded for {} {}",
            kind.lower(),
            row.record.name
        )));
    }
    if let Err(at) = row.record.inline.binary_search_by(|own| own.as_str().cmp(name)) {
        row.record.inline.insert(at, name.to_owned());
    }
    let mut changes = Changes::default();
    let policy = InlinePolicy { text: text.to_owned() };
    changes.put(tables::INLINE, tables::part_key(&row.record.id, name), &policy)?;
    entities::put(&mut changes, &row)?;
    Ok(Reply::done(changes))
}

/// GetUserPolicy, GetGroupPolicy, GetRolePolicy
pub(crate) fn get(request: &Request, kind: Kind) -> Result<Reply> {
    let name = request.form.name("PolicyName", 128)?;
    let entity = request.entity(kind)?.record;
    let policy = rows::inline(&entity.id, name)?.ok_or_else(|| no_such(&entity, name))?;
    let mut xml = request.result();
    xml.text(kind.parameter(), &entity.name);
    xml.text("PolicyName", name);
    xml.text("PolicyDocument", &url_encoding::encoded(&policy.record.text));
    Ok(Reply::of(xml))
}

/// DeleteUserPolicy, DeleteGroupPolicy, DeleteRolePolicy
pub(crate) fn delete(request: &Request, kind: Kind) -> Result<Reply> {
    let name = request.form.name("PolicyName", 128)?;
    let mut row = request.entity(kind)?;
    if !row.record.inline.iter().any(|own| own == name) {
        return Err(no_such(&row.record, name));
    }
    row.record.inline.retain(|own| own != name);
    let mut changes = Changes::default();
    changes.delete(tables::INLINE, tables::part_key(&row.record.id, name));
    entities::put(&mut changes, &row)?;
    Ok(Reply::done(changes))
}

/// ListUserPolicies, ListGroupPolicies, ListRolePolicies
pub(crate) fn list(request: &Request, kind: Kind) -> Result<Reply> {
    let page = Page::of(&request.form)?;
    let entity = request.entity(kind)?.record;
    let mut xml = request.result();
    page.write(&mut xml, "PolicyNames", entity.inline.into_iter().map(Ok), Clone::clone, |xml, name| {
        xml.text("member", name)
    })?;
    Ok(Reply::of(xml))
}

fn no_such(entity: &Entity, name: &str) -> S3Error {
    rows::no_such(format!("The {} policy with name {name} cannot be found.", entity.kind.lower()))
}
