//! Access keys: <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateAccessKey.html>

use gateway::errors::{ErrorCode, Result, S3Error};

use crate::entities::holder::Holder;
use crate::form::invalid;
use crate::index;
use crate::names;
use crate::pages::Page;
use crate::records::{AccessKey, Row};
use crate::reply::{Changes, Reply};
use crate::request::Request;
use crate::{rows, tables};

/// Access keys that a user can have.
const KEYS_MAX: usize = 2;

/// One of the holder's keys. `NoSuchEntity`
fn key(holder: &Holder, request: &Request) -> Result<(String, Row<AccessKey>)> {
    let id = request.form.required("AccessKeyId")?;
    let row = rows::access_key(id)?.filter(|row| {
        row.record.account == request.account() && row.record.holder == holder.unique_id(request)
    });
    let row = row.ok_or_else(|| rows::no_such(format!("The Access Key with id {id} cannot be found.")))?;
    Ok((id.to_owned(), row))
}

/// CreateAccessKey. The secret is in the reply, and is never shown again.
pub(crate) fn create(request: &Request) -> Result<Reply> {
    let holder = Holder::of(request)?;
    let unique_id = holder.unique_id(request).to_owned();
    if rows::access_keys_of(&unique_id)?.len() >= KEYS_MAX {
        return Err(S3Error::new(ErrorCode::LimitExceeded)
            .message(format!("Cannot exceed quota for AccessKeysPerUser: {KEYS_MAX}")));
    }
    let made = index::generate(request.account(), &unique_id);
    let record = AccessKey {
        account: request.account().to_owned(),
        holder: unique_id.clone(),
        is_active: true,
        created_ms: request.now_ms,
        sealed: made.sealed,
    };
    let mut changes = Changes::default();
    let key = made.access_key_id.clone().into_bytes();
    changes.replace(tables::KEYS, &Row { key, record, revision: 0 })?;
    changes.put_bytes(tables::KEYS_OF, tables::part_key(&unique_id, &made.access_key_id), Vec::new());
    // Of two calls at once, the second sees the key of the first.
    holder.touch(&mut changes)?;
    let mut xml = request.result();
    xml.open("AccessKey");
    xml.text("UserName", holder.name());
    xml.text("AccessKeyId", &made.access_key_id);
    xml.text("Status", "Active");
    xml.text("SecretAccessKey", &made.secret);
    xml.text("CreateDate", &names::date(request.now_ms));
    xml.close("AccessKey");
    Ok(Reply::with(xml, changes))
}

/// ListAccessKeys
pub(crate) fn list(request: &Request) -> Result<Reply> {
    let holder = Holder::of(request)?;
    let page = Page::of(&request.form)?;
    let keys = rows::access_keys_of(holder.unique_id(request))?;
    let mut xml = request.result();
    page.write(
        &mut xml,
        "AccessKeyMetadata",
        keys.into_iter().map(Ok),
        |(id, _)| id.clone(),
        |xml, (id, row)| {
            xml.open("member");
            xml.text("UserName", holder.name());
            xml.text("AccessKeyId", id);
            xml.text("Status", if row.record.is_active { "Active" } else { "Inactive" });
            xml.text("CreateDate", &names::date(row.record.created_ms));
            xml.close("member");
        },
    )?;
    Ok(Reply::of(xml))
}

/// UpdateAccessKey
pub(crate) fn update(request: &Request) -> Result<Reply> {
    let is_active = match request.form.required("Status")? {
        "Active" => true,
        "Inactive" => false,
        other => {
            return Err(invalid(format!(
                "1 validation error detected: Value '{other}' at 'status' failed to satisfy constraint: Member must \
                 satisfy enum value set: [Active, Inactive]"
            )));
        }
    };
    let (_, mut row) = key(&Holder::of(request)?, request)?;
    row.record.is_active = is_active;
    let mut changes = Changes::default();
    changes.replace(tables::KEYS, &row)?;
    Ok(Reply::done(changes))
}

/// DeleteAccessKey
pub(crate) fn delete(request: &Request) -> Result<Reply> {
    let holder = Holder::of(request)?;
    let (id, row) = key(&holder, request)?;
    let mut changes = Changes::default();
    changes.require(tables::KEYS, &row);
    changes.delete(tables::KEYS, row.key);
    changes.delete(tables::KEYS_OF, tables::part_key(holder.unique_id(request), &id));
    Ok(Reply::done(changes))
}

/// GetAccessKeyLastUsed
pub(crate) fn last_used(request: &Request) -> Result<Reply> {
    let id = request.form.required("AccessKeyId")?;
    let row = rows::access_key(id)?.filter(|row| row.record.account == request.account());
    let row = row.ok_or_else(|| rows::no_such(format!("The Access Key with id {id} cannot be found.")))?;
    let mut xml = request.result();
    match rows::by_id(&row.record.holder)? {
        Some((_, user)) => xml.text("UserName", &user.record.name),
        None => xml.text("UserName", "root"),
    }
    xml.open("AccessKeyLastUsed");
    match index::last_use(id) {
        Some(last) => {
            xml.text("LastUsedDate", &names::date(last.at_ms));
            xml.text("ServiceName", &last.service);
            xml.text("Region", &last.region);
        }
        None => {
            xml.text("ServiceName", "N/A");
            xml.text("Region", "N/A");
        }
    }
    xml.close("AccessKeyLastUsed");
    Ok(Reply::of(xml))
}
