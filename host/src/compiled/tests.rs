//! Which compiled code is trusted.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};

use super::*;

/// The smallest component: its preamble.
const EMPTY: &[u8] = b"\0asm\x0d\0\x01\0";

#[test]
fn only_code_that_nobody_else_could_have_written_is_run() {
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::default();
    compile_into(&engine, CodeFor::Pipeline, folder.path(), EMPTY).unwrap();
    let path = path(&engine, CodeFor::Pipeline, folder.path(), EMPTY);
    assert!(load(&engine, &path).is_some());

    fs::set_permissions(&path, Permissions::from_mode(0o620)).unwrap();
    assert!(load(&engine, &path).is_none());
    fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();

    let link = folder.path().join("link.cwasm");
    symlink(&path, &link).unwrap();
    assert!(load(&engine, &link).is_none());

    fs::write(&path, "not code at all").unwrap();
    assert!(load(&engine, &path).is_none());
    // Then it is compiled again.
    assert!(compile(&engine, CodeFor::Pipeline, "nothing", EMPTY, Some(folder.path())).is_ok());
    assert!(load(&engine, &path).is_some());
}
