//! One GET: name, address, connection, TLS, HTTP/1.1. Every step of it is bounded, and no
//! redirection is followed.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, CONNECTION, HOST, USER_AGENT};
use http::{HeaderValue, Request};
use http_body_util::{BodyExt as _, Empty, LengthLimitError, Limited};
use hyper::client::conn::http1;
use hyper::rt::{Read, Write};
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio::sync::OnceCell;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::rules::Target;
use super::{Fetched, Unfetched};

/// One attempt to connect.
const CONNECT_MAX: Duration = Duration::from_secs(2);
/// Addresses of a host that are tried.
const ADDRESSES_MAX: usize = 4;
/// Bytes of the head of a response.
pub(super) const HEAD_LENGTH_MAX: usize = 64 << 10;

/// Why there is no response, and what the log says of it.
pub(super) type Failed = (Unfetched, String);

pub(super) fn unreachable(why: impl ToString) -> Failed {
    (Unfetched::Unreachable, why.to_string())
}

/// The operator's authorities cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("outbound.ca_file {}: {why}", path.display())]
pub struct NoAuthorities {
    path: PathBuf,
    why: String,
}

/// The authorities whose certificates are trusted: those of the system, and those of the operator.
pub struct Trust {
    own: Vec<CertificateDer<'static>>,
    /// Read with the first request: most servers never make one.
    client: OnceCell<Option<Arc<ClientConfig>>>,
}

impl Trust {
    /// Reads the operator's authorities.
    ///
    /// # Errors
    /// A file that cannot be read, or that holds no certificate.
    pub fn new(file: Option<&Path>) -> Result<Trust, NoAuthorities> {
        let own = file.map(read).transpose()?.unwrap_or_default();
        Ok(Trust { own, client: OnceCell::new() })
    }

    pub(super) async fn client(&self) -> Option<Arc<ClientConfig>> {
        let made = self.client.get_or_init(|| async {
            let own = self.own.clone();
            tokio::task::spawn_blocking(move || client(own)).await.ok().flatten()
        });
        made.await.clone()
    }
}

fn read(path: &Path) -> Result<Vec<CertificateDer<'static>>, NoAuthorities> {
    let failed = |why: &dyn std::fmt::Display| NoAuthorities { path: path.into(), why: why.to_string() };
    let certificates = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| failed(&error))?;
    let mut store = RootCertStore::empty();
    for certificate in &certificates {
        store.add(certificate.clone()).map_err(|error| failed(&error))?;
    }
    if certificates.is_empty() { Err(failed(&"holds no certificate")) } else { Ok(certificates) }
}

fn client(own: Vec<CertificateDer<'static>>) -> Option<Arc<ClientConfig>> {
    let mut store = RootCertStore::empty();
    let system = rustls_native_certs::load_native_certs();
    for error in &system.errors {
        tracing::warn!(%error, "authorities of the system cannot be read");
    }
    let (taken, _) = store.add_parsable_certificates(system.certs);
    let (more, _) = store.add_parsable_certificates(own);
    if taken + more == 0 {
        tracing::error!("no certificate authority is trusted: set outbound.ca_file");
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    match versions {
        Ok(builder) => Some(Arc::new(builder.with_root_certificates(store).with_no_client_auth())),
        Err(error) => {
            tracing::error!(%error, "TLS cannot be set up");
            None
        }
    }
}

/// Gets what is at an address, up to a length.
pub(super) async fn get(target: &Target, trust: &Trust, length_max: usize) -> Result<Fetched, Failed> {
    let stream = connect(target).await?;
    if !target.is_sealed {
        return send(TokioIo::new(stream), target, length_max).await;
    }
    let client = trust.client().await.ok_or_else(|| unreachable("no TLS"))?;
    let name = ServerName::try_from(target.host.clone()).map_err(unreachable)?;
    let stream = TlsConnector::from(client).connect(name, stream).await.map_err(unreachable)?;
    send(TokioIo::new(stream), target, length_max).await
}

/// A connection to the first address of the host that may be reached and answers.
pub(super) async fn connect(target: &Target) -> Result<TcpStream, Failed> {
    let addresses: Vec<SocketAddr> = match target.host.parse::<IpAddr>() {
        Ok(address) => vec![SocketAddr::new(address, target.port)],
        Err(_) => {
            let host = (target.host.as_str(), target.port);
            tokio::net::lookup_host(host).await.map_err(unreachable)?.collect()
        }
    };
    let mut failed = (Unfetched::Forbidden, "it has no address that may be reached".to_owned());
    for address in addresses.into_iter().filter(|address| target.may_have(address.ip())).take(ADDRESSES_MAX) {
        match timeout(CONNECT_MAX, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => failed = unreachable(error),
            Err(_) => failed = unreachable("no connection in time"),
        }
    }
    Err(failed)
}

async fn send<S>(stream: S, target: &Target, length_max: usize) -> Result<Fetched, Failed>
where
    S: Read + Write + Unpin,
{
    let handshake = http1::Builder::new().max_buf_size(HEAD_LENGTH_MAX).handshake(stream).await;
    let (mut sender, connection) = handshake.map_err(unreachable)?;
    let request = Request::get(target.path.clone())
        .header(HOST, &target.authority)
        .header(ACCEPT, "application/json")
        .header(USER_AGENT, concat!("portcullis/", env!("CARGO_PKG_VERSION")))
        .header(CONNECTION, HeaderValue::from_static("close"))
        .body(Empty::<Bytes>::new())
        .map_err(unreachable)?;
    let answer = async {
        let (head, body) = sender.send_request(request).await.map_err(unreachable)?.into_parts();
        match Limited::new(body, length_max).collect().await {
            Ok(body) => Ok(Fetched { status: head.status.as_u16(), body: body.to_bytes().to_vec() }),
            Err(error) if error.is::<LengthLimitError>() => {
                Err((Unfetched::TooLong, format!("more than {length_max} bytes")))
            }
            Err(error) => Err(unreachable(error)),
        }
    };
    tokio::pin!(connection, answer);
    tokio::select! {
        answer = &mut answer => answer,
        ended = &mut connection => match ended {
            // What came before the end may still wait to be read.
            Ok(()) => answer.await,
            Err(error) => Err(unreachable(error)),
        },
    }
}
