//! Names and ARNs of functions, and what stands behind them: versions and aliases.

use super::invalid;
use crate::errors::Result;

/// The version that changes.
pub const LATEST: &str = "$LATEST";
/// Bytes of a name.
const NAME_BYTES_MAX: usize = 64;
/// Bytes of an alias.
const ALIAS_BYTES_MAX: usize = 128;

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
        let parts: Vec<&str> = text.split(':').take(9).collect();
        let (region, account, rest) = match parts.as_slice() {
            ["arn", "aws", "lambda", region, account, "function", rest @ ..] => {
                (Some(*region), Some(*account), rest)
            }
            [account, "function", rest @ ..] => (None, Some(*account), rest),
            rest => (None, None, rest),
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
            region: owned(region),
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

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

/// Whether a function may have a name.
pub fn is_name(name: &str) -> bool {
    (1..=NAME_BYTES_MAX).contains(&name.len()) && name.bytes().all(is_plain)
}

/// Whether an alias may have a name: numbers are those of versions.
pub fn is_alias(name: &str) -> bool {
    (1..=ALIAS_BYTES_MAX).contains(&name.len())
        && name.bytes().all(is_plain)
        && !name.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether something may stand behind the name of a function.
pub fn is_qualifier(qualifier: &str) -> bool {
    qualifier == LATEST || is_alias(qualifier) || version(qualifier).is_some()
}

/// The number of a published version.
pub fn version(qualifier: &str) -> Option<u64> {
    let is_number = !qualifier.starts_with('0') && qualifier.bytes().all(|byte| byte.is_ascii_digit());
    qualifier.parse().ok().filter(|_| is_number)
}

/// `arn:aws:lambda:us-east-1:111122223333:function:resize`
pub fn arn(region: &str, account: &str, name: &str) -> String {
    format!("arn:aws:lambda:{region}:{account}:function:{name}")
}

/// The same with a version or an alias.
pub fn qualified_arn(region: &str, account: &str, name: &str, qualifier: &str) -> String {
    format!("{}:{qualifier}", arn(region, account, name))
}
