//! Where files of an operator must not be: in the data folder. It is the server's, backups copy it
//! as a whole, and it can be lost as a whole.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::config::Config;

/// Whether a path is a folder, or something in it. Neither has to be there.
pub(crate) fn is_inside(path: &Path, folder: &Path) -> std::io::Result<bool> {
    Ok(resolved(path)?.starts_with(resolved(folder)?))
}

/// The path without links, as far as it is there.
fn resolved(path: &Path) -> std::io::Result<PathBuf> {
    let absolute = std::path::absolute(path)?;
    let mut missing: Vec<OsString> = Vec::new();
    let mut there = absolute.as_path();
    loop {
        if let Ok(real) = there.canonicalize() {
            return Ok(missing.iter().rev().fold(real, |path, name| path.join(name)));
        }
        let (Some(parent), Some(name)) = (there.parent(), there.file_name()) else { return Ok(absolute) };
        missing.push(name.to_owned());
        there = parent;
    }
}

/// Refuses files of logs in the data folder.
///
/// # Errors
/// There is one; the text names the setting.
pub(super) fn check(config: &Config) -> Result<()> {
    let files = [("access_log_file", &config.access.file)];
    for (setting, file) in files {
        let Some(file) = file else { continue };
        if is_inside(file, &config.data_dir)? {
            bail!(
                "{setting}: {} is in the data folder {}, which backups copy as a whole, and which takes no file that \
                 grows: put it elsewhere, as below /var/log",
                file.display(),
                config.data_dir.display()
            );
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
