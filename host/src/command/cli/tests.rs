use super::*;

fn task(line: &str) -> Result<Task, clap::Error> {
    parse(line.split(' ').map(OsString::from))
}

#[test]
fn the_command_line_is_consistent() {
    command().debug_assert();
}

#[test]
fn flags_become_values_of_their_keys() {
    let line = "portcullis serve --config f.toml --listen 127.0.0.1:1,127.0.0.1:2 --listen 127.0.0.1:3 \
                --data-dir d --log-format json --access-log --variable a=b";
    let Task::Serve(given) = task(line).unwrap() else { panic!("not serve") };
    assert_eq!(given.file, Some(PathBuf::from("f.toml")));
    assert_eq!(given.variables, ["a=b"]);
    let value = |name| given.values.iter().find(|(key, _)| *key == name).map(|(_, values)| values.join(" "));
    assert_eq!(value("listen").unwrap(), "127.0.0.1:1 127.0.0.1:2 127.0.0.1:3");
    assert_eq!(value("log.format").unwrap(), "json");
    assert_eq!(value("access_log").unwrap(), "true");
    assert_eq!(value("workers"), None);
}

#[test]
fn unknown_flags_are_refused_and_no_secret_is_a_flag() {
    for line in [
        "portcullis",
        "portcullis serve --no-such-flag",
        "portcullis serve --root-secret-key x",
        "portcullis check --workers 1",
    ] {
        assert!(task(line).is_err(), "{line}");
    }
    assert!(matches!(task("portcullis check --json --data-dir d").unwrap(), Task::Check(_, Output::Json)));
    assert!(matches!(task("portcullis config show --workers 1").unwrap(), Task::ConfigShow(_)));
    assert!(matches!(task("portcullis version").unwrap(), Task::Version(Output::Text)));
}

/// The lines of a help.
fn help(line: &str) -> String {
    task(line).unwrap_err().to_string()
}

#[test]
fn the_help_lists_every_command_in_a_group() {
    let text = help("portcullis --help");
    for own in command().get_subcommands().filter(|own| !own.is_hide_set()) {
        let line = format!("  {:<12} {}\n", own.get_name(), own.get_about().unwrap());
        assert_eq!(text.matches(&line).count(), 1, "{text}");
    }
    assert!(text.contains("\nRun:\n  serve") && !text.contains("compile"), "{text}");
}

/// The words of every command that does something.
fn leaves(command: &Command, words: &str) -> Vec<String> {
    let shown = |own: &&Command| !own.is_hide_set() && own.get_name() != "help";
    let below = command.get_subcommands().filter(shown);
    let mut found: Vec<String> =
        below.flat_map(|own| leaves(own, &format!("{words} {}", own.get_name()))).collect();
    if found.is_empty() || words.ends_with(" backup") {
        found.push(words.to_owned());
    }
    found
}

#[test]
fn the_help_of_each_command_has_its_exit_status_and_examples_that_are_taken() {
    for words in leaves(&command(), "portcullis") {
        let text = help(&format!("{words} --help"));
        assert_eq!(text.matches("Exit status: ").count(), 1, "{words}: {text}");
        let (_, examples) = text.split_once("\nExamples:\n").unwrap_or_else(|| panic!("{words}: {text}"));
        for example in examples.lines().map(str::trim).filter(|line| !line.is_empty()) {
            assert!(example.starts_with(&words), "{example}");
            let line = example.split(" > ").next().unwrap();
            assert!(task(line).is_ok(), "{line}: {:?}", task(line).map(drop));
        }
    }
}

#[test]
fn the_help_of_serve_says_what_a_value_is() {
    let (short, long) = (help("portcullis serve -h"), help("portcullis serve --help"));
    assert!(!long.contains("<VALUE>"), "{long}");
    for text in ["--listen <ADDRESS:PORT>", "--data-dir <FOLDER>", "--log-format <text|json>"] {
        assert!(short.contains(text) && long.contains(text), "{text}: {short}");
    }
    for text in [
        "\nLimits on clients:\n",
        "--limits-idle-seconds-max <SECONDS>",
        "Allowed: a whole number of seconds from 1 to 86400",
        "Environment: PORTCULLIS_LIMITS_IDLE_SECONDS_MAX",
    ] {
        assert!(long.contains(text) && !short.contains(text), "{text}: {long}");
    }
    assert!(short.contains("PORTCULLIS_ROOT_SECRET_KEY ") && long.contains("PORTCULLIS_ROOT_SECRET_KEY "));
    assert!(short.lines().count() < 60, "{short}");
}

#[test]
fn shells_complete_our_flags() {
    for (shell, expected) in [("bash", "--data-dir"), ("zsh", "--data-dir"), ("fish", "data-dir")] {
        let Task::Completions(shell) = task(&format!("portcullis completions {shell}")).unwrap() else {
            panic!("not completions")
        };
        assert!(completions(shell).contains(expected), "{shell}");
    }
    assert!(task("portcullis completions cmd").is_err());
}
