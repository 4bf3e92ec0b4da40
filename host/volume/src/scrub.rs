//! The scrub: reads every stored body now and then, and compares it with its checksum.

use std::sync::atomic::Ordering;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use super::blobs::{self, BlobRow, Location};
use super::disk::Open;
use super::errors::VolumeError;
use super::log::replay::body_crc;
use super::log::segment;
use super::shared::Shared;
use super::stats::count;

/// Rows looked at in one round at most.
const ROWS_MAX: usize = 256;

/// How far the scrub is.
#[derive(Debug, Default)]
pub(crate) struct Scrub {
    /// The next blob to look at.
    next: u64,
    /// Bytes read beyond the budget of earlier rounds.
    debt: u64,
    /// When the last pass ended.
    rested_since: Option<Instant>,
}

impl Scrub {
    /// Goes on for about `budget` bytes.
    pub(crate) fn round(&mut self, shared: &Shared, budget: u64, now: Instant) -> Result<(), VolumeError> {
        if let Some(since) = self.rested_since
            && now.duration_since(since) < shared.options.scrub_rest
        {
            return Ok(());
        }
        if budget == 0 {
            return Ok(());
        }
        if self.debt >= budget {
            // A large body was read as a whole. The wait comes afterwards, and keeps the pace.
            self.debt -= budget;
            return Ok(());
        }
        self.rested_since = None;
        let rows = shared.snapshot()?.blobs_from(self.next, ROWS_MAX)?;
        if rows.is_empty() {
            self.next = 0;
            self.rested_since = Some(now);
            let at = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            shared.counters.scrub_passed_seconds.store(at.as_secs(), Ordering::Relaxed);
            return Ok(());
        }
        let mut spent = self.debt;
        for (id, row) in rows {
            if spent >= budget {
                break;
            }
            verify(shared, id, row)?;
            self.next = id.saturating_add(1);
            spent += row.length + 512;
            count(&shared.counters.scrubbed_bytes, row.length);
        }
        self.debt = spent.saturating_sub(budget);
        Ok(())
    }
}

/// Compares a body with its checksum. Whatever is the matter with it is counted, and said once; the
/// scrub goes on with the next.
fn verify(shared: &Shared, id: u64, row: BlobRow) -> Result<(), VolumeError> {
    let Err(error) = read(shared, id, row) else {
        count(&shared.counters.scrubbed_blobs, 1);
        shared.counters.damage.is_whole(id);
        return Ok(());
    };
    // The blob may have been freed or moved meanwhile. Then it is right that its bytes are gone.
    let now = shared.snapshot()?.blob(id)?;
    if now.is_some_and(|now| now.location == row.location) {
        count(&shared.counters.scrub_errors, 1);
        if shared.counters.damage.found(id) {
            tracing::error!(
                blob = format!("{id:016x}"),
                %error,
                "a stored body is damaged or missing; `portcullis check` names its objects"
            );
        }
    }
    Ok(())
}

fn read(shared: &Shared, id: u64, row: BlobRow) -> Result<(), VolumeError> {
    let (file, path, offset) = match row.location {
        Location::Log { segment, offset } => {
            (shared.segment_file(segment, id)?, segment::path(segment), offset)
        }
        Location::File => {
            let path = blobs::file_path(id);
            match shared.disk.open(&path, Open::Read) {
                Ok(file) => (file, path, 0),
                Err(error) => return Err(VolumeError::of_read(id, path, error)),
            }
        }
    };
    match body_crc(&*file, offset, row.length) {
        Ok(crc) if crc == row.crc => Ok(()),
        Ok(_) => Err(VolumeError::Corrupt(id)),
        Err(error) => Err(VolumeError::of_read(id, path, error)),
    }
}
