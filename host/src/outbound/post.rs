//! One POST, whose response is read as it comes. As with GET, no redirection is followed.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONNECTION, CONTENT_TYPE, HOST, USER_AGENT};
use http::response::Parts;
use http::{HeaderValue, Request};
use http_body::{Body, Frame, SizeHint};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::rt::{Read, Write};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::task::AbortHandle;
use tokio_rustls::TlsConnector;

use super::get::{Failed, HEAD_LENGTH_MAX, Trust, connect, unreachable};
use super::options::Options;
use super::rules::{Destination, Target};
use crate::secret::Secret;

/// An address that the operator named: it may be a private one, and without TLS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedUrl(Target);

impl NamedUrl {
    /// Reads `http://10.0.0.7:8080/path`; none when it is no such address.
    pub fn parse(url: &str) -> Option<NamedUrl> {
        let uri: http::Uri = url.parse().ok()?;
        let authority = uri.authority().filter(|authority| !authority.as_str().contains('@'))?;
        let allow = vec![Destination::parse(authority.as_str())?];
        Target::of(url, &Options { allow, ..Options::default() }).map(NamedUrl)
    }
}

/// A response, as far as its head.
#[derive(Debug)]
pub struct Posted {
    /// Its head.
    pub head: Parts,
    /// Its body.
    pub body: PostedBody,
}

/// The body of a response. Its connection ends with it.
#[derive(Debug)]
pub struct PostedBody {
    body: Incoming,
    _connection: Connected,
}

/// What drives a connection, until it is dropped.
#[derive(Debug)]
struct Connected(AbortHandle);

impl Drop for Connected {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Body for PostedBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Posts a document (JSON). `authorization` is the whole value of that header.
pub(super) async fn post(
    NamedUrl(target): &NamedUrl,
    trust: &Trust,
    authorization: Option<&Secret>,
    document: Bytes,
) -> Result<Posted, Failed> {
    let stream = connect(target).await?;
    if !target.is_sealed {
        return send(TokioIo::new(stream), target, authorization, document).await;
    }
    let client = trust.client().await.ok_or_else(|| unreachable("no TLS"))?;
    let name = ServerName::try_from(target.host.clone()).map_err(unreachable)?;
    let stream = TlsConnector::from(client).connect(name, stream).await.map_err(unreachable)?;
    send(TokioIo::new(stream), target, authorization, document).await
}

async fn send<S>(
    stream: S,
    target: &Target,
    authorization: Option<&Secret>,
    document: Bytes,
) -> Result<Posted, Failed>
where
    S: Read + Write + Unpin + Send + 'static,
{
    let handshake = http1::Builder::new().max_buf_size(HEAD_LENGTH_MAX).handshake(stream).await;
    let (mut sender, connection) = handshake.map_err(unreachable)?;
    // What it fails with is what the body fails with.
    let driven = tokio::spawn(async move { drop(connection.await) });
    let connection = Connected(driven.abort_handle());
    let mut request = Request::post(target.path.clone())
        .header(HOST, &target.authority)
        .header(CONTENT_TYPE, "application/json")
        .header(ACCEPT, "*/*")
        .header(USER_AGENT, concat!("portcullis/", env!("CARGO_PKG_VERSION")))
        .header(CONNECTION, HeaderValue::from_static("close"))
        .body(Full::new(document))
        .map_err(unreachable)?;
    if let Some(authorization) = authorization {
        let mut value = HeaderValue::from_str(authorization.reveal()).map_err(unreachable)?;
        value.set_sensitive(true);
        request.headers_mut().insert(AUTHORIZATION, value);
    }
    let (head, body) = sender.send_request(request).await.map_err(unreachable)?.into_parts();
    Ok(Posted { head, body: PostedBody { body, _connection: connection } })
}
