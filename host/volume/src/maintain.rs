//! The background's work: removing what is dead, compaction, scrub. Bounded in bytes per second,
//! never in a request's way.

use std::collections::HashSet;
use std::io::ErrorKind;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::blobs;
use super::compact::Compaction;
use super::errors::VolumeError;
use super::scrub::Scrub;
use super::shared::Shared;
use super::space::Occasionally;
use super::stats::count;

/// The background works in rounds, so many a second.
const ROUNDS_PER_SECOND: u64 = 4;

/// What the rounds remember.
#[derive(Debug)]
struct Progress {
    /// Files of blobs up to this number were made by an earlier process: unreferenced ones are
    /// orphans.
    orphans_until: Option<u64>,
    compaction: Compaction,
    scrub: Scrub,
}

/// The background of a volume.
#[derive(Clone, Debug)]
pub(crate) struct Background {
    shared: Arc<Shared>,
    progress: Arc<Mutex<Progress>>,
    stop: Arc<(Mutex<bool>, Condvar)>,
    failed_line: Arc<Occasionally>,
}

impl Background {
    pub(crate) fn new(shared: Arc<Shared>, orphans_until: u64) -> Background {
        let progress = Progress {
            orphans_until: Some(orphans_until),
            compaction: Compaction::default(),
            scrub: Scrub::default(),
        };
        Background {
            shared,
            progress: Arc::new(Mutex::new(progress)),
            stop: Arc::default(),
            failed_line: Arc::default(),
        }
    }

    /// Works until `stop`.
    pub(crate) fn run(self) {
        let pause = Duration::from_millis(1000 / ROUNDS_PER_SECOND);
        loop {
            let (stopped, wake) = &*self.stop;
            let guard = stopped.lock().unwrap_or_else(PoisonError::into_inner);
            let waited = wake.wait_timeout_while(guard, pause, |stopped| !*stopped);
            if *waited.unwrap_or_else(PoisonError::into_inner).0 {
                return;
            }
            if let Err(error) = self.round()
                && self.failed_line.is_due()
            {
                tracing::warn!(%error, "the volume's background work failed");
            }
        }
    }

    pub(crate) fn stop(&self) {
        let (stopped, wake) = &*self.stop;
        *stopped.lock().unwrap_or_else(PoisonError::into_inner) = true;
        wake.notify_all();
    }

    fn is_stopped(&self) -> bool {
        *self.stop.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One round.
    pub(crate) fn round(&self) -> Result<(), VolumeError> {
        let mut progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        let shared = &self.shared;
        shared.space.tick(&*shared.disk, shared.options.retry);
        if shared.is_failed() || self.is_stopped() {
            // Commits that were answered `Failed` may turn out to have happened. Nothing that they
            // name may be removed before that is decided.
            return Ok(());
        }
        forget_mended(shared)?;
        end_holds(shared);
        remove_dead(shared);
        if let Some(until) = progress.orphans_until
            && sweep(shared, until)?
        {
            progress.orphans_until = None;
        }
        let options = &shared.options;
        let scrub_bytes = options.scrub_bytes_per_second / ROUNDS_PER_SECOND;
        if shared.holds.is_held() {
            // What compaction empties would stay, so it would only take space.
            return progress.scrub.round(shared, scrub_bytes, Instant::now());
        }
        progress.compaction.round(shared, options.compact_bytes_per_second / ROUNDS_PER_SECOND)?;
        progress.scrub.round(shared, scrub_bytes, Instant::now())
    }
}

/// Ends the holds when the space that they keep is needed, and those that nobody goes on with.
fn end_holds(shared: &Shared) {
    if !shared.holds.is_held() {
        return;
    }
    if shared.space.is_low() && shared.holds.end_all() > 0 {
        tracing::warn!("space runs short: what is held for a backup is given up");
    }
    let idle_max = shared.options.hold_idle_max;
    if shared.holds.end_idle(idle_max) > 0 {
        tracing::warn!(
            idle_seconds_max = idle_max.as_secs(),
            "a backup stands still: what is held for it is given up"
        );
    }
}

/// Forgets the damage of blobs that were freed.
fn forget_mended(shared: &Shared) -> Result<(), VolumeError> {
    let damage = &shared.counters.damage;
    if damage.count() > 0 {
        let snapshot = shared.snapshot()?;
        // Where the index cannot say it, the blob stays in the figure.
        damage.retain(|blob| snapshot.blob(blob).map_or(true, |row| row.is_some()));
    }
    Ok(())
}

/// Removes files and segments that are not needed any more.
fn remove_dead(shared: &Shared) {
    let Some(_right) = shared.holds.may_remove() else { return };
    let grace = shared.options.free_grace;
    let files = shared.reclaim.take_due(grace);
    let segments = shared.segments.take_dead(shared.checkpointed(), grace);
    if files.is_empty() && segments.is_empty() {
        return;
    }
    if !shared.sync_visible() {
        // A crash may still undo the commits that freed them. So these have to be durable first.
        files.into_iter().for_each(|id| shared.reclaim.discard(id));
        segments.into_iter().for_each(|number| shared.segments.put_back(number));
        return;
    }
    for id in files {
        remove(shared, &blobs::file_path(id), &shared.counters.files_removed);
    }
    for number in segments {
        remove(shared, &super::log::segment::path(number), &shared.counters.segments_removed);
    }
}

fn remove(shared: &Shared, path: &str, counter: &std::sync::atomic::AtomicU64) {
    match shared.disk.remove(path) {
        Ok(()) => count(counter, 1),
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        // What could not be removed is found again at the next start.
        Err(error) => tracing::warn!(%error, path, "a file could not be removed"),
    }
}

/// Removes the files that an earlier process left without a reference: bodies that were being
/// received, and blobs that were freed, when it ended. `false` when it has to be done again,
/// because something is held.
fn sweep(shared: &Shared, until: u64) -> Result<bool, VolumeError> {
    for folder in shared.disk.list(blobs::FOLDER)? {
        let Some(_right) = shared.holds.may_remove() else { return Ok(false) };
        let folder = format!("{}/{folder}", blobs::FOLDER);
        let names = match shared.disk.list(&folder) {
            Ok(names) => names,
            Err(error) if matches!(error.kind(), ErrorKind::NotADirectory | ErrorKind::NotFound) => continue,
            Err(error) => return Err(error.into()),
        };
        let snapshot = shared.snapshot()?;
        let mut gone = HashSet::new();
        for id in names.iter().filter_map(|name| blobs::file_id(name)).filter(|id| *id <= until) {
            if snapshot.blob(id)?.is_none() && shared.reclaim.recently_freed(id).is_none() {
                gone.insert(id);
            }
        }
        for id in gone {
            remove(shared, &blobs::file_path(id), &shared.counters.files_removed);
        }
    }
    Ok(true)
}
