//! The settings as flags: each row of the table of keys, under the heading of its table, with a
//! placeholder that says what a value is.

use clap::builder::NonEmptyStringValueParser;
use clap::{Arg, ArgAction, Command, value_parser};

use std::path::PathBuf;

use crate::config::{Form, KEYS, Key};

/// Every setting, and variables of the pipeline.
pub(super) fn settings(command: Command) -> Command {
    let variable = Arg::new("variable")
        .long("variable")
        .value_name("NAME=VALUE")
        .action(ArgAction::Append)
        .help_heading("Data folder and pipeline")
        .help("Set a variable of the pipeline; repeatable")
        .long_help(
            "Set a variable that the pipeline's manifest declares; repeatable.\n\
             Allowed: what the manifest says\n\
             Environment: PORTCULLIS_VARIABLE_NAME",
        );
    KEYS.iter().fold(command.arg(file()).arg(variable), with_key).after_help(afterwards()).after_long_help(
        format!(
            "{}\n{}",
            hidden_settings(),
            "All settings, with the names that they have in the file: docs/configuration.md"
        ),
    )
}

/// The configuration file, and flags for these keys only.
pub(super) fn some_settings(command: Command, names: &[&str]) -> Command {
    let command = KEYS.iter().filter(|key| names.contains(&key.name)).fold(command.arg(file()), with_key);
    // Few flags need no headings.
    command.mut_args(|argument| argument.help_heading(None::<&str>).hide_short_help(false))
}

fn file() -> Arg {
    Arg::new("config")
        .long("config")
        .value_name("FILE")
        .value_parser(value_parser!(PathBuf))
        .help("Read this configuration file (TOML)")
        .long_help("Read this configuration file (TOML).\nEnvironment: PORTCULLIS_CONFIG")
}

fn with_key(command: Command, key: &'static Key) -> Command {
    let Some(flag) = key.flag() else { return command };
    let default = key.default();
    let short = if default.is_empty() { String::new() } else { format!(" [{default}]") };
    let mut long = format!("{}.\nAllowed: {}\nEnvironment: {}", key.help, key.allowed, key.environment());
    if !default.is_empty() {
        long += &format!("\nDefault: {default}");
    }
    let is_switch = key.is_switch();
    let (heading, is_usual) = heading(key);
    let mut argument = Arg::new(key.name)
        .long(flag)
        .value_name(placeholder(key))
        .value_parser(NonEmptyStringValueParser::new())
        .action(if key.form == Form::Many { ArgAction::Append } else { ArgAction::Set })
        .help_heading(heading)
        .hide_short_help(!is_usual)
        .help(format!("{}{short}", key.help))
        .long_help(long);
    if is_switch {
        argument = argument.num_args(0..=1).default_missing_value("true");
    }
    if key.form == Form::Many {
        argument = argument.value_delimiter(',');
    }
    command.arg(argument)
}

/// The heading of a key, which follows from its table, and whether `-h` lists it.
fn heading(key: &Key) -> (&'static str, bool) {
    match key.name.split_once('.').map_or(key.name, |(table, _)| table) {
        "listen" | "admin_listen" | "region" | "domain" => ("Listening", true),
        "data_dir" | "cache_dir" | "pipeline" | "workers" => ("Data folder and pipeline", true),
        "log" | "access_log" | "access_log_file" | "access_log_stages" => ("Logs", true),
        "telemetry" | "explanations" | "stage_sample" => ("Telemetry and explanations", false),
        "outbound" => ("What the server fetches", false),
        "limits" => ("Limits on clients", false),
        "storage" => ("Storage", false),
        _ => ("More settings", false),
    }
}

/// What stands for a value. It follows from what is allowed, or else from the name.
fn placeholder(key: &Key) -> String {
    let allowed = key.allowed;
    let begins = |words: &str| allowed.starts_with(words);
    match () {
        () if begins("true or false") => "true|false".to_owned(),
        () if begins("off, ") => "off|text|json|s3".to_owned(),
        () if begins("a list of ADDRESS:PORT") => "ADDRESS:PORT".to_owned(),
        () if begins("a list of HOST[:PORT]") => "HOST[:PORT]".to_owned(),
        () if begins("a folder") => "FOLDER".to_owned(),
        () if begins("a file") || key.name == "pipeline" => "FILE".to_owned(),
        () if begins("a size") => "SIZE".to_owned(),
        () if begins("a whole number of seconds") => "SECONDS".to_owned(),
        () if begins("a whole number") => "NUMBER".to_owned(),
        () if begins("an address http") => "URL".to_owned(),
        // Two words: `text or json`.
        () if allowed.split(' ').count() == 3 && allowed.contains(" or ") => allowed.replace(" or ", "|"),
        () => key.name.rsplit(['.', '_']).next().unwrap_or_default().to_uppercase(),
    }
}

/// What stands below the short help.
fn afterwards() -> String {
    format!("{}\nLimits, storage, telemetry and more: --help", hidden_settings())
}

/// The settings without a flag: every user of the machine can read a command line.
fn hidden_settings() -> String {
    let mut text = "Only in the environment or the file:\n".to_owned();
    for key in KEYS.iter().filter(|key| key.form == Form::Hidden) {
        text += &format!("  {:<33} {}\n", key.environment(), key.help);
    }
    text
}

/// The flag of commands that print a document for programs.
pub(super) fn json() -> Arg {
    Arg::new("json").long("json").action(ArgAction::SetTrue).help("Print one JSON document")
}
