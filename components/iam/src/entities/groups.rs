//! Groups of users: <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateGroup.html>

use gateway::errors::{ErrorCode, Result, S3Error};

use crate::entities;
use crate::pages::Page;
use crate::records::{Kind, Row};
use crate::reply::{Changes, Reply};
use crate::request::Request;
use crate::rows;
use crate::tables;

/// Groups that a user can be in.
const GROUPS_MAX: usize = 10;

/// CreateGroup
pub(crate) fn create(request: &Request) -> Result<Reply> {
    let mut changes = Changes::default();
    let row = entities::new(request, Kind::Group)?;
    entities::put(&mut changes, &row)?;
    let mut xml = request.result();
    xml.open("Group");
    entities::write_head(&mut xml, request.account(), &row.record);
    xml.close("Group");
    Ok(Reply::with(xml, changes))
}

/// GetGroup: the group, and a page of its users.
pub(crate) fn get(request: &Request) -> Result<Reply> {
    let group = request.entity(Kind::Group)?.record;
    let page = Page::of(&request.form)?;
    let mut xml = request.result();
    xml.open("Group");
    entities::write_head(&mut xml, request.account(), &group);
    xml.close("Group");
    let users = rows::entities(request.account(), Kind::User, page.after)
        .filter(|row| row.as_ref().map_or(true, |row| row.record.groups.contains(&group.id)));
    entities::write_page(request, &page, &mut xml, "Users", users, entities::write_head)?;
    Ok(Reply::of(xml))
}

/// ListGroups
pub(crate) fn list(request: &Request) -> Result<Reply> {
    entities::list(request, Kind::Group, entities::write_head)
}

/// DeleteGroup
pub(crate) fn delete(request: &Request) -> Result<Reply> {
    let row = request.entity(Kind::Group)?;
    for user in rows::entities(request.account(), Kind::User, "") {
        if user?.record.groups.contains(&row.record.id) {
            return Err(entities::conflict("must remove users from group first."));
        }
    }
    entities::delete(&row, request)
}

/// AddUserToGroup
pub(crate) fn add_user(request: &Request) -> Result<Reply> {
    let (group, mut user) = (request.entity(Kind::Group)?, request.entity(Kind::User)?);
    let mut changes = Changes::default();
    if !user.record.groups.contains(&group.record.id) {
        if user.record.groups.len() >= GROUPS_MAX {
            return Err(S3Error::new(ErrorCode::LimitExceeded)
                .message(format!("Cannot exceed quota for GroupsPerUser: {GROUPS_MAX}")));
        }
        user.record.groups.push(group.record.id.clone());
        // The group's row is written again, unchanged. A call that deletes the group now has seen
        // no user in it, and conflicts.
        changes.replace(tables::ENTITIES, &group)?;
        entities::put(&mut changes, &user)?;
    }
    Ok(Reply::done(changes))
}

/// RemoveUserFromGroup
pub(crate) fn remove_user(request: &Request) -> Result<Reply> {
    let (group, mut user) = (request.entity(Kind::Group)?, request.entity(Kind::User)?);
    let mut changes = Changes::default();
    let before = user.record.groups.len();
    user.record.groups.retain(|id| *id != group.record.id);
    if user.record.groups.len() == before {
        let message = format!("User {} is not in the group {}.", user.record.name, group.record.name);
        return Err(rows::no_such(message));
    }
    entities::put(&mut changes, &user)?;
    Ok(Reply::done(changes))
}

/// ListGroupsForUser
pub(crate) fn list_for_user(request: &Request) -> Result<Reply> {
    let user = request.entity(Kind::User)?.record;
    let mut groups: Vec<Row<_>> = Vec::new();
    for id in &user.groups {
        groups.extend(rows::by_id(id)?.map(|(_, row)| row));
    }
    groups.sort_by(|a, b| a.key.cmp(&b.key));
    let page = Page::of(&request.form)?;
    let mut xml = request.result();
    let groups = groups.into_iter().map(Ok);
    entities::write_page(request, &page, &mut xml, "Groups", groups, entities::write_head)?;
    Ok(Reply::of(xml))
}
