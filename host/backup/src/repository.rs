//! A repository: sealed objects in a target, under one backup key.

use std::collections::HashMap;
use std::time::SystemTime;

use ring::digest::{SHA256, digest};
use ring::hmac;

use super::chunk;
use super::errors::BackupError;
use super::key::BackupKey;
use super::manifest::Manifest;
use super::names::{self, CHUNKS, Digest, FORMAT, MANIFESTS, PackName};
use super::pack;
use super::sealed::{ADDED_BYTES, Kind, Sealer};
use super::target::{Held, Target};

/// The version of everything in a repository.
const VERSION: u32 = 1;
/// The first word of the object `format`.
const MAGIC: &str = "portcullis-backup";

/// Bytes of the object `format`: it is one line.
const FORMAT_BYTES_MAX: u64 = 4 << 10;
/// Bytes of a manifest. A chunk takes 35 of them, so these are 1.9 million chunks: of at least
/// 64 KiB, and mostly of 2048 rows.
const MANIFEST_BYTES_MAX: u64 = 64 << 20;

/// The longest sealed object of a kind that is written, so the longest that is read.
const fn bytes_max(kind: Kind) -> u64 {
    match kind {
        Kind::Chunk => (chunk::CONTENT_BYTES_MAX + ADDED_BYTES) as u64,
        Kind::Pack => (pack::PACK_BYTES + ADDED_BYTES) as u64,
        Kind::Index => (pack::STRETCHES_MAX * pack::ENTRY_BYTES + ADDED_BYTES) as u64,
        Kind::Manifest => MANIFEST_BYTES_MAX,
    }
}

/// A repository whose key is the right one.
#[derive(Debug)]
pub struct Repository {
    pub(crate) target: Box<dyn Target>,
    sealer: Sealer,
    digests: hmac::Key,
}

impl Repository {
    /// Whether a target holds a repository, or could become one.
    ///
    /// # Errors
    /// It holds something else, or a repository of a newer version, or cannot be read.
    pub fn is_begun(target: &dyn Target) -> Result<bool, BackupError> {
        Ok(read_format(target)?.is_some())
    }

    /// Opens what is there.
    ///
    /// # Errors
    /// There is no repository; the key, which is in the file `key_file`, is another one.
    pub fn open(target: Box<dyn Target>, key: &BackupKey, key_file: &str) -> Result<Repository, BackupError> {
        let (number, check) = read_format(&*target)?.ok_or_else(|| BackupError::Empty(target.place()))?;
        if check != check_value(key, &number) {
            return Err(BackupError::WrongKey(key_file.to_owned()));
        }
        Ok(Repository { target, sealer: Sealer::new(key), digests: key.derive("names") })
    }

    /// Begins a repository where there is none, and opens it.
    ///
    /// # Errors
    /// As [`Repository::open`].
    pub fn open_or_begin(
        target: Box<dyn Target>,
        key: &BackupKey,
        key_file: &str,
    ) -> Result<Repository, BackupError> {
        let _held = target.lock()?;
        if read_format(&*target)?.is_none() {
            let mut number = [0; 16];
            getrandom::fill(&mut number).map_err(|error| BackupError::Cipher(error.to_string()))?;
            let number = names::to_hex(&number);
            let check = check_value(key, &number);
            target.put(FORMAT, format!("{MAGIC} {VERSION} {number} {check}\n").as_bytes())?;
        }
        Repository::open(target, key, key_file)
    }

    /// Where it is.
    pub fn place(&self) -> String {
        self.target.place()
    }

    /// Claims it for one writer.
    pub(crate) fn lock(&self) -> Result<Box<dyn Held>, BackupError> {
        self.target.lock()
    }

    /// The backups, the oldest first.
    ///
    /// # Errors
    /// One cannot be read.
    pub fn manifests(&self) -> Result<Vec<Manifest>, BackupError> {
        self.manifest_ids()?.iter().map(|id| self.manifest(id)).collect()
    }

    /// Their names.
    ///
    /// # Errors
    /// The target cannot be read.
    pub fn manifest_ids(&self) -> Result<Vec<String>, BackupError> {
        self.target.list(MANIFESTS)
    }

    /// One backup; the newest when none is named.
    ///
    /// # Errors
    /// There is none, or it cannot be read.
    pub fn manifest_of(&self, id: Option<&str>) -> Result<Manifest, BackupError> {
        let ids = self.manifest_ids()?;
        match id {
            Some(id) if ids.iter().any(|known| known == id) => self.manifest(id),
            Some(id) => Err(BackupError::NoSuchBackup(id.to_owned())),
            None => match ids.last() {
                Some(id) => self.manifest(id),
                None => Err(BackupError::Empty(self.place())),
            },
        }
    }

    pub(crate) fn manifest(&self, id: &str) -> Result<Manifest, BackupError> {
        let object = format!("{MANIFESTS}/{id}");
        let content = self.read(Kind::Manifest, &object, id.as_bytes())?;
        let manifest: Manifest =
            serde_json::from_slice(&content).map_err(|error| BackupError::damaged(object, error))?;
        Ok(Manifest { id: id.to_owned(), ..manifest })
    }

    /// Writes a manifest under a new name: from now on there is this backup.
    pub(crate) fn put_manifest(&self, manifest: &Manifest) -> Result<Manifest, BackupError> {
        let mut random = [0; 4];
        getrandom::fill(&mut random).map_err(|error| BackupError::Cipher(error.to_string()))?;
        let id = format!("{}-{}", names::stamp(SystemTime::now()), names::to_hex(&random));
        let content = serde_json::to_vec(manifest).map_err(|error| BackupError::Cipher(error.to_string()))?;
        let mut room = Sealer::room(content.len());
        room.extend_from_slice(&content);
        let sealed = self.sealer.seal(Kind::Manifest, id.as_bytes(), room)?;
        if sealed.len() as u64 > bytes_max(Kind::Manifest) {
            let why = "the manifest would be longer than any that is read: the data folder has too many rows";
            return Err(BackupError::target(self.place(), why));
        }
        self.target.put(&format!("{MANIFESTS}/{id}"), &sealed)?;
        Ok(Manifest { id, ..manifest.clone() })
    }

    /// The names of all chunks, and how many bytes each has.
    pub(crate) fn chunk_sizes(&self) -> Result<HashMap<Digest, u64>, BackupError> {
        let sizes = self.target.sizes(CHUNKS)?;
        Ok(sizes.iter().filter_map(|(name, bytes)| Some((names::from_hex(name)?, *bytes))).collect())
    }

    /// The packs that are there, and how many bytes each has.
    pub(crate) fn pack_sizes(&self) -> Result<HashMap<PackName, u64>, BackupError> {
        let sizes = self.target.sizes(names::PACKS)?;
        Ok(sizes.iter().filter_map(|(name, bytes)| Some((PackName::parse(name)?, *bytes))).collect())
    }

    /// The name of a chunk with this content.
    pub(crate) fn chunk_name(&self, content: &[u8]) -> Digest {
        names::shorten(hmac::sign(&self.digests, content).as_ref())
    }

    pub(crate) fn put_chunk(&self, name: &Digest, content: &[u8]) -> Result<u64, BackupError> {
        let mut room = Sealer::room(content.len());
        room.extend_from_slice(content);
        let sealed = self.sealer.seal(Kind::Chunk, name, room)?;
        self.target.put(&format!("{CHUNKS}/{}", names::to_hex(name)), &sealed)?;
        Ok(sealed.len() as u64)
    }

    /// The content of a chunk of a manifest.
    pub(crate) fn chunk(&self, name: &str) -> Result<Vec<u8>, BackupError> {
        let object = format!("{CHUNKS}/{name}");
        let Some(digest) = names::from_hex::<{ names::DIGEST_BYTES }>(name) else {
            return Err(BackupError::damaged(object, "this is no name of a chunk"));
        };
        let content = self.read(Kind::Chunk, &object, &digest)?;
        if self.chunk_name(&content) != digest {
            return Err(BackupError::damaged(object, "its content has another name"));
        }
        Ok(content)
    }

    /// Seals and writes a pack, and then its index. `content` has room in front. Answers the name,
    /// and how many bytes were written.
    pub(crate) fn put_pack(
        &self,
        (lowest, highest): (u64, u64),
        content: Vec<u8>,
        entries: &[u8],
    ) -> Result<(PackName, u64), BackupError> {
        let sealed = self.sealer.seal(Kind::Pack, &pack_context(lowest, highest), content)?;
        let digest = names::shorten(digest(&SHA256, &sealed).as_ref());
        let name = PackName { lowest, highest, digest };
        self.target.put(&name.pack(), &sealed)?;
        let mut room = Sealer::room(entries.len());
        room.extend_from_slice(entries);
        let index = self.sealer.seal(Kind::Index, name.to_string().as_bytes(), room)?;
        self.target.put(&name.index(), &index)?;
        Ok((name, (sealed.len() + index.len()) as u64))
    }

    /// The names of all packs that have an index, in order.
    pub(crate) fn pack_names(&self) -> Result<Vec<PackName>, BackupError> {
        let mut found: Vec<PackName> =
            self.target.list(names::INDEXES)?.iter().filter_map(|name| PackName::parse(name)).collect();
        found.sort_unstable();
        Ok(found)
    }

    /// The content of a pack. Its sealed bytes are compared with the digest in its name.
    pub(crate) fn pack(&self, name: &PackName) -> Result<Vec<u8>, BackupError> {
        let object = name.pack();
        let Some(sealed) = self.target.get(&object, bytes_max(Kind::Pack))? else {
            return Err(BackupError::damaged(object, "it is not there"));
        };
        if names::shorten(digest(&SHA256, &sealed).as_ref()) != name.digest {
            return Err(BackupError::damaged(object, "its bytes do not have the digest in its name"));
        }
        let content = self.sealer.open(Kind::Pack, &pack_context(name.lowest, name.highest), sealed);
        content.ok_or_else(|| BackupError::damaged(object, "it does not open under this key"))
    }

    /// The entries of the index of a pack.
    pub(crate) fn pack_index(&self, name: &PackName) -> Result<Vec<u8>, BackupError> {
        self.read(Kind::Index, &name.index(), name.to_string().as_bytes())
    }

    fn read(&self, kind: Kind, object: &str, context: &[u8]) -> Result<Vec<u8>, BackupError> {
        let Some(sealed) = self.target.get(object, bytes_max(kind))? else {
            return Err(BackupError::damaged(object, "it is not there"));
        };
        let content = self.sealer.open(kind, context, sealed);
        content.ok_or_else(|| BackupError::damaged(object, "it does not open under this key"))
    }
}

fn pack_context(lowest: u64, highest: u64) -> [u8; 16] {
    let mut context = [0; 16];
    let (low, high) = context.split_at_mut(8);
    low.copy_from_slice(&lowest.to_le_bytes());
    high.copy_from_slice(&highest.to_le_bytes());
    context
}

/// Tells one backup key from another, and nothing else about it.
fn check_value(key: &BackupKey, number: &str) -> String {
    names::to_hex(&names::shorten(hmac::sign(&key.derive("repository"), number.as_bytes()).as_ref()))
}

/// The number of the repository, and the value that tells its key; `None` where there is nothing.
fn read_format(target: &dyn Target) -> Result<Option<(String, String)>, BackupError> {
    let Some(bytes) = target.get(FORMAT, FORMAT_BYTES_MAX)? else {
        return match target.is_empty()? {
            true => Ok(None),
            false => Err(BackupError::NotARepository(target.place())),
        };
    };
    let text = String::from_utf8_lossy(&bytes);
    let words: Vec<&str> = text.trim_end().split(' ').collect();
    match words.as_slice() {
        [MAGIC, version, rest @ ..] => match (version.parse::<u32>(), rest) {
            (Ok(found), _) if found > VERSION => Err(BackupError::NewerFormat { found, supported: VERSION }),
            (Ok(_), [number, check]) => Ok(Some(((*number).to_owned(), (*check).to_owned()))),
            _ => Err(BackupError::damaged(FORMAT, "it is unreadable")),
        },
        _ => Err(BackupError::NotARepository(target.place())),
    }
}
