use super::*;
use crate::multipart::tests::bucket;

fn row(revision: u64, policy: Option<u64>) -> Row<BucketRow> {
    Row { key: Vec::new(), record: BucketRow { policy, ..bucket() }, revision }
}

#[test]
fn what_was_decided_about_a_bucket_holds_for_the_same_bucket() {
    for policy in [None, Some(1)] {
        assert!(is_decided(Some(3), &row(3, policy), || panic!("nobody needs to ask")));
    }
}

#[test]
fn what_was_decided_about_another_bucket_holds_for_its_owner_only_and_where_there_is_still_no_policy() {
    assert!(is_decided(Some(3), &row(4, None), || true), "its owner has changed a setting");
    assert!(!is_decided(Some(3), &row(4, None), || false));
    assert!(!is_decided(Some(3), &row(4, Some(1)), || true), "the policy may deny the owner, too");
    assert!(!is_decided(None, &row(4, Some(1)), || true), "nothing was decided");
}
