//! The configuration: one typed [`Config`] from flags, environment, file and defaults, in that
//! order of precedence.
//!
//! Every setting is a row of [`KEYS`]; its flag and its environment variable follow from its name.
//! What is not in the table is refused by name. `docs/configuration.md` describes the same rows for
//! operators.

mod allowance;
mod error;
mod example;
mod file;
mod key;
mod load;
mod proxies;
mod quota;
mod rate;
mod size;
#[cfg(test)]
mod tests;
mod unknown;
mod webhook;

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use crate::outbound;
use crate::secret::Secret;
use crate::telemetry::access::{Access, AccessOptions};
use crate::telemetry::explanations;
use crate::telemetry::logs::{Log, LogFormat};
use crate::telemetry::otlp::ExportOptions;
use volume::Options;

pub use allowance::{Allowance, AllowanceEntry, EVERY, Subject, normal_address};
pub use error::ConfigError;
pub use example::example;
pub use file::render;
pub use key::{Form, KEYS, Key};
pub use load::{Environment, Given, environment, load};
pub use proxies::{Network, Proxies, ProxyHeader};
pub use quota::{Quota, QuotaEntry};
pub use rate::{Rate, RateEntry};
pub(crate) use size::{FORMS as SIZE_FORMS, parse as parse_size};
pub(crate) use unknown::did_you_mean;
pub use webhook::{WebhookEntry, WebhookKind};

/// Domains without configuration: `photos.localhost`, `photos.s3.localhost`.
const LOCAL_DOMAINS: [&str; 2] = ["localhost", "s3.localhost"];

/// Variables of the pipeline that keys set.
const VARIABLES_OF_KEYS: [(&str, &str); 2] = [("region", "region"), ("domains", "domain")];

/// The environment variables of the pipeline's variables begin so.
const VARIABLE_PREFIX: &str = "PORTCULLIS_VARIABLE_";

/// Everything that an operator can set.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where requests are accepted; at least one.
    pub listen: Vec<SocketAddr>,
    /// Where health and metrics are answered; when empty, `listen` answers them.
    pub admin_listen: Vec<SocketAddr>,
    /// The data folder.
    pub data_dir: PathBuf,
    /// Where compiled components are kept; a folder in the data folder when not set.
    pub cache_dir: Option<PathBuf>,
    /// The pipeline manifest; the embedded one when not set.
    pub pipeline: Option<PathBuf>,
    /// Worker threads; 0 is one per core. See [`Config::worker_count`].
    pub workers: usize,
    /// The region that this server says it is.
    pub region: String,
    /// Domains whose subdomains are addressed virtual-hosted style.
    pub domain: Vec<String>,
    /// Proxies whose word about clients is believed.
    pub proxies: Proxies,
    /// What is logged, and how.
    pub log: Log,
    /// What is logged of requests, and where.
    pub access: AccessOptions,
    /// Of one call in so many, the time of each stage is measured.
    pub stage_sample: u64,
    /// Whether metrics name a request that stands for the others of its slot.
    pub exemplars: bool,
    /// What is sent to a collector.
    pub export: ExportOptions,
    /// What is kept of why requests were denied.
    pub explanations: explanations::Bounds,
    /// What may be fetched from elsewhere.
    pub outbound: outbound::Options,
    /// How transforms run.
    pub transforms: TransformOptions,
    /// Bounds on what clients can take.
    pub limits: Limits,
    /// The storage engine; its folder is that of `data_dir`, whatever this says.
    pub storage: Options,
    /// How backups are made.
    pub backup: Backup,
    /// The root credentials, where the operator chose them.
    pub root: Root,
    /// Further accounts.
    pub accounts: Vec<AccountEntry>,
    /// Master keys.
    pub master_keys: Vec<MasterKeyEntry>,
    /// Listeners with names, besides those of `listen`.
    pub listeners: Vec<ListenerEntry>,
    /// Servers elsewhere that transform objects.
    pub webhooks: Vec<WebhookEntry>,
    /// Rates of accounts, access keys, addresses and more.
    pub rates: Vec<RateEntry>,
    /// How much buckets and accounts may hold.
    pub quotas: Vec<QuotaEntry>,
    /// Buckets with metrics of their own.
    pub usage_series_max: usize,
    /// `[variables]`: overrides of the variables that the pipeline manifest declares.
    pub variables: BTreeMap<String, SetVariable>,
    /// `NOTIFY_SOCKET`: where systemd waits to hear that the server is ready.
    pub notify_socket: Option<String>,
    /// What the operator should be told once logging works.
    pub notices: Vec<String>,
    /// The configuration file, where there is one.
    pub file: Option<PathBuf>,
    /// Where each thing of the file stands in it, by its name: `limits.idle_seconds_max`,
    /// `variables.sigv2`, `accounts[0]`.
    pub places: BTreeMap<String, String>,
    /// Where each key that is not at its default was set.
    pub origins: BTreeMap<&'static str, Origin>,
}

/// Where a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// The configuration file.
    File,
    /// An environment variable.
    Environment,
    /// A command-line flag.
    Flag,
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Origin::File => "from the file",
            Origin::Environment => "from the environment",
            Origin::Flag => "from the command line",
        })
    }
}

/// A variable of the pipeline, as the operator set it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetVariable {
    /// The text.
    pub value: String,
    /// Where it was set last.
    pub origin: Origin,
}

/// How transforms run.
#[derive(Debug, Clone)]
pub struct TransformOptions {
    /// Threads that run them; 0 is one for each processor.
    pub threads: usize,
    /// Calls of all of them at once.
    pub calls_max: usize,
    /// Bytes of memory that these may have, each counted with its limit.
    pub memory_bytes_max: u64,
    /// How long one call may take, whatever its deployer sets.
    pub call_time_max: Duration,
    /// How much of the processor it may take.
    pub cpu_time_max: Duration,
    /// Calls that wait.
    pub queue_max: usize,
    /// How long they wait, whatever the deployer sets.
    pub queue_time_max: Duration,
    /// Bytes of what they made that are kept on the disk; 0 keeps nothing.
    pub kept_bytes_max: u64,
    /// Bytes of compiled code that are kept on the disk.
    pub code_bytes_max: u64,
}

impl Default for TransformOptions {
    fn default() -> TransformOptions {
        TransformOptions {
            threads: 0,
            calls_max: 64,
            memory_bytes_max: 16 << 30,
            call_time_max: Duration::from_secs(3600),
            cpu_time_max: Duration::from_secs(60),
            queue_max: 256,
            queue_time_max: Duration::from_secs(5),
            kept_bytes_max: 1 << 30,
            code_bytes_max: 4 << 30,
        }
    }
}

/// Bounds on what clients can take. Beyond them they are refused, and told to come back.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Connections held at once, over all listeners.
    pub connections_max: usize,
    /// Requests in flight at once, over all workers.
    pub in_flight_max: usize,
    /// Percent of the places that are kept for requests with a verified signature.
    pub verified_percent: usize,
    /// Memory for documents that requests bring along.
    pub documents_bytes_max: usize,
    /// How long a request head may take from its first byte to its last.
    pub request_head: Duration,
    /// How long a connection may stay without a request.
    pub idle: Duration,
    /// How long no byte of a request body may arrive.
    pub body_idle: Duration,
    /// How long the body of a request without a verified signature may take.
    pub unverified_body: Duration,
    /// How many bytes of such a body must come in a second.
    pub unverified_body_bytes_per_second_min: u64,
    /// How long a client may take no byte of a response.
    pub response_stall: Duration,
    /// How long requests in flight may go on after the server was told to stop.
    pub drain: Duration,
}

/// How backups are made.
#[derive(Debug, Clone)]
pub struct Backup {
    /// The file of the key that they are sealed under.
    pub key_file: Option<PathBuf>,
    /// How fast stored bytes are read, at most; 0 is no bound.
    pub bytes_per_second: u64,
}

impl Default for Backup {
    fn default() -> Backup {
        Backup { key_file: None, bytes_per_second: 16 << 20 }
    }
}

/// The root credentials, where the operator chose them. Both or neither. And the account.
#[derive(Debug, Clone, Default)]
pub struct Root {
    /// The account that the data folder belongs to: 12 digits.
    pub account_id: Option<String>,
    /// The access key id.
    pub access_key: Option<SecretSource>,
    /// The secret access key.
    pub secret_key: Option<SecretSource>,
}

/// A secret, or the file that holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretSource {
    /// The text itself.
    Text(Secret),
    /// A file with nothing else in it; a newline at its end does not count.
    File(PathBuf),
}

/// One `[[accounts]]` table: an account with its root user.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountEntry {
    /// 12 digits.
    pub id: String,
    /// The canonical id; derived from `id` when not given.
    pub canonical_id: Option<String>,
    /// The display name; `id` when not given.
    pub display_name: Option<String>,
    /// An e-mail address by which ACLs may name the account.
    pub email: Option<String>,
    /// The root user's access key id; without it nobody can sign as this account's root.
    pub access_key: Option<String>,
    /// The root user's secret access key, or
    pub secret_key: Option<Secret>,
    /// the file that holds it.
    pub secret_key_file: Option<PathBuf>,
    /// The account's users.
    #[serde(default)]
    pub users: Vec<UserEntry>,
}

/// One `[[listeners]]` table: a listener that stands for an endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListenerEntry {
    /// Where requests are accepted.
    pub address: SocketAddr,
    /// The id of the endpoint: `vpce-0a1b2c3d`.
    pub endpoint: String,
    /// The id of the network that it is in: `vpc-1a2b3c4d`.
    pub vpc: Option<String>,
    /// The file that holds its policy; everything passes without.
    pub policy: Option<PathBuf>,
}

/// One `[[kms_keys]]` table: a master key.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MasterKeyEntry {
    /// The last part of its ARN: letters, digits, `-` and `_`.
    pub id: String,
    /// The account that it belongs to; the root account when not given.
    pub account: Option<String>,
    /// Names for it: `alias/photos`.
    #[serde(default)]
    pub alias: Vec<String>,
    /// Whether it can be used.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// The file that holds its policy; without, the policies of the account decide.
    pub policy: Option<PathBuf>,
}

fn yes() -> bool {
    true
}

impl MasterKeyEntry {
    /// Whether a text can be the id of a key, and so the name of a file.
    pub(crate) fn is_id(text: &str) -> bool {
        let letter = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        (1..=128).contains(&text.len()) && text.bytes().all(letter)
    }
}

/// One `[[accounts.users]]` table.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UserEntry {
    /// The user's name, unique in the account.
    pub name: String,
    /// The access key id.
    pub access_key: String,
    /// The secret access key, or
    pub secret_key: Option<Secret>,
    /// the file that holds it.
    pub secret_key_file: Option<PathBuf>,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            listen: vec![SocketAddr::from(([127, 0, 0, 1], 9000))],
            admin_listen: Vec::new(),
            data_dir: PathBuf::from("portcullis-data"),
            cache_dir: None,
            pipeline: None,
            workers: 0,
            region: "us-east-1".to_owned(),
            domain: Vec::new(),
            proxies: Proxies::default(),
            log: Log { format: LogFormat::Text, level: "info".to_owned() },
            access: AccessOptions { access: Access::Off, file: None, stages: false },
            stage_sample: 16,
            exemplars: false,
            export: ExportOptions::default(),
            explanations: explanations::Bounds::default(),
            outbound: outbound::Options::default(),
            transforms: TransformOptions::default(),
            limits: Limits::default(),
            storage: Options::new("portcullis-data"),
            backup: Backup::default(),
            root: Root::default(),
            accounts: Vec::new(),
            master_keys: Vec::new(),
            listeners: Vec::new(),
            webhooks: Vec::new(),
            rates: Vec::new(),
            quotas: Vec::new(),
            usage_series_max: 100,
            variables: BTreeMap::new(),
            notify_socket: None,
            notices: Vec::new(),
            file: None,
            places: BTreeMap::new(),
            origins: BTreeMap::new(),
        }
    }
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            connections_max: 8192,
            in_flight_max: 1024,
            verified_percent: 50,
            documents_bytes_max: 64 << 20,
            request_head: Duration::from_secs(30),
            idle: Duration::from_secs(120),
            body_idle: Duration::from_secs(60),
            unverified_body: Duration::from_secs(300),
            unverified_body_bytes_per_second_min: 1 << 10,
            response_stall: Duration::from_secs(60),
            drain: Duration::from_secs(30),
        }
    }
}

impl Config {
    /// The number of worker threads: what was set, or one per core.
    pub fn worker_count(&self) -> usize {
        match self.workers {
            0 => std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            count => count,
        }
    }

    /// Every address at which requests are accepted.
    pub fn addresses(&self) -> impl Iterator<Item = &SocketAddr> {
        self.listen.iter().chain(self.listeners.iter().map(|listener| &listener.address))
    }

    /// The folder for compiled components.
    pub fn cache_folder(&self) -> PathBuf {
        self.cache_dir.clone().unwrap_or_else(|| self.data_dir.join("cache"))
    }

    /// The cache folder, where an earlier start made one.
    pub fn made_cache_folder(&self) -> Option<PathBuf> {
        Some(self.cache_folder()).filter(|folder| folder.is_dir())
    }

    /// How long no byte of a request body may arrive.
    pub fn body_idle_timeout(&self) -> Duration {
        self.limits.body_idle
    }

    /// Adds the names that lead to this machine without any DNS
    /// (<https://www.rfc-editor.org/rfc/rfc6761.html#section-6.3>) to the domains of the pipeline,
    /// where all requests come to addresses that these names lead to.
    pub fn add_local_domains(&self, domains: &mut String) {
        if self.addresses().all(|address| address.ip().to_canonical().is_loopback()) {
            for name in LOCAL_DOMAINS {
                domains.push(',');
                domains.push_str(name);
            }
        }
    }

    /// What the operator set for the pipeline: `[variables]`, and `region` and `domains` where they
    /// were set. The manifest decides which names there are, and their defaults.
    pub fn pipeline_variables(&self) -> BTreeMap<String, SetVariable> {
        let mut variables = self.variables.clone();
        for (key, name, value) in
            [("region", "region", self.region.clone()), ("domain", "domains", self.domain.join(","))]
        {
            if let Some(origin) = self.origins.get(key) {
                variables.insert(name.to_owned(), SetVariable { value, origin: *origin });
            }
        }
        variables
    }

    /// What an operator has to change to change a variable of the pipeline.
    pub fn source_of_variable(&self, name: &str, origin: Origin) -> String {
        match origin {
            Origin::File => self.in_file(&format!("variables.{name}")),
            Origin::Environment => format!("environment: {VARIABLE_PREFIX}{}", name.to_uppercase()),
            Origin::Flag => format!("command line: --variable {name}"),
        }
    }

    /// The name of a thing of the file, with its place: `portcullis.toml:3:1: accounts[0]`.
    pub fn in_file(&self, name: &str) -> String {
        format!("{}{name}", self.place_of(name))
    }

    /// Where a thing of the file stands, to begin a message with: `portcullis.toml:3:1: `, or
    /// nothing.
    pub fn place_of(&self, name: &str) -> String {
        self.places.get(name).map(|place| format!("{place}: ")).unwrap_or_default()
    }
}

impl SecretSource {
    /// The secret; reads the file where it is in one.
    ///
    /// # Errors
    /// The file cannot be read, is longer than 4 KiB, or is not text.
    pub fn resolve(&self) -> Result<Secret, ConfigError> {
        match self {
            SecretSource::Text(secret) => Ok(secret.clone()),
            SecretSource::File(path) => read_secret(path),
        }
    }
}

/// Bytes that a secret file may hold: far more than any key, and no device file is read for ever.
const SECRET_FILE_BYTES_MAX: u64 = 4096;

fn read_secret(path: &Path) -> Result<Secret, ConfigError> {
    let text = read_text(path, SECRET_FILE_BYTES_MAX)
        .map_err(|why| ConfigError(format!("secret file {}: {why}", path.display())))?;
    Ok(Secret::new(text.trim_end_matches(['\r', '\n'])))
}

/// Bytes that the file of a policy may have: as many as any policy document.
const POLICY_BYTES_MAX: u64 = 128 << 10;

/// The text of the file of a policy.
///
/// # Errors
/// A file that cannot be read, or is not a text of at most 128 KiB.
pub(crate) fn read_policy(path: &Path) -> Result<String, ConfigError> {
    read_text(path, POLICY_BYTES_MAX).map_err(|why| ConfigError(format!("policy {}: {why}", path.display())))
}

/// The text of a file that has at most so many bytes, or why there is none.
pub(crate) fn read_text(path: &Path, bytes_max: u64) -> Result<String, String> {
    String::from_utf8(read_bytes(path, bytes_max)?).map_err(|_| "is not UTF-8 text".to_owned())
}

/// The bytes of a file that has at most so many, or why there are none.
pub(crate) fn read_bytes(path: &Path, bytes_max: u64) -> Result<Vec<u8>, String> {
    use std::io::Read as _;
    let file = std::fs::File::open(path).map_err(|error| error.to_string())?;
    let mut bytes = Vec::new();
    file.take(bytes_max + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if bytes.len() as u64 > bytes_max { Err(format!("is longer than {bytes_max} bytes")) } else { Ok(bytes) }
}
