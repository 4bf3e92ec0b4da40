//! What a computation costs: the bytes that it asks the allocator for, the most that it holds at
//! once, and its time.
//!
//! The first two are the same on every run, whatever else the machine does. Time is that of the
//! thread on its processor, where the system tells it, and not that of the wall: others may use the
//! machine as well. It is not the same on every run, so that whoever judges it takes the least of
//! several.

#![expect(unsafe_code, reason = "a global allocator is unsafe by its trait; this one counts and hands on")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::time::{Duration, Instant};

/// The allocator of every binary of the tests.
struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// What one thread has asked for.
#[derive(Clone, Copy)]
struct Counted {
    allocated: u64,
    held: i64,
    most: i64,
}

thread_local! {
    static COUNTED: Cell<Counted> = const { Cell::new(Counted { allocated: 0, held: 0, most: 0 }) };
}

fn count(allocated: usize, change: i64) {
    // A thread that ends has no counter any more, and is not looked at.
    let _ = COUNTED.try_with(|counted| {
        let mut now = counted.get();
        now.allocated = now.allocated.wrapping_add(allocated as u64);
        now.held = now.held.wrapping_add(change);
        now.most = now.most.max(now.held);
        counted.set(now);
    });
}

fn signed(bytes: usize) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

// SAFETY: every call is handed to `System` as it came, and counting neither allocates nor unwinds.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), signed(layout.size()));
        // SAFETY: the caller keeps the contract of `GlobalAlloc::alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, piece: *mut u8, layout: Layout) {
        count(0, -signed(layout.size()));
        // SAFETY: the piece came from `System`, with this layout.
        unsafe { System.dealloc(piece, layout) }
    }

    unsafe fn realloc(&self, piece: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // What grows may be copied: all of it counts.
        count(size, signed(size) - signed(layout.size()));
        // SAFETY: the piece came from `System`, with this layout.
        unsafe { System.realloc(piece, layout, size) }
    }
}

/// What a computation cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Bytes asked for, all together.
    pub allocated: u64,
    /// The most bytes held at once, over those before.
    pub most: u64,
    /// Of the thread; from start to end where the system does not tell.
    pub time: Duration,
}

/// How long this thread has run on a processor so far.
fn thread_time() -> Option<Duration> {
    // The system adds up when a thread gives way.
    std::thread::yield_now();
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split(' ').next()?.parse().ok().map(Duration::from_nanos)
}

/// The cost of a computation on this thread.
pub fn of(run: impl FnOnce()) -> Cost {
    let (start, ran) = (Instant::now(), thread_time());
    let before = COUNTED.get();
    COUNTED.set(Counted { most: before.held, ..before });
    run();
    let after = COUNTED.get();
    let time = match (ran, thread_time()) {
        (Some(before), Some(after)) => after.saturating_sub(before),
        _ => start.elapsed(),
    };
    Cost {
        allocated: after.allocated.wrapping_sub(before.allocated),
        most: u64::try_from(after.most.wrapping_sub(before.held)).unwrap_or_default(),
        time,
    }
}

/// The cost of a computation that can be repeated: its time is the least of so many runs.
pub fn least(runs: usize, run: impl Fn()) -> Cost {
    let mut cost = of(&run);
    for _ in 1..runs {
        cost.time = cost.time.min(of(&run).time);
    }
    cost
}

#[cfg(test)]
mod tests;
