//! The start of `portcullis serve`: from a configuration to a server that is ready, and its end.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::signal::unix::{SignalKind, signal};

use super::output::say;
use crate::config::Config;
use crate::front::admin::{Admin, AdminServer};
use crate::front::health::Health;
use crate::front::listener::{self, Listener};
use crate::front::notify::notify;
use crate::front::serve::{Server, Setup};
use crate::keys::accounts::{Accounts, RootOrigin};
use crate::keys::master_keys::{DeclaredKey, MasterKeys};
use crate::keys::vault::{Vault, volume_options};
use crate::outbound::Outbound;
use crate::pipeline::adviser;
use crate::pipeline::compose::Manifest;
use crate::pipeline::engine::CompiledPipeline;
use crate::pipeline::peer::Endpoint;
use crate::pipeline::shared::{Ids, Shared};
use crate::pipeline::shares::{Rates, Room};
use crate::pipeline::worker::Worker;
use crate::telemetry::access::AccessLog;
use crate::telemetry::explanations::Explanations;
use crate::telemetry::logs;
use crate::telemetry::metrics::Metrics;
use crate::telemetry::otlp::Exporter;
use crate::telemetry::tap::LogTap;
use volume::Volume;

/// Serves until SIGTERM or SIGINT.
///
/// # Errors
/// Whatever keeps the server from starting; each names what to change. And a worker thread that
/// panicked.
pub(super) fn run(config: Config) -> Result<()> {
    let tap = logs::start(&config.log)?;
    for notice in &config.notices {
        tracing::warn!("{notice}");
    }
    // What is wrong with accounts, policies and the pipeline's manifest is refused before anything
    // is made in the data folder.
    Accounts::check(&config)?;
    raise_file_limit(&config);
    let endpoints = Endpoint::load_all(&config)?;
    let keys = DeclaredKey::load_all(&config)?;
    let manifest = Manifest::load(config.pipeline.as_deref())?;
    // The cache may be in the data folder: a first start compiles for this check without one.
    adviser::check_policies(&endpoints, &keys, &manifest, config.made_cache_folder().as_deref())?;
    let listeners = listener::bind(&config, &endpoints)?;
    make_folder(&config.data_dir)?;
    let volume = Volume::open(volume_options(&config))
        .with_context(|| format!("opening the data folder {}", config.data_dir.display()))?;
    let outcome = serve_volume(config, listeners, keys, &manifest, &volume, &tap);
    volume.close();
    tracing::info!("stopped");
    outcome
}

fn serve_volume(
    config: Config,
    listeners: Vec<Listener>,
    keys: Vec<DeclaredKey>,
    manifest: &Manifest,
    volume: &Arc<Volume>,
    tap: &LogTap,
) -> Result<()> {
    let config = Arc::new(config);
    let (shared, pipeline) = assemble(&config, keys, manifest, volume)?;
    let access_log = AccessLog::start(&config.access, config.log.format, &shared.metrics)?;
    if let Some(exporter) = &shared.exporter {
        tap.open(exporter);
        if let Some(log) = &access_log {
            log.send_to(exporter);
        }
    }
    // Ends with this function, and writes what is left.
    let _keeper =
        shared.vault.keep_uses().context("starting the thread that keeps the last uses of access keys")?;
    let rates = Arc::new(Rates::new(&config.rates));
    let admin = admin(&config, &shared, &rates);
    let exporter = shared.exporter.clone();
    let greeting = greeting(&config, &shared.accounts, &listeners);
    let server = Server {
        listeners,
        setup: Setup {
            workers: config.worker_count(),
            limits: config.limits.clone(),
            rates,
            explanations: Arc::clone(&shared.explanations),
            metrics: Arc::clone(&shared.metrics),
            health: Arc::new(Health::default()),
            access_log: access_log.clone(),
        },
        answer: move || Worker::new(Arc::clone(&shared), Arc::clone(&pipeline)),
    };
    let stop = || async {
        stop_signal(access_log.as_deref()).await;
        notify(config.notify_socket.as_deref(), "STOPPING=1");
    };
    let outcome = server.run(stop, || {
        say(&greeting);
        notify(config.notify_socket.as_deref(), "READY=1");
    });
    if let Some(admin) = admin {
        admin.close();
    }
    // The lines before the exporter, which sends them, too.
    if let Some(log) = &access_log {
        log.close();
    }
    if let Some(exporter) = exporter {
        exporter.close();
    }
    outcome
}

/// The admin API on its socket. Requests do not need it: a file system without sockets is no reason
/// not to serve.
fn admin(config: &Config, shared: &Shared, rates: &Arc<Rates>) -> Option<AdminServer> {
    let admin = Admin { explanations: Arc::clone(&shared.explanations), rates: Arc::clone(rates) };
    AdminServer::start(&config.data_dir, admin)
        .inspect_err(|error| {
            tracing::warn!(
                error = format!("{error:#}"),
                "no admin socket: `portcullis explain` and `portcullis limits` cannot ask"
            )
        })
        .ok()
}

/// Composes and compiles the pipeline, and puts together what all workers share.
fn assemble(
    config: &Arc<Config>,
    keys: Vec<DeclaredKey>,
    manifest: &Manifest,
    volume: &Arc<Volume>,
) -> Result<(Arc<Shared>, Arc<CompiledPipeline>)> {
    let accounts = Arc::new(Accounts::open(config)?);
    let metrics = Arc::new(Metrics::new(config.worker_count() + 1));
    metrics.set_volume(Box::new(Arc::clone(volume)));
    metrics.set_bounds(
        config.data_dir.clone(),
        vec![
            ("in_flight", config.limits.in_flight_max as u64),
            ("connections", config.limits.connections_max as u64),
            ("commits_waiting", config.storage.commit_queue_max as u64),
        ],
    );
    if config.exemplars {
        metrics.keep_exemplars();
    }
    let exporter = Exporter::start(&config.export, &metrics)?;
    let vault = Arc::new(Vault::open(&config.data_dir)?);
    let settings = Arc::new(manifest.variables(&config.pipeline_variables())?);
    let cache = config.cache_folder();
    let pipeline = CompiledPipeline::load(&manifest.compose()?, Some(&cache))?;
    let master_keys = MasterKeys::open(config, keys, Arc::clone(&accounts), Arc::clone(&vault))?;
    let added = manifest.added_stages()?;
    for (_, name, _) in &added {
        metrics.added_stage(name);
    }
    let stages = pipeline.added_stages(added, Arc::clone(&settings), Some(&cache))?;
    let shared = Shared {
        config: Arc::clone(config),
        accounts,
        vault,
        master_keys: Arc::new(master_keys),
        volume: Arc::clone(volume),
        metrics,
        outbound: Outbound::new(&config.outbound)?,
        settings,
        explanations: Arc::new(Explanations::new(config.explanations.clone())),
        stages: Arc::new(stages),
        exporter,
        room: Room::new(config.limits.documents_bytes_max),
        ids: Ids::default(),
    };
    Ok((Arc::new(shared), Arc::new(pipeline)))
}

/// Waits for SIGTERM or SIGINT; after a SIGHUP, the log of requests is opened again. Where the
/// server cannot listen for them, their default ends the process, and nothing acknowledged is lost.
async fn stop_signal(access_log: Option<&AccessLog>) {
    let (terminate, interrupt) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()));
    let (Ok(mut terminate), Ok(mut interrupt), Ok(mut hangup)) =
        (terminate, interrupt, signal(SignalKind::hangup()))
    else {
        tracing::error!("signals cannot be listened for");
        return std::future::pending().await;
    };
    loop {
        tokio::select! {
            _ = terminate.recv() => return,
            _ = interrupt.recv() => return,
            _ = hangup.recv() => if let Some(log) = access_log {
                log.reopen();
            },
        }
    }
}

/// Makes the data folder. It holds everything that was ever stored, so only its owner may read it.
fn make_folder(folder: &Path) -> Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .with_context(|| format!("making the data folder {}", folder.display()))
}

/// Descriptors besides those of connections: listeners, segments, the index, large bodies being
/// read or written.
const FILES_BESIDES: u64 = 512;

/// Allows as many open files as the system lets this process have.
fn raise_file_limit(config: &Config) {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    if let Err(error) = setrlimit(Resource::Nofile, raised) {
        tracing::debug!(%error, "the limit of open files stays as it is");
    }
    let wanted = config.limits.connections_max as u64 + FILES_BESIDES;
    if let Some(allowed) = getrlimit(Resource::Nofile).current.filter(|allowed| *allowed < wanted) {
        tracing::warn!(
            allowed,
            wanted,
            "fewer open files are allowed than limits.connections_max needs (ulimit -n, LimitNOFILE)"
        );
    }
}

/// What a start prints: where the server is, and how to use it. The credentials only when they are
/// new.
fn greeting(config: &Config, accounts: &Accounts, listeners: &[Listener]) -> String {
    let addresses: Vec<String> = listeners.iter().map(|listener| listener.address.to_string()).collect();
    let data = config.data_dir.display();
    let mut text = format!(
        "Portcullis {} on {}, region {}, data in {data}\n",
        env!("CARGO_PKG_VERSION"),
        addresses.join(" "),
        config.region
    );
    let root = accounts.root();
    match &root.origin {
        RootOrigin::Configured => text += &format!("root access key: {}, as configured\n", root.access_key),
        RootOrigin::Stored(path) => text += &format!("root credentials: in {}\n", path.display()),
        RootOrigin::Generated(path) => {
            let endpoint = listeners.first().map(|listener| endpoint(listener.address)).unwrap_or_default();
            text += &format!(
                "root credentials, made just now and shown only this once; they are kept in {path}\n\n\
                 export AWS_ACCESS_KEY_ID={access_key}\n\
                 export AWS_SECRET_ACCESS_KEY={secret_key}\n\
                 export AWS_DEFAULT_REGION={region}\n\
                 aws --endpoint-url {endpoint} s3 mb s3://demo\n\
                 echo hello | aws --endpoint-url {endpoint} s3 cp - s3://demo/hello.txt\n\
                 aws --endpoint-url {endpoint} s3 ls s3://demo\n\n",
                path = path.display(),
                access_key = root.access_key,
                secret_key = root.secret_key.reveal(),
                region = config.region,
            );
        }
    }
    text
}

/// The URL of a listener for a client on this machine.
fn endpoint(address: std::net::SocketAddr) -> String {
    match (address.ip().is_unspecified(), address.is_ipv4()) {
        (false, _) => format!("http://{address}"),
        (true, true) => format!("http://127.0.0.1:{}", address.port()),
        (true, false) => format!("http://[::1]:{}", address.port()),
    }
}
