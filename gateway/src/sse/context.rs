//! The encryption context, to which the use of a master key is bound: pairs of names and values.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html#encryption-context>

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::errors::{Result, S3Error};
use crate::policy::resource_arn;

/// The header with the pairs of a client: base64 of a JSON object of texts.
pub const HEADER: &str = "x-amz-server-side-encryption-context";
/// The pair that S3 itself adds: the ARN of the object, or of the bucket.
pub const ARN: &str = "aws:s3:arn";
/// Bytes of the JSON text, at most, as AWS KMS takes.
pub const LENGTH_MAX: usize = 8192;

/// Names and values, in the order of the names.
pub type Pairs = Vec<(String, String)>;

/// Reads the pairs of a client. `InvalidArgument` for another text, and for names that begin with
/// `aws:`: S3 sets these itself, and policies of keys trust them.
pub fn parse(value: &str) -> Result<Pairs> {
    let pairs = BASE64
        .decode(value)
        .ok()
        .filter(|text| text.len() <= LENGTH_MAX)
        .and_then(|text| serde_json::from_slice::<BTreeMap<String, String>>(&text).ok())
        .filter(|pairs| !pairs.keys().any(|name| name.to_ascii_lowercase().starts_with("aws:")));
    let pairs = pairs.ok_or_else(|| {
        let message = format!(
            "The header '{HEADER}' shall be Base64-encoded UTF-8 string holding JSON which represents a string-string map"
        );
        S3Error::invalid_argument(HEADER, value, message)
    })?;
    Ok(pairs.into_iter().collect())
}

/// What [`parse`] reads.
pub fn print(pairs: &[(String, String)]) -> String {
    BASE64.encode(to_json(pairs))
}

/// All pairs that the use of a key is bound to, in the order of their names: those of the client,
/// and the ARN of the object, or with a bucket key that of the bucket.
pub fn of_object(bucket: &str, key: &str, own: &[(String, String)], bucket_key: bool) -> Pairs {
    let arn = resource_arn(bucket, if bucket_key { None } else { Some(key) });
    let own = own.iter().filter(|(name, _)| name != ARN).cloned();
    let pairs: BTreeMap<String, String> = own.chain([(ARN.to_owned(), arn)]).collect();
    pairs.into_iter().collect()
}

/// The same pairs are always the same text.
pub fn to_json(pairs: &[(String, String)]) -> String {
    let pairs: BTreeMap<&str, &str> =
        pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    serde_json::to_string(&pairs).unwrap_or_default()
}
