//! Holds: a client gets what is stored at one moment, and nothing of it is removed as long as the
//! client stays connected.
//!
//! The body of the response is frames: a length (u32, little-endian), a kind, and what belongs to
//! it. When everything was handed out, a frame without content comes every now and then: so either
//! side notices that the other one is gone.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Buf as _, Bytes, BytesMut};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use http::{Response, StatusCode};
use http_body::{Body, Frame};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use volume::{Exported, Volume, VolumeError};

/// Frames that wait for the client.
const WAITING_MAX: usize = 8;
/// How often the server says that it is still there.
const BEAT: Duration = Duration::from_millis(500);
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

/// Whether something is held for a client: one at a time.
#[derive(Debug, Clone, Default)]
pub struct Holding(Arc<AtomicBool>);

impl Holding {
    fn begin(&self) -> Option<HeldFor> {
        let was = self.0.swap(true, Ordering::AcqRel);
        (!was).then(|| HeldFor(self.clone()))
    }
}

/// Ends with the client.
struct HeldFor(Holding);

impl Drop for HeldFor {
    fn drop(&mut self) {
        self.0.0.store(false, Ordering::Release);
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
    let (send, receive) = channel(WAITING_MAX);
    let volume = Arc::clone(volume);
    let spawned = std::thread::Builder::new().name("hold".to_owned()).spawn(move || {
        hold(&volume, &send);
        drop(held_for);
    });
    spawned.map_err(|error| (StatusCode::SERVICE_UNAVAILABLE, format!("no thread for a hold: {error}")))?;
    let mut response = Response::new(Frames(receive));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// Why nothing is handed out any more.
enum Stopped {
    Gone,
    Failed(VolumeError),
}

impl From<VolumeError> for Stopped {
    fn from(error: VolumeError) -> Stopped {
        Stopped::Failed(error)
    }
}

/// Holds until the client is gone.
fn hold(volume: &Volume, frames: &Sender<Bytes>) {
    let send = |frame: HoldFrame| frames.blocking_send(frame.encode()).map_err(|_| Stopped::Gone);
    let handed_out = volume.hold().map_err(Stopped::Failed).and_then(|mut hold| {
        tracing::info!("what is stored now is held for a backup");
        hold.export(|piece| send(HoldFrame::Piece(piece)))?;
        Ok(hold)
    });
    let hold = match handed_out {
        Ok(hold) => hold,
        Err(Stopped::Gone) => return,
        Err(Stopped::Failed(error)) => {
            tracing::warn!(%error, "a backup ends");
            let _ = send(HoldFrame::Ended(error.to_string()));
            return;
        }
    };
    loop {
        if hold.is_ended() {
            let _ = send(HoldFrame::Ended("space runs short in the data folder".to_owned()));
            return;
        }
        if send(HoldFrame::Beat).is_err() {
            tracing::info!("what was held for a backup is given back");
            return;
        }
        std::thread::sleep(BEAT);
    }
}
