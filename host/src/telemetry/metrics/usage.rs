//! Objects and bytes of buckets and accounts, and how full their quotas are, under the names that
//! the metrics give them.

use std::cmp::Reverse;
use std::sync::Arc;

use super::{LabelledGauge, VolumeFigures, VolumeSource};
use crate::telemetry::usage::{self, Usage};
use volume::Volume;

/// How much of its quota a bucket or an account has used, in percent; `None` where it has none.
pub type QuotaUse = Box<dyn Fn(&Usage) -> Option<u64> + Send + Sync>;

/// The volume, and how many buckets have figures of their own.
pub struct UsageSource {
    /// The volume.
    pub volume: Arc<Volume>,
    /// Buckets with figures of their own: those that hold most bytes. The others share one sum.
    pub series_max: usize,
    /// What quotas say of usage.
    pub quota_use: QuotaUse,
}

impl VolumeSource for UsageSource {
    fn figures(&self) -> VolumeFigures {
        let mut figures = self.volume.figures();
        // Without counts, and while the index is being recovered, there is nothing to say.
        let read = self.volume.snapshot().and_then(|snapshot| usage::read(&snapshot));
        if let Ok(usages) = read {
            figures.labelled.extend(quota_gauges(&usages, self.series_max, &self.quota_use));
            figures.labelled.extend(gauges(usages, self.series_max));
        }
        figures
    }
}

/// The gauges of this usage.
pub(super) fn gauges(usages: Vec<Usage>, series_max: usize) -> Vec<LabelledGauge> {
    let (accounts, mut buckets): (Vec<Usage>, Vec<Usage>) =
        usages.into_iter().partition(|usage| usage.bucket.is_none());
    buckets.sort_by(|a, b| (Reverse(a.bytes), &a.bucket).cmp(&(Reverse(b.bytes), &b.bucket)));
    let others = buckets.split_off(series_max.min(buckets.len()));
    let of_account = |value: fn(&Usage) -> u64| {
        accounts.iter().map(|usage| (vec![("account", usage.account.clone())], value(usage))).collect()
    };
    let of_bucket = |value: fn(&Usage) -> u64| {
        let label = |usage: &Usage| vec![("bucket", usage.bucket.clone().unwrap_or_default())];
        let mut rows: Vec<_> = buckets.iter().map(|usage| (label(usage), value(usage))).collect();
        if !others.is_empty() {
            // No bucket has this name: they have no capital letters.
            rows.push((vec![("bucket", "OTHER".to_owned())], others.iter().map(value).sum()));
        }
        rows
    };
    let gauge = |name, help, rows| LabelledGauge { name, help, rows };
    vec![
        gauge(
            "bucket_objects",
            "Versions, delete markers and parts in a bucket",
            of_bucket(|usage| usage.objects),
        ),
        gauge("bucket_bytes", "Bytes of the objects in a bucket", of_bucket(|usage| usage.bytes)),
        gauge("account_buckets", "Buckets of an account", of_account(|usage| usage.buckets)),
        gauge("account_objects", "Objects in the buckets of an account", of_account(|usage| usage.objects)),
        gauge("account_bytes", "Bytes in the buckets of an account", of_account(|usage| usage.bytes)),
    ]
}

/// How full quotas are. Of buckets, the fullest have figures: nobody misses one that is nearly
/// full.
pub(super) fn quota_gauges(usages: &[Usage], buckets_max: usize, quota_use: &QuotaUse) -> Vec<LabelledGauge> {
    let used = usages.iter().filter_map(|usage| Some((usage, quota_use(usage)?)));
    let (mut of_buckets, of_accounts): (Vec<_>, Vec<_>) = used.partition(|(usage, _)| usage.bucket.is_some());
    of_buckets.sort_by(|(a, a_used), (b, b_used)| (b_used, &a.bucket).cmp(&(a_used, &b.bucket)));
    of_buckets.truncate(buckets_max);
    let bucket =
        |(usage, used): (&Usage, u64)| (vec![("bucket", usage.bucket.clone().unwrap_or_default())], used);
    let account = |(usage, used): (&Usage, u64)| (vec![("account", usage.account.clone())], used);
    vec![
        LabelledGauge {
            name: "bucket_quota_used_percent",
            help: "Percent of the quota of a bucket that is used, of bytes or of objects",
            rows: of_buckets.into_iter().map(bucket).collect(),
        },
        LabelledGauge {
            name: "account_quota_used_percent",
            help: "Percent of the quota of an account that is used, of bytes or of objects",
            rows: of_accounts.into_iter().map(account).collect(),
        },
    ]
}

#[cfg(test)]
mod tests;
