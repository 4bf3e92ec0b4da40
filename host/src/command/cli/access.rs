//! The commands about who may do what: `portcullis explain`, `portcullis policy lint`,
//! `portcullis policy simulate`.

use std::path::PathBuf;

use clap::builder::{NonEmptyStringValueParser, PossibleValuesParser};
use clap::{Arg, ArgAction, ArgGroup, ArgMatches, Command, value_parser};

use super::{CHECKED, Task, given, json, output, some_settings};
use crate::command::explain;
use crate::command::policy::{PolicyFile, Simulation};

/// What a policy can be for.
const KINDS: [&str; 9] = [
    "identity",
    "resource",
    "access-point",
    "object-lambda",
    "trust",
    "boundary",
    "session",
    "endpoint",
    "key",
];

/// `portcullis explain`
pub(super) fn explain_command() -> Command {
    let command = Command::new("explain")
        .about("Say why the server that runs on a data folder denied a request, or how a transform failed")
        .long_about(
            "Say why the server that runs on a data folder denied a request: who asked for what, every policy that was \
             considered, and what decided. Or which function or webhook failed, how, and the last error lines of it. \
             The newest denials and failures are kept in the server's memory.\n\
             Exit status: 0 it is explained, 1 nothing is kept of it, 2 the server could not be asked.",
        )
        .arg(
            Arg::new("request-id")
                .long("request-id")
                .value_name("ID")
                .value_parser(NonEmptyStringValueParser::new())
                .help("The id in the answer: its header, or its document"),
        )
        .arg(
            Arg::new("id")
                .value_name("ID")
                .value_parser(NonEmptyStringValueParser::new())
                .help("The same as --request-id"),
        )
        .arg(
            Arg::new("latest")
                .long("latest")
                .value_name("N")
                .num_args(0..=1)
                .default_missing_value("1")
                .value_parser(value_parser!(u16).range(1..=1000))
                .help("The latest denial, or so many of them, the newest first"),
        )
        .group(ArgGroup::new("question").args(["request-id", "id", "latest"]).required(true))
        .arg(json());
    some_settings(command, &["data_dir"])
}

/// `portcullis policy`
pub(super) fn policy_command() -> Command {
    let lint = Command::new("lint")
        .about("Look for what is suspicious in policies")
        .long_about(
            "Look for what is suspicious in policies: actions and condition keys that do not exist, conditions that never \
             hold, grants to the public.\n\
             Exit status: 0 nothing beyond notices, 1 warnings or errors, 2 a file could not be read.",
        )
        .arg(
            Arg::new("kind")
                .long("kind")
                .value_name("KIND")
                .value_parser(PossibleValuesParser::new(KINDS))
                .help("What the policies are for; what their elements say when not set"),
        )
        .arg(
            Arg::new("files")
                .required(true)
                .num_args(1..)
                .action(ArgAction::Append)
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .help("Policies; - is standard input"),
        )
        .arg(json());
    Command::new("policy")
        .about("Look at policies before they are put to use")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(some_settings(lint, &CHECKED))
        .subcommand(some_settings(simulate_command(), &CHECKED))
}

fn simulate_command() -> Command {
    let text = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).value_parser(NonEmptyStringValueParser::new()).help(help)
    };
    let file = |name: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name("FILE").value_parser(value_parser!(PathBuf)).help(help)
    };
    Command::new("simulate")
        .about("Say how policies would decide on a request")
        .long_about(
            "Say how policies would decide on a request, for every action on every resource: the decision, \
             the statements that it rests on, and the condition keys that were asked for and not given.\n\
             Exit status: 0 everything is allowed, 1 something is denied, 2 it could not be decided.",
        )
        .arg(file("policy", "A policy of the principal; repeatable").action(ArgAction::Append))
        .arg(file("boundary", "The permissions boundary of the principal"))
        .arg(file("session", "A session policy; repeatable").action(ArgAction::Append))
        .arg(file(
            "resource-policy",
            "The policy of the resource, which may be a key, or the trust policy of the role",
        ))
        .arg(
            text("action", "ACTION", "An action, as policies name it; repeatable")
                .action(ArgAction::Append)
                .value_delimiter(',')
                .required(true),
        )
        .arg(text("resource", "ARN", "A resource; repeatable; any when not set").action(ArgAction::Append))
        .arg(text("context", "KEY=VALUE", "What the request carries; repeatable").action(ArgAction::Append))
        .arg(text("caller-arn", "ARN", "The principal; one of the owner's account when not set"))
        .arg(text(
            "resource-owner",
            "ACCOUNT",
            "The account that owns the resources; the principal's when not set",
        ))
        .arg(json())
}

/// The task of `portcullis explain`.
pub(super) fn explain(matches: &ArgMatches) -> Task {
    let question = match matches.get_one::<String>("request-id").or_else(|| matches.get_one("id")) {
        Some(id) => explain::Question::Request(id.clone()),
        None => explain::Question::Latest(matches.get_one::<u16>("latest").copied().unwrap_or(1).into()),
    };
    Task::Explain(given(matches), question, output(matches))
}

/// The task of `portcullis policy`.
pub(super) fn policy(matches: &ArgMatches) -> Task {
    match matches.subcommand() {
        Some(("simulate", matches)) => {
            Task::Simulate(given(matches), Box::new(question(matches)), output(matches))
        }
        Some((_, matches)) => lint(matches),
        None => lint(matches),
    }
}

fn lint(matches: &ArgMatches) -> Task {
    let kind = matches.try_get_one::<String>("kind").ok().flatten().cloned().unwrap_or_default();
    let documents = named(matches, "files", &kind);
    Task::Lint(given(matches), documents, output(matches))
}

fn question(matches: &ArgMatches) -> Simulation {
    let many = |name: &str| -> Vec<String> {
        matches.get_many::<String>(name).map(|values| values.cloned().collect()).unwrap_or_default()
    };
    let kinds = [
        ("policy", "identity"),
        ("boundary", "boundary"),
        ("session", "session"),
        ("resource-policy", "resource"),
    ];
    Simulation {
        documents: kinds.iter().flat_map(|(argument, kind)| named(matches, argument, kind)).collect(),
        actions: many("action"),
        resources: many("resource"),
        context: many("context"),
        caller: matches.get_one::<String>("caller-arn").cloned(),
        owner: matches.get_one::<String>("resource-owner").cloned(),
    }
}

fn named(matches: &ArgMatches, argument: &str, kind: &str) -> Vec<PolicyFile> {
    let files = matches.try_get_many::<PathBuf>(argument).ok().flatten();
    let named = |file: &PathBuf| PolicyFile { kind: kind.to_owned(), file: file.clone() };
    files.map(|files| files.map(named).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests;
