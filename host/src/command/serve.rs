//! The start of `portcullis serve`: from a configuration to a server that is ready, and its end.

mod greeting;
mod signals;

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::output::say;
use super::prepared::Prepared;
use super::trouble;
use crate::compiled::stale_code;
use crate::config::Config;
use crate::front::admin::{Admin, AdminServer, Holding};
use crate::front::health::Health;
use crate::front::listener::{self, Listener};
use crate::front::notify::notify;
use crate::front::serve::{Server, Setup};
use crate::keys::accounts::{Accounts, FolderAccount, note};
use crate::keys::master_keys::MasterKeys;
use crate::keys::vault::{Vault, volume_options};
use crate::pipeline::compose::Manifest;
use crate::pipeline::engine::CompiledPipeline;
use crate::pipeline::owners;
use crate::pipeline::quotas::Quotas;
use crate::pipeline::shared::{Ids, Shared};
use crate::pipeline::shares::{Rates, Room};
use crate::pipeline::transforming::{TransformFamilies, Transforming};
use crate::pipeline::usage_count;
use crate::pipeline::webhooks::WebhookFamilies;
use crate::pipeline::worker::Worker;
use crate::telemetry::access::AccessLog;
use crate::telemetry::explanations::Explanations;
use crate::telemetry::logs;
use crate::telemetry::metrics::{Metrics, UsageSource};
use crate::telemetry::otlp::Exporter;
use crate::telemetry::request_id::GivenIds;
use crate::telemetry::tap::LogTap;
use signals::Signals;
use volume::Volume;

/// Serves until SIGTERM or SIGINT.
///
/// # Errors
/// Whatever keeps the server from starting; each names what to change. And a worker thread that
/// panicked.
pub(super) fn run(config: Config) -> Result<()> {
    let signals = Signals::listen()?;
    let tap = logs::start(&config.log)?;
    for notice in &config.notices {
        tracing::warn!("{notice}");
    }
    raise_file_limit(&config);
    // What is wrong with the configuration is refused before anything is made in the data folder.
    let prepared = Prepared::of(&config)?;
    let listeners = listener::bind(&config, &prepared.endpoints)?;
    make_folder(&config.data_dir)?;
    let volume = Volume::open(volume_options(&config))
        .map_err(|error| trouble::of_folder(&config.data_dir, &error))?;
    let outcome = serve_volume(config, listeners, prepared, &volume, &tap, &signals);
    volume.close();
    tracing::info!("stopped");
    outcome
}

fn serve_volume(
    config: Config,
    listeners: Vec<Listener>,
    prepared: Prepared,
    volume: &Arc<Volume>,
    tap: &LogTap,
    signals: &Signals,
) -> Result<()> {
    let config = Arc::new(config);
    let words = prepared.manifest.words();
    let (shared, pipeline) = assemble(&config, prepared, volume)?;
    let access_log = AccessLog::start(&config.access, config.log.format, &shared.metrics)?;
    if let Some(log) = &access_log {
        signals.reopen(log);
    }
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
    let request_ids = Arc::new(GivenIds::default());
    let admin = admin(&config, &shared, &rates, &request_ids);
    let exporter = shared.exporter.clone();
    let greeting = greeting::greeting(&config, &words, &shared.accounts, &listeners);
    let accounts = Arc::clone(&shared.accounts);
    let server = Server {
        listeners,
        setup: Setup {
            workers: config.worker_count(),
            limits: config.limits.clone(),
            rates,
            explanations: Arc::clone(&shared.explanations),
            metrics: Arc::clone(&shared.metrics),
            health: Arc::new(Health::of(Arc::clone(volume))),
            proxies: Arc::new(config.proxies.clone()),
            access_log: access_log.clone(),
            request_ids,
        },
        answer: move || Worker::new(Arc::clone(&shared), Arc::clone(&pipeline)),
    };
    let stop = || async {
        signals.told_to_stop().await;
        notify(config.notify_socket.as_deref(), "STOPPING=1");
    };
    signals.serving();
    let outcome = server.run(stop, || {
        accounts.root().keep()?;
        say(&greeting);
        notify(config.notify_socket.as_deref(), "READY=1");
        Ok(())
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
fn admin(
    config: &Config,
    shared: &Shared,
    rates: &Arc<Rates>,
    request_ids: &Arc<GivenIds>,
) -> Option<AdminServer> {
    let admin = Admin {
        explanations: Arc::clone(&shared.explanations),
        rates: Arc::clone(rates),
        quotas: Arc::clone(&shared.quotas),
        volume: Arc::clone(&shared.volume),
        holding: Holding::default(),
        request_ids: Arc::clone(request_ids),
        transforming: Arc::clone(&shared.transforming),
    };
    AdminServer::start(&config.data_dir, admin)
        .inspect_err(|error| {
            tracing::warn!(
                error = format!("{error:#}"),
                "no admin socket: `portcullis explain`, `limits` and `backup` cannot ask"
            )
        })
        .ok()
}

/// Composes and compiles the pipeline, and puts together what all workers share.
fn assemble(
    config: &Arc<Config>,
    prepared: Prepared,
    volume: &Arc<Volume>,
) -> Result<(Arc<Shared>, Arc<CompiledPipeline>)> {
    let Prepared { manifest, keys, outbound, webhooks, settings, composed, .. } = prepared;
    let cache = config.cache_folder();
    let accounts = Arc::new(open_accounts(config, &manifest, volume)?);
    let metrics = Arc::new(Metrics::new(config.worker_count() + 1));
    metrics.set_bounds(
        config.data_dir.clone(),
        vec![
            ("in_flight", config.limits.in_flight_max as u64),
            ("connections", config.limits.connections_max as u64),
            ("commits_waiting", config.storage.commit_queue_max as u64),
            ("transform_calls", config.transforms.calls_max as u64),
            ("transform_memory_bytes", config.transforms.memory_bytes_max),
            ("transform_queue", config.transforms.queue_max as u64),
        ],
    );
    if config.exemplars {
        metrics.keep_exemplars();
    }
    let exporter = Exporter::start(&config.export, &metrics)?;
    let vault = Arc::new(Vault::open(&config.data_dir)?);
    let is_counted = usage_count::bring_up(volume, &manifest, Some(&cache), !config.quotas.is_empty())?;
    let quotas = Arc::new(Quotas::new(&config.quotas, is_counted));
    for bucket in quotas.missing_buckets(volume)? {
        tracing::warn!(bucket, "a quota of the configuration is for a bucket that is not there");
    }
    let used = Arc::clone(&quotas);
    metrics.set_volume(Box::new(UsageSource {
        volume: Arc::clone(volume),
        series_max: config.usage_series_max,
        quota_use: Box::new(move |usage| used.used_percent(usage)),
    }));
    for name in composed.stage_names() {
        metrics.added_stage(name);
    }
    let (pipeline, stages) = composed.compile(Arc::clone(&settings), Some(&cache))?;
    let master_keys = MasterKeys::open(config, keys, Arc::clone(&accounts), Arc::clone(&vault))?;
    stale_code::remove(&cache);
    let explanations = Arc::new(Explanations::new(config.explanations.clone()));
    let (own_vault, told) = (Arc::clone(&vault), Arc::clone(&explanations));
    let transforming = Arc::new(Transforming::new(&config.transforms, cache.clone(), own_vault, told));
    let webhooks = Arc::new(webhooks);
    metrics.add_source(Box::new(TransformFamilies(Arc::clone(&transforming))));
    metrics.add_source(Box::new(WebhookFamilies(Arc::clone(&webhooks))));
    let shared = Shared {
        config: Arc::clone(config),
        accounts,
        vault,
        master_keys: Arc::new(master_keys),
        volume: Arc::clone(volume),
        metrics,
        outbound: Arc::new(outbound),
        settings,
        explanations,
        stages: Arc::new(stages),
        transforming,
        webhooks,
        exporter,
        quotas,
        room: Room::new(config.limits.documents_bytes_max),
        ids: Ids::default(),
    };
    Ok((Arc::new(shared), Arc::new(pipeline)))
}

/// The accounts of a configuration and of the volume, which notes from then on whose it is.
///
/// # Errors
/// Those of the accounts; the volume is another account's.
pub(super) fn open_accounts(config: &Config, manifest: &Manifest, volume: &Volume) -> Result<Accounts> {
    // The check has to be possible before anything is compiled: it makes no folder.
    let owners = || owners::of(manifest, config.made_cache_folder().as_deref(), volume);
    let folder = FolderAccount::of(volume, &owners)?;
    let accounts = Accounts::open(config, &folder)?;
    if folder.noted.is_none() {
        let account = &accounts.root().account_id;
        match note(volume, account) {
            Ok(()) => tracing::debug!(account, "the index notes the account of the data folder"),
            // A disk that is full is no reason not to serve: the file with the root credentials
            // says the account, and the next start tries again.
            Err(error) => tracing::warn!(account, %error, "the account is not noted in the index yet"),
        }
    }
    Ok(accounts)
}

/// Makes the data folder. It holds everything that was ever stored, so only its owner may read it.
fn make_folder(folder: &Path) -> Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|error| trouble::of_new_folder(folder, &error))
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
