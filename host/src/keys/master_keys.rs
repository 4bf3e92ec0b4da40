//! Master keys: data keys are kept wrapped under them.
//!
//! A key has a name and a policy in the configuration, and 32 random bytes in the data folder, in a
//! file of its own, sealed under the folder's key. The file is what counts: a key that is in the
//! configuration no more is disabled, and whoever removes its file has made everything under it
//! unreadable for good. How both look is in docs/storage-format.md, why in ADR 16.

mod files;
mod name;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use sha2::Sha256;

use crate::config::{self, Config, ConfigError, MasterKeyEntry};
use crate::hex;
use crate::keys::KeysError;
use crate::keys::accounts::Accounts;
use crate::keys::data_keys::WrappingKey;
use crate::keys::vault::Vault;
use volume::DataKey;

pub use files::KEYS_FOLDER;
use name::Name;

/// The alias of the key that every account has.
const AWS_MANAGED_ALIAS: &str = "alias/aws/s3";
/// Bytes that the file of a policy may have: as many as any policy document.
const POLICY_BYTES_MAX: u64 = 128 << 10;

/// Why a key cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// There is no such key, or nothing is left of it.
    #[error("no such key")]
    NotFound,
    /// It is not to be used.
    #[error("the key is disabled")]
    Disabled,
    /// What was given was not wrapped under this key, or for another context.
    #[error("not wrapped so")]
    Mismatch,
    /// Its file cannot be read or written.
    #[error("the key's file cannot be used")]
    Failed,
}

/// What is to be known of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MasterKey {
    /// `arn:aws:kms:us-east-1:111122223333:key/ID`
    pub arn: String,
    /// The account that it is of: 12 digits.
    pub account: String,
    /// The last part of the ARN.
    pub id: String,
    /// `alias/photos`
    pub aliases: Vec<String>,
    /// Whether it can be used.
    pub enabled: bool,
    /// Whether it is the key that every account has.
    pub aws_managed: bool,
    /// Stands for the text of its policy as long as the process lives; `None` where it has none of
    /// its own.
    pub policy: Option<u64>,
}

/// An account and the id of a key.
type Id = (String, String);

/// A key of the configuration, or one that used to be.
struct ConfiguredKey {
    aliases: Vec<String>,
    enabled: bool,
    policy: Option<u64>,
}

/// The keys of a data folder; shared by all workers.
pub struct MasterKeys {
    folder: PathBuf,
    region: String,
    vault: Arc<Vault>,
    accounts: Arc<Accounts>,
    keys: BTreeMap<Id, ConfiguredKey>,
    policies: Vec<String>,
    /// What keys are made of, by their ids, as soon as one was used.
    materials: Mutex<HashMap<Id, WrappingKey>>,
}

impl std::fmt::Debug for MasterKeys {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("MasterKeys([redacted])")
    }
}

impl MasterKeys {
    /// The keys of the configuration, and those that the data folder holds besides. Makes those
    /// that are new.
    ///
    /// # Errors
    /// A key of an account that there is not, a policy that is not a text of at most 128 KiB, a
    /// file that cannot be read or written.
    pub fn open(
        config: &Config,
        accounts: Arc<Accounts>,
        vault: Arc<Vault>,
    ) -> Result<MasterKeys, KeysError> {
        let mut opened = MasterKeys {
            folder: config.data_dir.join(KEYS_FOLDER),
            region: config.region.clone(),
            vault,
            accounts,
            keys: BTreeMap::new(),
            policies: Vec::new(),
            materials: Mutex::default(),
        };
        for entry in &config.master_keys {
            let named = |ConfigError(why): ConfigError| ConfigError(format!("kms_keys {}: {why}", entry.id));
            opened.add(entry).map_err(named)?;
        }
        let there = files::list(&opened.folder)?;
        files::note(&opened.folder, &there)?;
        for id in there {
            opened.keys.entry(id).or_insert_with_key(|(account, id)| {
                let is_aws_managed = *id == aws_managed_id(account);
                ConfiguredKey {
                    aliases: aws_managed_aliases(is_aws_managed),
                    enabled: is_aws_managed,
                    policy: None,
                }
            });
        }
        Ok(opened)
    }

    fn add(&mut self, entry: &MasterKeyEntry) -> Result<(), ConfigError> {
        let account = entry.account.clone().unwrap_or_else(|| self.accounts.root().account_id.clone());
        if self.accounts.account(&account).is_none() {
            return Err(ConfigError(format!("account {account}: there is none with this id")));
        }
        let of_account = |(other, _): &Id| *other == account;
        let taken = self.keys.iter().filter(|(id, _)| of_account(id)).flat_map(|(_, key)| &key.aliases);
        if let Some(alias) = taken.into_iter().find(|alias| entry.alias.contains(alias)) {
            return Err(ConfigError(format!("{alias}: another key of the account has it")));
        }
        let policy = entry.policy.as_deref().map(read_policy).transpose()?;
        let number = policy.map(|text| {
            self.policies.push(text);
            self.policies.len() as u64 - 1
        });
        let key = ConfiguredKey { aliases: entry.alias.clone(), enabled: entry.enabled, policy: number };
        let id = (account, entry.id.clone());
        self.material(&id, true).map_err(|error| ConfigError(format!("{error}; the log says why")))?;
        match self.keys.insert(id, key) {
            None => Ok(()),
            Some(_) => Err(ConfigError("another key of the account has this id".to_owned())),
        }
    }

    /// A key by its id, its ARN, its alias or the ARN of its alias. Ids and aliases are those of
    /// the account. The region of an ARN does not count: a deployment that is called otherwise
    /// today still has its keys.
    pub fn find(&self, account: &str, name: &str) -> Option<MasterKey> {
        match Name::parse(account, name)? {
            Name::Id(account, id) => self.known(&(account.to_owned(), id.to_owned())),
            Name::Alias(account, alias) if alias == AWS_MANAGED_ALIAS => {
                self.known(&(account.to_owned(), aws_managed_id(account)))
            }
            Name::Alias(account, alias) => {
                let has_alias =
                    |(id, key): &(&Id, &ConfiguredKey)| id.0 == account && key.aliases.contains(&alias);
                self.keys.iter().find(has_alias).and_then(|(id, _)| self.known(id))
            }
        }
    }

    /// The text of the policy of a key, by the key's ARN.
    pub fn policy(&self, arn: &str) -> Option<&str> {
        let number = usize::try_from(self.find("", arn)?.policy?).ok()?;
        self.policies.get(number).map(String::as_str)
    }

    fn known(&self, id: &Id) -> Option<MasterKey> {
        let (account, name) = id;
        let is_aws_managed = *name == aws_managed_id(account);
        let (aliases, enabled, policy) = match self.keys.get(id) {
            Some(key) => (key.aliases.clone(), key.enabled, key.policy),
            // It is made when it is first used.
            None if is_aws_managed && self.accounts.account(account).is_some() => {
                (aws_managed_aliases(true), true, None)
            }
            None => return None,
        };
        Some(MasterKey {
            arn: self.arn(account, name),
            account: account.clone(),
            id: name.clone(),
            aliases,
            enabled,
            aws_managed: is_aws_managed,
            policy,
        })
    }

    fn arn(&self, account: &str, id: &str) -> String {
        format!("arn:aws:kms:{}:{account}:key/{id}", self.region)
    }

    /// Wraps a data key under the key with this ARN. Only who gives the same context can unwrap it.
    ///
    /// # Errors
    /// See [`KeyError`]. Whoever asks has seen to it that they may.
    pub fn wrap(&self, arn: &str, context: &[u8], data_key: &DataKey) -> Result<Vec<u8>, KeyError> {
        let key = self.usable(arn)?;
        let id = (key.account, key.id);
        let wrapped = self.material(&id, key.aws_managed)?.wrap(&associated(&id, context), data_key);
        wrapped.map_err(|_| KeyError::Failed)
    }

    /// Unwraps what [`MasterKeys::wrap`] made.
    ///
    /// # Errors
    /// See [`KeyError`].
    pub fn unwrap(&self, arn: &str, context: &[u8], wrapped: &[u8]) -> Result<DataKey, KeyError> {
        let key = self.usable(arn)?;
        let id = (key.account, key.id);
        let data_key = self.material(&id, false)?.unwrap(&associated(&id, context), wrapped);
        data_key.map_err(|_| KeyError::Mismatch)
    }

    fn usable(&self, arn: &str) -> Result<MasterKey, KeyError> {
        let key = self.find("", arn).ok_or(KeyError::NotFound)?;
        if key.enabled { Ok(key) } else { Err(KeyError::Disabled) }
    }

    /// What a key is made of. `make` says whether one that there is not is made.
    fn material(&self, id: &Id, make: bool) -> Result<WrappingKey, KeyError> {
        let mut materials = self.materials.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(material) = materials.get(id) {
            return Ok(material.clone());
        }
        let failed = |error: KeysError| {
            tracing::error!(account = id.0, key = id.1, %error, "a master key cannot be used");
            KeyError::Failed
        };
        let found = files::read(&self.folder, id, &self.vault).map_err(failed)?;
        let material = match found {
            Some(material) => WrappingKey::of(material),
            None if make => {
                let material = files::make(&self.folder, id, &self.vault).map_err(failed)?;
                tracing::info!(account = id.0, key = id.1, "a master key was made");
                WrappingKey::of(material)
            }
            None => return Err(KeyError::NotFound),
        };
        materials.insert(id.clone(), material.clone());
        Ok(material)
    }
}

/// What a wrapped data key is bound to. Neither accounts nor ids hold a zero byte, so no two read
/// alike.
fn associated((account, id): &Id, context: &[u8]) -> Vec<u8> {
    [b"data-key\0", account.as_bytes(), b"\0", id.as_bytes(), b"\0", context].concat()
}

/// The id of the key that an account has without asking: the form of a UUID, and it follows from
/// the account.
fn aws_managed_id(account: &str) -> String {
    use sha2::Digest as _;
    let digest = Sha256::digest(format!("portcullis managed key of account {account}"));
    let text = hex::text(digest.get(..16).unwrap_or_default());
    let (first, rest) = text.split_at(8);
    let (second, rest) = rest.split_at(4);
    let (third, rest) = rest.split_at(4);
    let (fourth, fifth) = rest.split_at(4);
    [first, second, third, fourth, fifth].join("-")
}

fn aws_managed_aliases(is_aws_managed: bool) -> Vec<String> {
    if is_aws_managed { vec![AWS_MANAGED_ALIAS.to_owned()] } else { Vec::new() }
}

/// The policies of the keys of a configuration, by the ids of the keys.
///
/// # Errors
/// A policy that is not a text of at most 128 KiB.
pub(crate) fn policies(config: &Config) -> Result<Vec<(String, String)>, ConfigError> {
    let named = config.master_keys.iter().filter_map(|entry| Some((&entry.id, entry.policy.as_deref()?)));
    named.map(|(id, path)| Ok((id.clone(), read_policy(path)?))).collect()
}

fn read_policy(path: &Path) -> Result<String, ConfigError> {
    config::read_text(path, POLICY_BYTES_MAX)
        .map_err(|why| ConfigError(format!("policy {}: {why}", path.display())))
}
