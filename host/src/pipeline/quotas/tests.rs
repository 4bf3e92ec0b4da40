//! Which quota holds, and what a commit is held to.

use super::*;
use crate::pipeline::rules::By;

const ACCOUNT: &str = "123456789012";

fn quota(bytes_max: Option<u64>, objects_max: Option<u64>) -> Quota {
    Quota { bytes_max, objects_max }
}

fn entry(subject: Subject, name: &str, quota: Quota) -> QuotaEntry {
    QuotaEntry { subject, name: name.to_owned(), allowance: quota }
}

fn change(limited: bool) -> UsageChange {
    UsageChange {
        bucket: "photos".to_owned(),
        account: ACCOUNT.to_owned(),
        buckets: 0,
        objects: 1,
        bytes: 10,
        limited,
    }
}

#[test]
fn a_name_comes_before_each() {
    let quotas = Quotas::new(
        &[
            entry(Subject::Bucket, "*", quota(Some(1), None)),
            entry(Subject::Bucket, "photos", quota(None, Some(2))),
        ],
        true,
    );
    assert_eq!(quotas.of(Subject::Bucket, "photos"), Some(quota(None, Some(2))));
    assert_eq!(quotas.of(Subject::Bucket, "other"), Some(quota(Some(1), None)));
    assert_eq!(quotas.of(Subject::Account, ACCOUNT), None);
}

#[test]
fn quotas_change_while_the_server_runs() {
    let quotas = Quotas::default();
    assert!(!quotas.is_any());
    quotas.set(Subject::Account, ACCOUNT, quota(Some(5), None));
    assert_eq!(quotas.of(Subject::Account, ACCOUNT), Some(quota(Some(5), None)));
    assert_eq!(quotas.list()[0].2.by, By::Call);
    assert!(quotas.clear(Subject::Account, ACCOUNT));
    assert!(!quotas.clear(Subject::Account, ACCOUNT));
    assert!(!quotas.is_any());
}

#[test]
fn a_commit_adds_to_its_account_and_its_bucket_and_is_held_to_the_quotas_of_both() {
    let quotas = Quotas::new(
        &[
            entry(Subject::Account, "*", quota(Some(100), None)),
            entry(Subject::Bucket, "photos", quota(None, Some(3))),
        ],
        true,
    );
    let adds = quotas.adds(&change(true));
    let named: Vec<_> = adds.iter().map(|add| (add.counter.as_str(), add.amounts, add.at_most)).collect();
    assert_eq!(
        named,
        [
            ("123456789012/", [0, 1, 10], [None, None, Some(100)]),
            ("123456789012/photos", [0, 1, 10], [None, Some(3), None]),
        ]
    );
    assert!(quotas.adds(&change(false)).iter().all(|add| add.at_most == [None; 3]));
    let told = |add, amount, before, most| {
        let told = excess(&change(true), volume::Excess { add, amount, before, most });
        format!("{} {} {} {} {} {}", told.subject, told.name, told.amount, told.most, told.used, told.added)
    };
    assert_eq!(told(0, BYTES, 95, 100), "account 123456789012 bytes 100 95 10");
    assert_eq!(told(1, OBJECTS, 3, 3), "bucket photos objects 3 3 1");
}
