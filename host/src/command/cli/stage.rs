//! The command about stages of an operator's own: `portcullis stage`.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use crate::command::stage::{Action, Language, Tried};
use crate::config;
use crate::pipeline::added_stages::StageLimits;

/// `portcullis stage`
pub(super) fn command() -> Command {
    let new = Command::new("new")
        .about("Write the folder of a new stage, which works")
        .arg(Arg::new("name").required(true).value_name("NAME").help("Its name, and that of the folder"))
        .arg(
            Arg::new("lang")
                .long("lang")
                .required(true)
                .value_name("LANGUAGE")
                .value_parser(PossibleValuesParser::new(Language::NAMES.map(|(name, _)| name)))
                .help("What it is written in"),
        );
    let build = Command::new("build")
        .about("Build the component of a stage, with the tools of its language")
        .arg(path("folder", "DIR").default_value(".").help("The folder of the stage"));
    let check = Command::new("check")
        .about("Look at the component of a stage, and try it at every position")
        .long_about(
            "Look at the component of a stage, and try it at every position.\n\
             Exit status: 0 it runs, 1 it fails where everything is known, 2 it is no stage.",
        )
        .args(component());
    let test = Command::new("test")
        .about("Run a stage on described requests, without a server")
        .long_about(
            "Run a stage on described requests, without a server.\n\
             Exit status: 0 it does what the files expect, 1 it does not, 2 it could not be run.",
        )
        .args(component())
        .arg(
            path("request", "FILE")
                .long("request")
                .required(true)
                .num_args(1..)
                .action(ArgAction::Append)
                .help("Descriptions of requests (TOML)"),
        );
    let wit = Command::new("wit")
        .about("Write the contract between host and components (WIT) into a folder")
        .arg(path("folder", "DIR").required(true).help("It is made where it is missing"));
    Command::new("stage")
        .about("Make, build and try stages of your own")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommands([new, build, check, test, wit])
}

fn path(id: &'static str, name: &'static str) -> Arg {
    Arg::new(id).value_name(name).value_parser(value_parser!(PathBuf))
}

/// A component, and what a run of it may take.
fn component() -> [Arg; 4] {
    let number = |id: &'static str, name: &'static str, help: &'static str| {
        Arg::new(id).long(id).value_name(name).value_parser(value_parser!(u64)).help(help)
    };
    let size = |text: &str| config::parse_size(text).ok_or(format!("a size is {}", config::SIZE_FORMS));
    [
        path("file", "FILE.wasm").required(true).help("The component"),
        number("memory-bytes-max", "SIZE", "Bytes that a run may have, as memory_bytes_max of the manifest")
            .value_parser(size),
        number(
            "time-ms-max",
            "MILLISECONDS",
            "Milliseconds that a run may take, as time_ms_max of the manifest",
        ),
        path("cache-dir", "DIR").long("cache-dir").help("Keep compiled code in this folder"),
    ]
}

/// What a command line asks for.
pub(super) fn action(matches: &ArgMatches) -> Result<Action, clap::Error> {
    let one = |matches: &ArgMatches, id: &str| matches.get_one::<PathBuf>(id).cloned().unwrap_or_default();
    Ok(match matches.subcommand() {
        Some(("new", matches)) => {
            let name = matches.get_one::<String>("name").cloned().unwrap_or_default();
            let language = matches.get_one::<String>("lang").map(String::as_str).unwrap_or_default();
            let found = Language::NAMES.into_iter().find(|(name, _)| *name == language);
            Action::New(name, found.map_or(Language::Rust, |(_, language)| language))
        }
        Some(("build", matches)) => Action::Build(one(matches, "folder")),
        Some(("check", matches)) => Action::Check(given(matches)?),
        Some(("test", matches)) => {
            let requests = matches.get_many::<PathBuf>("request").unwrap_or_default().cloned().collect();
            Action::Test(given(matches)?, requests)
        }
        Some((_, matches)) => Action::Wit(one(matches, "folder")),
        None => {
            return Err(command().error(clap::error::ErrorKind::MissingSubcommand, "a command is missing"));
        }
    })
}

fn given(matches: &ArgMatches) -> Result<Tried, clap::Error> {
    let number = |id: &str| matches.get_one::<u64>(id).copied();
    let limits = StageLimits::new(number("memory-bytes-max"), number("time-ms-max"))
        .map_err(|error| command().error(clap::error::ErrorKind::ValueValidation, error))?;
    Ok(Tried {
        file: matches.get_one::<PathBuf>("file").cloned().unwrap_or_default(),
        limits,
        cache: matches.get_one::<PathBuf>("cache-dir").cloned(),
    })
}
