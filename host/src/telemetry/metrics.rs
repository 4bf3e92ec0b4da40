//! Counters of what the server does, cheap enough for every request, and how they are read.
//!
//! Every thread counts in a shard of its own, so that counting never makes two cores share a cache
//! line. A scrape adds the shards up, asks the volume and the system for what they know, and is
//! written as text for Prometheus or sent to a collector.

mod family;
mod histogram;
mod process;
mod scrape;
#[cfg(test)]
mod tests;
mod text;
mod usage;
mod volume;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant, SystemTime};

pub use family::{Exemplar, Family, Kind, Sample, Spread, Value};
use histogram::Durations;
pub use histogram::Histogram;
pub use text::TextForm;
pub use usage::{QuotaUse, UsageSource};

/// The stages that time is charged to: first the host, then the slots of the pipeline, then what
/// calls wait for, then the added stages.
pub const STAGES: [&str; 18] = [
    "host",
    "gateway",
    "auth",
    "policy",
    "cors",
    "website",
    "transform",
    "encryption",
    "iam",
    "access-points",
    "functions",
    "storage",
    "receive",
    "commit",
    "digest",
    "fetch",
    "added",
    "other",
];

/// The number of a stage in [`STAGES`]; a name that is not there is `other`.
pub fn stage_index(name: &str) -> usize {
    STAGES.iter().position(|stage| *stage == name).unwrap_or(STAGES.len() - 1)
}

/// Statuses that are counted one by one; any other is counted as `other`.
const STATUSES: [u16; 24] = [
    200, 204, 206, 304, 404, 403, 400, 409, 412, 416, 301, 302, 303, 307, 405, 408, 411, 413, 414, 500, 501,
    503, 502, 504,
];

/// Operations with series of their own. There are fewer than this; the bound is for safety.
const OPERATIONS_MAX: usize = 256;
/// Errors with series of their own, each with its status. There are fewer than this, too.
const ERRORS_MAX: usize = 256;

/// The limit by which a connection or a request was refused, or ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// `limits.connections_max`.
    Connections,
    /// `limits.in_flight_max`.
    InFlight,
    /// The part of the places that is for requests without a verified signature.
    Unverified,
    /// Its client had kept it waiting the longest, and another request needed its place.
    Stalled,
    /// An unverified body came too slowly.
    SlowBody,
    /// `limits.documents_bytes_max`.
    Documents,
    /// Responses that their clients do not take hold so much memory that there is none for another.
    Answers,
    /// The headers of a request are too long.
    Head,
    /// A rate of an account.
    RateAccount,
    /// A rate of an access key.
    RateAccessKey,
    /// A rate of a bucket.
    RateBucket,
    /// A rate of an address.
    RateAddress,
    /// The disk is full.
    Disk,
}

impl Refusal {
    /// All of them, in their order.
    pub const ALL: [Refusal; 13] = [
        Refusal::Connections,
        Refusal::InFlight,
        Refusal::Unverified,
        Refusal::Stalled,
        Refusal::SlowBody,
        Refusal::Documents,
        Refusal::Answers,
        Refusal::Head,
        Refusal::RateAccount,
        Refusal::RateAccessKey,
        Refusal::RateBucket,
        Refusal::RateAddress,
        Refusal::Disk,
    ];

    /// Its name in metrics, in the access log and in explanations.
    pub fn name(self) -> &'static str {
        match self {
            Refusal::Connections => "connections",
            Refusal::InFlight => "in_flight",
            Refusal::Unverified => "unverified",
            Refusal::Stalled => "stalled",
            Refusal::SlowBody => "slow_body",
            Refusal::Documents => "documents",
            Refusal::Answers => "answers",
            Refusal::Head => "head",
            Refusal::RateAccount => "rate_account",
            Refusal::RateAccessKey => "rate_access_key",
            Refusal::RateBucket => "rate_bucket",
            Refusal::RateAddress => "rate_address",
            Refusal::Disk => "disk",
        }
    }
}

/// The figures that the volume gives for each scrape.
pub trait VolumeSource: Send + Sync {
    /// Current figures.
    fn figures(&self) -> VolumeFigures;
}

/// What has families of its own, asked for each scrape.
pub trait FamilySource: Send + Sync {
    /// All of them, always the same ones.
    fn families(&self) -> Vec<Family>;
}

/// Figures of the volume at one moment.
#[derive(Debug, Clone, Default)]
pub struct VolumeFigures {
    /// Single values: name without prefix, meaning, value. They go up and down.
    pub gauges: Vec<(&'static str, &'static str, u64)>,
    /// Values that only grow: name without prefix and `_total`, meaning, value.
    pub counters: Vec<(&'static str, &'static str, u64)>,
    /// Values that only grow, by one label: name without prefix and `_total`, meaning, the label,
    /// its values and theirs.
    pub families: Vec<VolumeFamily>,
    /// Distributions.
    pub histograms: Vec<VolumeHistogram>,
    /// Values with labels.
    pub labelled: Vec<LabelledGauge>,
}

/// Values that go up and down, told apart by labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelledGauge {
    /// Name without prefix.
    pub name: &'static str,
    /// Meaning.
    pub help: &'static str,
    /// Labels, and the value.
    pub rows: Vec<(Vec<(&'static str, String)>, u64)>,
}

/// A counter with a label: name without prefix and `_total`, meaning, the label, and what was
/// counted for each of its values.
pub type VolumeFamily = (&'static str, &'static str, &'static str, Vec<(&'static str, u64)>);

/// A distribution that the volume counted.
#[derive(Debug, Clone)]
pub struct VolumeHistogram {
    /// Name without prefix.
    pub name: &'static str,
    /// Meaning.
    pub help: &'static str,
    /// Sum of all values.
    pub sum: f64,
    /// Counts by upper bound, rising; the last bound is `f64::MAX`.
    pub slots: Vec<(f64, u64)>,
}

/// All counters of the process.
pub struct Metrics {
    shards: Vec<Shard>,
    started: Instant,
    started_at: SystemTime,
    volume: OnceLock<Box<dyn VolumeSource>>,
    sources: Mutex<Vec<Box<dyn FamilySource>>>,
    /// The data folder.
    folder: OnceLock<PathBuf>,
    /// What limits are set to, by their names.
    limits: OnceLock<Vec<(&'static str, u64)>>,
    /// Whether requests are welcome.
    ready: AtomicBool,
    /// Whether requests are kept as exemplars.
    exemplars: AtomicBool,
    /// Failures of each added stage, by its name.
    added: Mutex<BTreeMap<Box<str>, u64>>,
}

/// What a collector is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// Requests as spans.
    Traces,
    /// The samples of scrapes.
    Metrics,
    /// Lines of the log.
    Logs,
}

/// The counters of one thread. Aligned so that two never share a cache line.
#[derive(Default)]
#[repr(align(128))]
struct Shard {
    operations: Mutex<BTreeMap<Box<str>, Operation>>,
    /// By code and status.
    errors: Mutex<BTreeMap<(Box<str>, u16), u64>>,
    stages: [Histogram; STAGES.len()],
    in_flight: AtomicI64,
    connections: AtomicI64,
    accepted: AtomicU64,
    bytes_in: AtomicU64,
    bytes_out: AtomicU64,
    replaced: AtomicU64,
    renewed: AtomicU64,
    repeated: AtomicU64,
    inner: AtomicU64,
    long_steps: AtomicU64,
    exported: [AtomicU64; 3],
    dropped: [AtomicU64; 3],
    access_lines: AtomicU64,
    access_lines_dropped: AtomicU64,
    refused: [AtomicU64; Refusal::ALL.len()],
}

/// The series of one operation.
#[derive(Default)]
struct Operation {
    statuses: [u64; STATUSES.len() + 1],
    durations: Durations,
}

/// The shard number of the next thread that counts.
static THREADS: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static THREAD: Cell<usize> = const { Cell::new(usize::MAX) };
}

impl Metrics {
    /// Counters for about so many threads; more threads share shards.
    pub fn new(threads: usize) -> Metrics {
        let shards = (0..threads.clamp(1, 512)).map(|_| Shard::default()).collect();
        Metrics {
            shards,
            started: Instant::now(),
            started_at: SystemTime::now(),
            volume: OnceLock::new(),
            sources: Mutex::default(),
            folder: OnceLock::new(),
            limits: OnceLock::new(),
            ready: AtomicBool::new(false),
            exemplars: AtomicBool::new(false),
            added: Mutex::default(),
        }
    }

    /// Tells where the figures of the volume come from; the first one counts.
    pub fn set_volume(&self, source: Box<dyn VolumeSource>) {
        let _ = self.volume.set(source);
    }

    /// Tells where more families come from.
    pub fn add_source(&self, source: Box<dyn FamilySource>) {
        self.sources.lock().unwrap_or_else(PoisonError::into_inner).push(source);
    }

    /// Tells where the data folder is, and what limits are set to; the first time counts.
    pub fn set_bounds(&self, folder: PathBuf, limits: Vec<(&'static str, u64)>) {
        let _ = self.folder.set(folder);
        let _ = self.limits.set(limits);
    }

    /// Requests are welcome from now on, or not any more.
    pub fn set_ready(&self, is_ready: bool) {
        self.ready.store(is_ready, Ordering::Relaxed);
    }

    /// From now on, the last request of each slot of a duration is kept as its exemplar.
    pub fn keep_exemplars(&self) {
        self.exemplars.store(true, Ordering::Relaxed);
    }

    /// The time that one stage used in one go; `stage` is an index into [`STAGES`].
    pub fn stage(&self, stage: usize, elapsed: Duration) {
        if let Some(histogram) = self.shard().and_then(|shard| shard.stages.get(stage)) {
            histogram.observe(elapsed);
        }
    }

    /// One request: its operation (empty when none was resolved), the status, the time from head to
    /// head, and its id.
    pub fn request(&self, operation: &str, status: u16, elapsed: Duration, request_id: &str) {
        let Some(shard) = self.shard() else { return };
        let request_id = self.exemplars.load(Ordering::Relaxed).then_some(request_id);
        let mut operations = shard.operations.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(series) = operations.get_mut(operation) {
            return series.count(status, elapsed, request_id);
        }
        let name = if operations.len() < OPERATIONS_MAX { operation } else { "other" };
        operations.entry(name.into()).or_default().count(status, elapsed, request_id);
    }

    /// A response that says an error: its code (empty where it has none), and its status.
    pub fn error(&self, code: &str, status: u16) {
        let Some(shard) = self.shard() else { return };
        let mut errors = shard.errors.lock().unwrap_or_else(PoisonError::into_inner);
        let code = if code.is_empty() { "none" } else { code };
        let key = (Box::from(code), status);
        let key = match errors.len() < ERRORS_MAX || errors.contains_key(&key) {
            true => key,
            false => (Box::from("other"), 0),
        };
        *errors.entry(key).or_default() += 1;
    }

    /// A request entered (+1) or left (-1).
    pub fn in_flight(&self, change: i64) {
        self.add_signed(|shard| &shard.in_flight, change);
    }

    /// A connection was opened (+1) or closed (-1).
    pub fn connections(&self, change: i64) {
        self.add_signed(|shard| &shard.connections, change);
        if change > 0 {
            self.add(|shard| Some(&shard.accepted), 1);
        }
    }

    /// Bytes read from a socket, framing included.
    pub fn bytes_in(&self, bytes: usize) {
        self.add(|shard| Some(&shard.bytes_in), bytes as u64);
    }

    /// Bytes written to a socket, framing included.
    pub fn bytes_out(&self, bytes: usize) {
        self.add(|shard| Some(&shard.bytes_out), bytes as u64);
    }

    /// An instance of the pipeline trapped, and was replaced.
    pub fn instance_replaced(&self) {
        self.add(|shard| Some(&shard.replaced), 1);
    }

    /// An instance of the pipeline had grown, and was replaced.
    pub fn instance_renewed(&self) {
        self.add(|shard| Some(&shard.renewed), 1);
    }

    /// A call ran again in a fresh instance.
    pub fn call_repeated(&self) {
        self.add(|shard| Some(&shard.repeated), 1);
    }

    /// The host has made a request itself, on behalf of the principal of a call.
    pub fn inner_request(&self) {
        self.add(|shard| Some(&shard.inner), 1);
    }

    /// A step of the pipeline takes longer than one should.
    pub fn long_step(&self) {
        self.add(|shard| Some(&shard.long_steps), 1);
    }

    /// There is an added stage of this name: its failures are shown from now on, also while there
    /// is none.
    pub fn added_stage(&self, name: &str) {
        self.added_stage_counts(name, 0);
    }

    /// An added stage trapped, ran too long, or did what it may not.
    pub fn added_stage_failed(&self, name: &str) {
        self.added_stage_counts(name, 1);
    }

    fn added_stage_counts(&self, name: &str, more: u64) {
        // Names come from the operator's manifest, so there are few.
        let mut added = self.added.lock().unwrap_or_else(PoisonError::into_inner);
        *added.entry(name.into()).or_default() += more;
    }

    /// What a collector took: requests of traces, samples, lines of the log.
    pub fn exported(&self, signal: Signal, count: u64) {
        self.add(|shard| shard.exported.get(signal as usize), count);
    }

    /// What no collector took, or what was too much to wait for it.
    pub fn dropped(&self, signal: Signal, count: u64) {
        self.add(|shard| shard.dropped.get(signal as usize), count);
    }

    /// Lines of the access log that were written.
    pub fn access_lines(&self, lines: u64) {
        self.add(|shard| Some(&shard.access_lines), lines);
    }

    /// Lines of the access log that were dropped: they came faster than they could be written.
    pub fn access_lines_dropped(&self, lines: u64) {
        self.add(|shard| Some(&shard.access_lines_dropped), lines);
    }

    /// A connection or request was refused.
    pub fn refused(&self, refusal: Refusal) {
        self.add(|shard| shard.refused.get(refusal as usize), 1);
    }

    /// All samples, in one form of text.
    pub fn render(&self, form: TextForm) -> String {
        text::render(&self.families(), form)
    }

    /// All samples.
    pub fn families(&self) -> Vec<Family> {
        scrape::families(self)
    }

    fn shard(&self) -> Option<&Shard> {
        let thread = THREAD.get();
        if thread != usize::MAX {
            return self.shards.get(thread % self.shards.len());
        }
        let thread = THREADS.fetch_add(1, Ordering::Relaxed);
        THREAD.set(thread);
        self.shards.get(thread % self.shards.len())
    }

    fn add(&self, counter: impl Fn(&Shard) -> Option<&AtomicU64>, more: u64) {
        if let Some(counter) = self.shard().and_then(counter) {
            counter.fetch_add(more, Ordering::Relaxed);
        }
    }

    fn add_signed(&self, gauge: impl Fn(&Shard) -> &AtomicI64, change: i64) {
        if let Some(shard) = self.shard() {
            gauge(shard).fetch_add(change, Ordering::Relaxed);
        }
    }
}

impl Operation {
    fn count(&mut self, status: u16, elapsed: Duration, request_id: Option<&str>) {
        let slot = STATUSES.iter().position(|known| *known == status).unwrap_or(STATUSES.len());
        if let Some(count) = self.statuses.get_mut(slot) {
            *count += 1;
        }
        self.durations.observe(elapsed, request_id);
    }
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Metrics").field("shards", &self.shards.len()).finish_non_exhaustive()
    }
}
