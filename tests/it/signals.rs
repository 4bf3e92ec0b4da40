//! Signals at every moment of a server's life: none ends it by chance, and each that should end it
//! does.

use std::fs::{self, File};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::fs::{CWD, FileType, Mode, mknodat};
use rustix::process::{Pid, Signal, kill_process};
use tests::http::{Connection, Request};
use tests::server::free_ports;
use tests::workspace;

/// A start that is under way.
struct Starting {
    child: Child,
    port: u16,
    folder: tempfile::TempDir,
}

impl Starting {
    /// Starts a server that takes compiled code from a folder.
    fn new(cache: &Path, flags: &[&str]) -> Starting {
        let folder = tempfile::tempdir().unwrap();
        let [port] = free_ports();
        let log = File::create(folder.path().join("log")).unwrap();
        let child = Command::new(workspace::binary())
            .env_remove("PORTCULLIS_BIN")
            .args(["serve", "--listen", &format!("127.0.0.1:{port}"), "--data-dir"])
            .arg(folder.path().join("data"))
            .arg("--cache-dir")
            .arg(cache)
            .args(flags)
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        Starting { child, port, folder }
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap()
    }

    fn send(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    fn end(&mut self) -> ExitStatus {
        wait_for("the end", || self.child.try_wait().unwrap())
    }
}

impl Drop for Starting {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _status = self.child.wait();
    }
}

fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < until, "waited in vain for {what}");
        sleep(Duration::from_millis(10));
    }
}

/// A start that waits for somebody to read its log of requests, a pipe.
fn held_up() -> (Starting, PathBuf, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("access.log");
    mknodat(CWD, &pipe, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    let flags = ["--access-log", "true", "--access-log-file", pipe.to_str().unwrap()];
    let starting = Starting::new(&workspace::target().join("tests-cache"), &flags);
    wait_for("the listener", || TcpStream::connect(("127.0.0.1", starting.port)).ok());
    (starting, pipe, folder)
}

#[test]
fn a_hangup_during_the_start_does_nothing() {
    let (mut starting, pipe, _folder) = held_up();
    starting.send(Signal::HUP);
    // For writing as well: so this does not wait for the server, should it be gone.
    let _reader = File::options().read(true).write(true).open(&pipe).unwrap();
    let ready = || {
        assert_eq!(starting.child.try_wait().unwrap(), None, "the hangup ended it");
        let request = Request::new("GET", "/health/ready").header("host", "localhost");
        Connection::open(starting.port).and_then(|mut to| to.send(&request)).ok()
    };
    assert_eq!(wait_for("readiness", ready).status, 200);
    starting.send(Signal::TERM);
    assert_eq!(starting.end().code(), Some(0), "{}", starting.log());
}

#[test]
fn a_start_that_is_told_to_stop_stops() {
    for signal in [Signal::TERM, Signal::INT] {
        let (mut starting, _pipe, _folder) = held_up();
        starting.send(signal);
        assert_eq!(starting.end().code(), Some(0), "{}", starting.log());
        assert!(starting.log().contains("told to stop during the start"), "{}", starting.log());
    }
}

#[test]
fn a_start_that_compiles_stops_with_its_compiler() {
    let cache = tempfile::tempdir().unwrap();
    let mut starting = Starting::new(cache.path(), &[]);
    wait_for("the compiler", || (!running(cache.path()).is_empty()).then_some(()));
    starting.send(Signal::TERM);
    assert_eq!(starting.end().code(), Some(0), "{}", starting.log());
    wait_for("the end of the compiler", || running(cache.path()).is_empty().then_some(()));
}

/// The compilers that run for a folder.
fn running(cache: &Path) -> Vec<PathBuf> {
    let cache = cache.to_str().unwrap();
    let is_compiler = |process: &PathBuf| {
        let line = fs::read(process.join("cmdline")).unwrap_or_default();
        let words: Vec<&[u8]> = line.split(|byte| *byte == 0).collect();
        words.contains(&&b"compile"[..]) && words.contains(&cache.as_bytes())
    };
    fs::read_dir("/proc").unwrap().map(|entry| entry.unwrap().path()).filter(is_compiler).collect()
}
