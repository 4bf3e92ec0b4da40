//! Accounts: 12 digits, kept as the number they spell.

use serde::{Deserialize, Serialize};
use std::fmt;

/// An account.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Account(pub u64);

/// The canonical id that S3 prints for `anonymous`:
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html>
pub const ANONYMOUS_CANONICAL_ID: &str = "65a011a29cdf8ec533ec3d1ccaae921c";

impl Account {
    /// Stands for `anonymous`; no account has this number.
    pub const ANONYMOUS: Account = Account(0);

    /// Reads 12 digits.
    pub fn parse(text: &str) -> Option<Account> {
        let digits = text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse().ok().map(Account)).flatten()
    }
}

impl fmt::Display for Account {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:012}", self.0)
    }
}

#[cfg(test)]
mod tests;
