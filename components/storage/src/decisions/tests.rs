use super::*;
use crate::multipart::tests::bucket;

fn row(revision: u64, policy: Option<u64>) -> Row<BucketRow> {
    Row { key: Vec::new(), record: BucketRow { policy, ..bucket() }, revision }
}

#[test]
fn a_decision_holds_for_the_row_that_it_was_made_on() {
    for policy in [None, Some(1)] {
        assert!(is_decided(Some(3), &row(3, policy), || panic!("nobody needs to ask")));
    }
}

#[test]
fn a_decision_on_an_earlier_row_holds_where_only_ownership_decided_and_still_does() {
    assert!(is_decided(Some(3), &row(4, None), || true), "its owner has changed a setting");
    assert!(!is_decided(Some(3), &row(4, None), || false));
    assert!(!is_decided(Some(3), &row(4, Some(1)), || true), "the policy may deny the owner, too");
    assert!(!is_decided(None, &row(4, Some(1)), || true), "nothing was decided");
}
