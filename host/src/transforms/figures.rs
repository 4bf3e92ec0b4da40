//! Figures of a component, since it was loaded.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::failure::FailureKind;

/// Counts up while calls run.
#[derive(Debug, Default)]
pub struct Figures {
    calls: AtomicU64,
    refusals: AtomicU64,
    failures: [AtomicU64; FailureKind::ALL.len()],
    running: AtomicU64,
    queued: AtomicU64,
    cpu_nanos: AtomicU64,
    memory_bytes_peak: AtomicU64,
    input_bytes: AtomicU64,
    output_bytes: AtomicU64,
}

/// Figures at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// Calls that have begun.
    pub calls: u64,
    /// Calls that the transform answered with an error of its own.
    pub refusals: u64,
    /// Calls that failed, by kind.
    pub failures: [(FailureKind, u64); FailureKind::ALL.len()],
    /// Calls that run now.
    pub running: u64,
    /// Calls that wait to run.
    pub queued: u64,
    /// Processor time of all calls.
    pub cpu: Duration,
    /// Bytes of memory of the call that had most.
    pub memory_bytes_peak: u64,
    /// Bytes that calls were given.
    pub input_bytes: u64,
    /// Bytes that calls returned.
    pub output_bytes: u64,
}

impl Snapshot {
    /// Whether nothing failed, runs or waits.
    pub(super) fn is_quiet(&self) -> bool {
        self.running == 0 && self.queued == 0 && self.failures.iter().all(|(_, count)| *count == 0)
    }
}

impl Figures {
    /// The figures now.
    pub fn snapshot(&self) -> Snapshot {
        let read = |figure: &AtomicU64| figure.load(Ordering::Relaxed);
        Snapshot {
            calls: read(&self.calls),
            refusals: read(&self.refusals),
            failures: FailureKind::ALL
                .map(|kind| (kind, self.failures.get(kind.index()).map(read).unwrap_or_default())),
            running: read(&self.running),
            queued: read(&self.queued),
            cpu: Duration::from_nanos(read(&self.cpu_nanos)),
            memory_bytes_peak: read(&self.memory_bytes_peak),
            input_bytes: read(&self.input_bytes),
            output_bytes: read(&self.output_bytes),
        }
    }

    /// Counts what another one has counted, which ends.
    pub(super) fn absorb(&self, other: &Snapshot) {
        let add = |figure: &AtomicU64, more: u64| figure.fetch_add(more, Ordering::Relaxed);
        add(&self.calls, other.calls);
        add(&self.refusals, other.refusals);
        for (kind, count) in other.failures {
            if let Some(figure) = self.failures.get(kind.index()) {
                add(figure, count);
            }
        }
        self.took(other.cpu, usize::try_from(other.memory_bytes_peak).unwrap_or(usize::MAX));
        self.moved(other.input_bytes, other.output_bytes);
    }

    pub(super) fn began(&self) {
        self.calls.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn refused(&self) {
        self.refusals.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn failed(&self, kind: FailureKind) {
        if let Some(count) = self.failures.get(kind.index()) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(super) fn took(&self, cpu: Duration, memory_bytes: usize) {
        self.cpu_nanos.fetch_add(u64::try_from(cpu.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
        self.memory_bytes_peak.fetch_max(memory_bytes as u64, Ordering::Relaxed);
    }

    pub(super) fn moved(&self, input_bytes: u64, output_bytes: u64) {
        self.input_bytes.fetch_add(input_bytes, Ordering::Relaxed);
        self.output_bytes.fetch_add(output_bytes, Ordering::Relaxed);
    }

    /// Counts one that runs, for as long as the guard lives.
    pub(super) fn running(&self) -> CountGuard<'_> {
        CountGuard::new(&self.running)
    }

    /// Counts one that waits.
    pub(super) fn queued(&self) -> CountGuard<'_> {
        CountGuard::new(&self.queued)
    }
}

/// One that is counted.
pub(super) struct CountGuard<'a>(&'a AtomicU64);

impl<'a> CountGuard<'a> {
    fn new(count: &'a AtomicU64) -> CountGuard<'a> {
        count.fetch_add(1, Ordering::Relaxed);
        CountGuard(count)
    }
}

impl Drop for CountGuard<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
