//! `portcullis backup` and `portcullis restore`, as they are written.

use clap::builder::NonEmptyStringValueParser;
use clap::{Arg, ArgMatches, Command, value_parser};

use crate::command::backup::{Chore, Place};

/// Adds what all commands have, and flags for these keys only.
pub(super) type Settings = fn(Command, &[&str]) -> Command;

/// The region that requests to S3 are signed for, where none is named.
const REGION: &str = "us-east-1";

/// `portcullis backup`; `settings` adds flags for these keys.
pub(super) fn command(settings: Settings) -> Command {
    let create = Command::new("backup")
        .about("Back a data folder up, while a server runs on it or not")
        .long_about(
            "Back a data folder up, while a server runs on it or not, to a folder or to S3: everything that was \
             acknowledged at the moment of its begin, sealed under the backup key. What earlier backups have is not \
             copied again; an interrupted backup is continued by the next one.\n\
             Exit status: 0 done, 1 done, but stored bytes are damaged and left out, 2 it could not be done.",
        )
        .args_conflicts_with_subcommands(true)
        .subcommand_negates_reqs(true)
        .subcommand(placed(settings, Command::new("list").about("List the backups")))
        .subcommand(placed(
            settings,
            Command::new("verify").about("Read everything, open it, and compare it with its checksums").long_about(
                "Read everything, open it, and compare it with its checksums.\n\
                 Exit status: 0 every backup can be restored, 1 damage was found, 2 it could not be done.",
            ),
        ))
        .subcommand(placed(
            settings,
            Command::new("prune").about("Keep the newest backups, and remove the others and what only they need").arg(
                Arg::new("keep")
                    .long("keep")
                    .value_name("N")
                    .required(true)
                    .value_parser(value_parser!(u32).range(1..))
                    .help("How many backups to keep"),
            ),
        ));
    let create = settings(targeted(create), &["data_dir", "backup.key_file", "backup.bytes_per_second"]);
    short_flags(create).mut_arg("backup.bytes_per_second", |argument| argument.long("bytes-per-second"))
}

/// `portcullis restore`
pub(super) fn restore_command(settings: Settings) -> Command {
    let restore = Command::new("restore")
        .about("Make a data folder of a backup")
        .long_about(
            "Make a data folder of a backup. The folder must not exist, or be empty; it is there when everything \
             was restored and compared with its checksums.\n\
             Exit status: 0 done, 2 it could not be done.",
        )
        .arg(
            Arg::new("backup")
                .long("backup")
                .value_name("ID")
                .value_parser(NonEmptyStringValueParser::new())
                .help("Which one, as `portcullis backup list` names it; the newest when not set"),
        );
    placed(settings, restore)
}

fn placed(settings: Settings, command: Command) -> Command {
    short_flags(settings(targeted(command), &["data_dir", "backup.key_file"]))
}

/// The table of `backup` is in the name of the command.
fn short_flags(command: Command) -> Command {
    command.mut_arg("backup.key_file", |argument| argument.long("key-file"))
}

fn targeted(command: Command) -> Command {
    let text = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).value_parser(NonEmptyStringValueParser::new()).help(help)
    };
    command
        .arg(
            Arg::new("target")
                .value_name("TARGET")
                .required(true)
                .value_parser(NonEmptyStringValueParser::new())
                .help("Where the backups are: a folder, or s3://BUCKET/PREFIX"),
        )
        .arg(text("endpoint-url", "URL", "The S3 server; that of AWS when not set"))
        .arg(text("region", "REGION", "The region of the S3 server; us-east-1 when not set"))
}

/// What `portcullis backup` is to do, where, and the flags that belong to it.
pub(super) fn asked(matches: &ArgMatches) -> (&ArgMatches, Place, Chore) {
    match matches.subcommand() {
        Some(("list", matches)) => (matches, place(matches), Chore::List),
        Some(("verify", matches)) => (matches, place(matches), Chore::Verify),
        Some((_, matches)) => {
            let keep = matches.get_one::<u32>("keep").copied().unwrap_or(1);
            (matches, place(matches), Chore::Prune(usize::try_from(keep).unwrap_or(usize::MAX)))
        }
        None => (matches, place(matches), Chore::Create),
    }
}

/// The same of `portcullis restore`.
pub(super) fn asked_to_restore(matches: &ArgMatches) -> (&ArgMatches, Place, Chore) {
    let id = matches.get_one::<String>("backup").cloned();
    (matches, place(matches), Chore::Restore(id))
}

fn place(matches: &ArgMatches) -> Place {
    let text = |name: &str| matches.get_one::<String>(name).cloned();
    Place {
        target: text("target").unwrap_or_default(),
        endpoint: text("endpoint-url"),
        region: text("region").unwrap_or_else(|| REGION.to_owned()),
    }
}
