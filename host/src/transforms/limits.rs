//! What one call of a transform may take, and what all of them may.

use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Result, ensure};
use wasmtime::{Error, ResourceLimiter};

use super::failure::{CallFailure, FailureKind};

/// Memories of one call. Those of a component share none.
pub(super) const MEMORIES_MAX: u32 = 8;
/// Tables of one call, and the elements of all of them: a pointer a function.
pub(super) const TABLES_MAX: u32 = 64;
pub(super) const TABLE_ELEMENTS_MAX: usize = 1 << 20;
/// Module instances of one call. A Python interpreter and its adapters are some forty.
pub(super) const INSTANCES_MAX: u32 = 1024;
/// The most that `memory_bytes_max` may be.
pub(super) const MEMORY_BYTES_MAX: u64 = 4 << 30;

/// A limit: its name, its default, and what a deployer may set.
struct LimitRow {
    name: &'static str,
    default: u64,
    range: RangeInclusive<u64>,
}

const TIME_MS: LimitRow = LimitRow { name: "time_ms_max", default: 60_000, range: 1..=3_600_000 };
const CPU_MS: LimitRow = LimitRow { name: "cpu_ms_max", default: 10_000, range: 1..=600_000 };
const MEMORY: LimitRow =
    LimitRow { name: "memory_bytes_max", default: 256 << 20, range: 64 << 10..=MEMORY_BYTES_MAX };
const INPUT: LimitRow = LimitRow { name: "input_bytes_max", default: 64 << 20, range: 0..=2 << 30 };
const OUTPUT: LimitRow = LimitRow { name: "output_bytes_max", default: 5 << 30, range: 0..=5 << 40 };
const CALLS: LimitRow = LimitRow { name: "calls_max", default: 16, range: 1..=1024 };
const QUEUE: LimitRow = LimitRow { name: "queue_max", default: 64, range: 0..=4096 };
const QUEUE_MS: LimitRow = LimitRow { name: "queue_ms_max", default: 1_000, range: 0..=60_000 };

impl LimitRow {
    fn of(&self, given: Option<u64>) -> Result<u64> {
        let value = given.unwrap_or(self.default);
        let (name, least, most) = (self.name, self.range.start(), self.range.end());
        ensure!(self.range.contains(&value), "{name} = {value} must be from {least} to {most}");
        Ok(value)
    }
}

/// The limits of a component as its deployer sets them; what is left out is the default.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitsGiven {
    /// Milliseconds of a call, without those in which the client does not read.
    pub time_ms_max: Option<u64>,
    /// Milliseconds of processor time of a call.
    pub cpu_ms_max: Option<u64>,
    /// Bytes of all memories of a call.
    pub memory_bytes_max: Option<u64>,
    /// Bytes that a buffered transform is given, and of another object that it reads.
    pub input_bytes_max: Option<u64>,
    /// Bytes that a call returns.
    pub output_bytes_max: Option<u64>,
    /// Calls of the component at once.
    pub calls_max: Option<u64>,
    /// Calls that wait for one of them to end.
    pub queue_max: Option<u64>,
    /// Milliseconds that they wait.
    pub queue_ms_max: Option<u64>,
}

/// The limits of a component.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallLimits {
    /// Of a call, by the clock, without the time in which the client does not read.
    pub time_max: Duration,
    /// Of the processor, for a call.
    pub cpu_max: Duration,
    /// Bytes of all memories of a call together.
    pub memory_bytes_max: usize,
    /// Bytes that a buffered transform is given, and of another object that it reads.
    pub input_bytes_max: usize,
    /// Bytes that a call returns.
    pub output_bytes_max: u64,
    /// Calls of the component at once.
    pub calls_max: usize,
    /// Calls that wait for one of them to end.
    pub queue_max: usize,
    /// How long they wait.
    pub queue_time_max: Duration,
}

impl CallLimits {
    /// The limits that a deployer sets.
    ///
    /// # Errors
    /// A limit outside of what the host allows: the text names it and what is allowed.
    pub fn new(given: &LimitsGiven) -> Result<CallLimits> {
        Ok(CallLimits {
            time_max: Duration::from_millis(TIME_MS.of(given.time_ms_max)?),
            cpu_max: Duration::from_millis(CPU_MS.of(given.cpu_ms_max)?),
            memory_bytes_max: usize::try_from(MEMORY.of(given.memory_bytes_max)?)?,
            input_bytes_max: usize::try_from(INPUT.of(given.input_bytes_max)?)?,
            output_bytes_max: OUTPUT.of(given.output_bytes_max)?,
            calls_max: usize::try_from(CALLS.of(given.calls_max)?)?,
            queue_max: usize::try_from(QUEUE.of(given.queue_max)?)?,
            queue_time_max: Duration::from_millis(QUEUE_MS.of(given.queue_ms_max)?),
        })
    }

    /// These, where the operator does not allow less.
    pub(super) fn capped(self, caps: &CallCaps) -> CallLimits {
        let memory_bytes_max = usize::try_from(caps.memory_bytes_max).unwrap_or(usize::MAX);
        CallLimits {
            time_max: self.time_max.min(caps.time_max),
            cpu_max: self.cpu_max.min(caps.cpu_max),
            memory_bytes_max: self.memory_bytes_max.min(memory_bytes_max),
            // A list has to fit into its memory; until then it is in that of the host.
            input_bytes_max: self.input_bytes_max.min(self.memory_bytes_max).min(memory_bytes_max),
            queue_time_max: self.queue_time_max.min(caps.queue_time_max),
            ..self
        }
    }

    /// Bytes that a call is counted with: its memories, and the input that the host has until they
    /// have it, but no more than one call may have.
    pub(super) fn bytes_counted(&self, caps: &CallCaps) -> u64 {
        let bytes = (self.memory_bytes_max as u64).saturating_add(self.input_bytes_max as u64);
        bytes.min(caps.memory_bytes_max)
    }

    /// Those of a run that tries what is to be deployed. Its deployer waits for it, and nobody
    /// else's request depends on it.
    pub fn of_trial(self) -> CallLimits {
        CallLimits {
            time_max: self.time_max.min(TRIAL_TIME_MAX),
            cpu_max: self.cpu_max.min(TRIAL_CPU_MAX),
            output_bytes_max: self.output_bytes_max.min(TRIAL_OUTPUT_BYTES_MAX),
            ..self
        }
    }
}

/// What a trial may take, on a text of one line.
const TRIAL_TIME_MAX: Duration = Duration::from_secs(30);
const TRIAL_CPU_MAX: Duration = Duration::from_secs(10);
const TRIAL_OUTPUT_BYTES_MAX: u64 = 64 << 20;

/// What the operator allows for one call, whatever its deployer sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallCaps {
    /// By the clock. It counts for the whole call, too, with the time in which the client does not
    /// read.
    pub time_max: Duration,
    /// Of the processor.
    pub cpu_max: Duration,
    /// Bytes of all memories.
    pub memory_bytes_max: u64,
    /// In the queue.
    pub queue_time_max: Duration,
}

/// What all transforms of a server may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RuntimeOptions {
    /// Threads that run them; 0 is one for each processor.
    pub threads: usize,
    /// Calls of all components at once.
    pub calls_max: usize,
    /// Bytes of memory that these may have, each counted with its limit.
    pub memory_bytes_max: u64,
    /// Calls that wait.
    pub queue_max: usize,
    /// What one call may have.
    pub caps: CallCaps,
}

impl Default for RuntimeOptions {
    fn default() -> RuntimeOptions {
        RuntimeOptions {
            threads: 0,
            calls_max: 64,
            memory_bytes_max: 64 * (256 << 20),
            queue_max: 256,
            caps: CallCaps {
                time_max: Duration::from_secs(3600),
                cpu_max: Duration::from_secs(600),
                memory_bytes_max: MEMORY_BYTES_MAX,
                queue_time_max: Duration::from_secs(60),
            },
        }
    }
}

/// The first limit that a call has reached. It is noted where it is reached, because guests and
/// libraries in between wrap errors.
#[derive(Debug, Clone, Default)]
pub(super) struct LimitReached(Arc<Mutex<Option<CallFailure>>>);

impl LimitReached {
    /// Notes a failure, and makes the error that ends the call.
    pub(super) fn note(&self, kind: FailureKind, words: String) -> Error {
        let error = Error::msg(words.clone());
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        noted.get_or_insert_with(|| CallFailure::new(kind, words));
        error
    }

    /// What was noted.
    pub(super) fn take(&self) -> Option<CallFailure> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Memory that a call has taken so far.
#[derive(Debug)]
pub(super) struct MemoryMeter {
    memory_bytes_max: usize,
    reached: LimitReached,
    bytes: usize,
    elements: usize,
}

impl MemoryMeter {
    pub(super) fn new(limits: &CallLimits, reached: LimitReached) -> MemoryMeter {
        MemoryMeter { memory_bytes_max: limits.memory_bytes_max, reached, bytes: 0, elements: 0 }
    }

    /// Bytes of all memories. None of them shrinks.
    pub(super) fn memory_bytes(&self) -> usize {
        self.bytes
    }
}

impl ResourceLimiter for MemoryMeter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        let bytes = self.bytes.saturating_add(desired.saturating_sub(current));
        if bytes > self.memory_bytes_max {
            let words = format!("it needs more memory than memory_bytes_max = {}", self.memory_bytes_max);
            return Err(self.reached.note(FailureKind::MemoryExceeded, words));
        }
        self.bytes = bytes;
        Ok(true)
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        // Before `maximum`, which is that of the pool where a table has none of its own.
        let elements = self.elements.saturating_add(desired.saturating_sub(current));
        if elements > TABLE_ELEMENTS_MAX {
            let words = format!("its tables have more than {TABLE_ELEMENTS_MAX} elements");
            return Err(self.reached.note(FailureKind::MemoryExceeded, words));
        }
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        self.elements = elements;
        Ok(true)
    }

    fn instances(&self) -> usize {
        INSTANCES_MAX as usize
    }

    fn tables(&self) -> usize {
        TABLES_MAX as usize
    }

    fn memories(&self) -> usize {
        MEMORIES_MAX as usize
    }
}

#[cfg(test)]
mod tests;
