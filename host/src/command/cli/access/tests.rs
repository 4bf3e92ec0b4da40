use std::ffi::OsString;

use super::*;

fn task(line: &str) -> Result<Task, clap::Error> {
    super::super::parse(line.split(' ').map(OsString::from))
}

#[test]
fn a_denial_is_asked_for_by_its_id_or_as_the_latest() {
    let question = |line: &str| match task(line).unwrap() {
        Task::Explain(_, question, _) => question,
        other => panic!("{other:?}"),
    };
    let id = explain::Question::Request("ABC".to_owned());
    assert_eq!(question("portcullis explain --request-id ABC --data-dir d --json"), id);
    assert_eq!(question("portcullis explain --latest"), explain::Question::Latest(1));
    assert_eq!(question("portcullis explain --latest 7"), explain::Question::Latest(7));
    for line in
        ["portcullis explain", "portcullis explain --latest --request-id A", "portcullis explain --latest 0"]
    {
        assert!(task(line).is_err(), "{line}");
    }
}

#[test]
fn policies_are_read_from_files() {
    let Task::Lint(_, documents, _) = task("portcullis policy lint --kind trust a.json -").unwrap() else {
        panic!("not lint")
    };
    let kinds: Vec<_> =
        documents.iter().map(|own| (own.kind.as_str(), own.file.display().to_string())).collect();
    assert_eq!(kinds, [("trust", "a.json".to_owned()), ("trust", "-".to_owned())]);
    let line = "portcullis policy simulate --policy a --policy b --boundary c --session d --resource-policy e --action \
                s3:A,s3:B --resource r --context k=v --context k=w --caller-arn x --resource-owner 1";
    let Task::Simulate(_, question, _) = task(line).unwrap() else { panic!("not simulate") };
    let kinds: Vec<&str> = question.documents.iter().map(|own| own.kind.as_str()).collect();
    assert_eq!(kinds, ["identity", "identity", "boundary", "session", "resource"]);
    assert_eq!(question.actions, ["s3:A", "s3:B"]);
    assert_eq!(question.context, ["k=v", "k=w"]);
    for line in [
        "portcullis policy",
        "portcullis policy lint",
        "portcullis policy lint --kind x a",
        "portcullis policy simulate",
    ] {
        assert!(task(line).is_err(), "{line}");
    }
}
