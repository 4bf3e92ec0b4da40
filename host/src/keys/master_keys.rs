//! Master keys, which wrap data keys.
//!
//! A master key has a name and a policy in the configuration. Its 32 random bytes are in a file of
//! their own in the data folder, sealed under the folder key. The file is what counts. A key that
//! was taken out of the configuration is disabled. A key whose file is removed is lost, and so is
//! everything under it. `docs/storage-format.md` has the bytes, ADR 16 the reasons.

mod files;
mod name;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
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

/// The alias of the AWS managed key, which every account has.
const AWS_MANAGED_ALIAS: &str = "alias/aws/s3";

/// Why a key cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// There is no such key, or its file is gone.
    #[error("no such key")]
    NotFound,
    /// It must not be used.
    #[error("the key is disabled")]
    Disabled,
    /// The wrapped key was wrapped under another key, or for another context.
    #[error("not wrapped so")]
    Mismatch,
    /// Its file cannot be read or written.
    #[error("the key's file cannot be used")]
    Failed,
}

/// What stages may know of a master key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MasterKey {
    /// `arn:aws:kms:us-east-1:111122223333:key/ID`
    pub arn: String,
    /// The account that it belongs to: 12 digits.
    pub account: String,
    /// The last part of the ARN.
    pub id: String,
    /// `alias/photos`
    pub aliases: Vec<String>,
    /// Whether it can be used.
    pub enabled: bool,
    /// Whether it is the AWS managed key of its account.
    pub aws_managed: bool,
    /// Stands for the text of its policy as long as the process lives; `None` where it has none.
    pub policy: Option<u64>,
}

/// A key of the configuration, with the text of its policy: it is read once, so what was checked is
/// what is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclaredKey {
    /// What the configuration says of it.
    pub entry: MasterKeyEntry,
    /// The document; without one, the policies of the account decide.
    pub policy: Option<String>,
}

impl DeclaredKey {
    /// The keys of a configuration, in its order.
    ///
    /// # Errors
    /// A policy that is not a text of at most 128 KiB.
    pub fn load_all(config: &Config) -> Result<Vec<DeclaredKey>, ConfigError> {
        let load = |entry: &MasterKeyEntry| {
            let policy = entry.policy.as_deref().map(config::read_policy).transpose();
            Ok(DeclaredKey { entry: entry.clone(), policy: policy.map_err(of_key(entry))? })
        };
        config.master_keys.iter().map(load).collect()
    }
}

/// Says which key of the configuration an error is about.
fn of_key(entry: &MasterKeyEntry) -> impl Fn(ConfigError) -> ConfigError {
    |ConfigError(why)| ConfigError(format!("kms_keys {}: {why}", entry.id))
}

/// An account and the id of a key.
type Id = (String, String);

/// A key of the configuration, or one that is only in the data folder by now.
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
    /// The bytes of keys that were used, by their ids.
    materials: Mutex<HashMap<Id, WrappingKey>>,
}

impl std::fmt::Debug for MasterKeys {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("MasterKeys([redacted])")
    }
}

impl MasterKeys {
    /// The declared keys, and further ones that the data folder holds. Makes those that are new.
    ///
    /// # Errors
    /// A key of an account that there is not, an alias or an id that is given twice, a file that
    /// cannot be read or written.
    pub fn open(
        config: &Config,
        declared: Vec<DeclaredKey>,
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
        for DeclaredKey { entry, policy } in declared {
            opened.add(&entry, policy).map_err(of_key(&entry))?;
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

    fn add(&mut self, entry: &MasterKeyEntry, policy: Option<String>) -> Result<(), ConfigError> {
        let account = entry.account.clone().unwrap_or_else(|| self.accounts.root().account_id.clone());
        if self.accounts.account(&account).is_none() {
            return Err(ConfigError(format!("account {account}: there is none with this id")));
        }
        let of_account = |(other, _): &Id| *other == account;
        let taken = self.keys.iter().filter(|(id, _)| of_account(id)).flat_map(|(_, key)| &key.aliases);
        if let Some(alias) = taken.into_iter().find(|alias| entry.alias.contains(alias)) {
            return Err(ConfigError(format!("{alias}: another key of the account has it")));
        }
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
    /// the account. The region of an ARN does not count: a server keeps its keys when its region
    /// gets another name.
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
            // The AWS managed key of an account is made when it is first used.
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

    /// Wraps a data key under the key with this ARN. It can be unwrapped only with the same
    /// context. Whether the principal may use the key was decided before.
    ///
    /// # Errors
    /// See [`KeyError`].
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

    /// The bytes of a key. `make` says whether a key that does not exist is made.
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

/// What a wrapped data key is bound to. Neither accounts nor ids hold a zero byte, so two different
/// ones are never the same bytes.
fn associated((account, id): &Id, context: &[u8]) -> Vec<u8> {
    [b"data-key\0", account.as_bytes(), b"\0", id.as_bytes(), b"\0", context].concat()
}

/// The id of the AWS managed key of an account. It has the form of a UUID, and is derived from the
/// account.
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
