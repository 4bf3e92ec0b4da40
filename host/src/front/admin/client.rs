//! Asks the server of a data folder, by its admin socket.

use std::io::ErrorKind;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, bail};
use bytes::{Bytes, BytesMut};
use http::header::HOST;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;

use super::hold::{HOLD_ID, HoldFrame};
use super::socket::{self, SOCKET};

/// Time from connecting to the last byte of the response.
const TIME_MAX: Duration = Duration::from_secs(10);
/// Bytes of a response: more than a server keeps by default.
const BYTES_MAX: usize = 256 << 20;

/// A response of the admin API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// A JSON document.
    pub text: String,
}

impl Reply {
    /// The error that it is, where its status is not one of success.
    pub fn refusal(&self) -> anyhow::Error {
        let document: Option<serde_json::Value> = serde_json::from_str(&self.text).ok();
        let why = document.as_ref().and_then(|document| document.get("error")?.as_str());
        match why {
            Some(why) => anyhow!("the server refuses: {why}"),
            None => anyhow!("the server answers {}: {}", self.status, self.text),
        }
    }
}

/// Gets what stands at a path of the admin API.
///
/// # Errors
/// No server has the folder, the server belongs to another user, or it does not answer.
pub fn get(folder: &Path, path: &str) -> Result<Reply> {
    ask(folder, &Method::GET, path)
}

/// Sends a request without a body to the admin API.
///
/// # Errors
/// As [`get`].
pub fn ask(folder: &Path, method: &Method, path: &str) -> Result<Reply> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let Some(stream) = connect(folder)? else {
        return Err(nobody(folder));
    };
    runtime.block_on(async {
        let stream = tokio::net::UnixStream::from_std(stream)?;
        match tokio::time::timeout(TIME_MAX, send(stream, method, path)).await {
            Ok(answered) => answered.context("asking the server"),
            Err(_) => bail!("the server does not answer"),
        }
    })
}

/// No server has the folder; what to do about it.
fn nobody(folder: &Path) -> anyhow::Error {
    let name = folder.display();
    let advice = if folder.is_dir() {
        format!(
            "start one with `portcullis serve --data-dir {name}`, or name the folder of one that runs (--data-dir)"
        )
    } else {
        "there is no such folder: name that of a server that runs (--data-dir, or the --config that it has)"
            .to_owned()
    };
    anyhow!("no server runs on the data folder {name}; {advice}")
}

/// The connection to the server of a folder; `None` when none has it.
fn connect(folder: &Path) -> Result<Option<UnixStream>> {
    match socket::connect(folder) {
        Ok(stream) => Ok(Some(stream)),
        Err(error) => match error.kind() {
            ErrorKind::NotFound | ErrorKind::ConnectionRefused => Ok(None),
            ErrorKind::PermissionDenied => bail!(
                "the server of the data folder {} answers only to the user that it runs as: run this command as \
                 that user (sudo -u)",
                folder.display()
            ),
            _ => Err(error).context(format!("connecting to {SOCKET} in {}", folder.display())),
        },
    }
}

/// Has the server of a folder hold what is stored now; `None` when none has the folder.
///
/// # Errors
/// The server belongs to another user, does not answer, or holds something already.
pub fn hold(folder: &Path) -> Result<Option<HoldStream>> {
    let until = Instant::now() + GIVEN_BACK_MAX;
    loop {
        let Some(stream) = connect(folder)? else { return Ok(None) };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (send, frames) = sync_channel(WAITING_MAX);
        let (begun_send, begun) = sync_channel(1);
        std::thread::Builder::new().name("hold".to_owned()).spawn(move || {
            runtime.block_on(receive(stream, begun_send, send));
        })?;
        let Ok(begun) = begun.recv_timeout(TIME_MAX) else { bail!("the server does not answer") };
        if let Some(id) = begun? {
            return Ok(Some(HoldStream { frames, folder: folder.to_owned(), id, told: Instant::now() }));
        }
        if Instant::now() > until {
            bail!("a backup is being made already");
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Frames waiting to be looked at.
const WAITING_MAX: usize = 8;

/// What is held, as it comes. The server gives it back when this is dropped, or the process ends.
#[derive(Debug)]
pub struct HoldStream {
    frames: Receiver<Result<HoldFrame, String>>,
    folder: PathBuf,
    /// What the server calls the hold.
    id: u64,
    /// When it was last told that this process goes on.
    told: Instant,
}

/// How often the server is told that this process goes on, at most.
const PROGRESS: Duration = Duration::from_millis(250);

impl HoldStream {
    /// Tells the server that this process goes on. It need not answer: whether it still holds
    /// anything is in the frames.
    pub fn progress(&mut self) {
        if self.told.elapsed() < PROGRESS {
            return;
        }
        self.told = Instant::now();
        if let Err(error) = ask(&self.folder, &Method::PUT, &format!("/hold/{}", self.id)) {
            tracing::debug!(error = format!("{error:#}"), "the server could not be told of progress");
        }
    }

    /// Waits for the next frame.
    ///
    /// # Errors
    /// The server has ended, or does not make sense.
    pub fn wait(&self) -> Result<HoldFrame, String> {
        self.frames.recv().unwrap_or_else(|_| Err(GONE.to_owned()))
    }

    /// The next frame if it has come already.
    ///
    /// # Errors
    /// As [`HoldStream::wait`].
    pub fn poll(&self) -> Result<Option<HoldFrame>, String> {
        match self.frames.try_recv() {
            Ok(frame) => frame.map(Some),
            Err(TryRecvError::Empty) => Ok(None),
            Err(TryRecvError::Disconnected) => Err(GONE.to_owned()),
        }
    }
}

const GONE: &str = "the server of the data folder has ended";

/// How long to wait for what is held for another client. The server takes a moment to notice that a
/// client is gone.
const GIVEN_BACK_MAX: Duration = Duration::from_secs(2);

/// Receives frames until one side is gone.
async fn receive(
    stream: UnixStream,
    begun: SyncSender<Result<Option<u64>>>,
    frames: SyncSender<Result<HoldFrame, String>>,
) {
    let opened = async {
        let stream = tokio::net::UnixStream::from_std(stream)?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        let request = Request::post("/hold").header(HOST, "localhost").body(Empty::<Bytes>::new())?;
        let response = sender.send_request(request).await?;
        if response.status() == StatusCode::CONFLICT {
            return Ok(None);
        }
        if response.status() != StatusCode::OK {
            let status = response.status();
            let body = Limited::new(response.into_body(), BYTES_MAX).collect().await;
            let text = body.map(|body| String::from_utf8_lossy(&body.to_bytes()).into_owned());
            bail!("the server of the data folder answers {status}: {}", text.unwrap_or_default());
        }
        let id = response.headers().get(HOLD_ID).and_then(|id| id.to_str().ok()?.parse().ok());
        Ok(Some((sender, id.unwrap_or_default(), response.into_body())))
    };
    // The sender keeps the connection.
    let (_sender, id, mut body) = match opened.await {
        Ok(Some(opened)) => opened,
        Ok(None) => return drop(begun.send(Ok(None))),
        Err(error) => return drop(begun.send(Err(error.context("asking the server")))),
    };
    if begun.send(Ok(Some(id))).is_err() {
        return;
    }
    let mut bytes = BytesMut::new();
    while let Some(Ok(frame)) = body.frame().await {
        bytes.extend_from_slice(frame.data_ref().map(|data| &**data).unwrap_or_default());
        loop {
            let taken = match HoldFrame::take(&mut bytes) {
                Ok(None) => break,
                Ok(Some(frame)) => Ok(frame),
                Err(why) => Err(format!("what the server hands out cannot be read: {why}")),
            };
            let is_over = taken.is_err();
            // The other end blocks while it is busy, and the server waits then.
            if frames.send(taken).is_err() || is_over {
                return;
            }
        }
    }
}

async fn send(stream: tokio::net::UnixStream, method: &Method, path: &str) -> Result<Reply> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let request =
        Request::builder().method(method).uri(path).header(HOST, "localhost").body(Empty::<Bytes>::new())?;
    let answer = async move {
        let response = sender.send_request(request).await?;
        let status = response.status();
        let body = Limited::new(response.into_body(), BYTES_MAX).collect().await;
        let body = body.map_err(|error| anyhow::anyhow!("{error}"))?.to_bytes();
        anyhow::Ok(Reply { status, text: String::from_utf8(body.to_vec())? })
    };
    let (answered, _) = tokio::join!(answer, connection);
    answered
}
