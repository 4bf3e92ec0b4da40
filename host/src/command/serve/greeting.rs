//! What a start prints on standard output once the server is ready: where it is, what it does, and
//! how to use it. The credentials only when they are new.

use std::fmt::Write as _;
use std::path::Path;

use rustix::process::{Resource, getrlimit};

use crate::config::Config;
use crate::front::health::Duty;
use crate::front::listener::Listener;
use crate::keys::accounts::{Accounts, RootOrigin};
use crate::telemetry::access::Access;
use crate::telemetry::logs::LogFormat;
use volume::Durability;

/// The lines.
pub(super) fn greeting(
    config: &Config,
    pipeline: &str,
    accounts: &Accounts,
    listeners: &[Listener],
) -> String {
    let mut text = format!("Portcullis {}\n", env!("CARGO_PKG_VERSION"));
    let lines = [
        ("data", data(config)),
        ("account", account(accounts)),
        ("listens on", listeners.iter().map(listener).collect::<Vec<_>>().join(", ")),
        ("region", region(config)),
        ("pipeline", pipeline.to_owned()),
        ("limits", limits(config)),
        ("logs", logs(config)),
    ];
    for (name, line) in lines {
        // Writing to a String does not fail.
        let _ = writeln!(text, "  {name:<11} {line}");
    }
    if let RootOrigin::Generated(path) | RootOrigin::Replaced(path) = &accounts.root().origin {
        text += &credentials(config, path, accounts, listeners);
    }
    text + "ready\n"
}

fn data(config: &Config) -> String {
    let durability = match config.storage.durability {
        Durability::Synced => "acknowledged writes are on disk",
        Durability::Relaxed => "RELAXED: a crash of the machine may lose the last seconds",
    };
    let format = std::fs::read_to_string(config.data_dir.join("FORMAT")).unwrap_or_default();
    let format = format.split(' ').nth(1).unwrap_or("unknown");
    format!("{} (format {format}; {durability})", config.data_dir.display())
}

fn account(accounts: &Accounts) -> String {
    let root = accounts.root();
    let key = match &root.origin {
        RootOrigin::Configured => format!("{}, as configured", root.access_key),
        RootOrigin::Stored(path) => format!("{}, kept in {}", root.access_key, path.display()),
        RootOrigin::Generated(path) => {
            format!("{}, made just now, kept in {}", root.access_key, path.display())
        }
        RootOrigin::Replaced(path) => format!(
            "{}, NEW, kept in {}: that file was missing, and the earlier root credentials are void",
            root.access_key,
            path.display()
        ),
    };
    format!("{}, root access key {key}", root.account_id)
}

fn listener(listener: &Listener) -> String {
    let duty = match listener.duty {
        Duty::Requests => "requests",
        Duty::RequestsAndHealth => "requests, health; metrics only with admin_listen",
        Duty::RequestsAndAdmin => "requests, health, metrics",
        Duty::Health => "health",
        Duty::Admin => "health, metrics",
    };
    match &listener.endpoint {
        Some(endpoint) => format!("{} ({duty}; endpoint {})", listener.address, endpoint.id),
        None => format!("{} ({duty})", listener.address),
    }
}

fn region(config: &Config) -> String {
    let mut domains = config.domain.join(",");
    config.add_local_domains(&mut domains);
    match domains.trim_start_matches(',') {
        "" => format!("{}; path-style addresses only, for no domain is set", config.region),
        domains => format!(
            "{}; path-style addresses, and virtual-hosted ones of {}",
            config.region,
            domains.replace(',', ", ")
        ),
    }
}

fn limits(config: &Config) -> String {
    let files = match getrlimit(Resource::Nofile).current {
        Some(files) => files.to_string(),
        None => "any number of".to_owned(),
    };
    format!(
        "{} workers, {} connections, {} requests in flight, {files} open files",
        config.worker_count(),
        config.limits.connections_max,
        config.limits.in_flight_max
    )
}

fn logs(config: &Config) -> String {
    let form = match config.log.format {
        LogFormat::Text => "text",
        LogFormat::Json => "JSON",
    };
    let requests = match (config.access.access, &config.access.file) {
        (Access::Off, _) => "no line for each request".to_owned(),
        (_, None) => "a line for each request".to_owned(),
        (_, Some(file)) => format!("a line for each request in {}", file.display()),
    };
    let export = &config.export;
    let signals = [(export.traces, "traces"), (export.metrics, "metrics"), (export.logs, "lines")];
    let signals: Vec<_> = signals.into_iter().filter_map(|(is_on, name)| is_on.then_some(name)).collect();
    let sent = match &export.endpoint {
        Some(collector) if !signals.is_empty() => format!("{} to {collector}", signals.join(" and ")),
        _ => "no traces".to_owned(),
    };
    format!("{form} on standard error, level {}, {requests}, {sent}", config.log.level)
}

/// The credentials, with lines to paste.
fn credentials(config: &Config, path: &Path, accounts: &Accounts, listeners: &[Listener]) -> String {
    let root = accounts.root();
    let endpoint = listeners.first().map(|listener| endpoint(listener.address)).unwrap_or_default();
    format!(
        "root credentials, made just now and shown only this once; they are kept in {path}\n\n\
         export AWS_ACCESS_KEY_ID={access_key}\n\
         export AWS_SECRET_ACCESS_KEY={secret_key}\n\
         export AWS_DEFAULT_REGION={region}\n\
         export AWS_ENDPOINT_URL={endpoint}\n\
         aws --endpoint-url {endpoint} s3 mb s3://demo\n\
         echo hello | aws --endpoint-url {endpoint} s3 cp - s3://demo/hello.txt\n\
         aws --endpoint-url {endpoint} s3 ls s3://demo\n\n",
        path = path.display(),
        access_key = root.access_key,
        secret_key = root.secret_key.reveal(),
        region = config.region,
    )
}

/// The URL of a listener for a client on this machine.
fn endpoint(address: std::net::SocketAddr) -> String {
    match (address.ip().is_unspecified(), address.is_ipv4()) {
        (false, _) => format!("http://{address}"),
        (true, true) => format!("http://127.0.0.1:{}", address.port()),
        (true, false) => format!("http://[::1]:{}", address.port()),
    }
}
