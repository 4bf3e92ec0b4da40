//! Builds every first-party guest, turns it into a component, and hands it to the host to embed.
//!
//! The guests are core modules for `wasm32-unknown-unknown`; `wit-component` wraps them, so that a
//! component imports the interfaces of `gateway/wit` that it uses and nothing else (docs/adr/0003).

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

/// Package and component name of every guest that the default pipeline is made of.
const GUESTS: [(&str, &str); 11] = [
    ("gateway-component", "gateway"),
    ("auth", "auth"),
    ("policy", "policy"),
    ("cors", "cors"),
    ("website", "website"),
    ("transform", "transform"),
    ("encryption", "encryption"),
    ("iam", "iam"),
    ("access-points", "access-points"),
    ("functions", "functions"),
    ("storage", "storage"),
];

fn main() -> Result<()> {
    // Asked for now: this program may have been built in another copy of the tree.
    let folder = std::env::var_os("CARGO_MANIFEST_DIR").context("the folder of the crate")?;
    let root = Path::new(&folder).parent().context("the workspace folder")?.to_owned();
    for watched in ["gateway", "components", "spin.toml", "Cargo.toml", "Cargo.lock"] {
        println!("cargo::rerun-if-changed={}", root.join(watched).display());
    }
    let target = root.join("target").join("components");
    build_guests(&root, &target)?;
    let out = PathBuf::from(std::env::var("OUT_DIR").context("OUT_DIR")?);
    for (package, name) in GUESTS {
        let module = target
            .join("wasm32-unknown-unknown/component")
            .join(format!("{}.wasm", package.replace('-', "_")));
        let module = std::fs::read(&module).with_context(|| format!("reading {}", module.display()))?;
        let component = wit_component::ComponentEncoder::default()
            .validate(true)
            .module(&module)
            .and_then(|encoder| encoder.encode())
            .with_context(|| format!("componentizing {package}"))?;
        std::fs::write(out.join(format!("{name}.wasm")), &component)?;
        // A second copy where tests, operators and other runtimes find it.
        std::fs::write(target.join(format!("{name}.wasm")), &component)?;
    }
    Ok(())
}

/// Runs a build of its own: guests have another target and another profile than the host. Its
/// target folder is its own too, because cargo holds a lock on the one it builds in.
fn build_guests(root: &Path, target: &Path) -> Result<()> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .current_dir(root)
        .args([
            "build",
            "--locked",
            "--profile",
            "component",
            "--target",
            "wasm32-unknown-unknown",
            "--target-dir",
        ])
        .arg(target);
    for (package, _) in GUESTS {
        cargo.args(["-p", package]);
    }
    // What the outer build sets for the host must not reach the guests.
    for variable in
        ["CARGO_ENCODED_RUSTFLAGS", "RUSTFLAGS", "RUSTC_WORKSPACE_WRAPPER", "RUSTC_WRAPPER", "CLIPPY_ARGS"]
    {
        cargo.env_remove(variable);
    }
    // Every engine that runs components has vectors; `memchr` uses them where they are certain.
    cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", "-Ctarget-feature=+simd128");
    let status = cargo.status().context("running cargo for the guests")?;
    ensure!(status.success(), "building the guests failed: is the target wasm32-unknown-unknown installed?");
    Ok(())
}
