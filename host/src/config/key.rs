//! The table of keys: for each setting its name, what is allowed, its meaning, and how it is stored
//! in [`Config`].

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::{Config, ProxyHeader, SecretSource, size};
use crate::outbound::Destination;
use crate::secret::Secret;
use crate::telemetry::access::Access;
use crate::telemetry::logs::{self, LogFormat};
use crate::telemetry::otlp::Collector;
use volume::Durability;

/// One setting.
///
/// Its name in the file decides the other two: `limits.idle_seconds_max` is
/// `--limits-idle-seconds-max` and `PORTCULLIS_LIMITS_IDLE_SECONDS_MAX`.
#[derive(Debug)]
pub struct Key {
    /// The name in the file; what stands before a dot is the table.
    pub name: &'static str,
    /// What a value may be, as the error message says it.
    pub allowed: &'static str,
    /// What it is for, as `--help` says it.
    pub help: &'static str,
    /// One value, several, or a secret.
    pub form: Form,
    /// Stores the value; `None` refuses it.
    pub(super) set: fn(&mut Config, &[String]) -> Option<()>,
    /// The value as text; none when it is not set.
    pub(super) get: fn(&Config) -> Vec<String>,
}

/// How many values a key takes, and whether they may be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Exactly one value.
    One,
    /// A list; on the command line the flag repeats, in the environment the values are separated by
    /// commas.
    Many,
    /// One value that has no flag, because every user of the machine can read a command line, and
    /// is never shown.
    Hidden,
}

impl Key {
    /// The environment variable.
    pub fn environment(&self) -> String {
        format!("PORTCULLIS_{}", self.name.replace('.', "_").to_uppercase())
    }

    /// The flag without its dashes; `None` for secrets.
    pub fn flag(&self) -> Option<String> {
        (self.form != Form::Hidden).then(|| self.name.replace(['.', '_'], "-"))
    }

    /// The words that a value may be, where it is one of a few.
    pub(super) fn words(&self) -> impl Iterator<Item = &'static str> {
        let is_prose = ["a ", "an ", "1", "12"].iter().any(|begin| self.allowed.starts_with(begin));
        let words = if is_prose { "" } else { self.allowed.split([';', '(']).next().unwrap_or_default() };
        words.split([',', ' ']).filter(|word| !matches!(*word, "" | "or"))
    }

    /// Whether its flag can stand without a value, and means `true` then.
    pub fn is_switch(&self) -> bool {
        self.allowed.contains("true")
    }

    /// The default as text; empty when there is none.
    pub fn default(&self) -> String {
        (self.get)(&Config::default()).join(",")
    }
}

const LOG_FORMATS: &[(&str, LogFormat)] = &[("text", LogFormat::Text), ("json", LogFormat::Json)];
/// The first word of each is how it is shown.
const ACCESSES: &[(&str, Access)] = &[
    ("off", Access::Off),
    ("false", Access::Off),
    ("true", Access::On),
    ("on", Access::On),
    ("text", Access::Text),
    ("json", Access::Json),
    ("s3", Access::S3),
];
const DURABILITIES: &[(&str, Durability)] =
    &[("synced", Durability::Synced), ("relaxed", Durability::Relaxed)];
const PROXY_HEADERS: &[(&str, ProxyHeader)] = &[
    ("x-forwarded", ProxyHeader::XForwarded),
    ("forwarded", ProxyHeader::Forwarded),
    ("proxy-protocol", ProxyHeader::ProxyProtocol),
];
const SECONDS: &str = "a whole number of seconds from 1 to 86400";

/// Every setting that is one value or a list, those without a table first.
///
/// Besides these there are only `[variables]`, `[[accounts]]`, `[[kms_keys]]`, `[[listeners]]`,
/// `[[quotas]]`, `[[rates]]` and `[[webhooks]]`.
#[rustfmt::skip]
pub static KEYS: &[Key] = &[
    Key { name: "listen", form: Form::Many,
        allowed: "a list of ADDRESS:PORT, at least one",
        help: "Accept requests here; repeatable. HTTP/1.1, and HTTP/2 with prior knowledge",
        set: |c, v| { c.listen = addresses(v)?; (!v.is_empty()).then_some(()) },
        get: |c| texts(&c.listen) },
    Key { name: "admin_listen", form: Form::Many,
        allowed: "a list of ADDRESS:PORT",
        help: "Answer health and metrics here, and nowhere else; repeatable",
        set: |c, v| { c.admin_listen = addresses(v)?; Some(()) },
        get: |c| texts(&c.admin_listen) },
    Key { name: "data_dir", form: Form::One,
        allowed: "a folder",
        help: "The data folder; made when it is not there",
        set: |c, v| { c.data_dir = path(v)?; Some(()) },
        get: |c| vec![c.data_dir.display().to_string()] },
    Key { name: "cache_dir", form: Form::One,
        allowed: "a folder",
        help: "The folder for compiled components; `cache` in the data folder when not set",
        set: |c, v| { c.cache_dir = Some(path(v)?); Some(()) },
        get: |c| c.cache_dir.iter().map(|path| path.display().to_string()).collect() },
    Key { name: "pipeline", form: Form::One,
        allowed: "a pipeline manifest (spin.toml)",
        help: "The pipeline manifest; the embedded pipeline when not set",
        set: |c, v| { c.pipeline = Some(path(v)?); Some(()) },
        get: |c| c.pipeline.iter().map(|path| path.display().to_string()).collect() },
    Key { name: "workers", form: Form::One,
        allowed: "a whole number from 0 to 256; 0 is one per core",
        help: "Worker threads; 0 is one per core",
        set: |c, v| { c.workers = count(v, 0, 256)?; Some(()) },
        get: |c| vec![c.workers.to_string()] },
    Key { name: "region", form: Form::One,
        allowed: "1 to 64 letters, digits and hyphens",
        help: "The region that this server says it is; requests may be signed for any",
        set: |c, v| { c.region = region(v)?; Some(()) },
        get: |c| vec![c.region.clone()] },
    Key { name: "domain", form: Form::Many,
        allowed: "a list of DNS names in lower case",
        help: "Requests for NAME.DOMAIN are addressed virtual-hosted style; repeatable",
        set: |c, v| { c.domain = domains(v)?; Some(()) },
        get: |c| c.domain.clone() },
    Key { name: "access_log", form: Form::One,
        allowed: "off, text, json or s3 (the format of S3's server access logs); true is the form of log.format, false is off",
        help: "Log one line for each request",
        set: |c, v| { c.access.access = choice(ACCESSES, v)?; Some(()) },
        get: |c| word(ACCESSES, c.access.access).into_iter().take(1).collect() },
    Key { name: "access_log_file", form: Form::One,
        allowed: "a file; it is opened again after SIGHUP",
        help: "Append the lines of requests to this file; they go to standard error when not set",
        set: |c, v| { c.access.file = Some(path(v)?); Some(()) },
        get: |c| c.access.file.iter().map(|path| path.display().to_string()).collect() },
    Key { name: "access_log_stages", form: Form::One,
        allowed: "true or false",
        help: "Lines of requests say how long each stage ran",
        set: |c, v| { c.access.stages = one(v)?.parse().ok()?; Some(()) },
        get: |c| vec![c.access.stages.to_string()] },
    Key { name: "stage_sample", form: Form::One,
        allowed: "a whole number from 1 to 1000000; 1 measures every call",
        help: "Measure the time of each stage on one call in so many",
        set: |c, v| { c.stage_sample = count(v, 1, 1_000_000)? as u64; Some(()) },
        get: |c| vec![c.stage_sample.to_string()] },
    Key { name: "proxies.trusted", form: Form::Many,
        allowed: "a list of addresses and networks such as 192.0.2.7 and 10.0.0.0/8",
        help: "Believe proxies at these addresses when they say who the client is; repeatable",
        set: |c, v| { c.proxies.trusted = v.iter().map(|v| v.parse().ok()).collect::<Option<_>>()?; Some(()) },
        get: |c| c.proxies.trusted.iter().map(ToString::to_string).collect() },
    Key { name: "proxies.header", form: Form::One,
        allowed: "x-forwarded, forwarded or proxy-protocol",
        help: "How trusted proxies say who the client is: X-Forwarded-For, -Proto and -Host; Forwarded; or the PROXY protocol, version 1 or 2",
        set: |c, v| { c.proxies.header = choice(PROXY_HEADERS, v)?; Some(()) },
        get: |c| word(PROXY_HEADERS, c.proxies.header) },
    Key { name: "log.format", form: Form::One,
        allowed: "text or json",
        help: "The form of log lines on standard error",
        set: |c, v| { c.log.format = choice(LOG_FORMATS, v)?; Some(()) },
        get: |c| word(LOG_FORMATS, c.log.format) },
    Key { name: "log.level", form: Form::One,
        allowed: "error, warn, info, debug or trace, or directives such as info,volume=debug",
        help: "What is logged",
        set: |c, v| { c.log.level = log_level(v)?; Some(()) },
        get: |c| vec![c.log.level.clone()] },
    Key { name: "telemetry.otlp_endpoint", form: Form::One,
        allowed: "an address http://HOST[:PORT][/PATH] (port 4318 when none is given)",
        help: "Send traces of requests, and more if told to, to this OpenTelemetry collector (OTLP/HTTP); nothing is sent when not set",
        set: |c, v| { c.export.endpoint = Some(Collector::parse(one(v)?)?); Some(()) },
        get: |c| c.export.endpoint.iter().map(Collector::to_string).collect() },
    Key { name: "telemetry.otlp_traces", form: Form::One,
        allowed: "true or false",
        help: "Send a trace of each request to the collector",
        set: |c, v| { c.export.traces = one(v)?.parse().ok()?; Some(()) },
        get: |c| vec![c.export.traces.to_string()] },
    Key { name: "telemetry.otlp_metrics", form: Form::One,
        allowed: "true or false",
        help: "Send all metrics to the collector now and then",
        set: |c, v| { c.export.metrics = one(v)?.parse().ok()?; Some(()) },
        get: |c| vec![c.export.metrics.to_string()] },
    Key { name: "telemetry.otlp_metrics_seconds", form: Form::One,
        allowed: SECONDS,
        help: "How often metrics are sent",
        set: |c, v| { c.export.metrics_interval = seconds(v)?; Some(()) },
        get: |c| whole_seconds(c.export.metrics_interval) },
    Key { name: "telemetry.otlp_logs", form: Form::One,
        allowed: "true or false",
        help: "Send the lines of the log, and those of requests where they are logged, to the collector",
        set: |c, v| { c.export.logs = one(v)?.parse().ok()?; Some(()) },
        get: |c| vec![c.export.logs.to_string()] },
    Key { name: "telemetry.service_name", form: Form::One,
        allowed: "1 to 64 letters, digits and hyphens",
        help: "The name of this service at the collector (service.name)",
        set: |c, v| { c.export.service_name = region(v)?; Some(()) },
        get: |c| vec![c.export.service_name.clone()] },
    Key { name: "telemetry.exemplars", form: Form::One,
        allowed: "true or false",
        help: "Metrics of durations name the last request of each slot, for scrapers that ask for OpenMetrics",
        set: |c, v| { c.exemplars = one(v)?.parse().ok()?; Some(()) },
        get: |c| vec![c.exemplars.to_string()] },
    Key { name: "telemetry.buckets_max", form: Form::One,
        allowed: "a whole number from 0 to 10000",
        help: "Buckets whose objects and bytes have metrics of their own; those with most bytes",
        set: |c, v| { c.usage_series_max = count(v, 0, 10_000)?; Some(()) },
        get: |c| vec![c.usage_series_max.to_string()] },
    Key { name: "explanations.count_max", form: Form::One,
        allowed: "a whole number from 0 to 1000000; 0 turns them off",
        help: "Explanations of denied requests that are kept in memory, for `portcullis explain`",
        set: |c, v| { c.explanations.count_max = count(v, 0, 1_000_000)?; Some(()) },
        get: |c| vec![c.explanations.count_max.to_string()] },
    Key { name: "explanations.bytes_max", form: Form::One,
        allowed: "a size from 64 KiB to 1 GiB",
        help: "Memory for explanations of denied requests",
        set: |c, v| { c.explanations.bytes_max = bytes(v, 64 << 10, 1 << 30)?.try_into().ok()?; Some(()) },
        get: |c| vec![size::render(c.explanations.bytes_max as u64)] },
    Key { name: "explanations.per_second_max", form: Form::One,
        allowed: "a whole number from 1 to 100000",
        help: "Denied requests that are explained in one second; further ones are denied without",
        set: |c, v| { c.explanations.per_second_max = number(v, 1, 100_000)?.try_into().ok()?; Some(()) },
        get: |c| vec![c.explanations.per_second_max.to_string()] },
    Key { name: "outbound.allow", form: Form::Many,
        allowed: "a list of HOST[:PORT]",
        help: "Documents of identity providers may be fetched from these hosts at private addresses and without TLS; repeatable",
        set: |c, v| { c.outbound.allow = v.iter().map(|v| Destination::parse(v)).collect::<Option<_>>()?; Some(()) },
        get: |c| c.outbound.allow.iter().map(Destination::to_string).collect() },
    Key { name: "outbound.only_allowed", form: Form::One,
        allowed: "true or false",
        help: "Fetch from no other host than those of outbound.allow",
        set: |c, v| { c.outbound.only_allowed = one(v)?.parse().ok()?; Some(()) },
        get: |c| vec![c.outbound.only_allowed.to_string()] },
    Key { name: "outbound.ca_file", form: Form::One,
        allowed: "a file with certificates (PEM)",
        help: "Certificate authorities that are trusted beside those of the system",
        set: |c, v| { c.outbound.ca_file = Some(path(v)?); Some(()) },
        get: |c| c.outbound.ca_file.iter().map(|path| path.display().to_string()).collect() },
    Key { name: "outbound.retry_seconds_min", form: Form::One,
        allowed: "a whole number of seconds from 0 to 3600",
        help: "How long until the same document is fetched again, at the earliest",
        set: |c, v| { c.outbound.retry = time(v, 0, 3600)?; Some(()) },
        get: |c| whole_seconds(c.outbound.retry) },
    Key { name: "transforms.threads", form: Form::One,
        allowed: "a whole number from 0 to 1024",
        help: "Threads that run transforms; 0 is one for each processor",
        set: |c, v| { c.transforms.threads = count(v, 0, 1024)?; Some(()) },
        get: |c| vec![c.transforms.threads.to_string()] },
    Key { name: "transforms.calls_max", form: Form::One,
        allowed: "a whole number from 1 to 4096",
        help: "Calls of all transforms at once; further ones wait a moment, and are then answered 503",
        set: |c, v| { c.transforms.calls_max = count(v, 1, 4096)?; Some(()) },
        get: |c| vec![c.transforms.calls_max.to_string()] },
    Key { name: "transforms.memory_bytes_max", form: Form::One,
        allowed: "a size from 128 MiB to 64 TiB",
        help: "Memory that all calls may have, each counted with the limit of its function; one has half of it at most",
        set: |c, v| { c.transforms.memory_bytes_max = bytes(v, 128 << 20, 64 << 40)?; Some(()) },
        get: |c| vec![size::render(c.transforms.memory_bytes_max)] },
    Key { name: "transforms.call_seconds_max", form: Form::One,
        allowed: "a whole number of seconds from 1 to 86400",
        help: "How long a call may take, whatever its deployer sets, with the time in which its client does not read",
        set: |c, v| { c.transforms.call_time_max = seconds(v)?; Some(()) },
        get: |c| whole_seconds(c.transforms.call_time_max) },
    Key { name: "transforms.cpu_seconds_max", form: Form::One,
        allowed: "a whole number of seconds from 1 to 600",
        help: "How much of the processor a call may take, whatever its deployer sets",
        set: |c, v| { c.transforms.cpu_time_max = time(v, 1, 600)?; Some(()) },
        get: |c| whole_seconds(c.transforms.cpu_time_max) },
    Key { name: "transforms.queue_max", form: Form::One,
        allowed: "a whole number from 0 to 4096",
        help: "Calls of all transforms that wait for a place; one function has half of it at most",
        set: |c, v| { c.transforms.queue_max = count(v, 0, 4096)?; Some(()) },
        get: |c| vec![c.transforms.queue_max.to_string()] },
    Key { name: "transforms.queue_seconds_max", form: Form::One,
        allowed: "a whole number of seconds from 0 to 60",
        help: "How long a call waits for a place, whatever its deployer sets",
        set: |c, v| { c.transforms.queue_time_max = time(v, 0, 60)?; Some(()) },
        get: |c| whole_seconds(c.transforms.queue_time_max) },
    Key { name: "transforms.kept_bytes_max", form: Form::One,
        allowed: "a size from 0 to 1 TiB; 0 keeps nothing",
        help: "Space on the disk for what transforms made, which the next request for the same gets again",
        set: |c, v| { c.transforms.kept_bytes_max = bytes(v, 0, 1 << 40)?; Some(()) },
        get: |c| vec![size::render(c.transforms.kept_bytes_max)] },
    Key { name: "transforms.code_bytes_max", form: Form::One,
        allowed: "a size from 64 MiB to 1 TiB",
        help: "Space on the disk for compiled code; what was not used for longest goes first, and is compiled again when it is called",
        set: |c, v| { c.transforms.code_bytes_max = bytes(v, 64 << 20, 1 << 40)?; Some(()) },
        get: |c| vec![size::render(c.transforms.code_bytes_max)] },
    Key { name: "limits.connections_max", form: Form::One,
        allowed: "a whole number from 1 to 1000000",
        help: "Connections held at once; for a further one, one without a request is closed",
        set: |c, v| { c.limits.connections_max = count(v, 1, 1_000_000)?; Some(()) },
        get: |c| vec![c.limits.connections_max.to_string()] },
    Key { name: "limits.in_flight_max", form: Form::One,
        allowed: "a whole number from 1 to 1000000",
        help: "Requests in flight at once; beyond, who holds many is answered 503",
        set: |c, v| { c.limits.in_flight_max = count(v, 1, 1_000_000)?; Some(()) },
        get: |c| vec![c.limits.in_flight_max.to_string()] },
    Key { name: "limits.verified_percent", form: Form::One,
        allowed: "a whole number from 0 to 90",
        help: "Percent of the requests in flight that are kept for those with a verified signature",
        set: |c, v| { c.limits.verified_percent = count(v, 0, 90)?; Some(()) },
        get: |c| vec![c.limits.verified_percent.to_string()] },
    Key { name: "limits.documents_bytes_max", form: Form::One,
        allowed: "a size from 4 MiB to 64 GiB",
        help: "Memory for documents that requests bring along; half of it for those without a verified signature",
        set: |c, v| { c.limits.documents_bytes_max = bytes(v, 4 << 20, 64 << 30)?.try_into().ok()?; Some(()) },
        get: |c| vec![size::render(c.limits.documents_bytes_max as u64)] },
    Key { name: "limits.request_head_seconds_max", form: Form::One,
        allowed: SECONDS,
        help: "How long a request head may take to arrive",
        set: |c, v| { c.limits.request_head = seconds(v)?; Some(()) },
        get: |c| whole_seconds(c.limits.request_head) },
    Key { name: "limits.idle_seconds_max", form: Form::One,
        allowed: SECONDS,
        help: "How long a connection may stay without a request",
        set: |c, v| { c.limits.idle = seconds(v)?; Some(()) },
        get: |c| whole_seconds(c.limits.idle) },
    Key { name: "limits.body_idle_seconds_max", form: Form::One,
        allowed: SECONDS,
        help: "How long no byte of a request body may arrive",
        set: |c, v| { c.limits.body_idle = seconds(v)?; Some(()) },
        get: |c| whole_seconds(c.limits.body_idle) },
    Key { name: "limits.unverified_body_seconds_max", form: Form::One,
        allowed: SECONDS,
        help: "How long the body of a request without a verified signature may take",
        set: |c, v| { c.limits.unverified_body = seconds(v)?; Some(()) },
        get: |c| whole_seconds(c.limits.unverified_body) },
    Key { name: "limits.unverified_body_bytes_per_second_min", form: Form::One,
        allowed: "a size from 0 to 1 GiB; 0 turns it off",
        help: "How fast such a body must come, on average, once it is ten seconds old",
        set: |c, v| { c.limits.unverified_body_bytes_per_second_min = bytes(v, 0, 1 << 30)?; Some(()) },
        get: |c| vec![size::render(c.limits.unverified_body_bytes_per_second_min)] },
    Key { name: "limits.response_stall_seconds_max", form: Form::One,
        allowed: SECONDS,
        help: "How long a client may take nothing of a response",
        set: |c, v| { c.limits.response_stall = seconds(v)?; Some(()) },
        get: |c| whole_seconds(c.limits.response_stall) },
    Key { name: "limits.drain_seconds_max", form: Form::One,
        allowed: SECONDS,
        help: "How long requests in flight may go on after SIGTERM or SIGINT",
        set: |c, v| { c.limits.drain = seconds(v)?; Some(()) },
        get: |c| whole_seconds(c.limits.drain) },
    Key { name: "storage.inline_bytes_max", form: Form::One,
        allowed: "a size from 0 to 4 MiB",
        help: "Bodies up to this size go into the log, larger ones into files of their own",
        set: |c, v| { c.storage.inline_max = bytes(v, 0, 4 << 20)?; Some(()) },
        get: |c| vec![size::render(c.storage.inline_max)] },
    Key { name: "storage.segment_bytes", form: Form::One,
        allowed: "a size from 16 MiB to 4 GiB",
        help: "Size of a segment of the log",
        set: |c, v| { c.storage.segment_bytes = bytes(v, 16 << 20, 4 << 30)?; Some(()) },
        get: |c| vec![size::render(c.storage.segment_bytes)] },
    Key { name: "storage.index_cache_bytes", form: Form::One,
        allowed: "a size from 1 MiB to 64 GiB",
        help: "Memory for the cache of the index",
        set: |c, v| { c.storage.index_cache_bytes = bytes(v, 1 << 20, 64 << 30)?.try_into().ok()?; Some(()) },
        get: |c| vec![size::render(c.storage.index_cache_bytes as u64)] },
    Key { name: "storage.commit_queue_max", form: Form::One,
        allowed: "a whole number from 16 to 1000000",
        help: "Commits that may wait for the disk; a further one is answered 503",
        set: |c, v| { c.storage.commit_queue_max = count(v, 16, 1_000_000)?; Some(()) },
        get: |c| vec![c.storage.commit_queue_max.to_string()] },
    Key { name: "storage.durability", form: Form::One,
        allowed: "synced or relaxed",
        help: "What an acknowledged write may lose when the machine goes down: nothing, or the last seconds",
        set: |c, v| { c.storage.durability = choice(DURABILITIES, v)?; Some(()) },
        get: |c| word(DURABILITIES, c.storage.durability) },
    Key { name: "storage.reserve_bytes", form: Form::One,
        allowed: "a size from 0 to 64 GiB",
        help: "Writes are refused when less than this is free on the disk",
        set: |c, v| { c.storage.reserve_bytes = bytes(v, 0, 64 << 30)?; Some(()) },
        get: |c| vec![size::render(c.storage.reserve_bytes)] },
    Key { name: "storage.compact_bytes_per_second", form: Form::One,
        allowed: "a size from 0 to 64 GiB; 0 turns it off",
        help: "How fast space of deleted bytes is reclaimed from the log, at most",
        set: |c, v| { c.storage.compact_bytes_per_second = bytes(v, 0, 64 << 30)?; Some(()) },
        get: |c| vec![size::render(c.storage.compact_bytes_per_second)] },
    Key { name: "storage.scrub_bytes_per_second", form: Form::One,
        allowed: "a size from 0 to 64 GiB; 0 turns it off",
        help: "How fast stored bytes are compared with their checksums in the background, at most",
        set: |c, v| { c.storage.scrub_bytes_per_second = bytes(v, 0, 64 << 30)?; Some(()) },
        get: |c| vec![size::render(c.storage.scrub_bytes_per_second)] },
    Key { name: "backup.key_file", form: Form::One,
        allowed: "a file",
        help: "The file of the key that backups are sealed under; the first backup makes it. Keep a copy elsewhere",
        set: |c, v| { c.backup.key_file = Some(path(v)?); Some(()) },
        get: |c| c.backup.key_file.iter().map(|path| path.display().to_string()).collect() },
    Key { name: "backup.bytes_per_second", form: Form::One,
        allowed: "a size from 0 to 64 GiB; 0 is no bound",
        help: "How fast stored bytes are read for a backup, at most",
        set: |c, v| { c.backup.bytes_per_second = bytes(v, 0, 64 << 30)?; Some(()) },
        get: |c| vec![size::render(c.backup.bytes_per_second)] },
    Key { name: "backup.hold_idle_seconds_max", form: Form::One,
        allowed: "a whole number of seconds from 1 to 86400",
        help: "How long a backup may show no progress before the server gives up what it holds for it",
        set: |c, v| { c.storage.hold_idle_max = seconds(v)?; Some(()) },
        get: |c| whole_seconds(c.storage.hold_idle_max) },
    Key { name: "root.account_id", form: Form::One,
        allowed: "12 digits, not all of them 0",
        help: "The account of a new data folder, or of one that lost its root-credentials.toml; for others it has to match",
        set: |c, v| { c.root.account_id = Some(account_id(v)?); Some(()) },
        get: |c| c.root.account_id.iter().cloned().collect() },
    Key { name: "root.access_key", form: Form::Hidden,
        allowed: "an access key id",
        help: "The root access key id; generated when not set",
        set: |c, v| { c.root.access_key = Some(secret(v)?); Some(()) },
        get: |c| hidden(c.root.access_key.as_ref(), SecretIn::Setting) },
    Key { name: "root.access_key_file", form: Form::Hidden,
        allowed: "a file that holds an access key id",
        help: "A file that holds the root access key id",
        set: |c, v| { c.root.access_key = Some(SecretSource::File(path(v)?)); Some(()) },
        get: |c| hidden(c.root.access_key.as_ref(), SecretIn::File) },
    Key { name: "root.secret_key", form: Form::Hidden,
        allowed: "a secret access key",
        help: "The root secret access key; generated when not set",
        set: |c, v| { c.root.secret_key = Some(secret(v)?); Some(()) },
        get: |c| hidden(c.root.secret_key.as_ref(), SecretIn::Setting) },
    Key { name: "root.secret_key_file", form: Form::Hidden,
        allowed: "a file that holds a secret access key",
        help: "A file that holds the root secret access key",
        set: |c, v| { c.root.secret_key = Some(SecretSource::File(path(v)?)); Some(()) },
        get: |c| hidden(c.root.secret_key.as_ref(), SecretIn::File) },
];

/// The key of a name.
pub(super) fn find(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name)
}

fn one(values: &[String]) -> Option<&str> {
    match values {
        [value] if !value.is_empty() => Some(value),
        _ => None,
    }
}

fn addresses(values: &[String]) -> Option<Vec<SocketAddr>> {
    values.iter().map(|value| value.replacen("localhost:", "127.0.0.1:", 1).parse().ok()).collect()
}

fn texts(addresses: &[SocketAddr]) -> Vec<String> {
    addresses.iter().map(SocketAddr::to_string).collect()
}

fn path(values: &[String]) -> Option<PathBuf> {
    one(values).map(PathBuf::from)
}

fn number(values: &[String], least: u64, most: u64) -> Option<u64> {
    let number = one(values)?.parse().ok()?;
    (least..=most).contains(&number).then_some(number)
}

fn time(values: &[String], least: u64, most: u64) -> Option<Duration> {
    let seconds = size::parse_time(one(values)?)?;
    (least..=most).contains(&seconds).then(|| Duration::from_secs(seconds))
}

fn count(values: &[String], least: u64, most: u64) -> Option<usize> {
    number(values, least, most)?.try_into().ok()
}

fn seconds(values: &[String]) -> Option<Duration> {
    time(values, 1, 86_400)
}

fn whole_seconds(duration: Duration) -> Vec<String> {
    vec![duration.as_secs().to_string()]
}

fn bytes(values: &[String], least: u64, most: u64) -> Option<u64> {
    let bytes = size::parse(one(values)?)?;
    (least..=most).contains(&bytes).then_some(bytes)
}

fn region(values: &[String]) -> Option<String> {
    let region = one(values)?;
    let good = region.len() <= 64 && region.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    good.then(|| region.to_owned())
}

fn domains(values: &[String]) -> Option<Vec<String>> {
    let good = |name: &str| {
        let letters = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        name.len() <= 253 && name.split('.').all(|label| !label.is_empty() && label.bytes().all(letters))
    };
    values.iter().map(|name| good(name).then(|| name.clone())).collect()
}

fn choice<T: Copy>(choices: &[(&str, T)], values: &[String]) -> Option<T> {
    let text = one(values)?;
    choices.iter().find(|(word, _)| *word == text).map(|(_, value)| *value)
}

fn word<T: PartialEq>(choices: &[(&str, T)], value: T) -> Vec<String> {
    choices.iter().filter(|(_, choice)| *choice == value).map(|(word, _)| (*word).to_owned()).collect()
}

fn log_level(values: &[String]) -> Option<String> {
    let level = one(values)?;
    let known = ["error", "warn", "info", "debug", "trace", "off"];
    let good = |directive: &str| known.contains(&directive.rsplit('=').next().unwrap_or(directive));
    // The filter itself also takes a word that is no level, for the name of a target.
    (level.split(',').all(good) && logs::is_level(level)).then(|| level.to_owned())
}

fn account_id(values: &[String]) -> Option<String> {
    let id = one(values)?;
    let good =
        id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_digit()) && id.bytes().any(|byte| byte != b'0');
    good.then(|| id.to_owned())
}

fn secret(values: &[String]) -> Option<SecretSource> {
    one(values).map(|text| SecretSource::Text(Secret::new(text)))
}

/// Where a secret stands.
enum SecretIn {
    Setting,
    File,
}

fn hidden(source: Option<&SecretSource>, stands: SecretIn) -> Vec<String> {
    match (source, stands) {
        (Some(SecretSource::Text(secret)), SecretIn::Setting) => vec![secret.to_string()],
        (Some(SecretSource::File(path)), SecretIn::File) => vec![path.display().to_string()],
        _ => Vec::new(),
    }
}
