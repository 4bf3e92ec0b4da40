//! GetBucketVersioning, PutBucketVersioning.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketVersioning.html>

use gateway::bucket::versioning::{self, MfaDelete, VersioningConfiguration, VersioningStatus};
use gateway::errors::{ErrorCode, Result, S3Error};
use sdk::Response;

use crate::records::{BucketRow, Versioning};
use crate::request::Request;
use crate::subresource::document;
use crate::subresource::second_factor::{self, SecondFactor};

/// GetBucketVersioning. The document of a bucket that never had versioning enabled has no `Status`.
pub(crate) async fn get(request: &Request) -> Result<Response> {
    let bucket = &request.bucket_row()?.record;
    let status = match bucket.versioning {
        Versioning::Unversioned => None,
        Versioning::Enabled => Some(VersioningStatus::Enabled),
        Versioning::Suspended => Some(VersioningStatus::Suspended),
    };
    Ok(Response::new(200).xml(versioning::document(status, bucket.mfa_delete)))
}

/// PutBucketVersioning. Object Lock needs versions: with it, versioning cannot be suspended (409
/// `InvalidBucketState`). What MFA delete protects takes a code of the root user's device (403
/// `AccessDenied`).
pub(crate) async fn put(request: &Request) -> Result<Response> {
    let wanted = VersioningConfiguration::parse_document(&document::receive(request).await?)?;
    let factor = SecondFactor::of(request)?;
    super::change(request, |bucket| change(bucket, wanted, factor)).await?;
    Ok(Response::new(200))
}

fn change(bucket: &mut BucketRow, wanted: VersioningConfiguration, factor: SecondFactor) -> Result<()> {
    let versioning = match wanted.status {
        VersioningStatus::Enabled => Versioning::Enabled,
        VersioningStatus::Suspended => Versioning::Suspended,
    };
    let mfa_delete = wanted.mfa_delete.or(bucket.mfa_delete);
    // Switching MFA delete on takes a code, too. It shows that the device works that is needed to
    // switch it off.
    if bucket.takes_second_factor() || mfa_delete == Some(MfaDelete::Enabled) {
        second_factor::check_change(factor)?;
    }
    if bucket.object_lock.is_some() && versioning != Versioning::Enabled {
        return Err(S3Error::new(ErrorCode::InvalidBucketState).message(
            "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.",
        ));
    }
    bucket.versioning = versioning;
    bucket.mfa_delete = mfa_delete;
    Ok(())
}

#[cfg(test)]
mod tests;
