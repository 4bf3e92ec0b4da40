//! Users: <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateUser.html>

use gateway::errors::Result;
use gateway::xml::XmlWriter;

use crate::entities;
use crate::entities::holder::Holder;
use crate::records::{Entity, Kind};
use crate::reply::{Changes, Reply};
use crate::request::Request;
use crate::rows;

/// CreateUser
pub(crate) fn create(request: &Request) -> Result<Reply> {
    let mut changes = Changes::default();
    let mut row = entities::new(request, Kind::User)?;
    entities::with_boundary(request, &mut row, &mut changes)?;
    entities::put(&mut changes, &row)?;
    let mut xml = request.result();
    xml.open("User");
    write_one(&mut xml, request.account(), &row.record);
    xml.close("User");
    Ok(Reply::with(xml, changes))
}

/// GetUser: the user that is named, or the principal.
pub(crate) fn get(request: &Request) -> Result<Reply> {
    let mut xml = request.result();
    xml.open("User");
    match Holder::of(request)? {
        Holder::User(row) => write_one(&mut xml, request.account(), &row.record),
        root @ Holder::Root => root.write(request, &mut xml),
    }
    xml.close("User");
    Ok(Reply::of(xml))
}

/// ListUsers
pub(crate) fn list(request: &Request) -> Result<Reply> {
    entities::list(request, Kind::User, entities::write_head)
}

/// DeleteUser
pub(crate) fn delete(request: &Request) -> Result<Reply> {
    let row = request.entity(Kind::User)?;
    if !row.record.groups.is_empty() {
        return Err(entities::conflict("must remove users from group first."));
    }
    if !rows::access_keys_of(&row.record.id)?.is_empty() {
        return Err(entities::conflict("must delete access keys first."));
    }
    if !rows::mfa_devices_of(&row.record.id)?.is_empty() {
        return Err(entities::conflict("must delete MFA device first."));
    }
    entities::delete(&row, request)
}

pub(crate) fn write_one(xml: &mut XmlWriter, account: &str, entity: &Entity) {
    entities::write_head(xml, account, entity);
    entities::write_boundary(xml, entity);
    entities::write_tags(xml, &entity.tags);
}
