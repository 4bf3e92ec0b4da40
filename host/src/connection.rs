//! One connection: HTTP/1.1, or HTTP/2 with prior knowledge, watched so that no client can hold it for
//! nothing.
//!
//! Time-outs cost a request nothing: what happens on a connection is noted in cells, and a sweep of each
//! worker looks at the notes of all its connections now and then.

mod watch;

use std::convert::Infallible;
use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use http::Request;
use hyper::body::Incoming;
use hyper::rt::Executor;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Sleep;

use crate::listener::Accepted;
use crate::serve::{Answer, Origin, Serving};
use crate::telemetry::metrics::Metrics;

pub(crate) use watch::{Clock, Order, Watch};

/// Bytes of a request line with its headers. S3 allows 8 KiB of headers, and keys of 1,024 bytes,
/// percent-encoded.
const HEAD_BYTES_MAX: usize = 64 << 10;
/// Requests at a time on one HTTP/2 connection.
const STREAMS_MAX: u32 = 128;
/// Flow-control windows of HTTP/2: what one stream sends in 10 ms at 100 MB/s, and four of them.
const STREAM_WINDOW_BYTES: u32 = 1 << 20;
const CONNECTION_WINDOW_BYTES: u32 = 4 << 20;
/// A quiet HTTP/2 peer is asked whether it lives after this long, and given up after as long again.
const PING_INTERVAL: Duration = Duration::from_secs(20);
/// A closed connection is read on for so long, and so far, before it is forgotten.
const LINGER_TIME_MAX: Duration = Duration::from_secs(1);
const LINGER_BYTES_MAX: usize = 256 << 10;
/// The first bytes of HTTP/2 with prior knowledge; no request of HTTP/1.1 begins like this.
const HTTP2_START: &[u8; 4] = b"PRI ";
/// Pause between looks at a connection whose first bytes come one by one.
const START_PAUSE: Duration = Duration::from_millis(5);

/// Serves a connection to its end.
pub(crate) async fn serve<A: Answer>(serving: Rc<Serving<A>>, accepted: Accepted) {
    let Accepted { stream, remote, door, place } = accepted;
    serving.metrics.connections(1);
    let (number, watch) = serving.watch();
    let origin = Rc::new(Origin { remote, door });
    // Errors here are the client's: it went away, or did not speak HTTP. They are not worth more than a debug
    // line.
    if let Err(error) = converse(&serving, stream, &origin, &watch).await {
        tracing::debug!(%remote, error = format!("{error:#}"), "a connection ended");
    }
    serving.unwatch(number);
    serving.metrics.connections(-1);
    drop(place);
}

async fn converse<A: Answer>(
    serving: &Rc<Serving<A>>,
    stream: std::net::TcpStream,
    origin: &Rc<Origin>,
    watch: &Rc<Watch>,
) -> anyhow::Result<()> {
    let stream = TcpStream::from_std(stream)?;
    stream.set_nodelay(true)?;
    let version = obeying(watch, pin!(version(&stream, watch)), |_| Order::Close).await;
    let Some(version) = version.transpose()? else { return Ok(()) };
    let metrics = Arc::clone(&serving.metrics);
    let io = TokioIo::new(Socket { stream, watch: Rc::clone(watch), metrics, linger: None });
    let service = service_fn(|request: Request<Incoming>| {
        let (serving, origin, watch) = (Rc::clone(serving), Rc::clone(origin), Rc::clone(watch));
        async move { Ok::<_, Infallible>(serving.answer(request, &origin, watch).await) }
    });
    let outcome = match version {
        Version::Http1 => {
            let connection = pin!(http1().serve_connection(io, service));
            obeying(watch, connection, |connection| {
                connection.graceful_shutdown();
                Order::Serve
            })
            .await
        }
        Version::Http2 => {
            watch.multiplex();
            let connection = pin!(http2().serve_connection(io, service));
            obeying(watch, connection, |connection| {
                connection.graceful_shutdown();
                Order::Serve
            })
            .await
        }
    };
    Ok(outcome.transpose().map(drop)?)
}

/// Runs a future under the orders of the watch: `None` when it was closed before its end. `on_finish` is
/// called when told to finish, and says whether to go on.
async fn obeying<F: Future>(
    watch: &Watch,
    mut future: Pin<&mut F>,
    on_finish: impl Fn(Pin<&mut F>) -> Order,
) -> Option<F::Output> {
    let mut told = false;
    poll_fn(|context| {
        watch.wakes(context.waker());
        let order = match watch.order() {
            Order::Finish if !told => {
                told = true;
                on_finish(future.as_mut())
            }
            order => order,
        };
        match order {
            Order::Close => Poll::Ready(None),
            Order::Serve | Order::Finish => future.as_mut().poll(context).map(Some),
        }
    })
    .await
}

enum Version {
    Http1,
    Http2,
}

/// Looks at the first bytes without taking them. One look more per connection, instead of a layer under every
/// read.
async fn version(stream: &TcpStream, watch: &Watch) -> io::Result<Version> {
    loop {
        let mut start = [0; HTTP2_START.len()];
        let length = stream.peek(&mut start).await?;
        watch.received();
        if length == 0 || start.get(..length) != HTTP2_START.get(..length) {
            return Ok(Version::Http1);
        }
        if length == HTTP2_START.len() {
            return Ok(Version::Http2);
        }
        tokio::time::sleep(START_PAUSE).await;
    }
}

fn http1() -> http1::Builder {
    let mut builder = http1::Builder::new();
    // The watch keeps the time, so that no timer is armed for each request. Responses are not held back for requests that
    // have arrived behind them: where the connection ends after the response, nothing would send it any more.
    builder.header_read_timeout(None).max_header_size(HEAD_BYTES_MAX);
    builder
}

fn http2() -> http2::Builder<OnThisThread> {
    let mut builder = http2::Builder::new(OnThisThread);
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS_MAX)
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        .max_header_list_size(HEAD_BYTES_MAX as u32)
        .keep_alive_interval(PING_INTERVAL)
        .keep_alive_timeout(PING_INTERVAL);
    builder
}

/// Streams of HTTP/2 run where their connection does.
#[derive(Debug, Clone, Copy)]
struct OnThisThread;

impl<F: Future + 'static> Executor<F> for OnThisThread {
    fn execute(&self, future: F) {
        tokio::task::spawn_local(async move { drop(future.await) });
    }
}

/// A socket that notes what passes.
struct Socket {
    stream: TcpStream,
    watch: Rc<Watch>,
    metrics: Arc<Metrics>,
    linger: Option<Linger>,
}

/// The end of a connection after its write side was closed: what the client still sends is read away, because the kernel
/// answers unread bytes with a reset, which can cost the client the answer.
struct Linger {
    deadline: Pin<Box<Sleep>>,
    bytes_left: usize,
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let outcome = Pin::new(&mut self.stream).poll_read(context, buffer);
        let length = buffer.filled().len() - before;
        if length > 0 {
            self.watch.received();
            self.metrics.bytes_in(length);
        }
        outcome
    }
}

impl Socket {
    fn sent(&self, outcome: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if let Poll::Ready(Ok(length)) = &outcome {
            self.metrics.bytes_out(*length);
        }
        outcome
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.sent(outcome)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write_vectored(context, pieces);
        self.sent(outcome)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.linger.is_none() {
            ready!(Pin::new(&mut self.stream).poll_shutdown(context))?;
            let deadline = Box::pin(tokio::time::sleep(LINGER_TIME_MAX));
            self.linger = Some(Linger { deadline, bytes_left: LINGER_BYTES_MAX });
        }
        let Socket { stream, linger: Some(linger), .. } = &mut *self else { return Poll::Ready(Ok(())) };
        loop {
            let mut discarded = [0; 4096];
            let mut buffer = ReadBuf::new(&mut discarded);
            match Pin::new(&mut *stream).poll_read(context, &mut buffer) {
                Poll::Pending => return linger.deadline.as_mut().poll(context).map(Ok),
                Poll::Ready(Ok(())) if !buffer.filled().is_empty() => {
                    linger.bytes_left = linger.bytes_left.saturating_sub(buffer.filled().len());
                    if linger.bytes_left == 0 {
                        return Poll::Ready(Ok(()));
                    }
                }
                // The client closed too, or is gone.
                Poll::Ready(_) => return Poll::Ready(Ok(())),
            }
        }
    }
}
