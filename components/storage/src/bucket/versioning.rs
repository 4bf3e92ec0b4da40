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

/// GetBucketVersioning. A bucket that never had versioning enabled answers no `Status` at all.
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
    // To switch it on takes a code as well: whoever does must be able to switch it off.
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
mod tests {
    use gateway::object::object_lock::ObjectLockConfiguration;

    use super::*;

    fn put(bucket: &mut BucketRow, status: &str, mfa_delete: &str, factor: SecondFactor) -> Result<()> {
        let status = VersioningStatus::parse(status).unwrap();
        change(bucket, VersioningConfiguration { status, mfa_delete: MfaDelete::parse(mfa_delete) }, factor)
    }

    #[test]
    fn what_mfa_delete_protects_takes_a_code() {
        let mut bucket = BucketRow::default();
        let denied = |result: Result<()>| assert_eq!(result.unwrap_err().code, ErrorCode::AccessDenied);
        for factor in [SecondFactor::Missing, SecondFactor::NotRoot] {
            denied(put(&mut bucket, "Enabled", "Enabled", factor));
            assert_eq!(bucket, BucketRow::default());
        }
        put(&mut bucket, "Enabled", "", SecondFactor::Missing).unwrap();
        assert_eq!((bucket.versioning, bucket.mfa_delete), (Versioning::Enabled, None));
        put(&mut bucket, "Enabled", "Disabled", SecondFactor::NotRoot).unwrap();
        assert_eq!(bucket.mfa_delete, Some(MfaDelete::Disabled));
        put(&mut bucket, "Enabled", "Enabled", SecondFactor::Shown).unwrap();
        for (status, mfa_delete) in
            [("Suspended", ""), ("Enabled", ""), ("Enabled", "Disabled"), ("Suspended", "Disabled")]
        {
            denied(put(&mut bucket, status, mfa_delete, SecondFactor::Missing));
            denied(put(&mut bucket, status, mfa_delete, SecondFactor::NotRoot));
        }
        assert!(bucket.takes_second_factor());
        put(&mut bucket, "Suspended", "", SecondFactor::Shown).unwrap();
        assert!(bucket.takes_second_factor());
        put(&mut bucket, "Suspended", "Disabled", SecondFactor::Shown).unwrap();
        put(&mut bucket, "Enabled", "", SecondFactor::Missing).unwrap();
        assert_eq!(bucket.mfa_delete, Some(MfaDelete::Disabled));
    }

    #[test]
    fn object_lock_keeps_versioning_on() {
        let mut bucket =
            BucketRow { object_lock: Some(ObjectLockConfiguration::default()), ..BucketRow::default() };
        let refused = put(&mut bucket, "Suspended", "", SecondFactor::Missing).unwrap_err();
        assert_eq!(refused.code, ErrorCode::InvalidBucketState);
        put(&mut bucket, "Enabled", "", SecondFactor::Missing).unwrap();
    }
}
