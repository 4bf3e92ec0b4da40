//! Folders that commands make from templates: of a stage, and of a transform.

use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};

/// Checks a name, which has to be good for a file, a crate and a manifest. `what` it would be the
/// name of.
///
/// # Errors
/// What is no such name.
pub(super) fn check_name(name: &str, what: &str) -> Result<()> {
    let is_name = name.len() <= 64
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && !name.ends_with('-')
        && name.chars().all(|other| matches!(other, 'a'..='z' | '0'..='9' | '-'));
    ensure!(
        is_name,
        "`{name}` is no name of a {what}: it has up to 64 small letters, digits and `-`, and begins with a letter"
    );
    Ok(())
}

/// Makes a folder, which must not be there.
///
/// # Errors
/// It is there, or cannot be made.
pub(super) fn make(folder: &Path) -> Result<()> {
    match std::fs::create_dir(folder) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            bail!("{} is there already: choose another name, or remove it", folder.display())
        }
        Err(error) => Err(error).with_context(|| format!("making the folder {}", folder.display())),
    }
}

/// Writes a file of it, in a folder that is made where it is missing.
///
/// # Errors
/// What the system says.
pub(super) fn write_file(path: &Path, bytes: &[u8]) -> Result<()> {
    let write = || {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(path, bytes)
    };
    write().with_context(|| format!("writing {}", path.display()))
}

#[cfg(test)]
mod tests;
