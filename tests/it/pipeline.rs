//! A pipeline with other stages than the usual ones: built from `tests/stages`, put into a
//! manifest, and served.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use tempfile::TempDir;
use tests::server::Server;
use tests::workspace;

/// The component of a stage in `tests/stages`, built as `host/build.rs` builds the pipeline's own.
pub(crate) fn component(name: &str) -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let folder = BUILT.get_or_init(build);
    folder.join(format!("{}.component.wasm", name.replace('-', "_")))
}

fn build() -> PathBuf {
    let target = workspace::target().join("stages");
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(workspace::tests().join("stages")).args(["build", "--locked", "--release"]);
    cargo.args(["--target", "wasm32-unknown-unknown", "--target-dir"]).arg(&target);
    for variable in [
        "CARGO_ENCODED_RUSTFLAGS",
        "RUSTFLAGS",
        "RUSTC_WORKSPACE_WRAPPER",
        "RUSTC_WRAPPER",
        "CARGO_TARGET_DIR",
    ] {
        cargo.env_remove(variable);
    }
    assert!(cargo.status().unwrap().success(), "the stages in tests/stages do not build");
    let folder = target.join("wasm32-unknown-unknown").join("release");
    for name in ["tenancy", "probe", "trapping", "open_cors"] {
        let module = std::fs::read(folder.join(format!("{name}.wasm"))).unwrap();
        let component = wit_component::ComponentEncoder::default()
            .validate(true)
            .module(&module)
            .and_then(|encoder| encoder.encode())
            .unwrap();
        std::fs::write(folder.join(format!("{name}.component.wasm")), component).unwrap();
    }
    folder
}

/// A server and its manifest.
pub(crate) struct Staged {
    pub(crate) server: Server,
    _folder: TempDir,
}

/// A server of the default pipeline with stages at positions (`("after-auth", "probe")`), and more
/// of a manifest.
pub(crate) fn serve(stages: &[(&str, &str)], more: &str) -> Staged {
    start(&text(stages, more), &[])
}

/// A server of a manifest.
pub(crate) fn serve_manifest(manifest: &str) -> Staged {
    start(manifest, &[])
}

/// The slots that `tests/stages/trapping` stands in front of.
const SLOTS: [&str; 8] = ["auth", "cors", "encryption", "iam", "policy", "storage", "transform", "website"];

/// A server with one worker, whose stages trap where a request says so.
pub(crate) fn serve_trapping() -> Staged {
    let mut text = text(&[], "");
    let mut trapping = format!("\n[component.trapping]\n{}\"\n", absolute(&component("trapping")));
    trapping += "[component.trapping.dependencies]\n";
    for slot in SLOTS {
        let filled = format!("\"portcullis:gateway/{slot}@0.1.0\" = {{ component = \"{slot}\" }}");
        assert!(text.contains(&filled), "{slot}");
        text = text.replace(&filled, &filled.replace(&format!("\"{slot}\" }}"), "\"trapping\" }"));
        trapping += &format!("{filled}\n");
    }
    start(&(text + &trapping), &["--workers", "1"])
}

fn start(manifest: &str, flags: &[&str]) -> Staged {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("spin.toml");
    std::fs::write(&path, manifest).unwrap();
    let server = Server::start_with(&[&["--pipeline", path.to_str().unwrap()], flags].concat());
    Staged { server, _folder: folder }
}

fn absolute(path: &Path) -> String {
    format!("source = \"{}", path.display())
}

fn text(stages: &[(&str, &str)], more: &str) -> String {
    let root = workspace::root();
    let mut text = std::fs::read_to_string(root.join("spin.toml")).unwrap();
    text = text.replace("source = \"target", &absolute(&root.join("target")));
    text += "\n[application.tool.portcullis]\n";
    for (position, name) in stages {
        text += &format!("{position} = [\"{name}\"]\n");
    }
    let mut names: Vec<&str> = stages.iter().map(|(_, name)| *name).collect();
    names.sort_unstable();
    names.dedup();
    for name in names {
        text += &format!("\n[component.{name}]\n{}\"\n", absolute(&component(name)));
    }
    text + more
}
