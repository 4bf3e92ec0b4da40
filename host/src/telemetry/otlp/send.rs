//! The thread that sends: gathers, posts, and tries again where that can help.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST};
use http::{Request, StatusCode};
use http_body_util::Full;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::super::metrics::{Metrics, Signal};
use super::collector::Collector;
use super::documents;
use super::resource::ServiceIdentity;

/// What is sent together: requests with their spans, or lines.
const BATCH_MAX: usize = 256;
/// The first of a batch waits at most this long for others.
const GATHER: Duration = Duration::from_secs(1);
/// One attempt to send.
const ATTEMPT_MAX: Duration = Duration::from_secs(5);
/// A collector that is not there, or too busy, is tried again after these waits. Meanwhile the
/// queue fills, and then drops.
const RETRIES: [Duration; 3] = [Duration::from_millis(200), Duration::from_secs(1), Duration::from_secs(3)];

/// How one attempt ended.
#[derive(Debug, PartialEq, Eq)]
enum Sent {
    Taken,
    /// It may help to try again.
    Later(String),
    /// It will not.
    Refused(StatusCode),
}

/// What all that is sent has in common.
pub(super) struct Sending {
    pub(super) endpoint: Collector,
    pub(super) identity: ServiceIdentity,
    pub(super) metrics: Arc<Metrics>,
    /// Ends when its sender does.
    pub(super) told: watch::Receiver<bool>,
}

impl Sending {
    /// Sends what comes, and after the order to stop what is left.
    pub(super) async fn batches<T>(
        &self,
        mut queue: mpsc::Receiver<Box<T>>,
        signal: Signal,
        render: fn(&ServiceIdentity, &[Box<T>]) -> String,
    ) {
        let mut told = self.told.clone();
        let mut is_silent = false;
        loop {
            let batch = gather(&mut queue, &mut told).await;
            if batch.is_empty() {
                return;
            }
            let body = render(&self.identity, &batch);
            let packet = Packet { body, count: batch.len(), is_last: queue.is_closed() };
            is_silent = self.send(signal, packet, is_silent).await;
        }
    }

    /// Sends all metrics now and then, and once more at the end.
    pub(super) async fn metrics(&self, interval: Option<Duration>) {
        let Some(interval) = interval else { return };
        let mut told = self.told.clone();
        let (mut is_silent, mut is_last) = (false, false);
        while !is_last {
            tokio::select! {
                () = sleep(interval) => {}
                _ = told.changed() => is_last = true,
            }
            let families = self.metrics.families();
            let count = families.iter().map(|family| family.samples.len()).sum();
            let body = documents::metrics(&self.identity, &families);
            is_silent = self.send(Signal::Metrics, Packet { body, count, is_last }, is_silent).await;
        }
    }

    /// Sends one document, counts what became of it, and says so where that has changed. Returns
    /// whether the collector is silent.
    async fn send(&self, signal: Signal, packet: Packet, is_silent: bool) -> bool {
        let Packet { body, count, is_last } = packet;
        let Sending { endpoint, metrics, .. } = self;
        // A collector that did not answer the last batch, or a process that ends, gets one try.
        let retries = if is_silent || is_last { &[][..] } else { &RETRIES };
        let sent = deliver(endpoint, signal, Bytes::from(body), retries).await;
        match sent {
            Sent::Taken => metrics.exported(signal, count as u64),
            Sent::Later(_) | Sent::Refused(_) => metrics.dropped(signal, count as u64),
        }
        let what = Collector::path_of(signal);
        // Said once when it begins, and once when it ends.
        match (&sent, is_silent) {
            (Sent::Taken, true) => tracing::info!(%endpoint, what, "the collector takes telemetry again"),
            (Sent::Later(why), false) => {
                tracing::warn!(%endpoint, what, why, "telemetry cannot be sent; it is dropped");
            }
            (Sent::Refused(status), false) => {
                tracing::warn!(%endpoint, what, %status, "the collector refuses telemetry; it is dropped");
            }
            _ => {}
        }
        sent != Sent::Taken
    }
}

/// What to send together; nothing when there will be no more.
async fn gather<T>(queue: &mut mpsc::Receiver<Box<T>>, told: &mut watch::Receiver<bool>) -> Vec<Box<T>> {
    let mut batch = Vec::new();
    let mut until = Instant::now();
    while batch.len() < BATCH_MAX {
        tokio::select! {
            next = queue.recv() => match next {
                Some(next) => {
                    if batch.is_empty() {
                        until = Instant::now() + GATHER;
                    }
                    batch.push(next);
                }
                None => break,
            },
            // What is queued already still comes, then the end.
            _ = told.changed(), if !queue.is_closed() => queue.close(),
            () = sleep_until(until), if !batch.is_empty() && !queue.is_closed() => break,
        }
    }
    batch
}

async fn deliver(endpoint: &Collector, signal: Signal, body: Bytes, retries: &[Duration]) -> Sent {
    let mut sent = attempt(endpoint, signal, body.clone()).await;
    for wait in retries {
        if !matches!(sent, Sent::Later(_)) {
            break;
        }
        sleep(*wait).await;
        sent = attempt(endpoint, signal, body.clone()).await;
    }
    sent
}

async fn attempt(endpoint: &Collector, signal: Signal, body: Bytes) -> Sent {
    match timeout(ATTEMPT_MAX, post(endpoint, signal, body)).await {
        Ok(Ok(status)) if status.is_success() => Sent::Taken,
        Ok(Ok(status)) if matches!(status.as_u16(), 429 | 502 | 503 | 504) => Sent::Later(status.to_string()),
        Ok(Ok(status)) => Sent::Refused(status),
        Ok(Err(error)) => Sent::Later(format!("{error:#}")),
        Err(_) => Sent::Later("no answer in time".to_owned()),
    }
}

/// A connection of its own for each batch: one a second is cheaper than watching an idle one.
async fn post(endpoint: &Collector, signal: Signal, body: Bytes) -> anyhow::Result<StatusCode> {
    let stream = TcpStream::connect(&endpoint.address).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let request = Request::post(endpoint.path(signal))
        .header(HOST, &endpoint.authority)
        .header(CONTENT_TYPE, "application/json")
        .body(Full::new(body))?;
    let answer = sender.send_request(request);
    let head = async {
        tokio::pin!(connection, answer);
        tokio::select! {
            answer = &mut answer => answer,
            ended = &mut connection => match ended {
                // The connection may end in the moment in which the response came.
                Ok(()) => answer.await,
                Err(error) => Err(error),
            },
        }
    };
    Ok(head.await?.status())
}

/// A document, and what is to be known of it to send it.
struct Packet {
    body: String,
    /// How many spans, samples or lines are in it.
    count: usize,
    /// Whether the process ends.
    is_last: bool,
}
