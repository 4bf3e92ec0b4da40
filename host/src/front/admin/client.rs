//! Asks the server of a data folder, by its admin socket.

use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use bytes::Bytes;
use http::header::HOST;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;

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
    let stream = match socket::connect(folder) {
        Ok(stream) => stream,
        Err(error) => match error.kind() {
            ErrorKind::NotFound | ErrorKind::ConnectionRefused => {
                bail!("no server has the data folder {}: there is none behind its {SOCKET}", folder.display())
            }
            ErrorKind::PermissionDenied => bail!(
                "the server of the data folder {} answers only to the user that it runs as",
                folder.display()
            ),
            _ => return Err(error).context(format!("connecting to {SOCKET} in {}", folder.display())),
        },
    };
    runtime.block_on(async {
        let stream = tokio::net::UnixStream::from_std(stream)?;
        match tokio::time::timeout(TIME_MAX, send(stream, method, path)).await {
            Ok(answered) => answered.context("asking the server"),
            Err(_) => bail!("the server does not answer"),
        }
    })
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
