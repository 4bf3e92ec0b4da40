//! Accounts, their users, and the access keys that they sign with.

mod folder_account;
mod root;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::config::{AccountEntry, Config, ConfigError, SecretSource};
use crate::hex;
use crate::keys::KeysError;
use crate::random::ID_LETTERS;
use crate::secret::Secret;

pub(crate) use folder_account::TABLE as NOTES_TABLE;
pub use folder_account::{FolderAccount, Owners, note};
pub use root::{ROOT_FILE, RootCredentials, RootOrigin, stored as root_credentials};

/// What kind of principal an identity is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum IdentityKind {
    /// The root user of an account.
    Root,
    /// A user of the configuration.
    ConfiguredUser,
    /// A user that is stored.
    User,
    /// A session of a role.
    AssumedRole,
    /// A session that a user made for another person or program.
    FederatedUser,
}

/// The account and the user that an access key stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Root user, user or session.
    pub kind: IdentityKind,
    /// 12 digits.
    pub account: String,
    /// The canonical id of the account.
    pub canonical_id: String,
    /// The display name of the account.
    pub display_name: String,
    /// The user's name; empty for the root user.
    pub user: String,
    /// The user's unique id; the account for the root user.
    pub unique_id: String,
    /// `arn:aws:iam::111122223333:root`
    pub arn: String,
    /// The access key id; empty where an account is meant, not a key.
    pub access_key_id: String,
}

impl Identity {
    fn root(account: &str, canonical_id: String, display_name: String) -> Identity {
        Identity {
            kind: IdentityKind::Root,
            account: account.to_owned(),
            canonical_id,
            display_name,
            user: String::new(),
            unique_id: account.to_owned(),
            arn: format!("arn:aws:iam::{account}:root"),
            access_key_id: String::new(),
        }
    }

    /// A user of the root user's account.
    fn with_user(&self, name: &str) -> Identity {
        let arn = format!("arn:aws:iam::{}:user/{name}", self.account);
        Identity {
            kind: IdentityKind::ConfiguredUser,
            user: name.to_owned(),
            unique_id: unique_id(&arn),
            arn,
            ..self.clone()
        }
    }
}

/// `AIDA` and 17 letters that are derived from the ARN.
fn unique_id(arn: &str) -> String {
    let digest = Sha256::digest(arn);
    let letters =
        digest.iter().take(17).filter_map(|byte| ID_LETTERS.get(usize::from(*byte) % ID_LETTERS.len()));
    "AIDA".chars().chain(letters.map(|letter| char::from(*letter))).collect()
}

/// An access key.
#[derive(Debug, Clone)]
pub struct Credential {
    /// Who signs with it.
    pub identity: Identity,
    /// The secret access key.
    pub secret: Secret,
}

/// All accounts, fixed while the server runs.
#[derive(Debug)]
pub struct Accounts {
    keys: HashMap<String, Credential>,
    accounts: BTreeMap<String, Identity>,
    /// Accounts by the e-mail address of their root user, in lower case.
    emails: BTreeMap<String, String>,
    root: RootCredentials,
}

impl Accounts {
    /// The accounts of the configuration and the root account of the data folder. Its credentials
    /// are generated on the first start if the configuration gives none, and kept there by
    /// [`RootCredentials::keep`].
    ///
    /// # Errors
    /// An account that is not well-formed, an id or access key given twice, credentials too weak
    /// for a listener beyond loopback, a data folder that cannot be read or written, or that is of
    /// another account.
    pub fn open(config: &Config, folder: &FolderAccount<'_>) -> Result<Accounts, KeysError> {
        let given = given_root(config)?;
        if let Some((access_key, secret_key)) = &given {
            check_key("root", access_key, secret_key, config)?;
        }
        let root = root::open(config, given, folder)?;
        // The file in the folder may have been written by hand.
        check_key("root", &root.access_key, &root.secret_key, config)?;
        let canonical_id = canonical_id(&root.account_id);
        let identity = Identity::root(&root.account_id, canonical_id, "root".to_owned());
        let mut accounts = Accounts::empty(root);
        let (access_key, secret) = (accounts.root.access_key.clone(), accounts.root.secret_key.clone());
        accounts.add_account(identity.clone())?;
        accounts.add_key(Identity { access_key_id: access_key, ..identity }, secret)?;
        accounts.add_declared(config)?;
        Ok(accounts)
    }

    /// Checks everything that [`Accounts::open`] checks, without touching the data folder.
    ///
    /// # Errors
    /// As [`Accounts::open`].
    pub fn check(config: &Config) -> Result<(), ConfigError> {
        if let Some((access_key, secret_key)) = given_root(config)? {
            check_key("root", &access_key, &secret_key, config)?;
        }
        let root = RootCredentials::placeholder();
        Accounts::empty(root).add_declared(config)
    }

    fn empty(root: RootCredentials) -> Accounts {
        Accounts { keys: HashMap::new(), accounts: BTreeMap::new(), emails: BTreeMap::new(), root }
    }

    /// The access key of an access key id.
    pub fn find(&self, access_key_id: &str) -> Option<&Credential> {
        self.keys.get(access_key_id)
    }

    /// A user of the configuration by its name, in any case.
    pub fn user(&self, account: &str, name: &str) -> Option<&Identity> {
        let identities = self.keys.values().map(|credential| &credential.identity);
        identities
            .filter(|identity| identity.kind == IdentityKind::ConfiguredUser)
            .find(|identity| identity.account == account && identity.user.eq_ignore_ascii_case(name))
    }

    /// The root user of an account, by its 12 digits.
    pub fn account(&self, id: &str) -> Option<&Identity> {
        self.accounts.get(id)
    }

    /// The root user of an account, by its canonical id.
    pub fn find_by_canonical_id(&self, canonical_id: &str) -> Option<&Identity> {
        self.accounts.values().find(|identity| identity.canonical_id == canonical_id)
    }

    /// The root user of an account, by its e-mail address in any case.
    pub fn find_by_email(&self, address: &str) -> Option<&Identity> {
        self.account(self.emails.get(&address.to_lowercase())?)
    }

    /// The credentials of the root account.
    pub fn root(&self) -> &RootCredentials {
        &self.root
    }

    fn add_declared(&mut self, config: &Config) -> Result<(), ConfigError> {
        for (index, entry) in config.accounts.iter().enumerate() {
            self.add_entry(entry, config).map_err(|ConfigError(why)| {
                let place = config.place_of(&format!("accounts[{index}]"));
                ConfigError(format!("{place}account {}: {why}", entry.id))
            })?;
        }
        Ok(())
    }

    fn add_entry(&mut self, entry: &AccountEntry, config: &Config) -> Result<(), ConfigError> {
        if !root::is_account_id(&entry.id) {
            return Err(ConfigError("id: allowed are 12 digits".to_owned()));
        }
        if entry.id == ANONYMOUS {
            return Err(ConfigError("id: this one stands for requests without credentials".to_owned()));
        }
        let canonical = entry.canonical_id.clone().unwrap_or_else(|| canonical_id(&entry.id));
        check_text("canonical_id", &canonical)?;
        let display_name = entry.display_name.clone().unwrap_or_else(|| entry.id.clone());
        let identity = Identity::root(&entry.id, canonical, display_name);
        check_text("display_name", &identity.display_name)?;
        if self.accounts.values().any(|other| other.canonical_id == identity.canonical_id) {
            return Err(ConfigError("canonical_id: another account has it".to_owned()));
        }
        self.add_account(identity.clone())?;
        if let Some(address) = &entry.email {
            check_text("email", address)?;
            if self.emails.insert(address.to_lowercase(), entry.id.clone()).is_some() {
                return Err(ConfigError("email: another account has it".to_owned()));
            }
        }
        let secret = either(entry.secret_key.as_ref(), entry.secret_key_file.as_deref())?;
        match (&entry.access_key, secret) {
            (Some(access_key), Some(secret)) => {
                check_key("", access_key, &secret, config)?;
                self.add_key(Identity { access_key_id: access_key.clone(), ..identity.clone() }, secret)?;
            }
            (None, None) => {}
            _ => return Err(ConfigError("give access_key and secret_key, or neither".to_owned())),
        }
        for user in &entry.users {
            let named = |ConfigError(why)| ConfigError(format!("user {}: {why}", user.name));
            check_user_name(&user.name).map_err(named)?;
            let secret = either(user.secret_key.as_ref(), user.secret_key_file.as_deref()).map_err(named)?;
            let secret = secret.ok_or_else(|| named(ConfigError("secret_key is missing".to_owned())))?;
            check_key("", &user.access_key, &secret, config).map_err(named)?;
            let user_identity =
                Identity { access_key_id: user.access_key.clone(), ..identity.with_user(&user.name) };
            self.add_key(user_identity, secret).map_err(named)?;
        }
        Ok(())
    }

    fn add_account(&mut self, identity: Identity) -> Result<(), ConfigError> {
        match self.accounts.insert(identity.account.clone(), identity) {
            None => Ok(()),
            Some(other) => Err(ConfigError(format!("account id {} is given twice", other.account))),
        }
    }

    fn add_key(&mut self, identity: Identity, secret: Secret) -> Result<(), ConfigError> {
        let access_key = identity.access_key_id.clone();
        match self.keys.insert(access_key.clone(), Credential { identity, secret }) {
            None => Ok(()),
            Some(_) => Err(ConfigError(format!("access key {access_key} is given twice"))),
        }
    }
}

/// No account may have this id: it is that of requests without a signature.
const ANONYMOUS: &str = "000000000000";

/// The canonical id that an account has when none is given: 64 hexadecimal digits that follow from
/// its id.
fn canonical_id(account: &str) -> String {
    hex::text(&Sha256::digest(format!("portcullis canonical id of account {account}")))
}

fn given_root(config: &Config) -> Result<Option<(String, Secret)>, ConfigError> {
    match (&config.root.access_key, &config.root.secret_key) {
        (Some(access_key), Some(secret_key)) => {
            Ok(Some((access_key.resolve()?.reveal().to_owned(), secret_key.resolve()?)))
        }
        _ => Ok(None),
    }
}

fn either(text: Option<&Secret>, file: Option<&Path>) -> Result<Option<Secret>, ConfigError> {
    match (text, file) {
        (Some(_), Some(_)) => Err(ConfigError("secret_key and secret_key_file: give one of them".to_owned())),
        (Some(secret), None) => Ok(Some(secret.clone())),
        (None, Some(path)) => SecretSource::File(path.to_owned()).resolve().map(Some),
        (None, None) => Ok(None),
    }
}

/// Ids and names that are printed in responses: 1 to 256 characters, none of them a control
/// character.
fn check_text(name: &str, text: &str) -> Result<(), ConfigError> {
    match !text.is_empty() && text.chars().count() <= 256 && !text.chars().any(char::is_control) {
        true => Ok(()),
        false => {
            Err(ConfigError(format!("{name}: allowed are 1 to 256 characters, none a control character")))
        }
    }
}

/// User names as IAM has them:
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateUser.html>
fn check_user_name(name: &str) -> Result<(), ConfigError> {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || b"+=,.@-_".contains(&byte);
    match !name.is_empty() && name.len() <= 64 && name.bytes().all(letter) {
        true => Ok(()),
        false => Err(ConfigError("name: allowed are 1 to 64 letters, digits and +=,.@-_".to_owned())),
    }
}

/// Access keys that stand in manuals, beside secrets that everybody knows. A configuration that
/// copies one of them has usually copied the secret too.
const KNOWN_ACCESS_KEYS: [&str; 5] =
    ["minioadmin", "rustfsadmin", "AKIAIOSFODNN7EXAMPLE", "AKIAI44QH8DHBEXAMPLE", "0555b35654ad1656d804"];

/// Secrets that stand in the manuals of servers like this one, and in public test suites: the first
/// thing that an intruder tries. In lower case.
const KNOWN_SECRETS: [&str; 23] = [
    "minioadmin",
    "minio123",
    "minio-secret-key",
    "rustfsadmin",
    "password",
    "password123",
    "changeme",
    "changeme123",
    "secretkey",
    "some_secret_key",
    "portcullis",
    "12345678",
    "adminadmin",
    "administrator",
    "minioadmin123456",
    "minioadminminioadmin",
    "rustfsadmin123456",
    "passwordpassword",
    "wjalrxutnfemi/k7mdeng/bpxrficyexamplekey",
    "je7mtgbclwbf/2zk/h3yco8nvbexamplekey",
    "h7ghxubltrlhvuyxspukuv8r/2ei4ngqjxd7ibdbyblhwlun30jat3q==",
    "abcdefghijklmnopqrstuvwxyzabcdefghijklmn",
    "nopqrstuvwxyzabcdefghijklmnabcdefghijklm",
];

/// Bytes that a secret needs on a listener that other machines can reach. An attacker with a
/// recorded signature can guess as often as they like; a random secret of this length withstands
/// that.
const SECRET_BYTES_MIN: usize = 16;
/// Different bytes among them.
const SECRET_LETTERS_MIN: usize = 6;

/// Checks an access key. One that is only weak is refused only where other machines can reach a
/// listener.
fn check_key(owner: &str, access_key: &str, secret: &Secret, config: &Config) -> Result<(), ConfigError> {
    let owner = if owner.is_empty() { String::new() } else { format!("{owner}: ") };
    let letter = |byte: u8| byte.is_ascii_graphic() && !b"/,=\"&<>".contains(&byte);
    if !(3..=128).contains(&access_key.len()) || !access_key.bytes().all(letter) {
        let allowed = "allowed are 3 to 128 printable ASCII characters without space and /,=\"&<>";
        return Err(ConfigError(format!("{owner}access_key: {allowed}")));
    }
    if secret.reveal().is_empty() {
        return Err(ConfigError(format!("{owner}secret_key is empty")));
    }
    let advice = "choose another (`openssl rand -base64 30` makes a secret)";
    let beyond = config.addresses().find(|address| !is_local(address));
    let why = match (beyond, config.proxies.trusted.first()) {
        (Some(beyond), _) => format!("{beyond} can be reached by others: {advice}, or listen on 127.0.0.1"),
        (None, Some(proxy)) => format!("others can reach the server by the proxy {proxy}: {advice}"),
        (None, None) => return Ok(()),
    };
    match weakness(access_key, secret) {
        Some(weak) => Err(ConfigError(format!("{owner}{weak}, and {why}"))),
        None => Ok(()),
    }
}

/// Whether an address is reached from this machine only, whichever family it is written in.
fn is_local(address: &std::net::SocketAddr) -> bool {
    address.ip().to_canonical().is_loopback()
}

/// What makes credentials easy to guess. Says nothing of the secret itself.
fn weakness(access_key: &str, secret: &Secret) -> Option<String> {
    let text = secret.reveal();
    let letters: std::collections::BTreeSet<u8> = text.bytes().collect();
    let known = |words: &[&str], text: &str| words.iter().any(|word| word.eq_ignore_ascii_case(text));
    let weak = if known(&KNOWN_ACCESS_KEYS, access_key) {
        return Some(format!("access_key {access_key} is a well-known example"));
    } else if known(&KNOWN_SECRETS, text) {
        "is a well-known default"
    } else if text.eq_ignore_ascii_case(access_key) {
        "is the same as the access key"
    } else if text.len() < SECRET_BYTES_MIN {
        "is shorter than 16 characters"
    } else if letters.len() < SECRET_LETTERS_MIN {
        "repeats a few characters"
    } else {
        return None;
    };
    Some(format!("secret_key of {access_key} {weak}"))
}
