//! The transforms of `tests/transforms`, built once, and packages as functions are deployed.

use std::io::{Cursor, Write as _};
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Map, Value, json};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::workspace;

/// A component of `tests/transforms`.
///
/// # Panics
/// When it does not build.
pub fn component(name: &str) -> Vec<u8> {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let folder = BUILT.get_or_init(|| {
        let target = workspace::target().join("transforms");
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.current_dir(workspace::tests().join("transforms")).args(["build", "--locked", "--release"]);
        cargo.args(["--target", "wasm32-wasip2", "--target-dir"]).arg(&target);
        for variable in ["CARGO_ENCODED_RUSTFLAGS", "RUSTFLAGS", "RUSTC_WORKSPACE_WRAPPER", "RUSTC_WRAPPER"] {
            cargo.env_remove(variable);
        }
        assert!(cargo.status().is_ok_and(|status| status.success()), "tests/transforms does not build");
        target.join("wasm32-wasip2").join("release")
    });
    let path = folder.join(format!("{name}.wasm"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A .zip file.
///
/// # Panics
/// Never: it is written to memory.
pub fn package(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for (name, bytes) in files {
        writer.start_file(*name, options).expect("memory");
        writer.write_all(bytes).expect("memory");
    }
    writer.finish().expect("memory").into_inner()
}

/// The document of CreateFunction, for a component and environment variables. It has the limits of
/// AWS Lambda: 3 seconds and 128 MiB.
pub fn creation(name: &str, component: &[u8], variables: &[(&str, &str)]) -> Value {
    let variables: Map<_, _> =
        variables.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value))).collect();
    json!({
        "FunctionName": name,
        "Runtime": "provided.al2023",
        "Handler": "transform",
        "Role": "arn:aws:iam::000000000001:role/none",
        "Code": { "ZipFile": package_of(component) },
        "Environment": { "Variables": variables },
    })
}

/// A package with one component, in base64.
pub fn package_of(component: &[u8]) -> String {
    BASE64.encode(package(&[("transform.wasm", component)]))
}
