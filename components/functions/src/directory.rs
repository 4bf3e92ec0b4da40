//! The export `functions`: the code that an ARN stands for, and who may invoke it.

use gateway::bucket::function_arn::FunctionArn;
use gateway::errors::Result;
use gateway::operations::functions::names;
use sdk::bindings::functions::exports::portcullis::gateway::functions::{FunctionAccess, Guest};
use sdk::{FunctionCode, settings};

use crate::{Functions, rows, shown};

impl Guest for Functions {
    fn find(arn: String) -> std::result::Result<Option<FunctionCode>, ()> {
        find(&arn).map_err(drop)
    }

    fn access(arn: String) -> Option<FunctionAccess> {
        let named = named(&arn)?;
        let row = rows::function(named.account, named.name).ok().flatten()?.record;
        Some(FunctionAccess {
            arn: named.unqualified(),
            account: named.account.to_owned(),
            policy: row.policy,
            tags: row.tags,
        })
    }

    fn policy(arn: String) -> Option<String> {
        let named = named(&arn)?;
        rows::policy(named.account, named.name).ok().flatten().map(|row| row.record.text)
    }
}

/// A function by an ARN of this region.
fn named(arn: &str) -> Option<FunctionArn<'_>> {
    FunctionArn::parse(arn).filter(|arn| arn.region == settings::region())
}

fn find(arn: &str) -> Result<Option<FunctionCode>> {
    let Some(named) = named(arn) else { return Ok(None) };
    let FunctionArn { region, account, name, qualifier } = named;
    let Some(row) = rows::function(account, name)? else { return Ok(None) };
    let Some((number, version)) = rows::qualified(account, name, &row, qualifier)? else { return Ok(None) };
    let arn = names::qualified_arn(region, account, name, &shown::version_name(number));
    Ok(Some(shown::code(arn, version, row.record.calls_max)))
}
