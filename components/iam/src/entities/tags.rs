//! Tags of users and roles, and what all tags have in common:
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_TagUser.html>

use gateway::errors::Result;

use crate::entities;
use crate::form::{TAGS_MAX, too_many_tags};
use crate::pages::Page;
use crate::records::{Kind, Tags};
use crate::reply::{Changes, Reply};
use crate::request::Request;

/// Adds tags, or gives those that are there new values. Keys are the same without regard to case.
pub(crate) fn merge(tags: &mut Tags, new: Tags) -> Result<()> {
    for (key, value) in new {
        match tags.iter_mut().find(|(own, _)| own.eq_ignore_ascii_case(&key)) {
            Some(own) => *own = (key, value),
            None => tags.push((key, value)),
        }
    }
    if tags.len() > TAGS_MAX { Err(too_many_tags()) } else { Ok(()) }
}

/// Takes the tags away that `TagKeys` names.
pub(crate) fn remove(tags: &mut Tags, request: &Request) {
    let keys = request.form.members("TagKeys", "");
    tags.retain(|(own, _)| !keys.iter().any(|key| key.eq_ignore_ascii_case(own)));
}

/// TagUser, TagRole
pub(crate) fn tag(request: &Request, kind: Kind) -> Result<Reply> {
    let mut row = request.entity(kind)?;
    merge(&mut row.record.tags, request.form.tags()?)?;
    let mut changes = Changes::default();
    entities::put(&mut changes, &row)?;
    Ok(Reply::done(changes))
}

/// UntagUser, UntagRole
pub(crate) fn untag(request: &Request, kind: Kind) -> Result<Reply> {
    let mut row = request.entity(kind)?;
    remove(&mut row.record.tags, request);
    let mut changes = Changes::default();
    entities::put(&mut changes, &row)?;
    Ok(Reply::done(changes))
}

/// ListUserTags, ListRoleTags
pub(crate) fn list(request: &Request, kind: Kind) -> Result<Reply> {
    write(request, request.entity(kind)?.record.tags)
}

/// A page of tags, in the order of their keys.
pub(crate) fn write(request: &Request, mut tags: Tags) -> Result<Reply> {
    let page = Page::of(&request.form)?;
    tags.sort();
    let mut xml = request.result();
    page.write(
        &mut xml,
        "Tags",
        tags.into_iter().map(Ok),
        |(key, _)| key.clone(),
        |xml, (key, value)| {
            xml.open("member");
            xml.text("Key", key);
            xml.text("Value", value);
            xml.close("member");
        },
    )?;
    Ok(Reply::of(xml))
}
