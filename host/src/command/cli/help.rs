//! The help of `portcullis` itself: its commands in groups.

use clap::Command;

/// Groups, and the commands in each. A command that is in none is listed last.
const GROUPS: [(&str, &[&str]); 4] = [
    ("Run", &["serve", "config"]),
    ("Look after the data folder", &["check", "backup", "restore", "upgrade"]),
    ("Access and limits", &["explain", "policy", "limits", "quota", "usage"]),
    ("Extend", &["stage", "transform"]),
];

/// Gives a command the help that lists its subcommands in groups.
pub(super) fn grouped(command: Command) -> Command {
    let listed = list(&command);
    command.help_template(format!(
        "{{about}}\n\n{{usage-heading}} {{usage}}\n\n{listed}Options:\n{{options}}\n\n\
         `portcullis COMMAND -h` is the help of a command, `--help` says more.\n"
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
