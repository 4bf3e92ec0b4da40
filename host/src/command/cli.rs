//! The command line: `portcullis serve|check|explain|limits|policy|config|version`. Flags of
//! `serve` come from the table of keys.

mod access;
mod limits;

use std::ffi::OsString;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::builder::NonEmptyStringValueParser;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use super::output::{EXIT_FAILED, EXIT_FOUND, Output, complain, say};
use super::{check, explain, policy, serve};
use crate::config::{self, Config, Environment, Form, Given, KEYS, Key};
use crate::keys::accounts::Accounts;
use crate::keys::master_keys::DeclaredKey;
use crate::pipeline::adviser;
use crate::pipeline::compose::Manifest;
use crate::pipeline::engine;
use crate::pipeline::peer::Endpoint;

pub use limits::Change;

/// What a process was asked to do.
#[derive(Debug)]
pub enum Task {
    /// Serve until told to stop.
    Serve(Given),
    /// Compare index, references, bytes and checksums of a data folder that no server has open.
    Check(Given, Output),
    /// Say why the server of a data folder denied a request.
    Explain(Given, explain::Question, Output),
    /// Show or change the limits of the server of a data folder.
    Limits(Given, limits::Change, Output),
    /// Look for suspicious parts of policies.
    Lint(Given, Vec<policy::PolicyFile>, Output),
    /// Say how policies would decide on requests.
    Simulate(Given, Box<policy::Simulation>, Output),
    /// Check a configuration.
    ConfigCheck(Given),
    /// Print the effective configuration.
    ConfigShow(Given),
    /// Compile the component on standard input into a cache folder: what `serve` does in a process
    /// of its own.
    Compile(PathBuf),
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
        Some(("explain", matches)) => access::explain(matches),
        Some(("limits", matches)) => limits::task(matches),
        Some(("policy", matches)) => access::policy(matches),
        Some(("config", matches)) => match matches.subcommand() {
            Some(("show", matches)) => Task::ConfigShow(given(matches)),
            Some((_, matches)) => Task::ConfigCheck(given(matches)),
            None => Task::ConfigCheck(Given::default()),
        },
        Some(("compile", matches)) => {
            Task::Compile(matches.get_one::<PathBuf>("cache").cloned().unwrap_or_default())
        }
        Some((_, matches)) => Task::Version(output(matches)),
        None => Task::Version(Output::Text),
    })
}

/// Does it. Results go to standard output, errors to standard error.
pub fn run(task: Task) -> ExitCode {
    engine::compile_in_own_process();
    let outcome = match task {
        Task::Serve(given) => load(&given).and_then(serve::run).map(|()| ExitCode::SUCCESS),
        Task::Check(given, output) => load(&given).and_then(|config| check::run(&config, output)),
        Task::Explain(given, question, output) => {
            load(&given).and_then(|config| explain::run(&config, &question, output))
        }
        Task::Limits(given, change, output) => {
            load(&given).and_then(|config| limits::run(&config, &change, output))
        }
        Task::Lint(given, documents, output) => {
            load(&given).and_then(|config| policy::lint(&config, &documents, output))
        }
        Task::Simulate(given, question, output) => {
            load(&given).and_then(|config| policy::simulate(&config, &question, output))
        }
        Task::ConfigCheck(given) => Ok(check_config(&given)),
        Task::ConfigShow(given) => load(&given).map(|config| say(&config::render(&config))),
        Task::Compile(cache) => compile(&cache).map(|()| ExitCode::SUCCESS),
        Task::Version(output) => Ok(say(&version(output))),
    };
    outcome.unwrap_or_else(|error| {
        complain(&format!("{error:#}"));
        ExitCode::from(EXIT_FAILED)
    })
}

fn compile(cache: &Path) -> anyhow::Result<()> {
    let mut component = Vec::new();
    std::io::stdin().lock().read_to_end(&mut component)?;
    engine::compile_into(cache, &component)
}

fn load(given: &Given) -> anyhow::Result<Config> {
    Ok(config::load(given, &Environment::of_process()?)?)
}

fn check_config(given: &Given) -> ExitCode {
    match checked(given) {
        Ok(config) => {
            say(&config.notices.iter().map(|notice| format!("notice: {notice}\n")).collect::<String>())
        }
        Err(error) => {
            complain(&format!("{error:#}"));
            ExitCode::from(EXIT_FOUND)
        }
    }
}

/// A configuration whose accounts are in order, and whose policies of endpoints and keys can be
/// read, as the pipeline that would act by them says.
fn checked(given: &Given) -> anyhow::Result<Config> {
    let config = load(given)?;
    Accounts::check(&config)?;
    let (endpoints, keys) = (Endpoint::load_all(&config)?, DeclaredKey::load_all(&config)?);
    let manifest = Manifest::load(config.pipeline.as_deref())?;
    adviser::check_policies(&endpoints, &keys, &manifest, config.made_cache_folder().as_deref())?;
    Ok(config)
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

fn json() -> Arg {
    Arg::new("json").long("json").action(ArgAction::SetTrue).help("Print one JSON document")
}

fn command() -> Command {
    let config = Command::new("config")
        .about("Check or show the configuration")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(settings(
            Command::new("check").about("Judge the configuration without starting anything"),
        ))
        .subcommand(settings(
            Command::new("show").about("Print the effective configuration, secrets redacted"),
        ));
    let check = Command::new("check")
        .about("Compare index, references, bytes and checksums of a data folder that no server has open")
        .long_about(
            "Compare index, references, bytes and checksums of a data folder that no server has open.\n\
                     Exit status: 0 nothing is wrong, 1 damage was found, 2 the check could not be made.",
        )
        .arg(json());
    Command::new("portcullis")
        .about("An S3 server whose request pipeline is WebAssembly")
        .version(env!("CARGO_PKG_VERSION"))
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(settings(Command::new("serve").about("Serve requests until told to stop")))
        .subcommand(some_settings(check, &CHECKED))
        .subcommand(access::explain_command())
        .subcommand(limits::command())
        .subcommand(access::policy_command())
        .subcommand(config)
        .subcommand(
            Command::new("compile").hide(true).about("Compile the component on standard input").arg(
                Arg::new("cache").required(true).value_name("FOLDER").value_parser(value_parser!(PathBuf)),
            ),
        )
        .subcommand(Command::new("version").about("Print the version").arg(json()))
}

fn settings(command: Command) -> Command {
    let variable = Arg::new("variable")
        .long("variable")
        .value_name("NAME=VALUE")
        .action(ArgAction::Append)
        .help("Set a variable that the pipeline declares; repeatable [env: PORTCULLIS_VARIABLE_NAME]");
    KEYS.iter().fold(command.arg(file()).arg(variable), with_key)
}

/// The configuration file, and flags for these keys only.
fn some_settings(command: Command, names: &[&str]) -> Command {
    KEYS.iter().filter(|key| names.contains(&key.name)).fold(command.arg(file()), with_key)
}

fn file() -> Arg {
    Arg::new("config")
        .long("config")
        .value_name("FILE")
        .value_parser(value_parser!(PathBuf))
        .help("Read this configuration file (TOML) [env: PORTCULLIS_CONFIG]")
}

fn with_key(command: Command, key: &'static Key) -> Command {
    let Some(flag) = key.flag() else { return command };
    let default = match key.default() {
        none if none.is_empty() => String::new(),
        default => format!(" [default: {default}]"),
    };
    let switch = key.is_switch();
    let mut argument = Arg::new(key.name)
        .long(flag)
        .value_name(if switch { "true|false" } else { "VALUE" })
        .value_parser(NonEmptyStringValueParser::new())
        .action(if key.form == Form::Many { ArgAction::Append } else { ArgAction::Set })
        .help(format!("{} [env: {}]{default}", key.help, key.environment()))
        .long_help(format!("{}; {} [env: {}]{default}", key.help, key.allowed, key.environment()));
    if switch {
        argument = argument.num_args(0..=1).default_missing_value("true");
    }
    if key.form == Form::Many {
        argument = argument.value_delimiter(',');
    }
    command.arg(argument)
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
