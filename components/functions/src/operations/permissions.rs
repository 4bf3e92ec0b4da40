//! AddPermission, RemovePermission, GetPolicy.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html>. The text has a
//! row of its own: the row of the function is read with every call of it, and has to be small.

use gateway::errors::{ErrorCode, Result};
use gateway::operations::functions::{not_found, statements};
use sdk::{Call, Response, index};
use serde_json::json;

use super::document::json as document;
use crate::changes::{Changes, change, check_revision};
use crate::records::{Function, Policy, Row};
use crate::request::{Input, Request};
use crate::shown::revision_id;
use crate::{rows, tables};

/// AddPermission. `ResourceConflictException`, `PolicyLengthExceededException`,
/// `PreconditionFailedException`.
pub(crate) async fn add(call: &Call, request: &Request) -> Result<Response> {
    let Input::Permission(input) = &request.input else { return Err(ErrorCode::InternalError.into()) };
    let statement = input.statement(&request.qualified_arn())?;
    let shown = json!({ "Statement": statement.to_string() });
    change(call, request, |changes, row| {
        request.version(row)?;
        let held = rows::policy(&request.account, &request.name)?;
        check(input.revision_id.as_deref(), held.as_ref())?;
        let held = held.as_ref().map(|held| held.record.text.as_str());
        let text = statements::add(&request.qualified_arn(), held, statement.clone())?;
        write(changes, row, Some(text))
    })
    .await?;
    Ok(document(201, &shown))
}

/// RemovePermission. `ResourceNotFoundException`, `PreconditionFailedException`.
pub(crate) async fn remove(call: &Call, request: &Request) -> Result<Response> {
    let arn = request.qualified_arn();
    change(call, request, |changes, row| {
        let held = rows::policy(&request.account, &request.name)?;
        check(request.query.get_non_empty("RevisionId"), held.as_ref())?;
        let text = held.as_ref().map(|held| held.record.text.as_str());
        let rest = statements::remove(text, &request.second, &arn)?;
        write(changes, row, rest)
    })
    .await?;
    Ok(Response::new(204))
}

/// GetPolicy: what the policy says of the function, or of the version or alias that is named.
/// `ResourceNotFoundException`
pub(crate) fn get(request: &Request) -> Result<Response> {
    request.function()?;
    let held = rows::policy(&request.account, &request.name)?;
    let text =
        held.as_ref().map(|held| statements::of(&held.record.text, &request.qualified_arn())).transpose()?;
    let (Some(held), Some(text)) = (held, text.flatten()) else {
        return Err(not_found("The resource you requested does not exist."));
    };
    Ok(document(200, &json!({ "Policy": text, "RevisionId": held.record.revision_id })))
}

fn check(expected: Option<&str>, held: Option<&Row<Policy>>) -> Result<()> {
    check_revision(expected, held.map_or("", |held| &held.record.revision_id))
}

fn write(changes: &mut Changes, row: &mut Row<Function>, text: Option<String>) -> Result<()> {
    match text {
        Some(text) => {
            row.record.policy = Some(index::next_sequence());
            changes.put(tables::POLICIES, row.key.clone(), &Policy { text, revision_id: revision_id() })
        }
        None => {
            row.record.policy = None;
            changes.delete(tables::POLICIES, row.key.clone());
            Ok(())
        }
    }
}
