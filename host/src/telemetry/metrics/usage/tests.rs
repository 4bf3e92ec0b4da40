//! Which buckets have figures of their own.

use super::*;

fn usage(bucket: Option<&str>, objects: u64, bytes: u64) -> Usage {
    let account = "123456789012".to_owned();
    Usage { account, bucket: bucket.map(str::to_owned), buckets: 4, objects, bytes }
}

fn rows(buckets_max: usize, name: &str) -> Vec<(String, u64)> {
    let usages = vec![
        usage(None, 10, 100),
        usage(Some("a"), 1, 5),
        usage(Some("b"), 2, 80),
        usage(Some("c"), 3, 5),
        usage(Some("d"), 4, 10),
    ];
    let gauges = gauges(usages, buckets_max);
    let gauge = gauges.into_iter().find(|gauge| gauge.name == name).unwrap();
    gauge.rows.into_iter().map(|(labels, value)| (labels[0].1.clone(), value)).collect()
}

#[test]
fn the_buckets_with_most_bytes_have_figures_and_the_others_share_one() {
    let named = |rows: &[(&str, u64)]| -> Vec<(String, u64)> {
        rows.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect()
    };
    assert_eq!(rows(2, "bucket_bytes"), named(&[("b", 80), ("d", 10), ("OTHER", 10)]));
    assert_eq!(rows(2, "bucket_objects"), named(&[("b", 2), ("d", 4), ("OTHER", 4)]));
    assert_eq!(rows(4, "bucket_bytes"), named(&[("b", 80), ("d", 10), ("a", 5), ("c", 5)]));
    assert_eq!(rows(0, "bucket_objects"), named(&[("OTHER", 10)]));
    assert_eq!(rows(0, "account_bytes"), named(&[("123456789012", 100)]));
    assert_eq!(rows(9, "account_buckets"), named(&[("123456789012", 4)]));
}

#[test]
fn the_fullest_quotas_have_figures() {
    let usages = [
        usage(None, 10, 100),
        usage(Some("a"), 1, 5),
        usage(Some("b"), 2, 80),
        usage(Some("c"), 3, 5),
        usage(Some("d"), 4, 10),
    ];
    // Of 100 bytes each, but for one that has no quota.
    let quota_use: QuotaUse = Box::new(|usage| (usage.bucket.as_deref() != Some("a")).then_some(usage.bytes));
    let gauges = quota_gauges(&usages, 2, &quota_use);
    let rows = |at: usize| -> Vec<(&str, u64)> {
        gauges[at].rows.iter().map(|(labels, value)| (labels[0].1.as_str(), *value)).collect()
    };
    assert_eq!(rows(0), [("b", 80), ("d", 10)]);
    assert_eq!(rows(1), [("123456789012", 100)]);
}
