//! The file that holds the key: made once, and for its owner's eyes only.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use crate::capabilities::digests::push_hex;
use crate::capabilities::keys::hex32;
use crate::config::ConfigError;
use crate::secret;

/// The file's name in the data folder.
pub const SEALING_FILE: &str = "sealing-key";

/// Reads the key of a data folder, or makes it.
pub(super) fn open(folder: &Path) -> Result<[u8; 32], ConfigError> {
    read(folder, true)?.ok_or_else(|| ConfigError(format!("{SEALING_FILE} is missing")))
}

/// Reads the key of a data folder; `None` when there is none and none is to be made.
pub(super) fn read(folder: &Path, make: bool) -> Result<Option<[u8; 32]>, ConfigError> {
    let path = folder.join(SEALING_FILE);
    let failed = |why: String| ConfigError(format!("{}: {why}", path.display()));
    match fs::read_to_string(&path) {
        Ok(text) => match hex32(text.trim_end()) {
            Some(key) => Ok(Some(key)),
            None => Err(failed("expected 64 hexadecimal digits".to_owned())),
        },
        Err(error) if error.kind() == ErrorKind::NotFound && !make => Ok(None),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let mut key = [0; 32];
            getrandom::fill(&mut key).map_err(|error| failed(format!("no randomness: {error}")))?;
            let mut text = String::with_capacity(65);
            push_hex(&mut text, &key);
            text.push('\n');
            secret::write_file(&path, &text).map_err(|error| failed(error.to_string()))?;
            Ok(Some(key))
        }
        Err(error) => Err(failed(error.to_string())),
    }
}
