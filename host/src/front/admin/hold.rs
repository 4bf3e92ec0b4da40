//! Holds: a client gets what is stored at one moment, and nothing of it is removed as long as the
//! client stays connected and goes on. What it takes of the response shows that, and so does a
//! `PUT` to the hold: later, the client reads files, of which the server sees nothing.
//!
//! The body of the response is frames: a length (u32, little-endian), a kind, and what belongs to
//! it. When everything was handed out, a frame without content comes every now and then: so either
//! side notices that the other one is gone.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Buf as _, Bytes, BytesMut};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use http::{Response, StatusCode};
use http_body::{Body, Frame};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use volume::{Exported, Hold, HoldEnd, Holder, Volume, VolumeError};

/// Frames that wait for the client.
const WAITING_MAX: usize = 8;
/// How often the server says that it is still there.
const BEAT: Duration = Duration::from_millis(500);
/// How often a client that takes nothing is tried again.
const PAUSE: Duration = Duration::from_millis(20);
/// The header of the response that names the hold.
pub(super) const HOLD_ID: &str = "x-portcullis-hold";
/// Bytes of a frame: a row has 16 MiB at most.
const FRAME_BYTES_MAX: usize = 64 << 20;
/// Bytes before the content of a frame.
const FRONT_BYTES: usize = 5;

/// One frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HoldFrame {
    /// It is still held.
    Beat,
    /// A piece of what is stored.
    Piece(Exported),
    /// It is not held any more, and why.
    Ended(String),
}

impl HoldFrame {
    fn encode(&self) -> Bytes {
        let (kind, content) = match self {
            HoldFrame::Beat => (0, Vec::new()),
            HoldFrame::Piece(piece) => (1, piece.encode()),
            HoldFrame::Ended(why) => (2, why.clone().into_bytes()),
        };
        let mut bytes = BytesMut::with_capacity(FRONT_BYTES + content.len());
        bytes.extend_from_slice(&u32::try_from(content.len()).unwrap_or(u32::MAX).to_le_bytes());
        bytes.extend_from_slice(&[kind]);
        bytes.extend_from_slice(&content);
        bytes.freeze()
    }

    /// Takes the first frame off the bytes that have come so far; `None` when it is not whole yet.
    pub(super) fn take(bytes: &mut BytesMut) -> Result<Option<HoldFrame>, &'static str> {
        let Some(&[a, b, c, d, kind]) = bytes.first_chunk::<FRONT_BYTES>() else { return Ok(None) };
        let length = usize::try_from(u32::from_le_bytes([a, b, c, d])).unwrap_or(usize::MAX);
        if length > FRAME_BYTES_MAX {
            return Err("a frame is too long");
        }
        if bytes.len() < FRONT_BYTES + length {
            return Ok(None);
        }
        bytes.advance(FRONT_BYTES);
        let content = bytes.split_to(length);
        match kind {
            0 => Ok(Some(HoldFrame::Beat)),
            1 => {
                let piece = Exported::decode(&content).ok_or("a piece cannot be read")?;
                Ok(Some(HoldFrame::Piece(piece)))
            }
            2 => Ok(Some(HoldFrame::Ended(String::from_utf8_lossy(&content).into_owned()))),
            _ => Err("a frame of an unknown kind"),
        }
    }
}

/// The body of a hold's response.
#[derive(Debug)]
pub(super) struct Frames(Receiver<Bytes>);

impl Body for Frames {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_recv(context).map(|bytes| bytes.map(|bytes| Ok(Frame::data(bytes))))
    }
}

/// What is held for a client: one at a time.
#[derive(Debug, Clone, Default)]
pub struct Holding(Arc<Mutex<Current>>);

#[derive(Debug, Default)]
struct Current {
    /// Counts the holds.
    id: u64,
    is_taken: bool,
    holder: Option<Arc<Holder>>,
}

impl Holding {
    fn begin(&self) -> Option<HeldFor> {
        let mut current = self.lock();
        if current.is_taken {
            return None;
        }
        *current = Current { id: current.id + 1, is_taken: true, holder: None };
        Some(HeldFor { holding: self.clone(), id: current.id })
    }

    /// A client goes on; whether it still holds something.
    pub(super) fn progress(&self, id: u64) -> bool {
        let current = self.lock();
        let holder = current.holder.as_ref().filter(|holder| current.id == id && holder.ended().is_none());
        holder.inspect(|holder| holder.progress()).is_some()
    }

    fn lock(&self) -> MutexGuard<'_, Current> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends with the client.
struct HeldFor {
    holding: Holding,
    id: u64,
}

impl HeldFor {
    fn is_held_by(&self, holder: Arc<Holder>) {
        self.holding.lock().holder = Some(holder);
    }
}

impl Drop for HeldFor {
    fn drop(&mut self) {
        let mut current = self.holding.lock();
        *current = Current { id: current.id, ..Current::default() };
    }
}

/// Answers `POST /hold`: from a thread of its own, as reading the index takes its time. Or says why
/// not.
pub(super) fn answer(
    volume: &Arc<Volume>,
    holding: &Holding,
) -> Result<Response<Frames>, (StatusCode, String)> {
    let held_for =
        holding.begin().ok_or_else(|| (StatusCode::CONFLICT, "a backup is being made already".to_owned()))?;
    let id = held_for.id;
    let (send, receive) = channel(WAITING_MAX + 1);
    let volume = Arc::clone(volume);
    let spawned = std::thread::Builder::new().name("hold".to_owned()).spawn(move || {
        // There is always room for the last frame.
        let Ok(last) = send.clone().try_reserve_owned() else { return };
        let why = hold(&volume, &held_for, &send);
        // Another client may come, while this one has yet to read why its hold ended.
        drop(held_for);
        if let Some(why) = why {
            last.send(HoldFrame::Ended(why).encode());
        }
    });
    spawned.map_err(|error| (StatusCode::SERVICE_UNAVAILABLE, format!("no thread for a hold: {error}")))?;
    let mut response = Response::new(Frames(receive));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(HOLD_ID, HeaderValue::from(id));
    Ok(response)
}

/// Why nothing is handed out any more.
enum Stopped {
    Gone,
    Ended(HoldEnd),
    Failed(VolumeError),
}

impl From<VolumeError> for Stopped {
    fn from(error: VolumeError) -> Stopped {
        Stopped::Failed(error)
    }
}

/// Holds until the client is gone, or the volume ends it; then why.
fn hold(volume: &Volume, held_for: &HeldFor, frames: &Sender<Bytes>) -> Option<String> {
    let held = volume.hold().map_err(Stopped::Failed).and_then(|hold| {
        held_for.is_held_by(hold.holder());
        hand_out(hold, frames)
    });
    match held {
        Ok(()) | Err(Stopped::Gone) => {
            tracing::info!("what was held for a backup is given back");
            None
        }
        Err(Stopped::Ended(HoldEnd::Space)) => Some("space runs short in the data folder".to_owned()),
        Err(Stopped::Ended(HoldEnd::Idle)) => Some(
            "the backup made no progress for backup.hold_idle_seconds_max, and the server gave up what it held"
                .to_owned(),
        ),
        Err(Stopped::Failed(error)) => {
            tracing::warn!(%error, "a backup ends");
            Some(error.to_string())
        }
    }
}

/// Hands everything out, and then a beat now and then.
fn hand_out(mut hold: Hold, frames: &Sender<Bytes>) -> Result<(), Stopped> {
    tracing::info!("what is stored now is held for a backup");
    let holder = hold.holder();
    let send = |frame: HoldFrame| {
        let mut bytes = frame.encode();
        loop {
            if let Some(why) = holder.ended() {
                return Err(Stopped::Ended(why));
            }
            match frames.try_send(bytes) {
                Ok(()) => return Ok(()),
                Err(TrySendError::Closed(_)) => return Err(Stopped::Gone),
                Err(TrySendError::Full(back)) => bytes = back,
            }
            std::thread::sleep(PAUSE);
        }
    };
    hold.export(|piece| {
        send(HoldFrame::Piece(piece))?;
        holder.progress();
        Ok::<(), Stopped>(())
    })?;
    loop {
        send(HoldFrame::Beat)?;
        std::thread::sleep(BEAT);
    }
}
