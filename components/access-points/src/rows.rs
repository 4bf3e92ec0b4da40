//! Reads rows, decoded.

use gateway::errors::{ErrorCode, Result};
use sdk::index;
use serde::de::DeserializeOwned;

use crate::records::{self, AccessPoint, ObjectLambda, Payload, Policy, Row};
use crate::tables;

/// Rows that one page of a scan holds.
const PAGE_ROWS: u32 = 1000;

fn get<T: DeserializeOwned>(table: &str, key: Vec<u8>) -> Result<Option<Row<T>>> {
    let Some(raw) = index::get(table, &key) else { return Ok(None) };
    Ok(Some(Row { record: records::decode(&raw.value)?, key, revision: raw.revision }))
}

/// An access point.
pub(crate) fn access_point(account: &str, name: &str) -> Result<Option<Row<AccessPoint>>> {
    get(tables::ACCESS_POINTS, tables::key(account, name))
}

/// Account, name and row of the access point that has an alias.
pub(crate) fn with_alias(alias: &str) -> Result<Option<(String, String, Row<AccessPoint>)>> {
    let Some(raw) = index::get(tables::ALIASES, alias.as_bytes()) else { return Ok(None) };
    let Some((account, name)) = tables::split_key(&raw.value) else { return Ok(None) };
    let row = access_point(account, name)?.filter(|row| row.record.alias == alias);
    Ok(row.map(|row| (account.to_owned(), name.to_owned(), row)))
}

/// The policy of an access point.
pub(crate) fn policy(account: &str, name: &str) -> Result<Option<Row<Policy>>> {
    get(tables::POLICIES, tables::key(account, name))
}

/// The revision of the row of a bucket; `None` where there is no such bucket.
pub(crate) fn bucket_revision(bucket: &str) -> Option<u64> {
    index::get(tables::BUCKETS, bucket.as_bytes()).map(|raw| raw.revision)
}

/// An Object Lambda access point.
pub(crate) fn object_lambda(account: &str, name: &str) -> Result<Option<Row<ObjectLambda>>> {
    get(tables::OBJECT_LAMBDAS, tables::key(account, name))
}

/// Account, name and row of the Object Lambda access point that has an alias.
pub(crate) fn object_lambda_with_alias(alias: &str) -> Result<Option<(String, String, Row<ObjectLambda>)>> {
    let Some(raw) = index::get(tables::OBJECT_LAMBDA_ALIASES, alias.as_bytes()) else { return Ok(None) };
    let Some((account, name)) = tables::split_key(&raw.value) else { return Ok(None) };
    let row = object_lambda(account, name)?.filter(|row| row.record.alias == alias);
    Ok(row.map(|row| (account.to_owned(), name.to_owned(), row)))
}

/// The policy of an Object Lambda access point.
pub(crate) fn object_lambda_policy(account: &str, name: &str) -> Result<Option<Row<Policy>>> {
    get(tables::OBJECT_LAMBDA_POLICIES, tables::key(account, name))
}

/// The payload of a transformation, by its position. `InternalError` where there is none.
pub(crate) fn payload(account: &str, name: &str, position: usize) -> Result<String> {
    let row: Option<Row<Payload>> =
        get(tables::OBJECT_LAMBDA_PAYLOADS, tables::payload_key(account, name, position))?;
    Ok(row.ok_or(ErrorCode::InternalError)?.record.text)
}

/// The first Object Lambda access points of an account behind a name, in the order of their names.
pub(crate) fn list_object_lambdas(
    account: &str,
    after: &str,
    most: u32,
) -> Result<Vec<(String, Row<ObjectLambda>)>> {
    let mut range = tables::of_account(account, after);
    let most = most as usize;
    let mut found = Vec::new();
    while found.len() < most {
        let page =
            index::peek(tables::OBJECT_LAMBDAS, &range.start, &range.end, PAGE_ROWS.min(most as u32), 0);
        let Some(last) = page.iter().last() else { break };
        range.start = [last.key, &[0]].concat();
        for row in page.iter().take(most - found.len()) {
            let Some((_, name)) = tables::split_key(row.key) else { continue };
            if let Some(row) = object_lambda(account, name)? {
                found.push((name.to_owned(), row));
            }
        }
    }
    Ok(found)
}

/// How many access points an account has in the table of one kind, as far as `most`.
pub(crate) fn count(table: &str, account: &str, most: usize) -> usize {
    let mut range = tables::of_account(account, "");
    let mut count = 0;
    while count < most {
        let page = index::peek(table, &range.start, &range.end, PAGE_ROWS, 0);
        let Some(last) = page.iter().last() else { break };
        range.start = [last.key, &[0]].concat();
        count += page.iter().count();
    }
    count
}

/// The first access points of an account behind a name, in the order of their names; those of one
/// bucket, where one is named.
pub(crate) fn list(
    account: &str,
    bucket: Option<&str>,
    after: &str,
    most: u32,
) -> Result<Vec<(String, Row<AccessPoint>)>> {
    let (table, mut range) = match bucket {
        None => (tables::ACCESS_POINTS, tables::of_account(account, after)),
        Some(bucket) => (tables::OF_BUCKET, tables::of_bucket_and_account(bucket, account, after)),
    };
    // What stands before the name in a key.
    let prefix = bucket.map_or(0, |bucket| bucket.len() + 1) + account.len();
    let most = most as usize;
    let mut found = Vec::new();
    while found.len() < most {
        let page = index::peek(table, &range.start, &range.end, PAGE_ROWS.min(most as u32), 0);
        let Some(last) = page.iter().last() else { break };
        range.start = [last.key, &[0]].concat();
        for row in page.iter().take(most - found.len()) {
            let name = row.key.get(prefix..).and_then(|name| str::from_utf8(name).ok()).unwrap_or_default();
            if let Some(row) = access_point(account, name)? {
                found.push((name.to_owned(), row));
            }
        }
    }
    Ok(found)
}
