//! Serving: worker threads with a runtime each, acceptors that feed them, and an orderly end.

#[cfg(test)]
mod tests;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::sync::oneshot;
use tokio::task::LocalSet;
use tokio::time::MissedTickBehavior;

use crate::authority;
use crate::body::respond::ResponseBody;
use crate::config::Limits;
use crate::connection::{self, Clock, Order, Watch};
use crate::fallback;
use crate::health::{Health, Phase};
use crate::listener::{Acceptor, Door, Listener, Message, Seat};
use crate::telemetry::logs::AccessLine;
use crate::telemetry::metrics::{Metrics, Refusal};
use crate::telemetry::request_id::RequestIds;
use crate::worker::Peer;

/// What answers requests on one thread.
pub trait Answer: 'static {
    /// Answers a request. Dropped when the client is gone.
    fn answer(
        self: Rc<Self>,
        request: Request<Incoming>,
        peer: Peer,
    ) -> impl Future<Output = Response<ResponseBody>>;

    /// Called now and then while no request is in flight: time to let go of what is held for the next one.
    fn rest(&self) {}
}

/// Whether each request gets a line in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccessLog {
    /// It does.
    On,
    /// It does not.
    Off,
}

/// All that serving needs.
pub struct Server<F> {
    /// Bound listeners.
    pub listeners: Vec<Listener>,
    /// Worker threads; at least one.
    pub workers: usize,
    /// Bounds on what clients can take.
    pub limits: Limits,
    /// Counters.
    pub metrics: Arc<Metrics>,
    /// The phase that probes are told.
    pub health: Arc<Health>,
    /// Whether requests are logged.
    pub access_log: AccessLog,
    /// Makes what answers; called once on each worker thread.
    pub answer: F,
}

/// Where the requests of a connection come from.
#[derive(Debug)]
pub(crate) struct Origin {
    pub(crate) remote: SocketAddr,
    pub(crate) door: Door,
}

/// Memory and file reads that wait for the disk have at most this many threads for each worker.
const BLOCKING_THREADS_MAX: usize = 64;
/// How often the end of the last connections is looked for.
const DRAIN_LOOK: Duration = Duration::from_millis(10);
/// The sweep runs at least, and at most, this often.
const SWEEP_MAX: Duration = Duration::from_secs(1);
const SWEEP_MIN: Duration = Duration::from_millis(20);

impl<A, F> Server<F>
where
    A: Answer,
    F: Fn() -> anyhow::Result<Rc<A>> + Clone + Send + 'static,
{
    /// Serves until `stop` completes, then lets requests in flight finish within `limits.drain`; a second
    /// completion of `stop` ends that at once. `on_ready` is called when every worker can answer.
    ///
    /// # Errors
    /// A thread or runtime that cannot be made, or a worker that cannot start.
    pub fn run<S>(self, stop: impl Fn() -> S, on_ready: impl FnOnce()) -> anyhow::Result<()>
    where
        S: Future<Output = ()>,
    {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        LocalSet::new().block_on(&runtime, self.serve(stop, on_ready))
    }

    async fn serve<S>(self, stop: impl Fn() -> S, on_ready: impl FnOnce()) -> anyhow::Result<()>
    where
        S: Future<Output = ()>,
    {
        let (seats, threads) = self.start_workers().await?;
        let seats: Rc<[Seat]> = seats.into();
        let ids = RequestIds::new();
        let acceptor = Rc::new(Acceptor {
            seats: Rc::clone(&seats),
            connections_max: self.limits.connections_max,
            metrics: Arc::clone(&self.metrics),
            request_id: Rc::new(move || ids.next()),
        });
        let acceptors: Vec<_> = self
            .listeners
            .into_iter()
            .map(|listener| tokio::task::spawn_local(Rc::clone(&acceptor).run(listener)))
            .collect();
        self.health.enter(Phase::Ready);
        on_ready();
        stop().await;
        self.health.enter(Phase::Draining);
        tracing::info!("stopping: requests in flight finish");
        for acceptor in acceptors {
            acceptor.abort();
        }
        let drained = drain(&seats, self.limits.drain);
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
        for number in 0..self.workers.max(1) {
            let (sender, receiver) = unbounded_channel();
            let (started, start) = oneshot::channel();
            let worker = WorkerThread {
                receiver,
                limits: self.limits.clone(),
                in_flight_max: self.limits.in_flight_max.div_ceil(self.workers.max(1)),
                metrics: Arc::clone(&self.metrics),
                health: Arc::clone(&self.health),
                access_log: self.access_log,
                answer: self.answer.clone(),
            };
            let thread = std::thread::Builder::new()
                .name(format!("worker-{number}"))
                .spawn(move || worker.run(started))
                .context("starting a worker thread")?;
            seats.push(Seat { sender, connections: Arc::new(AtomicUsize::new(0)) });
            threads.push(thread);
            starts.push(start);
        }
        for start in starts {
            start.await.context("a worker thread ended before it began")??;
        }
        Ok((seats, threads))
    }
}

/// Tells every worker to finish, and waits until no connection is left; answers how many are after `limit`.
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
    limits: Limits,
    in_flight_max: usize,
    metrics: Arc<Metrics>,
    health: Arc<Health>,
    access_log: AccessLog,
    answer: F,
}

impl<A, F> WorkerThread<F>
where
    A: Answer,
    F: Fn() -> anyhow::Result<Rc<A>>,
{
    fn run(self, started: oneshot::Sender<anyhow::Result<()>>) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .max_blocking_threads(BLOCKING_THREADS_MAX)
            .build();
        // Nobody listens any more only when another worker failed first.
        let runtime = match runtime {
            Ok(runtime) => runtime,
            Err(error) => return drop(started.send(Err(error.into()))),
        };
        let answer = match (self.answer)() {
            Ok(answer) => answer,
            Err(error) => return drop(started.send(Err(error))),
        };
        let serving = Rc::new(Serving {
            answer,
            limits: self.limits,
            in_flight_max: self.in_flight_max,
            metrics: self.metrics,
            health: self.health,
            access_log: self.access_log,
            request_ids: RequestIds::new(),
            clock: Rc::new(Clock::new()),
            in_flight: Rc::new(Cell::new(0)),
            connections: RefCell::new(BTreeMap::new()),
            next_connection: Cell::new(0),
        });
        drop(started.send(Ok(())));
        LocalSet::new().block_on(&runtime, serving.work(self.receiver));
        // Reads of the disk that nobody waits for must not hold up the end.
        runtime.shutdown_background();
    }
}

/// One worker thread while it serves.
pub(crate) struct Serving<A> {
    answer: Rc<A>,
    limits: Limits,
    in_flight_max: usize,
    pub(crate) metrics: Arc<Metrics>,
    health: Arc<Health>,
    access_log: AccessLog,
    request_ids: RequestIds,
    clock: Rc<Clock>,
    in_flight: Rc<Cell<usize>>,
    connections: RefCell<BTreeMap<u64, Rc<Watch>>>,
    next_connection: Cell<u64>,
}

impl<A: Answer> Serving<A> {
    /// Serves what the acceptors hand over, until told to end.
    async fn work(self: Rc<Self>, mut receiver: UnboundedReceiver<Message>) {
        let mut sweep = tokio::time::interval(sweep_interval(&self.limits));
        sweep.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut finishing = false;
        loop {
            tokio::select! {
                message = receiver.recv() => match message {
                    Some(Message::Connection(_)) if finishing => {}
                    Some(Message::Connection(accepted)) => {
                        tokio::task::spawn_local(connection::serve(Rc::clone(&self), accepted));
                    }
                    Some(Message::Finish) => {
                        finishing = true;
                        self.tell_all(|_| Order::Finish);
                    }
                    Some(Message::End) | None => return,
                },
                _ = sweep.tick() => {
                    self.clock.advance();
                    self.tell_all(|watch| watch.judge(&self.limits));
                    if self.in_flight.get() == 0 {
                        self.answer.rest();
                    }
                }
            }
        }
    }

    fn tell_all(&self, order: impl Fn(&Watch) -> Order) {
        for watch in self.connections.borrow().values() {
            watch.give(order(watch));
        }
    }

    /// Begins to watch a connection.
    pub(crate) fn watch(&self) -> (u64, Rc<Watch>) {
        let number = self.next_connection.get();
        self.next_connection.set(number + 1);
        let watch = Rc::new(Watch::new(&self.clock));
        self.connections.borrow_mut().insert(number, Rc::clone(&watch));
        (number, watch)
    }

    /// The connection is gone.
    pub(crate) fn unwatch(&self, number: u64) {
        self.connections.borrow_mut().remove(&number);
    }

    /// Answers a request: a probe here, too many with 503, and everything else by the pipeline.
    pub(crate) async fn answer(
        self: Rc<Self>,
        request: Request<Incoming>,
        origin: &Origin,
        watch: Rc<Watch>,
    ) -> Response<Outgoing> {
        let flight = Flight::begin(&self.in_flight, &self.metrics, watch);
        let (parts, body) = request.into_parts();
        let line = match self.access_log {
            AccessLog::On => Some(AccessLine::begin(&parts, origin.remote)),
            AccessLog::Off => None,
        };
        let response = if let Some(answer) = self.health.answer(&parts, origin.door.duty, &self.metrics) {
            answer
        } else if !authority::is_clear(&parts) {
            fallback::bad_request(&self.request_ids.next())
        } else if self.in_flight.get() > self.in_flight_max {
            self.metrics.refused(Refusal::InFlight);
            fallback::slow_down(&self.request_ids.next())
        } else {
            let Door { name, endpoint, .. } = &origin.door;
            let (listener, endpoint) = (Arc::clone(name), endpoint.clone());
            let peer = Peer { remote: origin.remote, listener, endpoint, tls: None };
            Rc::clone(&self.answer).answer(Request::from_parts(parts, body), peer).await
        };
        if let Some(line) = line {
            line.write(&response);
        }
        flight.respond(response)
    }
}

fn sweep_interval(limits: &Limits) -> Duration {
    let shortest = limits.request_head.min(limits.idle).min(limits.response_stall);
    (shortest / 8).clamp(SWEEP_MIN, SWEEP_MAX)
}

/// A request from its head to the last byte of its response, or to its being given up.
struct Flight {
    in_flight: Rc<Cell<usize>>,
    metrics: Arc<Metrics>,
    watch: Rc<Watch>,
    responding: bool,
}

impl Flight {
    fn begin(in_flight: &Rc<Cell<usize>>, metrics: &Arc<Metrics>, watch: Rc<Watch>) -> Flight {
        in_flight.set(in_flight.get() + 1);
        metrics.in_flight(1);
        watch.request_began();
        Flight { in_flight: Rc::clone(in_flight), metrics: Arc::clone(metrics), watch, responding: false }
    }

    fn respond(mut self, response: Response<ResponseBody>) -> Response<Outgoing> {
        self.responding = true;
        self.watch.response_began();
        response.map(|body| Outgoing { body, flight: self })
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        if self.responding {
            self.watch.response_ended();
        }
        self.watch.request_ended();
        self.in_flight.set(self.in_flight.get().saturating_sub(1));
        self.metrics.in_flight(-1);
    }
}

/// A response body on its way; the request is in flight until it is dropped.
pub(crate) struct Outgoing {
    body: ResponseBody,
    flight: Flight,
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        self.flight.watch.taken();
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
