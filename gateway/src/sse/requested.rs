//! How a request wants a new object to be sealed.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/specifying-kms-encryption.html>

use super::context::{self, Pairs};
use super::{
    AES256, BUCKET_KEY_HEADER, CustomerKey, Digest, HEADER, KEY_ID_HEADER, KMS, SentCustomerKey, Use, names,
};
use crate::errors::{ErrorCode, Result, S3Error};
use crate::request::headers::Headers;

/// What a request says of the object that it writes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RequestedSealing {
    /// Nothing: the default key of the bucket counts. Only `bucket_key` may be said.
    Nothing {
        /// Whether the use of the key is bound to the bucket.
        bucket_key: Option<bool>,
    },
    /// SSE-S3: under the folder key.
    SseS3,
    /// SSE-C: under this customer key.
    SseC(CustomerKey),
    /// SSE-KMS: under a master key.
    SseKms(MasterKeyChoice),
}

/// Which master key, and how it is used.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MasterKeyChoice {
    /// An id, an ARN or an alias. Where it is `None`, the `aws_managed` key of the account.
    pub name: Option<String>,
    /// What the client binds the use of the key to.
    pub context: Pairs,
    /// Whether the use is bound to the bucket; where it is `None`, the bucket's configuration says.
    pub bucket_key: Option<bool>,
}

impl RequestedSealing {
    /// Reads the headers of a write.
    ///
    /// `InvalidArgument` for an unknown method, and for headers that exclude each other;
    /// `NotImplemented` for two layers (`aws:kms:dsse`); the errors of [`SentCustomerKey::read`].
    pub fn parse(headers: &Headers, is_secure: bool, digest: Digest<'_>) -> Result<RequestedSealing> {
        let method = headers.get(HEADER);
        let key_id = headers.get(KEY_ID_HEADER);
        if let Some(sent) = SentCustomerKey::of(headers, names::OBJECT) {
            // As in S3, two methods at once are refused before the customer key is read.
            if let Some(method) = method.or(key_id) {
                let message = "Server Side Encryption with Customer provided key is incompatible with the encryption method \
                               specified";
                return Err(S3Error::invalid_argument(HEADER, method, message));
            }
            return sent.read(Use::Write, is_secure, digest).map(RequestedSealing::SseC);
        }
        let context = headers.get(context::HEADER);
        let bucket_key = headers.get(BUCKET_KEY_HEADER).map(parse_bucket_key).transpose()?;
        match method {
            Some(KMS) => {
                let context = context.map(context::parse).transpose()?.unwrap_or_default();
                let name = key_id.map(str::to_owned);
                return Ok(RequestedSealing::SseKms(MasterKeyChoice { name, context, bucket_key }));
            }
            Some("aws:kms:dsse") => {
                return Err(S3Error::new(ErrorCode::NotImplemented)
                    .message("Dual-layer server-side encryption (aws:kms:dsse) is not implemented.")
                    .detail("Header", HEADER));
            }
            None | Some(AES256) => {}
            Some(other) => {
                let message = "The encryption method specified is not supported";
                return Err(S3Error::invalid_argument(HEADER, other, message));
            }
        }
        if key_id.is_some() || context.is_some() || (bucket_key == Some(true) && method.is_some()) {
            return Err(requires_kms(method));
        }
        Ok(if method.is_some() { RequestedSealing::SseS3 } else { RequestedSealing::Nothing { bucket_key } })
    }
}

/// `InvalidArgument`: a header about a master key, for an object that is not sealed under one.
fn requires_kms(method: Option<&str>) -> S3Error {
    let message = "Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : \
                   aws:kms";
    S3Error::invalid_argument(HEADER, method.unwrap_or("null"), message)
}

fn parse_bucket_key(text: &str) -> Result<bool> {
    match text {
        _ if text.eq_ignore_ascii_case("true") => Ok(true),
        _ if text.eq_ignore_ascii_case("false") => Ok(false),
        _ => Err(S3Error::invalid_argument(BUCKET_KEY_HEADER, text, "The value must be true or false.")),
    }
}
