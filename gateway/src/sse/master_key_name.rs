//! Master keys, under which the data keys of objects are wrapped: their names, and what S3 says
//! where a key cannot be used.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html>. Who may use a
//! key is decided in `access`.

use crate::errors::{ErrorCode, S3Error};

/// The `aws_managed` key that every account has: for SSE-KMS without the name of a key.
pub const AWS_MANAGED_ALIAS: &str = "alias/aws/s3";

/// What the name of an alias begins with.
const ALIAS: &str = "alias/";

/// A name that is an ARN, taken apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KeyArn<'a> {
    /// `us-east-1`
    pub region: &'a str,
    /// 12 digits.
    pub account: &'a str,
    /// `key/ID`, or `alias/NAME`.
    pub relative: &'a str,
}

impl<'a> KeyArn<'a> {
    /// Reads `arn:aws:kms:us-east-1:111122223333:key/ID`; `None` for a name that is not an ARN.
    pub fn parse(name: &'a str) -> Option<KeyArn<'a>> {
        let mut parts = name.splitn(6, ':');
        let head = [parts.next()?, parts.next()?, parts.next()?];
        let (region, account, relative) = (parts.next()?, parts.next()?, parts.next()?);
        matches!(head, ["arn", _, "kms"]).then_some(KeyArn { region, account, relative })
    }
}

/// What S3 says of a name in another region, before anybody looks for the key.
pub fn check_region(name: &str, region: &str) -> Result<(), S3Error> {
    match KeyArn::parse(name) {
        Some(arn) if arn.region != region => {
            Err(S3Error::new(ErrorCode::KmsNotFoundException).message(format!("Invalid arn {}", arn.region)))
        }
        _ => Ok(()),
    }
}

/// What S3 says of a key that is not there. `name` is as it was given, by a principal of the
/// account.
pub fn not_found(name: &str, account: &str, region: &str) -> S3Error {
    let arn_of = |relative: &str| format!("arn:aws:kms:{region}:{account}:{relative}");
    let message = match KeyArn::parse(name) {
        Some(arn) if arn.relative.starts_with(ALIAS) => format!("Alias {name} is not found."),
        Some(_) => format!("Key '{name}' does not exist"),
        None if name.starts_with(ALIAS) => format!("Alias {} is not found.", arn_of(name)),
        None if is_uuid(name) => format!("Key '{}' does not exist", arn_of(&format!("key/{name}"))),
        None => format!("Invalid keyId '{name}'"),
    };
    S3Error::new(ErrorCode::KmsNotFoundException).message(message)
}

/// What S3 says of a key that is disabled.
pub fn disabled(arn: &str) -> S3Error {
    S3Error::new(ErrorCode::KmsDisabledException).message(format!("{arn} is disabled."))
}

/// Whether a text is 32 hexadecimal digits in the groups of a UUID.
fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
mod tests;
