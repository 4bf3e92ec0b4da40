//! Numbers about a volume, for metrics.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::damage::Damage;
use super::errors::VolumeError;

/// Powers of two that a histogram tells apart.
const SLOTS: usize = 32;

/// Counts of values by power of two: slot `n` holds values from `2^(n-1)` up to but not including
/// `2^n`.
#[derive(Debug)]
pub(crate) struct Histogram {
    slots: [AtomicU64; SLOTS],
    sum: AtomicU64,
}

impl Default for Histogram {
    fn default() -> Histogram {
        Histogram { slots: [const { AtomicU64::new(0) }; SLOTS], sum: AtomicU64::new(0) }
    }
}

impl Histogram {
    pub(crate) fn add(&self, value: u64) {
        let slot = usize::try_from(u64::BITS - value.leading_zeros()).unwrap_or(0).min(SLOTS - 1);
        if let Some(count) = self.slots.get(slot) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        self.sum.fetch_add(value, Ordering::Relaxed);
    }

    pub(crate) fn add_us(&self, took: Duration) {
        self.add(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
    }

    fn read(&self) -> Distribution {
        let counts: Vec<u64> = self.slots.iter().map(|count| count.load(Ordering::Relaxed)).collect();
        Distribution {
            count: counts.iter().sum(),
            sum: self.sum.load(Ordering::Relaxed),
            by_power_of_two: counts,
        }
    }
}

/// A histogram as it was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Distribution {
    /// How many values.
    pub count: u64,
    /// Their sum.
    pub sum: u64,
    /// How many from `2^(n-1)` up to but not including `2^n`, for each index `n`.
    pub by_power_of_two: Vec<u64>,
}

/// What is counted while the volume works.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) commits: AtomicU64,
    pub(crate) conflicts: AtomicU64,
    pub(crate) failed_commits: AtomicU64,
    pub(crate) group_sizes: Histogram,
    pub(crate) sync_us: Histogram,
    pub(crate) group_us: Histogram,
    pub(crate) checkpoint_us: Histogram,
    pub(crate) log_bytes: AtomicU64,
    pub(crate) compacted_bytes: AtomicU64,
    pub(crate) scrubbed_bytes: AtomicU64,
    pub(crate) scrub_passed_seconds: AtomicU64,
    pub(crate) scrubbed_blobs: AtomicU64,
    pub(crate) scrub_errors: AtomicU64,
    pub(crate) read_missing: AtomicU64,
    pub(crate) read_corrupt: AtomicU64,
    pub(crate) read_failed: AtomicU64,
    pub(crate) damage: Damage,
    pub(crate) files_removed: AtomicU64,
    pub(crate) segments_removed: AtomicU64,
}

/// Adds to a counter.
pub(crate) fn count(counter: &AtomicU64, more: u64) {
    counter.fetch_add(more, Ordering::Relaxed);
}

/// What is known of the holds of a volume.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HoldFigures {
    /// Seconds since the oldest hold began; 0 where there is none.
    pub seconds: u64,
    /// Seconds since the last progress of the hold that has made none for longest.
    pub idle_seconds: u64,
    /// Holds that were ended because space ran short.
    pub ended_space: u64,
    /// Holds that were ended because they made no progress.
    pub ended_idle: u64,
}

/// Numbers about a volume. Counters start at 0 when the volume is opened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VolumeStats {
    /// Commits that took effect.
    pub commits: u64,
    /// Batches whose requirements did not hold.
    pub conflicts: u64,
    /// Batches that failed for lack of space or because of the disk.
    pub failed_commits: u64,
    /// Batches per group commit.
    pub group_sizes: Distribution,
    /// Microseconds per write and sync of the log.
    pub sync_us: Distribution,
    /// Microseconds per group commit, from taking the batches to their answers.
    pub group_us: Distribution,
    /// Microseconds per checkpoint of the index.
    pub checkpoint_us: Distribution,
    /// Batches that wait.
    pub queued: u64,
    /// Bytes that wait in memory for the log.
    pub tail_bytes: u64,
    /// Bytes written to the log.
    pub log_bytes: u64,
    /// Log segments.
    pub segments: u64,
    /// Bytes in the log segments.
    pub segment_bytes: u64,
    /// Bytes of referenced bodies in the log segments.
    pub live_bytes: u64,
    /// Bytes that compaction moved.
    pub compacted_bytes: u64,
    /// Bytes of bodies that the scrub read.
    pub scrubbed_bytes: u64,
    /// When the scrub last ended a pass, in seconds since 1970; 0 when it has ended none.
    pub scrub_passed_seconds: u64,
    /// Blobs that the scrub found whole.
    pub scrubbed_blobs: u64,
    /// Blobs that the scrub found damaged or missing.
    pub scrub_errors: u64,
    /// Files of blobs removed.
    pub files_removed: u64,
    /// Log segments removed.
    pub segments_removed: u64,
    /// Reads of bytes that are not there.
    pub read_missing: u64,
    /// Reads of bytes that do not have their checksum.
    pub read_corrupt: u64,
    /// Reads that the disk failed.
    pub read_failed: u64,
    /// Blobs that are known to be damaged or missing, up to 1,024.
    pub damaged_blobs: u64,
    /// Writes that were refused because the disk is full.
    pub refused_full: u64,
    /// Writes that were refused because the disk failed.
    pub refused_failed: u64,
    /// Bytes that can still be written to the file system of the data folder.
    pub free_bytes: u64,
    /// All bytes of that file system.
    pub total_bytes: u64,
    /// Writes are refused for lack of space.
    pub space_low: bool,
    /// Writes are refused until the index is recovered, which is tried every second.
    pub failed: bool,
    /// What is held for backups.
    pub holds: HoldFigures,
}

impl Counters {
    /// Counts a read that failed, and remembers the blob.
    pub(crate) fn read_failed(&self, error: &VolumeError) {
        let (counter, blob) = match error {
            VolumeError::Missing { blob, .. } => (&self.read_missing, *blob),
            VolumeError::Corrupt(blob) => (&self.read_corrupt, *blob),
            // The next read may succeed.
            VolumeError::Unreadable { .. } => return count(&self.read_failed, 1),
            _ => return,
        };
        count(counter, 1);
        self.damage.found(blob);
    }

    /// Everything that is counted here; the rest is left at 0.
    pub(crate) fn read(&self) -> VolumeStats {
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        VolumeStats {
            commits: load(&self.commits),
            conflicts: load(&self.conflicts),
            failed_commits: load(&self.failed_commits),
            group_sizes: self.group_sizes.read(),
            sync_us: self.sync_us.read(),
            group_us: self.group_us.read(),
            checkpoint_us: self.checkpoint_us.read(),
            log_bytes: load(&self.log_bytes),
            compacted_bytes: load(&self.compacted_bytes),
            scrubbed_bytes: load(&self.scrubbed_bytes),
            scrub_passed_seconds: load(&self.scrub_passed_seconds),
            scrubbed_blobs: load(&self.scrubbed_blobs),
            scrub_errors: load(&self.scrub_errors),
            read_missing: load(&self.read_missing),
            read_corrupt: load(&self.read_corrupt),
            read_failed: load(&self.read_failed),
            damaged_blobs: self.damage.count(),
            files_removed: load(&self.files_removed),
            segments_removed: load(&self.segments_removed),
            ..VolumeStats::default()
        }
    }
}
