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
    // It needs less than the one before. What is not said anew stays.
    says(&transform(&server, &["deploy", &streaming, "--name", "redact"]), 0, &["version 2 is deployed"]);
    says(&transform(&server, &["inspect", "redact"]), 0, &["TOKEN: ***", "PORTCULLIS_GRANTS: clock"]);
    says(&transform(&server, &["deploy", &buffered, "--name", "redact"]), 0, &["version 3", "as before: "]);
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

/// The folder of a transform whose component is made without a compiler: by copying one.
fn folder_of(root: &std::path::Path, name: &str, of: &str, more: &str) -> std::path::PathBuf {
    let folder = root.join(name);
    std::fs::create_dir_all(folder.join("src")).unwrap();
    std::fs::write(folder.join("src/made.rs"), component(of)).unwrap();
    let settings = format!(
        "name = \"{name}\"\nlanguage = \"rust\"\nworld = \"streaming\"\nbuild = \"cp src/made.rs {name}.wasm\"\n{more}"
    );
    std::fs::write(folder.join("transform.toml"), settings).unwrap();
    folder
}

#[test]
fn what_is_deployed_is_never_older_than_its_sources() {
    let server = Server::start();
    let root = tempfile::tempdir().unwrap();
    let folder =
        folder_of(root.path(), "flow", "streaming", "vary = [\"query:w\"]\n[limits]\ncalls_max = 3\n");
    let path = folder.to_str().unwrap();
    let deploy = |more: &[&str]| transform(&server, &[&["deploy", path], more].concat());
    says(&deploy(&[]), 0, &["is not there yet", "transform build", "flow: version 1 is deployed"]);
    let shown = ["PORTCULLIS_VARY: query:w", "PORTCULLIS_LIMITS: calls_max=3", "time: 60 s"];
    says(&transform(&server, &["inspect", "flow"]), 0, &shown);
    // Built already, and then not any more.
    let again = deploy(&["--vary", "caller", "--limit", "time_ms_max=2000"]);
    let text = String::from_utf8(again.stdout).unwrap();
    assert!(!text.contains("transform build"), "{text}");
    let shown = ["PORTCULLIS_VARY: caller", "calls_max=3", "time_ms_max=2000", "time: 2 s"];
    says(&transform(&server, &["inspect", "flow"]), 0, &shown);
    let later = std::time::SystemTime::now() + std::time::Duration::from_secs(5);
    std::fs::File::options()
        .append(true)
        .open(folder.join("src/made.rs"))
        .unwrap()
        .set_modified(later)
        .unwrap();
    says(&deploy(&[]), 0, &["made.rs is newer than", "is deployed"]);
    // A folder that does not build is not deployed.
    std::fs::remove_file(folder.join("src/made.rs")).unwrap();
    std::fs::remove_file(folder.join("flow.wasm")).unwrap();
    says(&deploy(&[]), 2, &["sh failed"]);

    says(&transform(&server, &["deploy", "none/here"]), 2, &["none/here is not there", "transform new"]);
    says(
        &transform(&server, &["deploy", root.path().to_str().unwrap()]),
        2,
        &["is no folder of a transform"],
    );
    let text = root.path().join("text.wasm");
    std::fs::write(&text, "no component").unwrap();
    says(&transform(&server, &["deploy", text.to_str().unwrap(), "--name", "a"]), 2, &["is no component"]);
}

/// What is saved is live, and what was live at the end is a version.
#[test]
fn a_transform_in_development_is_live_when_it_is_saved() {
    use std::io::{BufRead as _, BufReader};
    use tests::http::Request;

    let server = Server::start();
    let mut client = server.client();
    client.put("/notes", "");
    client.put("/notes/cat.txt", "a cat");
    let arn = "arn:aws:lambda:us-east-1:000000000001:function:flow:live";
    let rules = format!(
        "<TransformConfiguration><Rule><Operation>GetObject</Operation><FunctionArn>{arn}</FunctionArn></Rule>\
         </TransformConfiguration>"
    );
    client.expect(Request::new("PUT", "/notes?transforms").body(rules));
    let root = tempfile::tempdir().unwrap();
    let folder = folder_of(root.path(), "flow", "streaming", "");
    let mut dev = Command::new(workspace::binary())
        .args(["transform", "dev", folder.to_str().unwrap()])
        .args(["--endpoint", &format!("http://127.0.0.1:{}", server.port())])
        .env("AWS_ACCESS_KEY_ID", MAIN.access_key_id)
        .env("AWS_SECRET_ACCESS_KEY", MAIN.secret_access_key)
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(dev.stdout.take().unwrap()).lines().map(Result::unwrap);
    lines.find(|line| line.contains("flow:live is live")).unwrap();
    assert_eq!(client.send(Request::new("GET", "/notes/cat.txt")).text(), "A CAT");
    // One that does not run changes nothing for readers.
    std::fs::write(folder.join("src/made.rs"), "no component").unwrap();
    let line = lines.find(|line| line.contains("not deployed: ")).unwrap();
    assert!(line.contains("is no component"), "{line}");
    assert_eq!(client.send(Request::new("GET", "/notes/cat.txt")).text(), "A CAT");
    std::fs::write(folder.join("src/made.rs"), component("showing")).unwrap();
    lines.find(|line| line.contains("flow:live is live")).unwrap();
    assert_ne!(client.send(Request::new("GET", "/notes/cat.txt")).text(), "A CAT");

    let id = rustix::process::Pid::from_raw(dev.id().try_into().unwrap()).unwrap();
    rustix::process::kill_process(id, rustix::process::Signal::INT).unwrap();
    let last: Vec<String> = lines.collect();
    assert!(last.iter().any(|line| line.contains("live points to version 2")), "{last:?}");
    assert!(dev.wait().unwrap().success());
}
