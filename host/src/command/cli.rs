//! The command line: `portcullis serve|config|check|backup|restore|upgrade|explain|policy|limits|
//! quota|usage|stage|transform|completions|version`. Flags of `serve` come from the table of keys.

mod access;
mod backups;
mod help;
mod rules;
mod settings;
mod stage;
mod transform;
mod usage;

use std::ffi::OsString;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use clap_complete::Shell;

use super::output::{EXIT_FAILED, Output, complain, say, whole};
use super::{
    backup, check, config_check, explain, policy, serve, stage as stages, transform as transform_command,
    upgrade,
};
use crate::compiled::{self, CodeFor};
use crate::config::{self, Config, Environment, Given, KEYS, Quota, Rate};
use crate::pipeline::engine;
use crate::transforms;

pub use rules::Change;
use settings::{json, settings, some_settings};

/// What a process was asked to do.
#[derive(Debug)]
pub enum Task {
    /// Serve until told to stop.
    Serve(Given),
    /// Compare index, references, bytes and checksums of a data folder that no server has open.
    Check(Given, Output),
    /// Say what an upgrade of a data folder would change, or do it.
    Upgrade(Given, upgrade::Mode, Output),
    /// Make, list, verify, remove or restore backups.
    Backup(Given, backup::Place, backup::Chore, Output),
    /// Say why the server of a data folder denied a request.
    Explain(Given, explain::Question, Output),
    /// Show or change the limits of the server of a data folder.
    Limits(Given, Change, Output),
    /// Show or change the quotas of the server of a data folder.
    Quota(Given, Change, Output),
    /// Show how much is held on the server of a data folder.
    Usage(Given, Output),
    /// Look for suspicious parts of policies.
    Lint(Given, Vec<policy::PolicyFile>, Output),
    /// Say how policies would decide on requests.
    Simulate(Given, Box<policy::Simulation>, Output),
    /// Make, build or try a stage of the operator's.
    Stage(Box<stages::Action>),
    /// Deploy, show or delete functions of a server.
    Functions(Given, Option<String>, Box<transform_command::FunctionChore>),
    /// Show what a function of a server told the operator.
    FunctionLogs(Given, transform_command::LogsQuestion),
    /// Make, build or try a transform.
    Transform(Box<transform_command::TransformAction>),
    /// Check a configuration.
    ConfigCheck(Given, Output),
    /// Print the effective configuration.
    ConfigShow(Given),
    /// Print a configuration file with every setting in a comment.
    ConfigExample,
    /// Compile the component on standard input into a cache folder: what `serve` does in a process
    /// of its own.
    Compile(PathBuf, CodeFor),
    /// Print the completions of a shell.
    Completions(Shell),
    /// Print the version.
    Version(Output),
}

/// The settings that a check needs.
const CHECKED: [&str; 3] = ["data_dir", "cache_dir", "pipeline"];

/// Parses a command line, program name first.
///
/// # Errors
/// Those of clap, help and version among them; `clap::Error::exit` prints them.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Task, clap::Error> {
    let matches = command().try_get_matches_from(arguments)?;
    Ok(match matches.subcommand() {
        Some(("serve", matches)) => Task::Serve(given(matches)),
        Some(("check", matches)) => Task::Check(given(matches), output(matches)),
        Some(("upgrade", matches)) => {
            let dry_run = matches.get_flag("dry-run");
            let mode = if dry_run { upgrade::Mode::DryRun } else { upgrade::Mode::Upgrade };
            Task::Upgrade(given(matches), mode, output(matches))
        }
        Some(("backup", matches)) => backup_task(backups::asked(matches)),
        Some(("restore", matches)) => backup_task(backups::asked_to_restore(matches)),
        Some(("explain", matches)) => access::explain(matches),
        Some(("limits", matches)) => {
            let (change, matches) = rules::asked::<Rate>(matches);
            Task::Limits(given(matches), change, output(matches))
        }
        Some(("quota", matches)) => {
            let (change, matches) = rules::asked::<Quota>(matches);
            Task::Quota(given(matches), change, output(matches))
        }
        Some(("usage", matches)) => Task::Usage(given(matches), output(matches)),
        Some(("policy", matches)) => access::policy(matches),
        Some(("stage", matches)) => Task::Stage(Box::new(stage::action(matches)?)),
        Some(("olap", matches)) => transform::olap_task(matches),
        Some(("transform", matches)) => match transform::task(matches) {
            Some(task) => task,
            None => Task::Transform(Box::new(transform::action(matches)?)),
        },
        Some(("config", matches)) => match matches.subcommand() {
            Some(("show", matches)) => Task::ConfigShow(given(matches)),
            Some(("example", _)) => Task::ConfigExample,
            Some((_, matches)) => Task::ConfigCheck(given(matches), output(matches)),
            None => Task::ConfigCheck(Given::default(), Output::Text),
        },
        Some(("compile", matches)) => {
            let is_pipeline =
                matches.get_one::<String>("for").is_none_or(|name| name != CodeFor::Transforms.name());
            let code_for = if is_pipeline { CodeFor::Pipeline } else { CodeFor::Transforms };
            Task::Compile(matches.get_one::<PathBuf>("cache").cloned().unwrap_or_default(), code_for)
        }
        Some(("completions", matches)) => {
            Task::Completions(matches.get_one::<Shell>("shell").copied().unwrap_or(Shell::Bash))
        }
        Some((_, matches)) => Task::Version(output(matches)),
        None => Task::Version(Output::Text),
    })
}

/// Does it. Results go to standard output, errors to standard error.
pub fn run(task: Task) -> ExitCode {
    compiled::compile_in_own_process();
    let outcome = match task {
        Task::Serve(given) => load(&given).and_then(serve::run).map(|()| ExitCode::SUCCESS),
        Task::Check(given, output) => load(&given).and_then(|config| check::run(&config, output)),
        Task::Upgrade(given, mode, output) => {
            load(&given).and_then(|config| upgrade::run(&config, mode, output))
        }
        Task::Backup(given, place, chore, output) => {
            load(&given).and_then(|config| backup::run(&config, &place, &chore, output))
        }
        Task::Explain(given, question, output) => {
            load(&given).and_then(|config| explain::run(&config, &question, output))
        }
        Task::Limits(given, change, output) => {
            load(&given).and_then(|config| rules::run::<Rate>(&config, &change, output))
        }
        Task::Quota(given, change, output) => {
            load(&given).and_then(|config| rules::run::<Quota>(&config, &change, output))
        }
        Task::Usage(given, output) => load(&given).and_then(|config| usage::run(&config, output)),
        Task::Lint(given, documents, output) => {
            load(&given).and_then(|config| policy::lint(&config, &documents, output))
        }
        Task::Simulate(given, question, output) => {
            load(&given).and_then(|config| policy::simulate(&config, &question, output))
        }
        Task::Stage(action) => stages::run(&action),
        Task::Functions(given, endpoint, chore) => load(&given)
            .and_then(|config| transform_command::deployed::run(&config, endpoint.as_deref(), &chore)),
        Task::FunctionLogs(given, question) => {
            load(&given).and_then(|config| transform_command::logs::run(&config, &question))
        }
        Task::Transform(action) => transform_command::run(&action),
        Task::ConfigCheck(given, output) => Ok(config_check::run(load(&given), output)),
        Task::ConfigShow(given) => load(&given).map(|config| config_check::show(&config)),
        Task::ConfigExample => Ok(say(&config::example())),
        Task::Compile(cache, code_for) => compile(&cache, code_for).map(|()| ExitCode::SUCCESS),
        Task::Completions(shell) => Ok(say(&completions(shell))),
        Task::Version(output) => Ok(say(&version(output))),
    };
    outcome.unwrap_or_else(|error| {
        complain(&whole(&error));
        ExitCode::from(EXIT_FAILED)
    })
}

fn backup_task((matches, place, chore): (&ArgMatches, backup::Place, backup::Chore)) -> Task {
    Task::Backup(given(matches), place, chore, output(matches))
}

fn compile(cache: &Path, code_for: CodeFor) -> anyhow::Result<()> {
    // Nobody waits for it any more when the start that needs it has ended.
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?;
    let mut component = Vec::new();
    std::io::stdin().lock().read_to_end(&mut component)?;
    match code_for {
        CodeFor::Pipeline => engine::compile_into(cache, &component),
        CodeFor::Transforms => {
            compiled::bound_compiler()?;
            transforms::compile_into(cache, &component)
        }
    }
}

fn load(given: &Given) -> anyhow::Result<Config> {
    Ok(config::load(given, &Environment::of_process()?)?)
}

/// The script that a shell reads to complete our commands and flags.
fn completions(shell: Shell) -> String {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command(), "portcullis", &mut script);
    String::from_utf8_lossy(&script).into_owned()
}

fn version(output: Output) -> String {
    let (version, system, processor) =
        (env!("CARGO_PKG_VERSION"), std::env::consts::OS, std::env::consts::ARCH);
    match output {
        Output::Text => format!("portcullis {version} ({system} {processor})\n"),
        Output::Json => {
            format!("{}\n", serde_json::json!({ "version": version, "os": system, "arch": processor }))
        }
    }
}

fn command() -> Command {
    let config = Command::new("config")
        .about("Check or show the configuration")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(settings(
            Command::new("check")
                .about("Say whether `serve` would take the configuration, and what was read")
                .long_about(
                    "Check everything that `serve` checks before it touches the data folder, and say what was read.\n\
                     Exit status: 0 it is in order, 1 it is refused.",
                )
                .arg(json()),
        ))
        .subcommand(settings(
            Command::new("show").about("Print the effective configuration, secrets redacted"),
        ))
        .subcommand(
            Command::new("example").about("Print a configuration file with every setting in a comment"),
        );
    let check = Command::new("check")
        .about("Compare index, references, bytes and checksums of a data folder that no server has open")
        .long_about(
            "Compare index, references, bytes and checksums of a data folder that no server has open.\n\
                     Exit status: 0 nothing is wrong, 1 damage was found, 2 the check could not be made.",
        )
        .arg(json());
    let command = Command::new("portcullis")
        .about("An S3 server whose request pipeline is WebAssembly")
        .version(env!("CARGO_PKG_VERSION"))
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(settings(Command::new("serve").about("Serve requests until told to stop")))
        .subcommand(some_settings(check, &CHECKED))
        .subcommand(some_settings(upgrade_command(), &CHECKED))
        .subcommand(backups::command(|command, names| some_settings(command.arg(json()), names)))
        .subcommand(backups::restore_command(|command, names| some_settings(command.arg(json()), names)))
        .subcommand(access::explain_command())
        .subcommand(rules::command::<Rate>("limits"))
        .subcommand(rules::command::<Quota>("quota"))
        .subcommand(usage::command())
        .subcommand(access::policy_command())
        .subcommand(stage::command())
        .subcommand(transform::command())
        .subcommand(transform::olap_command())
        .subcommand(config)
        .subcommand(
            Command::new("compile")
                .hide(true)
                .about("Compile the component on standard input")
                .arg(
                    Arg::new("cache")
                        .required(true)
                        .value_name("FOLDER")
                        .value_parser(value_parser!(PathBuf)),
                )
                .arg(Arg::new("for").long("for").value_name("KIND")),
        )
        .subcommand(
            Command::new("completions")
                .about("Print what a shell needs to complete commands and flags")
                .long_about(
                    "Print what a shell needs to complete commands and flags:\n  \
                     portcullis completions bash > /etc/bash_completion.d/portcullis",
                )
                .arg(Arg::new("shell").required(true).value_name("SHELL").value_parser(value_parser!(Shell))),
        )
        .subcommand(Command::new("version").about("Print the version").arg(json()));
    help::grouped(command)
}

fn upgrade_command() -> Command {
    let dry_run = Arg::new("dry-run")
        .long("dry-run")
        .action(ArgAction::SetTrue)
        .help("Say what would be changed, and change nothing; a server may have the folder open");
    Command::new("upgrade")
        .about("Bring a data folder that no server has open to the format of this program, and check it")
        .long_about(
            "Bring a data folder that no server has open to the format of this program, and check it. `serve` does the \
             same when it starts, without the check.\n\
             Exit status: 0 nothing is to be done, or it is done and nothing is wrong; 1 with --dry-run, an upgrade is \
             to be done, else damage was found; 2 it could not be done.",
        )
        .arg(dry_run)
        .arg(json())
}

fn given(matches: &ArgMatches) -> Given {
    let many = |id: &str| -> Option<Vec<String>> {
        Some(matches.try_get_many::<String>(id).ok()??.cloned().collect())
    };
    Given {
        file: matches.get_one::<PathBuf>("config").cloned(),
        values: KEYS.iter().filter_map(|key| Some((key.name, many(key.name)?))).collect(),
        variables: many("variable").unwrap_or_default(),
    }
}

fn output(matches: &ArgMatches) -> Output {
    if matches.get_flag("json") { Output::Json } else { Output::Text }
}

#[cfg(test)]
mod tests;
