//! The lane thread: bodies that are received at the same time have their MD5 computed side by side.
//!
//! Each body queues what it receives. One thread of the process hashes the queues of up to 16
//! bodies in bursts; bodies that come meanwhile get a lane at the next burst. So lanes fill up
//! exactly when there is more to hash than one stream could, and a body that is alone is hashed
//! while its next bytes are being received.

use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Condvar, LazyLock, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    task::{Context, Poll, Waker},
};

use bytes::{Buf as _, Bytes};

use super::{BLOCK_BYTES, Chain, Md5, lanes};

/// The shortest body, in bytes, that is worth the lane thread.
pub const BODY_BYTES_MIN: u64 = 1024 * 1024;
/// With this many queued bytes, a body queues for a lane. Waking a thread costs 2 to 5 µs, hashing
/// this much 190.
const LANE_BYTES_MIN: usize = 128 * 1024;
/// Queued bytes at which a body stops receiving until its lane takes them.
const QUEUE_BYTES_MAX: usize = 256 * 1024;
/// What all bodies together may hold, in bytes. Beyond it, a body without a lane is hashed where it
/// is.
const HELD_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Blocks between two looks at what has arrived: 32 KiB a lane, about 50 µs.
const BURST_BLOCKS: usize = 512;

/// The lane thread failed, and an MD5 is lost with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the lane thread failed")]
pub struct Lost;

/// What bodies and the lane thread share.
struct Pool {
    /// Bodies that wait for a lane, each with its MD5 so far.
    queue: Mutex<VecDeque<(Arc<Feed>, Md5)>>,
    queued: Condvar,
    /// Bytes queued and being hashed.
    held: AtomicUsize,
}

static POOL: Pool =
    Pool { queue: Mutex::new(VecDeque::new()), queued: Condvar::new(), held: AtomicUsize::new(0) };

/// Whether the lane thread runs; the first look starts it. It does not on a processor without
/// vectors that would pay.
static RUNS: LazyLock<bool> = LazyLock::new(|| {
    let thread = std::thread::Builder::new().name("md5-lanes".into());
    lanes::width() > 1 && thread.spawn(|| POOL.run()).is_ok()
});

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Pool {
    /// The lane thread. A fault loses the bodies that have lanes, not the thread.
    fn run(&self) {
        loop {
            let _ = catch_unwind(AssertUnwindSafe(|| self.hash()));
        }
    }

    fn hash(&self) {
        let mut lanes = Vec::with_capacity(lanes::LANES_MAX);
        loop {
            self.fill(&mut lanes);
            lanes = burst(lanes);
        }
    }

    /// Gives free lanes to bodies that wait. Waits for a body when no lane is taken.
    fn fill(&self, lanes: &mut Vec<Lane>) {
        let mut queue = lock(&self.queue);
        if lanes.is_empty() {
            let waited = self.queued.wait_while(queue, |queue| queue.is_empty());
            queue = waited.unwrap_or_else(PoisonError::into_inner);
        }
        while lanes.len() < lanes::width() {
            let Some((feed, md5)) = queue.pop_front() else { break };
            lanes.extend(Lane::start(feed, md5));
        }
    }

    fn enqueue(&self, feed: Arc<Feed>, md5: Md5) {
        lock(&self.queue).push_back((feed, md5));
        self.queued.notify_one();
    }
}

/// Hashes up to `BURST_BLOCKS` blocks of each lane. Returns those that go on.
fn burst(mut lanes: Vec<Lane>) -> Vec<Lane> {
    let mut streams: Vec<(&mut Chain, &[u8])> =
        lanes.iter_mut().map(|lane| (&mut lane.md5.chain, &*lane.piece)).collect();
    let blocks = lanes::advance(&mut streams, BURST_BLOCKS);
    lanes.into_iter().filter_map(|lane| lane.advanced(blocks)).collect()
}

/// What one body has for the lane thread.
#[derive(Default)]
struct Feed {
    state: Mutex<FeedState>,
}

#[derive(Default)]
struct FeedState {
    queue: VecDeque<Bytes>,
    queued_bytes: usize,
    md5: Whereabouts,
    /// Woken when the queue was taken and when the MD5 comes home.
    waiting: Option<Waker>,
}

/// Where the MD5 of a body is.
enum Whereabouts {
    /// Here: no lane has it.
    Home(Md5),
    /// On a lane, or waiting for one.
    Away,
    /// Gone.
    Lost,
}

impl Default for Whereabouts {
    fn default() -> Self {
        Self::Home(Md5::new())
    }
}

impl Drop for FeedState {
    fn drop(&mut self) {
        POOL.held.fetch_sub(self.queued_bytes, Relaxed);
    }
}

impl FeedState {
    /// Empties the queue; the caller has to give back the bytes held.
    fn take_queue(&mut self) -> (VecDeque<Bytes>, usize) {
        (std::mem::take(&mut self.queue), std::mem::take(&mut self.queued_bytes))
    }

    /// Hashes the queue on this thread, when the MD5 is at home.
    fn hash_here(&mut self) {
        let Whereabouts::Home(md5) = &mut self.md5 else { return };
        for piece in self.queue.drain(..) {
            md5.update(&piece);
        }
        POOL.held.fetch_sub(std::mem::take(&mut self.queued_bytes), Relaxed);
    }

    /// The MD5, for a lane; `None` when it is not at home.
    fn leave_home(&mut self) -> Option<Md5> {
        let Whereabouts::Home(md5) = &self.md5 else { return None };
        let md5 = md5.clone();
        self.md5 = Whereabouts::Away;
        Some(md5)
    }

    fn wake(&mut self) {
        if let Some(waiting) = self.waiting.take() {
            waiting.wake();
        }
    }
}

/// A body that is being hashed. Stands at a block border, with at least one whole block ahead.
struct Lane {
    feed: Arc<Feed>,
    md5: Md5,
    /// What is left of the piece that is being hashed, and the pieces after it.
    piece: Bytes,
    pieces: VecDeque<Bytes>,
    taken_bytes: usize,
    /// The MD5 went home: nothing is lost with the lane.
    is_done: bool,
}

impl Lane {
    /// `None` when there is no whole block to hash.
    fn start(feed: Arc<Feed>, md5: Md5) -> Option<Self> {
        let (piece, pieces) = (Bytes::new(), VecDeque::new());
        Self { feed, md5, piece, pieces, taken_bytes: 0, is_done: false }.settle()
    }

    /// So many blocks of the piece have been hashed.
    fn advanced(mut self, blocks: usize) -> Option<Self> {
        let bytes = (blocks * BLOCK_BYTES).min(self.piece.len());
        self.md5.length += bytes as u64;
        self.piece.advance(bytes);
        self.settle()
    }

    /// Goes on to the next whole block, over the ends of pieces. `None` when the body has no more
    /// for now.
    fn settle(mut self) -> Option<Self> {
        while self.piece.len() < BLOCK_BYTES {
            self.md5.keep_partial(&self.piece);
            let next = self.pieces.pop_front().or_else(|| self.take_more())?;
            let rest = self.md5.fill_partial(&next).len();
            self.piece = next.slice(next.len() - rest..);
        }
        Some(self)
    }

    /// Takes what the body has queued meanwhile, or leaves the lane.
    fn take_more(&mut self) -> Option<Bytes> {
        POOL.held.fetch_sub(std::mem::take(&mut self.taken_bytes), Relaxed);
        let mut state = lock(&self.feed.state);
        (self.pieces, self.taken_bytes) = state.take_queue();
        if self.pieces.is_empty() {
            state.md5 = Whereabouts::Home(self.md5.clone());
            self.is_done = true;
        }
        state.wake();
        self.pieces.pop_front()
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        POOL.held.fetch_sub(self.taken_bytes, Relaxed);
        if !self.is_done {
            let mut state = lock(&self.feed.state);
            state.md5 = Whereabouts::Lost;
            state.wake();
        }
    }
}

/// The MD5 of a body, computed by the lane thread while the body is received.
pub struct BodyMd5 {
    feed: Arc<Feed>,
}

impl BodyMd5 {
    /// `None` when there is no lane thread.
    pub fn new() -> Option<Self> {
        RUNS.then(|| Self { feed: Arc::default() })
    }

    /// Appends bytes. Waits when the lane thread is behind.
    pub async fn push(&mut self, piece: Bytes) -> Result<(), Lost> {
        let held = POOL.held.fetch_add(piece.len(), Relaxed) + piece.len();
        let mut leaving = None;
        let queued_bytes = {
            let mut state = lock(&self.feed.state);
            state.queued_bytes += piece.len();
            state.queue.push_back(piece);
            if held > HELD_BYTES_MAX {
                state.hash_here();
            }
            if state.queued_bytes >= LANE_BYTES_MIN {
                leaving = state.leave_home();
            }
            state.queued_bytes
        };
        if let Some(md5) = leaving {
            POOL.enqueue(self.feed.clone(), md5);
        }
        if queued_bytes < QUEUE_BYTES_MAX {
            return Ok(());
        }
        self.wait(|state| state.queued_bytes < QUEUE_BYTES_MAX).await
    }

    /// The digest, 16 bytes.
    pub async fn finish(self) -> Result<[u8; 16], Lost> {
        self.wait(|state| matches!(state.md5, Whereabouts::Home(_))).await?;
        let mut state = lock(&self.feed.state);
        state.hash_here();
        state.leave_home().map(Md5::finish).ok_or(Lost)
    }

    /// Waits for the lane thread to bring this about.
    async fn wait(&self, reached: impl Fn(&FeedState) -> bool) -> Result<(), Lost> {
        std::future::poll_fn(|cx: &mut Context<'_>| {
            let mut state = lock(&self.feed.state);
            if matches!(state.md5, Whereabouts::Lost) {
                return Poll::Ready(Err(Lost));
            }
            if reached(&state) {
                return Poll::Ready(Ok(()));
            }
            state.waiting = Some(cx.waker().clone());
            Poll::Pending
        })
        .await
    }
}

impl std::fmt::Debug for BodyMd5 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BodyMd5").finish_non_exhaustive()
    }
}
