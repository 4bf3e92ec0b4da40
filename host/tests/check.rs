//! `portcullis check` as a process, on data folders with references that are wrong: each is found,
//! and named.

#![cfg(test)]

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use volume::{Batch, Options, Put, Volume};

fn open(dir: &Path) -> std::sync::Arc<Volume> {
    Volume::open(Options { background: false, ..Options::new(dir) }).unwrap()
}

/// A row of the table `parts`, as docs/storage-format.md describes it, that refers to these blobs.
/// Its key begins with the number of an upload: eight bytes.
fn part(key: &[u8], blobs: &[u64]) -> Put {
    let mut value = vec![1, 1, 1, 1];
    value.extend([0; 16]);
    value.extend([0, u8::try_from(blobs.len()).unwrap()]);
    for blob in blobs {
        let mut rest = *blob;
        while rest > 0x7F {
            value.push(0x80 | (rest & 0x7F) as u8);
            rest >>= 7;
        }
        value.extend([rest as u8, 0, 1]);
    }
    Put { table: "parts".to_owned(), key: key.to_owned(), value }
}

/// Stores a body under as many references as `rows` hold of it, and `more`.
fn store(volume: &Volume, rows: impl Fn(u64) -> Vec<Put>, keeps: usize) -> u64 {
    let mut receiver = volume.receive(Some(1), None);
    receiver.write(b"x").unwrap();
    let pending = receiver.finish_blocking().unwrap();
    let id = pending.id();
    volume.commit_blocking(Batch { put: rows(id), keep: vec![id; keeps], ..Batch::default() }).unwrap();
    id
}

fn check(dir: &Path) -> (Option<i32>, Value) {
    let output = Command::new(env!("CARGO_BIN_EXE_portcullis"))
        .args(["check", "--json", "--data-dir"])
        .arg(dir)
        .output()
        .unwrap();
    let report = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    (output.status.code(), report)
}

#[test]
fn references_that_are_right_are_clean() {
    let dir = tempfile::tempdir().unwrap();
    let volume = open(dir.path());
    store(&volume, |id| vec![part(b"part-one", &[id]), part(b"part-two", &[id, id])], 3);
    store(&volume, |id| vec![part(b"part-3rd", &[id])], 1);
    volume.close();
    drop(volume);
    let (status, report) = check(dir.path());
    assert_eq!((status, &report["clean"]), (Some(0), &true.into()), "{report}");
    assert_eq!(report["references_counted"], true);
    assert_eq!((&report["rows"], &report["blobs"]), (&3.into(), &2.into()));
}

#[test]
fn references_that_are_wrong_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let volume = open(dir.path());
    store(&volume, |id| vec![part(b"good-row", &[id])], 1);
    let many = store(&volume, |id| vec![part(b"many-row", &[id])], 3);
    let orphan = store(&volume, |_| Vec::new(), 1);
    let gone = orphan + 1_000_000_000;
    let garbage = Put { table: "parts".to_owned(), key: b"gar\xFFbage".to_vec(), value: b"\x09".to_vec() };
    volume
        .commit_blocking(Batch { put: vec![part(b"lost-row", &[gone]), garbage], ..Batch::default() })
        .unwrap();
    volume.close();
    drop(volume);

    let (status, report) = check(dir.path());
    assert_eq!((status, &report["clean"]), (Some(1), &false.into()), "{report}");
    let mut found: Vec<&str> =
        report["problems"].as_array().unwrap().iter().map(|problem| problem.as_str().unwrap()).collect();
    found.sort_unstable();
    let mut expected = vec![
        format!("blob {many:016x}: 3 references are noted, 1 were counted"),
        format!("blob {orphan:016x}: no row refers to it"),
        "row \"gar\\xffbage\" of parts: it cannot be read: A stored record could not be read.".to_owned(),
        format!("row \"lost-row\" of parts: blob {gone:016x}, to which it refers, is not there"),
    ];
    expected.sort_unstable();
    assert_eq!(found, expected);
}
