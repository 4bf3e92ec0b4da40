//! The command about transforms: `portcullis transform`.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use crate::command::cli::settings::some_settings;
use crate::command::cli::{Task, given as given_settings};
use crate::command::transform::{
    Deployment, EXAMPLES, Exposure, FunctionChore, LogsQuestion, RulesChange, Shape, TransformAction,
    TransformLanguage, TransformTemplate, Trial, TriedTransform,
};
use crate::transforms::{CallLimits, LimitsGiven};

/// `portcullis transform`
pub(super) fn command() -> Command {
    let new = Command::new("new")
        .about("Write the folder of a new transform, which works")
        .arg(
            Arg::new("lang")
                .long("lang")
                .required_unless_present("from")
                .value_name("LANGUAGE")
                .value_parser(PossibleValuesParser::new(TransformLanguage::NAMES.map(|(name, _)| name)))
                .help("What it is written in"),
        )
        .arg(
            Arg::new("streaming")
                .long("streaming")
                .action(ArgAction::SetTrue)
                .help("Bytes come and go as streams, not as lists (Rust)"),
        )
        .arg(
            Arg::new("from")
                .long("from")
                .value_name("EXAMPLE")
                .conflicts_with_all(["lang", "streaming"])
                .value_parser(PossibleValuesParser::new(EXAMPLES.map(|example| example.name)))
                .help("A transform of the gallery, to use or to change"),
        )
        .arg(path("folder", "DIR").required(true).help("Its folder, which has its name"));
    let build = Command::new("build")
        .about("Build the component of a transform, with the tools of its language")
        .arg(path("folder", "DIR").default_value(".").help("The folder of the transform"));
    let check = Command::new("check")
        .about("Look at the component of a transform, and try each of its exports")
        .long_about(
            "Look at the component of a transform, and try each of its exports on a small object.\n\
             Exit status: 0 it runs, 1 it fails, 2 it is no transform, or imports what it is not granted.",
        )
        .args(component());
    let test = Command::new("test")
        .about("Run a transform on a file, without a server")
        .long_about(
            "Run a transform on a file, in the sandbox of the server, and show what it answers and costs.\n\
             Exit status: 0 it does what is expected, 1 it does not, 2 it could not be run.",
        )
        .args(component())
        .args([
            path("input", "FILE").long("input").help("The bytes of the object; none without it"),
            path("context", "FILE").long("context").help("The request, and what is expected (TOML)"),
            path("expect", "FILE").long("expect").help("The bytes that are expected"),
            path("output", "FILE").long("output").help("Write the bytes of the answer into this file"),
            path("objects", "DIR").long("objects").help("What `objects` reads: files by their keys"),
            Arg::new("repeat")
                .long("repeat")
                .value_name("N")
                .default_value("1")
                .value_parser(value_parser!(u32).range(1..=1_000_000))
                .help("Run it so often, and show the least and the middle time"),
        ]);
    let wit = Command::new("wit")
        .about("Write the contract of transforms (WIT) into a folder")
        .arg(path("folder", "DIR").required(true).help("It is made where it is missing"));
    Command::new("transform")
        .about("Make, build and try code that changes objects on their way")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommands([new, build, check, test, wit])
        .subcommands(of_server())
        .subcommand(logs())
}

/// `portcullis transform logs`
fn logs() -> Command {
    let command = Command::new("logs")
        .about("Show what a function told the operator, and how its calls failed")
        .long_about(
            "Show what a function told the operator, and how its calls failed: the latest lines, from the memory of the \
             server that runs on a data folder. Secrets of the function are shown as ***.\n\
             Exit status: 0 done, 1 it has not been called, 2 the server could not be asked.",
        )
        .arg(Arg::new("name").value_name("NAME").required(true).help("The function, or its ARN"))
        .arg(
            Arg::new("follow")
                .short('f')
                .long("follow")
                .action(ArgAction::SetTrue)
                .help("Go on with new lines as they come"),
        )
        .arg(Arg::new("request").long("request").value_name("ID").help("Those of one request alone"));
    some_settings(command, &["data_dir"])
}

/// The settings that say which server is asked, and with whose credentials.
const ASKED: [&str; 3] = ["data_dir", "listen", "region"];

/// What is declared of a function.
fn declared() -> [Arg; 6] {
    let many = |id: &'static str, name: &'static str, help: &'static str| {
        Arg::new(id).long(id).value_name(name).action(ArgAction::Append).help(help)
    };
    [
        Arg::new("name").long("name").value_name("NAME").help("The function; that of the folder without it"),
        many("grant", "NAME", "What it may import: clock, random, objects, scratch, tags, http=HOST"),
        many("env", "NAME=VALUE", "A secret"),
        many("limit", "NAME=NUMBER", "What a call may take, as cpu_ms_max=500"),
        many("clear", "WHAT", "What the function has of this goes: grants, env, limits, vary")
            .value_parser(PossibleValuesParser::new(["grants", "env", "limits", "vary"])),
        Arg::new("vary")
            .long("vary")
            .value_name("LIST")
            .help("What its results depend on: query:NAME, header:NAME, caller, or none"),
    ]
}

/// The commands about functions of a server.
fn of_server() -> [Command; 7] {
    let name = || Arg::new("name").value_name("NAME").required(true).help("The function");
    let alias = || {
        Arg::new("alias")
            .long("alias")
            .value_name("ALIAS")
            .default_value("live")
            .help("The alias that clients name")
    };
    let deploy = Command::new("deploy")
        .about("Deploy a transform to a server, as a new version of a function")
        .long_about(
            "Deploy a transform to a server, as a new version of a function. A component that is older than its sources \
             is built first. The server checks, compiles and tries it; what fails is not deployed. What is not said \
             here or in transform.toml stays as the function has it.\n\
             Credentials: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or the root credentials in the data folder.",
        )
        .arg(path("source", "FILE.wasm|DIR").required(true).help("The component, or the folder of the transform"))
        .args(declared())
        .arg(alias());
    let dev = Command::new("dev")
        .about("Build and deploy a transform whenever its sources change, until Ctrl-C")
        .long_about(
            "Build and deploy a transform to a server that runs, whenever its sources change, until Ctrl-C. The alias \
             points to what was built last. At the end, that becomes a version.",
        )
        .arg(path("source", "DIR").default_value(".").help("The folder of the transform"))
        .args(declared())
        .arg(alias());
    let rollback = Command::new("rollback")
        .about("Let an alias point to the version before")
        .arg(name())
        .arg(alias())
        .arg(Arg::new("to").long("to").value_name("VERSION").help("Another version than the one before"));
    let rules = Command::new("rules")
        .about("Show the rules of a bucket: which functions change what is read from it")
        .arg(Arg::new("name").value_name("BUCKET").required(true).help("The bucket"))
        .arg(path("set", "FILE").long("set").help("Replace them by those of this file (XML)"))
        .arg(
            Arg::new("clear")
                .long("clear")
                .action(ArgAction::SetTrue)
                .conflicts_with("set")
                .help("Delete them"),
        );
    [
        deploy,
        dev,
        Command::new("list").about("List the functions of a server"),
        Command::new("inspect").about("Show a function, with its versions and aliases").arg(name()),
        rollback,
        Command::new("delete").about("Delete a function, with its versions and aliases").arg(name()),
        rules,
    ]
    .map(with_server)
}

/// `portcullis olap`
pub(super) fn olap_command() -> Command {
    let name = || Arg::new("name").value_name("NAME").required(true).help("The Object Lambda access point");
    let one = |id: &'static str, value: &'static str, help: &'static str| {
        Arg::new(id).long(id).value_name(value).help(help)
    };
    let create = Command::new("create")
        .about("Let a function change what is read from a bucket, through an alias")
        .long_about(
            "Let a function change what is read from a bucket, through an alias: this makes an access point of the \
             bucket, and an Object Lambda access point in front of it. Nobody but the account of the bucket may use \
             them until policies say so.",
        )
        .arg(name())
        .arg(one("bucket", "BUCKET", "What is read").required(true))
        .arg(
            one("function", "NAME[:VERSION|:ALIAS]", "What changes it; its alias `live` where none is named")
                .required(true),
        )
        .arg(one("payload", "TEXT", "What is handed to the function"));
    let delete = Command::new("delete")
        .about("Delete an Object Lambda access point, and the access point that `create` made for it")
        .arg(name());
    let of_server = [create, delete].map(with_server);
    Command::new("olap")
        .about("Read a bucket through a function")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommands(of_server)
}

/// A command that asks a server.
fn with_server(command: Command) -> Command {
    let endpoint = Arg::new("endpoint")
        .long("endpoint")
        .value_name("URL")
        .help("The server [AWS_ENDPOINT_URL, or the address that it listens on]");
    some_settings(command.arg(endpoint), &ASKED)
}

/// The task of a command line about Object Lambda access points.
pub(super) fn olap_task(matches: &ArgMatches) -> Task {
    let (name, matches) = matches.subcommand().unwrap_or(("", matches));
    let one = |id: &str| matches.try_get_one::<String>(id).ok().flatten().cloned();
    let point = one("name").unwrap_or_default();
    let chore = match name {
        "delete" => FunctionChore::Hide(point),
        _ => FunctionChore::Expose(Exposure {
            point,
            bucket: one("bucket").unwrap_or_default(),
            function: one("function").unwrap_or_default(),
            payload: one("payload").unwrap_or_default(),
        }),
    };
    Task::Functions(given_settings(matches), one("endpoint"), Box::new(chore))
}

/// The task of a command line about functions of a server; `None` for another one.
pub(super) fn task(matches: &ArgMatches) -> Option<Task> {
    let (name, matches) = matches.subcommand()?;
    let one = |id: &str| matches.try_get_one::<String>(id).ok().flatten().cloned();
    let many = |id: &str| -> Vec<String> {
        matches.try_get_many::<String>(id).ok().flatten().unwrap_or_default().cloned().collect()
    };
    let function = || one("name").unwrap_or_default();
    let alias = || one("alias").unwrap_or_default();
    if name == "logs" {
        let follows = matches.get_flag("follow");
        let question = LogsQuestion { name: function(), request_id: one("request"), follows };
        return Some(Task::FunctionLogs(given_settings(matches), question));
    }
    let deployment = || Deployment {
        source: matches.get_one::<PathBuf>("source").cloned().unwrap_or_default(),
        name: one("name"),
        grants: many("grant"),
        secrets: many("env"),
        limits: many("limit"),
        vary: one("vary"),
        clear: many("clear"),
        alias: alias(),
    };
    let chore = match name {
        "deploy" => FunctionChore::Deploy(deployment()),
        "dev" => FunctionChore::Develop(deployment()),
        "list" => FunctionChore::List,
        "inspect" => FunctionChore::Inspect(function()),
        "rollback" => FunctionChore::Rollback(function(), alias(), one("to")),
        "delete" => FunctionChore::Delete(function()),
        "rules" => {
            let clears = matches.get_flag("clear");
            let change = match matches.get_one::<PathBuf>("set") {
                Some(file) => RulesChange::Set(file.clone()),
                None if clears => RulesChange::Clear,
                None => RulesChange::Show,
            };
            FunctionChore::Rules(function(), change)
        }
        _ => return None,
    };
    Some(Task::Functions(given_settings(matches), one("endpoint"), Box::new(chore)))
}

fn path(id: &'static str, name: &'static str) -> Arg {
    Arg::new(id).value_name(name).value_parser(value_parser!(PathBuf))
}

/// A component, and what a call of it may take.
fn component() -> [Arg; 7] {
    let number = |id: &'static str, help: &'static str| {
        Arg::new(id).long(id).value_name("N").value_parser(value_parser!(u64)).help(help)
    };
    [
        path("file", "FILE.wasm").required(true).help("The component"),
        number("time-ms-max", "Milliseconds that a call may take"),
        number("cpu-ms-max", "Milliseconds of processor time that a call may take"),
        number("memory-bytes-max", "Bytes of memory that a call may have"),
        number("output-bytes-max", "Bytes that a call may return"),
        Arg::new("grant")
            .long("grant")
            .value_name("NAME")
            .action(ArgAction::Append)
            .help("What it may import: clock, random, objects, scratch, tags, http=HOST, secrets=NAME=VALUE"),
        path("cache-dir", "DIR").long("cache-dir").help("Keep compiled code in this folder"),
    ]
}

/// What a command line asks for.
pub(super) fn action(matches: &ArgMatches) -> Result<TransformAction, clap::Error> {
    let one = |matches: &ArgMatches, id: &str| matches.get_one::<PathBuf>(id).cloned();
    let folder = |matches: &ArgMatches| one(matches, "folder").unwrap_or_default();
    Ok(match matches.subcommand() {
        Some(("new", matches)) => {
            let text = |id| matches.get_one::<String>(id).map(String::as_str).unwrap_or_default();
            let found = TransformLanguage::NAMES.into_iter().find(|(name, _)| *name == text("lang"));
            let language = found.map_or(TransformLanguage::Rust, |(_, language)| language);
            let shape = if matches.get_flag("streaming") { Shape::Streaming } else { Shape::Buffered };
            let example = EXAMPLES.iter().find(|example| example.name == text("from"));
            let own = TransformTemplate::Own(language, shape);
            TransformAction::New(folder(matches), example.map_or(own, TransformTemplate::Example))
        }
        Some(("build", matches)) => TransformAction::Build(folder(matches)),
        Some(("check", matches)) => TransformAction::Check(given(matches)?),
        Some(("test", matches)) => {
            let trial = Trial {
                input: one(matches, "input"),
                context: one(matches, "context"),
                expect: one(matches, "expect"),
                output: one(matches, "output"),
                objects: one(matches, "objects"),
                repeat: matches.get_one::<u32>("repeat").copied().unwrap_or(1),
            };
            TransformAction::Test(given(matches)?, Box::new(trial))
        }
        Some((_, matches)) => TransformAction::Wit(folder(matches)),
        None => {
            return Err(command().error(clap::error::ErrorKind::MissingSubcommand, "a command is missing"));
        }
    })
}

fn given(matches: &ArgMatches) -> Result<TriedTransform, clap::Error> {
    let number = |id: &str| matches.get_one::<u64>(id).copied();
    let limits = LimitsGiven {
        time_ms_max: number("time-ms-max"),
        cpu_ms_max: number("cpu-ms-max"),
        memory_bytes_max: number("memory-bytes-max"),
        output_bytes_max: number("output-bytes-max"),
        ..LimitsGiven::default()
    };
    if let Err(error) = CallLimits::new(&limits) {
        return Err(command().error(clap::error::ErrorKind::ValueValidation, error));
    }
    Ok(TriedTransform {
        file: matches.get_one::<PathBuf>("file").cloned().unwrap_or_default(),
        limits,
        grants: matches.get_many::<String>("grant").unwrap_or_default().cloned().collect(),
        cache: matches.get_one::<PathBuf>("cache-dir").cloned(),
    })
}
