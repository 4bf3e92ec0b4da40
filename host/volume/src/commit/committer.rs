//! The committer: the one thread that writes. It takes all batches that wait, and makes them
//! durable with one sync.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::apply::{self, Effects};
use super::batch::{Changes, Stamp};
use super::queue::{Done, Queued, Work};
use crate::errors::{CommitError, VolumeError};
use crate::index::{Index, Rows, State};
use crate::log::Position;
use crate::log::record::{HEADER_BYTES, Kind, with_room};
use crate::log::writer::{Sync, Writer};
use crate::open;
use crate::options::Durability;
use crate::pending::Pending;
use crate::presync::Presync;
use crate::shared::Shared;
use crate::space::Occasionally;
use crate::stats::count;
use crate::wire::put_u64;

/// Batches that share a sync at most: beyond it, the first would wait for too long.
const GROUP_MAX: usize = 1024;
/// Presyncs between two checkpoints.
const PRESYNCS: u64 = 4;

/// The committer's own state.
pub(crate) struct Committer {
    shared: Arc<Shared>,
    writer: Writer,
    /// The number of the last commit.
    last: u64,
    /// Bytes of log since the last checkpoint.
    since_checkpoint: u64,
    checkpoint_not_before: Instant,
    recover_not_before: Instant,
    presync: Option<Presync>,
    /// The presync begins when so many bytes of log have come since the checkpoint.
    presync_at: u64,
    /// Bodies of commits that failed and may yet turn out to have happened: until that is decided,
    /// they stay.
    doubtful: Vec<Arc<Pending>>,
    repair_line: Occasionally,
    recover_line: Occasionally,
}

/// Answers everything that waits when the committer ends, however it ends.
struct HangUp(Arc<Shared>);

impl Drop for HangUp {
    fn drop(&mut self) {
        let rest = self.0.queue.shut();
        rest.batches.into_iter().for_each(|queued| (queued.done)(Err(CommitError::Failed)));
        if std::thread::panicking() {
            self.0.set_failed(true);
        }
    }
}

/// A batch of the group that holds.
struct Accepted {
    queued: Queued,
    number: u64,
}

/// What became of a group, when it became anything.
struct Grouped {
    effects: Effects,
    accepted: Vec<Accepted>,
    refused: Vec<(Done, CommitError)>,
    sequence_high: u64,
}

impl Committer {
    pub(crate) fn new(shared: Arc<Shared>, writer: Writer, last: u64, presync: Option<Presync>) -> Committer {
        Committer {
            presync,
            presync_at: 0,
            shared,
            writer,
            last,
            since_checkpoint: 0,
            checkpoint_not_before: Instant::now(),
            recover_not_before: Instant::now(),
            doubtful: Vec::new(),
            repair_line: Occasionally::default(),
            recover_line: Occasionally::default(),
        }
    }

    /// Works until the volume is closed.
    pub(crate) fn run(mut self) {
        let _hang_up = HangUp(Arc::clone(&self.shared));
        loop {
            let work = self.shared.queue.take(self.patience());
            let idle = work.is_empty();
            let close = work.close;
            self.work(work);
            if close {
                self.close();
                return;
            }
            self.presync();
            let due = self.since_checkpoint >= self.shared.options.checkpoint_log_bytes;
            if (due || (idle && self.since_checkpoint > 0)) && Instant::now() >= self.checkpoint_not_before {
                self.checkpoint();
            }
        }
    }

    /// Every now and then the index's pages are brought to the disk, so that the checkpoint finds
    /// them there.
    fn presync(&mut self) {
        let step = self.shared.options.checkpoint_log_bytes / PRESYNCS;
        if let Some(presync) = &self.presync
            && self.since_checkpoint >= self.presync_at.saturating_add(step)
        {
            self.presync_at = self.since_checkpoint;
            presync.begin();
        }
    }

    fn patience(&self) -> Option<Duration> {
        if self.shared.is_failed() || self.shared.tail.broken().is_some() {
            Some(self.shared.options.retry)
        } else if self.since_checkpoint > 0 {
            Some(self.shared.options.checkpoint_idle)
        } else {
            None
        }
    }

    fn work(&mut self, work: Work) {
        let _ = self.shared.space.look(&*self.shared.disk);
        self.repair();
        let mut batches = work.batches.into_iter();
        loop {
            let group: Vec<Queued> = batches.by_ref().take(GROUP_MAX).collect();
            if group.is_empty() {
                break;
            }
            self.group(group);
        }
        if work.reserve {
            self.reserve();
        }
        if work.flush && self.shared.tail.broken().is_none() {
            let flushed = self.writer.flush(Sync::No);
            self.flushed(&flushed);
        }
        if !work.sync.is_empty() {
            let flushed = self.usable().and_then(|()| self.writer.flush(Sync::Yes));
            self.flushed(&flushed);
            work.sync.into_iter().for_each(|done| done(flushed.is_ok()));
        }
        if !work.checkpoint.is_empty() {
            self.checkpoint();
            work.checkpoint.into_iter().for_each(|done| done());
        }
    }

    /// Tries to end a failure of the log or of the index.
    fn repair(&mut self) {
        if self.shared.tail.broken().is_some() {
            match self.writer.repair() {
                // The segment that was begun says that what failed has not happened.
                Ok(()) if !self.shared.is_failed() => self.doubtful.clear(),
                Ok(()) => {}
                Err(error) => {
                    self.shared.space.fault(&error, 0);
                    if self.repair_line.is_due() {
                        tracing::warn!(%error, "the log cannot be written, which is tried again each second");
                    }
                    return;
                }
            }
        }
        if self.shared.is_failed() && Instant::now() >= self.recover_not_before {
            let was_unreadable = self.shared.space.is_unreadable();
            match self.recover_index() {
                Ok(()) => tracing::warn!("the index was recovered from the log"),
                Err(error) => {
                    let unreadable = self.shared.space.is_unreadable();
                    if self.recover_line.is_due() || unreadable != was_unreadable {
                        let reads = if unreadable { "; reads are refused until then, too" } else { "" };
                        tracing::error!(
                            %error,
                            "the index cannot be recovered, which is tried again each second{reads}"
                        );
                    }
                    self.recover_not_before = Instant::now() + self.shared.options.retry;
                }
            }
        }
    }

    /// After a failure redb refuses everything: opens the index anew, as a start would, and replays
    /// what it lacks.
    fn recover_index(&mut self) -> Result<(), VolumeError> {
        self.writer.flush(Sync::Yes)?;
        let shared = Arc::clone(&self.shared);
        shared.index.set(None);
        shared.space.set_unreadable(true);
        shared.views.publish(shared.views.generation());
        let (index, state, live) = open::reopen_index(&*shared.disk, &shared.options, self.writer.position())
            .map_err(|error| VolumeError::Failed(error.to_string()))?;
        shared.segments.set_live(&live);
        shared.set_checkpointed(state.position.segment);
        shared.sequence.reserved(state.sequence_high);
        shared.index.set(Some(index));
        shared.space.set_unreadable(false);
        shared.set_failed(false);
        // A number that was not given out yet: every snapshot from before is stale.
        self.last = self.last.max(state.commit) + 1;
        self.since_checkpoint = 0;
        shared.views.publish(self.last);
        let snapshot = shared.snapshot()?;
        for pending in self.doubtful.drain(..) {
            if snapshot.blob(pending.id)?.is_some() {
                pending.set_kept();
            }
        }
        Ok(())
    }

    /// One group commit.
    fn group(&mut self, group: Vec<Queued>) {
        let began = Instant::now();
        let shared = Arc::clone(&self.shared);
        let counters = &shared.counters;
        let size = group.len() as u64;
        let mut answers: Vec<Done> = Vec::new();
        match self.commit(group, &mut answers) {
            Ok(grouped) => {
                counters.group_sizes.add(grouped.accepted.len() as u64);
                count(&counters.commits, grouped.accepted.len() as u64);
                let full = grouped.refused.iter().filter(|(_, why)| *why == CommitError::Full).count();
                count(&counters.conflicts, (grouped.refused.len() - full) as u64);
                counters.group_us.add_us(began.elapsed());
                for accepted in grouped.accepted {
                    (accepted.queued.done)(Ok(accepted.number));
                }
                for (done, refused) in grouped.refused {
                    done(Err(refused));
                }
            }
            Err(error) => {
                if self.shared.tail.broken().is_none() {
                    // The log is fine, so the index has failed. redb refuses everything after its
                    // first failure.
                    self.shared.set_failed(true);
                }
                count(&counters.failed_commits, size);
                shared.space.refused(&error, size);
                // Of a full disk, the space says a line now and then.
                if !matches!(error, VolumeError::Full) {
                    tracing::error!(%error, "a group of commits failed");
                }
                let error = CommitError::from(error);
                answers.into_iter().for_each(|done| done(Err(error)));
            }
        }
    }

    /// After an error, `answers` are those who wait for one.
    fn commit(&mut self, group: Vec<Queued>, answers: &mut Vec<Done>) -> Result<Grouped, VolumeError> {
        let begun = self.usable().and_then(|()| self.shared.index.with(Index::begin));
        let transaction = match begun {
            Ok(transaction) => transaction,
            Err(error) => {
                answers.extend(group.into_iter().map(|queued| queued.done));
                return Err(error);
            }
        };
        let mut grouped = Grouped {
            effects: Effects::default(),
            accepted: Vec::new(),
            refused: Vec::new(),
            sequence_high: 0,
        };
        let written = self.write_group(&transaction, group, &mut grouped);
        if grouped.accepted.is_empty() && written.is_ok() {
            // Nothing changed: the transaction is dropped.
            return Ok(grouped);
        }
        let committed = written.and_then(|()| {
            // After an error, the log has a commit that the index lacks. Only a replay brings them
            // together again.
            transaction.commit().map_err(VolumeError::from)
        });
        match committed {
            Ok(()) => {
                self.publish(&mut grouped);
                Ok(grouped)
            }
            Err(error) => {
                self.shared.space.fault(&error, 0);
                for accepted in grouped.accepted {
                    self.doubtful.extend(accepted.queued.received);
                    answers.push(accepted.queued.done);
                }
                answers.extend(grouped.refused.into_iter().map(|(done, _)| done));
                Err(error)
            }
        }
    }

    fn usable(&self) -> Result<(), VolumeError> {
        if self.shared.is_failed() {
            return Err(match self.shared.space.is_full() {
                true => VolumeError::Full,
                false => VolumeError::Failed("the index failed".into()),
            });
        }
        match self.shared.tail.broken() {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }

    /// Everything up to, not including, the commit of the index. On an error every batch is in
    /// `grouped`.
    fn write_group(
        &mut self,
        transaction: &redb::WriteTransaction,
        group: Vec<Queued>,
        grouped: &mut Grouped,
    ) -> Result<(), VolumeError> {
        let high = self.shared.sequence.wanted();
        let stamp = Stamp { sequence_high: high, durable: self.writer.durable() };
        let before = self.last;
        let mut result = Ok(());
        let mut rows = match Rows::new(transaction) {
            Ok(rows) => rows,
            Err(error) => {
                grouped.refused.extend(group.into_iter().map(|queued| (queued.done, CommitError::Failed)));
                return Err(error);
            }
        };
        for mut queued in group {
            if result.is_err() {
                grouped.refused.push((queued.done, CommitError::Failed));
                continue;
            }
            stamp.write(&mut queued.record);
            match self.apply(&mut rows, &queued, self.last + 1, &mut grouped.effects) {
                Ok(Ok(())) => {
                    self.last += 1;
                    grouped.accepted.push(Accepted { queued, number: self.last });
                }
                Ok(Err(refused)) => grouped.refused.push((queued.done, refused)),
                Err(error) => {
                    grouped.refused.push((queued.done, CommitError::Failed));
                    result = Err(error);
                }
            }
        }
        if result.is_err() || self.last == before {
            return result;
        }
        for accepted in &mut grouped.accepted {
            let record = std::mem::take(&mut accepted.queued.record);
            self.shared.tail.append_record(Kind::Commit, accepted.number, record)?;
        }
        let (position, record) = self.shared.tail.end();
        let old = rows.state()?.unwrap_or_default();
        rows.finish(&State {
            position,
            record,
            commit: self.last,
            sequence_high: high,
            counted: old.counted,
        })?;
        grouped.sequence_high = high;
        self.flush_group()
    }

    fn flush_group(&mut self) -> Result<(), VolumeError> {
        let began = Instant::now();
        let sync = match self.shared.options.durability {
            Durability::Synced => Sync::Yes,
            Durability::Relaxed => Sync::No,
        };
        let flushed = self.writer.flush(sync);
        self.flushed(&flushed);
        flushed?;
        self.writer.acknowledge();
        self.shared.counters.sync_us.add_us(began.elapsed());
        Ok(())
    }

    /// Checks one batch and, if it holds, applies it.
    fn apply(
        &self,
        rows: &mut Rows<'_>,
        queued: &Queued,
        number: u64,
        effects: &mut Effects,
    ) -> Result<Result<(), CommitError>, VolumeError> {
        let payload = queued.record.get(HEADER_BYTES..).unwrap_or_default();
        let Some(changes) = Changes::decode(payload) else { return Ok(Err(CommitError::Failed)) };
        let tail = &self.shared.tail;
        let lost = queued
            .received
            .iter()
            .any(|pending| pending.log_position().is_some_and(|at| tail.is_lost(at)))
            || changes.moves.iter().any(|one| tail.is_lost(Position { segment: one.to.0, offset: one.to.1 }));
        if lost {
            return Ok(Err(CommitError::Failed));
        }
        if !apply::holds(rows, &queued.require)? {
            return Ok(Err(CommitError::Conflict));
        }
        let Some(blobs) = apply::plan_blobs(rows, &changes, Some(&queued.received))? else {
            return Ok(Err(CommitError::Conflict));
        };
        if let Some(excess) = rows.excess(&queued.add)? {
            return Ok(Err(CommitError::Exceeded(excess)));
        }
        // What frees space goes on below the reserve: only there it is found out which batch does.
        let space = &self.shared.space;
        if !space.may_add(queued.essential) && apply::grows(rows, &changes, &blobs)? {
            space.refused(&VolumeError::Full, 1);
            return Ok(Err(CommitError::Full));
        }
        apply::apply(rows, &changes, &blobs, number, effects)?;
        Ok(Ok(()))
    }

    /// What was committed becomes visible.
    fn publish(&self, grouped: &mut Grouped) {
        let shared = &self.shared;
        grouped.effects.kept.sort_unstable();
        shared.segments.changed(&grouped.effects.live);
        for accepted in &grouped.accepted {
            for pending in &accepted.queued.received {
                if grouped.effects.kept.binary_search(&pending.id).is_ok() {
                    pending.set_kept();
                }
            }
        }
        shared.sequence.reserved(grouped.sequence_high);
        shared.reclaim.freed(&grouped.effects.freed);
        shared.views.publish(self.last);
    }

    /// Reserves more numbers for the sequence.
    pub(crate) fn reserve(&mut self) {
        if self.usable().is_err() {
            return;
        }
        let high = self.shared.sequence.wanted();
        let mut record = with_room(8);
        put_u64(&mut record, high);
        let appended = self.shared.tail.append_record(Kind::Reserve, high, record);
        if appended.is_ok() {
            let flushed = self.writer.flush(Sync::Yes);
            self.flushed(&flushed);
            if flushed.is_ok() {
                self.writer.acknowledge();
                self.shared.sequence.reserved(high);
            }
        }
    }

    fn flushed(&mut self, flushed: &Result<u64, VolumeError>) {
        match flushed {
            Ok(bytes) => {
                self.since_checkpoint += bytes;
                count(&self.shared.counters.log_bytes, *bytes);
            }
            Err(error) => {
                self.shared.space.fault(error, 0);
                if !matches!(error, VolumeError::Full) {
                    tracing::error!(%error, "the log could not be written; it goes on in a new segment");
                }
            }
        }
    }

    /// Makes the index durable, so that the log before need not be replayed any more.
    fn checkpoint(&mut self) {
        let began = Instant::now();
        if let Err(error) = self.try_checkpoint() {
            tracing::error!(%error, "the index could not be checkpointed");
            self.checkpoint_not_before = Instant::now() + self.shared.options.retry;
            return;
        }
        self.since_checkpoint = 0;
        self.presync_at = 0;
        self.shared.counters.checkpoint_us.add_us(began.elapsed());
    }

    fn try_checkpoint(&mut self) -> Result<(), VolumeError> {
        self.usable()?;
        // With relaxed durability the log may still be unsynced; the index must not get ahead of
        // it.
        let flushed = self.writer.flush(Sync::Yes);
        self.flushed(&flushed);
        flushed?;
        let high = self.shared.sequence.wanted();
        let live = self.shared.segments.live();
        let checkpointed = self.shared.index.with(|index| index.checkpoint(&live, high));
        match checkpointed {
            Ok(state) => {
                self.shared.sequence.reserved(state.sequence_high);
                self.shared.set_checkpointed(state.position.segment);
                Ok(())
            }
            Err(error) => {
                self.shared.space.fault(&error, 0);
                self.shared.set_failed(true);
                Err(error)
            }
        }
    }

    /// Answers what has come meanwhile, checkpoints, and leaves the log without reserved space.
    fn close(&mut self) {
        let rest = self.shared.queue.shut();
        self.work(rest);
        self.repair();
        if self.usable().is_err() {
            return;
        }
        if let Err(error) = self.writer.close() {
            tracing::error!(%error, "the log could not be closed");
            return;
        }
        self.checkpoint();
    }
}
