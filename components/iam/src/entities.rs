//! What users, groups and roles have in common: being made, shown, listed, renamed, deleted.
//!
//! | module | what |
//! | --- | --- |
//! | [`users`], [`groups`], [`roles`] | what is theirs alone |
//! | [`access_keys`] | the access keys of users |
//! | [`holder`] | who has access keys and devices: a user, or the root user |
//! | [`tags`] | tags, also those of policies and devices |

pub(crate) mod access_keys;
pub(crate) mod groups;
pub(crate) mod holder;
pub(crate) mod roles;
pub(crate) mod tags;
pub(crate) mod users;

use gateway::errors::{ErrorCode, Result, S3Error};
use gateway::policy::{self, MalformedPolicy, Policy};
use gateway::xml::XmlWriter;

use crate::form::invalid;
use crate::names;
use crate::pages::Page;
use crate::policies::predefined;
use crate::records::{Entity, Kind, Row, Tags};
use crate::reply::{Changes, Reply};
use crate::request::Request;
use crate::{rows, tables};

/// A new user, group or role from the parameters that all have. `EntityAlreadyExists`
pub(crate) fn new(request: &Request, kind: Kind) -> Result<Row<Entity>> {
    let name = request.form.name(kind.parameter(), kind.name_length_max())?;
    let path = request.form.path("Path")?;
    if rows::find(request.account(), kind, name)?.is_some() {
        return Err(exists(kind, name));
    }
    let record = Entity {
        id: kind.new_id(),
        tags: request.form.tags()?,
        ..rows::new_entity(kind, name.to_owned(), path.to_owned(), request.now_ms)
    };
    Ok(Row { key: tables::entity_key(request.account(), kind, name), record, revision: 0 })
}

fn exists(kind: Kind, name: &str) -> S3Error {
    S3Error::new(ErrorCode::EntityAlreadyExists)
        .message(format!("{} with name {name} already exists.", kind.word()))
}

/// The boundary that a new user or role is given.
pub(crate) fn with_boundary(request: &Request, row: &mut Row<Entity>, changes: &mut Changes) -> Result<()> {
    if let Some(arn) = request.form.get("PermissionsBoundary") {
        count_boundary(request, arn, 1, changes)?;
        row.record.boundary = Some(arn.to_owned());
    }
    Ok(())
}

/// Writes a row that was read or made. A new one gets its row in [`tables::IDS`] as well.
pub(crate) fn put(changes: &mut Changes, row: &Row<Entity>) -> Result<()> {
    changes.replace(tables::ENTITIES, row)?;
    if row.revision == 0 {
        changes.put_bytes(tables::IDS, row.record.id.clone().into_bytes(), row.key.clone());
    }
    Ok(())
}

/// Counts a managed policy as the boundary of one more, or one less. `NoSuchEntity`
fn count_boundary(request: &Request, arn: &str, by: i64, changes: &mut Changes) -> Result<()> {
    // Predefined policies have no row, and are not counted.
    if predefined::find(arn).is_some() {
        return Ok(());
    }
    let (account, mut policy) =
        rows::find_policy(arn)?
            .filter(|(account, _)| account == request.account())
            .ok_or_else(|| rows::no_such(format!("Scope ARN: {arn} does not exist or is not attachable.")))?;
    debug_assert_eq!(account, request.account());
    policy.record.boundaries = u32::try_from(i64::from(policy.record.boundaries) + by).unwrap_or_default();
    changes.replace(tables::POLICIES, &policy)
}

/// PutUserPermissionsBoundary, PutRolePermissionsBoundary
pub(crate) fn put_boundary(request: &Request, kind: Kind) -> Result<Reply> {
    let mut row = request.entity(kind)?;
    let arn = request.form.required("PermissionsBoundary")?;
    let mut changes = Changes::default();
    if row.record.boundary.as_deref() != Some(arn) {
        count_boundary(request, arn, 1, &mut changes)?;
        if let Some(former) = row.record.boundary.replace(arn.to_owned()) {
            count_boundary(request, &former, -1, &mut changes)?;
        }
        put(&mut changes, &row)?;
    }
    Ok(Reply::done(changes))
}

/// DeleteUserPermissionsBoundary, DeleteRolePermissionsBoundary
pub(crate) fn delete_boundary(request: &Request, kind: Kind) -> Result<Reply> {
    let mut row = request.entity(kind)?;
    let mut changes = Changes::default();
    let former = row.record.boundary.take().ok_or_else(|| {
        rows::no_such(format!("The {} {} has no permissions boundary.", kind.lower(), row.record.name))
    })?;
    count_boundary(request, &former, -1, &mut changes)?;
    put(&mut changes, &row)?;
    Ok(Reply::done(changes))
}

/// Deletes a user, a group or a role that has nothing left. `DeleteConflict`
pub(crate) fn delete(row: &Row<Entity>, request: &Request) -> Result<Reply> {
    let entity = &row.record;
    if entity.is_configured {
        return Err(S3Error::new(ErrorCode::UnmodifiableEntity)
            .message("The user is part of the server's configuration and ends with it."));
    }
    if !entity.attached.is_empty() {
        return Err(conflict("must detach all policies first."));
    }
    if !entity.inline.is_empty() {
        return Err(conflict("must delete policies first."));
    }
    let mut changes = Changes::default();
    if let Some(arn) = &entity.boundary {
        count_boundary(request, arn, -1, &mut changes)?;
    }
    // Every call that gives the entity something writes its row, so this fails if one came
    // meanwhile.
    changes.require(tables::ENTITIES, row);
    changes.delete(tables::ENTITIES, row.key.clone());
    changes.delete(tables::IDS, entity.id.clone().into_bytes());
    Ok(Reply::done(changes))
}

/// `DeleteConflict`
pub(crate) fn conflict(what: &str) -> S3Error {
    S3Error::new(ErrorCode::DeleteConflict).message(format!("Cannot delete entity, {what}"))
}

/// Gives a user or a group another name and path: UpdateUser, UpdateGroup.
pub(crate) fn rename(request: &Request, kind: Kind) -> Result<Reply> {
    let row = request.entity(kind)?;
    if row.record.is_configured {
        return Err(S3Error::new(ErrorCode::UnmodifiableEntity)
            .message("The user is part of the server's configuration, which names it."));
    }
    let parameter = format!("New{}", kind.parameter());
    let name = request.form.optional_name(&parameter, kind.name_length_max())?;
    let path = request.form.get("NewPath").map(|_| request.form.path("NewPath")).transpose()?;
    let mut moved = row.clone();
    if let Some(name) = name {
        moved.key = tables::entity_key(request.account(), kind, name);
        moved.record.name = name.to_owned();
    }
    if let Some(path) = path {
        moved.record.path = path.to_owned();
    }
    let mut changes = Changes::default();
    changes.require(tables::ENTITIES, &row);
    // The key of a row holds the name: with another name it is another row.
    if moved.key != row.key {
        if rows::find(request.account(), kind, &moved.record.name)?.is_some() {
            return Err(exists(kind, &moved.record.name));
        }
        changes.require_absent(tables::ENTITIES, &moved.key);
        changes.delete(tables::ENTITIES, row.key);
        changes.put_bytes(tables::IDS, moved.record.id.clone().into_bytes(), moved.key.clone());
    }
    changes.put(tables::ENTITIES, moved.key, &moved.record)?;
    Ok(Reply::done(changes))
}

/// ListUsers, ListGroups, ListRoles
pub(crate) fn list(
    request: &Request,
    kind: Kind,
    write: impl Fn(&mut XmlWriter, &str, &Entity),
) -> Result<Reply> {
    let page = Page::of(&request.form)?;
    let prefix = request.form.path_prefix()?;
    let mut xml = request.result();
    let rows = rows::entities(request.account(), kind, page.after)
        .filter(|row| row.as_ref().is_ok_and(|row| row.record.path.starts_with(prefix)) || row.is_err());
    write_page(request, &page, &mut xml, &format!("{}s", kind.word()), rows, write)?;
    Ok(Reply::of(xml))
}

/// Writes a page of a list, in the order of the names.
pub(crate) fn write_page(
    request: &Request,
    page: &Page<'_>,
    xml: &mut XmlWriter,
    list: &str,
    rows: impl Iterator<Item = Result<Row<Entity>>>,
    write: impl Fn(&mut XmlWriter, &str, &Entity),
) -> Result<()> {
    let key = |row: &Row<Entity>| row.record.name.to_ascii_lowercase();
    page.write(xml, list, rows, key, |xml, row| {
        xml.open("member");
        write(xml, request.account(), &row.record);
        xml.close("member");
    })
}

/// What is printed of every kind: path, name, id, ARN, date.
pub(crate) fn write_head(xml: &mut XmlWriter, account: &str, entity: &Entity) {
    let word = entity.kind.word();
    xml.text("Path", &entity.path);
    xml.text(entity.kind.parameter(), &entity.name);
    xml.text(&format!("{word}Id"), &entity.id);
    xml.text("Arn", &names::entity_arn(account, entity));
    xml.text("CreateDate", &names::date(entity.created_ms));
}

/// The boundary, where there is one.
pub(crate) fn write_boundary(xml: &mut XmlWriter, entity: &Entity) {
    if let Some(arn) = &entity.boundary {
        xml.open("PermissionsBoundary");
        xml.text("PermissionsBoundaryType", "Policy");
        xml.text("PermissionsBoundaryArn", arn);
        xml.close("PermissionsBoundary");
    }
}

/// The tags, where there are any.
pub(crate) fn write_tags(xml: &mut XmlWriter, tags: &Tags) {
    if tags.is_empty() {
        return;
    }
    xml.open("Tags");
    for (key, value) in tags {
        xml.open("member");
        xml.text("Key", key);
        xml.text("Value", value);
        xml.close("member");
    }
    xml.close("Tags");
}

/// A policy document that a parameter holds. `MalformedPolicyDocument`
pub(crate) fn document<'a>(request: &'a Request, parameter: &str, kind: policy::Kind<'_>) -> Result<&'a str> {
    let text = request.form.required(parameter)?;
    if text.len() > policy::DOCUMENT_LENGTH_MAX {
        return Err(invalid(format!(
            "1 validation error detected: Value at '{parameter}' failed to satisfy constraint: Member must have length \
             less than or equal to {}",
            policy::DOCUMENT_LENGTH_MAX
        )));
    }
    Policy::parse(kind, text).map_err(malformed)?;
    Ok(text)
}

/// `MalformedPolicyDocument`
pub(crate) fn malformed(error: MalformedPolicy) -> S3Error {
    S3Error::new(ErrorCode::MalformedPolicyDocument).message(error.to_string())
}

/// Bytes of a document, white space left out.
pub(crate) fn size(text: &str) -> usize {
    text.bytes().filter(|byte| !byte.is_ascii_whitespace()).count()
}
