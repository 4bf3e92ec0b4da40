//! Folders that earlier releases made: they open, answer as before, and take writes; newer ones are
//! refused. And whose a folder is.
//!
//! `tests/folders` holds a small folder for each version of the format, and what it answered to the
//! release that made it.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use serde_json::Value;
use tempfile::TempDir;
use tests::client::Client;
use tests::http::Request;
use tests::server::Server;
use tests::sign::{Credentials, sha256_hex};
use tests::totp::{self, Device};
use tests::workspace;

use crate::iam::{element, ok};

/// The folders, and the version of the format that each has.
const FOLDERS: [(&str, u64); 3] = [("format-1", 1), ("format-2", 2), ("format-2-later", 2)];

fn folders() -> PathBuf {
    workspace::tests().join("folders")
}

/// A copy of a folder: `data`, beside the configuration that it was made with.
fn unpack(name: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    fs::create_dir(&data).unwrap();
    let archive = folders().join(format!("{name}.tar.gz"));
    let status = Command::new("tar").arg("-xzf").arg(archive).arg("-C").arg(&data).status();
    assert!(status.unwrap().success());
    fs::copy(folders().join(format!("{name}.toml")), folder.path().join("portcullis.toml")).unwrap();
    folder
}

fn expected(name: &str) -> Value {
    let text = fs::read_to_string(folders().join(format!("{name}.json"))).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("{name} in {value}"))
}

/// What the file with the root credentials says.
fn root(data: &Path) -> (String, Option<Credentials>) {
    let file = fs::read_to_string(data.join("root-credentials.toml")).unwrap();
    let value = |name: &str| {
        let line = file.lines().find_map(|line| line.strip_prefix(&format!("{name} = \"")))?;
        Some(line.trim_end_matches('"').to_owned())
    };
    let pair = value("access_key").zip(value("secret_key"));
    let credentials = pair.map(|(access_key, secret_key)| Credentials {
        access_key_id: access_key.leak(),
        secret_access_key: secret_key.leak(),
    });
    (value("account_id").unwrap(), credentials)
}

/// Runs the program, which is to end by itself; its exit status, and what it printed.
fn portcullis(arguments: &[&str], data: &Path) -> (i32, String) {
    // A start that should be refused, and is not, must not wait for ever.
    let output = Command::new("timeout")
        .arg("60")
        .arg(workspace::binary())
        .args(arguments)
        .arg("--data-dir")
        .arg(data)
        .arg("--cache-dir")
        .arg(workspace::target().join("tests-cache"))
        .current_dir(workspace::root())
        .output()
        .unwrap();
    let text =
        [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    (output.status.code().unwrap(), text)
}

/// The version in `FORMAT`.
fn format(data: &Path) -> u64 {
    let line = fs::read_to_string(data.join("FORMAT")).unwrap();
    line.split(' ').nth(1).unwrap().parse().unwrap()
}

/// The version that this program writes.
fn format_of_this_program(data: &Path) -> u64 {
    let (_, document) = portcullis(&["upgrade", "--dry-run", "--json"], data);
    serde_json::from_str::<Value>(&document).unwrap()["format_of_this_program"].as_u64().unwrap()
}

fn stop(server: &mut Server) {
    server.terminate();
    assert!(
        server.wait(Duration::from_secs(30)).is_some_and(|status| status.success()),
        "{}",
        server.log_tail()
    );
}

/// Sends what the folder was asked when it was made, and compares the answers.
fn compare(name: &str, expected: &Value, root: &mut Client, alice: &mut Client) {
    for exchange in expected["exchanges"].as_array().unwrap() {
        let mut request = Request::new(text(exchange, "method"), text(exchange, "target"));
        for (header, value) in exchange["headers"].as_object().unwrap() {
            request = request.header(header, value.as_str().unwrap());
        }
        let response =
            if text(exchange, "who") == "alice" { alice.send(request) } else { root.send(request) };
        let shown = format!("{name}: {exchange}: {}", response.text());
        assert_eq!(u64::from(response.status), exchange["status"].as_u64().unwrap(), "{shown}");
        if let Some(digest) = exchange["sha256"].as_str() {
            assert_eq!(sha256_hex(&response.body), digest, "{shown}");
        }
        for part in exchange["contains"].as_array().unwrap() {
            assert!(response.text().contains(part.as_str().unwrap()), "{shown}");
        }
    }
}

/// Goes on with what was begun: an upload, a role, a device that shows codes.
fn go_on(expected: &Value, root: &mut Client, alice: &mut Client) {
    let upload = &expected["upload"];
    let part = format!("<Part><PartNumber>1</PartNumber><ETag>{}</ETag></Part>", text(upload, "etag"));
    let document = format!("<CompleteMultipartUpload>{part}</CompleteMultipartUpload>");
    root.expect(Request::new("POST", text(upload, "target")).body(document));
    assert_eq!(sha256_hex(&root.get("/plain/begun").body), text(upload, "sha256"));
    assert!(ok(root, "GetRole&RoleName=reader").contains("<RoleName>reader</RoleName>"));
    let device = Device::new(text(&expected["alice"], "serial_number"), text(&expected["alice"], "seed"));
    let code = device.code(totp::now());
    let form = format!("GetSessionToken&SerialNumber={}&TokenCode={code}", device.serial_number);
    assert!(ok(alice, &form).contains("<SessionToken>"));
    root.put("/plain/new", "written by this release");
    root.put("/versions/a", "a third");
}

#[test]
fn folders_of_every_format_open_and_answer_as_before() {
    for (name, version) in FOLDERS {
        let (folder, expected) = (unpack(name), expected(name));
        let data = folder.path().join("data");
        assert_eq!(format(&data), version);
        let now = format_of_this_program(&data);
        let (status, text_of_plan) = portcullis(&["upgrade", "--dry-run"], &data);
        assert_eq!(status, i32::from(version < now), "{text_of_plan}");
        assert!(text_of_plan.contains(&format!("format {version}, this program writes format {now}")));
        assert_eq!(format(&data), version, "a dry run changes nothing");

        let (account, credentials) = root(&data);
        assert_eq!(account, text(&expected, "account"));
        let mut server = Server::start_in_folder(folder, &[]);
        let data = server.data().to_owned();
        let mut admin = server.client_as(credentials.unwrap());
        let alice = &expected["alice"];
        let key = Credentials {
            access_key_id: text(alice, "access_key").to_owned().leak(),
            secret_access_key: text(alice, "secret_key").to_owned().leak(),
        };
        let mut alice = server.client_as(key);
        compare(name, &expected, &mut admin, &mut alice);
        go_on(&expected, &mut admin, &mut alice);
        assert_eq!(format(&data), now);
        if version < now {
            assert!(server.log().contains("the data folder was upgraded"), "{}", server.log_tail());
        }
        stop(&mut server);
        let report = server.check().unwrap_or_else(|report| panic!("{name}: {report}"));
        assert!(report.contains("clean: ") && !report.contains("not counted"), "{report}");

        let (status, text_of_plan) = portcullis(&["upgrade", "--dry-run"], &data);
        assert_eq!(status, 0, "{text_of_plan}");
        assert!(text_of_plan.contains("Nothing needs an upgrade"), "{text_of_plan}");
        server.start_again();
        assert_eq!(
            server.client_as(credentials.unwrap()).get("/plain/new").text(),
            "written by this release"
        );
        stop(&mut server);
    }
}

#[test]
fn a_folder_is_upgraded_without_a_start() {
    let folder = unpack("format-1");
    let data = folder.path().join("data");
    let now = format_of_this_program(&data);
    let (status, document) = portcullis(&["upgrade", "--dry-run", "--json"], &data);
    let plan: Value = serde_json::from_str(&document).unwrap();
    assert_eq!(
        (status, &plan["format"], &plan["needed"]),
        (1, &Value::from(1), &Value::Bool(true)),
        "{plan}"
    );
    assert_eq!(plan["way_back"], Value::Bool(false));
    assert_eq!(plan["steps"][0]["format"], Value::from(2));

    let (status, report) = portcullis(&["upgrade"], &data);
    assert_eq!(status, 0, "{report}");
    assert!(report.contains(&format!("upgraded from format 1 to format {now}")), "{report}");
    assert!(report.contains("clean: "), "{report}");
    assert_eq!(format(&data), now);
    let (status, report) = portcullis(&["upgrade"], &data);
    assert_eq!((status, report.contains("nothing to upgrade")), (0, true), "{report}");

    // While a server has it open, a dry run is possible, and nothing else.
    let server = Server::start_in_folder(folder, &[]);
    assert_eq!(portcullis(&["upgrade", "--dry-run"], server.data()).0, 0);
    let (status, refusal) = portcullis(&["upgrade"], server.data());
    assert_eq!((status, refusal.contains("in use by another process")), (2, true), "{refusal}");
    let nothing = tempfile::tempdir().unwrap();
    let (status, refusal) = portcullis(&["upgrade", "--dry-run"], nothing.path());
    assert_eq!((status, refusal.contains("holds no volume")), (2, true), "{refusal}");
}

#[test]
fn a_newer_format_is_refused_with_what_to_do() {
    let folder = unpack("format-2");
    let data = folder.path().join("data");
    let now = format_of_this_program(&data);
    let line = fs::read_to_string(data.join("FORMAT")).unwrap();
    fs::write(data.join("FORMAT"), line.replace(" 2 ", &format!(" {} ", now + 1))).unwrap();
    for command in
        [&["serve", "--listen", "127.0.0.1:0"][..], &["check"], &["upgrade"], &["upgrade", "--dry-run"]]
    {
        let (status, refusal) = portcullis(command, &data);
        assert_eq!(status, 2, "{command:?}: {refusal}");
        let words = [format!("format {}", now + 1), format!("up to {now}"), "a newer release".to_owned()];
        assert!(words.iter().all(|words| refusal.contains(words.as_str())), "{command:?}: {refusal}");
    }
}

#[test]
fn a_lost_file_gets_new_keys_for_the_same_account() {
    // Of before the index noted the account: the owner of the buckets says it.
    let (folder, expected) = (unpack("format-2"), expected("format-2"));
    let file = folder.path().join("data/root-credentials.toml");
    let (account, before) = root(file.parent().unwrap());
    fs::remove_file(&file).unwrap();
    let mut server = Server::start_in_folder(folder, &[]);
    let file = server.data().join("root-credentials.toml");
    let mut starts = Vec::new();
    for _ in 0..2 {
        let (found, credentials) = root(server.data());
        assert_eq!(found, account);
        let credentials = credentials.unwrap();
        let log = server.log();
        assert!(log.contains(&format!("was missing: account {account} has new root credentials")), "{log}");
        assert!(log.contains(&format!("AWS_SECRET_ACCESS_KEY={}", credentials.secret_access_key)), "{log}");
        let mut client = server.client_as(credentials);
        assert_eq!(sha256_hex(&client.get("/plain/small").body), text(&expected["exchanges"][1], "sha256"));
        starts.push(credentials.access_key_id);
        // From now on the index notes it, and buckets do not count.
        stop(&mut server);
        fs::remove_file(&file).unwrap();
        server.start_again();
    }
    starts.push(root(server.data()).1.unwrap().access_key_id);
    assert!(starts[0] != starts[1] && starts[1] != starts[2]);
    let refused = server.client_as(before.unwrap()).call("GET", "/plain/small");
    assert_eq!((refused.status, refused.code().as_str()), (403, "InvalidAccessKeyId"));

    // The file of another folder.
    stop(&mut server);
    fs::write(&file, "account_id = \"123456789012\"\n").unwrap();
    let (status, refusal) = portcullis(&["serve", "--listen", "127.0.0.1:0"], server.data());
    assert_eq!(status, 2);
    for words in [account.as_str(), "123456789012", "remove the file"] {
        assert!(refusal.contains(words), "{refusal}");
    }
    fs::remove_file(&file).unwrap();
    let other = ["serve", "--listen", "127.0.0.1:0", "--root-account-id", "123456789012"];
    let (status, refusal) = portcullis(&other, server.data());
    assert_eq!((status, refusal.contains(&account)), (2, true), "{refusal}");
    assert!(!file.exists());
}

#[test]
fn a_new_folder_has_the_account_that_it_is_given() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("portcullis.toml"), "").unwrap();
    let server = Server::start_in_folder(folder, &["--root-account-id", "111122223333"]);
    let mut client = server.client_as(root(server.data()).1.unwrap());
    let identity = ok(&mut client, "GetCallerIdentity");
    assert_eq!(element(&identity, "Account"), "111122223333");
}

#[test]
fn credentials_are_made_by_the_start_that_shows_them() {
    let folder = tempfile::tempdir().unwrap();
    let broken = folder.path().join("spin.toml");
    let manifest = fs::read_to_string(workspace::root().join("spin.toml")).unwrap();
    fs::write(&broken, manifest).unwrap();
    fs::write(folder.path().join("portcullis.toml"), "").unwrap();
    let data = folder.path().join("data");
    let pipeline = broken.display().to_string();
    // The components are not beside this manifest.
    let (status, refusal) = portcullis(&["serve", "--listen", "127.0.0.1:0", "--pipeline", &pipeline], &data);
    assert_eq!(status, 2, "{refusal}");
    assert!(!refusal.contains("AWS_SECRET_ACCESS_KEY"), "{refusal}");
    let file = data.join("root-credentials.toml");
    assert!(!fs::read_to_string(&file).unwrap_or_default().contains("secret_key"));

    let mut server = Server::start_in_folder(folder, &[]);
    let credentials = root(server.data()).1.unwrap();
    let shown = format!("AWS_SECRET_ACCESS_KEY={}", credentials.secret_access_key);
    assert_eq!(server.log().matches(&shown).count(), 1, "{}", server.log());
    assert!(!server.log().contains("was missing"));
    stop(&mut server);
    server.start_again();
    assert_eq!(server.log().matches("AWS_SECRET_ACCESS_KEY").count(), 1, "shown only once");
    assert_eq!(server.client_as(credentials).get("/").status, 200);
}

#[test]
fn compiled_code_that_nothing_used_for_long_is_removed_by_a_start() {
    // What this program uses is compiled, and in a cache that no other test has.
    drop(Server::start());
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("cache");
    fs::create_dir(&cache).unwrap();
    for entry in fs::read_dir(workspace::target().join("tests-cache")).unwrap() {
        let entry = entry.unwrap();
        let is_code = entry.path().extension().is_some_and(|extension| extension == "cwasm");
        let is_fresh = |time: SystemTime| time.elapsed().unwrap_or_default() < Duration::from_secs(600);
        if is_code && entry.metadata().and_then(|found| found.modified()).is_ok_and(is_fresh) {
            fs::copy(entry.path(), cache.join(entry.file_name())).unwrap();
        }
    }
    let (old, recent) = (cache.join("pipeline-old-1.cwasm"), cache.join("pipeline-recent-1.cwasm"));
    for (path, days) in [(&old, 40), (&recent, 1)] {
        fs::write(path, "code of another release").unwrap();
        let time = SystemTime::now() - Duration::from_secs(days * 24 * 3600);
        fs::File::open(path).unwrap().set_modified(time).unwrap();
    }
    let mut server = Command::new(workspace::binary())
        .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
        .arg(folder.path().join("data"))
        .arg("--cache-dir")
        .arg(&cache)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut greeting = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut greeting).unwrap();
    server.kill().unwrap();
    server.wait().unwrap();
    assert!(greeting.starts_with("Portcullis "), "{greeting}");
    assert!(!old.exists() && recent.exists());
}
