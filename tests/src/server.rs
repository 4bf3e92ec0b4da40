//! A server process on a free loopback port.

use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::client::Client;
use crate::http::{Connection, Request};
use crate::sign::{ALT, Credentials, MAIN};
use crate::workspace;

/// A first start compiles the pipeline; later ones take it from the cache.
const START_TIMEOUT: Duration = Duration::from_secs(120);

/// A running server. It is killed when this is dropped.
pub struct Server {
    child: Child,
    port: u16,
    flags: Vec<String>,
    config: PathBuf,
    data: PathBuf,
    /// Removed with the server: the data and the log.
    folder: TempDir,
}

impl Server {
    /// A server with `tests/conformance.toml` and an empty data folder.
    pub fn start() -> Server {
        Server::start_with(&[])
    }

    /// A server with further flags: `--limits-in-flight-max 2`.
    ///
    /// # Panics
    /// When the server does not become ready; the message holds the end of its log.
    pub fn start_with(flags: &[&str]) -> Server {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let [port] = free_ports();
        Server::start_in(folder, workspace::tests().join("conformance.toml"), port, flags)
    }

    /// A server on a port, whose configuration says more than `tests/conformance.toml`, with files
    /// beside it: name and text.
    ///
    /// # Panics
    /// As [`Server::start_with`].
    pub fn start_configured(port: u16, more: &str, files: &[(&str, &str)]) -> Server {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let config = write_config(folder.path(), more, files);
        Server::start_in(folder, config, port, &[])
    }

    /// The same with further flags.
    ///
    /// # Panics
    /// As [`Server::start_with`].
    pub fn start_switched(port: u16, more: &str, flags: &[&str]) -> Server {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let config = write_config(folder.path(), more, &[]);
        Server::start_in(folder, config, port, flags)
    }

    /// A server with a configuration of its own.
    ///
    /// # Panics
    /// As [`Server::start_with`].
    pub fn start_from(configuration: &str) -> Server {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let config = folder.path().join("portcullis.toml");
        std::fs::write(&config, configuration).expect("a configuration");
        let [port] = free_ports();
        Server::start_in(folder, config, port, &[])
    }

    /// A server of which nobody said anything but the root user's credentials, which are those of
    /// the main user.
    ///
    /// # Panics
    /// As [`Server::start_with`].
    pub fn start_unconfigured() -> Server {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let config = folder.path().join("portcullis.toml");
        let Credentials { access_key_id, secret_access_key } = MAIN;
        let root =
            format!("[root]\naccess_key = \"{access_key_id}\"\nsecret_key = \"{secret_access_key}\"\n");
        std::fs::write(&config, root).expect("a configuration");
        let [port] = free_ports();
        Server::start_in(folder, config, port, &[])
    }

    /// As [`Server::start_with`], with a data folder of the caller's.
    ///
    /// # Panics
    /// As [`Server::start_with`].
    pub fn start_on(data: &Path, flags: &[&str]) -> Server {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let [port] = free_ports();
        Server::start_with_data(folder, workspace::tests().join("conformance.toml"), port, data.into(), flags)
    }

    /// A server with a data folder that is there, or not yet: `data` in `folder`, beside the
    /// configuration `portcullis.toml`.
    ///
    /// # Panics
    /// As [`Server::start_with`].
    pub fn start_in_folder(folder: TempDir, flags: &[&str]) -> Server {
        let config = folder.path().join("portcullis.toml");
        let [port] = free_ports();
        Server::start_in(folder, config, port, flags)
    }

    fn start_in(folder: TempDir, config: PathBuf, port: u16, flags: &[&str]) -> Server {
        let data = folder.path().join("data");
        Server::start_with_data(folder, config, port, data, flags)
    }

    fn start_with_data(folder: TempDir, config: PathBuf, port: u16, data: PathBuf, flags: &[&str]) -> Server {
        let flags: Vec<String> = flags.iter().map(ToString::to_string).collect();
        let child = spawn(port, &config, &data, &flags, folder.path());
        let mut server = Server { child, port, flags, config, data, folder };
        server.wait_until_ready();
        server
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The data folder.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// What the process has logged so far, over all its starts.
    pub fn log(&self) -> String {
        let bytes = std::fs::read(self.folder.path().join("log")).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// A client that signs as the main user.
    pub fn client(&self) -> Client {
        self.client_as(MAIN)
    }

    /// A client that signs as a user of another account.
    pub fn other_client(&self) -> Client {
        self.client_as(ALT)
    }

    /// A client that signs with these credentials.
    pub fn client_as(&self, credentials: Credentials) -> Client {
        Client::new(self.port, Some(credentials))
    }

    /// A client that signs nothing.
    pub fn anonymous(&self) -> Client {
        Client::new(self.port, None)
    }

    /// A connection for bytes of one's own.
    ///
    /// # Panics
    /// When the server does not listen.
    pub fn connect(&self) -> Connection {
        Connection::open(self.port).expect("the server listens")
    }

    /// Whether the server answers its health probe.
    pub fn is_alive(&self) -> bool {
        probe(self.port, "/health/live")
    }

    /// What a probe is told: status and text.
    ///
    /// # Panics
    /// When the server does not listen.
    pub fn probe(&self, target: &str) -> (u16, String) {
        let response = self.connect().send(&local("GET", target)).expect("a probe");
        (response.status, response.text())
    }

    /// The value of a metric, summed over the samples whose line contains every one of `labels`; 0
    /// when there is none.
    ///
    /// # Panics
    /// When `/metrics` does not answer.
    pub fn metric(&self, name: &str, labels: &[&str]) -> f64 {
        let response = self.connect().send(&local("GET", "/metrics")).expect("metrics");
        sum_samples(&response.text(), name, labels)
    }

    /// Bytes of the process that are in memory now.
    ///
    /// # Panics
    /// Where the system does not tell.
    pub fn resident_bytes(&self) -> u64 {
        let path = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(path).expect("the status of the process");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("its memory");
        let number = line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number");
        number * 1024
    }

    /// SIGKILL: nothing is flushed, nothing is said.
    ///
    /// # Panics
    /// When the process cannot be waited for.
    pub fn kill(&mut self) {
        self.child.kill().expect("SIGKILL");
        self.child.wait().expect("the dead process");
    }

    /// SIGTERM: asks the server to drain and end.
    ///
    /// # Panics
    /// When the signal cannot be sent.
    pub fn terminate(&self) {
        let id = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw).expect("a process id");
        kill_process(id, Signal::TERM).expect("SIGTERM");
    }

    /// How the process ended, or `None` when it is still there after `wait`.
    ///
    /// # Panics
    /// When the process cannot be waited for.
    pub fn wait(&mut self, wait: Duration) -> Option<ExitStatus> {
        let until = Instant::now() + wait;
        loop {
            match self.child.try_wait().expect("the process") {
                Some(status) => return Some(status),
                None if Instant::now() > until => return None,
                None => sleep(Duration::from_millis(10)),
            }
        }
    }

    /// Starts again with the same data, port and configuration after the process ended.
    ///
    /// # Panics
    /// When the server does not become ready.
    pub fn start_again(&mut self) {
        self.child = spawn(self.port, &self.config, &self.data, &self.flags, self.folder.path());
        self.wait_until_ready();
    }

    /// `portcullis check` on the data folder of an ended server: whether it found everything in
    /// order, and its output.
    ///
    /// # Panics
    /// When the program cannot be run.
    pub fn check(&self) -> Result<String, String> {
        self.check_as(&[])
    }

    /// As [`Server::check`], with flags.
    ///
    /// # Panics
    /// As [`Server::check`].
    pub fn check_as(&self, flags: &[&str]) -> Result<String, String> {
        check(&self.data, flags)
    }

    /// Starts again and kills the process after `wait`, ready or not: a crash inside recovery.
    ///
    /// # Panics
    /// When the process cannot be started or killed.
    pub fn start_and_kill(&mut self, wait: Duration) {
        self.child = spawn(self.port, &self.config, &self.data, &self.flags, self.folder.path());
        sleep(wait);
        self.kill();
    }

    /// The last lines of the log.
    pub fn log_tail(&self) -> String {
        let log = self.log();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(30)..].join("\n")
    }

    fn wait_until_ready(&mut self) {
        let until = Instant::now() + START_TIMEOUT;
        while !probe(self.port, "/health/ready") {
            let ended = self.child.try_wait().expect("the process");
            if ended.is_some() || Instant::now() > until {
                panic!("the server is not ready ({ended:?}); its log ends:\n{}", self.log_tail());
            }
            sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already: then there is nothing to do.
        let _ended = self.child.kill();
        let _status = self.child.wait();
        if std::thread::panicking() && std::env::var_os("KEEP").is_some() {
            let kept = std::mem::replace(&mut self.folder, tempfile::tempdir().expect("a folder")).keep();
            eprintln!("data and log of the server are kept in {}", kept.display());
        }
    }
}

/// `portcullis check` on a data folder that no server has: whether everything is in order, and its
/// output.
///
/// # Panics
/// When the program cannot be run.
pub fn check(data: &Path, flags: &[&str]) -> Result<String, String> {
    let output = Command::new(workspace::binary())
        .args(["check", "--data-dir"])
        .arg(data)
        // One for all servers: the component that reads rows is compiled once.
        .arg("--cache-dir")
        .arg(workspace::target().join("tests-cache"))
        .args(flags)
        .current_dir(workspace::root())
        .output()
        .expect("portcullis check");
    let text =
        [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    if output.status.success() { Ok(text) } else { Err(text) }
}

/// Writes `tests/conformance.toml` and more into a folder, with files beside it; the path of the
/// configuration.
///
/// # Panics
/// When a file cannot be written.
pub fn write_config(folder: &Path, more: &str, files: &[(&str, &str)]) -> PathBuf {
    let base = std::fs::read_to_string(workspace::tests().join("conformance.toml")).expect("a configuration");
    let path = folder.join("portcullis.toml");
    std::fs::write(&path, format!("{base}\n{more}\n")).expect("a configuration");
    for (name, text) in files {
        std::fs::write(folder.join(name), text).expect("a file");
    }
    path
}

fn spawn(port: u16, config: &Path, data: &Path, flags: &[String], folder: &Path) -> Child {
    let log = File::options().create(true).append(true).open(folder.join("log")).expect("a log file");
    Command::new(workspace::binary())
        .env_remove("PORTCULLIS_BIN")
        .arg("serve")
        .arg("--config")
        .arg(config)
        .args(["--listen", &format!("127.0.0.1:{port}"), "--data-dir"])
        .arg(data)
        // One for all servers: the pipeline is compiled once.
        .arg("--cache-dir")
        .arg(workspace::target().join("tests-cache"))
        // Tests look at the stages that one request walked.
        .args(["--stage-sample", "1"])
        .args(flags)
        .current_dir(workspace::root())
        .stdin(Stdio::null())
        .stdout(log.try_clone().expect("a log file"))
        .stderr(log)
        .spawn()
        .expect("the server starts")
}

/// Ports that were free a moment ago, no two of them the same.
///
/// # Panics
/// When there are none.
pub fn free_ports<const N: usize>() -> [u16; N] {
    // Held together: a port that is given back may be given out again.
    let held = [(); N].map(|()| TcpListener::bind(("127.0.0.1", 0)).expect("a free port"));
    held.each_ref().map(|listener| listener.local_addr().expect("its address").port())
}

fn local(method: &str, target: &str) -> Request {
    Request::new(method, target).header("host", "127.0.0.1")
}

fn probe(port: u16, target: &str) -> bool {
    let answer = Connection::open(port).and_then(|mut connection| connection.send(&local("GET", target)));
    answer.is_ok_and(|response| response.status == 200)
}

/// Adds up samples of the Prometheus text format.
fn sum_samples(text: &str, name: &str, labels: &[&str]) -> f64 {
    text.lines()
        .filter(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' '])))
        .filter(|line| labels.iter().all(|label| line.contains(label)))
        .filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok())
        .sum()
}

#[cfg(test)]
mod tests;
