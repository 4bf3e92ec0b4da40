//! Reads rows, decoded.

use gateway::errors::{ErrorCode, Result, S3Error};
use serde::de::DeserializeOwned;

use crate::index::{self, RawRow};
use crate::names;
use crate::records::{
    self, AccessKey, Entity, InlinePolicy, Kind, ManagedPolicy, MfaDevice, OidcProvider, PolicyVersion, Row,
};
use crate::tables;

/// Rows that one page of a scan holds.
const PAGE_ROWS: u32 = 500;

fn decode<T: DeserializeOwned>(raw: RawRow) -> Result<Row<T>> {
    Ok(Row { record: records::decode(&raw.value)?, key: raw.key, revision: raw.revision })
}

fn get<T: DeserializeOwned>(table: &str, key: &[u8]) -> Result<Option<Row<T>>> {
    index::get(table, key).map(decode).transpose()
}

/// A user, a group or a role by its name, in any case. A user of the configuration is one as well,
/// with a row of its own from the first policy on.
pub(crate) fn find(account: &str, kind: Kind, name: &str) -> Result<Option<Row<Entity>>> {
    let key = tables::entity_key(account, kind, name);
    if let Some(row) = get(tables::ENTITIES, &key)? {
        return Ok(Some(row));
    }
    if kind != Kind::User {
        return Ok(None);
    }
    Ok(index::configured_user(account, name).map(|(id, name)| {
        let record = Entity { id, is_configured: true, ..new_entity(kind, name, "/".to_owned(), 0) };
        Row { key, record, revision: 0 }
    }))
}

/// A user, a group or a role without anything.
pub(crate) fn new_entity(kind: Kind, name: String, path: String, created_ms: u64) -> Entity {
    Entity {
        kind,
        id: String::new(),
        name,
        path,
        created_ms,
        tags: Vec::new(),
        attached: Vec::new(),
        inline: Vec::new(),
        boundary: None,
        groups: Vec::new(),
        trust: None,
        description: None,
        session_seconds_max: 3600,
        is_configured: false,
    }
}

/// A user, a group or a role by its name, in any case. `NoSuchEntity` when there is none.
pub(crate) fn entity(account: &str, kind: Kind, name: &str) -> Result<Row<Entity>> {
    find(account, kind, name)?
        .ok_or_else(|| no_such(format!("The {} with name {name} cannot be found.", kind.lower())))
}

/// A user, a group or a role by its unique id, with its account.
pub(crate) fn by_id(id: &str) -> Result<Option<(String, Row<Entity>)>> {
    let Some(raw) = index::get(tables::IDS, id.as_bytes()) else { return Ok(None) };
    let account = raw.value.get(..12).unwrap_or_default();
    let row = get(tables::ENTITIES, &raw.value)?;
    Ok(row.map(|row| (String::from_utf8_lossy(account).into_owned(), row)))
}

/// All of a kind in an account whose folded names come after `after`, in their order.
pub(crate) fn entities(
    account: &str,
    kind: Kind,
    after: &str,
) -> impl Iterator<Item = Result<Row<Entity>>> + use<> {
    all(tables::ENTITIES, tables::entities_prefix(account, kind), after)
}

/// All managed policies of an account, in the order of their folded names.
pub(crate) fn policies(
    account: &str,
    after: &str,
) -> impl Iterator<Item = Result<Row<ManagedPolicy>>> + use<> {
    all(tables::POLICIES, account.as_bytes().to_vec(), after)
}

/// A provider of web identities.
pub(crate) fn oidc(account: &str, name: &str) -> Result<Option<Row<OidcProvider>>> {
    get(tables::OIDC, &tables::oidc_key(account, name))
}

/// All providers of an account.
pub(crate) fn oidc_providers(account: &str) -> impl Iterator<Item = Result<Row<OidcProvider>>> + use<> {
    all(tables::OIDC, account.as_bytes().to_vec(), "")
}

/// The rows whose keys start with a prefix, page by page.
fn all<T: DeserializeOwned>(
    table: &'static str,
    prefix: Vec<u8>,
    after: &str,
) -> impl Iterator<Item = Result<Row<T>>> + use<T> {
    let end = tables::after_prefix(&prefix);
    // The first key behind `after` is `after` with a zero byte at its end.
    let mut start = [&prefix, after.as_bytes()].concat();
    if !after.is_empty() {
        start.push(0);
    }
    let mut page = Vec::new().into_iter();
    std::iter::from_fn(move || {
        if page.len() == 0 {
            page = index::scan(table, &start, &end, PAGE_ROWS).into_iter();
        }
        let raw = page.next()?;
        start.clone_from(&raw.key);
        start.push(0);
        Some(decode(raw))
    })
}

/// An inline policy.
pub(crate) fn inline(unique_id: &str, name: &str) -> Result<Option<Row<InlinePolicy>>> {
    get(tables::INLINE, &tables::part_key(unique_id, name))
}

/// A managed policy of an account, by its ARN. `None` where the path is another.
pub(crate) fn find_policy(arn: &str) -> Result<Option<(String, Row<ManagedPolicy>)>> {
    let Some((account, path, name)) = names::split_arn(arn, "policy") else { return Ok(None) };
    let row: Option<Row<ManagedPolicy>> = get(tables::POLICIES, &tables::policy_key(account, name))?;
    let row = row.filter(|row| row.record.path == path && row.record.name == name);
    Ok(row.map(|row| (account.to_owned(), row)))
}

/// A managed policy by its name.
pub(crate) fn policy_named(account: &str, name: &str) -> Result<Option<Row<ManagedPolicy>>> {
    get(tables::POLICIES, &tables::policy_key(account, name))
}

/// The text of a version.
pub(crate) fn version(policy_id: &str, number: u32) -> Result<Option<Row<PolicyVersion>>> {
    get(tables::POLICY_VERSIONS, &tables::version_key(policy_id, number))
}

/// An access key.
pub(crate) fn access_key(access_key_id: &str) -> Result<Option<Row<AccessKey>>> {
    get(tables::KEYS, access_key_id.as_bytes())
}

/// The access keys of a user.
pub(crate) fn access_keys_of(unique_id: &str) -> Result<Vec<(String, Row<AccessKey>)>> {
    let prefix = tables::part_key(unique_id, "");
    let mut keys = Vec::new();
    for raw in index::scan(tables::KEYS_OF, &prefix, &tables::after_prefix(&prefix), PAGE_ROWS) {
        let id = raw.key.get(prefix.len()..).unwrap_or_default();
        let id = String::from_utf8_lossy(id).into_owned();
        if let Some(row) = access_key(&id)? {
            keys.push((id, row));
        }
    }
    Ok(keys)
}

/// A device that shows one-time codes, by its serial number, which is its ARN.
pub(crate) fn mfa_device(serial_number: &str) -> Result<Option<Row<MfaDevice>>> {
    let Some((account, path, name)) = names::split_arn(serial_number, "mfa") else { return Ok(None) };
    if serial_number.len() > names::SERIAL_NUMBER_BYTES_MAX {
        return Ok(None);
    }
    let row: Option<Row<MfaDevice>> = get(tables::MFA, &tables::mfa_key(account, path, name))?;
    Ok(row.filter(|row| row.record.path == path && row.record.name == name))
}

/// The device with a path and a name, in any case.
pub(crate) fn mfa_device_named(account: &str, path: &str, name: &str) -> Result<Option<Row<MfaDevice>>> {
    get(tables::MFA, &tables::mfa_key(account, path, name))
}

/// All devices of an account.
pub(crate) fn mfa_devices(account: &str) -> impl Iterator<Item = Result<Row<MfaDevice>>> + use<> {
    all(tables::MFA, account.as_bytes().to_vec(), "")
}

/// The devices of a user, or of the root user.
pub(crate) fn mfa_devices_of(unique_id: &str) -> Result<Vec<Row<MfaDevice>>> {
    let prefix = tables::part_key(unique_id, "");
    let raw_rows = index::scan(tables::MFA_OF, &prefix, &tables::after_prefix(&prefix), PAGE_ROWS);
    let mut devices = Vec::new();
    for raw in raw_rows {
        devices.extend(get(tables::MFA, &raw.value)?);
    }
    Ok(devices)
}

/// The alias of an account, as its row holds it.
pub(crate) fn alias_of(account: &str) -> Option<(String, u64)> {
    text(tables::ALIAS_OF, account)
}

/// The account that has an alias.
pub(crate) fn account_with_alias(alias: &str) -> Option<(String, u64)> {
    text(tables::ALIASES, alias)
}

/// A row whose value is a text, with its revision.
fn text(table: &str, key: &str) -> Option<(String, u64)> {
    let raw = index::get(table, key.as_bytes())?;
    Some((String::from_utf8_lossy(&raw.value).into_owned(), raw.revision))
}

/// `NoSuchEntity`
pub(crate) fn no_such(message: String) -> S3Error {
    S3Error::new(ErrorCode::NoSuchEntity).message(message)
}
