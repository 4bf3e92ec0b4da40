//! Bucket names: which names a new bucket may have, and which names a request may address.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>

use crate::errors::{ErrorCode, Result, S3Error};
use std::net::Ipv4Addr;

const RESERVED_PREFIXES: [&str; 3] = ["xn--", "sthree-", "amzn-s3-demo-"];
const RESERVED_SUFFIXES: [&str; 5] =
    [super::access_point::ALIAS_SUFFIX, OBJECT_LAMBDA_SUFFIX, ".mrap", DIRECTORY_SUFFIX, "--table-s3"];

/// How the aliases of Object Lambda access points end.
pub const OBJECT_LAMBDA_SUFFIX: &str = "--ol-s3";
/// How the names of directory buckets end.
pub const DIRECTORY_SUFFIX: &str = "--x-s3";

/// Checks the name of a bucket that is to be created: `InvalidBucketName` unless it follows every
/// rule.
pub fn check_create(name: &str) -> Result<()> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let allowed = |byte: u8| plain(byte) || matches!(byte, b'.' | b'-');
    let label =
        |label: &str| label.bytes().next().is_some_and(plain) && label.bytes().next_back().is_some_and(plain);
    let valid = (3..=63).contains(&name.len())
        && name.split('.').all(label)
        && name.bytes().all(allowed)
        && name.parse::<Ipv4Addr>().is_err()
        && !RESERVED_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
        && !RESERVED_SUFFIXES.iter().any(|suffix| name.ends_with(suffix));
    if valid { Ok(()) } else { Err(invalid(name)) }
}

/// Checks the name of a bucket in an address: `InvalidBucketName` for a name that no bucket can
/// have, even by the looser rules of old buckets (3 to 255 letters, digits, `.`, `-` and `_`).
pub fn check_access(name: &str) -> Result<()> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    if (3..=255).contains(&name.len()) && name.bytes().all(allowed) { Ok(()) } else { Err(invalid(name)) }
}

fn invalid(name: &str) -> S3Error {
    S3Error::new(ErrorCode::InvalidBucketName).detail("BucketName", name)
}

#[cfg(test)]
mod tests;
