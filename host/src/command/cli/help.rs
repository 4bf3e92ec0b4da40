//! The help of `portcullis` itself: its commands in groups; and what the help of each command ends
//! with: the exit status, and lines to try.

use clap::Command;

/// Groups, and the commands in each. A command that is in none is listed last.
const GROUPS: [(&str, &[&str]); 4] = [
    ("Run", &["serve", "config"]),
    ("Look after the data folder", &["check", "backup", "restore", "upgrade"]),
    ("Access and limits", &["explain", "policy", "limits", "quota", "usage"]),
    ("Extend", &["stage", "transform", "olap"]),
];

/// What a command's exit status means, where its description does not say it.
const DONE: &str = "Exit status: 0 done, 2 it could not be done.";

/// By command: the exit status, where `about` does not say it, and examples.
const ENDS: &[(&[&str], &str, &str)] = &[
    (
        &["serve"],
        "Exit status: 0 it was told to stop (SIGTERM, SIGINT), 2 it could not start.",
        "portcullis serve\n\
         portcullis serve --data-dir /var/lib/portcullis --listen 0.0.0.0:9000 --domain s3.example.com\n\
         portcullis serve --config /etc/portcullis/portcullis.toml",
    ),
    (&["config", "check"], "", "portcullis config check --config /etc/portcullis/portcullis.toml"),
    (&["config", "show"], DONE, "portcullis config show --config /etc/portcullis/portcullis.toml"),
    (&["config", "example"], DONE, "portcullis config example > portcullis.toml"),
    (&["check"], "", "portcullis check --data-dir /var/lib/portcullis"),
    (
        &["backup"],
        "",
        "portcullis backup /mnt/backups --key-file /etc/portcullis/backup.key --data-dir /var/lib/portcullis\n\
         portcullis backup s3://backups/here --endpoint-url https://s3.example.com --key-file /etc/portcullis/backup.key",
    ),
    (&["backup", "list"], DONE, "portcullis backup list /mnt/backups --key-file /etc/portcullis/backup.key"),
    (
        &["backup", "verify"],
        "",
        "portcullis backup verify /mnt/backups --key-file /etc/portcullis/backup.key",
    ),
    (
        &["backup", "prune"],
        DONE,
        "portcullis backup prune /mnt/backups --keep 7 --key-file /etc/portcullis/backup.key",
    ),
    (
        &["restore"],
        "",
        "portcullis restore /mnt/backups --key-file /etc/portcullis/backup.key --data-dir /var/lib/portcullis-new",
    ),
    (&["upgrade"], "", "portcullis upgrade --dry-run --data-dir /var/lib/portcullis"),
    (&["explain"], "", "portcullis explain NEZ43M6WCE86N37F\nportcullis explain --latest 5"),
    (&["policy", "lint"], "", "portcullis policy lint reader.json"),
    (
        &["policy", "simulate"],
        "",
        "portcullis policy simulate --policy reader.json --action s3:GetObject --resource arn:aws:s3:::photos/cat.jpg",
    ),
    (&["limits", "show"], DONE, "portcullis limits show --data-dir /var/lib/portcullis"),
    (
        &["limits", "set"],
        DONE,
        "portcullis limits set account 123456789012 --requests-per-second 20 --bytes-in-per-second 50MB\n\
         portcullis limits set address '*' --requests-per-second 100",
    ),
    (&["limits", "clear"], NO_SUCH, "portcullis limits clear account 123456789012"),
    (&["quota", "show"], DONE, "portcullis quota show --data-dir /var/lib/portcullis"),
    (&["quota", "set"], DONE, "portcullis quota set bucket photos --bytes-max 20GiB --objects-max 5000"),
    (&["quota", "clear"], NO_SUCH, "portcullis quota clear bucket photos"),
    (&["usage"], "", "portcullis usage --data-dir /var/lib/portcullis"),
    (&["stage", "new"], DONE, "portcullis stage new guard --lang rust"),
    (&["stage", "build"], DONE, "portcullis stage build guard"),
    (&["stage", "check"], "", "portcullis stage check guard/guard.wasm"),
    (&["stage", "test"], "", "portcullis stage test guard/guard.wasm --request guard/requests/delete.toml"),
    (&["stage", "wit"], DONE, "portcullis stage wit wit"),
    (&["transform", "new"], DONE, "portcullis transform new upper --lang rust"),
    (&["transform", "build"], DONE, "portcullis transform build upper"),
    (&["transform", "check"], "", "portcullis transform check upper/upper.wasm"),
    (
        &["transform", "test"],
        "",
        "portcullis transform test upper/upper.wasm --context upper/context.toml --input upper/input.txt",
    ),
    (&["transform", "wit"], DONE, "portcullis transform wit wit"),
    (&["transform", "deploy"], DONE, "portcullis transform deploy upper --vary none"),
    (&["transform", "dev"], DONE, "portcullis transform dev upper"),
    (&["transform", "list"], DONE, "portcullis transform list"),
    (&["transform", "inspect"], DONE, "portcullis transform inspect upper"),
    (&["transform", "rollback"], DONE, "portcullis transform rollback upper --to 1"),
    (&["transform", "delete"], DONE, "portcullis transform delete upper"),
    (
        &["transform", "logs"],
        "",
        "portcullis transform logs upper -f\nportcullis transform logs upper --request NEZ43M6WCE86N37F",
    ),
    (
        &["transform", "rules"],
        DONE,
        "portcullis transform rules photos\nportcullis transform rules photos --set rules.xml",
    ),
    (
        &["olap", "create"],
        DONE,
        "portcullis olap create small --bucket photos --function image --payload '{\"w\":200}'",
    ),
    (&["olap", "delete"], DONE, "portcullis olap delete small"),
    (&["completions"], DONE, "portcullis completions bash > /etc/bash_completion.d/portcullis"),
    (&["version"], DONE, "portcullis version --json"),
];

/// The same of what lifts something.
const NO_SUCH: &str = "Exit status: 0 done, 1 there is none, 2 it could not be done.";

/// Ends the help of a command, whose words are these, and of those below it.
fn ended(command: Command, words: &[&str]) -> Command {
    let names: Vec<String> = command.get_subcommands().map(|own| own.get_name().to_owned()).collect();
    let command = names.iter().fold(command, |command, name| {
        command.mut_subcommand(name, |own| ended(own, &[words, &[name]].concat()))
    });
    let Some((_, status, examples)) = ENDS.iter().find(|(own, ..)| *own == words) else { return command };
    let before = command.get_after_long_help().map(|text| format!("{text}\n\n")).unwrap_or_default();
    let status = if status.is_empty() { String::new() } else { format!("{status}\n") };
    let examples = examples.replace('\n', "\n  ");
    command.after_long_help(format!("{before}{status}Examples:\n  {examples}"))
}

/// Gives a command the help that lists its subcommands in groups.
pub(super) fn grouped(command: Command) -> Command {
    let command = ended(command, &[]);
    let listed = list(&command);
    command.help_template(format!(
        "{{about}}\n\n{{usage-heading}} {{usage}}\n\n{listed}Options:\n{{options}}\n\n\
         To begin, in an empty folder:\n  portcullis serve\n\
         It keeps its data in `portcullis-data`, and prints credentials and lines to paste.\n\n\
         `portcullis COMMAND -h` is the help of a command, `--help` says more, with examples.\n"
    ))
}

fn list(command: &Command) -> String {
    let commands: Vec<&Command> = command.get_subcommands().filter(|own| !own.is_hide_set()).collect();
    let is_grouped = |name: &str| GROUPS.iter().any(|(_, names)| names.contains(&name));
    let mut text = String::new();
    for (group, names) in GROUPS {
        let own = names.iter().filter_map(|name| commands.iter().find(|own| own.get_name() == *name));
        text += &section(group, own.copied());
    }
    text + &section("More", commands.iter().filter(|own| !is_grouped(own.get_name())).copied())
}

fn section<'a>(name: &str, commands: impl Iterator<Item = &'a Command>) -> String {
    let line = |own: &Command| {
        let about = own.get_about().map(ToString::to_string).unwrap_or_default();
        format!("  {:<12} {about}\n", own.get_name())
    };
    let lines: String = commands.map(line).collect();
    if lines.is_empty() { String::new() } else { format!("{name}:\n{lines}\n") }
}
