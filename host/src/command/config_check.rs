//! `portcullis config check`: whether `serve` would take a configuration, and what was read.

use std::process::ExitCode;

use anyhow::Result;
use serde::Serialize;
use serde_json::json;

use super::explain::Tree;
use super::output::{EXIT_FOUND, Output, complain, say, whole};
use super::prepared::Prepared;
use crate::config::{self, Config, Origin, SetVariable};
use crate::keys::accounts::ROOT_FILE;
use crate::pipeline::compose::Manifest;

/// Prints what a configuration says, or why it is refused. The status tells which.
pub(super) fn run(config: Result<Config>, output: Output) -> ExitCode {
    match (config.and_then(|config| checked(&config)), output) {
        (Ok(report), Output::Json) => say(&format!("{}\n", json!(report))),
        (Ok(report), Output::Text) => say(&report.text()),
        (Err(error), Output::Json) => {
            say(&format!("{}\n", json!({ "ok": false, "error": whole(&error) })));
            ExitCode::from(EXIT_FOUND)
        }
        (Err(error), Output::Text) => {
            complain(&whole(&error));
            ExitCode::from(EXIT_FOUND)
        }
    }
}

/// Prints the effective configuration. Where the pipeline cannot be loaded, `config check` says
/// why; here its variables are shown as far as they are set.
pub(super) fn show(config: &Config) -> ExitCode {
    let manifest = Manifest::load(config.pipeline.as_deref());
    let variables = manifest.and_then(|manifest| manifest.variables(config)).unwrap_or_default();
    say(&config::render(config, &variables))
}

/// Checks everything that `serve` checks before it touches the data folder.
fn checked(config: &Config) -> Result<Report> {
    let Prepared { manifest, settings, composed, .. } = Prepared::of(config)?;
    // The pipeline that is built in is known to be good, and compiling it takes seconds.
    if config.pipeline.is_some() {
        drop(composed.compile(settings, config.made_cache_folder().as_deref())?);
    }
    Ok(Report::of(config, &manifest))
}

/// What was read, in the order in which it is shown.
#[derive(Debug, Serialize)]
struct Report {
    ok: bool,
    file: Option<String>,
    settings: Origins,
    data_folder: String,
    listeners: Vec<String>,
    pipeline: String,
    components: Vec<String>,
    added_stages: Vec<String>,
    variables: Vec<String>,
    accounts: Vec<String>,
    keys: Vec<String>,
    endpoints: Vec<String>,
    rates: Vec<String>,
    quotas: Vec<String>,
    notices: Vec<String>,
}

/// How many settings were set where; all others are at their defaults.
#[derive(Debug, Serialize)]
struct Origins {
    from_the_file: usize,
    from_the_environment: usize,
    from_the_command_line: usize,
}

impl Report {
    fn of(config: &Config, manifest: &Manifest) -> Report {
        let count = |origin| config.origins.values().filter(|own| **own == origin).count();
        let there = if config.data_dir.is_dir() { "is there" } else { "is made by the first start" };
        let keys = config.master_keys.iter().map(|key| match &key.account {
            Some(account) => format!("{} (account {account})", key.id),
            None => format!("{} (root account)", key.id),
        });
        let endpoints = config.listeners.iter().map(|listener| {
            let policy = listener
                .policy
                .as_ref()
                .map_or("everything passes".to_owned(), |path| format!("policy {}", path.display()));
            format!("{} at {} ({policy})", listener.endpoint, listener.address)
        });
        Report {
            ok: true,
            file: config.file.as_ref().map(|path| path.display().to_string()),
            settings: Origins {
                from_the_file: count(Origin::File),
                from_the_environment: count(Origin::Environment),
                from_the_command_line: count(Origin::Flag),
            },
            data_folder: format!("{} ({there})", config.data_dir.display()),
            listeners: listeners(config),
            pipeline: config
                .pipeline
                .as_ref()
                .map_or("built in".to_owned(), |path| path.display().to_string()),
            components: manifest.components(),
            added_stages: manifest.added(),
            variables: variables(config),
            accounts: accounts(config),
            keys: keys.collect(),
            endpoints: endpoints.collect(),
            rates: config.rates.iter().map(|rate| format!("{} {}", rate.subject, rate.name)).collect(),
            quotas: config.quotas.iter().map(|quota| format!("{} {}", quota.subject, quota.name)).collect(),
            notices: config.notices.clone(),
        }
    }

    /// `ok`, and a line for everything that there is.
    fn text(&self) -> String {
        let document = serde_json::to_string(self).unwrap_or_default();
        let Ok(Tree::Members(members)) = serde_json::from_str(&document) else { return "ok\n".to_owned() };
        let is_shown = |(name, value): &(String, Tree)| name != "ok" && *value != Tree::List(Vec::new());
        format!("ok\n{}", Tree::Members(members.into_iter().filter(is_shown).collect()).render())
    }
}

fn listeners(config: &Config) -> Vec<String> {
    let requests = config.listen.iter().map(|address| format!("{address} for requests"));
    let named = config
        .listeners
        .iter()
        .map(|listener| format!("{} for requests by {}", listener.address, listener.endpoint));
    let admin = config.admin_listen.iter().map(|address| format!("{address} for health and metrics"));
    requests.chain(named).chain(admin).collect()
}

/// Those that the operator set, with where. Their values may be anything, so they are shown as
/// `config show` shows them.
fn variables(config: &Config) -> Vec<String> {
    let shown = |(name, set): (String, SetVariable)| format!("{name} = {} ({})", set.value, set.origin);
    config.pipeline_variables().into_iter().map(shown).collect()
}

fn accounts(config: &Config) -> Vec<String> {
    let root = match (config.root.access_key.is_some(), config.data_dir.join(ROOT_FILE).is_file()) {
        (true, _) => "root account (access key as configured)",
        (false, true) => "root account (access key in the data folder)",
        (false, false) => "root account (its access key is made by the first start)",
    };
    let more = config.accounts.iter().map(|account| {
        let users: Vec<&str> = account.users.iter().map(|user| user.name.as_str()).collect();
        match (account.access_key.is_some(), users.as_slice()) {
            (true, []) => format!("{} (root user)", account.id),
            (true, users) => format!("{} (root user, users {})", account.id, users.join(" ")),
            (false, []) => format!("{} (nobody has a key)", account.id),
            (false, users) => format!("{} (users {})", account.id, users.join(" ")),
        }
    });
    std::iter::once(root.to_owned()).chain(more).collect()
}
