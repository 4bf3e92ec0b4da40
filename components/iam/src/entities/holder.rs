//! Whose keys and devices an operation is about: a user, or the root user of the account.

use gateway::errors::Result;
use gateway::xml::XmlWriter;

use crate::records::{Entity, Kind, Row};
use crate::reply::Changes;
use crate::request::Request;
use crate::{entities, names, rows};

/// Who has keys and devices.
pub(crate) enum Holder {
    /// The root user of the principal's account.
    Root,
    /// A user of it.
    User(Box<Row<Entity>>),
}

impl Holder {
    /// The user that `UserName` names, or the principal. `NoSuchEntity`
    pub(crate) fn of(request: &Request) -> Result<Holder> {
        Ok(match request.own_name()? {
            None => Holder::Root,
            Some(name) => Holder::User(Box::new(rows::entity(request.account(), Kind::User, name)?)),
        })
    }

    /// The one with a unique id, in the principal's account; `None` when it is gone.
    pub(crate) fn by_id(request: &Request, unique_id: &str) -> Result<Option<Holder>> {
        if unique_id == request.account() {
            return Ok(Some(Holder::Root));
        }
        Ok(rows::by_id(unique_id)?.map(|(_, row)| Holder::User(Box::new(row))))
    }

    /// Its unique id; the account for the root user.
    pub(crate) fn unique_id<'a>(&'a self, request: &'a Request) -> &'a str {
        match self {
            Holder::Root => request.account(),
            Holder::User(row) => &row.record.id,
        }
    }

    /// The name that replies show.
    pub(crate) fn name(&self) -> &str {
        match self {
            Holder::Root => "root",
            Holder::User(row) => &row.record.name,
        }
    }

    /// Writes the user's row again, unchanged. Of two calls at once that give the user something,
    /// or delete it, the second conflicts, runs again, and sees what the first did. The root user
    /// has no row, and is never deleted.
    pub(crate) fn touch(&self, changes: &mut Changes) -> Result<()> {
        match self {
            Holder::Root => Ok(()),
            Holder::User(row) => entities::put(changes, row),
        }
    }

    /// Writes what replies show of it where they show more than the name.
    pub(crate) fn write(&self, request: &Request, xml: &mut XmlWriter) {
        match self {
            Holder::Root => {
                // The root user has neither a path nor a name.
                xml.text("UserId", request.account());
                xml.text("Arn", &format!("arn:aws:iam::{}:root", request.account()));
                xml.text("CreateDate", &names::date(0));
            }
            Holder::User(row) => entities::write_head(xml, request.account(), &row.record),
        }
    }
}
