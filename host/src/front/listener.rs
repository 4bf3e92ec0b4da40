//! Listeners: accept connections, and hand each one to the worker that has the fewest.

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rustix::net::{self, AddressFamily, SocketFlags, SocketType, sockopt};
use tokio::sync::mpsc::UnboundedSender;

use crate::config::Config;
use crate::front::health::Duty;
use crate::front::taken;
use crate::pipeline::peer::Endpoint;

/// Connections that the kernel may hold for us.
const BACKLOG: i32 = 4096;
/// How long accepting pauses when the process has no descriptors or memory left.
const EXHAUSTED_PAUSE: Duration = Duration::from_millis(100);
/// Trouble that goes on is logged once in this time.
const COMPLAINT_INTERVAL: Duration = Duration::from_secs(10);

/// A bound listener.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    /// Where it is bound. Where port 0 was configured, with the port that the system chose.
    pub address: SocketAddr,
    /// What it is for.
    pub duty: Duty,
    /// The endpoint that it stands for.
    pub endpoint: Option<Arc<Endpoint>>,
}

/// A listener as its connections know it.
#[derive(Debug, Clone)]
pub(crate) struct Door {
    /// Its address.
    pub(crate) name: Arc<str>,
    pub(crate) duty: Duty,
    pub(crate) endpoint: Option<Arc<Endpoint>>,
}

/// A connection on its way to a worker.
#[derive(Debug)]
pub(crate) struct Accepted {
    pub(crate) stream: TcpStream,
    pub(crate) remote: SocketAddr,
    pub(crate) door: Door,
    /// Takes the connection off its worker's count when it ends.
    pub(crate) counted: CountedConnection,
    /// There are as many connections already as are allowed. Another one makes room, or this one is
    /// answered and closed.
    pub(crate) is_beyond: bool,
}

/// A worker as the acceptors see it.
#[derive(Debug)]
pub(crate) struct Seat {
    pub(crate) sender: UnboundedSender<Message>,
    pub(crate) connections: Arc<AtomicUsize>,
    /// How many of them had no request at the worker's last sweep.
    pub(crate) idle: Arc<AtomicUsize>,
}

/// What a worker is told.
#[derive(Debug)]
pub(crate) enum Message {
    /// Serve this.
    Connection(Accepted),
    /// Let every connection finish its requests, then close it.
    Finish,
    /// Close everything, and end.
    End,
}

/// One connection in a worker's count, until it is dropped.
#[derive(Debug)]
pub(crate) struct CountedConnection(Arc<AtomicUsize>);

impl CountedConnection {
    fn take(connections: &Arc<AtomicUsize>) -> CountedConnection {
        connections.fetch_add(1, Ordering::Relaxed);
        CountedConnection(Arc::clone(connections))
    }
}

impl Drop for CountedConnection {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Release);
    }
}

/// Binds every listener of a configuration; `endpoints` are those of its named listeners, in their
/// order.
///
/// # Errors
/// An address that cannot be bound; the text names it.
pub fn bind(config: &Config, endpoints: &[Arc<Endpoint>]) -> io::Result<Vec<Listener>> {
    let shared = match config.admin_listen.is_empty() {
        false => Duty::Requests,
        true => Duty::RequestsAndHealth,
    };
    // Metrics tell much about a server. For other machines, the operator has to configure a
    // listener for them. A domain and trusted proxies say that something passes requests of other
    // machines on to a loopback address, and such a request may look as if it was of this one.
    let is_fronted = !config.domain.is_empty() || !config.proxies.trusted.is_empty();
    let duty = |address: &SocketAddr| match shared {
        Duty::RequestsAndHealth if address.ip().is_loopback() && !is_fronted => Duty::RequestsAndAdmin,
        shared => shared,
    };
    let requests = config.listen.iter().map(|address| (*address, duty(address), None));
    let named = config
        .listeners
        .iter()
        .zip(endpoints)
        .map(|(entry, endpoint)| (entry.address, shared, Some(Arc::clone(endpoint))));
    let admin = config.admin_listen.iter().map(|address| (*address, Duty::Admin, None));
    let listener = |(address, duty, endpoint)| {
        open(address, duty, endpoint).map_err(|error| taken::explained(config, &address, &error))
    };
    requests.chain(named).chain(admin).map(listener).collect()
}

fn open(address: SocketAddr, duty: Duty, endpoint: Option<Arc<Endpoint>>) -> io::Result<Listener> {
    let family = if address.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = net::socket_with(family, SocketType::STREAM, flags, None)?;
    // A restart need not wait until the connections of the last process are forgotten.
    sockopt::set_socket_reuseaddr(&socket, true)?;
    net::bind(&socket, &address)?;
    net::listen(&socket, BACKLOG)?;
    let socket = TcpListener::from(socket);
    let address = socket.local_addr()?;
    Ok(Listener { socket, address, duty, endpoint })
}

/// Accepts for one listener, until dropped.
pub(crate) struct Acceptor {
    pub(crate) seats: Rc<[Seat]>,
    pub(crate) connections_max: usize,
}

impl Acceptor {
    /// Accepts and hands on. Must run in a `LocalSet`.
    pub(crate) async fn run(self: Rc<Self>, listener: Listener) -> io::Result<()> {
        let name = listener.address.to_string().into();
        let door = Door { name, duty: listener.duty, endpoint: listener.endpoint };
        let socket = tokio::net::TcpListener::from_std(listener.socket)?;
        let mut complained: Option<Instant> = None;
        loop {
            // Back to a plain socket: the worker will register it with its own runtime.
            match socket.accept().await.and_then(|(stream, remote)| Ok((stream.into_std()?, remote))) {
                Ok((stream, remote)) => self.hand_over(stream, remote, &door),
                Err(error) if is_of_one_connection(&error) => {}
                Err(error) => {
                    if complained.is_none_or(|last| last.elapsed() > COMPLAINT_INTERVAL) {
                        complained = Some(Instant::now());
                        tracing::error!(listener = %door.name, %error, "accepting connections pauses");
                    }
                    tokio::time::sleep(EXHAUSTED_PAUSE).await;
                }
            }
        }
    }

    /// Gives a connection to the worker with the fewest. A full server gives it to one that has
    /// connections without requests, so that one of those makes room.
    fn hand_over(&self, stream: TcpStream, remote: SocketAddr, door: &Door) {
        let load = |seat: &Seat| seat.connections.load(Ordering::Relaxed);
        let total: usize = self.seats.iter().map(load).sum();
        let is_beyond = total >= self.connections_max && door.duty != Duty::Admin;
        let seat = match is_beyond {
            true => self.seats.iter().max_by_key(|seat| (seat.idle.load(Ordering::Relaxed), load(seat))),
            false => self.seats.iter().min_by_key(|seat| load(seat)),
        };
        let Some(seat) = seat else { return };
        if is_beyond {
            // The worker counts its idle connections only in its sweeps. Until then, each
            // connection that it has to make room for takes one off, so that the next goes to
            // another worker.
            let _ = seat.idle.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |idle| idle.checked_sub(1));
        }
        let counted = CountedConnection::take(&seat.connections);
        let accepted = Accepted { stream, remote, door: door.clone(), counted, is_beyond };
        // Where the worker is gone, the client sees a closed connection. `Server::run` finds out
        // when it waits for the thread.
        let _ = seat.sender.send(Message::Connection(accepted));
    }
}

/// Whether an error is only about the connection that would have been accepted: its client gave up,
/// or the network failed. Accepting goes on at once then.
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind as Kind;
    matches!(
        error.kind(),
        Kind::ConnectionAborted
            | Kind::ConnectionReset
            | Kind::ConnectionRefused
            | Kind::Interrupted
            | Kind::HostUnreachable
            | Kind::NetworkUnreachable
            | Kind::NetworkDown
            | Kind::TimedOut
    )
}
