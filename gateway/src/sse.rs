//! Server-side encryption: what a request says of it, and what S3 answers where it does not fit.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/serv-side-encryption.html>. Objects are
//! sealed under the folder key ([SSE-S3]), under a master key ([SSE-KMS]), or under a customer key,
//! which the client sends each time ([SSE-C]).
//!
//! [SSE-S3]: https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingServerSideEncryption.html
//! [SSE-KMS]: https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
//! [SSE-C]: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerSideEncryptionCustomerKeys.html

pub mod context;
mod customer_key;
pub mod master_key_name;
mod requested;

use crate::errors::{ErrorCode, Result, S3Error};
use crate::request::headers::Headers;

pub use crate::bucket::encryption::{AES256, KMS};
pub use customer_key::{CustomerKey, Digest, SentCustomerKey, Use, names};
pub use requested::{MasterKeyChoice, RequestedSealing};

/// The header that says how a new object is sealed.
pub const HEADER: &str = "x-amz-server-side-encryption";
/// The header that names the master key.
pub const KEY_ID_HEADER: &str = "x-amz-server-side-encryption-aws-kms-key-id";
/// The header that says whether the use of the master key is bound to the bucket.
pub const BUCKET_KEY_HEADER: &str = "x-amz-server-side-encryption-bucket-key-enabled";
/// The header with the algorithm of the customer key.
pub const CUSTOMER_ALGORITHM_HEADER: &str = "x-amz-server-side-encryption-customer-algorithm";
/// The header with the MD5 of the customer key.
pub const CUSTOMER_MD5_HEADER: &str = "x-amz-server-side-encryption-customer-key-md5";

/// What is in the name of each header about server-side encryption.
pub const MARK: &str = "server-side-encryption";

/// Whether a header, or a field of a form, is about server-side encryption. Its name in any case.
pub fn is_about(name: &str) -> bool {
    name.len() >= MARK.len()
        && name.as_bytes().windows(MARK.len()).any(|window| window.eq_ignore_ascii_case(MARK.as_bytes()))
}

/// Refuses headers about server-side encryption that come more than once: one reader takes the
/// first, and another takes all, and they would not mean the same. `InvalidRequest`
pub fn refuse_repeated(headers: &Headers) -> Result<()> {
    let repeated = |(name, _): &(&str, &str)| is_about(name) && headers.all(name).count() > 1;
    match headers.iter().find(repeated) {
        Some((name, _)) => {
            Err(S3Error::invalid_request(format!("The header {name} is given more than once.")))
        }
        None => Ok(()),
    }
}

/// `InvalidRequest`: the object needs a customer key, and the request has none.
pub fn key_is_missing() -> S3Error {
    S3Error::invalid_request(
        "The object was stored using a form of Server Side Encryption. The correct parameters must be provided to retrieve \
         the object.",
    )
}

/// `InvalidRequest`: the request has a customer key, and the object needs none.
pub fn not_applicable() -> S3Error {
    S3Error::invalid_request("The encryption parameters are not applicable to this object.")
}

/// `AccessDenied`: the object is sealed under another key.
pub fn wrong_key() -> S3Error {
    S3Error::new(ErrorCode::AccessDenied).message(
        "Requests specifying Server Side Encryption with Customer provided keys must provide the correct secret key.",
    )
}

/// `InvalidRequest`: the upload was begun with a customer key and a part comes without, or the
/// reverse.
pub fn upload_differs() -> S3Error {
    S3Error::invalid_request(
        "The multipart upload initiate requested encryption. Subsequent part requests must include the appropriate \
         encryption parameters.",
    )
}

/// `InvalidRequest`: the upload was begun with another key.
pub fn wrong_key_of_upload() -> S3Error {
    S3Error::invalid_request("The provided encryption parameters did not match the ones used originally.")
}

/// `InvalidArgument`: a header that says how to write is sent with an operation that only reads.
pub fn not_of_this_operation(value: &str) -> S3Error {
    S3Error::invalid_argument(
        HEADER,
        value,
        "x-amz-server-side-encryption header is not supported for this operation.",
    )
}

/// `AccessDenied`: the bucket does not take customer keys. `who` is the ARN of the principal, if it
/// has one.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/blocking-unblocking-s3-c-encryption-gpb.html>
pub fn sse_c_blocked(who: Option<&str>, action: &str, resource: &str) -> S3Error {
    let who = who.map(|arn| format!("User: {arn}")).unwrap_or_else(|| "Anonymous user".to_owned());
    S3Error::new(ErrorCode::AccessDenied).message(format!(
        "{who} is not authorized to perform: {action} on resource: \"{resource}\" because this bucket has blocked upload \
         requests that specify Server Side Encryption with Customer provided keys (SSE-C). Please specify a different \
         server-side encryption type"
    ))
}

#[cfg(test)]
mod tests;
