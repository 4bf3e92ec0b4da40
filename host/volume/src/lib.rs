//! The volume: a data folder that keeps bodies and rows, and loses nothing that it acknowledged.
//!
//! | part | does |
//! | --- | --- |
//! | `disk` | the file operations beneath, replaceable in tests |
//! | `log` | the append log: small bodies and commits |
//! | `index`, `snapshot` | ordered tables of rows (redb) |
//! | `commit` | batches, the queue, the one committer thread |
//! | `counters` | sums that many batches add to |
//! | `receive`, `pending`, `reader` | bodies in and out |
//! | `sealing` | AES-256-GCM of bodies, in segments |
//! | `segments`, `reclaim`, `compact` | what is live, and what happens to the rest |
//! | `space`, `damage` | why writes are refused; which blobs are known to be damaged |
//! | `format` | the versions of the data folder's format |
//! | `open`, `check`, `scrub` | start, offline check, background check |
//! | `hold`, `export`, `import` | what was stored at one moment, handed out and made into a volume again |
//!
//! `docs/storage-format.md` draws what lies on the disk and argues why a crash does no harm.

mod blobs;
mod check;
mod commit;
mod compact;
mod counters;
mod damage;
pub mod disk;
mod errors;
mod export;
mod format;
mod hold;
mod import;
mod index;
mod log;
mod maintain;
mod open;
mod options;
mod pending;
mod pool;
mod presync;
mod reader;
mod receive;
mod reclaim;
mod scrub;
mod sealing;
mod segments;
mod sequence;
mod shared;
mod snapshot;
mod space;
mod stats;
mod wire;

#[cfg(test)]
mod tests;

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

pub use check::{Problem, References, Report, RowKey, check, check_on, visit_rows};
pub use commit::{Batch, Done, Put, Requirement};
pub use counters::{AMOUNTS, Add, Amounts, Excess};
pub use errors::{CommitError, OpenError, VolumeError};
pub use export::{
    BlobRecord, Exported, HeldBlob, HeldBodies, Moment, PackedRow, PackedRows, RECORD_BYTES, SEALING_BYTES,
};
pub use format::{FORMAT, FORMATS, FormatVersion, format_of};
pub use hold::{Hold, HoldEnd, Holder};
pub use import::Import;
pub use index::RowVisitor;
pub use options::{Durability, Options};
pub use pool::STEP_BYTES;
pub use reader::{ReadStep, Span, SpanReader};
pub use receive::{PendingBlob, Receiver};
pub use sealing::{DataKey, KeySource};
pub use snapshot::{Direction, Entry, SCAN_BYTES, Snapshot};
pub use stats::{Distribution, HoldFigures, VolumeStats};

use commit::queue::Queued;
use shared::Shared;

/// A data folder that is open. One process, and one `Volume`, at a time.
#[derive(Debug)]
pub struct Volume {
    shared: Arc<Shared>,
    background: maintain::Background,
    /// The committer's, and then the background's if it has one.
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Volume {
    /// Opens the data folder, making it if need be: takes its lock, checks its format, brings the
    /// index up to date with the log. Everything that was ever acknowledged is there afterwards.
    pub fn open(options: Options) -> Result<Arc<Volume>, OpenError> {
        let disk = disk::RealDisk::new(&options.dir)?;
        Volume::open_on(Arc::new(disk), options)
    }

    /// As `open`, on a disk of the caller's; `Options::dir` is ignored.
    pub fn open_on(disk: Arc<dyn disk::Disk>, options: Options) -> Result<Arc<Volume>, OpenError> {
        open::open(disk, options)
    }

    /// The rows as they are now: every acknowledged commit is in it.
    pub fn snapshot(&self) -> Result<Snapshot, VolumeError> {
        self.shared.snapshot()
    }

    /// Changes with every group of commits: a snapshot with the same generation is still fresh.
    pub fn generation(&self) -> u64 {
        self.shared.views.generation()
    }

    /// A number larger than every one given before, also across restarts.
    pub fn next_sequence(&self) -> u64 {
        self.shared.next_sequence()
    }

    /// Queues a batch and returns at once. `done` is called with the commit's number when the batch
    /// is durable and in every snapshot taken from then on; or with why it did not happen. It is
    /// called once, mostly on the committer's thread: it must be quick and must not block.
    ///
    /// Batches are evaluated and applied in the order of the calls.
    pub fn commit(&self, batch: Batch, done: Done) {
        let received = self.shared.received.claim(&batch.keep);
        match commit::batch::encode(&batch, &received) {
            Ok(record) => {
                let Batch { require, add, essential, .. } = batch;
                self.shared.queue.push(Queued { require, add, essential, record, received, done });
            }
            Err(error) => done(Err(error)),
        }
    }

    /// As `commit`, and waits. Not for threads that serve requests.
    pub fn commit_blocking(&self, batch: Batch) -> Result<u64, CommitError> {
        let (send, receive) = std::sync::mpsc::sync_channel(1);
        self.commit(
            batch,
            Box::new(move |result| {
                let _ = send.send(result);
            }),
        );
        receive.recv().unwrap_or(Err(CommitError::Failed))
    }

    /// Begins to receive a body; `expected` is its length in bytes, when that is known. It is
    /// sealed under `key`; without one, under the folder key.
    pub fn receive(&self, expected: Option<u64>, key: Option<&DataKey>) -> Receiver {
        Receiver::new(Arc::clone(&self.shared), expected, key)
    }

    /// Finds, and holds, the bytes of these spans. A span of a blob that no snapshot has any more
    /// is `NoSuchBlob`, except for a few seconds after it was freed. A received blob can be read
    /// once a commit has kept it. `key` is the one that all of them were received with: a blob that
    /// was received with another one, or with none, is `Sealed`, or `Corrupt` when it is read.
    pub fn reader(&self, spans: &[Span], key: Option<&DataKey>) -> Result<SpanReader, VolumeError> {
        SpanReader::new(&self.shared, spans, key)
    }

    /// Fails where the bytes of one of these stored blobs are not there. It looks at the file of
    /// each, and may wait for the disk.
    pub fn find_missing(&self, blobs: &[u64]) -> Result<(), VolumeError> {
        reader::find_missing(&self.shared, blobs)
    }

    /// Refuses a body of so many bytes that would not fit, before any of it is received.
    pub fn has_room(&self, expected: u64) -> Result<(), VolumeError> {
        let shared = &self.shared;
        let wanted = if expected > shared.options.inline_max { expected } else { 0 };
        if shared.space.seems_to_fit(wanted) {
            return Ok(());
        }
        shared.check_space(wanted).inspect_err(|error| shared.space.refused(error, 1))
    }

    /// Why writes are refused at the moment, for a person; `None` where they are not.
    pub fn trouble(&self) -> Option<String> {
        let shared = &self.shared;
        shared.space.trouble().or_else(|| {
            let folder = shared.options.dir.display();
            let failed = self.is_failed() || shared.tail.broken().is_some();
            failed.then(|| format!("disk failed: the log or the index of {folder} is being recovered"))
        })
    }

    /// Whether reads are refused, as writes are: the index failed, and could not be opened again so
    /// far.
    pub fn is_unreadable(&self) -> bool {
        self.shared.space.is_unreadable()
    }

    /// Whether writes are refused for lack of space.
    pub fn is_full(&self) -> bool {
        self.shared.space.is_full() || matches!(self.shared.tail.broken(), Some(VolumeError::Full))
    }

    /// Whether writes are refused because the disk failed.
    fn is_failed(&self) -> bool {
        let shared = &self.shared;
        shared.is_failed()
            || shared.space.is_failing()
            || matches!(shared.tail.broken(), Some(VolumeError::Failed(_)))
    }

    /// Keeps what is stored now. Every acknowledged commit is in it. No byte of it is removed or
    /// moved until the hold is dropped, or ended by the volume (`HoldEnd`). Waits for what is being
    /// removed right now, so not for threads that serve requests.
    pub fn hold(&self) -> Result<Hold, VolumeError> {
        Hold::begin(&self.shared)
    }

    /// Numbers about the volume.
    pub fn stats(&self) -> VolumeStats {
        let shared = &self.shared;
        let usages = shared.segments.usages();
        VolumeStats {
            queued: shared.queue.waiting() as u64,
            tail_bytes: shared.tail.bytes() as u64,
            segments: usages.len() as u64,
            segment_bytes: usages.iter().map(|usage| usage.end).sum(),
            live_bytes: usages.iter().map(|usage| usage.live).sum(),
            space_low: self.is_full(),
            failed: self.is_failed(),
            free_bytes: shared.space.bytes().0,
            total_bytes: shared.space.bytes().1,
            refused_full: shared.space.refused_full.load(Ordering::Relaxed),
            refused_failed: shared.space.refused_failed.load(Ordering::Relaxed),
            holds: shared.holds.figures(),
            ..shared.counters.read()
        }
    }

    /// Makes the index durable now, and waits for it.
    pub fn checkpoint(&self) {
        let (send, receive) = std::sync::mpsc::sync_channel(1);
        self.shared.queue.request(|work| {
            work.checkpoint.push(Box::new(move || {
                let _ = send.send(());
            }))
        });
        // An error means that the volume is closed: then the index is durable.
        let _ = receive.recv();
    }

    /// One round of the background's work: removes what is dead, compacts at most one segment,
    /// scrubs a little.
    pub fn maintain(&self) -> Result<(), VolumeError> {
        self.background.round()
    }

    /// Finishes what waits, makes the index durable and ends the threads. Later commits fail;
    /// readers go on.
    pub fn close(&self) {
        self.background.stop();
        let mut threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        // The background ends first. It must not remove files of commits that the committer leaves
        // undecided.
        if threads.len() > 1
            && let Some(background) = threads.pop()
        {
            let _ = background.join();
        }
        self.shared.queue.request(|work| work.close = true);
        for thread in threads {
            let _ = thread.join();
        }
    }
}

impl Drop for Volume {
    fn drop(&mut self) {
        self.close();
    }
}
