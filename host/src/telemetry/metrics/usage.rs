//! Objects and bytes of buckets and accounts, under the names that the metrics give them.

use std::cmp::Reverse;
use std::sync::Arc;

use super::{LabelledGauge, VolumeFigures, VolumeSource};
use crate::telemetry::usage::{self, Usage};
use volume::Volume;

/// The volume, and how many buckets have figures of their own.
#[derive(Debug)]
pub struct UsageSource {
    /// The volume.
    pub volume: Arc<Volume>,
    /// Buckets with figures of their own: those that hold most bytes. The others share one sum.
    pub series_max: usize,
}

impl VolumeSource for UsageSource {
    fn figures(&self) -> VolumeFigures {
        let mut figures = self.volume.figures();
        // Without counts, and while the index is being recovered, there is nothing to say.
        let read = self.volume.snapshot().and_then(|snapshot| usage::read(&snapshot));
        figures.labelled.extend(read.map(|usages| gauges(usages, self.series_max)).unwrap_or_default());
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

#[cfg(test)]
mod tests;
