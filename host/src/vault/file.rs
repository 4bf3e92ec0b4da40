//! The file that holds the key: made once, and for its owner's eyes only.

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

use crate::capabilities::digests::push_hex;
use crate::capabilities::keys::hex32;
use crate::config::ConfigError;

/// The file's name in the data folder.
pub const SEALING_FILE: &str = "sealing-key";

/// Reads the key of a data folder, or makes it.
pub(super) fn open(folder: &Path) -> Result<[u8; 32], ConfigError> {
    let path = folder.join(SEALING_FILE);
    let failed = |why: String| ConfigError(format!("{}: {why}", path.display()));
    match fs::read_to_string(&path) {
        Ok(text) => hex32(text.trim_end()).ok_or_else(|| failed("expected 64 hexadecimal digits".to_owned())),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let mut key = [0; 32];
            getrandom::fill(&mut key).map_err(|error| failed(format!("no randomness: {error}")))?;
            write(&path, &key).map_err(|error| failed(error.to_string()))?;
            Ok(key)
        }
        Err(error) => Err(failed(error.to_string())),
    }
}

/// Writes the file so that after a crash it is there whole or not at all.
fn write(path: &Path, key: &[u8; 32]) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let mut text = String::with_capacity(65);
    push_hex(&mut text, key);
    text.push('\n');
    let draft = path.with_extension("new");
    match fs::remove_file(&draft) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&draft, path)?;
    fs::File::open(folder)?.sync_all()
}
