//! The export `functions`: the code that an ARN stands for, and who may invoke it.

use gateway::errors::Result;
use gateway::hex;
use gateway::operations::functions::names::{self, FunctionName, LATEST};
use sdk::bindings::functions::exports::portcullis::gateway::functions::{FunctionAccess, Guest};
use sdk::{FunctionCode, Span, settings};

use crate::records::Version;
use crate::{Functions, rows, shown};

impl Guest for Functions {
    fn find(arn: String) -> std::result::Result<Option<FunctionCode>, ()> {
        find(&arn).map_err(drop)
    }

    fn access(arn: String) -> Option<FunctionAccess> {
        let Named { account, name, .. } = Named::parse(&arn)?;
        let row = rows::function(&account, &name).ok().flatten()?.record;
        Some(FunctionAccess {
            arn: names::arn(&settings::region(), &account, &name),
            account,
            policy: row.policy,
            tags: row.tags,
        })
    }

    fn policy(arn: String) -> Option<String> {
        let Named { account, name, .. } = Named::parse(&arn)?;
        rows::policy(&account, &name).ok().flatten().map(|row| row.record.text)
    }
}

/// A function by an ARN of this region.
struct Named {
    account: String,
    name: String,
    qualifier: Option<String>,
}

impl Named {
    fn parse(arn: &str) -> Option<Named> {
        let FunctionName { region, account, name, qualifier } = FunctionName::parse(arn).ok()?;
        (region? == settings::region()).then_some(Named { account: account?, name, qualifier })
    }
}

fn find(arn: &str) -> Result<Option<FunctionCode>> {
    let Some(Named { account, name, qualifier }) = Named::parse(arn) else { return Ok(None) };
    let Some(row) = rows::function(&account, &name)? else { return Ok(None) };
    let Some((number, version)) = rows::qualified(&account, &name, &row, qualifier.as_deref())? else {
        return Ok(None);
    };
    let number = if number == 0 { LATEST.to_owned() } else { number.to_string() };
    let arn = names::qualified_arn(&settings::region(), &account, &name, &number);
    Ok(Some(code(arn, version, row.record.calls_max)))
}

/// A version as the host runs it.
pub(crate) fn code(arn: String, version: Version, calls_max: Option<u32>) -> FunctionCode {
    let declared = version.declares();
    FunctionCode {
        arn,
        digest: hex::encode(&version.code.digest),
        code: vec![Span { blob: version.code.blob, offset: 0, length: version.code.length }],
        settings: shown::settings(&version, &declared, calls_max),
        entries: version.code.entries,
        shows_tags: declared.shows_tags(),
        vary: declared.vary,
        applies_ranges: declared.applies_ranges,
    }
}
