//! CreateAlias, UpdateAlias, GetAlias, ListAliases, DeleteAlias.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/configuration-aliases.html>

use gateway::errors::{ErrorCode, Result, S3Error};
use gateway::operations::functions::names::{self, LATEST, is_alias};
use gateway::operations::functions::output::{alias as shown_alias, page};
use gateway::operations::functions::{conflict, invalid, not_found};
use sdk::{Call, Response};
use serde_json::Value;

use super::document::json;
use super::versions::ALIASES_MAX;
use crate::changes::{change, check_revision, no_such};
use crate::records::{Alias, Row};
use crate::request::{Input, Request};
use crate::shown::{revision_id, version_name};
use crate::{rows, tables};

/// Aliases of a page.
const PAGE_MAX: usize = 50;

/// CreateAlias. `ResourceConflictException`, `ResourceNotFoundException` for a version that is not
/// there.
pub(crate) async fn create(call: &Call, request: &Request) -> Result<Response> {
    let Input::Alias(input) = &request.input else { return Err(ErrorCode::InternalError.into()) };
    let name = input.name.as_deref().filter(|name| is_alias(name)).ok_or_else(|| {
        invalid("Name has 1 to 128 letters, digits, hyphens and underscores, and not digits alone.")
    })?;
    let wanted = input.function_version.as_deref().ok_or_else(|| invalid("FunctionVersion is missing."))?;
    let version = number(request, wanted)?;
    let description = input.description.clone().unwrap_or_default();
    let record = Alias { version, description, revision_id: revision_id() };
    change(call, request, |changes, _| {
        check_version(request, version)?;
        if rows::alias(&request.account, &request.name, name)?.is_some() {
            return Err(conflict(format!("Alias already exists: {}:{name}", request.arn())));
        }
        if rows::aliases(&request.account, &request.name, "", ALIASES_MAX)?.len() >= ALIASES_MAX {
            return Err(invalid(format!("A function has at most {ALIASES_MAX} aliases.")));
        }
        let key = tables::alias_key(&request.account, &request.name, name);
        changes.require_absent(tables::ALIASES, key.clone());
        changes.put(tables::ALIASES, key, &record)
    })
    .await?;
    Ok(json(201, &shown(request, name, &record)))
}

/// UpdateAlias: what the request does not say stays. `ResourceNotFoundException`,
/// `PreconditionFailedException`.
pub(crate) async fn update(call: &Call, request: &Request) -> Result<Response> {
    let Input::Alias(input) = &request.input else { return Err(ErrorCode::InternalError.into()) };
    let version = input.function_version.as_deref().map(|wanted| number(request, wanted)).transpose()?;
    let record = change(call, request, |changes, _| {
        let mut alias = find(request)?;
        check_revision(input.revision_id.as_deref(), &alias.record.revision_id)?;
        if let Some(version) = version {
            check_version(request, version)?;
            alias.record.version = version;
        }
        if let Some(description) = &input.description {
            alias.record.description.clone_from(description);
        }
        alias.record.revision_id = revision_id();
        changes.replace(tables::ALIASES, &alias)?;
        Ok(alias.record)
    })
    .await?;
    Ok(json(200, &shown(request, &request.second, &record)))
}

/// DeleteAlias. It succeeds where there is no such alias, too.
pub(crate) async fn delete(call: &Call, request: &Request) -> Result<Response> {
    request.function()?;
    if rows::alias(&request.account, &request.name, &request.second)?.is_some() {
        change(call, request, |changes, _| {
            let key = tables::alias_key(&request.account, &request.name, &request.second);
            changes.delete(tables::ALIASES, key);
            Ok(())
        })
        .await?;
    }
    Ok(Response::new(204))
}

/// GetAlias. `ResourceNotFoundException`
pub(crate) fn get(request: &Request) -> Result<Response> {
    request.function()?;
    Ok(json(200, &shown(request, &request.second, &find(request)?.record)))
}

/// ListAliases: all, or those of one version, in the order of their names.
pub(crate) fn list(request: &Request) -> Result<Response> {
    request.function()?;
    let (marker, most) = request.page(PAGE_MAX)?;
    let of = request.query.get_non_empty("FunctionVersion");
    let of = of.map(|wanted| number(request, wanted)).transpose()?;
    let prefix = tables::alias_key(&request.account, &request.name, "").len();
    let name =
        |row: &Row<Alias>| String::from_utf8_lossy(row.key.get(prefix..).unwrap_or_default()).into_owned();
    let mut found = rows::aliases(&request.account, &request.name, &marker, ALIASES_MAX)?;
    found.retain(|row| of.is_none_or(|of| row.record.version == of));
    let more = found.len() > most;
    found.truncate(most);
    let next = found.last().filter(|_| more).map(name);
    let aliases = found.iter().map(|row| shown(request, &name(row), &row.record)).collect();
    Ok(json(200, &page("Aliases", aliases, next.as_deref())))
}

fn shown(request: &Request, name: &str, alias: &Alias) -> Value {
    let version = version_name(alias.version);
    shown_alias(&request.arn(), name, &version, &alias.description, &alias.revision_id)
}

fn find(request: &Request) -> Result<Row<Alias>> {
    let found = rows::alias(&request.account, &request.name, &request.second)?;
    found.ok_or_else(|| not_found(format!("Cannot find alias arn: {}:{}", request.arn(), request.second)))
}

/// The number of a version as a request names it; 0 is `$LATEST`.
fn number(request: &Request, wanted: &str) -> Result<u64> {
    let missing = || -> S3Error { no_such(&format!("{}:{wanted}", request.arn())) };
    if wanted == LATEST { Ok(0) } else { names::version(wanted).ok_or_else(missing) }
}

fn check_version(request: &Request, number: u64) -> Result<()> {
    if number != 0 && rows::version(&request.account, &request.name, number)?.is_none() {
        return Err(no_such(&format!("{}:{number}", request.arn())));
    }
    Ok(())
}
