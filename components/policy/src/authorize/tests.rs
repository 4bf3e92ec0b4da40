//! The table of decisions.

use sdk::Identity;

use super::*;

const OWNER: &str = "111111111111";
const OTHER: &str = "222222222222";

fn account(account: &str) -> Principal {
    Principal::Authenticated(Identity {
        account: account.to_owned(),
        canonical_id: String::new(),
        display_name: String::new(),
        user: "alice".to_owned(),
        access_key_id: "k".to_owned(),
    })
}

fn target(operation: &str, bucket: Option<&str>) -> Target {
    Target { operation: operation.to_owned(), bucket: bucket.map(str::to_owned), key: None }
}

fn is_allowed(principal: &Principal, operation: &str, bucket: Option<&str>, owner: Option<&str>) -> bool {
    match decide(principal, owner, || target(operation, bucket)) {
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
        assert!(is_allowed(&account(OWNER), operation, Some("photos"), Some(OWNER)), "{operation}");
        assert!(!is_allowed(&account(OTHER), operation, Some("photos"), Some(OWNER)), "{operation}");
        assert!(!is_allowed(&Principal::Anonymous, operation, Some("photos"), Some(OWNER)), "{operation}");
    }
}

#[test]
fn what_concerns_no_bucket_is_allowed_to_accounts() {
    assert!(is_allowed(&account(OTHER), "ListBuckets", None, None));
    assert!(is_allowed(&account(OTHER), "CreateBucket", Some("new"), None));
    assert!(!is_allowed(&Principal::Anonymous, "ListBuckets", None, None));
    assert!(!is_allowed(&Principal::Anonymous, "CreateBucket", Some("new"), None));
}

#[test]
fn a_bucket_without_a_known_owner_is_closed() {
    assert!(!is_allowed(&account(OWNER), "GetObject", Some("photos"), None));
}
