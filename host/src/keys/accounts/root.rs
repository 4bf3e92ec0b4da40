//! The root account of a data folder: its id, and its credentials where the operator chose none.
//! Made once, kept in a file that only its owner can read.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::Deserialize;

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
    /// This start: they were never shown.
    Generated(PathBuf),
    /// An earlier start.
    Stored(PathBuf),
}

impl RootCredentials {
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

/// Reads the file of a data folder, or makes it.
pub(super) fn open(folder: &Path, given: Option<(String, Secret)>) -> Result<RootCredentials, KeysError> {
    let path = folder.join(ROOT_FILE);
    let failed = |why: String| KeysError::file(&path, why);
    let stored = match fs::read_to_string(&path) {
        Ok(text) => {
            // The parser's message would quote the line.
            let parsed: Result<RootFile, toml::de::Error> = toml::from_str(&text);
            let stored = parsed.map_err(|error| failed(error.message().to_owned()))?;
            if stored.access_key.is_some() != stored.secret_key.is_some() {
                return Err(failed("access_key and secret_key: both or neither".to_owned()));
            }
            Some(stored)
        }
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(failed(error.to_string())),
    };
    if stored.as_ref().is_some_and(|stored| !is_account_id(&stored.account_id)) {
        return Err(failed("account_id: allowed are 12 digits".to_owned()));
    }
    let account_id = match &stored {
        Some(stored) => stored.account_id.clone(),
        None => random::text(b"0123456789", 12)?,
    };
    let kept =
        stored.as_ref().and_then(|stored| Some((stored.access_key.clone()?, stored.secret_key.clone()?)));
    let (access_key, secret_key, origin) = match (given, kept) {
        (Some((access_key, secret_key)), _) => {
            if stored.is_none() {
                write(&path, &account_id, None).map_err(|error| failed(error.to_string()))?;
            }
            (access_key, secret_key, RootOrigin::Configured)
        }
        (None, Some((access_key, secret_key))) => (access_key, secret_key, RootOrigin::Stored(path)),
        (None, None) => {
            let access_key = format!("PCAK{}", random::text(ID_LETTERS, 16)?);
            let secret_key = Secret::new(random::text(SECRET_LETTERS, 40)?);
            let pair = Some((access_key.as_str(), &secret_key));
            write(&path, &account_id, pair).map_err(|error| failed(error.to_string()))?;
            (access_key, secret_key, RootOrigin::Generated(path))
        }
    };
    Ok(RootCredentials { account_id, access_key, secret_key, origin })
}

fn is_account_id(text: &str) -> bool {
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
