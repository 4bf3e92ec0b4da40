//! Which files count, and when.

use std::fs::{self, File};
use std::time::Duration;

use super::*;

#[test]
fn a_component_is_stale_where_a_source_is_newer() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let write = |name: &str, seconds: u64| {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, name).unwrap();
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000 + seconds);
        File::options().append(true).open(&path).unwrap().set_modified(time).unwrap();
        path
    };
    let component = write("upper.wasm", 10);
    write("src/lib.rs", 5);
    for (name, seconds) in [
        ("target/release/made.rs", 20),
        (".venv/lib/fetched.py", 20),
        ("node_modules/x/index.js", 20),
        ("README.md", 20),
        ("transform.toml", 20),
    ] {
        write(name, seconds);
    }
    let before = SourceFiles::of(root);
    assert_eq!(before.newer_than(&component), None);
    assert_eq!(SourceFiles::of(root), before);
    write("transform.toml", 21);
    let settings = SourceFiles::of(root);
    assert!(settings.differs_in_settings_alone(&before) && settings.has_other_settings(&before));
    let source = write("src/deep/more.rs", 11);
    let after = SourceFiles::of(root);
    assert_eq!(after.newer_than(&component), Some(source.as_path()));
    assert!(!after.differs_in_settings_alone(&settings) && !after.has_other_settings(&settings));
}
