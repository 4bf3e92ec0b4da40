//! `portcullis limits`: shows and changes the rates of the server that runs on a data folder.

use std::process::ExitCode;

use anyhow::{Context as _, Result, bail, ensure};
use clap::builder::{NonEmptyStringValueParser, PossibleValue, PossibleValuesParser};
use clap::{Arg, ArgMatches, Command};
use http::{Method, StatusCode};
use serde_json::Value;

use super::{Task, given, json, output, some_settings};
use crate::command::explain::harmless;
use crate::command::output::{EXIT_FOUND, Output, complain, say};
use crate::config::{Config, Rate, Subject};
use crate::front::admin;

/// What is asked of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Show the limits.
    Show,
    /// Set one, by its settings and their values.
    Set(Subject, String, Vec<(&'static str, String)>),
    /// Lift one.
    Clear(Subject, String),
}

/// `portcullis limits`
pub(super) fn command() -> Command {
    let of = |command: Command| {
        let subjects = PossibleValuesParser::new(
            // The file of the configuration writes `access_key`.
            Subject::ALL.map(|subject| PossibleValue::new(flag(subject)).alias(subject.name())),
        );
        let name = NonEmptyStringValueParser::new();
        command
            .arg(Arg::new("subject").value_name("SUBJECT").required(true).value_parser(subjects))
            .arg(
                Arg::new("name")
                    .value_name("NAME")
                    .required(true)
                    .value_parser(name)
                    .help("Which one; * stands for each of them"),
            )
            .arg(json())
    };
    let set = Command::new("set")
        .about("Set a limit from now on, until the server ends; what is not given stays as it is");
    let set = Rate::SETTINGS.into_iter().fold(of(set), |command, setting| {
        let unit = if setting.starts_with("bytes") { "SIZE" } else { "NUMBER" };
        let argument = Arg::new(setting).long(setting.replace('_', "-")).value_name(unit);
        command.arg(argument.value_parser(NonEmptyStringValueParser::new()).help(help(setting)))
    });
    let commands = [
        Command::new("show").about("Show the limits that hold").arg(json()),
        set,
        of(Command::new("clear").about("Lift a limit from now on, until the server ends")),
    ];
    Command::new("limits")
        .about("Show or change rates: how many requests and bytes are allowed in a second")
        .long_about(
            "Show or change rates, how many requests and bytes are allowed in a second, of the server that runs \
             on a data folder.\n\
             Exit status: 0 done, 1 there is no such limit, 2 the server could not be asked, or refuses.",
        )
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommands(commands.map(|command| some_settings(command, &["data_dir"])))
}

fn flag(subject: Subject) -> &'static str {
    match subject {
        Subject::AccessKey => "access-key",
        other => other.name(),
    }
}

fn help(setting: &str) -> &'static str {
    match setting {
        "requests_per_second" => "Requests; a further one is answered 503",
        "requests_burst" => {
            "Requests that may come at once after a pause; as many as in a second when not set"
        }
        "bytes_in_per_second" => "Bytes of request bodies, as 1048576 or 1MiB; further ones wait",
        _ => "Bytes of response bodies; further ones wait",
    }
}

/// The task of `portcullis limits`.
pub(super) fn task(matches: &ArgMatches) -> Task {
    let (change, matches) = match matches.subcommand() {
        Some(("set", matches)) => {
            let setting = |name| Some((name, matches.get_one::<String>(name)?.clone()));
            let settings = Rate::SETTINGS.into_iter().filter_map(setting).collect();
            let (subject, name) = named(matches);
            (Change::Set(subject, name, settings), matches)
        }
        Some(("clear", matches)) => {
            let (subject, name) = named(matches);
            (Change::Clear(subject, name), matches)
        }
        Some((_, matches)) => (Change::Show, matches),
        None => (Change::Show, matches),
    };
    Task::Limits(given(matches), change, output(matches))
}

fn named(matches: &ArgMatches) -> (Subject, String) {
    let text = |name| matches.get_one::<String>(name).cloned().unwrap_or_default();
    let subject = Subject::parse(&text("subject").replace('-', "_"));
    (subject.unwrap_or(Subject::Account), text("name"))
}

/// Asks the server, and prints the limits that hold then.
pub(super) fn run(config: &Config, change: &Change, output: Output) -> Result<ExitCode> {
    let (method, path) = request(change)?;
    let answered = admin::ask(&config.data_dir, &method, &path)?;
    match (answered.status, change) {
        (StatusCode::OK, _) => {}
        (StatusCode::NOT_FOUND, Change::Clear(subject, name)) => {
            complain(&format!("there is no limit for {subject} {}", harmless(name)));
            return Ok(ExitCode::from(EXIT_FOUND));
        }
        (status, _) => bail!("the server answers {status}: {}", answered.text),
    }
    if output == Output::Json {
        return Ok(say(&format!("{}\n", answered.text)));
    }
    Ok(say(&render(&serde_json::from_str(&answered.text).context("reading the answer")?)))
}

fn request(change: &Change) -> Result<(Method, String)> {
    let path = |subject: &Subject, name: &str| match subject.normal(name) {
        Some(name) => Ok(format!("/limits/{subject}/{name}")),
        None => bail!("{name:?} is no {subject}; * stands for each of them"),
    };
    Ok(match change {
        Change::Show => (Method::GET, "/limits".to_owned()),
        Change::Clear(subject, name) => (Method::DELETE, path(subject, name)?),
        Change::Set(subject, name, settings) => {
            let mut rate = Rate::default();
            for (setting, value) in settings {
                rate.set(setting, value)?;
            }
            // The server adds what holds already, and says whether that makes a limit.
            ensure!(
                !settings.is_empty(),
                "give one of {}",
                Rate::SETTINGS.map(|name| format!("--{}", name.replace('_', "-"))).join(", ")
            );
            let settings: Vec<String> =
                rate.settings().into_iter().map(|(setting, value)| format!("{setting}={value}")).collect();
            (Method::PUT, format!("{}?{}", path(subject, name)?, settings.join("&")))
        }
    })
}

/// `account 000000000001: requests per second 5 (configuration)`
fn render(answer: &Value) -> String {
    let limits = answer.get("limits").and_then(Value::as_array).cloned().unwrap_or_default();
    if limits.is_empty() {
        return "no limits are set\n".to_owned();
    }
    let text = |limit: &Value, member: &str| {
        limit.get(member).and_then(Value::as_str).map(harmless).unwrap_or_default()
    };
    let line = |limit: &Value| {
        let settings: Vec<String> = Rate::SETTINGS
            .into_iter()
            .filter_map(|name| Some(format!("{} {}", name.replace('_', " "), limit.get(name)?)))
            .collect();
        let by = text(limit, "set_by");
        // As they are given: `access-key`, and an address of IPv6 stands for its first 64 bits.
        let (subject, name) = (text(limit, "subject").replace('_', "-"), text(limit, "name"));
        let bits = if subject == "address" && name.contains(':') { "/64" } else { "" };
        format!("{subject} {name}{bits}: {} ({by})\n", settings.join(", "))
    };
    limits.iter().map(line).collect()
}

#[cfg(test)]
mod tests;
