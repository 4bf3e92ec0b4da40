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
