//! Holds: while one lasts, nothing that was stored at its moment is removed or moved, so that
//! another process may copy it.
//!
//! Blobs and segments never change. So it is enough that the background removes none, and does not
//! compact. What is freed meanwhile takes space until the hold ends. Where space runs short, the
//! volume ends the hold by itself: requests come before copies.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::errors::VolumeError;
use super::export::{self, Exported};
use super::shared::Shared;
use super::snapshot::Snapshot;

/// The holds of a volume. Whoever removes something has this lock while it does.
#[derive(Debug, Default)]
pub(crate) struct Holds {
    current: Mutex<Vec<Arc<AtomicBool>>>,
}

impl Holds {
    /// The right to remove; `None` while something is held.
    pub(crate) fn may_remove(&self) -> Option<MutexGuard<'_, Vec<Arc<AtomicBool>>>> {
        let held = self.lock();
        held.is_empty().then_some(held)
    }

    /// Whether something is held.
    pub(crate) fn is_held(&self) -> bool {
        !self.lock().is_empty()
    }

    /// Ends all holds; answers how many there were.
    pub(crate) fn end_all(&self) -> usize {
        let ended = std::mem::take(&mut *self.lock());
        ended.iter().for_each(|token| token.store(true, Ordering::Release));
        ended.len()
    }

    fn begin(&self) -> Arc<AtomicBool> {
        let token = Arc::new(AtomicBool::new(false));
        self.lock().push(Arc::clone(&token));
        token
    }

    fn end(&self, token: &Arc<AtomicBool>) {
        self.lock().retain(|held| !Arc::ptr_eq(held, token));
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<AtomicBool>>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What was stored at one moment, kept until this is dropped.
#[derive(Debug)]
pub struct Hold {
    shared: Arc<Shared>,
    ended: Arc<AtomicBool>,
    snapshot: Option<Snapshot>,
    sequence_high: u64,
}

impl Hold {
    /// Every acknowledged commit is in it, and all of it is durable.
    pub(crate) fn begin(shared: &Arc<Shared>) -> Result<Hold, VolumeError> {
        // First nothing is removed any more, and then the rows say what there is.
        let ended = shared.holds.begin();
        let mut hold = Hold { shared: Arc::clone(shared), ended, snapshot: None, sequence_high: 0 };
        hold.snapshot = Some(shared.snapshot()?);
        // Above every number that is in a row of the snapshot.
        hold.sequence_high = shared.sequence.wanted();
        if !shared.sync_visible() {
            return Err(VolumeError::Failed("what was acknowledged cannot be made durable".into()));
        }
        Ok(hold)
    }

    /// Whether the volume has ended it, because space runs short.
    pub fn is_ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }

    /// Hands out what was stored at the moment of the hold: first the moment itself, then blobs by
    /// number, then rows by table and key, and the end. It can be called once: the rows' snapshot
    /// is given back afterwards, and what is held from then on are the bytes of blobs.
    ///
    /// # Errors
    /// The index cannot be read, or `each` does not take any more.
    pub fn export<E: From<VolumeError>>(
        &mut self,
        each: impl FnMut(Exported) -> Result<(), E>,
    ) -> Result<(), E> {
        let Some(snapshot) = self.snapshot.take() else {
            return Err(VolumeError::Failed("a hold is exported once".into()).into());
        };
        let volume = self.shared.volume;
        let sealing = self.shared.root.as_ref().map(|root| root.check_value(volume));
        export::export(&snapshot, volume, self.sequence_high, sealing, each)
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.shared.holds.end(&self.ended);
    }
}
