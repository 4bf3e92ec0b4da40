//! The backup key: 32 bytes in a file of the operator's. Whoever has it and the repository can
//! restore everything; without it nobody can.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use ring::hmac;

use super::errors::BackupError;
use super::names;

/// Digits of a key, a newline, and one more byte to see that there is too much.
const FILE_BYTES_MAX: u64 = 128;

/// A backup key, which `Debug` does not show.
#[derive(Clone)]
pub struct BackupKey([u8; 32]);

impl fmt::Debug for BackupKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BackupKey([redacted])")
    }
}

impl Drop for BackupKey {
    fn drop(&mut self) {
        // The key must not stay in memory that is given back.
        self.0 = [0; 32];
        std::hint::black_box(&self.0);
    }
}

impl BackupKey {
    /// The key with these bytes.
    pub const fn new(bytes: [u8; 32]) -> BackupKey {
        BackupKey(bytes)
    }

    /// The key in a file; `None` when there is no such file.
    ///
    /// # Errors
    /// The file cannot be read, or holds something else.
    pub fn load(path: &Path) -> Result<Option<BackupKey>, BackupError> {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(BackupError::file(path, error)),
        };
        let mut text = String::new();
        let read = file.take(FILE_BYTES_MAX).read_to_string(&mut text);
        read.map_err(|error| match error.kind() {
            ErrorKind::InvalidData => BackupError::BadKey(path.display().to_string()),
            _ => BackupError::file(path, error),
        })?;
        let bytes = names::from_hex::<32>(text.trim_end());
        let bytes = bytes.ok_or_else(|| BackupError::BadKey(path.display().to_string()))?;
        Ok(Some(BackupKey(bytes)))
    }

    /// Makes a key, and the file for it, which only its owner may read.
    ///
    /// # Errors
    /// There is such a file already, or it cannot be written.
    pub fn make(path: &Path) -> Result<BackupKey, BackupError> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|error| BackupError::Cipher(error.to_string()))?;
        let write = || {
            let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
            file.write_all(format!("{}\n", names::to_hex(&bytes)).as_bytes())?;
            file.sync_all()?;
            // The name has to last as well: what is sealed from now on is lost without the key.
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
            File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
        };
        write().map_err(|error: std::io::Error| BackupError::file(path, error))?;
        Ok(BackupKey(bytes))
    }

    /// The key for one purpose.
    pub(crate) fn derive(&self, purpose: &str) -> hmac::Key {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.0);
        let derived = hmac::sign(&key, format!("portcullis backup {purpose}").as_bytes());
        hmac::Key::new(hmac::HMAC_SHA256, derived.as_ref())
    }
}
