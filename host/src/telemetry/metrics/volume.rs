//! The figures of the volume, under the names that the metrics give them.

use std::sync::Arc;

use super::{VolumeFamily, VolumeFigures, VolumeHistogram, VolumeSource};
use volume::{Distribution, Volume, VolumeStats};

impl VolumeSource for Arc<Volume> {
    fn figures(&self) -> VolumeFigures {
        let stats = self.stats();
        VolumeFigures {
            gauges: vec![
                ("volume_segments", "Segments of the log", stats.segments),
                ("volume_log_size_bytes", "Bytes in the segments of the log", stats.segment_bytes),
                (
                    "volume_log_live_bytes",
                    "Bytes of referenced bodies in the segments of the log",
                    stats.live_bytes,
                ),
                ("volume_commits_waiting", "Commits that wait for the disk", stats.queued),
                ("volume_tail_bytes", "Bytes that wait in memory for the log", stats.tail_bytes),
                (
                    "volume_scrub_pass_timestamp_seconds",
                    "When the scrub last ended a pass over everything, in seconds since 1970; 0 before the first",
                    stats.scrub_passed_seconds,
                ),
                ("volume_space_low", "1 when writes are refused for lack of space", stats.space_low.into()),
                ("volume_failed", "1 when writes are refused because the disk failed", stats.failed.into()),
                ("volume_free_bytes", "Bytes free in the file system of the data folder", stats.free_bytes),
                ("volume_total_bytes", "Bytes of the file system of the data folder", stats.total_bytes),
                (
                    "backup_hold_seconds",
                    "Seconds for which the data folder has been held for a backup; 0 when it is not",
                    stats.holds.seconds,
                ),
                (
                    "backup_hold_idle_seconds",
                    "Seconds since the backup for which it is held showed progress",
                    stats.holds.idle_seconds,
                ),
                (
                    "volume_damaged_blobs",
                    "Stored bodies known to be damaged or missing, by the scrub or by a read",
                    stats.damaged_blobs,
                ),
            ],
            counters: vec![
                ("volume_commits", "Commits that took effect", stats.commits),
                ("volume_conflicts", "Commits whose requirements did not hold", stats.conflicts),
                (
                    "volume_commit_failures",
                    "Commits that failed for space or because of the disk",
                    stats.failed_commits,
                ),
                ("volume_log_written_bytes", "Bytes written to the log", stats.log_bytes),
                ("volume_compacted_bytes", "Bytes moved by compaction", stats.compacted_bytes),
                ("volume_scrubbed_bytes", "Bytes that the scrub read", stats.scrubbed_bytes),
                ("volume_scrubbed_blobs", "Blobs that the scrub found whole", stats.scrubbed_blobs),
                ("volume_scrub_errors", "Blobs that the scrub found damaged or missing", stats.scrub_errors),
                ("volume_files_removed", "Files of bodies removed", stats.files_removed),
                ("volume_segments_removed", "Segments of the log removed", stats.segments_removed),
            ],
            families: families(&stats),
            labelled: Vec::new(),
            histograms: vec![
                sizes("volume_commit_batch_size", "Commits that shared one sync", &stats.group_sizes),
                times("volume_sync_seconds", "Write and sync of the log", &stats.sync_us),
                times("volume_commit_seconds", "One group of commits, first to last", &stats.group_us),
                times("volume_checkpoint_seconds", "Checkpoint of the index", &stats.checkpoint_us),
            ],
        }
    }
}

/// Counters of one name, by a label.
fn families(stats: &VolumeStats) -> Vec<VolumeFamily> {
    vec![
        (
            "backup_holds_ended",
            "Backups whose hold the server ended, by reason",
            "reason",
            vec![("space", stats.holds.ended_space), ("idle", stats.holds.ended_idle)],
        ),
        (
            "volume_refused_writes",
            "Bodies and commits that were refused because of the disk, by reason",
            "reason",
            vec![("full", stats.refused_full), ("failed", stats.refused_failed)],
        ),
        (
            "volume_read_errors",
            "Reads of stored bodies that failed: bytes that are missing, that do not have their \
             checksum, or that the disk did not give",
            "kind",
            vec![
                ("missing", stats.read_missing),
                ("corrupt", stats.read_corrupt),
                ("failed", stats.read_failed),
            ],
        ),
    ]
}

fn sizes(name: &'static str, help: &'static str, distribution: &Distribution) -> VolumeHistogram {
    VolumeHistogram { name, help, sum: distribution.sum as f64, slots: slots(distribution, 1.0) }
}

fn times(name: &'static str, help: &'static str, distribution: &Distribution) -> VolumeHistogram {
    VolumeHistogram { name, help, sum: distribution.sum as f64 / 1e6, slots: slots(distribution, 1e6) }
}

/// Powers of two that share a slot: twice as fine would be twice as many samples.
const POWERS: usize = 2;

/// Index `n` counts whole numbers from 2^(n-1) up to but not including 2^n; the last one counts
/// everything above too.
fn slots(distribution: &Distribution, unit: f64) -> Vec<(f64, u64)> {
    let counts = &distribution.by_power_of_two;
    let bound = |index: usize| match index + 1 >= counts.len() {
        true => f64::MAX,
        false => ((1u64 << index.min(62)) - 1) as f64 / unit,
    };
    let slots = counts.chunks(POWERS).enumerate();
    slots.map(|(slot, counts)| (bound((slot + 1) * POWERS - 1), counts.iter().sum())).collect()
}
