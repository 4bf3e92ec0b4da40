//! `portcullis transform dev`: a transform is built and deployed whenever its sources change.
//!
//! The alias points to `$LATEST` meanwhile, so that what is built is live with one request. The
//! folder is looked at ten times a second: it has few files, and that works where a file system
//! tells nobody of changes, as in containers and shared folders.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use super::build;
use super::deployed::deploy::{Deployment, FoundComponent, deploy, point, publish, update_latest};
use super::deployed::remote::Remote;
use super::settings::SETTINGS;
use super::sources::SourceFiles;
use crate::command::explain::harmless;
use crate::command::output::{say, whole};
use crate::telemetry::access::Moment;

/// How often sources are looked at.
const PAUSE: Duration = Duration::from_millis(100);
/// What an alias points to meanwhile.
const LATEST: &str = "$LATEST";

/// Deploys what a folder holds until it is told to stop; then it becomes a version.
///
/// # Errors
/// A folder of no transform, and a server that does not answer at the beginning. What goes wrong
/// later is said, and tried again when something changes.
pub(super) fn run(remote: &Remote, deployment: &Deployment) -> Result<String> {
    let folder = deployment.source.as_path();
    ensure!(
        folder.join(SETTINGS).exists(),
        "{} is no folder of a transform: it has no {SETTINGS}; `portcullis transform new --lang LANGUAGE DIR` makes one",
        folder.display()
    );
    // Before anything is built: who has no server is told so.
    remote.account().context("asking the server, which `portcullis serve` starts")?;
    let stopped = until_stopped()?;
    let mut live: Option<String> = None;
    let mut seen = SourceFiles::default();
    tell(&format!("looking at {}; Ctrl-C ends", folder.display()));
    while !stopped.load(Ordering::Relaxed) {
        let now = SourceFiles::of(folder);
        if now == seen {
            std::thread::sleep(PAUSE);
            continue;
        }
        let began = Instant::now();
        let is_new = live.is_none() || now.has_other_settings(&seen);
        let outcome = match is_new {
            true => deploy_all(remote, deployment, &now, &seen),
            false => deploy_code(remote, deployment, folder),
        };
        seen = now;
        match outcome {
            Ok(name) => {
                tell(&format!(
                    "{name}:{} is live, {} ms after the change",
                    deployment.alias,
                    began.elapsed().as_millis()
                ));
                live = Some(name);
            }
            // A tool that was stopped with this program has not failed.
            Err(_) if stopped.load(Ordering::Relaxed) => {}
            Err(error) => tell(&format!("not deployed: {}", whole(&error))),
        }
    }
    end(remote, deployment, live.as_deref())
}

/// Code and settings; the name of the function.
fn deploy_all(
    remote: &Remote,
    deployment: &Deployment,
    now: &SourceFiles,
    seen: &SourceFiles,
) -> Result<String> {
    let folder = deployment.source.as_path();
    // One that is older than its sources is built by `deploy`. What was built already stays.
    if *seen != SourceFiles::default() && !now.differs_in_settings_alone(seen) {
        build::build(folder)?;
    }
    say(&deploy(remote, deployment)?);
    let name = FoundComponent::of(deployment)?.name;
    point(remote, &name, &deployment.alias, LATEST)?;
    Ok(name)
}

/// Code alone.
fn deploy_code(remote: &Remote, deployment: &Deployment, folder: &Path) -> Result<String> {
    build::build(folder)?;
    let found = FoundComponent::of(deployment)?;
    update_latest(remote, &found.name, &found.component()?)?;
    Ok(found.name)
}

/// What is live becomes a version, which the alias points to.
fn end(remote: &Remote, deployment: &Deployment, live: Option<&str>) -> Result<String> {
    let Some(name) = live else { return Ok("nothing was deployed\n".to_owned()) };
    let version = publish(remote, name)?;
    let number = version.get("Version").and_then(Value::as_str).unwrap_or_default();
    point(remote, name, &deployment.alias, number)?;
    Ok(format!("{name}: {} points to version {number}\n", deployment.alias))
}

fn tell(text: &str) {
    let time = Moment::of(SystemTime::now()).iso();
    let time = time.get(11..19).unwrap_or_default();
    let lines: Vec<String> = text.lines().map(harmless).collect();
    say(&format!("{time} {}\n", lines.join("\n         ")));
}

/// Whether this program was told to stop. Who says so twice means at once.
fn until_stopped() -> Result<Arc<AtomicBool>> {
    let stopped = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&stopped);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
        runtime.block_on(async {
            while tokio::signal::ctrl_c().await.is_ok() {
                if told.swap(true, Ordering::Relaxed) {
                    std::process::exit(130);
                }
            }
        });
    })?;
    Ok(stopped)
}
