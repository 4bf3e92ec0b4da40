//! What `auth` and `policy` ask: who has an access key, what a principal may do, whom a role
//! trusts.

mod remembered;

use gateway::errors::Result;
use sdk::bindings::iam::exports::portcullis::gateway::identities::{OwnPolicies, Source, StoredKey};
use sdk::{IdentityKind, Session, keys};

use crate::names;
use crate::policies::predefined;
use crate::records::{Entity, Kind};
use crate::rows;

/// Whether what a session rests on is still there.
pub(crate) fn is_current(session: &Session) -> bool {
    match session.issuer_kind {
        IdentityKind::AssumedRole => rows::by_id(&session.issuer_id).ok().flatten().is_some(),
        // A session of a user ends with the access key that requested it.
        _ => {
            keys::is_configured(&session.parent_key_id)
                || key(&session.parent_key_id).ok().flatten().is_some()
        }
    }
}

/// The trust policy of a role.
pub(crate) fn trust(role_arn: String) -> Option<Source> {
    let (account, path, name) = names::split_arn(&role_arn, "role")?;
    let row = rows::find(account, Kind::Role, name).ok().flatten()?;
    let is_named = row.record.path == path && row.record.name == name;
    let id = format!("trust:{}:{}", row.record.id, row.revision);
    is_named.then_some(Source { label: role_arn, id })
}

/// An access key that may sign.
pub(crate) fn key(access_key_id: &str) -> Result<Option<StoredKey>> {
    remembered::key(access_key_id, || read_key(access_key_id))
}

fn read_key(access_key_id: &str) -> Result<Option<StoredKey>> {
    let Some(row) = rows::access_key(access_key_id)?.filter(|row| row.record.is_active) else {
        return Ok(None);
    };
    let key = row.record;
    // The key of a root user: its holder is the account.
    if key.holder == key.account {
        return Ok(Some(StoredKey {
            kind: IdentityKind::Root,
            arn: format!("arn:aws:iam::{}:root", key.account),
            unique_id: key.holder,
            account: key.account,
            user: String::new(),
            sealed: key.sealed,
        }));
    }
    let Some((account, user)) = rows::by_id(&key.holder)? else { return Ok(None) };
    Ok(Some(StoredKey {
        kind: IdentityKind::User,
        arn: names::entity_arn(&account, &user.record),
        user: user.record.name,
        unique_id: key.holder,
        account: key.account,
        sealed: key.sealed,
    }))
}

/// The policies of a user and its groups, or of a role.
pub(crate) fn permissions(unique_id: &str) -> Result<Option<OwnPolicies>> {
    remembered::permissions(unique_id, || read_permissions(unique_id))
}

fn read_permissions(unique_id: &str) -> Result<Option<OwnPolicies>> {
    let Some((account, row)) = rows::by_id(unique_id)? else { return Ok(None) };
    let entity = row.record;
    let mut policies = Vec::new();
    if entity.is_configured {
        // The configuration gives it everything; what is stored can only deny.
        policies.extend(managed("arn:aws:iam::aws:policy/AdministratorAccess", &account)?);
    }
    collect(&account, &entity, &mut policies)?;
    for group in &entity.groups {
        if let Some((_, group)) = rows::by_id(group)? {
            collect(&account, &group.record, &mut policies)?;
        }
    }
    let boundary = match &entity.boundary {
        Some(arn) => Some(managed(arn, &account)?.unwrap_or_else(|| missing(arn))),
        None => None,
    };
    Ok(Some(OwnPolicies { policies, boundary, tags: entity.tags }))
}

/// The policies of a user, a group or a role itself.
pub(crate) fn collect(account: &str, entity: &Entity, policies: &mut Vec<Source>) -> Result<()> {
    for name in &entity.inline {
        let label = format!("{}/{name}", entity.name);
        policies.push(match rows::inline(&entity.id, name)? {
            Some(row) => Source { label, id: format!("inline:{}:{name}:{}", entity.id, row.revision) },
            None => missing(&label),
        });
    }
    for arn in &entity.attached {
        policies.push(managed(arn, account)?.unwrap_or_else(|| missing(arn)));
    }
    Ok(())
}

/// Takes the place of a policy that should be there and is not. It has no text, and a policy
/// without text denies everything.
fn missing(label: &str) -> Source {
    Source { label: label.to_owned(), id: String::new() }
}

/// A managed policy that an account may use: its own, or one that is part of the server.
pub(crate) fn managed(arn: &str, account: &str) -> Result<Option<Source>> {
    if let Some(policy) = predefined::find(arn) {
        return Ok(Some(Source { label: arn.to_owned(), id: format!("predefined:{}", policy.name) }));
    }
    let found = rows::find_policy(arn)?.filter(|(own, _)| own == account);
    Ok(found.map(|(_, row)| Source {
        label: arn.to_owned(),
        id: format!("managed:{}:{}", row.record.id, row.record.default_version),
    }))
}

/// The text behind the id of a source. No name holds a colon.
pub(crate) fn text(id: &str) -> Result<Option<String>> {
    let mut parts = id.split(':');
    let (sort, first, second) = (
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or_default(),
    );
    Ok(match sort {
        "inline" => rows::inline(first, second)?.map(|row| row.record.text),
        "trust" => rows::by_id(first)?.and_then(|(_, row)| row.record.trust),
        "managed" => match second.parse() {
            Ok(number) => rows::version(first, number)?.map(|row| row.record.text),
            Err(_) => None,
        },
        "predefined" => predefined::ALL.iter().find(|policy| policy.name == first).map(predefined::text),
        _ => None,
    })
}
