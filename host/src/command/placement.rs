//! Where files and folders of an operator can be. None of the files is in the data folder: it is
//! the server's, backups copy it as a whole, and it can be lost as a whole.

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

/// Refuses files of logs in the data folder or in a folder that is not there, and a data folder
/// that is none.
///
/// # Errors
/// There is one; the text names the setting.
pub(super) fn check(config: &Config) -> Result<()> {
    if config.data_dir.exists() && !config.data_dir.is_dir() {
        bail!(
            "the data folder {}: There is a file of that name. Name another folder (data_dir)",
            config.data_dir.display()
        );
    }
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
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
        if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
            bail!(
                "{setting}: the folder {} is not there: make it, and give it to the user of the server",
                folder.display()
            );
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
