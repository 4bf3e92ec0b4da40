//! The component in a .zip file, which may be hostile.

use std::io::{Cursor, Read as _};

use anyhow::{Context as _, Result, bail, ensure};
use zip::ZipArchive;

use crate::transforms::COMPONENT_BYTES_MAX;

/// Bytes of a package.
const PACKAGE_BYTES_MAX: u64 = 18 << 20;
/// Files of a package. The library makes an entry for each before anything can be asked.
const FILES_MAX: u16 = 1000;
/// The end of a package: the record that says how many files there are, and its comment.
const END_BYTES_MAX: usize = 22 + 65_535;

/// The one file of a package whose name ends in `.wasm`.
///
/// # Errors
/// No package, none or several of such files, too many files, a component that is too long.
pub(super) fn component(package: &[u8]) -> Result<Vec<u8>> {
    check_length(package.len() as u64)?;
    ensure!(!package.starts_with(b"\0asm"), "this is a component; it comes in a .zip file");
    check_end(package)?;
    let mut archive = ZipArchive::new(Cursor::new(package)).context("the package is no .zip file")?;
    let names: Vec<String> =
        archive.file_names().filter(|name| name.ends_with(".wasm")).map(str::to_owned).collect();
    let [name] = names.as_slice() else {
        bail!("the package has {} files whose names end in .wasm; it has to have one", names.len());
    };
    let file = archive.by_name(name).context("the component in the package cannot be read")?;
    ensure!(!file.encrypted(), "the component in the package is encrypted");
    let too_long = || format!("the component has more than {COMPONENT_BYTES_MAX} bytes");
    ensure!(file.size() <= COMPONENT_BYTES_MAX as u64, too_long());
    let mut component = Vec::new();
    // What the package says of the size may be a lie.
    let read = file.take(COMPONENT_BYTES_MAX as u64 + 1).read_to_end(&mut component);
    read.context("the component in the package cannot be read")?;
    ensure!(component.len() <= COMPONENT_BYTES_MAX, too_long());
    Ok(component)
}

/// Refuses a package that is too long.
///
/// # Errors
/// Says how long one may be.
pub(super) fn check_length(length: u64) -> Result<()> {
    ensure!(
        length <= PACKAGE_BYTES_MAX,
        "the package has {length} bytes; a package has up to {PACKAGE_BYTES_MAX}"
    );
    Ok(())
}

/// Refuses a package with too many files, before a list of them is made. A package of this size has
/// no use for the longer records (zip64).
fn check_end(package: &[u8]) -> Result<()> {
    let end = package.get(package.len().saturating_sub(END_BYTES_MAX)..).unwrap_or_default();
    for (at, window) in end.windows(4).enumerate() {
        match window {
            b"PK\x06\x07" => bail!("the package has records for more than 4 GiB (zip64)"),
            b"PK\x05\x06" => {
                let count = end.get(at + 10..at + 12).and_then(|bytes| bytes.try_into().ok());
                let count = count.map_or(0, u16::from_le_bytes);
                ensure!(count <= FILES_MAX, "the package has more than {FILES_MAX} files");
            }
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
