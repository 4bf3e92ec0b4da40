//! Master keys, under which the data keys of objects are wrapped: their names, and what S3 says
//! where one cannot be used.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html>. Who may use
//! one, `access` decides.

use crate::errors::{ErrorCode, S3Error};

/// The name of the key that every account has: of objects that ask for a named key and name none.
pub const MANAGED_ALIAS: &str = "alias/aws/s3";

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
    /// Reads `arn:aws:kms:us-east-1:111122223333:key/ID`; `None` for a name that is no ARN.
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

/// What S3 says of a key that is not there: `name` is as it was given, by somebody of the account.
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
mod tests {
    use super::*;

    const ACCOUNT: &str = "111122223333";

    #[test]
    fn an_arn_is_taken_apart() {
        let arn = KeyArn::parse("arn:aws:kms:us-east-1:111122223333:key/a:b").unwrap();
        assert_eq!((arn.region, arn.account, arn.relative), ("us-east-1", ACCOUNT, "key/a:b"));
        for name in ["", "key", "alias/photos", "arn:aws:kms:us-east-1:1", "arn:aws:s3:::a:b:c"] {
            assert_eq!(KeyArn::parse(name), None, "{name}");
        }
    }

    #[test]
    fn a_key_that_is_not_there_is_named_as_s3_does() {
        let uuid = "134f2428-cec1-4b25-a1ae-9048164dba47";
        let own = format!("arn:aws:kms:us-east-1:{ACCOUNT}:key/{uuid}");
        let cases = [
            ("fake-key-id".to_owned(), "Invalid keyId 'fake-key-id'".to_owned()),
            (uuid.to_owned(), format!("Key '{own}' does not exist")),
            (own.clone(), format!("Key '{own}' does not exist")),
            ("alias/x".to_owned(), format!("Alias arn:aws:kms:us-east-1:{ACCOUNT}:alias/x is not found.")),
            (
                format!("arn:aws:kms:us-east-1:{ACCOUNT}:alias/x"),
                format!("Alias arn:aws:kms:us-east-1:{ACCOUNT}:alias/x is not found."),
            ),
            ("aws/s3".to_owned(), "Invalid keyId 'aws/s3'".to_owned()),
        ];
        for (name, expected) in cases {
            let error = not_found(&name, ACCOUNT, "us-east-1");
            assert_eq!((error.code, error.message), (ErrorCode::KmsNotFoundException, Some(expected)));
        }
        assert_eq!(check_region(&own, "us-east-1"), Ok(()));
        assert_eq!(check_region("fake", "us-east-1"), Ok(()));
        let elsewhere = check_region(&own.replace("us-east-1", "us-west-2"), "us-east-1").unwrap_err();
        assert_eq!(elsewhere.message.as_deref(), Some("Invalid arn us-west-2"));
        assert_eq!(disabled(&own).message, Some(format!("{own} is disabled.")));
    }
}
