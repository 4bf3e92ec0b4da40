//! The files of master keys: `kms/ACCOUNT/ID` in the data folder. Each holds the bytes of one key,
//! sealed.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::Id;
use crate::config::{self, MasterKeyEntry};
use crate::keys::KeysError;
use crate::keys::vault::Vault;
use crate::random;
use crate::secret;

/// The folder of keys in the data folder.
pub const KEYS_FOLDER: &str = "kms";
/// The file in the data folder that notes which keys were ever made.
const NOTES_FILE: &str = "master-keys";
/// Bytes of the longest file of a key.
const FILE_BYTES_MAX: u64 = 1024;

/// The accounts and ids of all keys that have a file. Files with other names are passed over.
pub(super) fn list(folder: &Path) -> Result<Vec<Id>, KeysError> {
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

fn names(folder: &Path) -> Result<Vec<String>, KeysError> {
    let failed = |error: std::io::Error| KeysError::file(folder, error);
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

/// The bytes of a key; `None` where it has no file.
pub(super) fn read(folder: &Path, id: &Id, vault: &Vault) -> Result<Option<[u8; 32]>, KeysError> {
    let path = path(folder, id);
    let failed = |why: &str| KeysError::file(&path, why);
    match path.try_exists() {
        Ok(true) => {}
        Ok(false) => return Ok(None),
        Err(error) => return Err(failed(&error.to_string())),
    }
    let text = config::read_text(&path, FILE_BYTES_MAX)
        .map_err(|why| failed(&format!("it cannot be read: {why}")))?;
    let sealed = BASE64
        .decode(text.trim_end())
        .map_err(|_| failed("it is no master key, for it is not base64: put the file back from a backup"))?;
    let (account, id) = id;
    vault.open_master_key(account, id, &sealed).map(Some).map_err(|_| {
        failed(
            "it is the file of another folder, account or id, or damaged: put the right one back from a backup",
        )
    })
}

/// The ids for which keys were ever made. A key whose file is gone is not made again: what is
/// sealed under it would be lost for good, and nobody would notice until it is read.
pub(super) fn noted(folder: &Path) -> Result<BTreeSet<Id>, KeysError> {
    let path = notes(folder);
    let failed = |error: std::io::Error| KeysError::file(&path, error);
    let text = match fs::read_to_string(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
        text => text.map_err(failed)?,
    };
    let id = |line: &str| line.split_once('/').map(|(account, id)| (account.to_owned(), id.to_owned()));
    Ok(text.lines().filter_map(id).collect())
}

/// Notes that these keys were made.
pub(super) fn note(folder: &Path, ids: &[Id]) -> Result<(), KeysError> {
    let mut noted = noted(folder)?;
    let before = noted.len();
    noted.extend(ids.iter().cloned());
    if noted.len() == before {
        return Ok(());
    }
    let path = notes(folder);
    let text: String = noted.iter().map(|(account, id)| format!("{account}/{id}\n")).collect();
    secret::write_file(&path, &text).map_err(|error| KeysError::file(path, error))
}

fn notes(folder: &Path) -> PathBuf {
    folder.with_file_name(NOTES_FILE)
}

/// Makes a key: 32 random bytes.
pub(super) fn make(folder: &Path, id: &Id, vault: &Vault) -> Result<[u8; 32], KeysError> {
    let path = path(folder, id);
    let failed = |why: String| KeysError::file(&path, why);
    if noted(folder)?.contains(id) {
        return Err(failed(format!(
            "the key's file is gone, and with it what is under the key: put it back, or take the line {}/{} out of {NOTES_FILE} \
             to begin anew",
            id.0, id.1
        )));
    }
    let mut key = [0; 32];
    random::fill(&mut key)?;
    let sealed = vault.seal_master_key(&id.0, &id.1, &key)?;
    let text = BASE64.encode(sealed) + "\n";
    secret::write_file(&path, &text).map_err(|error| failed(error.to_string()))?;
    // The folders may be new, and are synced too: if a crash took the file away, everything that
    // was wrapped under the key would be lost.
    for folder in path.ancestors().skip(2).take(2) {
        let synced = fs::File::open(folder).and_then(|folder| folder.sync_all());
        synced.map_err(|error| failed(error.to_string()))?;
    }
    note(folder, std::slice::from_ref(id))?;
    Ok(key)
}

fn path(folder: &Path, (account, id): &Id) -> PathBuf {
    folder.join(account).join(id)
}
