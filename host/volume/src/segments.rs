//! The segments that exist: their open files, and how many of their bytes are live.

use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::disk::{Disk, DiskFile, Open};
use super::log::segment::{self, HEADER_BYTES, Segment};

/// Segments kept open at most. A process may have 1,024 files by default.
const OPEN_MAX: usize = 256;

/// What is known of a segment.
#[derive(Clone, Debug, Default)]
struct Usage {
    /// Whether it is on the disk: its first record may still wait in memory.
    exists: bool,
    /// Kept open for readers, at most `OPEN_MAX` of them.
    file: Option<Arc<dyn DiskFile>>,
    /// When its file was last used, as a number that counts uses.
    used: u64,
    /// Where its records end.
    end: u64,
    /// Bytes of records whose bodies the index references.
    live: u64,
    /// Bytes of records whose bodies were received and are not (yet) referenced.
    pending: u64,
    /// Since when nothing in it is live or pending.
    idle_since: Option<Instant>,
}

/// Closes the file that was not used for the longest time, if too many are open. Readers that have
/// it go on.
fn close_one(usages: &mut BTreeMap<u64, Usage>) {
    let open = usages.values_mut().filter(|usage| usage.file.is_some());
    let mut count = 0;
    let oldest = open.inspect(|_| count += 1).min_by_key(|usage| usage.used);
    if let Some(oldest) = oldest
        && count >= OPEN_MAX
    {
        oldest.file = None;
    }
}

impl Usage {
    fn settle(&mut self) {
        let idle = self.live == 0 && self.pending == 0;
        match (idle, self.idle_since) {
            (true, None) => self.idle_since = Some(Instant::now()),
            (false, Some(_)) => self.idle_since = None,
            _ => {}
        }
    }
}

/// Numbers about a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SegmentUsage {
    pub(crate) number: u64,
    /// Where its records end.
    pub(crate) end: u64,
    /// Bytes of records whose bodies the index references.
    pub(crate) live: u64,
    /// Whether a body in it waits for its commit.
    pub(crate) pending: bool,
}

impl SegmentUsage {
    /// The share of the segment that is live, in percent.
    pub(crate) fn live_percent(&self) -> u64 {
        self.live.saturating_mul(100).checked_div(self.end.saturating_sub(HEADER_BYTES)).unwrap_or(0)
    }
}

/// All segments of a volume.
#[derive(Debug)]
pub(crate) struct Segments {
    disk: Arc<dyn Disk>,
    usages: Mutex<BTreeMap<u64, Usage>>,
    turn: AtomicU64,
}

impl Segments {
    pub(crate) fn new(disk: Arc<dyn Disk>) -> Segments {
        Segments { disk, usages: Mutex::default(), turn: AtomicU64::new(0) }
    }

    /// A segment is on the disk, and ends here.
    pub(crate) fn found(&self, number: u64, end: u64) {
        let mut usages = self.lock();
        let usage = usages.entry(number).or_default();
        usage.exists = true;
        usage.end = end;
        usage.settle();
    }

    /// A segment has a file now.
    pub(crate) fn opened(&self, segment: &Segment, end: u64) {
        let mut usages = self.lock();
        let usage = usages.entry(segment.number).or_default();
        usage.exists = true;
        usage.file = Some(Arc::clone(&segment.file));
        usage.end = usage.end.max(end);
        usage.settle();
    }

    /// The records of a segment now end here.
    pub(crate) fn grew(&self, number: u64, end: u64) {
        self.lock().entry(number).or_default().end = end;
    }

    /// The file of a segment; `None` when there is no such segment on the disk.
    pub(crate) fn file(&self, number: u64) -> io::Result<Option<Arc<dyn DiskFile>>> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        {
            let mut usages = self.lock();
            let Some(usage) = usages.get_mut(&number).filter(|usage| usage.exists) else { return Ok(None) };
            usage.used = turn;
            if let Some(file) = &usage.file {
                return Ok(Some(Arc::clone(file)));
            }
        }
        let opened = segment::open(&*self.disk, number, Open::Read)?.file;
        let mut usages = self.lock();
        close_one(&mut usages);
        if let Some(usage) = usages.get_mut(&number) {
            usage.file = Some(Arc::clone(&opened));
        }
        Ok(Some(opened))
    }

    /// Sets the live bytes of every segment, as they were stored or counted.
    pub(crate) fn set_live(&self, live: &BTreeMap<u64, u64>) {
        let mut usages = self.lock();
        for usage in usages.values_mut() {
            usage.live = 0;
        }
        for (number, bytes) in live {
            usages.entry(*number).or_default().live = *bytes;
        }
        usages.values_mut().for_each(Usage::settle);
    }

    /// Bytes of a segment became live (references to a body began) or dead.
    pub(crate) fn changed(&self, changes: &[(u64, i64)]) {
        let mut usages = self.lock();
        for (number, change) in changes {
            let usage = usages.entry(*number).or_default();
            usage.live = usage.live.saturating_add_signed(*change);
            usage.settle();
        }
    }

    /// A body waits for its commit.
    pub(crate) fn pending_began(&self, number: u64, bytes: u64) {
        let mut usages = self.lock();
        let usage = usages.entry(number).or_default();
        usage.pending += bytes;
        usage.settle();
    }

    /// A body no longer waits.
    pub(crate) fn pending_ended(&self, number: u64, bytes: u64) {
        let mut usages = self.lock();
        if let Some(usage) = usages.get_mut(&number) {
            usage.pending = usage.pending.saturating_sub(bytes);
            usage.settle();
        }
    }

    /// The live bytes per segment, for the index.
    pub(crate) fn live(&self) -> BTreeMap<u64, u64> {
        self.lock().iter().map(|(number, usage)| (*number, usage.live)).collect()
    }

    /// Numbers about every segment, in order.
    pub(crate) fn usages(&self) -> Vec<SegmentUsage> {
        let usages = self.lock();
        usages
            .iter()
            .map(|(number, usage)| SegmentUsage {
                number: *number,
                end: usage.end,
                live: usage.live,
                pending: usage.pending > 0,
            })
            .collect()
    }

    /// A segment that was taken as dead could not be removed: it is found again at the next start,
    /// or here.
    pub(crate) fn put_back(&self, number: u64) {
        self.found(number, HEADER_BYTES);
    }

    /// Forgets, and answers, the segments before `before` in which nothing was live for `grace`.
    pub(crate) fn take_dead(&self, before: u64, grace: Duration) -> Vec<u64> {
        let mut usages = self.lock();
        let dead: Vec<u64> = usages
            .range(..before)
            .filter(|(_, usage)| usage.idle_since.is_some_and(|since| since.elapsed() >= grace))
            .map(|(number, _)| *number)
            .collect();
        for number in &dead {
            usages.remove(number);
        }
        dead
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, Usage>> {
        self.usages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
