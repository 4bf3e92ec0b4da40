//! One connection: HTTP/1.1, or HTTP/2 with prior knowledge, watched so that no client can hold it
//! for nothing.
//!
//! Time limits cost a request nothing: no timer is armed for it. What happens on a connection is
//! noted in the cells of its [`Watch`]. Each worker sweeps over the watches of its connections now
//! and then, and gives them orders.

mod proxy_protocol;
mod socket;

use std::convert::Infallible;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::config::ProxyHeader;
use crate::front::arrival::{Arrival, Introduced};
use crate::front::forwarded::Unclear;
use crate::front::health::Duty;
use crate::front::listener::{Accepted, Door};
use crate::front::serve::Serving;
use crate::pipeline::head::HEAD_BYTES_MAX;
use crate::pipeline::responses;
use crate::pipeline::shares::{OnThisThread, Order, Party, Watch};
use crate::pipeline::worker::Answering;

use socket::Socket;

/// Headers of a request: more than fit into their bytes where each has a value. Room for all of
/// them is made for every head.
const HEADERS_MAX: usize = 512;
/// What HTTP/2 counts for each header besides its bytes.
const HEADER_OVERHEAD_BYTES: usize = 32;
/// A connection of HTTP/1.1 reads this many bytes ahead, and lets this many wait to be written.
const BUFFER_BYTES_MAX: usize = 64 << 10;
/// Requests at a time on one HTTP/2 connection, and the part of a worker's places that they are at
/// most.
const STREAMS_MAX: u32 = 128;
const STREAMS_PART: usize = 4;
/// Flow-control windows of HTTP/2: what one stream sends in 10 ms at 100 MB/s, and four of them.
const STREAM_WINDOW_BYTES: u32 = 1 << 20;
const CONNECTION_WINDOW_BYTES: u32 = 4 << 20;
/// An HTTP/2 peer that sends nothing for this long gets a ping, and is given up when it does not
/// answer for as long again.
const PING_INTERVAL: Duration = Duration::from_secs(20);
/// The first bytes of HTTP/2 with prior knowledge; no request of HTTP/1.1 begins like this.
const HTTP2_START: &[u8; 4] = b"PRI ";
/// Pause between looks at a connection whose first bytes come one by one.
const START_PAUSE: Duration = Duration::from_millis(5);

/// Serves a connection to its end.
pub(crate) async fn serve<A: Answering>(serving: Rc<Serving<A>>, accepted: Accepted) {
    let Accepted { stream, remote, door, counted, is_beyond } = accepted;
    serving.setup.metrics.connections(1);
    let crowd = &serving.shares.crowd;
    // Where the limit is reached, an idle connection makes room, or else a stalled request is ended
    // with its connection. Failing both, this connection is served narrowly: probes are answered,
    // and everything else is told that the server is full.
    let has_room = !is_beyond || crowd.make_room() || serving.shares.make_connection();
    let is_proxy = serving.setup.proxies.trusts(remote.ip());
    let (number, watch) = crowd.enter((!is_proxy).then(|| Party::of_address(remote.ip())));
    if !has_room {
        crowd.narrow(&watch);
    }
    // An error here is the client's: it went away, or did not speak HTTP. A debug line is enough.
    if let Err(error) = converse(&serving, stream, remote, door, is_proxy, &watch).await {
        tracing::debug!(%remote, error = format!("{error:#}"), "a connection ended");
    }
    serving.shares.crowd.leave(number);
    serving.setup.metrics.connections(-1);
    drop(counted);
}

async fn converse<A: Answering>(
    serving: &Rc<Serving<A>>,
    stream: std::net::TcpStream,
    remote: SocketAddr,
    door: Door,
    is_proxy: bool,
    watch: &Rc<Watch>,
) -> anyhow::Result<()> {
    let mut stream = TcpStream::from_std(stream)?;
    stream.set_nodelay(true)?;
    let proxies = &serving.setup.proxies;
    let introduced = match (is_proxy, proxies.header) {
        (false, _) => Introduced::Itself,
        // Whoever scrapes metrics comes without.
        (true, ProxyHeader::ProxyProtocol) if door.duty != Duty::Admin => {
            let Some(read) = introduction(serving, &mut stream, remote, watch).await? else { return Ok(()) };
            match read {
                Ok(introduced) => introduced,
                Err(unclear) => return send_off(serving, stream, unclear, remote, watch).await,
            }
        }
        (true, _) => Introduced::ByHeaders(Arc::clone(proxies)),
    };
    let arrival = &Rc::new(Arrival { remote, door, introduced });
    let version = obeying(watch, pin!(version(&stream, watch)), |_| Order::Close).await;
    let Some(version) = version.transpose()? else { return Ok(()) };
    let Serving { shares, setup, request_ids, .. } = &**serving;
    let io = TokioIo::new(Socket::new(stream, watch, shares, &setup.metrics, request_ids));
    let service = service_fn(|request: Request<Incoming>| {
        let (serving, arrival, watch) = (Rc::clone(serving), Rc::clone(arrival), Rc::clone(watch));
        async move { Ok::<_, Infallible>(serving.answer(request, &arrival, watch).await) }
    });
    watch.set_up();
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
            let connection = pin!(http2(serving.places_max()).serve_connection(io, service));
            obeying(watch, connection, |connection| {
                connection.graceful_shutdown();
                Order::Serve
            })
            .await
        }
    };
    Ok(outcome.transpose().map(drop)?)
}

/// Reads whose connection a proxy passes on; `None` when it was told to close before.
async fn introduction<A: Answering>(
    serving: &Rc<Serving<A>>,
    stream: &mut TcpStream,
    proxy: SocketAddr,
    watch: &Rc<Watch>,
) -> anyhow::Result<Option<Result<Introduced, Unclear>>> {
    // The time of a request head begins.
    watch.received(0);
    let read = obeying(watch, pin!(proxy_protocol::read(stream, proxy)), |_| Order::Close).await;
    let Some(mut read) = read.transpose()? else { return Ok(None) };
    if let Ok(introduced) = &mut read {
        let address = match introduced {
            Introduced::AtOnce(client) => {
                // Another proxy, and no word of the client behind it.
                client.is_known = !serving.setup.proxies.trusts(client.address.ip());
                Some(Party::of_address(client.address.ip()))
            }
            _ => None,
        };
        serving.shares.crowd.introduce(watch, address);
    }
    Ok(Some(read))
}

/// Refuses a connection that does not begin as those of a proxy do.
async fn send_off<A: Answering>(
    serving: &Rc<Serving<A>>,
    stream: TcpStream,
    unclear: Unclear,
    proxy: SocketAddr,
    watch: &Rc<Watch>,
) -> anyhow::Result<()> {
    let Serving { shares, setup, request_ids, .. } = &**serving;
    let request_id = request_ids.next();
    serving.complain(unclear, proxy, &request_id);
    let mut socket = Socket::new(stream, watch, shares, &setup.metrics, request_ids);
    let response = responses::unclear_client_bytes(&request_id);
    let sending = async {
        socket.write_all(&response).await?;
        socket.shutdown().await
    };
    Ok(obeying(watch, pin!(sending), |_| Order::Close).await.transpose().map(drop)?)
}

/// Runs a future under the orders of the watch: `None` when it was told to close before its end.
/// `on_finish` is called once, at the order to finish; the order that it returns is obeyed.
async fn obeying<F: Future>(
    watch: &Watch,
    mut future: Pin<&mut F>,
    on_finish: impl Fn(Pin<&mut F>) -> Order,
) -> Option<F::Output> {
    let mut told = false;
    poll_fn(|context| {
        // The waker first: an order that comes after the look below must wake this task.
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

/// Looks at the first bytes without taking them. This costs one more call to the system for each
/// connection, and saves a layer under every read.
async fn version(stream: &TcpStream, watch: &Watch) -> io::Result<Version> {
    loop {
        let mut start = [0; HTTP2_START.len()];
        let length = stream.peek(&mut start).await?;
        watch.received(0);
        if length == 0 || start.get(..length) != HTTP2_START.get(..length) {
            return Ok(Version::Http1);
        }
        if length == HTTP2_START.len() {
            return Ok(Version::Http2);
        }
        // The bytes stay in the socket, so it is readable all the time: waiting for readiness
        // would spin.
        tokio::time::sleep(START_PAUSE).await;
    }
}

fn http1() -> http1::Builder {
    let mut builder = http1::Builder::new();
    // The watch keeps the time, so hyper arms no timer for each request. `pipeline_flush` stays
    // off: it would hold responses back while further requests have arrived, and where the
    // connection ends after such a response, nothing would send it any more.
    builder
        .header_read_timeout(None)
        .max_header_size(HEAD_BYTES_MAX)
        .max_headers(HEADERS_MAX)
        .max_buf_size(BUFFER_BYTES_MAX);
    builder
}

fn http2(places_max: usize) -> http2::Builder<OnThisThread> {
    let streams_max = u32::try_from(places_max / STREAMS_PART).unwrap_or(STREAMS_MAX).clamp(4, STREAMS_MAX);
    let head_bytes_max = HEAD_BYTES_MAX + HEADERS_MAX / 2 * HEADER_OVERHEAD_BYTES;
    let mut builder = http2::Builder::new(OnThisThread);
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(streams_max)
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        .max_header_list_size(u32::try_from(head_bytes_max).unwrap_or(u32::MAX))
        .keep_alive_interval(PING_INTERVAL)
        .keep_alive_timeout(PING_INTERVAL);
    builder
}
