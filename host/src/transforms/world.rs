//! What a component imports and exports, compared with the contract and with its grants.

use anyhow::{Result, bail, ensure};
use wasmtime::Engine;
use wasmtime::component::{Component, InstancePre};

use super::bindings::exports::{get, get_stream, head, list_page, put, put_stream};
use super::grants::Grants;

/// The contract, and its version.
pub const CONTRACT: &str = "portcullis:transform@0.1.0";
const PACKAGE: &str = "portcullis:transform/";
const VERSION: &str = "0.1.0";

/// What WASI has for a transform. Nothing behind it is granted.
const WASI: [&str; 6] =
    ["wasi:cli/", "wasi:clocks/", "wasi:filesystem/", "wasi:io/", "wasi:random/", "wasi:sockets/"];

/// What a component exports, by name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Entries {
    /// `get`
    pub get: bool,
    /// `head`
    pub head: bool,
    /// `list-page`
    pub list_page: bool,
    /// `put`
    pub put: bool,
    /// `get-stream`
    pub get_stream: bool,
    /// `put-stream`
    pub put_stream: bool,
}

impl Entries {
    /// The names of what is exported.
    pub fn names(&self) -> Vec<&'static str> {
        let all = [
            (self.get, "get"),
            (self.head, "head"),
            (self.list_page, "list-page"),
            (self.put, "put"),
            (self.get_stream, "get-stream"),
            (self.put_stream, "put-stream"),
        ];
        all.into_iter().filter(|(is_there, _)| *is_there).map(|(_, name)| name).collect()
    }
}

/// How what is exported is found in an instance.
pub(super) struct Exports {
    pub(super) get: Option<get::GuestIndices>,
    pub(super) head: Option<head::GuestIndices>,
    pub(super) list_page: Option<list_page::GuestIndices>,
    pub(super) put: Option<put::GuestIndices>,
    pub(super) get_stream: Option<get_stream::GuestIndices>,
    pub(super) put_stream: Option<put_stream::GuestIndices>,
}

impl Exports {
    pub(super) fn find<T>(pre: &InstancePre<T>) -> Exports {
        Exports {
            get: get::GuestIndices::new(pre).ok(),
            head: head::GuestIndices::new(pre).ok(),
            list_page: list_page::GuestIndices::new(pre).ok(),
            put: put::GuestIndices::new(pre).ok(),
            get_stream: get_stream::GuestIndices::new(pre).ok(),
            put_stream: put_stream::GuestIndices::new(pre).ok(),
        }
    }

    pub(super) fn entries(&self) -> Entries {
        Entries {
            get: self.get.is_some(),
            head: self.head.is_some(),
            list_page: self.list_page.is_some(),
            put: self.put.is_some(),
            get_stream: self.get_stream.is_some(),
            put_stream: self.put_stream.is_some(),
        }
    }
}

/// The name of an interface of the contract, and its version, where it is one.
fn of_contract(name: &str) -> Option<(&str, &str)> {
    name.strip_prefix(PACKAGE).map(|rest| rest.split_once('@').unwrap_or((rest, "none")))
}

/// Whether a component of this version can run here: versions of one minor version understand each
/// other, as long as the component asks for nothing newer.
fn is_known(version: &str) -> bool {
    let parse = |text: &str| -> Option<(u32, u32, u32)> {
        let mut parts = text.split('.').map(|part| part.parse().ok());
        Some((parts.next()??, parts.next()??, parts.next()??))
    };
    match (parse(version), parse(VERSION)) {
        (Some((major, minor, patch)), Some(own)) => (major, minor) == (own.0, own.1) && patch <= own.2,
        _ => false,
    }
}

/// Checks what a component imports and exports, by names.
///
/// # Errors
/// Another version of the contract, an import that is not granted or does not exist, or no export
/// of the contract at all.
pub(super) fn check(engine: &Engine, component: &Component, grants: &Grants) -> Result<()> {
    let world = component.component_type();
    let imports: Vec<&str> = world.imports(engine).map(|(name, _)| name).collect();
    let exports: Vec<&str> = world.exports(engine).map(|(name, _)| name).collect();
    let named = imports.iter().chain(&exports).filter_map(|name| of_contract(name));
    for (interface, version) in named {
        ensure!(
            is_known(version),
            "it was made for portcullis:transform@{version} (`{interface}`); this server has {CONTRACT}. \
             `portcullis transform wit DIR` writes the contract of this server"
        );
    }
    for name in &imports {
        match of_contract(name) {
            Some((interface, _)) if grants.has(interface) => {}
            Some((interface, _)) if Grants::NAMES.contains(&interface) => bail!(
                "it imports `{interface}`, which it is not granted: --grant {interface}, or take the import out"
            ),
            Some((interface, _)) => bail!("it imports `{interface}`, which {CONTRACT} does not have"),
            None if WASI.iter().any(|prefix| name.starts_with(prefix)) => {}
            None => bail!(
                "it imports {name}; a transform may import what {CONTRACT} has, and WASI without `wasi:http`"
            ),
        }
    }
    ensure!(
        exports.iter().any(|name| of_contract(name).is_some()),
        "it exports nothing of {CONTRACT}: get, head, list-page, put, get-stream or put-stream. It exports {}",
        if exports.is_empty() { "nothing".to_owned() } else { exports.join(", ") }
    );
    Ok(())
}

#[cfg(test)]
mod tests;
