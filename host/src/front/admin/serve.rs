//! Serves the admin API on its socket, from a thread of its own: it answers also when the workers
//! are busy.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::pending;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context as _, Result};
use http::{Method, Request};
use http_body_util::Either;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::task::LocalSet;

use super::replies::failure;
use super::{Admin, hold, socket};

/// Connections at a time. A further one takes the place of the one that has sent no request for the
/// longest time, or waits where all have.
pub(super) const CONNECTIONS_MAX: usize = 16;
/// Time from the connection to the end of the request head.
const HEAD_TIME_MAX: Duration = Duration::from_secs(2);
/// Time from the first byte of a request to the last byte of its response, but for a hold's.
const CONNECTION_TIME_MAX: Duration = Duration::from_secs(10);
/// Bytes of a request head.
const HEAD_BYTES_MAX: usize = 16 << 10;
/// Where no connection can be accepted because descriptors are missing, this is the pause before
/// the next attempt.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The thread that serves.
#[derive(Debug)]
pub struct AdminServer {
    folder: PathBuf,
    stop: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

impl AdminServer {
    /// Serves on the socket of a data folder whose lock the process holds.
    ///
    /// # Errors
    /// The socket or the thread cannot be made.
    pub fn start(folder: &Path, admin: Admin) -> Result<AdminServer> {
        let listener = socket::bind(folder).context("making the admin socket")?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::Builder::new()
            .name("admin".to_owned())
            .spawn(move || {
                if let Err(error) =
                    LocalSet::new().block_on(&runtime, serve(listener, Rc::new(admin), stopped))
                {
                    tracing::warn!(error = format!("{error:#}"), "the admin socket is not served");
                }
            })
            .context("starting the admin thread")?;
        Ok(AdminServer { folder: folder.to_owned(), stop, thread })
    }

    /// Ends it; what is being answered is given up.
    pub fn close(self) {
        socket::remove(&self.folder);
        // Where the thread has ended already, the message is dropped.
        let _ = self.stop.send(());
        if self.thread.join().is_err() {
            tracing::error!("the admin thread panicked");
        }
    }
}

/// The connections that have sent no request yet, the oldest first. Dropping what is kept of one
/// closes it.
#[derive(Default)]
struct Idle {
    waiting: RefCell<VecDeque<(u64, oneshot::Sender<()>)>>,
    next: Cell<u64>,
}

impl Idle {
    /// A further one: its number, and what ends with an error when it is to be closed.
    fn add(&self) -> (u64, oneshot::Receiver<()>) {
        let (keep, kept) = oneshot::channel();
        let number = self.next.get();
        self.next.set(number + 1);
        self.waiting.borrow_mut().push_back((number, keep));
        (number, kept)
    }

    /// It has sent a request, or is gone.
    fn remove(&self, number: u64) {
        let mut waiting = self.waiting.borrow_mut();
        if let Some(at) = waiting.iter().position(|(waits, _)| *waits == number)
            && let Some((_, keep)) = waiting.remove(at)
        {
            // Where the connection is gone, nobody is to be told.
            let _ = keep.send(());
        }
    }

    fn close_oldest(&self) {
        drop(self.waiting.borrow_mut().pop_front());
    }
}

async fn serve(listener: UnixListener, admin: Rc<Admin>, mut stopped: oneshot::Receiver<()>) -> Result<()> {
    let listener = tokio::net::UnixListener::from_std(listener)?;
    let free = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let idle = Rc::new(Idle::default());
    loop {
        let accepted = async {
            let accepted = listener.accept().await;
            if accepted.is_ok() && free.available_permits() == 0 {
                idle.close_oldest();
            }
            // The semaphore is never closed, so this waits until a permit is free.
            let permit = Arc::clone(&free).acquire_owned().await.ok();
            (permit, accepted)
        };
        let (permit, accepted) = tokio::select! {
            accepted = accepted => accepted,
            _ = &mut stopped => return Ok(()),
        };
        match accepted {
            Ok((stream, _)) => {
                let (admin, idle) = (Rc::clone(&admin), Rc::clone(&idle));
                let (number, kept) = idle.add();
                tokio::task::spawn_local(async move {
                    tokio::select! {
                        () = answer(stream, &admin, permit, || idle.remove(number)) => {}
                        () = made_room(kept) => {}
                    }
                    idle.remove(number);
                });
            }
            Err(error) => {
                tracing::debug!(%error, "an admin connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Waits until a connection is to be closed for a further one.
async fn made_room(kept: oneshot::Receiver<()>) {
    if kept.await.is_ok() {
        pending::<()>().await;
    }
}

/// Serves a connection; `on_request` is called when its request is there. A hold gives its permit
/// back: it lasts long, and its client may stand still.
async fn answer(
    stream: tokio::net::UnixStream,
    admin: &Admin,
    mut permit: Option<OwnedSemaphorePermit>,
    on_request: impl Fn(),
) {
    let is_hold = Cell::new(false);
    let service = service_fn(|request: Request<Incoming>| {
        on_request();
        let response = match (request.method(), request.uri().path()) {
            (&Method::POST, "/hold") => {
                is_hold.set(true);
                match hold::answer(&admin.volume, &admin.holding) {
                    Ok(response) => response.map(Either::Right),
                    Err((status, why)) => failure(status, &why).map(Either::Left),
                }
            }
            (method, _) => admin.answer(method, request.uri()).map(Either::Left),
        };
        async move { Ok::<_, Infallible>(response) }
    });
    let mut connection = http1::Builder::new();
    connection
        .timer(TokioTimer::new())
        .keep_alive(false)
        .header_read_timeout(HEAD_TIME_MAX)
        .max_header_size(HEAD_BYTES_MAX);
    let mut connection = pin!(connection.serve_connection(TokioIo::new(stream), service));
    let ended = match tokio::time::timeout(CONNECTION_TIME_MAX, connection.as_mut()).await {
        Ok(ended) => ended,
        // A hold lasts as long as its client.
        Err(_) if is_hold.get() => {
            permit.take();
            connection.await
        }
        Err(_) => return,
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "an admin connection ended");
    }
}
