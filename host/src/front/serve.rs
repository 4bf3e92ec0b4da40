//! Serving: worker threads with a runtime each, acceptors that feed them, and an orderly end.
//!
//! [`Server`] is what a start puts together. Each of its threads has a [`Serving`], which answers
//! the requests of the connections that it was given. Almost everything that a request needs on its
//! way belongs to this thread, and takes no lock.

mod bodies;
mod explained;
#[cfg(test)]
mod tests;

use std::cell::Cell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use http::header::{CONNECTION, HeaderValue, RETRY_AFTER};
use http::request::Parts;
use http::{Request, Response, StatusCode, Version};
use hyper::body::Incoming;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::sync::oneshot;
use tokio::task::LocalSet;
use tokio::time::MissedTickBehavior;

use crate::body::lent;
use crate::body::respond::ResponseBody;
use crate::config::{Limits, Proxies};
use crate::front::arrival::Arrival;
use crate::front::connection;
use crate::front::forwarded::Unclear;
use crate::front::health::{Health, Phase};
use crate::front::listener::{Acceptor, Door, Listener, Message, Seat};
use crate::pipeline::head::Head;
use crate::pipeline::peer::{Client, Peer};
use crate::pipeline::responses;
use crate::pipeline::shares::{Cut, Order, Pass, Rates, Refused, Shares, Watch};
use crate::pipeline::worker::Answering;
use crate::telemetry::access::{AccessLine, AccessLog, Arrived, ErrorCode, Limited};
use crate::telemetry::explanations::Explanations;
use crate::telemetry::metrics::{Metrics, Refusal};
use crate::telemetry::request_id::{GivenIds, RequestIds};

pub(crate) use bodies::Outgoing;
use bodies::Received;

/// A server before it runs.
pub struct Server<F> {
    /// Bound listeners.
    pub listeners: Vec<Listener>,
    /// What each worker gets a copy of.
    pub setup: Setup,
    /// Makes what answers requests; called once on each worker thread.
    pub answer: F,
}

/// What each worker gets a copy of. What is behind an `Arc` is shared by all of them.
#[derive(Clone)]
pub struct Setup {
    /// Worker threads; at least one.
    pub workers: usize,
    /// Bounds on what clients can take.
    pub limits: Limits,
    /// Rates that the operator sets.
    pub rates: Arc<Rates>,
    /// Where explanations of refusals are kept.
    pub explanations: Arc<Explanations>,
    /// Counters.
    pub metrics: Arc<Metrics>,
    /// The phase that probes are told.
    pub health: Arc<Health>,
    /// Where requests are logged, if anywhere.
    pub access_log: Option<Arc<AccessLog>>,
    /// Proxies whose word about clients is believed.
    pub proxies: Arc<Proxies>,
    /// The ids that requests get.
    pub request_ids: Arc<GivenIds>,
}

/// Reads of files and memory that wait for the disk have at most this many threads for each worker.
const BLOCKING_THREADS_MAX: usize = 64;
/// How often the end of the last connections is looked for.
const DRAIN_LOOK: Duration = Duration::from_millis(10);
/// The sweep runs at least, and at most, this often.
const SWEEP_MAX: Duration = Duration::from_millis(250);
const SWEEP_MIN: Duration = Duration::from_millis(20);
/// Sweeps of a quiet worker after which all that was freed has been given back: the allocator waits
/// for a second, and does a quarter at a time.
const QUIET_SWEEPS_MAX: u32 = 40;
/// Trouble that goes on is logged once in this time.
const COMPLAINT_INTERVAL: Duration = Duration::from_secs(10);
/// Bytes of a piece that the allocator does not keep for the next request of the same size.
const LARGE_BYTES: usize = 1 << 20;

impl<A, F> Server<F>
where
    A: Answering,
    F: Fn() -> anyhow::Result<Rc<A>> + Clone + Send + 'static,
{
    /// Serves until `stop` completes, then lets requests in flight finish within `limits.drain`; a
    /// second completion of `stop` ends that at once. `on_ready` is called when every worker can
    /// answer.
    ///
    /// # Errors
    /// A thread or runtime that cannot be made, a worker that cannot start, or that of `on_ready`.
    pub fn run<S>(
        self,
        stop: impl Fn() -> S,
        on_ready: impl FnOnce() -> anyhow::Result<()>,
    ) -> anyhow::Result<()>
    where
        S: Future<Output = ()>,
    {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        LocalSet::new().block_on(&runtime, self.serve(stop, on_ready))
    }

    async fn serve<S>(
        self,
        stop: impl Fn() -> S,
        on_ready: impl FnOnce() -> anyhow::Result<()>,
    ) -> anyhow::Result<()>
    where
        S: Future<Output = ()>,
    {
        let (seats, threads) = self.start_workers().await?;
        let seats: Rc<[Seat]> = seats.into();
        let acceptor = Rc::new(Acceptor {
            seats: Rc::clone(&seats),
            connections_max: self.setup.limits.connections_max,
        });
        let acceptors: Vec<_> = self
            .listeners
            .into_iter()
            .map(|listener| tokio::task::spawn_local(Rc::clone(&acceptor).run(listener)))
            .collect();
        let Setup { health, limits, metrics, .. } = self.setup;
        health.enter(Phase::Ready);
        metrics.set_ready(true);
        on_ready()?;
        stop().await;
        // Probes say "not ready" from now on, so that balancers send new requests elsewhere.
        health.enter(Phase::Draining);
        metrics.set_ready(false);
        tracing::info!("stopping: requests in flight finish");
        for acceptor in acceptors {
            acceptor.abort();
        }
        let drained = drain(&seats, limits.drain);
        tokio::select! {
            left = drained => if left > 0 {
                tracing::warn!(connections = left, "the time to finish is over; these are closed");
            },
            () = stop() => tracing::warn!("told to stop again: closing at once"),
        }
        for seat in seats.iter() {
            // A worker that is gone needs no telling.
            let _ = seat.sender.send(Message::End);
        }
        for thread in threads {
            thread.join().map_err(|_| anyhow::anyhow!("a worker thread panicked"))?;
        }
        Ok(())
    }

    async fn start_workers(&self) -> anyhow::Result<(Vec<Seat>, Vec<JoinHandle<()>>)> {
        let (mut seats, mut threads, mut starts) = (Vec::new(), Vec::new(), Vec::new());
        for number in 0..self.setup.workers.max(1) {
            let (sender, receiver) = unbounded_channel();
            let (started, start) = oneshot::channel();
            let idle = Arc::new(AtomicUsize::new(0));
            let worker = WorkerThread {
                receiver,
                idle: Arc::clone(&idle),
                setup: self.setup.clone(),
                answer: self.answer.clone(),
            };
            let thread = std::thread::Builder::new()
                .name(format!("worker-{number}"))
                .spawn(move || worker.run(started))
                .context("starting a worker thread")?;
            seats.push(Seat { sender, connections: Arc::new(AtomicUsize::new(0)), idle });
            threads.push(thread);
            starts.push(start);
        }
        // The threads start at the same time. How that went is collected only now.
        for start in starts {
            start.await.context("a worker thread ended before it began")??;
        }
        Ok((seats, threads))
    }
}

/// Tells every worker to finish, and waits until no connection is left; answers how many are after
/// `limit`.
async fn drain(seats: &[Seat], limit: Duration) -> usize {
    for seat in seats {
        let _ = seat.sender.send(Message::Finish);
    }
    let began = Instant::now();
    loop {
        let left = seats.iter().map(|seat| seat.connections.load(Ordering::Acquire)).sum();
        if left == 0 || began.elapsed() >= limit {
            return left;
        }
        tokio::time::sleep(DRAIN_LOOK).await;
    }
}

/// What a worker thread begins with.
struct WorkerThread<F> {
    receiver: UnboundedReceiver<Message>,
    idle: Arc<AtomicUsize>,
    setup: Setup,
    answer: F,
}

impl<A, F> WorkerThread<F>
where
    A: Answering,
    F: Fn() -> anyhow::Result<Rc<A>>,
{
    fn run(self, started: oneshot::Sender<anyhow::Result<()>>) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .max_blocking_threads(BLOCKING_THREADS_MAX)
            .build();
        // A message that cannot be sent is dropped: `start_workers` stops listening when another
        // worker fails first.
        let runtime = match runtime {
            Ok(runtime) => runtime,
            Err(error) => return drop(started.send(Err(error.into()))),
        };
        let answer = match (self.answer)() {
            Ok(answer) => answer,
            Err(error) => return drop(started.send(Err(error))),
        };
        let Setup { workers, limits, metrics, rates, .. } = &self.setup;
        let request_ids = self.setup.request_ids.add();
        let workers = (*workers).max(1);
        lent::share_among(workers);
        let places_max = limits.in_flight_max.div_ceil(workers);
        let serving = Rc::new(Serving {
            answer,
            shares: Shares::new(limits, places_max, workers, metrics, rates),
            places_max,
            idle: self.idle,
            setup: self.setup,
            request_ids,
            in_flight: Rc::new(Cell::new(0)),
            quiet_sweeps: Cell::new(0),
            complained: Cell::new(None),
        });
        drop(started.send(Ok(())));
        LocalSet::new().block_on(&runtime, serving.work(self.receiver));
        // Disk reads may still run on threads of the runtime. Nothing waits for them any more, so
        // the end does not wait either.
        runtime.shutdown_background();
    }
}

/// One worker thread while it serves.
pub(crate) struct Serving<A> {
    answer: Rc<A>,
    pub(crate) shares: Rc<Shares>,
    places_max: usize,
    /// How many connections have no request and could be closed. The acceptors read it.
    idle: Arc<AtomicUsize>,
    pub(crate) setup: Setup,
    pub(crate) request_ids: Arc<RequestIds>,
    in_flight: Rc<Cell<usize>>,
    /// Sweeps since the last request came, while none was in flight.
    quiet_sweeps: Cell<u32>,
    /// When the log last told of a proxy that does not say who its client is.
    complained: Cell<Option<Instant>>,
}

impl<A: Answering> Serving<A> {
    /// Serves the connections that the acceptors hand over, until told to end. Time limits are
    /// enforced here too: the sweep looks at all connections and all requests in flight.
    async fn work(self: Rc<Self>, mut receiver: UnboundedReceiver<Message>) {
        let mut sweep = tokio::time::interval(sweep_interval(&self.setup.limits));
        // A sweep that is late is not made up for: one look finds what several would have found.
        sweep.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut finishing = false;
        loop {
            tokio::select! {
                message = receiver.recv() => match message {
                    // It was accepted just before the end, and is closed without a response.
                    Some(Message::Connection(_)) if finishing => {}
                    Some(Message::Connection(accepted)) => {
                        tokio::task::spawn_local(connection::serve(Rc::clone(&self), accepted));
                    }
                    Some(Message::Finish) => {
                        finishing = true;
                        self.shares.crowd.tell_all(|_| Order::Finish);
                    }
                    Some(Message::End) | None => return,
                },
                _ = sweep.tick() => {
                    // The clock first: everything below compares with its time.
                    self.shares.clock.advance();
                    self.shares.crowd.tell_all(|watch| watch.next_order(&self.setup.limits));
                    self.shares.sweep();
                    self.idle.store(self.shares.crowd.idle(), Ordering::Relaxed);
                    if self.in_flight.get() == 0 {
                        self.answer.rest();
                        self.give_back();
                    }
                }
            }
        }
    }

    /// Makes the allocator give freed memory back to the system, as long as there may be some.
    ///
    /// The allocator gives memory back a while after it was freed, but it looks for what is due
    /// only when a large piece is freed. Without requests, that never happens.
    fn give_back(&self) {
        let sweeps = self.quiet_sweeps.get();
        if sweeps < QUIET_SWEEPS_MAX {
            self.quiet_sweeps.set(sweeps + 1);
            // The piece is never touched, so it takes no memory itself.
            drop(std::hint::black_box(Vec::<u8>::with_capacity(LARGE_BYTES)));
        }
    }

    /// How many places it has.
    pub(crate) fn places_max(&self) -> usize {
        self.places_max
    }

    /// Answers a request. A probe is answered here, a request beyond a limit is refused here, and
    /// the pipeline answers everything else.
    pub(crate) async fn answer(
        self: Rc<Self>,
        request: Request<Incoming>,
        arrival: &Arrival,
        watch: Rc<Watch>,
    ) -> Response<Outgoing> {
        let mut flight = Flight::begin(&self.in_flight, &self.setup.metrics, Rc::clone(&watch));
        self.quiet_sweeps.set(0);
        let (mut parts, body) = request.into_parts();
        let head = Head::of(&parts);
        let client = arrival.client(&mut parts);
        let Setup { health, metrics, .. } = &self.setup;
        // Probes come first: they are answered also where no place is free. A head that two readers
        // could see differently is no probe either: who may see metrics goes by its host.
        let probe = head.is_clear.then(|| health.answer(&parts, arrival.duty(&parts), metrics)).flatten();
        let mut response = match probe {
            Some(response) => response,
            None => {
                let request_id = self.request_ids.next();
                flight.log = self.setup.access_log.as_ref().map(|log| {
                    let line = AccessLine::begin(&parts, arrived(arrival, client.as_ref().ok()), &request_id);
                    (Arc::clone(log), Box::new(line))
                });
                match client {
                    // A request whose host or length two readers could see differently is not
                    // served.
                    _ if !head.is_clear => responses::bad_request(&request_id),
                    Err(unclear) => self.refuse_unclear(unclear, arrival.remote, &request_id),
                    Ok(client) => match self.admit(&parts, head, &client, &watch, &request_id) {
                        Ok(pass) => {
                            flight.pass = Some(Rc::clone(&pass));
                            let received_at = flight.log.as_ref().map(|(_, line)| line.received_at());
                            let body = Received::new(body, Rc::clone(&pass), received_at);
                            self.answer_admitted(parts, body, client, &arrival.door, pass, request_id).await
                        }
                        Err(response) => *response,
                    },
                }
            }
        };
        if watch.is_narrow() {
            watch.give(Order::Finish);
        }
        if response.status().as_u16() >= 400 {
            let code = response.extensions().get::<ErrorCode>().map(|code| &*code.0).unwrap_or_default();
            metrics.error(code, response.status().as_u16());
        }
        if let Some((_, line)) = &mut flight.log {
            line.answered(&mut response);
        }
        flight.respond(response)
    }

    /// Gives a request its pass, or the response that refuses it.
    fn admit(
        &self,
        parts: &Parts,
        head: Head,
        client: &Client,
        watch: &Rc<Watch>,
        request_id: &str,
    ) -> Result<Rc<Pass>, Box<Response<ResponseBody>>> {
        if head.is_long {
            self.setup.metrics.refused(Refusal::Head);
            return Err(Box::new(responses::head_too_long(request_id)));
        }
        let admitted = match watch.is_narrow() {
            true => Err(Refused::by(Refusal::Connections)),
            false => self.shares.admit(head.is_signed, client.address, watch, Cut::current()),
        };
        admitted.map_err(|refused| {
            let mut response = self.refuse(refused, request_id, client);
            // HTTP/2 has no `Connection` header; there, `answer` tells the connection to finish.
            if watch.is_narrow() && parts.version < Version::HTTP_2 {
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            Box::new(response)
        })
    }

    async fn answer_admitted(
        &self,
        parts: Parts,
        body: Received<Incoming>,
        client: Client,
        door: &Door,
        pass: Rc<Pass>,
        request_id: String,
    ) -> Response<ResponseBody> {
        let (listener, endpoint) = (Arc::clone(&door.name), door.endpoint.clone());
        let peer = Peer { client, listener, endpoint, pass: Rc::clone(&pass), request_id };
        let mut response = Rc::clone(&self.answer).answer(Request::from_parts(parts, body), peer).await;
        let Some(refused) = pass.refused() else { return response };
        let id = responses::request_id(response.headers());
        let id = id.map_or_else(|| self.request_ids.next(), str::to_owned);
        let limit = refused.limit;
        let refusal = self.refuse(refused, &id, &client);
        // A 503 of the pipeline says the same in its own form, and stays. Only what the host knows
        // is added: the name of the limit, and when to come back.
        if response.status() != StatusCode::SERVICE_UNAVAILABLE {
            // Where the disk is full, the pipeline has said what of a request was done anyhow.
            return if limit == Refusal::Disk { response } else { refusal };
        }
        let limited = Limited(limit.name());
        response.extensions_mut().insert(limited);
        if let Some(after) = refusal.headers().get(RETRY_AFTER) {
            response.headers_mut().insert(RETRY_AFTER, after.clone());
        }
        response
    }

    /// Counts and explains a refusal; its response.
    fn refuse(&self, refused: Refused, request_id: &str, client: &Client) -> Response<ResponseBody> {
        let limit = refused.limit;
        self.setup.metrics.refused(limit);
        let seconds = refused.wait.as_millis().div_ceil(1000).max(1);
        let Setup { explanations, rates, limits, workers, .. } = &self.setup;
        // So many explanations a second are made, and no more: a flood of refusals stays cheap.
        if explanations.admit() {
            let text = explained::refusal(&refused, rates, (limits, *workers), request_id, client, seconds);
            explanations.keep(request_id, &text);
        }
        let mut response = responses::slow_down(request_id);
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(u64::try_from(seconds).unwrap_or(1)));
        response.extensions_mut().insert(Limited(limit.name()));
        response
    }
}

/// Where a request came from, as its line in the log says it.
fn arrived(arrival: &Arrival, client: Option<&Client>) -> Arrived {
    let Arrival { remote, door, .. } = arrival;
    Arrived {
        client: client.filter(|client| client.is_known).map(|client| client.address),
        proxy: client.map_or(Some(*remote), |client| client.proxy),
        listener: Arc::clone(&door.name),
        endpoint: door.endpoint.as_ref().map(|endpoint| endpoint.id.clone()),
    }
}

impl<A> Serving<A> {
    /// Refuses a request whose client is not known, and explains why.
    fn refuse_unclear(
        &self,
        unclear: Unclear,
        proxy: SocketAddr,
        request_id: &str,
    ) -> Response<ResponseBody> {
        self.complain(unclear, proxy, request_id);
        responses::unclear_client(request_id)
    }

    /// Tells the operator about a proxy that does not say who its client is.
    pub(crate) fn complain(&self, Unclear(why): Unclear, proxy: SocketAddr, request_id: &str) {
        if self.complained.get().is_none_or(|last| last.elapsed() > COMPLAINT_INTERVAL) {
            self.complained.set(Some(Instant::now()));
            tracing::warn!(request_id, %proxy, why, "a trusted proxy does not say who the client is");
        }
        if self.setup.explanations.admit() {
            let text = serde_json::json!({
                "request_id": request_id, "reason": "the client is not known", "proxy": proxy.to_string(), "why": why,
            });
            self.setup.explanations.keep(request_id, &text.to_string());
        }
    }
}

fn sweep_interval(limits: &Limits) -> Duration {
    let shortest = limits.request_head.min(limits.idle).min(limits.response_stall);
    (shortest / 8).clamp(SWEEP_MIN, SWEEP_MAX)
}

/// A request in flight: from its head to the last byte of its response, or until it is given up.
/// Dropping it takes the request off all counts, whatever ended it.
struct Flight {
    in_flight: Rc<Cell<usize>>,
    metrics: Arc<Metrics>,
    watch: Rc<Watch>,
    /// Its place; probes need none.
    pass: Option<Rc<Pass>>,
    /// Its line in the log, and that log.
    log: Option<(Arc<AccessLog>, Box<AccessLine>)>,
    responding: bool,
}

impl Flight {
    fn begin(in_flight: &Rc<Cell<usize>>, metrics: &Arc<Metrics>, watch: Rc<Watch>) -> Flight {
        in_flight.set(in_flight.get() + 1);
        metrics.in_flight(1);
        watch.request_began();
        let in_flight = Rc::clone(in_flight);
        Flight { in_flight, metrics: Arc::clone(metrics), watch, pass: None, log: None, responding: false }
    }

    fn respond(mut self, response: Response<ResponseBody>) -> Response<Outgoing> {
        self.responding = true;
        self.watch.response_began();
        if let Some(pass) = &self.pass {
            pass.responding(0);
        }
        response.map(|body| Outgoing::new(body, self))
    }

    /// There is room for more of the response, so the client is taking it.
    fn taken(&self) {
        self.watch.taken();
    }

    /// Bytes of the response were handed to the connection.
    fn sent(&mut self, bytes: usize) {
        if let Some((_, line)) = &mut self.log {
            line.sent(bytes);
        }
    }

    /// What is stored could not be read: the response ends here.
    fn failed(&mut self) {
        if let Some((_, line)) = &mut self.log {
            line.failed();
        }
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        if let Some((log, line)) = self.log.take() {
            log.write(line, self.pass.as_ref().map_or(0, |pass| pass.received_so_far()));
        }
        if self.responding {
            self.watch.response_ended();
        }
        self.watch.request_ended();
        self.in_flight.set(self.in_flight.get().saturating_sub(1));
        self.metrics.in_flight(-1);
    }
}
