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
