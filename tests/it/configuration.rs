//! What an operator gets wrong, and what the program says: `serve` and `config check` refuse the
//! same configurations with the same words, and each message says what to do.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use tests::server::{Server, free_ports};
use tests::workspace;

/// A folder for a configuration, and what it configures.
struct Trial {
    folder: tempfile::TempDir,
}

impl Trial {
    fn new(config: &str) -> Trial {
        let trial = Trial { folder: tempfile::tempdir().unwrap() };
        std::fs::write(trial.path("portcullis.toml"), config).unwrap();
        trial
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn run(&self, command: &[&str], more: &[&str]) -> Output {
        self.run_on(&self.path("data"), command, more)
    }

    fn run_on(&self, data: &Path, command: &[&str], more: &[&str]) -> Output {
        Command::new(workspace::binary())
            .args(command)
            .arg("--config")
            .arg(self.path("portcullis.toml"))
            .arg("--data-dir")
            .arg(data)
            .arg("--cache-dir")
            .arg(workspace::target().join("tests-cache"))
            .args(more)
            .current_dir(self.folder.path())
            .output()
            .unwrap()
    }

    /// What `serve` and `config check` say, which is the same. Nothing is made in either case.
    fn refusal(&self, more: &[&str]) -> String {
        let [port] = free_ports();
        let listen = format!("127.0.0.1:{port}");
        let more = [more, &["--listen", &listen]].concat();
        let [served, checked] = [&["serve"][..], &["config", "check"]].map(|command| {
            let output = self.run(command, &more);
            assert!(!output.status.success(), "{command:?} {more:?}");
            // Lines of the log come before.
            text(&output.stderr).lines().last().unwrap_or_default().to_owned()
        });
        assert_eq!(served, checked);
        assert!(!self.path("data").exists(), "nothing is made: {served}");
        served
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_variable_has_one_of_its_values_wherever_it_is_set() {
    for (config, flag, expected) in [
        (
            "[variables]\nsigv2 = true",
            "",
            "portcullis.toml:2:1: variables.sigv2 = \"true\": allowed is presigned, off or on",
        ),
        (
            "",
            "block_public_access=maybe",
            "--variable block_public_access = \"maybe\": allowed is true or false",
        ),
        ("", "sse_c_over_http=yes", "allowed is refuse or allow"),
        ("", "object_ownership=Me", "allowed is BucketOwnerEnforced, BucketOwnerPreferred or ObjectWriter"),
        (
            "",
            "sigv3=on",
            "the pipeline has no variable sigv3 (did you mean sigv2?); it has block_public_access",
        ),
    ] {
        let flags = if flag.is_empty() { vec![] } else { vec!["--variable", flag] };
        let why = Trial::new(config).refusal(&flags);
        assert!(why.contains(expected), "{config} {flag}: {why}");
    }
}

#[test]
fn a_log_in_the_data_folder_is_refused() {
    let trial = Trial::new("");
    let file = trial.path("data").join("logs/access.log").display().to_string();
    let why = trial.refusal(&["--access-log", "text", "--access-log-file", &file]);
    assert!(why.contains("access_log_file: ") && why.contains("put it elsewhere"), "{why}");
    let file = trial.path("absent/access.log").display().to_string();
    let why = trial.refusal(&["--access-log", "text", "--access-log-file", &file]);
    assert!(why.contains("absent is not there: make it"), "{why}");
}

#[test]
fn a_pipeline_that_cannot_be_built_is_refused_before_anything_is_made() {
    let manifest = std::fs::read_to_string(workspace::root().join("spin.toml")).unwrap();
    let built =
        manifest.replace("source = \"target", &format!("source = \"{}/target", workspace::root().display()));
    for (manifest, expected) in [
        ("", "spin.toml: it adds nothing to the built-in pipeline"),
        (manifest.as_str(), "target/components/"),
        (&built.replace("\"boolean\"", "\"bool\""), "the type of a variable is \"text\""),
        (&built.replace("[component.cors]", "[component.kors]"), "no [component.cors] in the manifest"),
        (
            &built.replace(
                "storage@0.1.0\" = { component = \"storage\" }",
                "storage@0.1.0\" = { component = \"cors\" }",
            ),
            "`cors` does not export portcullis:gateway/",
        ),
    ] {
        let trial = Trial::new("pipeline = \"spin.toml\"");
        std::fs::write(trial.path("spin.toml"), manifest).unwrap();
        let why = trial.refusal(&[]);
        assert!(why.contains(expected), "{expected}: {why}");
    }
    let why = Trial::new("pipeline = \"absent.toml\"").refusal(&[]);
    assert!(why.contains("absent.toml: No such file"), "{why}");
    let why = Trial::new("pipeline = \"/dev/zero\"").refusal(&[]);
    assert!(why.contains("/dev/zero: is longer than 1048576 bytes"), "{why}");
}

#[test]
fn a_mistake_in_the_file_is_named_with_its_position_and_without_its_line() {
    for (config, expected) in [
        ("region = \"x\"\nworkers = = 1", "portcullis.toml:2:11: "),
        ("[root]\naccess_key = \"abc\"\nsecret_key = \"hunter2hunter2", "portcullis.toml:3:"),
        (
            "[limits]\nidle_seconds_max = 0",
            "limits.idle_seconds_max = \"0\": allowed is a whole number of seconds from 1",
        ),
        ("[root]\naccess_key = \"abc\"\nsecret_key_file = \"absent\"", "secret file absent: No such file"),
        ("[outbound]\nca_file = \"absent.pem\"", "absent.pem"),
        ("[[accounts]]\nid = \"1\"", "portcullis.toml:1:1: account 1: id: allowed are 12 digits"),
        ("[log]\nlevel = \"loud\"", "allowed is error, warn"),
        (
            "region = \"x\"\n[storage]\nreserve = 1",
            "portcullis.toml:3:1: unknown key storage.reserve (did you mean reserve_bytes?)",
        ),
        ("[[quotas]]\nbucket = \"a\"\nbytes = 1", "quotas[0]: unknown quota bytes (did you mean bytes_max?)"),
    ] {
        let why = Trial::new(config).refusal(&[]);
        assert!(why.contains(expected) && !why.contains("hunter2"), "{config}: {why}");
        // Each part of the message is there once.
        assert_eq!(
            why.matches("No such file").count(),
            usize::from(expected.contains("No such file") || why.contains("No such file")),
            "{why}"
        );
    }
}

#[test]
fn what_is_in_order_is_told_in_full() {
    let trial = Trial::new(
        "region = \"eu-west-3\"\n[variables]\nsigv2 = \"off\"\n[[accounts]]\nid = \"123456789012\"\n\
         [[listeners]]\naddress = \"127.0.0.1:1\"\nendpoint = \"vpce-1\"\n[[kms_keys]]\nid = \"photos\"\n\
         [[quotas]]\nbucket = \"photos\"\nobjects_max = 5",
    );
    let output = trial.run(&["config", "check"], &["--workers", "2"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let shown = text(&output.stdout);
    for expected in [
        "ok\nfile: ",
        "from the file: 1\n",
        "  from the command line: 3\n",
        "listeners: 127.0.0.1:9000 for requests, 127.0.0.1:1 for requests by vpce-1\n",
        "pipeline: built in\n",
        "sigv2 = off (from the file)",
        "123456789012 (nobody has a key)",
        "keys: photos (root account)\n",
        "endpoints: vpce-1 at 127.0.0.1:1 (everything passes)\n",
        "quotas: bucket photos\n",
    ] {
        assert!(shown.contains(expected), "{expected}: {shown}");
    }
    let output = trial.run(&["config", "check"], &["--json"]);
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&document["ok"], &document["settings"]["from_the_file"]), (&true.into(), &1.into()));
    assert_eq!(document["components"].as_array().unwrap().len(), 11);
    let output = trial.run(&["config", "check"], &["--json", "--workers", "many"]);
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["ok"], false);
    assert!(
        document["error"].as_str().unwrap().starts_with("command line: --workers = \"many\": "),
        "{document}"
    );
    assert!(!trial.path("data").exists());
}

#[test]
fn what_stands_in_the_way_of_a_start_is_named() {
    let trial = Trial::new("");
    let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let serve = |listen: &str, data: &Path| {
        let output = trial.run_on(data, &["serve"], &["--listen", listen]);
        assert_eq!(output.status.code(), Some(2));
        text(&output.stderr)
    };
    let why = serve(&taken.local_addr().unwrap().to_string(), &trial.path("data"));
    let own = format!("Process {} (", std::process::id());
    assert!(why.contains("as listen (--listen) says: Address already in use") && why.contains(&own), "{why}");
    let why = serve("192.0.2.1:9000", &trial.path("data"));
    assert!(why.contains("`ip address` lists"), "{why}");
    assert!(!trial.path("data").exists());

    let file = trial.path("portcullis.toml");
    let why = serve("127.0.0.1:0", &file);
    assert!(why.contains("There is a file of that name"), "{why}");
    let why = serve("127.0.0.1:0", trial.folder.path());
    assert!(why.contains("is not empty and holds no volume. Name an empty folder"), "{why}");

    let mut server = Server::start();
    let why = serve("127.0.0.1:0", server.data());
    assert!(
        why.contains("in use by another process. Process ") && why.contains("(portcullis) has it"),
        "{why}"
    );
    server.kill();
}

#[test]
fn what_is_the_matter_with_a_key_is_said_in_full() {
    let mut server = Server::start();
    server.kill();
    let (trial, data) = (Trial::new(""), server.data());
    let said = |command: &str, expected: &[&str]| {
        let listen = ["--listen", "127.0.0.1:0"];
        let output = trial.run_on(data, &[command], if command == "serve" { &listen } else { &[] });
        assert!(!output.status.success(), "{command}");
        let said = text(&output.stdout) + &text(&output.stderr);
        assert!(expected.iter().all(|words| said.contains(words)), "{command} {expected:?}: {said}");
    };
    let key = data.join("sealing-key");
    let right = std::fs::read_to_string(&key).unwrap();
    std::fs::remove_file(&key).unwrap();
    said(
        "serve",
        &["the key of the data folder is missing", "sealing-key", "put the one of this folder back"],
    );
    said("check", &["the key of the data folder is missing"]);
    assert!(!key.exists(), "no other key is made");
    std::fs::write(&key, "none").unwrap();
    said("serve", &["cannot be used", "sealing-key", "it holds 4 bytes, and a key is 64 hexadecimal digits"]);
    said("check", &["cannot be used", "a key is 64 hexadecimal digits"]);
    std::fs::write(&key, "7".repeat(64)).unwrap();
    said("serve", &["not the one that its contents are sealed under", "belongs to another folder"]);
    said("check", &["not the one that its contents are sealed under"]);
    std::fs::remove_file(&key).unwrap();
    std::fs::create_dir(&key).unwrap();
    said("serve", &["cannot be used", "it cannot be read: Is a directory"]);
    std::fs::remove_dir(&key).unwrap();
    std::fs::write(&key, right).unwrap();
    let root = data.join("root-credentials.toml");
    std::fs::write(&root, "account_id = 1").unwrap();
    said("serve", &["root-credentials.toml: ", "Put the file back, or remove it"]);
}

#[test]
fn a_command_for_a_server_says_what_to_do_where_there_is_none() {
    let trial = Trial::new("");
    let said = |data: &Path, command: &[&str]| {
        let mut run = Command::new(workspace::binary());
        let output = run.args(command).arg("--data-dir").arg(data).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{command:?}");
        text(&output.stderr)
    };
    let absent = trial.path("absent");
    for command in [&["usage"][..], &["quota", "show"], &["limits", "show"], &["explain", "--latest"]] {
        assert!(said(&absent, command).contains("absent; there is no such folder: name that of a server"));
    }
    let name = trial.folder.path().display();
    let expected = format!("start one with `portcullis serve --data-dir {name}`");
    let why = said(trial.folder.path(), &["usage"]);
    assert!(why.contains(&expected), "{why}");
    let why = said(&absent, &["check"]);
    assert!(why.contains("there is no such data folder. Name the folder of a server (--data-dir"), "{why}");
    let server = Server::start();
    let why = said(server.data(), &["check"]);
    assert!(why.contains("(portcullis) has it: stop that one first"), "{why}");
}

#[test]
fn a_start_says_what_it_did() {
    let server = Server::start();
    let log = server.log();
    for expected in [
        format!("\n  data        {} (format ", server.data().display()),
        format!("\n  listens on  127.0.0.1:{} (requests, health, metrics)\n", server.port()),
        "\n  pipeline    11 components, built in\n".to_owned(),
        "\n  region      us-east-1; ".to_owned(),
        "acknowledged writes are on disk".to_owned(),
        " open files\n".to_owned(),
        "level info, no line for each request, no traces\n".to_owned(),
        "path-style addresses, and virtual-hosted ones of localhost, s3.localhost\n".to_owned(),
        "\nready\n".to_owned(),
    ] {
        assert!(log.contains(&expected), "{expected}: {log}");
    }
    assert!(!log.contains("usage was counted"), "a new folder has nothing to count: {log}");
}
