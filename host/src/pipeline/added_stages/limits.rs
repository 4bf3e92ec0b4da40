//! What one run of an added stage may take: memory, time, and what a component is made of.
//!
//! Memory and time are the operator's to set. The defaults hold what a stage in Python or
//! JavaScript needs, several times (`docs/stages.md` has the figures).

use std::time::Duration;

use anyhow::{Result, ensure};
use rustix::time::{ClockId, clock_gettime};
use wasmtime::{Error, ResourceLimiter};

/// Bytes of all memories of a run, where the manifest names no other limit.
const MEMORY_BYTES_DEFAULT: u64 = 128 << 20;
/// Milliseconds of a run, where the manifest names no other limit.
const TIME_MS_DEFAULT: u64 = 250;
/// What a manifest may allow: a worker does nothing else while a stage runs.
const MEMORY_BYTES_RANGE: std::ops::RangeInclusive<u64> = 64 << 10..=1 << 30;
const TIME_MS_RANGE: std::ops::RangeInclusive<u64> = 1..=10_000;

/// Memories of one run. Those of a component share none.
const MEMORIES_MAX: usize = 16;
/// Tables of one run, and the elements of all of them: a pointer of the host each.
const TABLES_MAX: usize = 256;
const TABLE_ELEMENTS_MAX: usize = 1 << 20;
/// Module instances of one run. A Python interpreter and its adapters are some forty.
const INSTANCES_MAX: usize = 1024;

/// What one run may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StageLimits {
    /// Bytes of all its memories together.
    pub memory_bytes_max: usize,
    /// Time of its thread, not of the clock: a machine that is busy with other things fails no
    /// stage.
    pub time_max: Duration,
}

impl StageLimits {
    /// The limits of a stage as its manifest has them, where it has any.
    ///
    /// # Errors
    /// A limit outside of what the host allows.
    pub fn new(memory_bytes_max: Option<u64>, time_ms_max: Option<u64>) -> Result<StageLimits> {
        let bytes = memory_bytes_max.unwrap_or(MEMORY_BYTES_DEFAULT);
        let (least, most) = (MEMORY_BYTES_RANGE.start(), MEMORY_BYTES_RANGE.end());
        ensure!(
            MEMORY_BYTES_RANGE.contains(&bytes),
            "memory_bytes_max = {bytes} must be from {least} to {most}"
        );
        let time = time_ms_max.unwrap_or(TIME_MS_DEFAULT);
        let (least, most) = (TIME_MS_RANGE.start(), TIME_MS_RANGE.end());
        ensure!(TIME_MS_RANGE.contains(&time), "time_ms_max = {time} must be from {least} to {most}");
        Ok(StageLimits { memory_bytes_max: usize::try_from(bytes)?, time_max: Duration::from_millis(time) })
    }
}

impl Default for StageLimits {
    fn default() -> StageLimits {
        StageLimits {
            memory_bytes_max: usize::try_from(MEMORY_BYTES_DEFAULT).unwrap_or(usize::MAX),
            time_max: Duration::from_millis(TIME_MS_DEFAULT),
        }
    }
}

/// What a run has taken so far. It refuses more than the limits with an error that names the limit.
#[derive(Debug)]
pub(super) struct Meter {
    limits: StageLimits,
    began: Duration,
    bytes: usize,
    elements: usize,
}

impl Meter {
    /// Of a run that begins now, on this thread.
    pub(super) fn start(limits: StageLimits) -> Meter {
        Meter { limits, began: thread_time(), bytes: 0, elements: 0 }
    }

    /// Bytes of all memories.
    pub(super) fn memory_bytes(&self) -> usize {
        self.bytes
    }

    /// How long it has run.
    pub(super) fn time(&self) -> Duration {
        thread_time().saturating_sub(self.began)
    }

    /// Whether it may go on.
    ///
    /// # Errors
    /// The time is used up.
    pub(super) fn check_time(&self) -> wasmtime::Result<()> {
        match self.time() <= self.limits.time_max {
            true => Ok(()),
            false => Err(Error::msg(format!(
                "it ran longer than its limit, time_ms_max = {}",
                self.limits.time_max.as_millis()
            ))),
        }
    }
}

/// How long this thread has run.
pub(crate) fn thread_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::try_from(time).unwrap_or_default()
}

/// A memory or a table that is to grow.
struct Growth {
    current: usize,
    desired: usize,
    /// What its module allows.
    maximum: Option<usize>,
}

impl Growth {
    /// Adds it to the sum of its kind, which has a limit. Says whether its module allows it.
    ///
    /// # Errors
    /// The sum would be beyond the limit.
    fn add_to(&self, sum: &mut usize, most: usize, why: impl FnOnce() -> String) -> wasmtime::Result<bool> {
        if self.maximum.is_some_and(|maximum| self.desired > maximum) {
            return Ok(false);
        }
        let grown = sum.saturating_add(self.desired.saturating_sub(self.current));
        if grown > most {
            return Err(Error::msg(why()));
        }
        *sum = grown;
        Ok(true)
    }
}

impl ResourceLimiter for Meter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let most = self.limits.memory_bytes_max;
        let why = || format!("it needs more memory than its limit, memory_bytes_max = {most}");
        Growth { current, desired, maximum }.add_to(&mut self.bytes, most, why)
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let why = || format!("its tables have more than {TABLE_ELEMENTS_MAX} elements");
        Growth { current, desired, maximum }.add_to(&mut self.elements, TABLE_ELEMENTS_MAX, why)
    }

    fn instances(&self) -> usize {
        INSTANCES_MAX
    }

    fn tables(&self) -> usize {
        TABLES_MAX
    }

    fn memories(&self) -> usize {
        MEMORIES_MAX
    }
}

#[cfg(test)]
mod tests;
