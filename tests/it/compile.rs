//! The compiler in a process of its own, which `serve` starts: what it leaves in the cache, and for
//! whom.

use std::io::Write as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tests::workspace;

/// Runs `portcullis compile`; whether it says that it did.
fn compile(cache: &Path, component: &[u8]) -> bool {
    let mut child = Command::new(workspace::binary())
        .arg("compile")
        .arg(cache)
        .stdin(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // Who sees at once that this is no component does not read to the end.
    let _written = child.stdin.take().unwrap().write_all(component);
    child.wait().unwrap().success()
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    entries.map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn a_component_is_compiled_for_its_owner_alone() {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("cache");
    let component = std::fs::read(workspace::target().join("components").join("cors.wasm")).unwrap();
    assert!(compile(&cache, &component));
    let kept = entries(&cache);
    assert_eq!(kept.len(), 1, "{kept:?}");
    assert_eq!(std::fs::metadata(&kept[0]).unwrap().mode() & 0o777, 0o600);
    assert_eq!(std::fs::metadata(&cache).unwrap().mode() & 0o777, 0o700);
    // Again: the same file.
    assert!(compile(&cache, &component));
    assert_eq!(entries(&cache), kept);
}

#[test]
fn what_is_no_component_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("cache");
    let component = std::fs::read(workspace::target().join("components").join("cors.wasm")).unwrap();
    for broken in [&b""[..], b"no component", &component[..component.len() / 2]] {
        assert!(!compile(&cache, broken));
        assert_eq!(entries(&cache), Vec::<PathBuf>::new());
    }
}
