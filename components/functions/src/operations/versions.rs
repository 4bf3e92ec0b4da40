//! PublishVersion, ListVersionsByFunction, DeleteFunction.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/configuration-versions.html>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use gateway::errors::{ErrorCode, Result, S3Error};
use gateway::operations::functions::names::{self, LATEST};
use gateway::operations::functions::output::page;
use gateway::operations::functions::{conflict, invalid};
use sdk::{Call, Response};

use super::document::json;
use crate::changes::{ATTEMPTS_MAX, Changes, UseChange, bytes_of, check_revision, commit, count, no_such};
use crate::records::{Function, Row, Version};
use crate::request::{Input, Request};
use crate::shown::{configuration, revision_id, version_name};
use crate::{rows, tables};

/// Versions of a function. A delete of the function is one commit.
const VERSIONS_MAX: usize = 1000;
/// Aliases of a function, for the same reason.
pub(crate) const ALIASES_MAX: usize = 1000;
/// Versions of a page.
const PAGE_MAX: usize = 50;

/// Publishes what `$LATEST` is, unless that is the version that was published last; its number.
/// `CodeStorageExceededException`
pub(crate) fn add(
    changes: &mut Changes,
    request: &Request,
    row: &mut Row<Function>,
    held: &mut UseChange,
) -> Result<u64> {
    let (account, name) = (&request.account, &request.name);
    let last = match row.record.published {
        0 => None,
        number => rows::version(account, name, number)?.map(|version| version.record),
    };
    if last.is_some_and(|last| last.is_as(&row.record.latest)) {
        return Ok(row.record.published);
    }
    if rows::versions(account, name, 0, VERSIONS_MAX)?.len() >= VERSIONS_MAX {
        let message =
            format!("A function has at most {VERSIONS_MAX} versions: delete those that are not used.");
        return Err(S3Error::new(ErrorCode::CodeStorageExceededException).message(message));
    }
    let number = row.record.published.saturating_add(1);
    let version = Version { revision_id: revision_id(), ..row.record.latest.clone() };
    let key = tables::version_key(account, name, number);
    changes.require_absent(tables::VERSIONS, key.clone());
    changes.put(tables::VERSIONS, key, &version)?;
    changes.keep(&version.code);
    held.code_bytes = held.code_bytes.saturating_add(bytes_of(&version.code));
    row.record.published = number;
    Ok(number)
}

/// PublishVersion. `ResourceNotFoundException`, `PreconditionFailedException`,
/// `InvalidParameterValueException` where the code is not the one that is expected.
pub(crate) async fn publish(call: &Call, request: &Request) -> Result<Response> {
    request.unqualified()?;
    let Input::Publish(input) = &request.input else { return Err(ErrorCode::InternalError.into()) };
    for _ in 0..ATTEMPTS_MAX {
        let mut row = request.function()?;
        check_revision(input.revision_id.as_deref(), &row.record.latest.revision_id)?;
        let own = BASE64.encode(row.record.latest.code.package_sha256);
        if let Some(expected) = input.code_sha256.as_deref().filter(|expected| *expected != own) {
            return Err(invalid(format!(
                "CodeSHA256 ({expected}) is different from current CodeSHA256 in $LATEST ({own}). Please try again \
                 with the CodeSHA256 in $LATEST."
            )));
        }
        let latest = row.record.latest.clone();
        if let Some(description) = &input.description {
            row.record.latest.description.clone_from(description);
        }
        let (mut changes, mut held) = (Changes::new(), UseChange::default());
        let before = row.record.published;
        let number = add(&mut changes, request, &mut row, &mut held)?;
        if number == before {
            let found = rows::version(&request.account, &request.name, number)?;
            let version = found.ok_or(ErrorCode::InternalError)?.record;
            return Ok(json(201, &shown(request, number, &version)));
        }
        let published = row.record.latest.clone();
        row.record.latest = latest;
        count(&mut changes, &request.account, held)?;
        changes.replace(tables::FUNCTIONS, &row)?;
        if commit(call, changes).await?.is_some() {
            let version = rows::version(&request.account, &request.name, number)?;
            let version = version.map_or(published, |row| row.record);
            return Ok(json(201, &shown(request, number, &version)));
        }
    }
    Err(ErrorCode::OperationAborted.into())
}

fn shown(request: &Request, number: u64, version: &Version) -> serde_json::Value {
    configuration(request.which(Some(&version_name(number)), number), version)
}

/// ListVersionsByFunction: `$LATEST`, then the versions in their order.
pub(crate) fn list(request: &Request) -> Result<Response> {
    let (marker, most) = request.page(PAGE_MAX)?;
    let row = request.function()?;
    let mut versions = Vec::new();
    if marker.is_empty() {
        versions.push(configuration(request.which(Some(LATEST), 0), &row.record.latest));
    }
    let after = marker.parse().unwrap_or(0);
    let room = most - versions.len().min(most);
    let found = rows::versions(&request.account, &request.name, after, room + 1)?;
    let number = |row: &Row<Version>| tables::number_in(&row.key).unwrap_or_default();
    versions.extend(found.iter().take(room).map(|row| shown(request, number(row), &row.record)));
    let last = found.get(..room).and_then(<[_]>::last).map_or(after, number).to_string();
    let next = (found.len() > room).then_some(last.as_str());
    Ok(json(200, &page("Versions", versions, next)))
}

/// DeleteFunction: all of a function, or one version that no alias points to.
/// `ResourceNotFoundException`, `ResourceConflictException`, `InvalidParameterValueException` for
/// `$LATEST`.
pub(crate) async fn delete(call: &Call, request: &Request) -> Result<Response> {
    let number = match request.qualifier.as_deref() {
        None => None,
        Some(LATEST) => {
            return Err(invalid("$LATEST version cannot be deleted without deleting the function."));
        }
        Some(qualifier) => {
            let number = names::version(qualifier);
            Some(number.ok_or_else(|| invalid("Deletion of aliases is not currently supported."))?)
        }
    };
    for _ in 0..ATTEMPTS_MAX {
        let row = request.function()?;
        let mut changes = Changes::new();
        match number {
            Some(number) => delete_version(&mut changes, request, &row, number)?,
            None => delete_all(&mut changes, request, &row)?,
        }
        if commit(call, changes).await?.is_some() {
            return Ok(Response::new(204));
        }
    }
    Err(ErrorCode::OperationAborted.into())
}

fn delete_version(changes: &mut Changes, request: &Request, row: &Row<Function>, number: u64) -> Result<()> {
    let (account, name) = (&request.account, &request.name);
    let version = rows::version(account, name, number)?.ok_or_else(|| no_such(&request.qualified_arn()))?;
    let aliases = rows::aliases(account, name, "", ALIASES_MAX)?;
    let prefix = tables::alias_key(account, name, "").len();
    let pointing: Vec<String> = aliases
        .iter()
        .filter(|alias| alias.record.version == number)
        .map(|alias| String::from_utf8_lossy(alias.key.get(prefix..).unwrap_or_default()).into_owned())
        .collect();
    if !pointing.is_empty() {
        return Err(conflict(format!(
            "Function version {number} is referenced by the aliases: {}",
            pointing.join(", ")
        )));
    }
    changes.require(tables::VERSIONS, &version);
    changes.delete(tables::VERSIONS, version.key);
    changes.free(&version.record.code);
    let held = UseChange { functions: 0, code_bytes: -bytes_of(&version.record.code) };
    count(changes, account, held)?;
    changes.replace(tables::FUNCTIONS, row)
}

fn delete_all(changes: &mut Changes, request: &Request, row: &Row<Function>) -> Result<()> {
    let (account, name) = (&request.account, &request.name);
    let mut held = UseChange { functions: -1, code_bytes: -bytes_of(&row.record.latest.code) };
    changes.require(tables::FUNCTIONS, row);
    changes.delete(tables::FUNCTIONS, row.key.clone());
    changes.delete(tables::POLICIES, row.key.clone());
    changes.free(&row.record.latest.code);
    for version in rows::versions(account, name, 0, VERSIONS_MAX)? {
        changes.free(&version.record.code);
        held.code_bytes -= bytes_of(&version.record.code);
        changes.delete(tables::VERSIONS, version.key);
    }
    for alias in rows::aliases(account, name, "", ALIASES_MAX)? {
        changes.delete(tables::ALIASES, alias.key);
    }
    count(changes, account, held)
}
