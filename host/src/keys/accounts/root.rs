//! The root account of a data folder: its id, and its credentials where the operator chose none.
//! Made once, kept in a file that only its owner can read. The index notes the id, too: a file that
//! is lost gets new credentials for the same account.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::folder_account::{self, FolderAccount};
use crate::config::Config;
use crate::keys::KeysError;
use crate::random::{self, ID_LETTERS, SECRET_LETTERS};
use crate::secret::{self, Secret};

/// The file's name in the data folder.
pub const ROOT_FILE: &str = "root-credentials.toml";

/// The root account and how to sign for it.
#[derive(Debug, Clone)]
pub struct RootCredentials {
    /// 12 digits.
    pub account_id: String,
    /// The access key id.
    pub access_key: String,
    /// The secret access key.
    pub secret_key: Secret,
    /// Where the credentials come from.
    pub origin: RootOrigin,
}

/// Where the root credentials come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RootOrigin {
    /// The configuration.
    Configured,
    /// This start: they were never shown, and are not kept before [`RootCredentials::keep`].
    Generated(PathBuf),
    /// This start, because the file that held the earlier ones is gone. The account is the same.
    Replaced(PathBuf),
    /// An earlier start.
    Stored(PathBuf),
}

impl RootCredentials {
    /// Keeps credentials that were made by this start. Comes last, right before they are shown: a
    /// start that fails before has made none, and the next one makes and shows others.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn keep(&self) -> Result<(), KeysError> {
        match &self.origin {
            RootOrigin::Generated(path) | RootOrigin::Replaced(path) => {
                let pair = Some((self.access_key.as_str(), &self.secret_key));
                write(path, &self.account_id, pair).map_err(|error| KeysError::file(path, error))
            }
            RootOrigin::Configured | RootOrigin::Stored(_) => Ok(()),
        }
    }

    pub(super) fn placeholder() -> RootCredentials {
        RootCredentials {
            account_id: String::new(),
            access_key: String::new(),
            secret_key: Secret::new(""),
            origin: RootOrigin::Configured,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RootFile {
    account_id: String,
    access_key: Option<String>,
    secret_key: Option<Secret>,
}

/// The access key and the secret that the file of a data folder has, where it has some.
///
/// # Errors
/// A file that cannot be read.
pub fn stored(folder: &Path) -> Result<Option<(String, Secret)>, KeysError> {
    let stored = read(&folder.join(ROOT_FILE))?;
    Ok(stored.and_then(|stored| stored.access_key.zip(stored.secret_key)))
}

/// Reads the file of a data folder, or begins it: with the account, and without credentials.
pub(super) fn open(
    config: &Config,
    given: Option<(String, Secret)>,
    folder: &FolderAccount<'_>,
) -> Result<RootCredentials, KeysError> {
    let path = config.data_dir.join(ROOT_FILE);
    let stored = read(&path)?;
    let noted_id = stored.as_ref().map(|stored| stored.account_id.as_str());
    let account_id = folder_account::decide(folder, noted_id, config, &path)?;
    let is_lost = stored.is_none() && !folder.is_new;
    if stored.is_none() {
        write(&path, &account_id, None).map_err(|error| KeysError::file(&path, error))?;
    }
    let kept = stored.and_then(|stored| Some((stored.access_key?, stored.secret_key?)));
    let (access_key, secret_key, origin) = match (given, kept) {
        (Some((access_key, secret_key)), _) => (access_key, secret_key, RootOrigin::Configured),
        (None, Some((access_key, secret_key))) => (access_key, secret_key, RootOrigin::Stored(path)),
        (None, None) => {
            let access_key = format!("PCAK{}", random::text(ID_LETTERS, 16)?);
            let secret_key = Secret::new(random::text(SECRET_LETTERS, 40)?);
            let origin = if is_lost { RootOrigin::Replaced(path) } else { RootOrigin::Generated(path) };
            (access_key, secret_key, origin)
        }
    };
    if is_lost {
        let file = config.data_dir.join(ROOT_FILE);
        tracing::warn!(
            account = account_id,
            "{} was missing: it is made anew for the account of the data folder; {}",
            file.display(),
            match origin {
                RootOrigin::Configured => "the root credentials are those of the configuration",
                _ => "its earlier root credentials are void, and new ones are printed once",
            }
        );
    }
    Ok(RootCredentials { account_id, access_key, secret_key, origin })
}

/// What to do about a file that says nothing.
const PUT_BACK: &str =
    "Put the file back, or remove it: the next start makes new root credentials for the same account";

/// What the file says; `None` where there is none.
fn read(path: &Path) -> Result<Option<RootFile>, KeysError> {
    let failed = |why: String| Err(KeysError::file(path, format!("{why}. {PUT_BACK}")));
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(KeysError::file(path, format!("it cannot be read: {error}"))),
    };
    let parsed: Result<RootFile, toml::de::Error> = toml::from_str(&text);
    match parsed {
        // The parser's message would quote the line.
        Err(error) => failed(error.message().to_owned()),
        Ok(stored) if stored.access_key.is_some() != stored.secret_key.is_some() => {
            failed("access_key and secret_key: both or neither".to_owned())
        }
        Ok(stored) if !is_account_id(&stored.account_id) => {
            failed("account_id: allowed are 12 digits".to_owned())
        }
        Ok(stored) => Ok(Some(stored)),
    }
}

/// Whether a text is 12 digits.
pub(super) fn is_account_id(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn write(path: &Path, account_id: &str, pair: Option<(&str, &Secret)>) -> std::io::Result<()> {
    let mut text = format!(
        "# The root account of this data folder. Whoever reads the keys can do everything.\n\
         account_id = \"{account_id}\"\n"
    );
    if let Some((access_key, secret_key)) = pair {
        text += &format!("access_key = \"{access_key}\"\nsecret_key = \"{}\"\n", secret_key.reveal());
    }
    secret::write_file(path, &text)
}
