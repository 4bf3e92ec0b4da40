//! `portcullis transform deploy`, `list`, `inspect`, `rollback`, `delete`, as processes.

use std::process::{Command, Output};

use tests::server::Server;
use tests::sign::MAIN;
use tests::transforms::component;
use tests::workspace;

fn transform(server: &Server, arguments: &[&str]) -> Output {
    Command::new(workspace::binary())
        .arg("transform")
        .args(arguments)
        .args(["--endpoint", &format!("http://127.0.0.1:{}", server.port())])
        .env("AWS_ACCESS_KEY_ID", MAIN.access_key_id)
        .env("AWS_SECRET_ACCESS_KEY", MAIN.secret_access_key)
        .output()
        .unwrap()
}

#[track_caller]
fn says(output: &Output, status: i32, parts: &[&str]) {
    let text = String::from_utf8([&output.stdout[..], &output.stderr[..]].concat()).unwrap();
    assert_eq!(output.status.code().unwrap(), status, "{text}");
    for part in parts {
        assert!(text.contains(part), "`{part}` is not in: {text}");
    }
}

#[test]
fn a_transform_is_deployed_rolled_back_and_deleted_by_commands() {
    let server = Server::start();
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| {
        let path = folder.path().join(format!("{name}.wasm"));
        std::fs::write(&path, component(name)).unwrap();
        path.display().to_string()
    };
    let (buffered, streaming) = (file("buffered"), file("streaming"));
    let grants: Vec<&str> = ["clock", "random", "objects", "scratch", "http=api.example.com"]
        .into_iter()
        .flat_map(|grant| ["--grant", grant])
        .collect();
    let deploy = |file: &str| {
        let mut arguments = vec!["deploy", file, "--name", "redact", "--env", "TOKEN=hush"];
        arguments.extend(&grants);
        transform(&server, &arguments)
    };
    says(&transform(&server, &["list"]), 0, &["no functions"]);
    says(&transform(&server, &["deploy", &buffered, "--name", "redact"]), 2, &["which it is not granted"]);
    says(&deploy(&buffered), 0, &["version 1 is deployed", "function:redact:live"]);
    // It needs less than the one before, and gets less.
    says(&transform(&server, &["deploy", &streaming, "--name", "redact"]), 0, &["version 2 is deployed"]);
    says(&deploy(&buffered), 0, &["version 3 is deployed"]);
    says(&transform(&server, &["list"]), 0, &["redact", "arn:aws:lambda"]);
    let shown = transform(&server, &["inspect", "redact"]);
    says(&shown, 0, &["alias live: version 3", "version 1:", "TOKEN: ***", "PORTCULLIS_GRANTS: clock"]);
    says(&transform(&server, &["rollback", "redact"]), 0, &["live points to version 2"]);
    says(&transform(&server, &["rollback", "redact"]), 0, &["live points to version 1"]);
    says(&transform(&server, &["rollback", "redact"]), 2, &["no version before 1"]);
    says(&transform(&server, &["rollback", "redact", "--to", "2"]), 0, &["live points to version 2"]);
    says(&transform(&server, &["delete", "redact"]), 0, &["redact is deleted"]);
    says(&transform(&server, &["inspect", "redact"]), 2, &["ResourceNotFoundException"]);
}
