//! Clients that hold what a server has, at little cost to themselves. Each keeps up its pressure
//! until it is dropped.

use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, nice, setrlimit};

use crate::client::Client;
use crate::http::Request;
use crate::http2::{Event, Http2};
use crate::sign::{Credentials, Payload};

/// How often an attack looks after what it holds.
const ROUND: Duration = Duration::from_millis(20);
/// How many of its connections an attack that stands back looks after in a round.
const PART: usize = 512;

/// What to hold.
#[derive(Clone, Debug)]
pub enum Attack {
    /// So many connections of HTTP/2 with so many streams of `POST /` whose body does not come.
    BodilessStreams(usize, usize),
    /// So many connections of HTTP/1.1 with a `POST /` of which a byte comes now and then.
    DrippingPosts(usize),
    /// So many connections that say nothing.
    IdleConnections(usize),
    /// So many anonymous DeleteObjects of so many bytes, of which the last does not come.
    Deletes(usize, usize),
    /// So many request heads of so many bytes that do not end.
    PartialHeads(usize, usize),
    /// So many GETs of a target whose responses nobody reads; signed, or by nobody.
    Unread(usize, String, Option<Credentials>),
    /// The same over HTTP/2: connections, streams of each.
    UnreadStreams(usize, usize, String, Option<Credentials>),
}

/// An attack under way.
pub struct Running {
    stop: Arc<AtomicBool>,
    held: Arc<AtomicUsize>,
    thread: Option<JoinHandle<()>>,
}

impl Running {
    /// Starts an attack on a port of loopback.
    pub fn start(attack: Attack, port: u16) -> Running {
        Running::start_with(attack, port, Presence::Full)
    }

    /// Starts an attack that takes little time of this machine, as one from elsewhere would, so
    /// that latencies are those of the server.
    pub fn start_aside(attack: Attack, port: u16) -> Running {
        Running::start_with(attack, port, Presence::Aside)
    }

    fn start_with(attack: Attack, port: u16, presence: Presence) -> Running {
        let (stop, held) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let (ended, counted) = (Arc::clone(&stop), Arc::clone(&held));
        let thread = std::thread::spawn(move || {
            raise_file_limit();
            if presence == Presence::Aside {
                step_back();
            }
            let mut holders = holders(&attack, port);
            let (mut left, mut next) = (holders.len(), 0);
            while !ended.load(Ordering::Relaxed) {
                let part = if presence == Presence::Aside { PART } else { holders.len() };
                let first = if next < holders.len() { next } else { 0 };
                next = first + part;
                for holder in holders.iter_mut().skip(first).take(part) {
                    if ended.load(Ordering::Relaxed) {
                        return;
                    }
                    if holder.held.is_none() && left > 0 {
                        left -= 1;
                        holder.held = (holder.open)().ok();
                    } else if holder.held.as_mut().is_some_and(|held| held.keep().is_err()) {
                        holder.held = None;
                    }
                }
                counted
                    .store(holders.iter().filter(|holder| holder.held.is_some()).count(), Ordering::Relaxed);
                std::thread::sleep(ROUND);
            }
        });
        Running { stop, held, thread: Some(thread) }
    }

    /// How many of its connections it holds at the moment.
    pub fn held(&self) -> usize {
        self.held.load(Ordering::Relaxed)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // It holds nothing that could panic us further.
            let _ended = thread.join();
        }
    }
}

/// Every connection is a file.
fn raise_file_limit() {
    let limit = getrlimit(Resource::Nofile);
    // Where that is not allowed, the attack is a smaller one.
    let _raised = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
}

/// How much of this machine an attack may take.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Presence {
    Full,
    Aside,
}

/// Has this thread run when nobody else wants to.
fn step_back() {
    // Linux knows it of a thread, other systems of the process. Where it is not allowed, latencies
    // are those of a busier machine.
    let _stepped = nice(19);
}

/// One connection of an attack.
trait Held {
    /// Goes on holding. An error when the server has put an end to it.
    fn keep(&mut self) -> io::Result<()>;
}

struct Holder {
    open: Box<dyn Fn() -> io::Result<Box<dyn Held>>>,
    held: Option<Box<dyn Held>>,
}

fn holders(attack: &Attack, port: u16) -> Vec<Holder> {
    let many = |count: usize, open: Arc<dyn Fn() -> io::Result<Box<dyn Held>>>| -> Vec<Holder> {
        let holder = |_| {
            let open = Arc::clone(&open);
            Holder { open: Box::new(move || open()), held: None }
        };
        (0..count).map(holder).collect()
    };
    let raw = move |head: Vec<u8>, drip: Option<Vec<u8>>| -> Arc<dyn Fn() -> io::Result<Box<dyn Held>>> {
        Arc::new(move || Raw::open(port, &head, drip.clone()))
    };
    match attack.clone() {
        Attack::BodilessStreams(count, streams) => {
            let request = Request::new("POST", "/").header("host", "x").header("content-length", "1000");
            many(count, Arc::new(move || Streams::open(port, streams, 1 << 20, request.clone(), true, None)))
        }
        Attack::DrippingPosts(count) => {
            let head = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100000\r\n\r\n".to_vec();
            many(count, raw(head, Some(b"x".to_vec())))
        }
        Attack::IdleConnections(count) => many(count, raw(Vec::new(), None)),
        Attack::Deletes(count, bytes) => {
            let mut request =
                format!("POST /attacked?delete HTTP/1.1\r\nhost: x\r\ncontent-length: {bytes}\r\n\r\n")
                    .into_bytes();
            request.extend(std::iter::repeat_n(b' ', bytes - 1));
            many(count, raw(request, None))
        }
        Attack::PartialHeads(count, bytes) => {
            let mut head = b"GET / HTTP/1.1\r\nhost: x\r\nx-long: ".to_vec();
            head.resize(bytes.max(head.len()), b'a');
            many(count, raw(head, None))
        }
        Attack::Unread(count, target, credentials) => {
            many(count, Arc::new(move || Raw::open(port, &get(port, &target, credentials).head(), None)))
        }
        Attack::UnreadStreams(count, streams, target, credentials) => many(
            count,
            Arc::new(move || {
                Streams::open(port, streams, 0, get(port, &target, credentials), false, credentials)
            }),
        ),
    }
}

fn get(port: u16, target: &str, credentials: Option<Credentials>) -> Request {
    Client::new(port, credentials).signed(Request::new("GET", target), Payload::Signed)
}

/// A connection whose answers nobody reads.
struct Raw {
    stream: TcpStream,
    drip: Option<Vec<u8>>,
    rounds: usize,
}

impl Raw {
    fn open(port: u16, head: &[u8], drip: Option<Vec<u8>>) -> io::Result<Box<dyn Held>> {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_nodelay(true)?;
        stream.set_write_timeout(Some(Duration::from_millis(500)))?;
        stream.write_all(head)?;
        stream.set_nonblocking(true)?;
        Ok(Box::new(Raw { stream, drip, rounds: 0 }))
    }
}

impl Held for Raw {
    fn keep(&mut self) -> io::Result<()> {
        self.rounds += 1;
        if let Some(drip) = self.drip.as_ref().filter(|_| self.rounds.is_multiple_of(25)) {
            match self.stream.write(drip) {
                Err(error) if error.kind() != io::ErrorKind::WouldBlock => return Err(error),
                _ => {}
            }
        }
        // What is there to be read stays there, but the end of the connection shows.
        match self.stream.peek(&mut [0; 1]) {
            Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(_) if self.drip.is_some() => {
                // An answer: this connection holds nothing any more.
                let _read = self.stream.read(&mut [0; 4096]);
                Err(io::ErrorKind::ConnectionReset.into())
            }
            Ok(_) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// A connection of HTTP/2 with streams that do not end by themselves.
struct Streams {
    connection: Http2,
    request: Request,
    has_body: bool,
    /// Signatures are only good for a while.
    credentials: Option<Credentials>,
    rounds: usize,
}

impl Streams {
    fn open(
        port: u16,
        streams: usize,
        window: u32,
        request: Request,
        has_body: bool,
        credentials: Option<Credentials>,
    ) -> io::Result<Box<dyn Held>> {
        let mut connection = Http2::open(port, window)?;
        for _ in 0..streams {
            connection.begin(&request, has_body)?;
        }
        Ok(Box::new(Streams { connection, request, has_body, credentials, rounds: 0 }))
    }
}

impl Held for Streams {
    fn keep(&mut self) -> io::Result<()> {
        self.rounds += 1;
        let mut begun_again = 0;
        while let Some(event) = self.connection.event_now()? {
            match event {
                Event::GoAway => return Err(io::ErrorKind::ConnectionAborted.into()),
                // One that was refused or ended is begun again, but not in a storm.
                Event::Reset(_) | Event::Data(_, _, true) if begun_again < 4 => {
                    begun_again += 1;
                    self.connection.begin(&self.request, self.has_body)?;
                }
                _ => {}
            }
        }
        // Renewed before its signature is too old.
        match self.credentials.is_some() && self.rounds > 5000 {
            true => Err(io::ErrorKind::TimedOut.into()),
            false => Ok(()),
        }
    }
}
