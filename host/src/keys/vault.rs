//! The vault seals secrets: access keys and seeds of second factors, which are stored, and
//! sessions, whose tokens clients keep.
//!
//! The cipher is AES-256-GCM, under keys that are derived from the folder key. The holder of a
//! secret is associated data, so a sealed secret opens for its holder only.
//! `docs/storage-format.md` has the bytes.

mod file;
mod seeds;
#[cfg(test)]
mod tests;
mod uses;

use std::path::{Path, PathBuf};

use aes_gcm::aead::{Aead, Payload};
use aes_gcm::{Aes256Gcm, KeyInit as _, Nonce};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::config::Config;
use crate::keys::KeysError;
use crate::keys::accounts::IdentityKind;
use crate::random::{self, ID_LETTERS, SECRET_LETTERS};
use crate::secret::Secret;
use volume::{DataKey, KeySource, Options};

pub use file::SEALING_FILE;
pub use seeds::{Device, Seed};
pub use uses::{LastUse, USES_FILE, UseKeeper};

/// The first byte of everything sealed.
const FORMAT: u8 = 1;
/// Bytes of a nonce: drawn at random, once for each seal.
const NONCE_BYTES: usize = 12;

/// Why something could not be opened. It says no more: a client could learn from the difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not sealed here, or for somebody else")]
pub struct Unsealable;

/// Whose a stored access key is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holder<'a> {
    /// 12 digits.
    pub account: &'a str,
    /// The unique id of the user; the account for its root user.
    pub unique_id: &'a str,
    /// The access key.
    pub access_key_id: &'a str,
}

impl Holder<'_> {
    fn associated(&self) -> Vec<u8> {
        let parts = ["access-key", self.account, self.unique_id, self.access_key_id];
        // No part holds a zero byte, so no two holders read alike.
        parts.join("\0").into_bytes()
    }
}

/// A new access key.
#[derive(Debug)]
pub struct AccessKey {
    /// `AKIA` and 16 letters.
    pub access_key_id: String,
    /// 40 letters.
    pub secret: Secret,
    /// The secret, sealed.
    pub sealed: Vec<u8>,
}

/// What a token of a session carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedSession {
    /// The access key that signs for the session.
    pub access_key_id: String,
    secret: String,
    /// What kind of identity it is.
    pub kind: IdentityKind,
    /// 12 digits.
    pub account: String,
    /// The user's name.
    pub user: String,
    /// `AROA…:SESSION`
    pub unique_id: String,
    /// The ARN of the session.
    pub arn: String,
    /// What the contract says of a session.
    pub details: SessionDetails,
}

impl SealedSession {
    /// The secret that signs for the session.
    pub fn secret(&self) -> &str {
        &self.secret
    }
}

/// What the contract says of a session; the host keeps it, and goes by the end alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the contract documents them: `session` in gateway/wit/call.wit")]
pub struct SessionDetails {
    pub issuer_kind: IdentityKind,
    pub issuer_arn: String,
    pub issuer_id: String,
    pub parent_key_id: String,
    pub policies: Vec<String>,
    pub policy_arns: Vec<String>,
    pub tags: Vec<(String, String)>,
    pub transitive_tags: Vec<String>,
    pub source_identity: Option<String>,
    pub multi_factor: bool,
    pub issued_ms: u64,
    pub expires_ms: u64,
    pub context: Vec<(String, Vec<String>)>,
}

/// The principal that a session is for.
#[derive(Debug, Clone, Copy)]
pub struct SessionHolder<'a> {
    /// What kind of identity it is.
    pub kind: IdentityKind,
    /// 12 digits.
    pub account: &'a str,
    /// The user's name.
    pub user: &'a str,
    /// `AROA…:SESSION`
    pub unique_id: &'a str,
    /// The ARN of the session.
    pub arn: &'a str,
}

/// Temporary credentials.
#[derive(Debug)]
pub struct Temporary {
    /// `ASIA` and 16 letters.
    pub access_key_id: String,
    /// 40 letters.
    pub secret: Secret,
    /// The secret, the holder and the limits of the session, sealed.
    pub token: String,
}

/// Seals and opens; shared by all workers.
pub struct Vault {
    access_keys: Aes256Gcm,
    sessions: Aes256Gcm,
    seeds: Aes256Gcm,
    master_keys: Aes256Gcm,
    function_secrets: Aes256Gcm,
    positions: Aes256Gcm,
    uses: uses::Uses,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Vault([redacted])")
    }
}

impl Vault {
    /// The vault of a data folder, whose key is made at its first start.
    ///
    /// # Errors
    /// A file that cannot be read or written, or that holds no key.
    pub fn open(folder: &Path) -> Result<Vault, KeysError> {
        let key = file::open(folder)?;
        Ok(Vault { uses: uses::Uses::open(folder), ..Vault::new(&key) })
    }

    fn new(key: &[u8; 32]) -> Vault {
        Vault {
            access_keys: cipher(key, "access keys"),
            sessions: cipher(key, "sessions"),
            seeds: cipher(key, "seeds"),
            master_keys: cipher(key, "master keys"),
            function_secrets: cipher(key, "secrets of functions"),
            positions: cipher(key, "positions in listings"),
            uses: uses::Uses::default(),
        }
    }

    /// Makes an access key for a user.
    ///
    /// # Errors
    /// No randomness, which is a broken system.
    pub fn generate(&self, account: &str, unique_id: &str) -> Result<AccessKey, KeysError> {
        let access_key_id = format!("AKIA{}", random::text(ID_LETTERS, 16)?);
        let secret = Secret::new(random::text(SECRET_LETTERS, 40)?);
        let holder = Holder { account, unique_id, access_key_id: &access_key_id };
        let sealed = seal(&self.access_keys, secret.reveal().as_bytes(), &holder.associated())?;
        Ok(AccessKey { access_key_id, secret, sealed })
    }

    /// The secret of a stored access key.
    ///
    /// # Errors
    /// It was not sealed here, or for another holder.
    pub fn open_key(&self, holder: &Holder<'_>, sealed: &[u8]) -> Result<Secret, Unsealable> {
        let opened = open(&self.access_keys, sealed, &holder.associated())?;
        String::from_utf8(opened).map(Secret::new).map_err(|_| Unsealable)
    }

    /// Does for an access key that does not exist what [`Vault::open_key`] does for one that does.
    pub fn open_none(&self, access_key_id: &str) {
        const SEALED_BYTES: usize = 1 + NONCE_BYTES + 40 + 16;
        let holder = Holder { account: "000000000000", unique_id: "AIDAAAAAAAAAAAAAAAAAA", access_key_id };
        let mut sealed = [0; SEALED_BYTES];
        sealed[0] = FORMAT;
        // It cannot be opened. Only the time that this takes is wanted.
        let _ = std::hint::black_box(self.open_key(&holder, &sealed));
    }

    /// Makes temporary credentials.
    ///
    /// # Errors
    /// No randomness, which is a broken system.
    pub fn seal_session(
        &self,
        holder: SessionHolder<'_>,
        details: SessionDetails,
    ) -> Result<Temporary, KeysError> {
        let access_key_id = format!("ASIA{}", random::text(ID_LETTERS, 16)?);
        let secret = random::text(SECRET_LETTERS, 40)?;
        let session = SealedSession {
            access_key_id: access_key_id.clone(),
            secret: secret.clone(),
            kind: holder.kind,
            account: holder.account.to_owned(),
            user: holder.user.to_owned(),
            unique_id: holder.unique_id.to_owned(),
            arn: holder.arn.to_owned(),
            details,
        };
        let encoded = postcard::to_allocvec(&session).map_err(|_| KeysError::TooMuch)?;
        let token = URL_SAFE_NO_PAD.encode(seal(&self.sessions, &encoded, b"session")?);
        Ok(Temporary { access_key_id, secret: Secret::new(secret), token })
    }

    /// Seals what a master key is made of, for the account and the id that it has.
    ///
    /// # Errors
    /// No randomness, which is a broken system.
    pub(crate) fn seal_master_key(
        &self,
        account: &str,
        id: &str,
        key: &[u8; 32],
    ) -> Result<Vec<u8>, KeysError> {
        seal(&self.master_keys, key, &["master-key", account, id].join("\0").into_bytes())
    }

    /// What [`Vault::seal_master_key`] sealed.
    ///
    /// # Errors
    /// It was not sealed here, or for another key.
    pub(crate) fn open_master_key(
        &self,
        account: &str,
        id: &str,
        sealed: &[u8],
    ) -> Result<[u8; 32], Unsealable> {
        let associated = ["master-key", account, id].join("\0").into_bytes();
        open(&self.master_keys, sealed, &associated)?.try_into().map_err(|_| Unsealable)
    }

    /// Seals a secret of a function, by the ARN of the function without a version.
    ///
    /// # Errors
    /// No randomness, which is a broken system.
    pub fn seal_secret(&self, function: &str, name: &str, value: &str) -> Result<Vec<u8>, KeysError> {
        seal(&self.function_secrets, value.as_bytes(), &secret_of(function, name))
    }

    /// What [`Vault::seal_secret`] sealed.
    ///
    /// # Errors
    /// It was not sealed here, or for another function or name.
    pub fn open_secret(&self, function: &str, name: &str, sealed: &[u8]) -> Result<Secret, Unsealable> {
        let opened = open(&self.function_secrets, sealed, &secret_of(function, name))?;
        String::from_utf8(opened).map(Secret::new).map_err(|_| Unsealable)
    }

    /// Seals a position in a listing, as a text for URLs.
    ///
    /// # Errors
    /// No randomness, which is a broken system.
    pub(crate) fn seal_position(&self, listing: &str, position: &str) -> Result<String, KeysError> {
        let sealed = seal(&self.positions, position.as_bytes(), listing.as_bytes())?;
        Ok(URL_SAFE_NO_PAD.encode(sealed))
    }

    /// What [`Vault::seal_position`] sealed.
    ///
    /// # Errors
    /// It was not sealed here, or for another listing.
    pub(crate) fn open_position(&self, listing: &str, text: &str) -> Result<String, Unsealable> {
        let sealed = URL_SAFE_NO_PAD.decode(text).map_err(|_| Unsealable)?;
        let opened = open(&self.positions, &sealed, listing.as_bytes())?;
        String::from_utf8(opened).map_err(|_| Unsealable)
    }

    /// What a token carries.
    ///
    /// # Errors
    /// It was not sealed here.
    pub fn open_session(&self, token: &str) -> Result<SealedSession, Unsealable> {
        let sealed = URL_SAFE_NO_PAD.decode(token).map_err(|_| Unsealable)?;
        let encoded = open(&self.sessions, &sealed, b"session")?;
        postcard::from_bytes(&encoded).map_err(|_| Unsealable)
    }
}

/// How the volume of a configuration is run. Its bodies are sealed under a key that is derived from
/// the file `sealing-key`, as the vault's keys are.
pub fn volume_options(config: &Config) -> Options {
    let (dir, key) = (config.data_dir.clone(), bodies_key(config.data_dir.clone()));
    Options { dir, key: Some(key), ..config.storage.clone() }
}

fn bodies_key(folder: PathBuf) -> KeySource {
    KeySource::new(move |make| match file::read(&folder, make) {
        Ok(key) => Ok(key.map(|key| DataKey::new(derive(&key, "bodies")))),
        Err(error) => Err(std::io::Error::other(error)),
    })
}

/// What a secret of a function is bound to. Neither part holds a zero byte.
fn secret_of(function: &str, name: &str) -> Vec<u8> {
    ["function-secret", function, name].join("\0").into_bytes()
}

/// Derives the key for one purpose.
#[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
fn derive(key: &[u8; 32], purpose: &str) -> [u8; 32] {
    let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(key).expect("any length");
    mac.update(format!("portcullis {purpose}").as_bytes());
    mac.finalize().into_bytes().into()
}

fn cipher(key: &[u8; 32], purpose: &str) -> Aes256Gcm {
    Aes256Gcm::new(&derive(key, purpose).into())
}

/// Format byte, nonce, what was sealed, tag.
fn seal(cipher: &Aes256Gcm, plain: &[u8], associated: &[u8]) -> Result<Vec<u8>, KeysError> {
    let mut nonce = [0; NONCE_BYTES];
    random::fill(&mut nonce)?;
    let payload = Payload { msg: plain, aad: associated };
    let sealed = cipher.encrypt(&Nonce::from(nonce), payload).map_err(|_| KeysError::TooMuch)?;
    Ok([&[FORMAT], nonce.as_slice(), &sealed].concat())
}

fn open(cipher: &Aes256Gcm, sealed: &[u8], associated: &[u8]) -> Result<Vec<u8>, Unsealable> {
    let (&FORMAT, rest) = sealed.split_first().ok_or(Unsealable)? else { return Err(Unsealable) };
    let (nonce, rest) = rest.split_first_chunk::<NONCE_BYTES>().ok_or(Unsealable)?;
    let payload = Payload { msg: rest, aad: associated };
    cipher.decrypt(&Nonce::from(*nonce), payload).map_err(|_| Unsealable)
}
