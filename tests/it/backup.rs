//! Backups: of a server under load, interrupted on either side, and what is restored of them.
//!
//! Writers keep count of what was acknowledged. A restored folder must be, for each writer, what it
//! was after some number of its changes: not fewer than were acknowledged when the backup began,
//! and not more than were begun when it ended. `PORTCULLIS_BACKUP_ROUNDS` (6) is the length.

mod load;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;
use tests::bodies::Noise;
use tests::client::{Client, value};
use tests::http::Request;
use tests::server::Server;
use tests::sign::MAIN;
use tests::workspace;
use tests::xml::Node;

use load::Writers;

/// A place for backups, and for what is restored of them.
struct Shelf {
    folder: TempDir,
    target: String,
    more: Vec<String>,
}

impl Shelf {
    /// In a folder.
    fn new() -> Shelf {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("backups").display().to_string();
        Shelf { folder, target, more: Vec::new() }
    }

    /// In the bucket `backups` of another server.
    fn remote(server: &Server) -> Shelf {
        let endpoint = format!("http://127.0.0.1:{}", server.port());
        let more = ["--endpoint-url".to_owned(), endpoint].to_vec();
        Shelf { target: "s3://backups/of/a".to_owned(), more, ..Shelf::new() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A command with the target, the key and the data folder: `backup`, or `backup list`.
    fn command(&self, words: &[&str], data: &Path) -> Command {
        let mut command = Command::new(workspace::binary());
        command.args(words).arg(&self.target).args(&self.more).arg("--key-file").arg(self.path("backup.key"));
        command.arg("--data-dir").arg(data).arg("--json").current_dir(workspace::root());
        command.env("AWS_ACCESS_KEY_ID", MAIN.access_key_id);
        command.env("AWS_SECRET_ACCESS_KEY", MAIN.secret_access_key);
        command
    }

    /// Runs it to its end; its document, or its status and what it complains of.
    fn run(&self, words: &[&str], data: &Path) -> Result<Value, (Option<i32>, String)> {
        let output = self.command(words, data).output().unwrap();
        if output.status.success() {
            return Ok(serde_json::from_slice(&output.stdout).unwrap());
        }
        let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        Err((output.status.code(), text.concat()))
    }

    fn backup(&self, server: &Server) -> Value {
        self.run(&["backup", "--bytes-per-second", "0"], server.data())
            .unwrap_or_else(|(_, why)| panic!("{why}"))
    }

    /// Restores the newest backup, checks it, and starts a server on it.
    fn restore(&self, name: &str) -> Server {
        let data = self.path(name);
        let restored = self.run(&["restore"], &data).unwrap_or_else(|(_, why)| panic!("{why}"));
        let report = tests::server::check(&data, &[]).unwrap_or_else(|report| panic!("{report}"));
        let clean = format!("clean: {} rows", restored["rows"]);
        assert!(report.contains(&clean) && !report.contains("not counted"), "{clean}: {report}");
        Server::start_on(&data, &[])
    }
}

/// Everything that S3 keeps: versions, parts of an upload that goes on, metadata, long bodies.
fn fill(client: &mut Client) -> String {
    client.put("/plain", "");
    client.put("/versioned", "");
    client.set_versioning("versioned", "Enabled");
    client.put("/plain/empty", "");
    client.put("/plain/long", vec![5; 3 << 20]);
    client.expect(Request::new("PUT", "/plain/named").header("x-amz-meta-a", "b").body("text"));
    for number in 0..3 {
        client.put("/versioned/key", format!("version {number}"));
    }
    client.expect(Request::new("DELETE", "/versioned/key"));
    let answer = client.expect(Request::new("POST", "/plain/parts?uploads"));
    let upload = value(Node::parse(&answer.text()).value("UploadId"));
    client.expect(
        Request::new("PUT", &format!("/plain/parts?partNumber=1&uploadId={upload}")).body(vec![6; 300_000]),
    );
    upload
}

fn assert_filled(client: &mut Client, upload: &str) {
    assert_eq!(client.get("/plain/empty").body, b"");
    assert_eq!(client.get("/plain/long").body, vec![5; 3 << 20]);
    let named = client.get("/plain/named");
    assert_eq!((named.header("x-amz-meta-a"), named.body.as_slice()), (Some("b"), &b"text"[..]));
    assert_eq!(client.call("GET", "/versioned/key").status, 404);
    let listed = client.expect(Request::new("GET", "/versioned?versions"));
    let listed = Node::parse(&listed.text());
    let mut texts: Vec<String> = Vec::new();
    for version in listed.all("Version") {
        let target = format!("/versioned/key?versionId={}", value(version.value("VersionId")));
        texts.push(client.get(&target).text());
    }
    assert_eq!(texts, ["version 2", "version 1", "version 0"]);
    let parts = client.expect(Request::new("GET", &format!("/plain/parts?uploadId={upload}")));
    let etag = Node::parse(&parts.text()).child("Part").unwrap().value("ETag").to_string();
    let document = format!(
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part></CompleteMultipartUpload>"
    );
    client.expect(Request::new("POST", &format!("/plain/parts?uploadId={upload}")).body(document));
    assert_eq!(client.get("/plain/parts").body, vec![6; 300_000]);
}

#[test]
fn a_backup_of_a_server_that_runs_is_restored_as_it_was() {
    let server = Server::start();
    let mut client = server.client();
    let upload = fill(&mut client);
    let shelf = Shelf::new();
    let first = shelf.backup(&server);
    client.put("/plain/later", "later");
    let second = shelf.backup(&server);
    assert_eq!(second["reused_blobs"], first["blobs"], "what was there already is not copied again");
    // The body, its salt and its tag.
    assert_eq!(second["copied_bytes"], 5 + 16 + 16);
    client.put("/plain/too-late", "");
    let listed = shelf.run(&["backup", "list"], server.data()).unwrap();
    assert_eq!(listed["backups"][0]["id"], first["id"]);
    assert_eq!(listed["backups"][1]["id"], second["id"]);
    let verified = shelf.run(&["backup", "verify"], server.data()).unwrap();
    assert_eq!((&verified["clean"], &verified["backups"]), (&Value::Bool(true), &Value::from(2)));
    let restored = shelf.restore("restored");
    let mut client = restored.client();
    assert_filled(&mut client, &upload);
    assert_eq!(client.get("/plain/later").body, b"later");
    assert_eq!(client.call("GET", "/plain/too-late").status, 404);
    // The restored folder lives on.
    client.put("/plain/too-late", "now");
    let pruned = shelf.run(&["backup", "prune", "--keep", "1"], server.data()).unwrap();
    assert_eq!(pruned["backups"], 1);
    let again = shelf.backup(&restored);
    assert_eq!(again["damaged"], Value::from(Vec::<u8>::new()));
    assert!(shelf.run(&["backup", "verify"], server.data()).is_ok());
}

#[test]
fn a_folder_that_no_server_has_is_backed_up_to_another_server() {
    let mut server = Server::start();
    let upload = fill(&mut server.client());
    server.terminate();
    assert!(server.wait(Duration::from_secs(30)).is_some());
    let other = Server::start();
    let shelf = Shelf::remote(&other);
    let (status, why) = shelf.run(&["backup"], server.data()).unwrap_err();
    assert!(status == Some(2) && why.contains("NoSuchBucket"), "{why}");
    other.client().put("/backups", "");
    shelf.backup(&server);
    let backup = shelf.backup(&server);
    let report = server.check().unwrap_or_else(|report| panic!("{report}"));
    let clean =
        format!("clean: {} rows, {} blobs of {} bytes", backup["rows"], backup["blobs"], backup["bytes"]);
    assert!(report.contains(&clean), "both count the same: {clean}: {report}");
    let listed = other.client().expect(Request::new("GET", "/backups?list-type=2"));
    let text = listed.text();
    assert!(
        text.contains("of/a/format") && text.contains("of/a/packs/") && !text.contains("/locks/"),
        "{text}"
    );
    assert!(shelf.run(&["backup", "verify"], server.data()).is_ok());
    assert!(shelf.run(&["backup", "prune", "--keep", "1"], server.data()).is_ok());
    let restored = shelf.restore("restored");
    assert_filled(&mut restored.client(), &upload);
    // Somebody else is at work there, and an end of it was not seen.
    other.client().put("/backups/of/a/locks/elsewhere-1-00", "");
    let (_, why) = shelf.run(&["backup"], server.data()).unwrap_err();
    assert!(why.contains("another portcullis works on the backups in s3://backups/of/a"), "{why}");
}

#[test]
fn what_cannot_be_done_is_refused_with_its_reason() {
    let server = Server::start();
    server.client().put("/plain", "");
    let shelf = Shelf::new();
    let refused = |words: &[&str], data: &Path| {
        let (status, why) = shelf.run(words, data).unwrap_err();
        assert_eq!(status, Some(2), "{why}");
        why
    };
    assert!(refused(&["restore"], &shelf.path("x")).contains("holds no backups"));
    assert!(refused(&["backup"], &shelf.path("x")).contains("is no data folder"));
    shelf.backup(&server);
    assert!(refused(&["restore"], server.data()).contains("is not empty"));
    assert!(refused(&["restore", "--backup", "x"], &shelf.path("x")).contains("there is no backup x"));
    std::fs::rename(shelf.path("backup.key"), shelf.path("kept.key")).unwrap();
    assert!(refused(&["restore"], &shelf.path("x")).contains("there is no backup key in"));
    assert!(refused(&["backup"], server.data()).contains("there is no backup key in"));
    std::fs::write(shelf.path("backup.key"), format!("{}\n", "0".repeat(64))).unwrap();
    assert!(refused(&["backup", "list"], server.data()).contains("is not the one"));
    assert!(refused(&["backup"], server.data()).contains("is not the one"));
    std::fs::rename(shelf.path("kept.key"), shelf.path("backup.key")).unwrap();
    // One bit of the bytes of a body.
    let pack = std::fs::read_dir(shelf.path("backups/chunks")).unwrap().next().unwrap().unwrap().path();
    let mut bytes = std::fs::read(&pack).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&pack, bytes).unwrap();
    let name = pack.file_name().unwrap().to_str().unwrap();
    let (status, why) = shelf.run(&["backup", "verify"], server.data()).unwrap_err();
    assert!(status == Some(1) && why.contains(name) && why.contains("\"clean\":false"), "{why}");
    assert!(refused(&["restore"], &shelf.path("x")).contains(name));
    assert!(!shelf.path("x").exists(), "nothing is left that looks like a data folder");
}

#[test]
fn a_backup_that_stands_still_holds_nothing_for_long() {
    let flags = ["--backup-hold-idle-seconds-max", "2"];
    let server = Server::start_with(&flags);
    fill(&mut server.client());
    // Bytes that do not get fewer when they are packed: they last for half a minute.
    let mut noise = Noise::new(7);
    let long: Vec<u8> = (0..512 << 10).flat_map(|_| noise.draw().to_le_bytes()).collect();
    server.client().put("/plain/noise", long);
    let shelf = Shelf::new();
    let held = |server: &Server| server.metric("portcullis_backup_hold_seconds", &[]);
    let ended = |server: &Server| server.metric("portcullis_backup_holds_ended_total", &["reason=\"idle\""]);
    let mut command = shelf.command(&["backup", "--bytes-per-second", "128 KiB"], server.data());
    let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    // One that is slow, and goes on, keeps its hold.
    until("it lasts longer than it may stand still", || held(&server) >= 3.0);
    assert_eq!(ended(&server), 0.0);
    signal(&child, "STOP");
    until("the hold ends", || ended(&server) == 1.0 && held(&server) == 0.0);
    assert!(server.log().contains("a backup stands still"), "{}", server.log_tail());
    // Another one need not wait for it.
    let other = Shelf::new();
    other.backup(&server);
    signal(&child, "CONT");
    let output = child.wait_with_output().unwrap();
    let why = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        !output.status.success() && why.contains("made no progress for backup.hold_idle_seconds_max"),
        "{why}"
    );
}

fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(20);
    while !is_so() {
        assert!(Instant::now() < end, "{what} did not come about");
        thread::sleep(Duration::from_millis(50));
    }
}

fn signal(child: &Child, name: &str) {
    let status = Command::new("kill").args(["-s", name, &child.id().to_string()]).status().unwrap();
    assert!(status.success());
}

#[test]
fn a_server_is_not_backed_up_into_itself() {
    let server = Server::start();
    server.client().put("/backups", "");
    let shelf = Shelf::remote(&server);
    let (status, why) = shelf.run(&["backup"], server.data()).unwrap_err();
    assert!(status == Some(2) && why.contains("is in the server that is backed up"), "{why}");
    let listed = server.client().get("/backups?list-type=2").text();
    assert!(!listed.contains("<Key>") && !shelf.path("backup.key").exists(), "{listed}");
}

#[test]
fn credentials_come_from_a_profile_too() {
    let server = Server::start();
    let other = Server::start();
    other.client().put("/backups", "");
    let shelf = Shelf::remote(&other);
    let file = shelf.path("credentials");
    let text = format!(
        "[default]\naws_access_key_id = AKIAWRONG\naws_secret_access_key = wrong\n\n[backups]\naws_access_key_id = \
         {}\naws_secret_access_key = {}\n",
        MAIN.access_key_id, MAIN.secret_access_key
    );
    std::fs::write(&file, text).unwrap();
    let run = |profile: &str| {
        let mut command = shelf.command(&["backup"], server.data());
        command.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY");
        command.env("AWS_SHARED_CREDENTIALS_FILE", &file).env("AWS_CONFIG_FILE", shelf.path("config"));
        let output = command.env("AWS_PROFILE", profile).output().unwrap();
        (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (done, why) = run("default");
    assert!(!done && why.contains("InvalidAccessKeyId"), "{why}");
    let (done, why) = run("nobody");
    assert!(!done && why.contains("\"nobody\" was looked for in"), "{why}");
    let (done, why) = run("backups");
    assert!(done, "{why}");
}

/// What is interrupted in a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Killed {
    Nobody,
    Backup,
    Server,
}

#[test]
fn a_backup_under_load_is_a_state_that_was_acknowledged_whoever_is_killed() {
    let rounds = workspace::number("PORTCULLIS_BACKUP_ROUNDS", 6);
    let mut noise = Noise::new(workspace::number("PORTCULLIS_BACKUP_SEED", 0x2545_f491));
    let mut server = Server::start();
    server.client().put("/load", "");
    let shelf = Shelf::new();
    let mut writers = Writers::new(&mut noise);
    for round in 1..=rounds {
        let killed = [Killed::Nobody, Killed::Backup, Killed::Server][usize::try_from(round % 3).unwrap()];
        let delay = Duration::from_millis(noise.below(600));
        let port = server.port();
        let (before, after) = writers.work(port, |writers| {
            thread::sleep(Duration::from_millis(50));
            interrupted(&shelf, &mut server, killed, delay);
            // From here on nobody is killed.
            let before = writers.progress();
            shelf.backup(&server);
            (before, writers.progress())
        });
        let named = format!("restored-{round}");
        let restored = shelf.restore(&named);
        if let Err(why) = writers.compare(&mut restored.client(), &before, &after) {
            panic!("round {round}, {killed:?} killed after {delay:?}: {why}");
        }
        drop(restored);
        std::fs::remove_dir_all(shelf.path(&named)).unwrap();
        if round % 5 == 0 || round == rounds {
            shelf.run(&["backup", "prune", "--keep", "2"], server.data()).unwrap();
            shelf
                .run(&["backup", "verify"], server.data())
                .unwrap_or_else(|(_, why)| panic!("round {round}: {why}"));
        }
    }
    server.kill();
    let report = server.check().unwrap_or_else(|report| panic!("{report}"));
    assert!(report.contains("clean: "), "{report}");
}

/// A backup during which somebody is killed, if anybody.
fn interrupted(shelf: &Shelf, server: &mut Server, killed: Killed, delay: Duration) {
    if killed == Killed::Nobody {
        return;
    }
    let mut command = shelf.command(&["backup", "--bytes-per-second", "8MiB"], server.data());
    let mut child: Child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    thread::sleep(delay);
    if killed == Killed::Backup {
        child.kill().unwrap();
        child.wait().unwrap();
        return;
    }
    server.kill();
    let output = child.wait_with_output().unwrap();
    let why = String::from_utf8_lossy(&output.stderr).into_owned();
    // It may have been done already, or not have begun; but it says so when the server is gone.
    assert!(
        output.status.success()
            || why.contains("has ended; what was copied so far is kept")
            || why.contains("server"),
        "{why}"
    );
    server.start_again();
}
