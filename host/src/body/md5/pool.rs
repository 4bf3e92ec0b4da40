//! The lane thread: bodies that are received at the same time have their MD5 computed side by side.
//!
//! A body collects what it receives into batches and gives each batch, with the MD5 so far, to one thread of the process.
//! While that thread works on some batches, others arrive; it takes them in between two bursts, so that lanes fill up
//! exactly when there is more to hash than one stream could. Reading goes on meanwhile, one batch ahead.

use std::{
    collections::VecDeque,
    sync::{
        Condvar, LazyLock, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use bytes::{Buf as _, Bytes};
use tokio::sync::oneshot;

use super::{Chain, Md5, lanes};

/// Bytes that make a batch. Waking a thread costs 2 to 5 µs, hashing this much 370.
const BATCH_BYTES: usize = 256 * 1024;
/// The shortest body, in bytes, that is worth the lane thread.
pub const BODY_BYTES_MIN: u64 = 1024 * 1024;
/// What all bodies together may hold in batches. Beyond it, batches are hashed where they are.
const HELD_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Blocks between two looks at what has arrived: 32 KiB a stream, about 50 µs.
const BURST_BLOCKS: usize = 512;

/// The lane thread is gone, and an MD5 with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the lane thread is gone")]
pub struct Lost;

/// A batch of one body.
struct Job {
    /// Of everything before the batch.
    md5: Md5,
    pieces: VecDeque<Bytes>,
    /// Takes the MD5 of everything up to the end of the batch.
    done: oneshot::Sender<Md5>,
}

/// What bodies and the lane thread share.
struct Pool {
    jobs: Mutex<VecDeque<Job>>,
    arrived: Condvar,
    /// Bytes in batches, waiting or being hashed.
    held: AtomicUsize,
}

static POOL: Pool = Pool { jobs: Mutex::new(VecDeque::new()), arrived: Condvar::new(), held: AtomicUsize::new(0) };

/// Whether the lane thread runs; asking starts it. It does not on a processor without vectors that would pay.
static RUNS: LazyLock<bool> = LazyLock::new(|| {
    let thread = std::thread::Builder::new().name("md5-lanes".into());
    lanes::width() > 1 && thread.spawn(|| POOL.work()).is_ok()
});

impl Pool {
    fn jobs(&self) -> MutexGuard<'_, VecDeque<Job>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn submit(&self, job: Job) {
        self.jobs().push_back(job);
        self.arrived.notify_one();
    }

    /// The lane thread.
    fn work(&self) {
        let mut lanes = Vec::with_capacity(lanes::LANES_MAX);
        loop {
            self.take_jobs(&mut lanes);
            advance(&mut lanes);
        }
    }

    /// Fills free lanes; waits when no lane is taken.
    fn take_jobs(&self, lanes: &mut Vec<Lane>) {
        let mut jobs = self.jobs();
        if lanes.is_empty() {
            let waited = self.arrived.wait_while(jobs, |jobs| jobs.is_empty());
            jobs = waited.unwrap_or_else(PoisonError::into_inner);
        }
        while lanes.len() < lanes::width() {
            let Some(job) = jobs.pop_front() else { break };
            lanes.extend(Lane::start(job));
        }
    }
}

/// One burst on every lane. Lanes whose batch is done become free.
fn advance(lanes: &mut Vec<Lane>) {
    let mut streams: Vec<(&mut Chain, &[u8])> =
        lanes.iter_mut().map(|lane| (&mut lane.job.md5.chain, &*lane.piece)).collect();
    let blocks = lanes::advance(&mut streams, BURST_BLOCKS);
    let mut at = 0;
    while at < lanes.len() {
        let lane = lanes.swap_remove(at);
        if let Some(lane) = lane.advanced(blocks) {
            lanes.push(lane);
            let last = lanes.len() - 1;
            lanes.swap(at, last);
            at += 1;
        }
    }
}

/// A batch being hashed. Stands at a block border, with at least one whole block ahead.
struct Lane {
    job: Job,
    /// What is left of the piece that is being hashed.
    piece: Bytes,
}

impl Lane {
    /// Ends the job at once when it has no whole block.
    fn start(job: Job) -> Option<Self> {
        Self { job, piece: Bytes::new() }.settle()
    }

    /// The kernel has consumed so many blocks of the piece.
    fn advanced(mut self, blocks: usize) -> Option<Self> {
        let bytes = blocks * super::BLOCK_BYTES;
        self.job.md5.length += bytes as u64;
        self.piece.advance(bytes.min(self.piece.len()));
        self.settle()
    }

    /// Goes on to the next whole block, over the ends of pieces. `None` when the batch is done; the MD5 went back then.
    fn settle(mut self) -> Option<Self> {
        while self.piece.len() < super::BLOCK_BYTES {
            self.job.md5.keep_partial(&self.piece);
            let Some(next) = self.job.pieces.pop_front() else {
                // Nobody waits when the client is gone: then the MD5 is dropped.
                let _ = self.job.done.send(self.job.md5);
                return None;
            };
            let rest = self.job.md5.fill_partial(&next).len();
            self.piece = next.slice(next.len() - rest..);
        }
        Some(self)
    }
}

/// The MD5 of a body, computed by the lane thread while the body is received.
pub struct BodyMd5 {
    /// Away while the lane thread has it.
    md5: Option<Md5>,
    running: Option<oneshot::Receiver<Md5>>,
    /// Bytes in the batch that the lane thread has.
    running_bytes: usize,
    batch: VecDeque<Bytes>,
    batch_bytes: usize,
}

impl BodyMd5 {
    /// `None` when there is no lane thread.
    pub fn new() -> Option<Self> {
        RUNS.then(|| Self {
            md5: Some(Md5::new()),
            running: None,
            running_bytes: 0,
            batch: VecDeque::new(),
            batch_bytes: 0,
        })
    }

    /// Appends bytes. Waits when the lane thread is more than a batch behind.
    pub async fn push(&mut self, piece: Bytes) -> Result<(), Lost> {
        self.batch_bytes += piece.len();
        let held = POOL.held.fetch_add(piece.len(), Relaxed) + piece.len();
        self.batch.push_back(piece);
        if self.batch_bytes < BATCH_BYTES && held < HELD_BYTES_MAX {
            return Ok(());
        }
        self.settle().await?;
        if held < HELD_BYTES_MAX { self.submit() } else { self.hash_here() }
    }

    /// The digest, 16 bytes.
    pub async fn finish(mut self) -> Result<[u8; 16], Lost> {
        self.settle().await?;
        if self.batch_bytes >= BATCH_BYTES / 4 {
            self.submit()?;
            self.settle().await?;
        }
        self.hash_here()?;
        Ok(self.md5.take().ok_or(Lost)?.finish())
    }

    /// Waits for the MD5 to come back from the lane thread.
    async fn settle(&mut self) -> Result<(), Lost> {
        if let Some(running) = self.running.as_mut() {
            self.md5 = Some(running.await.map_err(|_| Lost)?);
            self.running = None;
            release(&mut self.running_bytes);
        }
        Ok(())
    }

    /// Gives the batch to the lane thread.
    fn submit(&mut self) -> Result<(), Lost> {
        let (done, running) = oneshot::channel();
        let md5 = self.md5.take().ok_or(Lost)?;
        POOL.submit(Job { md5, pieces: std::mem::take(&mut self.batch), done });
        self.running = Some(running);
        self.running_bytes = std::mem::take(&mut self.batch_bytes);
        Ok(())
    }

    /// Hashes the batch on this thread.
    fn hash_here(&mut self) -> Result<(), Lost> {
        let md5 = self.md5.as_mut().ok_or(Lost)?;
        for piece in self.batch.drain(..) {
            md5.update(&piece);
        }
        release(&mut self.batch_bytes);
        Ok(())
    }
}

impl Drop for BodyMd5 {
    fn drop(&mut self) {
        release(&mut self.batch_bytes);
        release(&mut self.running_bytes);
    }
}

impl std::fmt::Debug for BodyMd5 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { batch_bytes, running_bytes, .. } = self;
        f.debug_struct("BodyMd5").field("batch_bytes", batch_bytes).field("running_bytes", running_bytes).finish()
    }
}

fn release(bytes: &mut usize) {
    POOL.held.fetch_sub(std::mem::take(bytes), Relaxed);
}
