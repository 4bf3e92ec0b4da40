//! MFA delete: what takes a one-time code in a bucket whose owner wants that.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/MultiFactorAuthenticationDelete.html>

use gateway::errors::{ErrorCode, Result, S3Error};
use gateway::identity::account::Account;
use sdk::IdentityKind;

use crate::records::BucketRow;
use crate::request::Request;

/// The second factor of a request. Only that of the root user of the account that owns the bucket
/// counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum SecondFactor {
    /// The principal is that root user, and brings no code.
    #[default]
    Missing,
    /// The principal is another one.
    NotRoot,
    /// The principal is that root user, with a code of its device. `iam` has used the code up.
    Shown,
}

impl SecondFactor {
    /// The second factor of a request, for its bucket.
    pub(crate) fn of(request: &Request) -> Result<SecondFactor> {
        let owner = request.bucket_row()?.record.owner;
        let is_root = request.identity().is_some_and(|identity| {
            identity.kind == IdentityKind::Root && Account::parse(&identity.account) == Some(owner)
        });
        if !is_root {
            return Ok(SecondFactor::NotRoot);
        }
        let shown = request.call.second_factor();
        let is_its = shown.is_some_and(|factor| Account::parse(&factor.account) == Some(owner));
        Ok(if is_its { SecondFactor::Shown } else { SecondFactor::Missing })
    }
}

/// Whether the versioning state may change. `AccessDenied` without a code of the root user.
pub(crate) fn check_change(factor: SecondFactor) -> Result<()> {
    match factor {
        SecondFactor::Shown => Ok(()),
        SecondFactor::Missing => Err(missing()),
        SecondFactor::NotRoot => Err(S3Error::new(ErrorCode::AccessDenied)
            .message("This operation may only be performed by the bucket owner")),
    }
}

/// Whether a version may be deleted for good. `AccessDenied` where the bucket requires a code, and
/// there is none.
pub(crate) fn check_delete(bucket: &BucketRow, factor: SecondFactor) -> Result<()> {
    match bucket.takes_second_factor() && factor != SecondFactor::Shown {
        true => Err(missing()),
        false => Ok(()),
    }
}

fn missing() -> S3Error {
    S3Error::new(ErrorCode::AccessDenied).message("Mfa Authentication must be used for this request")
}
