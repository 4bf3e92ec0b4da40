//! ACL headers of buckets and objects.
//!
//! Every bucket is `BucketOwnerEnforced`: ACLs are disabled, and requests that would grant something by one
//! are refused rather than half obeyed.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html>

use crate::errors::{ErrorCode, Result, S3Error};
use crate::headers::Headers;

const CANNED: [&str; 8] = [
    "private",
    "public-read",
    "public-read-write",
    "authenticated-read",
    "aws-exec-read",
    "bucket-owner-read",
    "bucket-owner-full-control",
    "log-delivery-write",
];

/// Checks the ACL headers of a request that creates an object or an upload: `AccessControlListNotSupported`
/// unless they grant nothing to anybody but the owner, `InvalidArgument` for an unknown canned ACL.
pub fn check_object(headers: &Headers) -> Result<()> {
    check(headers, ErrorCode::AccessControlListNotSupported)
}

/// Checks the ACL headers of CreateBucket: `InvalidBucketAclWithObjectOwnership` unless they grant nothing.
pub fn check_bucket(headers: &Headers) -> Result<()> {
    check(headers, ErrorCode::InvalidBucketAclWithObjectOwnership)
}

fn check(headers: &Headers, refusal: ErrorCode) -> Result<()> {
    if let Some(name) = headers.get("x-amz-acl") {
        if !CANNED.contains(&name) {
            return Err(S3Error::invalid_argument("x-amz-acl", name, ""));
        }
        if !matches!(name, "private" | "bucket-owner-full-control") {
            return Err(refusal.into());
        }
    }
    match headers.with_prefix("x-amz-grant-").next() {
        Some(_) => Err(refusal.into()),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_acls_that_grant_nothing_are_taken() {
        let check =
            |name, value| check_object(&Headers::from_iter([(name, value)])).map_err(|error| error.code);
        assert_eq!(check_object(&Headers::default()), Ok(()));
        assert_eq!(check("x-amz-acl", "private"), Ok(()));
        assert_eq!(check("x-amz-acl", "bucket-owner-full-control"), Ok(()));
        assert_eq!(check("x-amz-acl", "public-read"), Err(ErrorCode::AccessControlListNotSupported));
        assert_eq!(check("x-amz-acl", "everyone"), Err(ErrorCode::InvalidArgument));
        assert_eq!(check("x-amz-grant-read", "id=\"1\""), Err(ErrorCode::AccessControlListNotSupported));
        let bucket = check_bucket(&Headers::from_iter([("x-amz-acl", "public-read")])).unwrap_err();
        assert_eq!(bucket.code, ErrorCode::InvalidBucketAclWithObjectOwnership);
    }
}
