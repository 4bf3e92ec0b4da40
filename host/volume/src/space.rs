//! The space on the disk: how much is free, and why writes are refused.
//!
//! Two things end writes. Less is free than the reserve and the body together: that is looked up.
//! Or the file system refuses: it is full for us (another process was faster, a quota, no inodes),
//! or it fails. That cannot be looked up, so it is tried again with a file of our own.

use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::disk::{Disk, DiskSpace, Open};
use super::errors::VolumeError;
use super::stats::count;

/// A body beyond this is refused like any other, but its size says nothing of the next one: one
/// client with a body that is larger than the disk must not take the server out of its balancer.
const WANTED_MAX: u64 = 64 << 20;
/// Written to find out whether the file system takes writes again. Its name is not one of a
/// segment.
const PROBE: &str = "log/probe";
/// Bytes that are tried at least.
const PROBE_BYTES: u64 = 64 << 10;
/// While writes are refused, the log says so this often.
const LINE_INTERVAL: Duration = Duration::from_secs(60);

/// Lets a line through once in a while.
#[derive(Debug, Default)]
pub(crate) struct Occasionally(Mutex<Option<Instant>>);

impl Occasionally {
    /// Whether it is time for another line.
    pub(crate) fn is_due(&self) -> bool {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = last.is_none_or(|last| last.elapsed() >= LINE_INTERVAL);
        if is_due {
            *last = Some(Instant::now());
        }
        is_due
    }
}

/// What the file system did with a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    Full,
    Failed,
}

#[derive(Debug, Default)]
struct Trouble {
    /// The smallest body that was refused since there was space; 0 where none was.
    wanted: u64,
    /// The file system refused a write, and was not seen to take one since.
    fault: Option<Fault>,
    /// What it said.
    error: String,
    probed: Option<Instant>,
}

/// What is known of the space.
#[derive(Debug)]
pub(crate) struct Space {
    folder: PathBuf,
    reserve: u64,
    free: AtomicU64,
    total: AtomicU64,
    /// Bodies are refused: there are too few bytes, or no inode.
    low: AtomicBool,
    /// There is no index to read from until it is recovered.
    unreadable: AtomicBool,
    state: Mutex<Trouble>,
    full_line: Occasionally,
    failed_line: Occasionally,
    /// A line said that writes are refused, and none that they are not any more.
    said: AtomicBool,
    /// Writes that were refused because the disk is full.
    pub(crate) refused_full: AtomicU64,
    /// Writes that were refused because the disk failed.
    pub(crate) refused_failed: AtomicU64,
}

impl Space {
    /// Looks at the space of a disk; `folder` is its name for people.
    pub(crate) fn open(disk: &dyn Disk, folder: PathBuf, reserve: u64) -> Space {
        let space = Space::unknown(folder, reserve);
        // Where it cannot be told, writes find out.
        let _ = space.look(disk);
        space
    }

    fn unknown(folder: PathBuf, reserve: u64) -> Space {
        Space {
            folder,
            reserve,
            free: AtomicU64::new(u64::MAX),
            total: AtomicU64::new(0),
            low: AtomicBool::new(false),
            unreadable: AtomicBool::new(false),
            state: Mutex::default(),
            full_line: Occasionally::default(),
            failed_line: Occasionally::default(),
            said: AtomicBool::new(false),
            refused_full: AtomicU64::new(0),
            refused_failed: AtomicU64::new(0),
        }
    }

    /// Bytes that were free when it was last looked at, which is some moments ago; and all bytes.
    pub(crate) fn bytes(&self) -> (u64, u64) {
        (self.free.load(Ordering::Relaxed), self.total.load(Ordering::Relaxed))
    }

    /// Whether reads are refused, too: the index could not be opened again after a failure.
    pub(crate) fn is_unreadable(&self) -> bool {
        self.unreadable.load(Ordering::Acquire)
    }

    /// Says whether there is an index to read from.
    pub(crate) fn set_unreadable(&self, unreadable: bool) {
        self.unreadable.store(unreadable, Ordering::Release);
    }

    /// Whether bodies are refused for space; what frees space is still accepted.
    pub(crate) fn is_low(&self) -> bool {
        self.low.load(Ordering::Relaxed)
    }

    /// Whether writes are refused because the disk is full.
    pub(crate) fn is_full(&self) -> bool {
        self.is_low() || self.lock().fault == Some(Fault::Full)
    }

    /// Whether writes failed, and none was seen to succeed since.
    pub(crate) fn is_failing(&self) -> bool {
        self.lock().fault == Some(Fault::Failed)
    }

    /// Whether a body of so many bytes fitted when the space was last looked at. Costs no system
    /// call.
    pub(crate) fn seems_to_fit(&self, wanted: u64) -> bool {
        !self.is_low() && self.free.load(Ordering::Relaxed) >= self.reserve.saturating_add(wanted)
    }

    /// Whether a body that is being received would go on into the reserve.
    pub(crate) fn is_reserve_reached(&self) -> bool {
        self.free.load(Ordering::Relaxed) < self.reserve
    }

    /// Whether a batch may add something. An essential one may use half of the reserve; the other
    /// half is left for what frees space, which takes some to be written.
    pub(crate) fn may_add(&self, essential: bool) -> bool {
        let kept = if essential { self.reserve / 2 } else { self.reserve };
        self.free.load(Ordering::Relaxed) >= kept
    }

    /// Looks at the space again.
    pub(crate) fn look(&self, disk: &dyn Disk) -> io::Result<DiskSpace> {
        let space = disk.space()?;
        self.free.store(space.free, Ordering::Relaxed);
        self.total.store(space.total, Ordering::Relaxed);
        let mut state = self.lock();
        if space.free >= self.reserve.saturating_add(state.wanted) && state.fault.is_none() {
            state.wanted = 0;
        }
        let short = space.free < self.reserve.saturating_add(state.wanted);
        drop(state);
        let low = short || space.files_left == Some(0);
        if self.low.swap(low, Ordering::Relaxed) != low {
            self.changed(low);
        }
        Ok(space)
    }

    /// Looks at the space again, and refuses a body that would eat into the reserve.
    pub(crate) fn check(&self, disk: &dyn Disk, wanted: u64) -> Result<(), VolumeError> {
        let space = self.look(disk)?;
        if space.free >= self.reserve.saturating_add(wanted) && space.files_left != Some(0) {
            return Ok(());
        }
        if wanted > 0 && wanted <= WANTED_MAX {
            let mut state = self.lock();
            state.wanted = if state.wanted == 0 { wanted } else { state.wanted.min(wanted) };
            drop(state);
            self.look(disk)?;
        }
        Err(VolumeError::Full)
    }

    /// The file system did not take a write of about so many bytes.
    pub(crate) fn fault(&self, error: &VolumeError, wanted: u64) {
        let fault = match error {
            VolumeError::Full => Fault::Full,
            VolumeError::Failed(_) => Fault::Failed,
            _ => return,
        };
        let wanted = wanted.clamp(PROBE_BYTES, WANTED_MAX);
        let mut state = self.lock();
        state.wanted = if state.fault.is_none() { wanted } else { state.wanted.min(wanted) };
        if state.fault.is_none() {
            state.probed = Some(Instant::now());
        }
        state.fault = Some(fault);
        state.error = error.to_string();
    }

    /// As `fault`, for an error of the system.
    pub(crate) fn io_fault(&self, error: io::Error, wanted: u64) -> VolumeError {
        let error = VolumeError::from(error);
        self.fault(&error, wanted);
        error
    }

    /// Counts writes that are refused with this error, and says so now and then.
    pub(crate) fn refused(&self, error: &VolumeError, times: u64) {
        match error {
            VolumeError::Full => {
                count(&self.refused_full, times);
                if self.full_line.is_due() {
                    self.say_full();
                }
            }
            VolumeError::Failed(_) => {
                count(&self.refused_failed, times);
                if self.failed_line.is_due() {
                    self.say_failed(error);
                }
            }
            _ => {}
        }
    }

    /// Finds out whether there is space again: without this, a server without writes would not
    /// notice. To be called now and then.
    pub(crate) fn tick(&self, disk: &dyn Disk, retry: Duration) {
        let _ = self.look(disk);
        let mut state = self.lock();
        if state.fault.is_none() || state.probed.is_some_and(|probed| probed.elapsed() < retry) {
            return;
        }
        state.probed = Some(Instant::now());
        let wanted = state.wanted;
        drop(state);
        let found = probe(disk, wanted.max(PROBE_BYTES)).map_err(VolumeError::from);
        let mut state = self.lock();
        match found {
            Ok(()) => {
                *state = Trouble::default();
                drop(state);
                let _ = self.look(disk);
                self.say_over();
            }
            Err(VolumeError::Full) => state.fault = Some(Fault::Full),
            Err(error) => {
                state.fault = Some(Fault::Failed);
                state.error = error.to_string();
            }
        }
    }

    /// Why writes are refused, for a person; `None` where they are not.
    pub(crate) fn trouble(&self) -> Option<String> {
        let (free, total) = self.bytes();
        let folder = self.folder.display();
        let state = self.lock();
        match state.fault {
            Some(Fault::Failed) => Some(format!("disk failed: writes fail in {folder}: {}", state.error)),
            Some(Fault::Full) => Some(format!(
                "disk full: the file system of {folder} takes no more ({free} of {total} bytes are free)"
            )),
            None if self.is_low() => Some(format!(
                "disk full: {free} of {total} bytes are free in {folder}, {} are kept in reserve",
                self.reserve
            )),
            None => None,
        }
    }

    fn changed(&self, low: bool) {
        if low {
            if self.full_line.is_due() {
                self.say_full();
            }
            return;
        }
        self.say_over();
    }

    /// Says that writes are taken again, where the log said that they are not.
    fn say_over(&self) {
        if !self.is_low() && self.lock().fault.is_none() && self.said.swap(false, Ordering::Relaxed) {
            let (free_bytes, _) = self.bytes();
            tracing::warn!(free_bytes, folder = %self.folder.display(), "the disk takes writes again");
        }
    }

    fn say_full(&self) {
        self.said.store(true, Ordering::Relaxed);
        let (free_bytes, total_bytes) = self.bytes();
        let line = match self.is_unreadable() {
            true => "disk full: writes, deletes and reads are refused until there is space",
            false => "disk full: writes are refused until there is space; deletes and reads go on",
        };
        tracing::error!(
            free_bytes,
            total_bytes,
            reserve_bytes = self.reserve,
            refused_so_far = self.refused_full.load(Ordering::Relaxed),
            folder = %self.folder.display(),
            "{line}"
        );
    }

    fn say_failed(&self, error: &VolumeError) {
        self.said.store(true, Ordering::Relaxed);
        tracing::error!(
            %error,
            refused_so_far = self.refused_failed.load(Ordering::Relaxed),
            folder = %self.folder.display(),
            "disk failed: writes are refused until one succeeds"
        );
    }

    fn lock(&self) -> MutexGuard<'_, Trouble> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether the file system takes so many bytes.
fn probe(disk: &dyn Disk, wanted: u64) -> io::Result<()> {
    let file = disk.open(PROBE, Open::Create)?;
    let tried =
        file.allocate(wanted).and_then(|()| file.write_at(0, &[0; 4096])).and_then(|()| file.sync_data());
    let removed = disk.remove(PROBE);
    tried.and(removed)
}
