//! Bytes on their way into a transform and out of it.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use http_body::{Body as _, Frame};
use http_body_util::combinators::UnsyncBoxBody;
use tokio::sync::Notify;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};
use tokio::task::AbortHandle;
use wasmtime::StoreContextMut;
use wasmtime::component::{
    Destination, FutureConsumer, Lift, Source, StreamConsumer, StreamProducer, StreamResult,
};

use super::failure::{CallFailure, FailureKind};
use super::limits::LimitReached;
use super::state::Costs;

/// Pieces that wait for the client. A transform that is ahead of it stops.
const PIECES_AHEAD: usize = 8;
/// Bytes of one of them.
const PIECE_BYTES_MAX: usize = 256 << 10;

/// The bytes of an object, or those that a client sends.
pub type Body = UnsyncBoxBody<Bytes, BodyFailed>;

/// A body that ended before its end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BodyFailed(pub String);

/// A body that is there already.
pub fn whole(bytes: impl Into<Bytes>) -> Body {
    let full = http_body_util::Full::new(bytes.into());
    UnsyncBoxBody::new(http_body_util::BodyExt::map_err(full, |never| match never {}))
}

/// Reads all of a body.
///
/// # Errors
/// `InputTooLong`, `SourceFailed`.
pub(super) async fn collect(mut body: Body, bytes_max: usize) -> Result<Bytes, CallFailure> {
    let mut pieces = BytesMut::new();
    let mut only: Option<Bytes> = None;
    loop {
        let frame = std::future::poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await;
        let Some(frame) = frame else { break };
        let frame = frame.map_err(|failed| CallFailure::new(FailureKind::SourceFailed, failed.0))?;
        let Ok(bytes) = frame.into_data() else { continue };
        if pieces.len() + only.as_ref().map_or(0, Bytes::len) + bytes.len() > bytes_max {
            let words = format!("the object is longer than input_bytes_max = {bytes_max}");
            return Err(CallFailure::new(FailureKind::InputTooLong, words));
        }
        // A body of one piece is not copied.
        if only.is_none() && pieces.is_empty() {
            only = Some(bytes);
            continue;
        }
        pieces.extend_from_slice(&only.take().unwrap_or_default());
        pieces.extend_from_slice(&bytes);
    }
    Ok(only.unwrap_or_else(|| pieces.freeze()))
}

/// A body as a stream of the component.
pub(super) struct BodyProducer {
    body: Body,
    /// What came and did not fit in.
    left: Bytes,
    reached: LimitReached,
    costs: Arc<Costs>,
}

impl BodyProducer {
    pub(super) fn new(body: Body, reached: LimitReached, costs: Arc<Costs>) -> BodyProducer {
        BodyProducer { body, left: Bytes::new(), reached, costs }
    }

    /// Reads on, where nothing is left of what came before. `false` at the end.
    fn poll_left(&mut self, context: &mut Context<'_>) -> Poll<wasmtime::Result<bool>> {
        while self.left.is_empty() {
            match ready!(Pin::new(&mut self.body).poll_frame(context)) {
                Some(Ok(frame)) => self.left = frame.into_data().unwrap_or_default(),
                Some(Err(failed)) => {
                    return Poll::Ready(Err(self.reached.note(FailureKind::SourceFailed, failed.0)));
                }
                None => return Poll::Ready(Ok(false)),
            }
        }
        Poll::Ready(Ok(true))
    }
}

impl<D: 'static> StreamProducer<D> for BodyProducer {
    type Item = u8;
    type Buffer = Bytes;

    fn poll_produce<'a>(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        store: StoreContextMut<'a, D>,
        destination: Destination<'a, u8, Bytes>,
        finish: bool,
    ) -> Poll<wasmtime::Result<StreamResult>> {
        match self.poll_left(context) {
            Poll::Ready(Ok(true)) => {}
            Poll::Ready(Ok(false)) => return Poll::Ready(Ok(StreamResult::Dropped)),
            Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
            Poll::Pending if finish => return Poll::Ready(Ok(StreamResult::Cancelled)),
            Poll::Pending => return Poll::Pending,
        }
        // Straight into the memory of the component: bytes are copied once.
        let mut direct = destination.as_direct(store, self.left.len().min(PIECE_BYTES_MAX));
        let room = direct.remaining();
        let length = room.len().min(self.left.len());
        let bytes = self.left.split_to(length);
        if let Some(room) = room.get_mut(..length) {
            room.copy_from_slice(&bytes);
        }
        direct.mark_written(length);
        self.costs.input_bytes.fetch_add(length as u64, Ordering::Relaxed);
        Poll::Ready(Ok(StreamResult::Completed))
    }
}

/// A piece of what a transform returns.
pub(super) enum Piece {
    Bytes(Bytes),
    /// Nothing comes after it. Without one, the transform has stopped on its way.
    End(Result<(), CallFailure>),
}

type PieceRoom = Pin<Box<dyn Future<Output = Option<mpsc::OwnedPermit<Piece>>> + Send>>;

/// A stream of the component as pieces for the client.
pub(super) struct BodyConsumer {
    pub(super) pieces: mpsc::Sender<Piece>,
    pub(super) bytes_max: u64,
    pub(super) reached: LimitReached,
    pub(super) costs: Arc<Costs>,
    pub(super) wall: Arc<WallClock>,
    /// Dropped with this consumer: the stream has ended.
    pub(super) _ended: oneshot::Sender<()>,
    pub(super) room: Option<PieceRoom>,
}

impl BodyConsumer {
    /// Room for one piece, when the client has taken one. `None` where nobody waits any more.
    fn poll_room(&mut self, context: &mut Context<'_>) -> Poll<Option<mpsc::OwnedPermit<Piece>>> {
        if self.room.is_none() {
            match self.pieces.clone().try_reserve_owned() {
                Ok(permit) => return Poll::Ready(Some(permit)),
                Err(TrySendError::Closed(_)) => return Poll::Ready(None),
                Err(TrySendError::Full(sender)) => {
                    self.wall.pause();
                    self.room = Some(Box::pin(async move { sender.reserve_owned().await.ok() }));
                }
            }
        }
        let Some(room) = &mut self.room else { return Poll::Ready(None) };
        let permit = ready!(room.as_mut().poll(context));
        self.room = None;
        self.wall.go_on();
        Poll::Ready(permit)
    }
}

impl<D> StreamConsumer<D> for BodyConsumer {
    type Item = u8;

    fn poll_consume(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        mut store: StoreContextMut<'_, D>,
        source: Source<'_, u8>,
        finish: bool,
    ) -> Poll<wasmtime::Result<StreamResult>> {
        // Nothing needs no room: else the end of a stream would wait for the client to read.
        if source.remaining(&mut store) == 0 {
            return Poll::Ready(Ok(StreamResult::Completed));
        }
        let permit = match self.poll_room(context) {
            Poll::Ready(Some(permit)) => permit,
            Poll::Ready(None) => return Poll::Ready(Ok(StreamResult::Dropped)),
            Poll::Pending if finish => {
                self.room = None;
                self.wall.go_on();
                return Poll::Ready(Ok(StreamResult::Cancelled));
            }
            Poll::Pending => return Poll::Pending,
        };
        let mut source = source.as_direct(store);
        let bytes = source.remaining();
        let bytes = bytes.get(..PIECE_BYTES_MAX).unwrap_or(bytes);
        let length = bytes.len();
        let before = self.costs.output_bytes.fetch_add(length as u64, Ordering::Relaxed);
        if before.saturating_add(length as u64) > self.bytes_max {
            return Poll::Ready(Err(self.reached.note(FailureKind::OutputTooLong, too_long(self.bytes_max))));
        }
        permit.send(Piece::Bytes(Bytes::copy_from_slice(bytes)));
        source.mark_read(length);
        Poll::Ready(Ok(StreamResult::Completed))
    }
}

/// What is said of more output than a call may have.
pub(super) fn too_long(bytes_max: u64) -> String {
    format!("it returned more than output_bytes_max = {bytes_max}")
}

/// The value of a future of the component.
pub(super) struct Told<T>(pub(super) Option<oneshot::Sender<T>>);

impl<D, T: Lift + Send + 'static> FutureConsumer<D> for Told<T> {
    type Item = T;

    fn poll_consume(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        store: StoreContextMut<'_, D>,
        mut source: Source<'_, T>,
        _: bool,
    ) -> Poll<wasmtime::Result<()>> {
        let mut value = None;
        source.read(store, &mut value)?;
        if let (Some(value), Some(sender)) = (value, self.0.take()) {
            // Who does not wait does not need it.
            let _ = sender.send(value);
        }
        Poll::Ready(Ok(()))
    }
}

/// How long a call has taken, without the time in which its client did not read.
#[derive(Debug)]
pub(super) struct WallClock {
    began: Instant,
    paused: Mutex<(Duration, Option<Instant>)>,
    gives_way: AtomicBool,
    told: Notify,
}

/// A client may not read for so long.
const PAUSE_MAX: Duration = Duration::from_secs(300);

impl WallClock {
    pub(super) fn start() -> WallClock {
        WallClock {
            began: Instant::now(),
            paused: Mutex::new((Duration::ZERO, None)),
            gives_way: AtomicBool::new(false),
            told: Notify::new(),
        }
    }

    fn pause(&self) {
        self.paused.lock().unwrap_or_else(PoisonError::into_inner).1.get_or_insert_with(Instant::now);
    }

    /// Its client has not read for so long.
    #[cfg(test)]
    pub(super) fn pause_since(&self, ago: Duration) {
        self.paused.lock().unwrap_or_else(PoisonError::into_inner).1 = Instant::now().checked_sub(ago);
    }

    fn go_on(&self) {
        let mut paused = self.paused.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(since) = paused.1.take() {
            paused.0 += since.elapsed();
        }
    }

    /// How long its client has not read; nothing where it reads, or the call was told already.
    pub(super) fn paused_now(&self) -> Duration {
        if self.gives_way() { Duration::ZERO } else { self.elapsed().1 }
    }

    /// Its client has kept it waiting, and another call needs its place.
    pub(super) fn give_way(&self) {
        self.gives_way.store(true, Ordering::Relaxed);
        self.told.notify_one();
    }

    /// Whether it was told to.
    pub(super) fn gives_way(&self) -> bool {
        self.gives_way.load(Ordering::Relaxed)
    }

    /// The time that counts, and how long it has been paused now.
    fn elapsed(&self) -> (Duration, Duration) {
        let (before, since) = *self.paused.lock().unwrap_or_else(PoisonError::into_inner);
        let now = since.map(|since| since.elapsed()).unwrap_or_default();
        (self.began.elapsed().saturating_sub(before + now), now)
    }

    /// Ends when the time is used up, and says why. `all_max` is for the whole call, with the time
    /// in which its client does not read.
    pub(super) async fn end(&self, time_max: Duration, all_max: Duration) -> CallFailure {
        loop {
            let (elapsed, paused) = self.elapsed();
            if elapsed >= time_max {
                let words = format!("it took longer than time_ms_max = {}", time_max.as_millis());
                return CallFailure::new(FailureKind::TimedOut, words);
            }
            let all = self.began.elapsed();
            let why = match () {
                () if all >= all_max => {
                    format!("it took longer than transforms.call_seconds_max = {}", all_max.as_secs())
                }
                () if paused >= PAUSE_MAX => {
                    format!("the client has read nothing for {} s", PAUSE_MAX.as_secs())
                }
                () if self.gives_way() => {
                    "the client has read too slowly, and another call needs the place".to_owned()
                }
                () => {
                    let left = (time_max - elapsed).min(PAUSE_MAX - paused).min(all_max - all);
                    let left = tokio::time::sleep(left.max(Duration::from_millis(1)));
                    tokio::select! {
                        () = left => {}
                        () = self.told.notified() => {}
                    }
                    continue;
                }
            };
            return CallFailure::new(FailureKind::Abandoned, why);
        }
    }
}

/// Ends a call that nobody waits for any more.
#[derive(Debug)]
pub(super) struct EndsCall(pub(super) AbortHandle);

impl Drop for EndsCall {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// What a transform returns. A failure on the way is an error: such a body is not whole, and its
/// response has to be aborted.
pub struct ReplyBody(BodyKind);

enum BodyKind {
    Whole(Option<Bytes>),
    Streamed { pieces: mpsc::Receiver<Piece>, _call: EndsCall, is_over: bool },
}

impl ReplyBody {
    pub(super) fn whole(bytes: Bytes) -> ReplyBody {
        ReplyBody(BodyKind::Whole(Some(bytes)))
    }

    pub(super) fn streamed(pieces: mpsc::Receiver<Piece>, call: EndsCall) -> ReplyBody {
        ReplyBody(BodyKind::Streamed { pieces, _call: call, is_over: false })
    }

    /// Bytes, where they are known.
    pub fn length(&self) -> Option<u64> {
        match &self.0 {
            BodyKind::Whole(bytes) => Some(bytes.as_ref().map_or(0, Bytes::len) as u64),
            BodyKind::Streamed { .. } => None,
        }
    }
}

impl std::fmt::Debug for ReplyBody {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("ReplyBody").field("length", &self.length()).finish_non_exhaustive()
    }
}

impl http_body::Body for ReplyBody {
    type Data = Bytes;
    type Error = CallFailure;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, CallFailure>>> {
        match &mut self.0 {
            BodyKind::Whole(bytes) => Poll::Ready(
                bytes.take().filter(|bytes| !bytes.is_empty()).map(|bytes| Ok(Frame::data(bytes))),
            ),
            BodyKind::Streamed { is_over: true, .. } => Poll::Ready(None),
            BodyKind::Streamed { pieces, is_over, .. } => {
                let piece = ready!(pieces.poll_recv(context));
                let end = match piece {
                    Some(Piece::Bytes(bytes)) => return Poll::Ready(Some(Ok(Frame::data(bytes)))),
                    Some(Piece::End(end)) => end,
                    None => Err(CallFailure::new(FailureKind::Trapped, "it stopped on its way")),
                };
                *is_over = true;
                Poll::Ready(end.err().map(Err))
            }
        }
    }
}

/// The two ends of a body on its way to the client.
pub(super) fn pieces() -> (mpsc::Sender<Piece>, mpsc::Receiver<Piece>) {
    mpsc::channel(PIECES_AHEAD)
}
