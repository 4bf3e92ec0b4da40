//! Names and ARNs of functions, and what stands behind them: versions and aliases.

use super::invalid;
use crate::bucket::function_arn::FunctionArn;
pub use crate::bucket::function_arn::{LATEST, is_alias, is_name, is_qualifier, version};
use crate::errors::Result;

/// A function as a request names it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FunctionName {
    /// The region, where its ARN is given.
    pub region: Option<String>,
    /// The account, where an ARN or a part of one is given.
    pub account: Option<String>,
    /// The name.
    pub name: String,
    /// What stands behind the name: a version or an alias.
    pub qualifier: Option<String>,
}

impl FunctionName {
    /// Reads a name, a part of an ARN (`111122223333:function:resize`) or an ARN, each with or
    /// without `:QUALIFIER`. `InvalidParameterValueException`
    pub fn parse(text: &str) -> Result<FunctionName> {
        if let Some(FunctionArn { region, account, name, qualifier }) = FunctionArn::parse(text) {
            return Ok(FunctionName {
                region: Some(region.to_owned()),
                account: Some(account.to_owned()),
                name: name.to_owned(),
                qualifier: qualifier.map(str::to_owned),
            });
        }
        let parts: Vec<&str> = text.split(':').take(5).collect();
        let (account, rest) = match parts.as_slice() {
            [account, "function", rest @ ..] => (Some(*account), rest),
            rest => (None, rest),
        };
        let (name, qualifier) = match rest {
            [name] => (*name, None),
            [name, qualifier] => (*name, Some(*qualifier)),
            _ => return Err(refused(text)),
        };
        if !is_name(name) || qualifier.is_some_and(|qualifier| !is_qualifier(qualifier)) {
            return Err(refused(text));
        }
        let owned = |part: Option<&str>| part.map(str::to_owned);
        Ok(FunctionName {
            region: None,
            account: owned(account),
            name: name.to_owned(),
            qualifier: owned(qualifier),
        })
    }
}

fn refused(text: &str) -> crate::errors::S3Error {
    let shown: String = text.chars().take(200).collect();
    invalid(format!(
        "1 validation error detected: Value '{shown}' at 'functionName' failed to satisfy constraint: Member must \
         satisfy regular expression pattern: (arn:aws:lambda:)?([a-z]{{2}}-[a-z]+-\\d{{1}}:)?(\\d{{12}}:)?(function:)?\
         ([a-zA-Z0-9-_]+)(:(\\$LATEST|[a-zA-Z0-9-_]+))?"
    ))
}

/// `arn:aws:lambda:us-east-1:111122223333:function:resize`
pub fn arn(region: &str, account: &str, name: &str) -> String {
    format!("arn:aws:lambda:{region}:{account}:function:{name}")
}

/// The same with a version or an alias.
pub fn qualified_arn(region: &str, account: &str, name: &str, qualifier: &str) -> String {
    format!("{}:{qualifier}", arn(region, account, name))
}
