//! `index`: reads of ordered tables, from the freshest snapshot; and the snapshot of a step.

use std::time::Duration;

use wasmtime::{Error, Result};

use crate::pipeline::bindings::index::{Direction, Entry, Host};
use crate::pipeline::capabilities::HostState;
use crate::pipeline::journal::{Before, View};
use volume::{self, Snapshot};

/// A page holds at most this many rows, whatever limit a guest gives.
const SCAN_ROWS_MAX: u32 = 10_000;

impl HostState {
    /// The snapshot of the last commit group before this step of the pipeline, so every read of a
    /// step sees the same state. It is kept until something is committed, because opening a
    /// snapshot costs more than a read.
    pub(super) fn snapshot(&mut self) -> Result<&Snapshot> {
        if !self.snapshot_is_current {
            self.snapshot_is_current = true;
            let generation = self.shared.volume.generation();
            if self.snapshot.as_ref().is_none_or(|(seen, _)| *seen != generation) {
                // The old one is dropped first, so that the index can reuse its pages.
                self.snapshot = None;
                self.snapshot = Some((generation, self.shared.volume.snapshot().map_err(Error::new)?));
            }
        }
        match &self.snapshot {
            Some((_, snapshot)) => Ok(snapshot),
            None => Err(Error::msg("no snapshot")),
        }
    }

    /// Begins a step: its first read looks for a fresher snapshot.
    pub fn begin_step(&mut self) {
        self.snapshot_is_current = false;
        self.lent = Duration::ZERO;
        self.long_since = None;
        self.seen_rows.clear();
    }

    /// Gives a step that runs again what it drew and read when it ran before.
    pub(crate) fn look_back(&mut self, before: Before) {
        self.draws.begin(before.draws);
        self.seen_rows = before.rows;
        if let Some(view) = before.view {
            self.snapshot = Some(view);
            self.snapshot_is_current = true;
        }
    }

    /// The snapshot that this step has read from, if it has read anything.
    pub(crate) fn view(&self) -> Option<View> {
        self.snapshot.clone().filter(|_| self.snapshot_is_current)
    }

    /// Lets go of a snapshot that is not the freshest, so that an idle worker does not pin old
    /// pages of the index.
    pub fn forget_snapshot(&mut self) {
        if self.snapshot.as_ref().is_some_and(|(seen, _)| *seen != self.shared.volume.generation()) {
            self.snapshot = None;
            self.snapshot_is_current = false;
        }
    }
}

/// A number of the sequence. A type of its own, by which [`Draws`](crate::pipeline::journal::Draws)
/// finds it.
#[derive(Clone, Copy)]
struct Sequence(u64);

impl Host for HostState {
    fn get(&mut self, table: String, key: Vec<u8>) -> Result<Option<Entry>> {
        // Empty, but for a step that runs again after a long wait.
        let seen = self.seen_rows.iter().find(|row| row.table == table && row.key == key);
        let entry = match seen {
            Some(seen) => seen.entry.clone(),
            None => self.snapshot()?.get(&table, &key).map_err(Error::new)?,
        };
        Ok(entry.map(|entry| Entry { value: entry.value, revision: entry.revision }))
    }

    fn scan(
        &mut self,
        table: String,
        start: Vec<u8>,
        end: Vec<u8>,
        limit: u32,
        direction: Direction,
    ) -> Result<Vec<u8>> {
        let direction = match direction {
            Direction::Forward => volume::Direction::Forward,
            Direction::Backward => volume::Direction::Backward,
        };
        let mut packed = Vec::new();
        let limit = limit.min(SCAN_ROWS_MAX);
        self.snapshot()?.scan(&table, (&start, &end), limit, direction, &mut packed).map_err(Error::new)?;
        Ok(packed)
    }

    fn peek(
        &mut self,
        table: String,
        start: Vec<u8>,
        end: Vec<u8>,
        limit: u32,
        value_bytes_max: u32,
    ) -> Result<Vec<u8>> {
        let mut packed = Vec::new();
        let (limit, value_bytes_max) = (limit.min(SCAN_ROWS_MAX), value_bytes_max as usize);
        let snapshot = self.snapshot()?;
        snapshot.peek(&table, (&start, &end), limit, value_bytes_max, &mut packed).map_err(Error::new)?;
        Ok(packed)
    }

    fn next_sequence(&mut self) -> Result<u64> {
        let volume = &self.shared.volume;
        let Sequence(number) = self.draws.draw(|| Ok::<_, Error>(Sequence(volume.next_sequence())))?;
        Ok(number)
    }
}
