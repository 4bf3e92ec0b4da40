//! Stages that users add: they run at their positions, refuse and add headers, and can do nothing
//! else.
//!
//! `tests/stages/tenancy` is the example of docs/stages.md. `tests/stages/probe` does what a
//! request header tells it, and tries what no stage may: each try must cost its own request a 500,
//! and nothing else.

use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use tests::bodies::md5;
use tests::http::{Request, Response};
use tests::workspace;
use tests::xml::Node;

use crate::pipeline::{Staged, component, serve, serve_manifest};

const POSITIONS: [&str; 4] = ["after-accept", "after-auth", "before-storage", "on-response"];

/// The probe at one position, and an object to ask for.
fn probe_at(position: &str) -> Staged {
    let staged = serve(&[(position, "probe")], "");
    staged.server.client().put("/photos", "");
    staged.server.client().put("/photos/cat.jpg", "a picture of a cat");
    staged
}

/// The header that speaks to the probe at a position.
fn header_at(position: &str) -> &'static str {
    if position == "on-response" { "x-probe-response" } else { "x-probe" }
}

fn get(staged: &Staged, header: &str, verb: &str) -> Response {
    staged.server.client().send(Request::new("GET", "/photos/cat.jpg").header(header, verb))
}

#[track_caller]
fn is_internal_error(response: &Response, what: &str) {
    assert_eq!((response.status, response.code().as_str()), (500, "InternalError"), "{what}: {response:?}");
    assert!(response.header("x-amz-request-id").is_some_and(|id| !id.is_empty()), "{what}");
    assert!(!response.text().contains("a picture"), "{what}");
}

#[test]
fn a_stage_runs_at_its_position() {
    // What the probe asks for, and what it is told at each position on the way in; `None` is a
    // trap: not known yet.
    let known: [(&str, [Option<&str>; 3]); 4] = [
        ("target", [None, Some("GetObject"), Some("GetObject")]),
        ("account", [None, Some("000000000001"), Some("000000000001")]),
        ("owner", [Some(""), Some(""), Some("000000000001")]),
        ("decision", [Some("false"), Some("false"), Some("true")]),
    ];
    for (at, position) in POSITIONS[..3].iter().enumerate() {
        let staged = probe_at(position);
        for (verb, told) in known {
            let response = get(&staged, "x-probe", verb);
            match told[at] {
                Some(told) => {
                    assert_eq!(response.status, 200, "{position} {verb}");
                    assert_eq!(response.text(), "a picture of a cat");
                    assert_eq!(response.header(&format!("x-probe-{verb}")), Some(told), "{position} {verb}");
                }
                None => is_internal_error(&response, &format!("{position} {verb}")),
            }
        }
    }
    let staged = probe_at("on-response");
    let response = get(&staged, "x-probe-response", "status");
    assert_eq!((response.status, response.header("x-probe-status")), (200, Some("200")));
    let missing = Request::new("GET", "/photos/dog.jpg").header("x-probe-response", "status");
    let response = staged.server.client().send(missing);
    assert_eq!((response.status, response.header("x-probe-status")), (404, Some("404")));
    assert_eq!(response.code(), "NoSuchKey");
}

#[test]
fn a_refusal_is_an_error_document() {
    for position in &POSITIONS[..3] {
        let staged = probe_at(position);
        let response = get(&staged, "x-probe", "refuse");
        assert_eq!(response.status, 503, "{position}");
        let error = Node::parse(&response.text());
        let value = |name| error.value(name).to_string();
        assert_eq!((error.name.as_str(), value("Code").as_str()), ("Error", "SlowDown"));
        assert_eq!((value("Message").as_str(), value("Tenant").as_str()), ("Slower, <please>", "a&b"));
        assert_eq!(Some(value("RequestId").as_str()), response.header("x-amz-request-id"));
        assert_eq!(response.header("x-probe-refused"), Some("yes"));
        assert_eq!(response.header("content-type"), Some("application/xml"));

        is_internal_error(&get(&staged, "x-probe", "refuse-unknown"), "a code that is not in the table");
        let badly = get(&staged, "x-probe", "refuse-badly");
        is_internal_error(&badly, "an element that is no name");
        assert!(!badly.text().contains("Injected"));

        let head = Request::new("HEAD", "/photos/cat.jpg").header("x-probe", "refuse");
        let response = staged.server.client().send(head);
        assert_eq!((response.status, response.body.len()), (503, 0));
        // What was refused has not happened.
        let put = Request::new("PUT", "/photos/dog.jpg").body("a dog").header("x-probe", "refuse");
        assert_eq!(staged.server.client().send(put).status, 503);
        assert_eq!(staged.server.client().call("GET", "/photos/dog.jpg").status, 404);
    }
}

/// What no stage may do, or survives.
const BAD: [&str; 23] = [
    "bad-panic",
    "bad-name",
    "bad-target",
    "bad-principal",
    "bad-named",
    "bad-refused",
    "bad-owner",
    "bad-decision",
    "bad-collect",
    "bad-ingest",
    "bad-hold",
    "bad-commit",
    "bad-digest",
    "bad-outcome",
    "bad-respond",
    "bad-framing",
    "bad-line",
    "bad-flood",
    "bad-share",
    "bad-trap",
    "bad-loop",
    "bad-memory",
    "bad-stack",
];

#[test]
fn what_a_stage_may_not_do_costs_its_own_request_a_500() {
    for position in POSITIONS {
        let staged = probe_at(position);
        let header = header_at(position);
        for verb in BAD {
            is_internal_error(&get(&staged, header, verb), &format!("{position} {verb}"));
            // Nobody else notices: the next run has a fresh store, and the pipeline's instance is
            // the same.
            let next = get(&staged, header, if header == "x-probe" { "runs" } else { "status" });
            assert_eq!((next.status, next.text().as_str()), (200, "a picture of a cat"), "{position} {verb}");
        }
        let failures = staged.server.metric("portcullis_added_stage_failures_total", &[]);
        assert_eq!(failures, BAD.len() as f64, "{position}");
        assert_eq!(staged.server.metric("portcullis_instances_replaced_total", &[]), 0.0, "{position}");
        let log = staged.server.log();
        assert!(log.contains("an added stage failed") && log.contains("probe"), "{position}");
        assert!(log.contains("it has more than 1024 handles of its call"), "{position}");
    }
}

#[test]
fn a_stage_cannot_let_anybody_in() {
    let staged = probe_at("after-accept");
    for verb in ["bad-decision", "bad-principal", "bad-owner", "bad-respond"] {
        let request = Request::new("GET", "/photos/cat.jpg").header("x-probe", verb);
        is_internal_error(&staged.server.anonymous().send(request), verb);
    }
    let response = staged.server.anonymous().call("GET", "/photos/cat.jpg");
    assert_eq!((response.status, response.code().as_str()), (403, "AccessDenied"));
}

#[test]
fn every_run_has_a_store_of_its_own() {
    // Twice in one request, and in many: a count in the stage's memory never gets beyond one.
    let staged = serve(&[("after-accept", "probe"), ("before-storage", "probe")], "");
    let mut client = staged.server.client();
    client.put("/photos", "");
    for _ in 0..20 {
        let response = client.expect(Request::new("GET", "/photos?list-type=2").header("x-probe", "runs"));
        let runs: Vec<_> = response.headers.iter().filter(|(name, _)| name == "x-probe-runs").collect();
        assert_eq!(runs.len(), 2);
        assert!(runs.iter().all(|(_, runs)| runs == "1"), "{runs:?}");
    }
    let added = staged.server.metric("portcullis_stage_duration_seconds_count", &["stage=\"added\""]);
    assert_eq!(added, 42.0);
}

#[test]
fn slow_stages_do_not_use_up_the_time_of_others() {
    // A stage that loops holds its worker for a quarter of a second; requests beside it wait, and
    // are answered.
    let staged = probe_at("after-accept");
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..4 {
                    is_internal_error(&get(&staged, "x-probe", "bad-loop"), "a loop");
                }
            });
        }
        let end = Instant::now() + Duration::from_secs(1);
        while Instant::now() < end {
            assert_eq!(staged.server.client().get("/photos/cat.jpg").text(), "a picture of a cat");
        }
    });
    assert_eq!(staged.server.metric("portcullis_instances_replaced_total", &[]), 0.0);
}

#[test]
fn the_time_of_a_stage_is_not_that_of_the_pipeline() {
    // A step of the pipeline is interrupted after half a second. Its stages may take more.
    let more = "\n[application.tool.portcullis.stages.probe]\ntime_ms_max = 10000\n";
    let staged = serve(&[("after-auth", "probe"), ("before-storage", "probe")], more);
    staged.server.client().put("/photos", "");
    let listed = Request::new("GET", "/photos?list-type=2").header("x-probe", "busy");
    assert_eq!(staged.server.client().send(listed).status, 200);
    assert_eq!(staged.server.metric("portcullis_instances_replaced_total", &[]), 0.0);
}

#[test]
fn the_example_of_the_documentation_works() {
    let variables = "\n[variables.tenants]\ndefault = \"000000000001=red-, 000000000002=blue-\"\n";
    let staged = serve(&[("after-auth", "tenancy"), ("on-response", "tenancy")], variables);
    let mut red = staged.server.client();
    assert_eq!(red.put("/red-photos", "").header("x-tenant"), Some("red-"));
    let refused = red.call("PUT", "/blue-photos");
    assert_eq!((refused.status, refused.code().as_str()), (403, "AccessDenied"));
    assert_eq!(Node::parse(&refused.text()).value("TenantPrefix"), "red-");
    assert_eq!(refused.header("x-tenant"), None);
    let mut blue = staged.server.other_client();
    assert_eq!(blue.put("/blue-photos", "").header("x-tenant"), Some("blue-"));
    assert_eq!(red.expect(Request::new("GET", "/")).header("x-tenant"), Some("red-"));
    assert_eq!(staged.server.anonymous().call("GET", "/red-photos").header("x-tenant"), None);
    let preflight = Request::new("OPTIONS", "/red-photos").header("origin", "https://example.com");
    assert_eq!(staged.server.anonymous().send(preflight).status, 403);
    assert_eq!(staged.server.metric("portcullis_added_stage_failures_total", &[]), 0.0);
}

/// `portcullis` with these arguments.
fn portcullis(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(workspace::binary());
    command.args(arguments).current_dir(folder).env_remove("PORTCULLIS_BIN").output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn explained(staged: &Staged, response: &Response) -> String {
    let id = response.header("x-amz-request-id").unwrap();
    let data = staged.server.data().to_str().unwrap();
    let output = portcullis(&workspace::root(), &["explain", "--data-dir", data, "--request-id", id]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

#[test]
fn a_stage_writes_to_the_log() {
    let staged = probe_at("after-auth");
    let response = get(&staged, "x-probe", "log");
    assert_eq!(response.status, 200);
    let log = staged.server.log();
    let line = log.lines().find(|line| line.contains("two")).unwrap();
    // One line of the log, whatever a client makes a stage write, and it says whose it is.
    assert!(line.contains("WARN") && line.contains("lines") && !line.contains('\u{1b}'), "{line}");
    let id = response.header("x-amz-request-id").unwrap();
    assert!(line.contains(id) && line.contains("stage=\"probe\""), "{line}");
    assert!(log.contains("lines of a stage are left out"), "{log}");
}

#[test]
fn an_explanation_names_the_stage_and_its_words() {
    let staged = probe_at("after-auth");
    let refused = get(&staged, "x-probe", "refuse");
    let told = explained(&staged, &refused);
    for line in ["stage: probe", "position: after-auth", "the added stage `probe` refused: Slower, <please>"]
    {
        assert!(told.contains(line), "{line} in {told}");
    }
    let failed = get(&staged, "x-probe", "bad-panic");
    is_internal_error(&failed, "a panic");
    assert!(!failed.text().contains("told to"));
    let told = explained(&staged, &failed);
    assert!(told.contains("the added stage `probe` failed: panicked at"), "{told}");
    assert!(told.contains("the probe was told to"), "{told}");
    assert!(staged.server.log().contains("the probe was told to"));
}

#[test]
fn objects_that_a_body_names_are_refused_one_by_one() {
    let staged = probe_at("named-objects");
    let mut client = staged.server.client();
    for key in ["a", "keep/b", "c"] {
        client.put(&format!("/photos/{key}"), key);
    }
    let document = "<Delete><Object><Key>a</Key></Object><Object><Key>keep/b</Key></Object>\
                    <Object><Key>c</Key></Object></Delete>";
    let delete = |verb: &str| {
        let request = Request::new("POST", "/photos?delete").header("x-probe", verb);
        let request = request.header("content-md5", &BASE64.encode(md5(document.as_bytes())));
        staged.server.client().send(request.body(document))
    };
    let response = delete("names");
    assert_eq!(response.status, 200, "{}", response.text());
    let result = Node::parse(&response.text());
    let keys = |name: &str| -> Vec<String> {
        result
            .children
            .iter()
            .filter(|node| node.name == name)
            .map(|node| node.value("Key").to_string())
            .collect()
    };
    assert_eq!((keys("Deleted"), keys("Error")), (vec!["a".into(), "c".into()], vec!["keep/b".into()]));
    let error = result.children.iter().find(|node| node.name == "Error").unwrap();
    assert_eq!(error.value("Code"), "InvalidObjectState");
    assert_eq!(error.value("Message"), "photos/keep/b is kept");
    assert_eq!(client.call("GET", "/photos/keep/b").status, 200);
    assert_eq!(client.call("GET", "/photos/a").status, 404);
    let told = explained(&staged, &response);
    assert!(told.contains("1 of 3 objects, among them keep/b: photos/keep/b is kept"), "{told}");

    // The source of a copy is named, too. Without it, there is no copy.
    let copy = |source: &str, verb: &str| {
        let request = Request::new("PUT", "/photos/copy").header("x-amz-copy-source", source);
        staged.server.client().send(request.header("x-probe", verb))
    };
    let refused = copy("/photos/keep/b", "names");
    assert_eq!((refused.status, refused.code().as_str()), (403, "InvalidObjectState"));
    assert_eq!(client.call("GET", "/photos/copy").status, 404);
    assert_eq!(copy("/photos/cat.jpg", "names").status, 200);
    // A stage that fails there has refused nothing and deleted nothing.
    is_internal_error(&delete("bad-trap"), "a trap");
    assert_eq!(client.call("GET", "/photos/keep/b").status, 200);
    assert_eq!(delete("nothing").status, 500);
    assert_eq!(client.call("GET", "/photos/keep/b").status, 200);
}

#[test]
fn what_was_done_is_not_refused_afterwards() {
    let staged = probe_at("on-response");
    let mut client = staged.server.client();
    client.put("/photos/keep/b", "b");
    let copy = Request::new("PUT", "/photos/copy").header("x-amz-copy-source", "/photos/keep/b");
    let copy = client.send(copy.header("x-probe-response", "names"));
    // The copy was made. A refusal would say that it was not.
    is_internal_error(&copy, "too late");
    let log = staged.server.log();
    assert!(log.contains("refused by added stages at `named-objects`"), "{log}");
    assert_eq!(client.get("/photos/copy").text(), "b");
}

/// A manifest that says only what is added, and nothing of the built-in components.
fn manifest(more: &str) -> String {
    let source = component("probe");
    format!(
        "[application.tool.portcullis]\nafter-auth = [\"probe\"]\n[component.probe]\nsource = \"{}\"\n{more}",
        source.display()
    )
}

#[test]
fn a_manifest_says_what_is_added() {
    let staged = serve_manifest(&manifest(""));
    staged.server.client().put("/photos", "");
    let response = staged.server.client().send(Request::new("GET", "/photos").header("x-probe", "account"));
    assert_eq!((response.status, response.header("x-probe-account")), (200, Some("000000000001")));
}

#[test]
fn a_stage_at_several_positions_is_compiled_once() {
    let everywhere = manifest("").replace(
        "after-auth = [\"probe\"]",
        "after-auth = [\"probe\"]\nnamed-objects = [\"probe\"]\non-response = [\"probe\"]",
    );
    let staged = serve_manifest(&everywhere);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("manifest.toml"), &everywhere).unwrap();
    let data = staged.server.data().to_str().unwrap();
    let arguments = ["upgrade", "--dry-run", "--json", "--data-dir", data, "--pipeline", "manifest.toml"];
    let planned = portcullis(folder.path(), &[&arguments[..], &["--cache-dir", "nothing-compiled"]].concat());
    let planned = text(&planned.stdout);
    assert!(planned.contains("\"components_to_compile\":2"), "{planned}");
}

#[test]
fn a_built_in_component_is_replaced() {
    let source = component("open-cors");
    let more = format!("[component.cors]\nsource = \"{}\"\n", source.display());
    let staged = serve_manifest(&manifest(&more));
    staged.server.client().put("/photos", "");
    let preflight = Request::new("OPTIONS", "/photos").header("origin", "https://example.com");
    let response = staged.server.anonymous().send(preflight);
    assert_eq!((response.status, response.header("access-control-allow-origin")), (200, Some("*")));
    let response =
        staged.server.client().send(Request::new("GET", "/photos").header("origin", "https://a.example"));
    assert_eq!((response.status, response.header("access-control-allow-origin")), (200, Some("*")));
}

/// A start that is refused; its last words.
fn refused_start(manifest: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("manifest.toml"), manifest).unwrap();
    let log = std::fs::File::create(folder.path().join("log")).unwrap();
    let mut command = Command::new(workspace::binary());
    command.args(["serve", "--listen", "127.0.0.1:0", "--data-dir", "data", "--pipeline", "manifest.toml"]);
    command.arg("--cache-dir").arg(workspace::target().join("tests-cache")).current_dir(folder.path());
    let mut child = command.stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap();
    // Where it is not refused, it serves until somebody ends it.
    let until = Instant::now() + Duration::from_secs(60);
    let status = loop {
        match child.try_wait().unwrap() {
            Some(status) => break Some(status),
            None if Instant::now() > until => break None,
            None => std::thread::sleep(Duration::from_millis(10)),
        }
    };
    if status.is_none() {
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let said = std::fs::read_to_string(folder.path().join("log")).unwrap();
    assert!(status.is_some_and(|status| !status.success()), "it was not refused: {said}");
    said
}

#[test]
fn a_stage_that_cannot_run_is_found_at_the_start() {
    let limits = "[application.tool.portcullis.stages.probe]\nmemory_bytes_max = 65536\n";
    let said = refused_start(&manifest(limits));
    for part in [
        "the stage `probe` fails at after-auth",
        "memory_bytes_max = 65536",
        "[application.tool.portcullis.stages.probe]",
    ] {
        assert!(said.contains(part), "{part} in {said}");
    }
    for (more, part) in [
        ("[application.tool.portcullis.stages.prob]\ntime_ms_max = 9\n", "no position has"),
        ("[application.tool.portcullis.stages.probe]\ntime_ms_max = 0\n", "time_ms_max = 0 must be from 1"),
        ("[component.unused]\nsource = \"probe.wasm\"\n", "stands nowhere"),
        ("[component.other]\n", "stands nowhere"),
        (
            "[component.probe.dependencies]\n\"portcullis:gateway/cors@0.1.0\" = { component = \"cors\" }\n",
            "[component.probe.dependencies]: an added stage has none",
        ),
    ] {
        let said = refused_start(&manifest(more));
        assert!(said.contains(part), "{part} in {said}");
    }
    let foreign = manifest("")
        .replace(&component("probe").display().to_string(), &component("open-cors").display().to_string());
    let said = refused_start(&foreign);
    assert!(said.contains("does not export portcullis:gateway/stage@0.1.0"), "{said}");
    let missing = "[application.tool.portcullis]\nafter-auth = [\"probe\"]\n[component.probe]\n";
    assert!(
        refused_start(missing).contains("no component of this name is built in"),
        "{}",
        refused_start(missing)
    );
}

#[test]
fn a_stage_is_tried_without_a_server() {
    let folder = tempfile::tempdir().unwrap();
    let (here, probe) = (folder.path(), component("probe"));
    let (probe, cache) = (probe.to_str().unwrap(), workspace::target().join("tests-cache"));
    let cached = ["--cache-dir", cache.to_str().unwrap()];
    let checked = portcullis(here, &[&["stage", "check", probe], &cached[..]].concat());
    assert_eq!(checked.status.code(), Some(0), "{}", text(&checked.stderr));
    let told = text(&checked.stdout);
    assert!(told.contains("on-response     passes") && told.contains("KiB of memory"), "{told}");

    // The example reads the principal, which nobody knows at first.
    let tenancy = component("tenancy");
    let early = portcullis(here, &[&["stage", "check", tenancy.to_str().unwrap()], &cached[..]].concat());
    assert_eq!(early.status.code(), Some(0), "{}", text(&early.stdout));
    let told = text(&early.stdout);
    let first =
        "after-accept    is not for this position: the principal is not known yet, but from `after-auth` on";
    assert!(told.contains(first), "{told}");

    let request = |verb: &str, expect: &str| {
        let text = format!(
            "position = \"named-objects\"\n[headers]\nx-probe = \"{verb}\"\n[[named]]\nkey = \"keep/a\"\n[[named]]\nkey = \"b\"\n[expect]\n{expect}\n"
        );
        std::fs::write(here.join("request.toml"), text).unwrap();
        portcullis(here, &[&["stage", "test", probe, "--request", "request.toml"], &cached[..]].concat())
    };
    let named = request("names", "refused_objects = [\"keep/a\"]");
    assert_eq!(named.status.code(), Some(0), "{}", text(&named.stdout));
    assert!(
        text(&named.stdout).contains("refused object: keep/a: InvalidObjectState"),
        "{}",
        text(&named.stdout)
    );
    assert_eq!(request("names", "refused = \"AccessDenied\"").status.code(), Some(1));
    assert_eq!(
        request(
            "refuse",
            "refused = \"SlowDown\"\nmessage = \"Slower\"\nheaders = { x-probe-refused = \"yes\" }"
        )
        .status
        .code(),
        Some(0)
    );
    assert_eq!(request("bad-panic", "fails = true\nlog = [\"told to\"]").status.code(), Some(0));
    let failed = request("bad-loop", "");
    assert_eq!(failed.status.code(), Some(1));
    assert!(text(&failed.stdout).contains("time_ms_max"), "{}", text(&failed.stdout));
    assert_eq!(request("names", "unknown = 1").status.code(), Some(2));

    // What is no stage is said to be none.
    let other = portcullis(
        here,
        &[&["stage", "check", component("open-cors").to_str().unwrap()], &cached[..]].concat(),
    );
    assert_eq!(other.status.code(), Some(2));
    assert!(text(&other.stderr).contains("world `user-stage`"), "{}", text(&other.stderr));
}

#[test]
fn a_new_stage_has_all_that_it_needs() {
    let folder = tempfile::tempdir().unwrap();
    for (language, source) in
        [("rust", "src/lib.rs"), ("python", "app.py"), ("javascript", "stage.js"), ("c", "stage.c")]
    {
        let name = format!("my-{language}");
        let made = portcullis(folder.path(), &["stage", "new", &name, "--lang", language]);
        assert!(made.status.success(), "{}", text(&made.stderr));
        let here = folder.path().join(&name);
        for file in [
            source,
            "README.md",
            ".gitignore",
            "stage.toml",
            "manifest.toml",
            "requests/delete.toml",
            "wit/call.wit",
        ] {
            assert!(here.join(file).is_file(), "{language}: {file}");
        }
        let manifest = std::fs::read_to_string(here.join("manifest.toml")).unwrap();
        assert!(
            manifest.contains(&format!("source = \"{name}.wasm\"")) && !manifest.contains("NAME"),
            "{manifest}"
        );
    }
    let again = portcullis(folder.path(), &["stage", "new", "my-c", "--lang", "c"]);
    assert!(!again.status.success() && text(&again.stderr).contains("is there already"));
    let elsewhere = portcullis(folder.path(), &["stage", "build", "."]);
    assert!(text(&elsewhere.stderr).contains("stage new"), "{}", text(&elsewhere.stderr));
    // What is missing is named, and how to get it.
    let mut build = Command::new(workspace::binary());
    let build = build.args(["stage", "build", "my-c"]).current_dir(folder.path()).env("PATH", "").output();
    let told = text(&build.unwrap().stderr);
    assert!(told.contains("clang is not installed") && told.contains("apt-get install clang lld"), "{told}");
    let wit = portcullis(folder.path(), &["stage", "wit", "contract"]);
    assert!(wit.status.success());
    let written = std::fs::read_to_string(folder.path().join("contract/worlds.wit")).unwrap();
    assert_eq!(written, std::fs::read_to_string(workspace::root().join("gateway/wit/worlds.wit")).unwrap());
}
