//! The file that holds the folder key: made once, and readable by its owner only.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use crate::hex;
use crate::keys::KeysError;
use crate::random;
use crate::secret;

/// The file's name in the data folder.
pub const SEALING_FILE: &str = "sealing-key";

/// Reads the key of a data folder, or makes it.
pub(super) fn open(folder: &Path) -> Result<[u8; 32], KeysError> {
    read(folder, true)?.ok_or_else(|| KeysError::file(folder.join(SEALING_FILE), "is missing"))
}

/// Reads the key of a data folder; `None` when there is none and none is to be made.
pub(super) fn read(folder: &Path, make: bool) -> Result<Option<[u8; 32]>, KeysError> {
    let path = folder.join(SEALING_FILE);
    let failed = |why: String| KeysError::file(&path, why);
    match fs::read_to_string(&path) {
        Ok(text) => match hex::bytes_32(text.trim_end()) {
            Some(key) => Ok(Some(key)),
            None => Err(failed(format!(
                "it is no folder key: it holds {} bytes, and a key is 64 hexadecimal digits",
                text.len()
            ))),
        },
        Err(error) if error.kind() == ErrorKind::NotFound && !make => Ok(None),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let mut key = [0; 32];
            random::fill(&mut key)?;
            let text = hex::text(&key) + "\n";
            secret::write_file(&path, &text).map_err(|error| failed(error.to_string()))?;
            Ok(Some(key))
        }
        Err(error) => Err(failed(format!("it cannot be read: {error}"))),
    }
}
