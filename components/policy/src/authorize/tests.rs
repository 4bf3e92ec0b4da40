//! The table of decisions.

use super::*;

const OWNER: &str = "111111111111";
const OTHER: &str = "222222222222";

fn target(operation: &str, bucket: Option<&str>) -> Target {
    Target { operation: operation.to_owned(), bucket: bucket.map(str::to_owned), key: None }
}

fn is_allowed(account: Option<&str>, operation: &str, bucket: Option<&str>, owner: Option<&str>) -> bool {
    match decide(account, owner, || target(operation, bucket)) {
        Ok(Decision::Allow) => true,
        Err(error) => {
            assert_eq!(error, S3Error::from(ErrorCode::AccessDenied));
            false
        }
    }
}

#[test]
fn an_account_may_do_everything_with_its_own_buckets_only() {
    for operation in ["GetObject", "PutObject", "DeleteBucket"] {
        assert!(is_allowed(Some(OWNER), operation, Some("photos"), Some(OWNER)), "{operation}");
        assert!(!is_allowed(Some(OTHER), operation, Some("photos"), Some(OWNER)), "{operation}");
        assert!(!is_allowed(None, operation, Some("photos"), Some(OWNER)), "{operation}");
    }
}

#[test]
fn what_concerns_no_bucket_is_allowed_to_accounts() {
    assert!(is_allowed(Some(OTHER), "ListBuckets", None, None));
    assert!(is_allowed(Some(OTHER), "CreateBucket", Some("new"), None));
    assert!(!is_allowed(None, "ListBuckets", None, None));
    assert!(!is_allowed(None, "CreateBucket", Some("new"), None));
}

#[test]
fn a_bucket_without_a_known_owner_is_closed() {
    assert!(!is_allowed(Some(OWNER), "GetObject", Some("photos"), None));
}
