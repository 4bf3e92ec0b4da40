//! A place in a bucket of any S3 as a target. Each object is one PUT, whose checksum the server
//! compares; its answer means that the object lasts.
//!
//! The lock is as good as S3 allows: an object that says who works here, which its owner refreshes.
//! One that was not refreshed for a while, or whose process is gone, is removed.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::Read as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};
use rusty_s3::actions::{ListObjectsV2, ListObjectsV2Response, S3Action as _};
use rusty_s3::{Bucket, Credentials, UrlStyle};
use ureq::Agent;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

use super::errors::BackupError;
use super::names;
use super::profile;
use super::target::{Held, Target, too_long};

/// How long a signed URL holds.
const SIGNED: Duration = Duration::from_secs(3600);
/// How often a request is sent that fails for a reason that may pass.
const ATTEMPTS: u32 = 6;
/// The wait before the second attempt; it doubles each time.
const PAUSE: Duration = Duration::from_millis(250);
/// Time for one request, with its body.
const REQUEST_TIME_MAX: Duration = Duration::from_secs(600);
/// Time for a connection.
const CONNECT_TIME_MAX: Duration = Duration::from_secs(10);
/// Bytes of an answer that is no object: an error document, or that of a PUT.
const DOCUMENT_BYTES_MAX: u64 = 64 << 10;
/// Bytes of a page of a list: 1000 names of 1024 bytes, escaped, with what stands beside them.
const PAGE_BYTES_MAX: u64 = 4 << 20;
/// Bytes of the names of one list, with what each takes in memory: those of millions of packs.
const NAMES_BYTES_MAX: usize = 1 << 30;
/// What a name takes in memory beside its bytes.
const NAME_BYTES: usize = 64;
/// The folder of locks.
const LOCKS: &str = "locks";
/// How often the lock is refreshed.
const REFRESH: Duration = Duration::from_secs(60);
/// A lock that was not refreshed for so many seconds is stale.
const STALE_SECONDS: u64 = 900;
/// Its owner gives it up before that.
const LOST_SECONDS: u64 = 600;

/// Where it is, and how to get there.
#[derive(Clone, Debug)]
pub struct RemoteOptions {
    /// The bucket.
    pub bucket: String,
    /// What the names of all objects begin with; may be empty.
    pub prefix: String,
    /// The URL of the server.
    pub endpoint: String,
    /// The region that requests are signed for.
    pub region: String,
    /// The environment, as far as it says where credentials are ([`AWS_VARIABLES`]).
    pub environment: BTreeMap<String, String>,
}

/// A place in a bucket.
#[derive(Clone, Debug)]
pub struct RemoteTarget {
    place: String,
    bucket: Arc<Bucket>,
    prefix: String,
    credentials: Arc<Credentials>,
    agent: Agent,
    /// The id of the latest request, as its answer says.
    request_id: Arc<Mutex<Option<String>>>,
}

/// An answer: its status, the id of its request, and its body.
struct Answer {
    status: u16,
    request_id: Option<String>,
    body: Vec<u8>,
    /// Where the body was longer than it may be: the bound.
    exceeded: Option<u64>,
}

impl RemoteOptions {
    /// Of `s3://BUCKET/PREFIX`; without an endpoint, at AWS in the region. `None` for another text.
    pub fn parse(target: &str, endpoint: Option<&str>, region: &str) -> Option<RemoteOptions> {
        let rest = target.strip_prefix("s3://")?;
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let endpoint = endpoint.map_or_else(|| format!("https://s3.{region}.amazonaws.com"), str::to_owned);
        let (bucket, prefix, region) = (bucket.to_owned(), prefix.to_owned(), region.to_owned());
        let environment = BTreeMap::new();
        (!bucket.is_empty()).then_some(RemoteOptions { bucket, prefix, endpoint, region, environment })
    }
}

impl RemoteTarget {
    /// A place whose credentials are in the environment, or in a profile of the files that the
    /// tools of AWS share.
    ///
    /// # Errors
    /// There are no credentials, or the URL is none.
    pub fn new(options: &RemoteOptions) -> Result<RemoteTarget, BackupError> {
        let prefix = options.prefix.trim_matches('/').to_owned();
        let place = format!("s3://{}/{prefix}", options.bucket).trim_end_matches('/').to_owned();
        let failed = |why: String| BackupError::target(&place, why);
        let credentials = profile::credentials(&options.environment).map_err(failed)?;
        let url = options.endpoint.parse();
        let url = url.map_err(|error| failed(format!("{} is no URL: {error}", options.endpoint)))?;
        let (name, region) = (options.bucket.clone(), options.region.clone());
        let bucket = Bucket::new(url, UrlStyle::Path, name, region);
        let bucket = bucket.map_err(|error| failed(format!("{}: {error}", options.endpoint)))?;
        let agent = agent(&options.endpoint);
        let (bucket, credentials) = (Arc::new(bucket), Arc::new(credentials));
        Ok(RemoteTarget { place, bucket, prefix, credentials, agent, request_id: Arc::default() })
    }

    fn key(&self, name: &str) -> String {
        if self.prefix.is_empty() { name.to_owned() } else { format!("{}/{name}", self.prefix) }
    }

    fn failed(&self, name: &str, why: impl ToString) -> BackupError {
        BackupError::target(format!("{}/{name}", self.place), why)
    }

    /// Sends until there is an answer that will not change.
    fn send(
        &self,
        name: &str,
        request: impl Fn(&Agent) -> Result<Answer, ureq::Error>,
    ) -> Result<Answer, BackupError> {
        let mut pause = PAUSE;
        let mut attempt = 1;
        loop {
            let why = match request(&self.agent) {
                Ok(mut answer) if answer.status < 500 && answer.status != 429 => {
                    let id = answer.request_id.take();
                    *self.request_id.lock().unwrap_or_else(PoisonError::into_inner) = id;
                    if let Some(bytes_max) = answer.exceeded {
                        return Err(too_long(name, bytes_max));
                    }
                    return Ok(answer);
                }
                Ok(answer) => explain(&answer),
                Err(error) => format!("asking {}: {error}", self.bucket.base_url()),
            };
            if attempt == ATTEMPTS {
                return Err(self.failed(name, why));
            }
            tracing::debug!(name, why, attempt, "the target did not answer; it is asked again");
            std::thread::sleep(pause);
            pause *= 2;
            attempt += 1;
        }
    }

    fn put_object(&self, name: &str, bytes: &[u8]) -> Result<(), BackupError> {
        let key = self.key(name);
        let checksum = STANDARD.encode(digest(&SHA256, bytes));
        let answer = self.send(name, |agent| {
            let mut action = self.bucket.put_object(Some(&self.credentials), &key);
            action.headers_mut().insert("x-amz-checksum-sha256", checksum.as_str());
            let url = action.sign(SIGNED);
            let request = agent.put(url.as_str()).header("x-amz-checksum-sha256", &checksum);
            // A server that refuses says so before the body is sent. Otherwise it may close the
            // connection, and what it said is lost.
            answer(request.header("expect", "100-continue").send(bytes)?, DOCUMENT_BYTES_MAX)
        })?;
        if answer.status == 200 { Ok(()) } else { Err(self.failed(name, explain(&answer))) }
    }

    /// The objects whose names begin so, with their sizes and the times at which they were written.
    fn objects(&self, start: &str, each: &mut dyn FnMut(String, u64, u64)) -> Result<(), BackupError> {
        let prefix = self.key(start);
        let mut room = NAMES_BYTES_MAX;
        let mut token: Option<String> = None;
        loop {
            let answer = self.send(start, |agent| {
                let mut action = self.bucket.list_objects_v2(Some(&self.credentials));
                action.with_prefix(Cow::Borrowed(prefix.as_str()));
                if let Some(token) = &token {
                    action.with_continuation_token(Cow::Owned(token.clone()));
                }
                answer(agent.get(action.sign(SIGNED).as_str()).call()?, PAGE_BYTES_MAX)
            })?;
            if answer.status != 200 {
                return Err(self.failed(start, explain(&answer)));
            }
            let page: ListObjectsV2Response =
                ListObjectsV2::parse_response(&String::from_utf8_lossy(&answer.body))
                    .map_err(|error| self.failed(start, format!("its list cannot be read: {error}")))?;
            for object in page.contents {
                if let Some(name) = object.key.strip_prefix(&prefix) {
                    let left = room.checked_sub(name.len() + NAME_BYTES);
                    room = left.ok_or_else(|| self.failed(start, "its list is too long"))?;
                    let written = seconds(object.last_modified.as_deref().unwrap_or_default());
                    each(name.to_owned(), object.size.unwrap_or_default(), written);
                }
            }
            match page.next_continuation_token {
                Some(next) if token.as_ref() == Some(&next) => {
                    return Err(self.failed(start, "its list does not go on"));
                }
                Some(next) => token = Some(next),
                None => return Ok(()),
            }
        }
    }

    /// The other locks, with how many seconds they are older than ours.
    fn other_locks(&self, ours: &str) -> Result<Vec<(String, u64)>, BackupError> {
        let mut locks = Vec::new();
        self.objects(&format!("{LOCKS}/"), &mut |name, _, at| locks.push((name, at)))?;
        let now = locks.iter().find(|(name, _)| name == ours).map_or(0, |(_, at)| *at);
        let others = locks.into_iter().filter(|(name, _)| name != ours);
        Ok(others.map(|(name, at)| (name, now.saturating_sub(at))).collect())
    }
}

impl Target for RemoteTarget {
    fn place(&self) -> String {
        self.place.clone()
    }

    fn get(&self, name: &str, bytes_max: u64) -> Result<Option<Vec<u8>>, BackupError> {
        let key = self.key(name);
        let answer = self.send(name, |agent| {
            let action = self.bucket.get_object(Some(&self.credentials), &key);
            answer(agent.get(action.sign(SIGNED).as_str()).call()?, bytes_max)
        })?;
        match answer.status {
            200 => Ok(Some(answer.body)),
            404 if !explain(&answer).contains("NoSuchBucket") => Ok(None),
            _ => Err(self.failed(name, explain(&answer))),
        }
    }

    fn put(&self, name: &str, bytes: &[u8]) -> Result<(), BackupError> {
        self.put_object(name, bytes)
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, BackupError> {
        let mut names = Vec::new();
        self.objects(&format!("{folder}/"), &mut |name, _, _| names.push(name))?;
        names.sort_unstable();
        Ok(names)
    }

    fn sizes(&self, folder: &str) -> Result<Vec<(String, u64)>, BackupError> {
        let mut found = Vec::new();
        self.objects(&format!("{folder}/"), &mut |name, bytes, _| found.push((name, bytes)))?;
        found.sort_unstable();
        Ok(found)
    }

    fn delete(&self, name: &str) -> Result<(), BackupError> {
        let key = self.key(name);
        let answer = self.send(name, |agent| {
            let action = self.bucket.delete_object(Some(&self.credentials), &key);
            answer(agent.delete(action.sign(SIGNED).as_str()).call()?, DOCUMENT_BYTES_MAX)
        })?;
        match answer.status {
            200..=299 | 404 => Ok(()),
            _ => Err(self.failed(name, explain(&answer))),
        }
    }

    fn is_empty(&self) -> Result<bool, BackupError> {
        let mut is_empty = true;
        self.objects("", &mut |name, _, _| is_empty &= name.trim_start_matches('/').starts_with(LOCKS))?;
        Ok(is_empty)
    }

    fn request_id(&self) -> Option<String> {
        self.request_id.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn lock(&self) -> Result<Box<dyn Held>, BackupError> {
        let mut random = [0; 8];
        getrandom::fill(&mut random).map_err(|error| BackupError::Cipher(error.to_string()))?;
        let process = Process::this();
        let ours = format!("{process}-{}", names::to_hex(&random));
        let name = format!("{LOCKS}/{ours}");
        let began = SystemTime::now();
        self.put_object(&name, b"")?;
        for (other, age) in self.other_locks(&ours)? {
            if age > STALE_SECONDS || process.is_gone(&other) {
                self.delete(&format!("{LOCKS}/{other}"))?;
                continue;
            }
            self.delete(&name)?;
            return Err(BackupError::Busy(format!(
                "another portcullis works on the backups in {place}: wait for its end, or remove {place}/{LOCKS}/{other} \
                 if it has none",
                place = self.place
            )));
        }
        Ok(Box::new(Refreshed::start(self.clone(), name, began)))
    }
}

/// When a lock was refreshed the last time, in seconds since 1970: a machine that slept for an hour
/// has to know it.
#[derive(Debug, Default)]
struct Freshness(AtomicU64);

impl Freshness {
    fn renew(&self, now: SystemTime) {
        self.0.store(seconds_of(now), Ordering::Release);
    }

    /// Whether others may think that its owner is gone.
    fn is_lost(&self, now: SystemTime) -> bool {
        seconds_of(now).saturating_sub(self.0.load(Ordering::Acquire)) > LOST_SECONDS
    }
}

fn seconds_of(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// A lock that is refreshed until it is dropped.
#[derive(Debug)]
struct Refreshed {
    target: RemoteTarget,
    name: String,
    freshness: Arc<Freshness>,
    refresher: Mutex<Option<(Sender<()>, JoinHandle<()>)>>,
}

impl Held for Refreshed {
    fn check(&self) -> Result<(), BackupError> {
        match self.freshness.is_lost(SystemTime::now()) {
            false => Ok(()),
            true => Err(BackupError::Interrupted(format!(
                "the lock of the backups in {} could not be refreshed for more than {LOST_SECONDS} s, so another \
                 portcullis may work there now: run it again",
                self.target.place
            ))),
        }
    }
}

impl Refreshed {
    /// Of a lock that was written after `began`.
    fn start(target: RemoteTarget, name: String, began: SystemTime) -> Refreshed {
        let (stop, stopped) = channel();
        let (there, object) = (target.clone(), name.clone());
        let freshness = Arc::new(Freshness::default());
        freshness.renew(began);
        let fresh = Arc::clone(&freshness);
        let spawned = std::thread::Builder::new().name("lock".to_owned()).spawn(move || {
            while stopped.recv_timeout(REFRESH) == Err(RecvTimeoutError::Timeout) {
                let began = SystemTime::now();
                // Another writer may have taken over. The lock must not come back.
                if fresh.is_lost(began) {
                    return;
                }
                match there.put_object(&object, b"") {
                    Ok(()) => fresh.renew(began),
                    Err(error) => tracing::warn!(%error, "the lock of the backups cannot be refreshed"),
                }
            }
        });
        // Without the thread, the lock lasts until it is lost.
        Refreshed {
            target,
            name,
            freshness,
            refresher: Mutex::new(spawned.ok().map(|thread| (stop, thread))),
        }
    }
}

impl Drop for Refreshed {
    fn drop(&mut self) {
        let refresher = self.refresher.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some((stop, thread)) = refresher {
            drop(stop);
            let _ = thread.join();
        }
        if let Err(error) = self.target.delete(&self.name) {
            tracing::warn!(%error, "the lock of the backups cannot be removed; it will be stale soon");
        }
    }
}

/// A process, so that its lock is known to be stale once it is gone.
struct Process {
    /// Of this start of this machine.
    machine: String,
    id: u32,
}

impl Process {
    fn this() -> Process {
        let mut here = std::fs::read("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        // Containers have processes of their own.
        let namespace = std::fs::read_link("/proc/self/ns/pid").unwrap_or_default();
        here.extend_from_slice(namespace.as_os_str().as_encoded_bytes());
        let machine = names::to_hex(&names::shorten(digest(&SHA256, &here).as_ref()));
        Process { machine, id: std::process::id() }
    }

    /// Whether a lock is of a process of this machine that has ended.
    fn is_gone(&self, lock: &str) -> bool {
        let mut parts = lock.split('-');
        let (machine, id) = (parts.next(), parts.next().and_then(|id| id.parse::<u32>().ok()));
        let is_here = machine == Some(self.machine.as_str());
        is_here
            && id.is_some_and(|id| id != self.id && !std::path::Path::new(&format!("/proc/{id}")).exists())
    }
}

impl std::fmt::Display for Process {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.machine, self.id)
    }
}

fn agent(endpoint: &str) -> Agent {
    let mut config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .proxy(None)
        .timeout_connect(Some(CONNECT_TIME_MAX))
        .timeout_global(Some(REQUEST_TIME_MAX));
    if endpoint.starts_with("https:") {
        // The authorities that the system trusts.
        let found = rustls_native_certs::load_native_certs().certs;
        let certificates: Vec<Certificate<'static>> =
            found.iter().map(|der| Certificate::from_der(der).to_owned()).collect();
        let roots = RootCerts::new_with_certs(&certificates);
        config = config.tls_config(TlsConfig::builder().root_certs(roots).build());
    }
    config.build().new_agent()
}

/// Reads an answer, of which a success has at most so many bytes.
fn answer(mut response: ureq::http::Response<ureq::Body>, bytes_max: u64) -> Result<Answer, ureq::Error> {
    let status = response.status().as_u16();
    let request_id = response.headers().get("x-amz-request-id");
    let request_id = request_id.and_then(|id| Some(id.to_str().ok()?.to_owned()));
    let bytes_max = if status == 200 { bytes_max } else { DOCUMENT_BYTES_MAX };
    let mut body = Vec::new();
    response.body_mut().as_reader().take(bytes_max.saturating_add(1)).read_to_end(&mut body)?;
    let exceeded = (body.len() as u64 > bytes_max).then_some(bytes_max);
    Ok(Answer { status, request_id, body, exceeded })
}

/// The code and the message of an error document.
fn explain(answer: &Answer) -> String {
    let text = String::from_utf8_lossy(&answer.body);
    let element = |name: &str| {
        let (_, rest) = text.split_once(&format!("<{name}>"))?;
        rest.split_once(&format!("</{name}>")).map(|(inside, _)| inside.to_owned())
    };
    match (element("Code"), element("Message")) {
        (Some(code), Some(message)) => format!("{code}: {message}"),
        (Some(code), None) => code,
        _ => format!("the server answers {}", answer.status),
    }
}

/// Seconds of a time like `2026-11-29T23:14:00.000Z`, since 1970; 0 for what is no time.
fn seconds(time: &str) -> u64 {
    let number = |from: usize, to: usize| time.get(from..to).and_then(|digits| digits.parse::<u64>().ok());
    let read = || {
        let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
        let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
        let days = names::days(year, month, day)?;
        Some(days * 86_400 + hour * 3600 + minute * 60 + second)
    };
    read().unwrap_or(0)
}

#[cfg(test)]
mod tests;
