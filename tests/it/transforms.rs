//! `portcullis transform` as a process: what it writes, what it refuses, and how it ends. What runs
//! in the sandbox, and what may not, is in `host/tests/transforms.rs`.

use std::path::Path;
use std::process::{Command, Output};

use tests::workspace;

/// Runs `portcullis transform` in a folder.
fn transform(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(workspace::binary()).current_dir(folder).arg("transform").args(arguments).output().unwrap()
}

/// How it ended, and all that it said.
fn said(output: &Output) -> (i32, String) {
    let text = [&output.stdout[..], &output.stderr[..]].concat();
    (output.status.code().unwrap(), String::from_utf8(text).unwrap())
}

#[track_caller]
fn is_said(output: &Output, status: i32, parts: &[&str]) {
    let (code, text) = said(output);
    assert_eq!(code, status, "{text}");
    for part in parts {
        assert!(text.contains(part), "`{part}` is not in: {text}");
    }
}

#[test]
fn a_new_transform_has_all_that_it_is_built_of() {
    let folder = tempfile::tempdir().unwrap();
    for language in ["rust", "python", "javascript", "go", "c"] {
        let made = transform(folder.path(), &["new", "--lang", language, language]);
        is_said(&made, 0, &["a transform that works", &format!("transform build {language}")]);
        for file in
            ["README.md", "transform.toml", "context.toml", "input.txt", "wit/types.wit", "wit/worlds.wit"]
        {
            assert!(folder.path().join(language).join(file).exists(), "{language}/{file}");
        }
        for path in workspace::files(&folder.path().join(language), "txt") {
            let text = std::fs::read_to_string(&path).unwrap();
            assert!(!text.contains("NAME"), "{}", path.display());
        }
        let again = transform(folder.path(), &["new", "--lang", language, language]);
        is_said(&again, 2, &["is there already"]);
    }
    is_said(&transform(folder.path(), &["new", "--lang", "rust", "--streaming", "flow"]), 0, &[]);
    is_said(
        &transform(folder.path(), &["new", "--lang", "c", "--streaming", "stream"]),
        2,
        &["in Rust only"],
    );
    is_said(
        &transform(folder.path(), &["new", "--lang", "rust", "Bad_Name"]),
        2,
        &["is no name of a transform"],
    );
    assert!(!folder.path().join("Bad_Name").exists());
    is_said(&transform(folder.path(), &["build", "."]), 2, &["is no folder of a transform"]);
    is_said(&transform(folder.path(), &["wit", "contract"]), 0, &[]);
    let text = std::fs::read_to_string(folder.path().join("contract/types.wit")).unwrap();
    assert!(text.starts_with("package portcullis:transform@0.1.0;"));
}

#[test]
fn what_cannot_be_run_is_told_apart_from_what_fails() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    write("text.wasm", b"no component");
    write("empty.wasm", b"\0asm\x0d\0\x01\0");
    let stage = std::fs::read(workspace::target().join("components").join("cors.wasm")).unwrap();
    write("stage.wasm", &stage);
    let large = std::fs::File::create(folder.path().join("large.wasm")).unwrap();
    large.set_len(200 << 20).unwrap();
    write("bad.toml", b"colour = 1\n");

    let check = |file: &str| transform(folder.path(), &["check", file]);
    is_said(&check("none.wasm"), 2, &["reading none.wasm"]);
    is_said(&check("text.wasm"), 2, &["the transform `text`", "no component that this server can compile"]);
    is_said(&check("empty.wasm"), 2, &["it exports nothing of portcullis:transform@0.1.0"]);
    is_said(&check("stage.wasm"), 2, &["it imports portcullis:gateway/"]);
    is_said(&check("large.wasm"), 2, &["209715200 bytes; a component has up to 67108864"]);
    let test = |more: &[&str]| transform(folder.path(), &[&["test", "empty.wasm"], more].concat());
    is_said(&test(&["--context", "bad.toml"]), 2, &["bad.toml", "colour"]);
    is_said(&test(&["--grant", "everything"]), 2, &["there is nothing called `everything` to grant"]);
    is_said(&test(&["--grant", "http"]), 2, &["host by host"]);
    is_said(&test(&["--memory-bytes-max", "1"]), 2, &["memory_bytes_max = 1 must be from 65536"]);
    // A secret of a command line is in no error.
    let told = test(&["--grant", "secrets=name"]);
    is_said(&told, 2, &["secrets=NAME=VALUE has no value"]);
}
