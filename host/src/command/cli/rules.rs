//! `portcullis limits` and `portcullis quota`: show and change what the server that runs on a data
//! folder allows to accounts, access keys, buckets and addresses.

use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use clap::builder::{NonEmptyStringValueParser, PossibleValue, PossibleValuesParser};
use clap::{Arg, ArgMatches, Command};
use http::{Method, StatusCode};
use serde_json::Value;

use super::settings::{json, some_settings};
use super::usage::{members, print, text};
use crate::command::explain::harmless;
use crate::command::output::{EXIT_FOUND, Output, complain};
use crate::config::{Allowance, Config, Quota, Rate, SIZE_FORMS, Subject};
use crate::front::admin;

/// What is asked of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Show what holds.
    Show,
    /// Set one, by its settings and their values.
    Set(Subject, String, Vec<(&'static str, String)>),
    /// Lift one.
    Clear(Subject, String),
}

/// What the commands of an allowance say of themselves.
pub(super) trait Spoken: Allowance {
    /// What it is in a few words.
    const ABOUT: &'static str;

    /// What a setting is, and the flag that may stand for it in short.
    fn help(setting: &str) -> (&'static str, &'static str);
}

impl Spoken for Rate {
    const ABOUT: &'static str = "rates: how many requests and bytes are allowed in a second";

    fn help(setting: &str) -> (&'static str, &'static str) {
        match setting {
            "requests_per_second" => ("Requests; a further one is answered 503", "requests"),
            "requests_burst" => {
                ("Requests that may come at once after a pause; as many as in a second when not set", "burst")
            }
            "bytes_in_per_second" => ("Bytes of request bodies; further ones wait", "bytes-in"),
            _ => ("Bytes of response bodies; further ones wait", "bytes-out"),
        }
    }
}

impl Spoken for Quota {
    const ABOUT: &'static str = "quotas: how much an account or a bucket may hold";

    fn help(setting: &str) -> (&'static str, &'static str) {
        match setting {
            "bytes_max" => ("Bytes of all versions and parts", "bytes"),
            _ => ("Versions, delete markers, uploads and parts", "objects"),
        }
    }
}

/// The command of an allowance.
pub(super) fn command<A: Spoken>(name: &'static str) -> Command {
    let noun = A::NOUN;
    let set = Command::new("set")
        .about(format!("Set a {noun} from now on, until the server ends; what is not given stays as it is"))
        .after_help(format!("Sizes are {SIZE_FORMS}."))
        .after_long_help(format!("Sizes are {SIZE_FORMS}."));
    let set = A::SETTINGS.iter().fold(of::<A>(set), |command, setting| {
        let (help, short) = A::help(setting);
        let unit = if setting.starts_with("bytes") { "SIZE" } else { "NUMBER" };
        let argument =
            Arg::new(*setting).long(setting.replace('_', "-")).visible_alias(short).value_name(unit);
        command.arg(argument.value_parser(NonEmptyStringValueParser::new()).help(help))
    });
    let commands = [
        Command::new("show").about(format!("Show the {} that hold", A::ALL)).arg(json()),
        set,
        of::<A>(Command::new("clear").about(format!("Lift a {noun} from now on, until the server ends"))),
    ];
    Command::new(name)
        .about(format!("Show or change {}", A::ABOUT))
        .long_about(format!(
            "Show or change {}, of the server that runs on a data folder.\n\
             Exit status: 0 done, 1 there is no such {noun}, 2 the server could not be asked, or refuses.",
            A::ABOUT
        ))
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommands(commands.map(|command| some_settings(command, &["data_dir"])))
}

/// A command about one subject and name.
fn of<A: Spoken>(command: Command) -> Command {
    // The file of the configuration writes `access_key`.
    let value = |subject: &Subject| PossibleValue::new(flag(*subject)).alias(subject.name());
    let subjects = PossibleValuesParser::new(A::SUBJECTS.iter().map(value));
    command
        .arg(
            Arg::new("subject")
                .value_name("SUBJECT")
                .required(true)
                .value_parser(subjects)
                .help("What it is for"),
        )
        .arg(
            Arg::new("name")
                .value_name("NAME")
                .required(true)
                .value_parser(NonEmptyStringValueParser::new())
                .help("Which one; * stands for each of them"),
        )
        .arg(json())
}

fn flag(subject: Subject) -> &'static str {
    match subject {
        Subject::AccessKey => "access-key",
        other => other.name(),
    }
}

/// What is asked, and the arguments of its own command.
pub(super) fn asked<A: Spoken>(matches: &ArgMatches) -> (Change, &ArgMatches) {
    match matches.subcommand() {
        Some(("set", matches)) => {
            let setting = |name: &&'static str| Some((*name, matches.get_one::<String>(name)?.clone()));
            let settings = A::SETTINGS.iter().filter_map(setting).collect();
            let (subject, name) = named::<A>(matches);
            (Change::Set(subject, name, settings), matches)
        }
        Some(("clear", matches)) => {
            let (subject, name) = named::<A>(matches);
            (Change::Clear(subject, name), matches)
        }
        Some((_, matches)) => (Change::Show, matches),
        None => (Change::Show, matches),
    }
}

fn named<A: Spoken>(matches: &ArgMatches) -> (Subject, String) {
    let text = |name| matches.get_one::<String>(name).cloned().unwrap_or_default();
    let subject = A::subject(&text("subject").replace('-', "_"));
    (subject.unwrap_or(Subject::Account), text("name"))
}

/// Asks the server, and prints what holds then.
pub(super) fn run<A: Spoken>(config: &Config, change: &Change, output: Output) -> Result<ExitCode> {
    let (method, path) = request::<A>(change)?;
    let answered = admin::ask(&config.data_dir, &method, &path)?;
    match (answered.status, change) {
        (StatusCode::OK, _) => {}
        (StatusCode::NOT_FOUND, Change::Clear(subject, name)) => {
            complain(&format!(
                "there is no {} for {} {}; the command `show` lists those that there are",
                A::NOUN,
                flag(*subject),
                harmless(name)
            ));
            return Ok(ExitCode::from(EXIT_FOUND));
        }
        _ => return Err(answered.refusal()),
    }
    let answer: Value = serde_json::from_str(&answered.text).context("reading the answer")?;
    if answer.get("notice").is_some() {
        complain(&text(&answer, "notice"));
    }
    print(&answered.text, output, render::<A>)
}

fn request<A: Spoken>(change: &Change) -> Result<(Method, String)> {
    let path = |subject: &Subject, name: &str| match subject.normal(name) {
        Some(name) => Ok(format!("/{}/{subject}/{name}", A::ALL)),
        None => bail!("{name:?} is no {}{}", flag(*subject), form(*subject)),
    };
    Ok(match change {
        Change::Show => (Method::GET, format!("/{}", A::ALL)),
        Change::Clear(subject, name) => (Method::DELETE, path(subject, name)?),
        Change::Set(subject, name, settings) => {
            let mut allowance = A::default();
            for (setting, value) in settings {
                allowance.set(setting, value)?;
            }
            // The server adds what holds already, and says whether the parts go together.
            if settings.is_empty() {
                let flags: Vec<String> =
                    A::SETTINGS.iter().map(|name| format!("--{}", name.replace('_', "-"))).collect();
                bail!("nothing is set: give one or more of {}", flags.join(", "));
            }
            let settings: Vec<String> =
                allowance.settings().iter().map(|(setting, value)| format!("{setting}={value}")).collect();
            (Method::PUT, format!("{}?{}", path(subject, name)?, settings.join("&")))
        }
    })
}

/// What a name looks like.
fn form(subject: Subject) -> &'static str {
    match subject {
        Subject::Account => ": an account is 12 digits; * stands for each of them",
        Subject::Address => ": an address is one such as 192.0.2.7 or 2001:db8::1; * stands for each of them",
        Subject::AccessKey | Subject::Bucket => "; * stands for each of them",
    }
}

/// `account 000000000001: requests per second 5 (configuration)`
fn render<A: Spoken>(answer: &Value) -> String {
    let allowances = members(answer, A::ALL);
    if allowances.is_empty() {
        return format!("no {} are set\n", A::ALL);
    }
    let line = |one: &Value| {
        let setting = |name: &&'static str| Some(format!("{} {}", name.replace('_', " "), one.get(*name)?));
        let settings: Vec<String> = A::SETTINGS.iter().filter_map(setting).collect();
        // As they are given: `access-key`, and an address of IPv6 stands for its first 64 bits.
        let (subject, name) = (text(one, "subject").replace('_', "-"), text(one, "name"));
        let bits = if subject == "address" && name.contains(':') { "/64" } else { "" };
        format!("{subject} {name}{bits}: {} ({})\n", settings.join(", "), text(one, "set_by"))
    };
    allowances.iter().map(line).collect()
}

#[cfg(test)]
mod tests;
