//! `portcullis quota` and `portcullis usage`: how much may be held, and how much is, on the server
//! that runs on a data folder.

use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use clap::builder::{NonEmptyStringValueParser, PossibleValuesParser};
use clap::{Arg, ArgMatches, Command};
use http::{Method, StatusCode};
use serde_json::Value;

use super::settings::{json, some_settings};
use crate::command::explain::harmless;
use crate::command::output::{EXIT_FOUND, Output, complain, say};
use crate::config::{Config, ConfigError, Quota, Subject};
use crate::front::admin;

/// What is asked of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QuotaChange {
    /// Show the quotas.
    Show,
    /// Set one, by its settings and their values.
    Set(Subject, String, Vec<(&'static str, String)>),
    /// Lift one.
    Clear(Subject, String),
}

/// `portcullis quota`
pub(super) fn command() -> Command {
    let of = |command: Command| {
        let subjects = PossibleValuesParser::new(Quota::SUBJECTS.map(Subject::name));
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
    let set = Command::new("set").about("Set a quota from now on, until the server ends");
    let set = Quota::SETTINGS.into_iter().fold(of(set), |command, setting| {
        let help = match setting {
            "bytes_max" => "Bytes of all versions and parts, as 1048576 or 10GiB",
            _ => "Versions, delete markers, uploads and parts",
        };
        let argument = Arg::new(setting).long(setting.replace('_', "-")).value_name("VALUE");
        command.arg(argument.value_parser(NonEmptyStringValueParser::new()).help(help))
    });
    let commands = [
        Command::new("show").about("Show the quotas that hold").arg(json()),
        set,
        of(Command::new("clear").about("Lift a quota from now on, until the server ends")),
    ];
    Command::new("quota")
        .about("Show or change quotas: how much an account or a bucket may hold")
        .long_about(
            "Show or change quotas, how much an account or a bucket may hold, of the server that runs on a data \
             folder.\n\
             Exit status: 0 done, 1 there is no such quota, 2 the server could not be asked, or refuses.",
        )
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommands(commands.map(|command| some_settings(command, &["data_dir"])))
}

/// `portcullis usage`
pub(super) fn usage_command() -> Command {
    let command = Command::new("usage").about("Show how much accounts and buckets hold").long_about(
        "Show how many objects and bytes accounts and their buckets hold on the server that runs on a data folder.\n\
         Objects are versions, delete markers, uploads in progress and their parts.\n\
         Exit status: 0 done, 2 the server could not be asked.",
    );
    some_settings(command.arg(json()), &["data_dir"])
}

/// What `portcullis quota` asks, and the arguments of its own command.
pub(super) fn asked(matches: &ArgMatches) -> (QuotaChange, &ArgMatches) {
    match matches.subcommand() {
        Some(("set", matches)) => {
            let setting = |name| Some((name, matches.get_one::<String>(name)?.clone()));
            let settings = Quota::SETTINGS.into_iter().filter_map(setting).collect();
            let (subject, name) = named(matches);
            (QuotaChange::Set(subject, name, settings), matches)
        }
        Some(("clear", matches)) => {
            let (subject, name) = named(matches);
            (QuotaChange::Clear(subject, name), matches)
        }
        Some((_, matches)) => (QuotaChange::Show, matches),
        None => (QuotaChange::Show, matches),
    }
}

fn named(matches: &ArgMatches) -> (Subject, String) {
    let text = |name| matches.get_one::<String>(name).cloned().unwrap_or_default();
    (Quota::subject(&text("subject")).unwrap_or(Subject::Account), text("name"))
}

/// Asks the server, and prints the quotas that hold then.
pub(super) fn run(config: &Config, change: &QuotaChange, output: Output) -> Result<ExitCode> {
    let (method, path) = request(change)?;
    let answered = admin::ask(&config.data_dir, &method, &path)?;
    match (answered.status, change) {
        (StatusCode::OK, _) => {}
        (StatusCode::NOT_FOUND, QuotaChange::Clear(subject, name)) => {
            complain(&format!("there is no quota for {subject} {}", harmless(name)));
            return Ok(ExitCode::from(EXIT_FOUND));
        }
        (status, _) => bail!("the server answers {status}: {}", answered.text),
    }
    let answer: Value = serde_json::from_str(&answered.text).context("reading the answer")?;
    if answer.get("notice").is_some() {
        complain(&text(&answer, "notice"));
    }
    print(&answered.text, output, render)
}

/// Asks the server, and prints what accounts and buckets hold.
pub(super) fn run_usage(config: &Config, output: Output) -> Result<ExitCode> {
    let answered = admin::get(&config.data_dir, "/usage")?;
    if answered.status != StatusCode::OK {
        bail!("the server answers {}: {}", answered.status, answered.text);
    }
    print(&answered.text, output, render_usage)
}

fn print(text: &str, output: Output, render: fn(&Value) -> String) -> Result<ExitCode> {
    Ok(match output {
        Output::Json => say(&format!("{text}\n")),
        Output::Text => say(&render(&serde_json::from_str(text).context("reading the answer")?)),
    })
}

fn request(change: &QuotaChange) -> Result<(Method, String)> {
    let path = |subject: &Subject, name: &str| match subject.normal(name) {
        Some(name) => Ok(format!("/quotas/{subject}/{name}")),
        None => bail!("{name:?} is no {subject}; * stands for each of them"),
    };
    Ok(match change {
        QuotaChange::Show => (Method::GET, "/quotas".to_owned()),
        QuotaChange::Clear(subject, name) => (Method::DELETE, path(subject, name)?),
        QuotaChange::Set(subject, name, settings) => {
            let mut quota = Quota::default();
            for (setting, value) in settings {
                quota.set(setting, value)?;
            }
            quota.check().map_err(|ConfigError(why)| anyhow::anyhow!(why.replace('_', "-")))?;
            let settings: Vec<String> =
                quota.settings().into_iter().map(|(setting, value)| format!("{setting}={value}")).collect();
            (Method::PUT, format!("{}?{}", path(subject, name)?, settings.join("&")))
        }
    })
}

fn members<'a>(answer: &'a Value, name: &str) -> &'a [Value] {
    answer.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn text(value: &Value, member: &str) -> String {
    value.get(member).and_then(Value::as_str).map(harmless).unwrap_or_default()
}

fn number(value: &Value, member: &str) -> String {
    value.get(member).and_then(Value::as_u64).map(|number| number.to_string()).unwrap_or_default()
}

/// `bucket photos: bytes max 1048576 (configuration)`
fn render(answer: &Value) -> String {
    let quotas = members(answer, "quotas");
    if quotas.is_empty() {
        return "no quotas are set\n".to_owned();
    }
    let line = |quota: &Value| {
        let settings: Vec<String> = Quota::SETTINGS
            .into_iter()
            .filter_map(|name| Some(format!("{} {}", name.replace('_', " "), quota.get(name)?)))
            .collect();
        let by = text(quota, "set_by");
        format!("{} {}: {} ({by})\n", text(quota, "subject"), text(quota, "name"), settings.join(", "))
    };
    quotas.iter().map(line).collect()
}

/// A table: an account, and below it its buckets.
fn render_usage(answer: &Value) -> String {
    let heads = ["ACCOUNT", "BUCKET", "OBJECTS", "BYTES", "OBJECTS MAX", "BYTES MAX"];
    let mut lines = vec![heads.map(str::to_owned)];
    for usage in members(answer, "usage") {
        let bucket = match usage.get(Subject::Bucket.name()) {
            Some(_) => text(usage, Subject::Bucket.name()),
            None => "(all)".to_owned(),
        };
        let [objects, bytes, objects_max, bytes_max] =
            ["objects", "bytes", "objects_max", "bytes_max"].map(|member| number(usage, member));
        lines.push([text(usage, "account"), bucket, objects, bytes, objects_max, bytes_max]);
    }
    let widths: Vec<usize> = (0..heads.len())
        .map(|column| lines.iter().filter_map(|line| line.get(column)).map(String::len).max().unwrap_or(0))
        .collect();
    let line = |cells: &[String; 6]| {
        let padded = cells.iter().zip(&widths).enumerate().map(|(column, (cell, width))| match column {
            0 | 1 => format!("{cell:<width$}"),
            _ => format!("{cell:>width$}"),
        });
        format!("{}\n", padded.collect::<Vec<_>>().join("  ").trim_end())
    };
    lines.iter().map(line).collect()
}

#[cfg(test)]
mod tests;
