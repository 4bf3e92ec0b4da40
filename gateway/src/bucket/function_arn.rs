//! ARNs of functions, and the names in them. Everything that reads one reads it here.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_FunctionConfiguration.html>

/// The version that changes.
pub const LATEST: &str = "$LATEST";
/// Bytes of a name.
const NAME_BYTES_MAX: usize = 64;
/// Bytes of an alias.
const ALIAS_BYTES_MAX: usize = 128;

/// A function by its ARN: `arn:aws:lambda:us-east-1:111122223333:function:redact`, perhaps with a
/// version or an alias behind it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FunctionArn<'a> {
    /// The region.
    pub region: &'a str,
    /// The account that owns it: 12 digits.
    pub account: &'a str,
    /// Its name.
    pub name: &'a str,
    /// What stands behind the name: a version or an alias.
    pub qualifier: Option<&'a str>,
}

impl<'a> FunctionArn<'a> {
    /// Takes an ARN apart; `None` for other texts.
    pub fn parse(text: &'a str) -> Option<FunctionArn<'a>> {
        let mut parts = text.strip_prefix("arn:aws:lambda:")?.splitn(5, ':');
        let [region, account, function, name, qualifier] = std::array::from_fn(|_| parts.next());
        let (region, account, name) = (region?, account?, name?);
        let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
        let is_whole = !region.is_empty() && is_account && function == Some("function");
        let is_named = is_name(name) && qualifier.is_none_or(is_qualifier);
        (is_whole && is_named).then_some(FunctionArn { region, account, name, qualifier })
    }

    /// The ARN without version and alias.
    pub fn unqualified(&self) -> String {
        ["arn:aws:lambda:", self.region, ":", self.account, ":function:", self.name].concat()
    }

    /// The other ARN that policies may have for it: what has no version is `$LATEST`.
    pub fn other(&self) -> Option<String> {
        match self.qualifier {
            None => Some([&self.unqualified(), ":", LATEST].concat()),
            Some(LATEST) => Some(self.unqualified()),
            Some(_) => None,
        }
    }
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

#[cfg(test)]
mod tests;
