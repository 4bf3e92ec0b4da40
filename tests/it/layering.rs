//! Who may know whom: the invariants of docs/ARCHITECTURE.md, checked.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tests::structure::{self, GATEWAY, HOST, cycles};
use tests::workspace;

/// The packages of the workspace, as cargo describes them.
fn packages() -> Vec<Value> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--no-deps", "--locked"])
        .current_dir(workspace::root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    metadata["packages"].as_array().unwrap().clone()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_string()
}

/// Packages of the workspace, each with the names that it depends on (dev-dependencies left out).
fn edges() -> BTreeMap<String, Vec<String>> {
    let of = |package: &Value| {
        let dependencies = package["dependencies"].as_array().unwrap();
        let linked = dependencies.iter().filter(|dependency| dependency["kind"] != "dev");
        (text(&package["name"]), linked.map(|dependency| text(&dependency["name"])).collect())
    };
    packages().iter().map(of).collect()
}

/// The stages: every package below `components`, but the library that they share.
fn stages() -> Vec<String> {
    let folder = workspace::root().join("components");
    let stages = packages().into_iter().filter(|package| {
        Path::new(&text(&package["manifest_path"])).starts_with(&folder) && package["name"] != "sdk"
    });
    let stages: Vec<String> = stages.map(|package| text(&package["name"])).collect();
    assert!(stages.iter().any(|name| name == "storage"), "not all stages: {stages:?}");
    stages
}

#[test]
fn the_gateway_performs_no_io() {
    let edges = edges();
    for forbidden in
        ["tokio", "wasmtime", "redb", "hyper", "wit-bindgen", "sdk", "host", "rustix", "getrandom"]
    {
        for library in ["gateway", "policy-language"] {
            assert!(!edges[library].iter().any(|name| name == forbidden), "{library} depends on {forbidden}");
        }
    }
}

#[test]
fn a_stage_knows_the_gateway_and_the_sdk_and_no_other_stage() {
    let edges = edges();
    let ours: Vec<&String> = edges.keys().collect();
    let guests = ["gateway-component", "sdk"].map(str::to_string);
    for stage in stages().iter().chain(&guests) {
        for dependency in edges[stage].iter().filter(|name| ours.contains(name)) {
            assert!(["gateway", "sdk"].contains(&dependency.as_str()), "{stage} depends on {dependency}");
        }
    }
}

#[test]
fn the_host_knows_neither_the_gateway_nor_a_stage() {
    let (edges, stages) = (edges(), stages());
    for dependency in &edges["host"] {
        let is_s3 = ["gateway", "policy-language", "gateway-component", "sdk"].contains(&dependency.as_str());
        assert!(!is_s3 && !stages.contains(dependency), "host depends on {dependency}");
    }
}

#[test]
fn the_volume_knows_nobody() {
    let edges = edges();
    let ours: Vec<&String> = edges.keys().collect();
    for dependency in &edges["volume"] {
        assert!(!ours.contains(&dependency), "volume depends on {dependency}");
        assert!(!["wasmtime", "hyper"].contains(&dependency.as_str()), "volume depends on {dependency}");
    }
}

#[test]
fn backups_know_the_volume_and_nobody_else() {
    let edges = edges();
    let ours: Vec<&String> = edges.keys().collect();
    let known: Vec<&String> = edges["backup"].iter().filter(|name| ours.contains(name)).collect();
    assert_eq!(known, ["volume"]);
}

#[test]
fn the_policy_language_knows_nobody() {
    let edges = edges();
    let ours: Vec<&String> = edges.keys().collect();
    for dependency in &edges["policy-language"] {
        assert!(!ours.contains(&dependency), "policy-language depends on {dependency}");
    }
}

/// Words of S3 that the host must not speak, and where it does all the same: start of the path,
/// word, reason.
const S3_WORDS: [&str; 3] = ["bucket", "ListObjects", "x-amz-"];
const EXCEPTIONS: [(&str, &str, &str); 21] = [
    ("src/pipeline/call/on_behalf.rs", "x-amz-", "who says to pay passes to what is asked for them"),
    ("src/command/transform/deployed/remote.rs", "x-amz-", "a client: signs its requests"),
    ("src/transforms/reply.rs", "x-amz-", "headers that a transform may not set"),
    ("src/command/transform/deployed/points.rs", "ListObjects", "a client of S3: what is transformed"),
    ("src/transforms", "bucket", "whose objects a transform may read"),
    ("src/pipeline/webhooks/ask.rs", "x-amz-", "by which headers an answer says for which call it is"),
    ("src/pipeline/transforming", "bucket", "whose objects transforms change, and what is kept of them"),
    ("src/pipeline/responses.rs", "x-amz-", "responses in the place of a pipeline that cannot"),
    ("src/pipeline/contract.rs", "bucket", "fields of the contract, handed from one record to another"),
    ("src/pipeline/shares", "bucket", "what operators set limits for"),
    ("src/pipeline/quotas", "bucket", "what operators set quotas for"),
    ("src/pipeline/added_stages/unsent.rs", "bucket", "requests that nobody sent have a target"),
    ("src/body/framing.rs", "x-amz-", "aws-chunked framing itself carries the trailer's signature"),
    ("src/telemetry", "bucket", "what lines and figures are about; and a histogram's own word"),
    ("src/telemetry/access/s3.rs", "x-amz-", "S3's own format, which names ids of responses"),
    ("src/front/admin", "bucket", "whose objects and bytes operators are shown"),
    ("src/command", "bucket", "what operators set quotas for, and the requests that they describe"),
    ("src/config", "bucket", "the table of settings is one, and passes those of new buckets on"),
    ("backup/src/remote.rs", "bucket", "a client of S3: where backups are"),
    ("backup/src/remote.rs", "ListObjects", "a client of S3: what is there"),
    ("backup/src/remote.rs", "x-amz-", "a client of S3: checksums of what it sends"),
];

#[test]
fn the_host_speaks_no_s3() {
    let host = workspace::root().join("host");
    let (mut spoken, mut used) = (Vec::new(), [false; EXCEPTIONS.len()]);
    for path in workspace::files(&host, "rs") {
        let name = path.strip_prefix(&host).unwrap().display().to_string();
        if workspace::is_test(&path) {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        for (number, line) in text.lines().enumerate() {
            for word in S3_WORDS.iter().filter(|word| line.contains(**word)) {
                let is_excepted =
                    |(start, excepted, _): &(&str, &str, &str)| name.starts_with(start) && excepted == word;
                match EXCEPTIONS.iter().position(is_excepted) {
                    Some(at) => used[at] = true,
                    None => spoken.push(format!("host/{name}:{}: {word}", number + 1)),
                }
            }
        }
    }
    assert!(spoken.is_empty(), "{}", spoken.join("\n"));
    let unused = EXCEPTIONS.iter().zip(used).filter(|(_, used)| !used).map(|(each, _)| each);
    assert_eq!(unused.collect::<Vec<_>>(), Vec::<&(&str, &str, &str)>::new(), "exceptions that are none");
}

#[test]
fn bindings_are_generated_in_one_place_a_side() {
    let root = workspace::root();
    let sites = |needle: &str| -> Vec<String> {
        let folders = ["gateway", "components", "host"].map(|folder| root.join(folder));
        let files = folders.iter().flat_map(|folder| workspace::files(folder, "rs"));
        let with = files.filter(|path| {
            let text = std::fs::read_to_string(path).unwrap();
            text.lines().any(|line| line.contains(needle) && !line.trim_start().starts_with("//"))
        });
        with.map(|path| path.strip_prefix(&root).unwrap().display().to_string()).collect()
    };
    assert_eq!(sites("bindgen!("), ["host/src/pipeline/bindings.rs", "host/src/transforms/bindings.rs"]);
    let guests = sites("generate!(");
    assert!(
        !guests.is_empty() && guests.iter().all(|path| path.starts_with("components/sdk/")),
        "{guests:?}"
    );
}

#[test]
fn only_the_configuration_reads_the_environment() {
    let root = workspace::root().join("host");
    let mut readers: Vec<String> = Vec::new();
    for path in workspace::files(&root, "rs").iter().filter(|path| !workspace::is_test(path)) {
        let text = std::fs::read_to_string(path).unwrap();
        if text.contains("env::var") {
            readers.push(path.strip_prefix(&root).unwrap().display().to_string());
        }
    }
    assert!(readers.iter().all(|path| path.starts_with("src/config") || path == "build.rs"), "{readers:?}");
}

/// Files that an import cycle may have. `tests::structure` says what is counted.
const CYCLE_MAX: usize = 3;

#[test]
fn no_import_cycle_is_large() {
    for each in structure::crates() {
        for cycle in cycles(&each.arrows()) {
            let files = cycle.len();
            assert!(files <= CYCLE_MAX, "{}: a cycle of {files} files: {cycle:?}", each.name);
        }
    }
}

#[test]
fn no_arrow_runs_up_between_floors() {
    let all = structure::crates();
    for (name, floors) in [("host", HOST), ("gateway", GATEWAY)] {
        let each = all.iter().find(|each| each.name == name).unwrap();
        let upward = each.upward(floors);
        assert!(upward.is_empty(), "{name}: {} arrows run up:\n{}", upward.len(), upward.join("\n"));
    }
}
