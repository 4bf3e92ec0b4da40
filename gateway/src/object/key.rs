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
mod tests {
    use super::*;

    #[test]
    fn the_limit_counts_bytes_of_the_decoded_key() {
        assert_eq!(parse(&"%41".repeat(1024)).unwrap().len(), 1024);
        let error = parse(&"é".repeat(513)).unwrap_err();
        assert_eq!(error.code, ErrorCode::KeyTooLongError);
        assert_eq!(error.details, [("Size", "1026".to_owned()), ("MaxSizeAllowed", "1024".to_owned())]);
    }
}
