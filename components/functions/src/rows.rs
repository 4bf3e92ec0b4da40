//! Reads rows, decoded.

use gateway::errors::Result;
use gateway::operations::functions::names::{self, LATEST};
use sdk::index::{self, Direction};
use serde::de::DeserializeOwned;

use crate::records::{self, AccountUse, Alias, Function, Policy, Row, Version};
use crate::tables;

/// Rows that one page of a scan holds.
const PAGE_ROWS: u32 = 1000;

fn get<T: DeserializeOwned>(table: &str, key: Vec<u8>) -> Result<Option<Row<T>>> {
    let Some(raw) = index::get(table, &key) else { return Ok(None) };
    Ok(Some(Row { record: records::decode(&raw.value)?, key, revision: raw.revision }))
}

/// The rows of a range, at most `most` of them.
fn scan<T: DeserializeOwned>(
    table: &str,
    mut range: std::ops::Range<Vec<u8>>,
    most: usize,
) -> Result<Vec<Row<T>>> {
    let mut found = Vec::new();
    while found.len() < most {
        let limit = PAGE_ROWS.min(u32::try_from(most - found.len()).unwrap_or(PAGE_ROWS));
        let page = index::scan(table, &range.start, &range.end, limit, Direction::Forward);
        let Some(last) = page.iter().last() else { break };
        range.start = [last.key, &[0]].concat();
        for row in page.iter() {
            let record = records::decode(row.value)?;
            found.push(Row { record, key: row.key.to_vec(), revision: row.revision });
        }
    }
    Ok(found)
}

/// A function.
pub(crate) fn function(account: &str, name: &str) -> Result<Option<Row<Function>>> {
    get(tables::FUNCTIONS, tables::key(account, name))
}

/// The first functions of an account behind a name, in the order of their names.
pub(crate) fn functions(account: &str, after: &str, most: usize) -> Result<Vec<Row<Function>>> {
    scan(tables::FUNCTIONS, tables::of_account(account, after), most)
}

/// A published version.
pub(crate) fn version(account: &str, name: &str, number: u64) -> Result<Option<Row<Version>>> {
    get(tables::VERSIONS, tables::version_key(account, name, number))
}

/// The first versions of a function behind a number, in their order.
pub(crate) fn versions(account: &str, name: &str, after: u64, most: usize) -> Result<Vec<Row<Version>>> {
    scan(tables::VERSIONS, tables::versions_of(account, name, after), most)
}

/// An alias.
pub(crate) fn alias(account: &str, name: &str, alias: &str) -> Result<Option<Row<Alias>>> {
    get(tables::ALIASES, tables::alias_key(account, name, alias))
}

/// The first aliases of a function behind a name, in the order of their names.
pub(crate) fn aliases(account: &str, name: &str, after: &str, most: usize) -> Result<Vec<Row<Alias>>> {
    scan(tables::ALIASES, tables::aliases_of(account, name, after), most)
}

/// The policy of a function.
pub(crate) fn policy(account: &str, name: &str) -> Result<Option<Row<Policy>>> {
    get(tables::POLICIES, tables::key(account, name))
}

/// What an account holds; a row of revision 0 where it has held nothing yet.
pub(crate) fn account_use(account: &str) -> Result<Row<AccountUse>> {
    let key = account.as_bytes().to_vec();
    let none = Row { record: AccountUse::default(), key: key.clone(), revision: 0 };
    Ok(get(tables::ACCOUNTS, key)?.unwrap_or(none))
}

/// The version that stands behind a name: its number (0 is `$LATEST`), and what it is. `None` where
/// there is none.
pub(crate) fn qualified(
    account: &str,
    name: &str,
    function: &Row<Function>,
    qualifier: Option<&str>,
) -> Result<Option<(u64, Version)>> {
    let number = match qualifier {
        None | Some(LATEST) => 0,
        Some(qualifier) => match names::version(qualifier) {
            Some(number) => number,
            None => match alias(account, name, qualifier)? {
                Some(alias) => alias.record.version,
                None => return Ok(None),
            },
        },
    };
    if number == 0 {
        return Ok(Some((0, function.record.latest.clone())));
    }
    Ok(version(account, name, number)?.map(|row| (number, row.record)))
}
