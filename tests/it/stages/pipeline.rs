//! A pipeline with added stages: built from `tests/stages`, put into a manifest, and served.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use tempfile::TempDir;
use tests::server::Server;
use tests::workspace;

/// The component of a stage in `tests/stages`, built as `host/build.rs` builds the pipeline's own.
fn component(name: &str) -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let folder = BUILT.get_or_init(build);
    folder.join(format!("{name}.component.wasm"))
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
    for name in ["tenancy", "probe"] {
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
pub(super) struct Staged {
    pub(super) server: Server,
    _folder: TempDir,
}

/// A server of the default pipeline with stages at positions (`("after-auth", "probe")`), and more of a manifest.
pub(super) fn serve(stages: &[(&str, &str)], more: &str) -> Staged {
    let folder = tempfile::tempdir().unwrap();
    let manifest = folder.path().join("spin.toml");
    std::fs::write(&manifest, text(stages, more)).unwrap();
    let server = Server::start_with(&["--pipeline", manifest.to_str().unwrap()]);
    Staged { server, _folder: folder }
}

fn text(stages: &[(&str, &str)], more: &str) -> String {
    let root = workspace::root();
    let absolute = |path: &Path| format!("source = \"{}", path.display());
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
