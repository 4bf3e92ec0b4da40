//! Traces, metrics and lines of the log, sent to an OpenTelemetry collector over OTLP/HTTP
//! (<https://opentelemetry.io/docs/specs/otlp/#otlphttp>).
//!
//! A request that is traced has a [`Span`], and its stopwatch keeps [`Laps`]. When its response is
//! there, both go into a bounded queue. Lines of the log go into another. A thread sends what has
//! gathered, and from time to time all metrics. Nothing here makes a request wait: where a queue is
//! full, what would go into it is dropped and counted.

mod collector;
mod document;
mod documents;
mod resource;
mod send;
#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use anyhow::Context as _;
use http::request::Parts;
use tokio::sync::{mpsc, watch};

use super::metrics::{Metrics, STAGES, Signal};
use super::request_id::mix;
use super::traceparent::TraceParent;

pub use collector::Collector;
pub use documents::LogRecord;
use resource::ServiceIdentity;

/// Requests, or lines of the log, that may wait to be sent; further ones are dropped.
const QUEUE_MAX: usize = 4096;
/// Stretches of one request that get a span each; a request with more says how many are left out.
const LAPS_MAX: usize = 64;
/// At the end, what has gathered may take so long to send.
const CLOSE_MAX: Duration = Duration::from_secs(3);

/// What is sent, and where.
#[derive(Debug, Clone)]
pub struct ExportOptions {
    /// The collector; nothing is sent without one.
    pub endpoint: Option<Collector>,
    /// Requests as traces.
    pub traces: bool,
    /// Metrics.
    pub metrics: bool,
    /// This often.
    pub metrics_interval: Duration,
    /// Lines of the log.
    pub logs: bool,
    /// `service.name`
    pub service_name: String,
}

impl Default for ExportOptions {
    fn default() -> ExportOptions {
        ExportOptions {
            endpoint: None,
            traces: true,
            metrics: false,
            metrics_interval: Duration::from_secs(60),
            logs: false,
            service_name: "portcullis".to_owned(),
        }
    }
}

/// What the stages of a request took, in order.
#[derive(Debug, Clone)]
pub struct Laps {
    /// When the request began.
    began: Instant,
    laps: Vec<Lap>,
    /// Further ones, beyond [`LAPS_MAX`].
    left_out: u32,
}

/// A stretch of time that one stage of a request took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Lap {
    /// An index into the stages of the metrics.
    stage: usize,
    /// From the request's begin.
    start: Duration,
    elapsed: Duration,
}

impl Laps {
    /// None yet, of a request that began then.
    pub fn new(began: Instant) -> Box<Laps> {
        Box::new(Laps { began, laps: Vec::with_capacity(16), left_out: 0 })
    }

    /// Notes that a stage ran, or was waited for.
    pub fn add(&mut self, stage: usize, since: Instant, elapsed: Duration) {
        if self.laps.len() < LAPS_MAX {
            self.laps.push(Lap { stage, start: since.duration_since(self.began), elapsed });
        } else {
            self.left_out = self.left_out.saturating_add(1);
        }
    }

    /// What each stage took in all, in the order in which they first ran.
    pub fn totals(&self) -> Vec<(&'static str, Duration)> {
        let mut totals: Vec<(&'static str, Duration)> = Vec::new();
        for lap in &self.laps {
            let name = STAGES.get(lap.stage).copied().unwrap_or("other");
            match totals.iter_mut().find(|(known, _)| *known == name) {
                Some((_, total)) => *total += lap.elapsed,
                None => totals.push((name, lap.elapsed)),
            }
        }
        totals
    }
}

/// A request that is traced.
#[derive(Debug, Clone)]
pub struct Span {
    /// The trace, and this request's span in it.
    context: TraceParent,
    /// The caller's span; none when this request is the first of its trace.
    parent: Option<u64>,
    began: SystemTime,
    method: String,
    /// Still percent-encoded. Queries are left out: a presigned one holds a signature.
    path: String,
    request_id: String,
    peer: String,
    answer: Answered,
}

/// What became of a request.
#[derive(Debug, Clone, Default)]
pub struct Answered {
    /// The API name of the operation; empty when none was resolved.
    pub operation: String,
    /// The status of the response.
    pub status: u16,
    /// From the head of the request to the head of the response.
    pub elapsed: Duration,
    /// What its stages took; none when the instance that they ran in is gone.
    pub laps: Option<Box<Laps>>,
}

/// Takes spans of answered requests and lines of the log, and sends them.
#[derive(Debug)]
pub struct Exporter {
    /// None where requests are not traced.
    spans: Option<mpsc::Sender<Box<Span>>>,
    /// None where lines are not sent.
    lines: Option<mpsc::Sender<Box<LogRecord>>>,
    seed: u64,
    next: AtomicU64,
    metrics: Arc<Metrics>,
    thread: Mutex<Option<Thread>>,
}

/// The thread that sends: told to stop by one end, says that it did by the other.
#[derive(Debug)]
struct Thread {
    stop: watch::Sender<bool>,
    stopped: Receiver<()>,
}

impl Exporter {
    /// Starts the thread that sends to a collector, where there is one. The collector need not
    /// answer: what cannot be sent is dropped.
    ///
    /// # Errors
    /// The thread cannot be started.
    pub fn start(options: &ExportOptions, metrics: &Arc<Metrics>) -> anyhow::Result<Option<Arc<Exporter>>> {
        let Some(endpoint) = options.endpoint.clone() else { return Ok(None) };
        let (spans, spans_queued) = queue(options.traces);
        let (lines, lines_queued) = queue(options.logs);
        let (stop, told) = watch::channel(false);
        let (tell, stopped) = sync_channel(1);
        let sending = send::Sending {
            endpoint,
            identity: ServiceIdentity::new(&options.service_name),
            metrics: Arc::clone(metrics),
            told,
        };
        let interval = options.metrics.then_some(options.metrics_interval);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        std::thread::Builder::new()
            .name("otlp".to_owned())
            .spawn(move || {
                runtime.block_on(async {
                    tokio::join!(
                        sending.batches(spans_queued, Signal::Traces, document::render),
                        sending.batches(lines_queued, Signal::Logs, documents::logs),
                        sending.metrics(interval),
                    )
                });
                // When the time to close was over, nothing waits for this any more.
                let _ = tell.send(());
            })
            .context("starting the thread that exports traces, metrics and logs")?;
        Ok(Some(Arc::new(Exporter {
            spans,
            lines,
            // Without entropy ids still differ within the process.
            seed: getrandom::u64().unwrap_or_default(),
            next: AtomicU64::new(0),
            metrics: Arc::clone(metrics),
            thread: Mutex::new(Some(Thread { stop, stopped })),
        })))
    }

    /// The span of a request, below the one that its `traceparent` names; `None` when requests are
    /// not traced, or the caller asked not to record it.
    pub fn begin(
        &self,
        request: &Parts,
        began: SystemTime,
        request_id: &str,
        peer: impl Fn() -> String,
    ) -> Option<Box<Span>> {
        self.spans.as_ref()?;
        let traceparent = request.headers.get("traceparent").and_then(|value| value.to_str().ok());
        let caller = traceparent.and_then(TraceParent::parse);
        if caller.is_some_and(|caller| !caller.sampled) {
            return None;
        }
        let span_id = self.number();
        let context = caller.map(|caller| caller.child(span_id)).unwrap_or_else(|| TraceParent {
            trace_id: u128::from(self.number()) << 64 | u128::from(self.number()),
            span_id,
            sampled: true,
        });
        Some(Box::new(Span {
            context,
            parent: caller.map(|caller| caller.span_id),
            began,
            method: request.method.as_str().to_owned(),
            path: request.uri.path().to_owned(),
            request_id: request_id.to_owned(),
            peer: peer(),
            answer: Answered::default(),
        }))
    }

    /// Queues the span of an answered request, or drops it.
    pub fn end(&self, mut span: Box<Span>, answer: Answered) {
        span.answer = answer;
        if self.spans.as_ref().is_some_and(|spans| spans.try_send(span).is_err()) {
            self.metrics.dropped(Signal::Traces, 1);
        }
    }

    /// Whether lines of the log are sent.
    pub fn takes_lines(&self) -> bool {
        self.lines.is_some()
    }

    /// Queues a line of the log, or drops it.
    pub fn log(&self, record: LogRecord) {
        if self.lines.as_ref().is_some_and(|lines| lines.try_send(Box::new(record)).is_err()) {
            self.metrics.dropped(Signal::Logs, 1);
        }
    }

    /// Sends what has gathered, within some seconds, and ends.
    pub fn close(&self) {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(Thread { stop, stopped }) = thread else { return };
        drop(stop);
        if stopped.recv_timeout(CLOSE_MAX) == Err(RecvTimeoutError::Timeout) {
            tracing::warn!("the collector is too slow; the last traces, metrics and lines are dropped");
        }
    }

    /// A number that is not zero, and different each time.
    fn number(&self) -> u64 {
        mix(self.next.fetch_add(1, Ordering::Relaxed).wrapping_add(self.seed)).max(1)
    }
}

/// A queue where there is something to send; otherwise one that is at its end.
fn queue<T>(is_sent: bool) -> (Option<mpsc::Sender<T>>, mpsc::Receiver<T>) {
    let (sender, receiver) = mpsc::channel(QUEUE_MAX);
    (is_sent.then_some(sender), receiver)
}
