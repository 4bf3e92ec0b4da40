//! Options of a volume, each with its unit, its default and the reason for it.

use std::path::PathBuf;
use std::time::Duration;

use super::sealing::KeySource;

/// What an acknowledged commit may still lose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// Nothing: the log is synced before the commit is acknowledged.
    #[default]
    Synced,
    /// Commits since the last checkpoint, when the machine (not the process) goes down. Never
    /// consistency.
    Relaxed,
}

/// How a volume is run. `Options::new` gives the defaults.
#[derive(Clone, Debug)]
pub struct Options {
    /// The data folder.
    pub dir: PathBuf,
    /// The folder key, for bodies that come without a data key. Default: none, and such bodies are
    /// stored as they come. A folder that was sealed opens with the same key only.
    pub key: Option<KeySource>,
    /// Bodies up to this many bytes go into the log, longer ones into a file each. Default 256 KiB:
    /// below it, writing a body twice (once more when compacted) costs less than a file's creation
    /// and its two syncs.
    pub inline_max: u64,
    /// A log segment is closed at about this many bytes. Default 256 MiB.
    pub segment_bytes: u64,
    /// Space of the active segment is reserved in steps of this many bytes, so that a sync need not
    /// write the segment's length each time. Default 16 MiB.
    pub allocate_bytes: u64,
    /// Memory for pages of the index. Default 32 MiB.
    pub index_cache_bytes: usize,
    /// Commits that may wait; one more is answered `Overloaded`. Default 4,096.
    pub commit_queue_max: usize,
    /// Received bytes and commits that may wait in memory for the log. Default 64 MiB.
    pub tail_bytes_max: usize,
    /// What an acknowledged commit may lose. Default: nothing.
    pub durability: Durability,
    /// The index is checkpointed after this many bytes of log: what a start after a crash may have
    /// to replay. Default 128 MiB: about half a second.
    pub checkpoint_log_bytes: u64,
    /// … or when nothing was committed for this long. Default 2 s.
    pub checkpoint_idle: Duration,
    /// After a failure, the log or the index is tried again this often. Default 1 s.
    pub retry: Duration,
    /// Writes are refused as `Full` when less than this is free, so that deletes, the index and
    /// checkpoints still have room to work in. Default 64 MiB.
    pub reserve_bytes: u64,
    /// A log segment is compacted when less than this share of it, in percent, is live. Default 50.
    pub compact_below_percent: u8,
    /// Compaction reads and writes at most this many bytes a second. Default 32 MiB; 0 turns
    /// compaction off.
    pub compact_bytes_per_second: u64,
    /// The background scrub reads at most this many bytes a second. Default 4 MiB; 0 turns it off.
    pub scrub_bytes_per_second: u64,
    /// The scrub rests for this long between two passes. Default 24 h.
    pub scrub_rest: Duration,
    /// Freed blobs stay readable for this long, so that a reader that has just seen a row still
    /// finds its bytes. Default 5 s.
    pub free_grace: Duration,
    /// A hold ends when its holder shows no progress for this long. Default 10 min: more than one
    /// object of a backup takes to be written.
    pub hold_idle_max: Duration,
    /// Whether compaction, scrub and the sweep of orphans run on a thread of their own. Default
    /// true; tests step them by hand.
    pub background: bool,
}

impl Options {
    /// The defaults, for a data folder.
    pub fn new(dir: impl Into<PathBuf>) -> Options {
        Options {
            dir: dir.into(),
            key: None,
            inline_max: 256 << 10,
            segment_bytes: 256 << 20,
            allocate_bytes: 16 << 20,
            index_cache_bytes: 32 << 20,
            commit_queue_max: 4096,
            tail_bytes_max: 64 << 20,
            durability: Durability::Synced,
            checkpoint_log_bytes: 128 << 20,
            checkpoint_idle: Duration::from_secs(2),
            retry: Duration::from_secs(1),
            reserve_bytes: 64 << 20,
            compact_below_percent: 50,
            compact_bytes_per_second: 32 << 20,
            scrub_bytes_per_second: 4 << 20,
            scrub_rest: Duration::from_secs(24 * 3600),
            free_grace: Duration::from_secs(5),
            hold_idle_max: Duration::from_secs(600),
            background: true,
        }
    }
}
