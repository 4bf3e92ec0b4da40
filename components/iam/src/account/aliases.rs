//! The alias of an account:
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateAccountAlias.html>
//!
//! An account has one at most, and no two accounts have the same.

use gateway::errors::{ErrorCode, Result, S3Error};

use crate::form::invalid;
use crate::records::Row;
use crate::reply::{Changes, Reply};
use crate::request::Request;
use crate::{rows, tables};

/// The alias that a call names: 3 to 63 small letters, digits and single hyphens within.
/// `ValidationError`
fn alias(request: &Request) -> Result<&str> {
    let alias = request.form.required("AccountAlias")?;
    let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let is_alias = (3..=63).contains(&alias.len())
        && alias.bytes().all(is_letter)
        && !alias.starts_with('-')
        && !alias.ends_with('-')
        && !alias.contains("--");
    match is_alias {
        true => Ok(alias),
        false => Err(invalid(format!(
            "1 validation error detected: Value '{alias}' at 'accountAlias' failed to satisfy constraint: Member must \
             satisfy regular expression pattern: ^[a-z0-9]([a-z0-9]|-(?!-)){{1,61}}[a-z0-9]$"
        ))),
    }
}

/// A row as it was read, for its requirement.
fn row(key: &str, found: Option<&(String, u64)>) -> Row<()> {
    Row { key: key.as_bytes().to_vec(), record: (), revision: found.map_or(0, |(_, revision)| *revision) }
}

/// CreateAccountAlias. It takes the place of the one that the account has.
pub(crate) fn create(request: &Request) -> Result<Reply> {
    let (alias, account) = (alias(request)?, request.account());
    let taken = rows::account_with_alias(alias);
    if taken.as_ref().is_some_and(|(owner, _)| owner != account) {
        return Err(S3Error::new(ErrorCode::EntityAlreadyExists)
            .message(format!("The account alias {alias} already exists.")));
    }
    let former = rows::alias_of(account);
    let mut changes = Changes::default();
    changes.require(tables::ALIASES, &row(alias, taken.as_ref()));
    changes.require(tables::ALIAS_OF, &row(account, former.as_ref()));
    if let Some((former, _)) = former.filter(|(former, _)| former != alias) {
        changes.delete(tables::ALIASES, former.into_bytes());
    }
    changes.put_bytes(tables::ALIASES, alias.as_bytes().to_vec(), account.as_bytes().to_vec());
    changes.put_bytes(tables::ALIAS_OF, account.as_bytes().to_vec(), alias.as_bytes().to_vec());
    Ok(Reply::done(changes))
}

/// DeleteAccountAlias
pub(crate) fn delete(request: &Request) -> Result<Reply> {
    let (alias, account) = (alias(request)?, request.account());
    let own = rows::alias_of(account).filter(|(own, _)| own == alias);
    let own = own.ok_or_else(|| rows::no_such(format!("The account alias {alias} cannot be found.")))?;
    let mut changes = Changes::default();
    changes.require(tables::ALIAS_OF, &row(account, Some(&own)));
    changes.delete(tables::ALIAS_OF, account.as_bytes().to_vec());
    changes.delete(tables::ALIASES, alias.as_bytes().to_vec());
    Ok(Reply::done(changes))
}

/// ListAccountAliases
pub(crate) fn list(request: &Request) -> Result<Reply> {
    let mut xml = request.result();
    xml.open("AccountAliases");
    if let Some((alias, _)) = rows::alias_of(request.account()) {
        xml.text("member", &alias);
    }
    xml.close("AccountAliases");
    xml.boolean("IsTruncated", false);
    Ok(Reply::of(xml))
}
