//! The thread that sends: gathers spans, posts them, and tries again where that can help.

use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST};
use http::{Request, StatusCode};
use http_body_util::Full;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::super::metrics::Metrics;
use super::{Collector, Span, document};

/// Requests whose spans are sent together.
const BATCH_MAX: usize = 256;
/// The first span of a batch waits at most this long for others.
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

/// Sends what comes, and after `stop` what is left.
pub(super) async fn run(
    endpoint: &Collector,
    mut spans: mpsc::Receiver<Box<Span>>,
    mut stop: oneshot::Receiver<()>,
    metrics: &Metrics,
) {
    let mut silent = false;
    loop {
        let batch = gather(&mut spans, &mut stop).await;
        if batch.is_empty() {
            return;
        }
        // A collector that did not answer the last batch, or a process that ends, gets one try.
        let retries = if silent || spans.is_closed() { &[][..] } else { &RETRIES };
        let sent = deliver(endpoint, Bytes::from(document::render(&batch)), retries).await;
        match sent {
            Sent::Taken => metrics.spans_exported(batch.len() as u64),
            Sent::Later(_) | Sent::Refused(_) => metrics.spans_dropped(batch.len() as u64),
        }
        // Said once when it begins, and once when it ends.
        match (&sent, silent) {
            (Sent::Taken, true) => tracing::info!(%endpoint, "the collector takes traces again"),
            (Sent::Later(why), false) => {
                tracing::warn!(%endpoint, why, "traces cannot be sent; they are dropped");
            }
            (Sent::Refused(status), false) => {
                tracing::warn!(%endpoint, %status, "the collector refuses traces; they are dropped");
            }
            _ => {}
        }
        silent = sent != Sent::Taken;
    }
}

/// The spans to send together; none when there will be no more.
async fn gather(spans: &mut mpsc::Receiver<Box<Span>>, stop: &mut oneshot::Receiver<()>) -> Vec<Box<Span>> {
    let mut batch = Vec::new();
    let mut until = Instant::now();
    while batch.len() < BATCH_MAX {
        tokio::select! {
            span = spans.recv() => match span {
                Some(span) => {
                    if batch.is_empty() {
                        until = Instant::now() + GATHER;
                    }
                    batch.push(span);
                }
                None => break,
            },
            // What is queued already still comes, then the end.
            _ = &mut *stop, if !spans.is_closed() => spans.close(),
            () = sleep_until(until), if !batch.is_empty() && !spans.is_closed() => break,
        }
    }
    batch
}

async fn deliver(endpoint: &Collector, body: Bytes, retries: &[Duration]) -> Sent {
    let mut sent = attempt(endpoint, body.clone()).await;
    for wait in retries {
        if !matches!(sent, Sent::Later(_)) {
            break;
        }
        sleep(*wait).await;
        sent = attempt(endpoint, body.clone()).await;
    }
    sent
}

async fn attempt(endpoint: &Collector, body: Bytes) -> Sent {
    match timeout(ATTEMPT_MAX, post(endpoint, body)).await {
        Ok(Ok(status)) if status.is_success() => Sent::Taken,
        Ok(Ok(status)) if matches!(status.as_u16(), 429 | 502 | 503 | 504) => Sent::Later(status.to_string()),
        Ok(Ok(status)) => Sent::Refused(status),
        Ok(Err(error)) => Sent::Later(format!("{error:#}")),
        Err(_) => Sent::Later("no answer in time".to_owned()),
    }
}

/// A connection of its own for each batch: one a second is cheaper than watching an idle one.
async fn post(endpoint: &Collector, body: Bytes) -> anyhow::Result<StatusCode> {
    let stream = TcpStream::connect(&endpoint.address).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let request = Request::post(&endpoint.path)
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
