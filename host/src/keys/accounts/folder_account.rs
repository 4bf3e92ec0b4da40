//! The account that a data folder belongs to. Its index notes it, so that it outlives the file with
//! the root credentials.

use std::collections::BTreeSet;
use std::path::Path;

use super::root::is_account_id;
use crate::config::Config;
use crate::keys::KeysError;
use crate::random;
use volume::{Batch, Put, Requirement, Volume};

/// The host's own table of rows, which components leave alone.
pub(crate) const TABLE: &str = "host";
const KEY: &[u8] = b"account";
/// The first byte of the row. What follows are the 12 digits.
const FORMAT: u8 = 1;
/// Accounts that a message names.
const NAMED_MAX: usize = 5;

/// The accounts that own something in a data folder; `None` where the pipeline cannot tell.
pub type Owners<'a> = &'a dyn Fn() -> anyhow::Result<Option<BTreeSet<String>>>;

/// What a data folder says of its account.
pub struct FolderAccount<'a> {
    /// What its index notes; none in a new folder, and in one of a release before 0.2.
    pub noted: Option<String>,
    /// Whether nothing was ever committed to it.
    pub is_new: bool,
    /// Asked only where nothing is noted, because many rows are read for it.
    pub owners: Owners<'a>,
}

impl std::fmt::Debug for FolderAccount<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let FolderAccount { noted, is_new, .. } = self;
        write!(formatter, "FolderAccount({noted:?}, {is_new})")
    }
}

impl FolderAccount<'_> {
    /// A new folder, for tests.
    #[cfg(test)]
    pub(crate) fn new() -> FolderAccount<'static> {
        FolderAccount { noted: None, is_new: true, owners: &|| Ok(None) }
    }

    /// What an open volume says.
    ///
    /// # Errors
    /// The index cannot be read, or the row is not one of this release.
    pub fn of<'a>(volume: &Volume, owners: Owners<'a>) -> Result<FolderAccount<'a>, KeysError> {
        let row = volume.snapshot().and_then(|snapshot| snapshot.get(TABLE, KEY));
        let row = row.map_err(|error| KeysError::Account(error.to_string()))?;
        let decode = |value: &[u8]| match value.split_first() {
            Some((&FORMAT, digits)) => std::str::from_utf8(digits).ok().map(str::to_owned),
            _ => None,
        };
        let noted = match row {
            Some(row) => match decode(&row.value).filter(|id| is_account_id(id)) {
                Some(id) => Some(id),
                None => {
                    let why = "the index notes the account of the data folder in a form that this release does not know";
                    return Err(KeysError::Account(why.to_owned()));
                }
            },
            None => None,
        };
        Ok(FolderAccount { noted, is_new: volume.generation() == 0, owners })
    }
}

/// Notes durably which account a volume belongs to, once and for all.
///
/// # Errors
/// The volume takes no commit.
pub fn note(volume: &Volume, id: &str) -> Result<(), KeysError> {
    let mut value = vec![FORMAT];
    value.extend_from_slice(id.as_bytes());
    let batch = Batch {
        require: vec![Requirement::Absent { table: TABLE.to_owned(), key: KEY.to_owned() }],
        put: vec![Put { table: TABLE.to_owned(), key: KEY.to_owned(), value }],
        essential: true,
        ..Batch::default()
    };
    let committed = volume.commit_blocking(batch).map(drop);
    committed
        .map_err(|error| KeysError::Account(format!("the account cannot be noted in the index: {error}")))
}

/// The account of a data folder. `stored` is what the file with the root credentials says.
///
/// # Errors
/// Two of index, file and configuration name different accounts; or none of them names one, and
/// what is stored does not have one owner.
pub(super) fn decide(
    folder: &FolderAccount<'_>,
    stored: Option<&str>,
    config: &Config,
    file: &Path,
) -> Result<String, KeysError> {
    let configured = config.root.account_id.as_deref();
    let file = file.display();
    let refuse = |why: String| Err(KeysError::Account(why));
    match (&folder.noted, stored, configured) {
        (Some(noted), Some(stored), _) if noted != stored => refuse(format!(
            "the data folder belongs to account {noted}, and {file} is of account {stored}: put the file of this \
             folder back; or remove the file, and the next start makes new root credentials for account {noted}"
        )),
        (Some(noted), _, Some(configured)) if noted != configured => refuse(format!(
            "the data folder belongs to account {noted}, and root.account_id says {configured}: name the right data \
             folder, or leave the setting out"
        )),
        (None, Some(stored), Some(configured)) if stored != configured => refuse(format!(
            "{file} is of account {stored}, and root.account_id says {configured}: leave the setting out, or correct \
             account_id in the file"
        )),
        (Some(noted), ..) => Ok(noted.clone()),
        (None, Some(stored), None) if !folder.is_new => confirm(folder, stored, config, &file.to_string()),
        (None, Some(id), _) | (None, None, Some(id)) => Ok(id.to_owned()),
        (None, None, None) if folder.is_new => Ok(random::text(b"0123456789", 12)?),
        (None, None, None) => derive(folder, config, &file.to_string()),
    }
}

/// Owners whose accounts the configuration does not declare.
fn undeclared(owners: BTreeSet<String>, config: &Config) -> BTreeSet<String> {
    owners.into_iter().filter(|owner| !config.accounts.iter().any(|entry| entry.id == *owner)).collect()
}

/// The account of a file, unless everything is another's: then an earlier release has made the
/// file anew when it was lost.
fn confirm(
    folder: &FolderAccount<'_>,
    stored: &str,
    config: &Config,
    file: &str,
) -> Result<String, KeysError> {
    let owners = match (folder.owners)() {
        Ok(owners) => undeclared(owners.unwrap_or_default(), config),
        Err(error) => {
            tracing::warn!(
                error = format!("{error:#}"),
                "whose the stored rows are could not be read; {file} is believed"
            );
            BTreeSet::new()
        }
    };
    if owners.is_empty() || owners.contains(stored) {
        return Ok(stored.to_owned());
    }
    let owners = named(&owners);
    Err(KeysError::Account(format!(
        "what the data folder holds belongs to account {owners}, and {file} is of account {stored}: it may have been \
         made anew when it was lost. Correct account_id in the file; or set root.account_id to {stored} to go on with \
         it, where that account owns nothing of it"
    )))
}

/// The account of a folder that lost its file before its index noted it: the one that owns what is
/// stored.
fn derive(folder: &FolderAccount<'_>, config: &Config, file: &str) -> Result<String, KeysError> {
    let lost = format!("{file} is missing, and the data folder is not new");
    let help = "put the file back; or set root.account_id to the 12 digits of the folder's account (they are in the \
                ARNs of its users and roles), and the next start makes new root credentials for it";
    let owners =
        (folder.owners)().map_err(|error| KeysError::Account(format!("{lost} ({error:#}): {help}")))?;
    let owners = undeclared(owners.unwrap_or_default(), config);
    match (owners.first(), owners.len()) {
        (Some(only), 1) if *only != super::ANONYMOUS => Ok(only.clone()),
        (None, _) => Err(KeysError::Account(format!("{lost}: {help}"))),
        _ => {
            let owners = named(&owners);
            Err(KeysError::Account(format!("{lost}; what it holds belongs to accounts {owners}: {help}")))
        }
    }
}

/// Some of these accounts, as a text.
fn named(owners: &BTreeSet<String>) -> String {
    let mut text = owners.iter().take(NAMED_MAX).cloned().collect::<Vec<_>>().join(", ");
    if owners.len() > NAMED_MAX {
        text += &format!(" and {} more", owners.len() - NAMED_MAX);
    }
    text
}
