//! Where files of this repository are.

use std::path::{Path, PathBuf};

/// The folder with the workspace's `Cargo.toml`.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests lie in the workspace").to_path_buf()
}

/// The folder `tests`.
pub fn tests() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Cargo's target folder.
pub fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// The program under test: `PORTCULLIS_BIN`, or the release build.
///
/// # Panics
/// When it was not built.
pub fn binary() -> PathBuf {
    let path = std::env::var_os("PORTCULLIS_BIN")
        .map_or_else(|| target().join("release").join("portcullis"), PathBuf::from);
    assert!(path.exists(), "{} is missing: run `cargo build --release` first", path.display());
    path
}

/// Whether golden files are to be rewritten (`BLESS=1`).
pub fn blessing() -> bool {
    std::env::var_os("BLESS").is_some_and(|value| value == "1")
}

/// A number from the environment, for the length of long tests.
///
/// # Panics
/// When the variable is set to something that is no number.
pub fn number(variable: &str, otherwise: u64) -> u64 {
    match std::env::var(variable) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{variable}={text} is no number")),
        Err(_) => otherwise,
    }
}

/// Every Rust file of `tree` that is ours: its path in the tree, and its text.
///
/// # Panics
/// When a file cannot be read.
pub fn sources(tree: &Path) -> Vec<(String, String)> {
    let files = ["gateway", "components", "host", "tests"].map(|folder| files(&tree.join(folder), "rs"));
    let read = |path: &PathBuf| {
        let name = path.strip_prefix(tree).unwrap_or(path).display().to_string();
        (name, std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
    };
    files.iter().flatten().map(read).collect()
}

/// Whether a file is of the tests: of this crate, in a folder `tests`, or `tests.rs` beside what it
/// tests.
pub fn is_test(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str() == "tests" || part.as_os_str() == "tests.rs")
}

/// Every file below `folder` whose name ends in `.extension`, sorted; build output is left out.
///
/// # Panics
/// When a folder cannot be read.
pub fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let entries =
            std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        for entry in entries {
            let path = entry.expect("a folder entry").path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if path.is_dir() {
                if name != "target" && name != "node_modules" && !name.starts_with('.') {
                    folders.push(path);
                }
            } else if extension.is_empty() || name.ends_with(&format!(".{extension}")) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}
