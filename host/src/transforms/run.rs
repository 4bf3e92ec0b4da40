//! A call of a transform, from the queue to its answer.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};
use wasmtime::component::{Accessor, FutureReader, Instance, StreamReader};
use wasmtime::{Store, UpdateDeadline};

use super::bindings::types;
use super::body::{
    self, Body, BodyConsumer, BodyProducer, EndsCall, Piece, ReplyBody, Told, WallClock, pieces, too_long,
};
use super::capabilities::CallLent;
use super::cpu::Metered;
use super::failure::{CallFailure, FailedCall, FailureKind, FailureListener};
use super::limits::{LimitReached, MemoryMeter};
use super::log::CallLog;
use super::places::CallPlace;
use super::reply::{self, Page, ReplyHead, StoredHead, TransformReply};
use super::runtime::{Transform, Transforms};
use super::state::{Costs, OfComponent, StoreState};
use super::threads::Turns;

/// Epoch ticks between two looks at a call.
const LOOK_TICKS: u64 = 1;
/// A call that has used so much of the processor takes turns with others that have.
const TURNS_FROM: Duration = Duration::from_millis(30);
/// Bytes beside a body that a call may hand to the host at once: heads, lines, keys.
const HANDED_BYTES: u64 = 8 << 20;

/// What is called.
#[derive(Debug, Clone)]
pub enum Entry {
    /// `get-stream` where it is exported, or else `get`.
    Get,
    /// `head`
    Head,
    /// `list-page`, over a page.
    ListPage(Page),
    /// `put-stream` where it is exported, or else `put`.
    Put,
}

/// A call.
pub struct Call {
    /// What is called.
    pub entry: Entry,
    /// What it is about.
    pub context: types::Context,
    /// The bytes: of the object, or of the client.
    pub body: Body,
    /// What it is lent.
    pub lent: CallLent,
}

impl Entry {
    /// Whether a transform is given and returns streams.
    fn streams(&self, transform: &Transform) -> bool {
        match self {
            Entry::Get => transform.exports.get_stream.is_some(),
            Entry::Put => transform.exports.put_stream.is_some(),
            Entry::Head | Entry::ListPage(_) => false,
        }
    }
}

/// What a transform answers.
#[derive(Debug)]
pub enum Answer {
    /// To `get`.
    Reply(TransformReply),
    /// To `head`: the head, and how many bytes GET would return.
    Head(ReplyHead, Option<u64>),
    /// To `list-page`.
    Page(Page),
    /// To `put`: what is stored.
    Stored(StoredHead, ReplyBody),
    /// To all of them: an error for the client.
    Refused(types::Error),
}

/// What became of a call.
pub type CallOutcome = Result<Answer, CallFailure>;

impl Transforms {
    /// Runs a call on the threads of transforms. Who drops the future, or the body of its answer,
    /// ends the call.
    ///
    /// # Errors
    /// [`CallFailure`]. One that comes after the head is an error of the body.
    pub async fn run(&self, transform: &Arc<Transform>, call: Call) -> CallOutcome {
        let told = (self.heard.as_ref()).map(|heard| (Arc::clone(heard), call.context.request_id.clone()));
        let tell = |kind: &'static str, words: &str| {
            if let Some((heard, request_id)) = &told {
                heard(&FailedCall { function: &transform.name, request_id, kind, words, last_lines: None });
            }
        };
        let ran = self.run_counted(transform, call).await;
        match &ran {
            Ok(Answer::Refused(types::Error { status, code, message })) => {
                transform.figures.refused();
                tell("refused", &format!("{status} {code}: {message}"));
            }
            Ok(_) => {}
            Err(failure) => {
                transform.figures.failed(failure.kind);
                // Others are told of where they happen.
                if matches!(failure.kind, FailureKind::Busy | FailureKind::NotExported) {
                    tell(failure.kind.name(), &failure.words);
                }
            }
        }
        ran
    }

    async fn run_counted(&self, transform: &Arc<Transform>, call: Call) -> CallOutcome {
        let entries = transform.entries();
        let is_there = match &call.entry {
            Entry::Get => entries.get || entries.get_stream,
            Entry::Head => entries.head,
            Entry::ListPage(_) => entries.list_page,
            Entry::Put => entries.put || entries.put_stream,
        };
        if !is_there {
            let words = format!("it exports {}", entries.names().join(", "));
            return Err(CallFailure::new(FailureKind::NotExported, words));
        }
        let place = self.enter(transform).await?;
        transform.figures.began();
        let (sender, receiver) = oneshot::channel();
        let (transform, engine) = (Arc::clone(transform), self.engine.clone());
        let (all_time_max, heard) = (self.caps.time_max, self.heard.clone());
        let running = |turns| Running { transform, engine, turns, all_time_max, heard };
        let task = self.threads.spawn(|turns| running(turns).drive(call, place, sender));
        let ends = EndsCall(task.abort_handle());
        let started = match receiver.await {
            Ok(started) => started?,
            // Only a panic of the host leaves nothing behind, and the end of the threads.
            Err(_) => return Err(CallFailure::new(FailureKind::Trapped, "the call ended without an answer")),
        };
        Ok(match started {
            Started::Answer(answer) => answer,
            Started::Reply(head, pieces) => {
                Answer::Reply(TransformReply { head, body: ReplyBody::streamed(pieces, ends) })
            }
            Started::Stored(head, pieces) => Answer::Stored(head, ReplyBody::streamed(pieces, ends)),
        })
    }

    /// Waits for a place.
    async fn enter(&self, transform: &Transform) -> Result<CallPlace, CallFailure> {
        if let Some(place) = self.places.try_enter(&transform.need) {
            return Ok(place);
        }
        let _queued = transform.figures.queued();
        let waited = self.places.wait(&transform.need).await;
        waited.map_err(|words| CallFailure::new(FailureKind::Busy, words))
    }
}

/// What a call hands back when it has begun to answer.
enum Started {
    Answer(Answer),
    Reply(ReplyHead, mpsc::Receiver<Piece>),
    Stored(StoredHead, mpsc::Receiver<Piece>),
}

type AnswerSender = oneshot::Sender<Result<Started, CallFailure>>;

/// Where a call answers: first its head, then the end of its body.
struct AnswerSlot {
    started: Option<AnswerSender>,
    pieces: Option<mpsc::Sender<Piece>>,
}

impl AnswerSlot {
    fn start(&mut self, started: Started) {
        if let Some(sender) = self.started.take() {
            // Who does not wait any more has ended the call.
            let _ = sender.send(Ok(started));
        }
    }
}

/// A call that has its place.
struct Running {
    transform: Arc<Transform>,
    engine: wasmtime::Engine,
    turns: Turns,
    /// For the whole call, with the time in which its client does not read.
    all_time_max: Duration,
    heard: Option<FailureListener>,
}

impl Running {
    /// Runs to the end, whatever it is, and counts what it took.
    async fn drive(self, call: Call, place: CallPlace, sender: AnswerSender) {
        let transform = Arc::clone(&self.transform);
        let _running = transform.figures.running();
        let (costs, reached) = (Arc::new(Costs::default()), LimitReached::default());
        let counted = CallCounts { transform: Arc::clone(&transform), costs: Arc::clone(&costs) };
        let request_id = call.context.request_id.clone();
        let (hidden, ring) = (Arc::clone(&transform.hidden), Arc::clone(&transform.log));
        let log = Arc::new(CallLog::new(&transform.name, hidden, ring, &request_id));
        let wall = Arc::new(WallClock::start());
        let mut answering = AnswerSlot { started: Some(sender), pieces: None };
        let parts = Parts { reached: reached.clone(), log: Arc::clone(&log), wall, costs };
        let wall = Arc::clone(&parts.wall);
        if call.entry.streams(&transform) {
            place.streams(&wall);
        }
        let ended = {
            let costs = Arc::clone(&parts.costs);
            let run = Metered::new(self.run(call, parts, &mut answering), costs);
            tokio::select! {
                ended = run => ended,
                failure = wall.end(transform.limits.time_max, self.all_time_max) => Err(failure),
            }
        };
        // What is left waits for the client alone, and nobody waits for its place.
        drop(place);
        let last_error = log.finish();
        drop(counted);
        let ended = ended.map_err(|failure| {
            let failure = reached.take().unwrap_or(failure);
            self.tell(&log, failure, &request_id, last_error)
        });
        match (answering.started.take(), answering.pieces.take(), ended) {
            (Some(sender), _, Err(failure)) => drop(sender.send(Err(failure))),
            (None, Some(pieces), ended) => {
                if let Err(failure) = &ended {
                    transform.figures.failed(failure.kind);
                }
                // A client that has gone needs no end, nor does one that does not read.
                let _ = tokio::time::timeout(self.all_time_max, pieces.send(Piece::End(ended))).await;
            }
            _ => {}
        }
    }

    /// Tells the operator of a failure, with the last words of the transform.
    fn tell(
        &self,
        log: &CallLog,
        failure: CallFailure,
        request_id: &str,
        last_lines: Option<String>,
    ) -> CallFailure {
        let CallFailure { kind, words } = failure;
        let words = log.masked(words);
        if let Some(heard) = &self.heard {
            let (function, last_lines) = (&*self.transform.name, last_lines.as_deref());
            heard(&FailedCall { function, request_id, kind: kind.name(), words: &words, last_lines });
        }
        let words = match last_lines.filter(|_| kind == FailureKind::Trapped) {
            Some(told) => format!("{words}. It says: {told}"),
            None => words,
        };
        let (transform, kind_name) = (&self.transform.name, kind.name());
        tracing::warn!(
            target: "transform",
            transform, request_id, kind = kind_name, words,
            "a call of a transform failed"
        );
        log.failed(kind_name, &words);
        CallFailure::new(kind, words)
    }

    async fn run(&self, call: Call, parts: Parts, answering: &mut AnswerSlot) -> Result<(), CallFailure> {
        let transform = &self.transform;
        let Call { entry, context, body, lent } = call;
        let mut store = self.store(&context, lent, &parts);
        let instance = transform
            .pre
            .instantiate_async(&mut store)
            .await
            .map_err(|error| CallFailure::of_start(&error))?;
        if entry.streams(transform) {
            return self.run_streamed(&mut store, &instance, (entry, context, body), &parts, answering).await;
        }
        let body = match &entry {
            Entry::Get | Entry::Put => body::collect(body, transform.limits.input_bytes_max).await?,
            Entry::Head | Entry::ListPage(_) => Bytes::new(),
        };
        parts.costs.input_bytes.store(body.len() as u64, Ordering::Relaxed);
        let answer = self.call_buffered(&mut store, &instance, entry, &context, body, &parts).await?;
        // The memory of the call is given back before anybody reads the answer.
        drop(store);
        answering.start(Started::Answer(answer));
        Ok(())
    }

    fn store(&self, context: &types::Context, lent: CallLent, parts: &Parts) -> Store<StoreState> {
        let transform = &self.transform;
        let limits = &transform.limits;
        let own = Arc::default();
        let component = OfComponent {
            grants: &transform.grants,
            scratch: if lent.own_scratch { &own } else { &transform.scratch },
            input_bytes_max: limits.input_bytes_max,
        };
        let meter = MemoryMeter::new(limits, parts.reached.clone());
        let now = Duration::from_millis(context.now_ms);
        let (log, costs) = (Arc::clone(&parts.log), Arc::clone(&parts.costs));
        let state = StoreState::new(&component, lent, log, meter, costs, now);
        let mut store = Store::new(&self.engine, state);
        store.limiter(|state| state);
        let handed = limits.output_bytes_max.min(limits.memory_bytes_max as u64).saturating_add(HANDED_BYTES);
        store.set_hostcall_fuel(usize::try_from(handed).unwrap_or(usize::MAX));
        let (costs, reached, cpu_max) = (Arc::clone(&parts.costs), parts.reached.clone(), limits.cpu_max);
        let turns = self.turns.clone();
        store.epoch_deadline_callback(move |_| {
            let used = costs.cpu.now();
            if used > cpu_max {
                let words = format!("it used more processor time than cpu_ms_max = {}", cpu_max.as_millis());
                return Err(reached.note(FailureKind::CpuExceeded, words));
            }
            if used < TURNS_FROM {
                return Ok(UpdateDeadline::Yield(LOOK_TICKS));
            }
            costs.end_turn();
            let (costs, turns) = (Arc::clone(&costs), turns.clone());
            let turn = async move { costs.begin_turn(turns.next().await) };
            Ok(UpdateDeadline::YieldCustom(LOOK_TICKS, Box::pin(turn)))
        });
        store.set_epoch_deadline(LOOK_TICKS);
        store
    }

    async fn call_buffered(
        &self,
        store: &mut Store<StoreState>,
        instance: &Instance,
        entry: Entry,
        context: &types::Context,
        body: Bytes,
        parts: &Parts,
    ) -> CallOutcome {
        let exports = &self.transform.exports;
        let trapped = |error: wasmtime::Error| CallFailure::trapped(&error);
        let missing = || CallFailure::new(FailureKind::NotExported, "it does not export this");
        let whole = |made: Option<Vec<u8>>| self.take_whole(made, body.clone(), parts);
        match entry {
            Entry::Get => {
                let guest =
                    exports.get.as_ref().ok_or_else(missing)?.load(&mut *store, instance).map_err(trapped)?;
                match guest.call_transform(store, context, &body).await.map_err(trapped)? {
                    Ok(reply) => {
                        let head = reply::check_head(reply.head)?;
                        Ok(Answer::Reply(TransformReply { body: whole(reply.body)?, head }))
                    }
                    Err(error) => reply::check_error(error).map(Answer::Refused),
                }
            }
            Entry::Put => {
                let guest =
                    exports.put.as_ref().ok_or_else(missing)?.load(&mut *store, instance).map_err(trapped)?;
                match guest.call_transform(store, context, &body).await.map_err(trapped)? {
                    Ok(stored) => {
                        let (head, made) = reply::divide_stored(stored)?;
                        Ok(Answer::Stored(head, whole(made)?))
                    }
                    Err(error) => reply::check_error(error).map(Answer::Refused),
                }
            }
            Entry::Head => {
                let guest = exports
                    .head
                    .as_ref()
                    .ok_or_else(missing)?
                    .load(&mut *store, instance)
                    .map_err(trapped)?;
                match guest.call_transform(store, context).await.map_err(trapped)? {
                    Ok(made) => reply::check_head_reply(made).map(|(head, size)| Answer::Head(head, size)),
                    Err(error) => reply::check_error(error).map(Answer::Refused),
                }
            }
            Entry::ListPage(page) => {
                let guest = exports
                    .list_page
                    .as_ref()
                    .ok_or_else(missing)?
                    .load(&mut *store, instance)
                    .map_err(trapped)?;
                match guest.call_transform(store, context, &(&page).into()).await.map_err(trapped)? {
                    Ok(made) => reply::check_page(&page, made).map(Answer::Page),
                    Err(error) => reply::check_error(error).map(Answer::Refused),
                }
            }
        }
    }

    /// The bytes of an answer: those that were made, or those that came.
    fn take_whole(
        &self,
        made: Option<Vec<u8>>,
        came: Bytes,
        parts: &Parts,
    ) -> Result<ReplyBody, CallFailure> {
        let bytes = made.map_or(came, Bytes::from);
        let bytes_max = self.transform.limits.output_bytes_max;
        if bytes.len() as u64 > bytes_max {
            return Err(CallFailure::new(FailureKind::OutputTooLong, too_long(bytes_max)));
        }
        parts.costs.output_bytes.store(bytes.len() as u64, Ordering::Relaxed);
        Ok(ReplyBody::whole(bytes))
    }

    async fn run_streamed(
        &self,
        store: &mut Store<StoreState>,
        instance: &Instance,
        (entry, context, body): (Entry, types::Context, Body),
        parts: &Parts,
        answering: &mut AnswerSlot,
    ) -> Result<(), CallFailure> {
        let exports = &self.transform.exports;
        let trapped = |error: wasmtime::Error| CallFailure::trapped(&error);
        let producer = BodyProducer::new(body, parts.reached.clone(), Arc::clone(&parts.costs));
        let missing = || CallFailure::new(FailureKind::NotExported, "it does not export this");
        let stream = StreamReader::new(&mut *store, producer).map_err(trapped)?;
        let bytes_max = self.transform.limits.output_bytes_max;
        let ran = match entry {
            Entry::Put => {
                let guest = exports.put_stream.as_ref().ok_or_else(missing)?.load(&mut *store, instance);
                let guest = guest.map_err(trapped)?;
                store
                    .run_concurrent(async |accessor| {
                        let made = guest.call_transform(accessor, context, stream).await.map_err(trapped)?;
                        let made = match made {
                            Ok(made) => made,
                            Err(error) => return refuse(error, answering),
                        };
                        let head = reply::check_stored(made.content_type, made.metadata)?;
                        let (sender, receiver) = pieces();
                        answering.pieces = Some(sender.clone());
                        answering.start(Started::Stored(head, receiver));
                        pump(accessor, made.body, made.end, sender, bytes_max, parts).await
                    })
                    .await
            }
            _ => {
                let guest = exports.get_stream.as_ref().ok_or_else(missing)?.load(&mut *store, instance);
                let guest = guest.map_err(trapped)?;
                store
                    .run_concurrent(async |accessor| {
                        let made = guest.call_transform(accessor, context, stream).await.map_err(trapped)?;
                        let made = match made {
                            Ok(made) => made,
                            Err(error) => return refuse(error, answering),
                        };
                        let head = reply::check_head(made.head)?;
                        let (sender, receiver) = pieces();
                        answering.pieces = Some(sender.clone());
                        answering.start(Started::Reply(head, receiver));
                        pump(accessor, made.body, made.end, sender, bytes_max, parts).await
                    })
                    .await
            }
        };
        ran.map_err(trapped)?
    }
}

/// What a streaming transform answers instead of a body.
fn refuse(error: types::Error, answering: &mut AnswerSlot) -> Result<(), CallFailure> {
    let error = reply::check_error(error)?;
    answering.start(Started::Answer(Answer::Refused(error)));
    Ok(())
}

/// Moves the bytes of a stream to the client, until the transform says how it ended.
async fn pump(
    accessor: &Accessor<StoreState>,
    body: StreamReader<u8>,
    end: FutureReader<Result<(), types::Error>>,
    pieces: mpsc::Sender<Piece>,
    bytes_max: u64,
    parts: &Parts,
) -> Result<(), CallFailure> {
    let (ended, body_ended) = oneshot::channel();
    let (told, end_told) = oneshot::channel();
    let consumer = BodyConsumer {
        pieces: pieces.clone(),
        bytes_max,
        reached: parts.reached.clone(),
        costs: Arc::clone(&parts.costs),
        wall: Arc::clone(&parts.wall),
        _ended: ended,
        room: None,
    };
    accessor
        .with(|mut access| {
            body.pipe(&mut access, consumer)?;
            end.pipe(&mut access, Told(Some(told)))
        })
        .map_err(|error| CallFailure::trapped(&error))?;
    let stopped =
        || CallFailure::new(FailureKind::Incomplete, "it ended without saying that its body is whole");
    let end = tokio::select! {
        end = end_told => end.map_err(|_| stopped())?,
        () = pieces.closed() => return Err(CallFailure::new(FailureKind::Abandoned, "the client has gone")),
    };
    if let Err(error) = end {
        let words = format!("it said after its head: {}: {}", error.code, error.message);
        return Err(CallFailure::new(FailureKind::Incomplete, words));
    }
    tokio::select! {
        // An error is all right: the consumer is dropped at the end of the stream.
        _ = body_ended => Ok(()),
        () = pieces.closed() => Err(CallFailure::new(FailureKind::Abandoned, "the client has gone")),
    }
}

/// What the parts of a call share.
struct Parts {
    costs: Arc<Costs>,
    reached: LimitReached,
    log: Arc<CallLog>,
    wall: Arc<WallClock>,
}

/// Adds what a call took to the figures of its component, also where it is ended from outside.
struct CallCounts {
    transform: Arc<Transform>,
    costs: Arc<Costs>,
}

impl Drop for CallCounts {
    fn drop(&mut self) {
        let read = |count: &std::sync::atomic::AtomicU64| count.load(Ordering::Relaxed);
        let memory = usize::try_from(read(&self.costs.memory_bytes)).unwrap_or(usize::MAX);
        self.transform.figures.took(self.costs.cpu.used(), memory);
        self.transform.figures.moved(read(&self.costs.input_bytes), read(&self.costs.output_bytes));
    }
}
