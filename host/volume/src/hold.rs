//! Holds: while one lasts, nothing that was stored at its moment is removed or moved, so that
//! another process may copy it.
//!
//! Blobs and segments never change. So it is enough that the background removes none, and does not
//! compact. What is freed meanwhile takes space until the hold ends. The volume ends it by itself
//! where space runs short, because requests come before copies, and where its holder stands still.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::errors::VolumeError;
use super::export::{self, Exported};
use super::shared::Shared;
use super::snapshot::Snapshot;
use super::stats::{HoldFigures, count};

/// Why a volume ended a hold by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HoldEnd {
    /// Space runs short.
    Space,
    /// Its holder made no progress for `Options::hold_idle_max`.
    Idle,
}

/// Who holds something: it has to show now and then that it goes on.
#[derive(Debug)]
pub struct Holder {
    began: Instant,
    state: Mutex<(Instant, Option<HoldEnd>)>,
}

impl Holder {
    fn new() -> Holder {
        let now = Instant::now();
        Holder { began: now, state: Mutex::new((now, None)) }
    }

    /// It goes on.
    pub fn progress(&self) {
        self.lock().0 = Instant::now();
    }

    /// Why the volume has ended the hold; `None` while it lasts.
    pub fn ended(&self) -> Option<HoldEnd> {
        self.lock().1
    }

    fn idle(&self) -> Duration {
        self.lock().0.elapsed()
    }

    fn end(&self, why: HoldEnd) {
        self.lock().1 = Some(why);
    }

    fn lock(&self) -> MutexGuard<'_, (Instant, Option<HoldEnd>)> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The holds of a volume. Whoever removes something has this lock while it does.
#[derive(Debug, Default)]
pub(crate) struct Holds {
    current: Mutex<Vec<Arc<Holder>>>,
    ended_space: AtomicU64,
    ended_idle: AtomicU64,
}

impl Holds {
    /// The right to remove; `None` while something is held.
    pub(crate) fn may_remove(&self) -> Option<MutexGuard<'_, Vec<Arc<Holder>>>> {
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
        ended.iter().for_each(|holder| holder.end(HoldEnd::Space));
        count(&self.ended_space, ended.len() as u64);
        ended.len()
    }

    /// Ends the holds that made no progress for so long; answers how many there were.
    pub(crate) fn end_idle(&self, idle_max: Duration) -> usize {
        let mut held = self.lock();
        let (idle, others) = std::mem::take(&mut *held).into_iter().partition(|one| one.idle() > idle_max);
        *held = others;
        drop(held);
        let idle: Vec<Arc<Holder>> = idle;
        idle.iter().for_each(|holder| holder.end(HoldEnd::Idle));
        count(&self.ended_idle, idle.len() as u64);
        idle.len()
    }

    /// What is known of them.
    pub(crate) fn figures(&self) -> HoldFigures {
        let held = self.lock();
        let longest =
            |times: &mut dyn Iterator<Item = Duration>| times.max().map_or(0, |time| time.as_secs());
        HoldFigures {
            seconds: longest(&mut held.iter().map(|holder| holder.began.elapsed())),
            idle_seconds: longest(&mut held.iter().map(|holder| holder.idle())),
            ended_space: self.ended_space.load(Ordering::Relaxed),
            ended_idle: self.ended_idle.load(Ordering::Relaxed),
        }
    }

    fn begin(&self) -> Arc<Holder> {
        let holder = Arc::new(Holder::new());
        self.lock().push(Arc::clone(&holder));
        holder
    }

    fn end(&self, holder: &Arc<Holder>) {
        self.lock().retain(|held| !Arc::ptr_eq(held, holder));
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<Holder>>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What was stored at one moment, kept until this is dropped.
#[derive(Debug)]
pub struct Hold {
    shared: Arc<Shared>,
    holder: Arc<Holder>,
    snapshot: Option<Snapshot>,
    sequence_high: u64,
}

impl Hold {
    /// Every acknowledged commit is in it, and all of it is durable.
    pub(crate) fn begin(shared: &Arc<Shared>) -> Result<Hold, VolumeError> {
        // First nothing is removed any more, and then the rows say what there is.
        let holder = shared.holds.begin();
        let mut hold = Hold { shared: Arc::clone(shared), holder, snapshot: None, sequence_high: 0 };
        hold.snapshot = Some(shared.snapshot()?);
        // Above every number that is in a row of the snapshot.
        hold.sequence_high = shared.sequence.wanted();
        if !shared.sync_visible() {
            return Err(VolumeError::Failed("what was acknowledged cannot be made durable".into()));
        }
        Ok(hold)
    }

    /// Who holds: to show progress, and to find out whether the volume has ended the hold.
    pub fn holder(&self) -> Arc<Holder> {
        Arc::clone(&self.holder)
    }

    /// Why the volume has ended it; `None` while it lasts.
    pub fn ended(&self) -> Option<HoldEnd> {
        self.holder.ended()
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
        self.shared.holds.end(&self.holder);
    }
}
