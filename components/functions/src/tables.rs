//! THE FUNCTION TABLES: every table of the index that is written here, its key, and what a row
//! holds.
//!
//! | table               | key                        | row |
//! | ------------------- | -------------------------- | --- |
//! | `functions`         | account, name              | [`Function`] |
//! | `function-versions` | account, name, 0, number   | [`Version`] |
//! | `function-aliases`  | account, name, 0, alias    | [`Alias`] |
//! | `function-policies` | account, name              | [`Policy`] |
//! | `function-accounts` | account                    | [`AccountUse`] |
//!
//! Accounts are 12 digits; the number of a version is big-endian. Whatever is written about a
//! function writes its row in `functions`, too: who deletes it has seen everything then.
//!
//! [`Function`]: crate::records::Function
//! [`Version`]: crate::records::Version
//! [`Alias`]: crate::records::Alias
//! [`Policy`]: crate::records::Policy
//! [`AccountUse`]: crate::records::AccountUse

use std::ops::Range;

/// Functions.
pub(crate) const FUNCTIONS: &str = "functions";
/// Their published versions.
pub(crate) const VERSIONS: &str = "function-versions";
/// Their aliases.
pub(crate) const ALIASES: &str = "function-aliases";
/// The texts of their policies.
pub(crate) const POLICIES: &str = "function-policies";
/// What accounts hold.
pub(crate) const ACCOUNTS: &str = "function-accounts";

/// Every table that is written here.
#[cfg(test)]
pub(crate) const ALL: [&str; 5] = [FUNCTIONS, VERSIONS, ALIASES, POLICIES, ACCOUNTS];

/// The key of a function, and of its policy.
pub(crate) fn key(account: &str, name: &str) -> Vec<u8> {
    [account, name].concat().into_bytes()
}

/// The account and the name in a key of [`FUNCTIONS`]; `None` for a damaged one.
pub(crate) fn split_key(key: &[u8]) -> Option<(&str, &str)> {
    str::from_utf8(key).ok()?.split_at_checked(12)
}

/// The key of a version.
pub(crate) fn version_key(account: &str, name: &str, number: u64) -> Vec<u8> {
    [account.as_bytes(), name.as_bytes(), &[0], &number.to_be_bytes()].concat()
}

/// The number in a key of [`VERSIONS`]; `None` for a damaged one.
pub(crate) fn number_in(key: &[u8]) -> Option<u64> {
    key.last_chunk::<8>().map(|number| u64::from_be_bytes(*number))
}

/// The key of an alias.
pub(crate) fn alias_key(account: &str, name: &str, alias: &str) -> Vec<u8> {
    [account.as_bytes(), name.as_bytes(), &[0], alias.as_bytes()].concat()
}

/// The functions of an account whose names come behind `after`.
pub(crate) fn of_account(account: &str, after: &str) -> Range<Vec<u8>> {
    let mut start = key(account, after);
    if !after.is_empty() {
        start.push(0);
    }
    start..[account.as_bytes(), &[0xFF]].concat()
}

/// The versions of a function whose numbers come behind `after`.
pub(crate) fn versions_of(account: &str, name: &str, after: u64) -> Range<Vec<u8>> {
    let start = version_key(account, name, after.saturating_add(1));
    start..[account.as_bytes(), name.as_bytes(), &[1]].concat()
}

/// The aliases of a function whose names come behind `after`.
pub(crate) fn aliases_of(account: &str, name: &str, after: &str) -> Range<Vec<u8>> {
    let mut start = alias_key(account, name, after);
    if !after.is_empty() {
        start.push(0);
    }
    start..[account.as_bytes(), name.as_bytes(), &[1]].concat()
}
