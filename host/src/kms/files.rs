//! The files of keys: `kms/ACCOUNT/ID` in the data folder, each what one key is made of, sealed.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::Id;
use crate::config::{self, ConfigError, MasterKeyEntry};
use crate::secret;
use crate::vault::Vault;

/// The folder of keys in the data folder.
pub const KEYS_FOLDER: &str = "kms";
/// Bytes of the longest file that is one.
const FILE_BYTES_MAX: u64 = 1024;

/// The accounts and ids of all keys that there are. What does not have the name of a key is passed over.
pub(super) fn list(folder: &Path) -> Result<Vec<Id>, ConfigError> {
    let mut found = Vec::new();
    for account in names(folder)? {
        if account.len() != 12 || !account.bytes().all(|byte| byte.is_ascii_digit()) {
            continue;
        }
        let ids = names(&folder.join(&account))?.into_iter().filter(|id| MasterKeyEntry::is_id(id));
        found.extend(ids.map(|id| (account.clone(), id)));
    }
    Ok(found)
}

fn names(folder: &Path) -> Result<Vec<String>, ConfigError> {
    let failed = |error: std::io::Error| ConfigError(format!("{}: {error}", folder.display()));
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(failed)?,
    };
    let mut names = Vec::new();
    for entry in entries {
        names.extend(entry.map_err(failed)?.file_name().into_string().ok());
    }
    Ok(names)
}

/// What a key is made of; `None` where there is no such file.
pub(super) fn read(folder: &Path, id: &Id, vault: &Vault) -> Result<Option<[u8; 32]>, ConfigError> {
    let path = path(folder, id);
    let failed = |why: &str| ConfigError(format!("{}: {why}", path.display()));
    match path.try_exists() {
        Ok(true) => {}
        Ok(false) => return Ok(None),
        Err(error) => return Err(failed(&error.to_string())),
    }
    let text = config::read_text(&path, FILE_BYTES_MAX).map_err(|why| failed(&why))?;
    let sealed = BASE64.decode(text.trim_end()).map_err(|_| failed("expected base64"))?;
    let (account, id) = id;
    let opened = vault.open_master_key(account, id, &sealed);
    opened.map(Some).map_err(|error| failed(&error.to_string()))
}

/// Makes a key: 32 random bytes.
pub(super) fn make(folder: &Path, id: &Id, vault: &Vault) -> Result<[u8; 32], ConfigError> {
    let path = path(folder, id);
    let failed = |why: String| ConfigError(format!("{}: {why}", path.display()));
    let mut key = [0; 32];
    getrandom::fill(&mut key).map_err(|error| failed(format!("no randomness: {error}")))?;
    let sealed = vault.seal_master_key(&id.0, &id.1, &key)?;
    let text = BASE64.encode(sealed) + "\n";
    secret::write_file(&path, &text).map_err(|error| failed(error.to_string()))?;
    // The folders that may be new, too: what was wrapped under a key that a crash takes away is lost.
    for folder in path.ancestors().skip(2).take(2) {
        let synced = fs::File::open(folder).and_then(|folder| folder.sync_all());
        synced.map_err(|error| failed(error.to_string()))?;
    }
    Ok(key)
}

fn path(folder: &Path, (account, id): &Id) -> PathBuf {
    folder.join(account).join(id)
}
