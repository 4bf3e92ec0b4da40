//! `portcullis upgrade`: what the next start would change in a data folder, and the same done
//! without a start.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, ensure};
use serde_json::json;

use super::output::{EXIT_FOUND, Output, say};
use super::{check, serve, trouble};
use crate::compiled::stale_code;
use crate::config::Config;
use crate::keys::accounts::{RootCredentials, RootOrigin};
use crate::keys::vault::volume_options;
use crate::pipeline::compose::Manifest;
use crate::pipeline::engine::{self, CompiledPipeline};
use volume::{FORMAT, FORMATS, FormatVersion, Volume, format_of};

/// Whether anything is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Say what would be done.
    DryRun,
    /// Do it.
    Upgrade,
}

/// What a start would change.
#[derive(Debug)]
struct UpgradePlan {
    folder: PathBuf,
    /// The version of the folder.
    format: u32,
    /// Components that were not compiled for this program yet.
    to_compile: usize,
    stale_files: usize,
    stale_bytes: u64,
}

/// Says what an upgrade would do, or does it and checks the folder. The status tells whether
/// something is to be done, or was found.
///
/// # Errors
/// A folder that is no data folder, that has a newer format, that a server has open, or that is of
/// another account; a pipeline that cannot be loaded.
pub(crate) fn run(config: &Config, mode: Mode, output: Output) -> Result<ExitCode> {
    let refused = |error| trouble::of_idle_folder(&config.data_dir, &error);
    let found = format_of(&config.data_dir).map_err(refused)?;
    ensure!(
        found.is_some(),
        "{} holds no volume: nothing was ever stored there; name the folder of a server (--data-dir)",
        config.data_dir.display()
    );
    let manifest = Manifest::load(config.pipeline.as_deref())?;
    let plan = plan(config, &manifest, found.unwrap_or_default())?;
    match mode {
        Mode::DryRun => {
            say(&plan.render(output));
            Ok(if plan.is_needed() { ExitCode::from(EXIT_FOUND) } else { ExitCode::SUCCESS })
        }
        Mode::Upgrade => {
            // Before the folder is touched: a pipeline that cannot be loaded leaves it as it is.
            load(config, &manifest)?;
            let root = upgrade(config, &manifest)?;
            stale_code::remove(&config.cache_folder());
            if output == Output::Text {
                say(&plan.done());
                if let RootOrigin::Replaced(path) = &root.origin {
                    let (path, account) = (path.display(), &root.account_id);
                    say(&format!(
                        "{path} was missing: the next start makes new root credentials for account {account}\n"
                    ));
                }
            }
            check::run(config, output)
        }
    }
}

/// What a start does to the folder before it serves. No root credentials are made: only a start
/// shows them.
fn upgrade(config: &Config, manifest: &Manifest) -> Result<RootCredentials> {
    let mut options = volume_options(config);
    options.background = false;
    let volume = Volume::open(options).map_err(|error| trouble::of_idle_folder(&config.data_dir, &error))?;
    let accounts = serve::open_accounts(config, manifest, &volume);
    volume.close();
    Ok(accounts?.root().clone())
}

/// Compiles what was not compiled for this program yet, as a start would.
fn load(config: &Config, manifest: &Manifest) -> Result<()> {
    let cache = config.cache_folder();
    let pipeline = CompiledPipeline::load(&manifest.compose()?, Some(&cache))?;
    let settings = manifest.variables(config)?;
    pipeline.added_stages(manifest.added_stages()?, settings.into(), Some(&cache))?;
    Ok(())
}

fn plan(config: &Config, manifest: &Manifest, format: u32) -> Result<UpgradePlan> {
    let cache = config.cache_folder();
    let mut components = vec![manifest.compose()?];
    components.extend(manifest.added_stages()?.into_iter().map(|stage| stage.component.to_vec()));
    let mut used = engine::cached_paths(&cache, &components)?;
    // A stage may stand at several positions.
    used.sort();
    used.dedup();
    let stale = stale_code::find(&cache, &used);
    Ok(UpgradePlan {
        folder: config.data_dir.clone(),
        format,
        to_compile: used.iter().filter(|path| !path.exists()).count(),
        stale_files: stale.files.len(),
        stale_bytes: stale.bytes,
    })
}

impl UpgradePlan {
    fn is_needed(&self) -> bool {
        self.format < FORMAT
    }

    fn steps(&self) -> impl Iterator<Item = &'static FormatVersion> {
        FORMATS.iter().filter(|version| version.number > self.format)
    }

    fn render(&self, output: Output) -> String {
        let UpgradePlan { folder, format, to_compile, stale_files, stale_bytes } = self;
        if output == Output::Json {
            let steps = self.steps().map(|FormatVersion { number, brought, upgrade }| {
                json!({ "format": number, "brought": brought, "upgrade": upgrade })
            });
            let document = json!({
                "format": format,
                "format_of_this_program": FORMAT,
                "needed": self.is_needed(),
                "steps": steps.collect::<Vec<_>>(),
                "way_back": !self.is_needed(),
                "components_to_compile": to_compile,
                "stale_files": stale_files,
                "stale_bytes": stale_bytes,
            });
            return format!("{document}\n");
        }
        // Writing to a String does not fail.
        let mut text = String::new();
        let _ = writeln!(text, "{}: format {format}, this program writes format {FORMAT}", folder.display());
        for FormatVersion { number, brought, upgrade } in self.steps() {
            let _ = writeln!(text, "to format {number} ({brought}): {upgrade}");
        }
        if *to_compile > 0 {
            let _ = writeln!(text, "components to compile: {to_compile}");
        }
        if *stale_files > 0 {
            let _ =
                writeln!(text, "stale compiled code to remove: {stale_files} files of {stale_bytes} bytes");
        }
        text += match self.is_needed() {
            true => {
                "The next `portcullis serve` does this by itself, and so does `portcullis upgrade`. Programs that write \
                 an older format refuse the folder from then on: make a backup first.\n"
            }
            false => "Nothing needs an upgrade. Programs that write this format can go on with the folder.\n",
        };
        text
    }

    fn done(&self) -> String {
        let folder = self.folder.display();
        match self.is_needed() {
            true => {
                format!("{folder}: upgraded from format {} to format {FORMAT}; checking it\n", self.format)
            }
            false => format!("{folder}: format {FORMAT}, nothing to upgrade; checking it\n"),
        }
    }
}
