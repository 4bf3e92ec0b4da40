//! GetFunction, GetFunctionConfiguration, ListFunctions, GetFunctionConcurrency.

use gateway::errors::Result;
use gateway::operations::functions::names::LATEST;
use gateway::operations::functions::output::page;
use sdk::Response;
use serde_json::json;

use super::document::json as document;
use crate::request::Request;
use crate::shown::{self, Which, configuration as shown_configuration};
use crate::{rows, tables};

/// Functions of a page.
const PAGE_MAX: usize = 50;

/// GetFunction. `ResourceNotFoundException`
pub(crate) fn function(request: &Request) -> Result<Response> {
    let row = request.function()?;
    let (number, version) = request.version(&row)?;
    let which = request.which(request.qualifier.as_deref(), number);
    let (tags, calls_max) = (&row.record.tags, row.record.calls_max);
    Ok(document(200, &shown::show(which, &version, |shown| shown.function(tags, calls_max))))
}

/// GetFunctionConfiguration. `ResourceNotFoundException`
pub(crate) fn configuration(request: &Request) -> Result<Response> {
    let row = request.function()?;
    let (number, version) = request.version(&row)?;
    let which = request.which(request.qualifier.as_deref(), number);
    Ok(document(200, &shown_configuration(which, &version)))
}

/// ListFunctions: `$LATEST` of those of the account, in the order of their names. With
/// `FunctionVersion=ALL` their versions, too.
pub(crate) fn list(request: &Request) -> Result<Response> {
    let (marker, most) = request.page(PAGE_MAX)?;
    let mut found = rows::functions(&request.account, &marker, most + 1)?;
    let more = found.len() > most;
    found.truncate(most);
    let is_all = request.query.get("FunctionVersion") == Some("ALL");
    let mut functions = Vec::new();
    for row in &found {
        let Some((account, name)) = tables::split_key(&row.key) else { continue };
        let which = Which { region: &request.region, account, name, qualifier: None, number: 0 };
        if !is_all {
            functions.push(shown_configuration(which, &row.record.latest));
            continue;
        }
        functions.push(shown_configuration(Which { qualifier: Some(LATEST), ..which }, &row.record.latest));
        for version in rows::versions(account, name, 0, PAGE_MAX)? {
            let number = tables::number_in(&version.key).unwrap_or_default();
            let qualifier = shown::version_name(number);
            let which = Which { qualifier: Some(&qualifier), number, ..which };
            functions.push(shown_configuration(which, &version.record));
        }
    }
    let last = found.last().filter(|_| more).and_then(|row| tables::split_key(&row.key));
    Ok(document(200, &page("Functions", functions, last.map(|(_, name)| name))))
}

/// GetFunctionConcurrency: nothing where none is reserved. `ResourceNotFoundException`
pub(crate) fn concurrency(request: &Request) -> Result<Response> {
    let shown = match request.function()?.record.calls_max {
        Some(calls_max) => json!({ "ReservedConcurrentExecutions": calls_max }),
        None => json!({}),
    };
    Ok(document(200, &shown))
}
