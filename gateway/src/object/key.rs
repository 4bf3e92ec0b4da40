//! Keys: 1 to 1,024 bytes of UTF-8, otherwise anything.

use crate::errors::{ErrorCode, Result, S3Error};
use crate::request::url_encoding::decode_path;

/// The longest key, in bytes.
pub const LENGTH_MAX: usize = 1024;

/// Decodes a key from a path. `InvalidURI` for broken escapes, `KeyTooLongError` beyond 1,024
/// bytes.
pub fn parse(encoded: &str) -> Result<String> {
    let key = decode_path(encoded)?.into_owned();
    check(&key)?;
    Ok(key)
}

/// Checks the length of a decoded key: `KeyTooLongError` beyond 1,024 bytes.
pub fn check(key: &str) -> Result<()> {
    if key.len() <= LENGTH_MAX {
        return Ok(());
    }
    Err(S3Error::new(ErrorCode::KeyTooLongError)
        .detail("Size", key.len().to_string())
        .detail("MaxSizeAllowed", LENGTH_MAX.to_string()))
}

#[cfg(test)]
mod tests;
