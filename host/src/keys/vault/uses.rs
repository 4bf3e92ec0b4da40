//! When access keys last signed: kept in memory, and written to a file now and then, never while a
//! request waits.
//!
//! The file helps operators to find access keys that are not used any more. It is not synced, so a
//! crash can cost its last seconds, or all of it. Nothing is decided by it.

use std::collections::HashMap;
use std::fs;
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Vault;

/// The file's name in the data folder.
pub const USES_FILE: &str = "key-uses";
/// Access keys whose last use is remembered. When there would be more, all are forgotten.
const USES_MAX: usize = 100_000;
/// A file with that many uses is never longer than this.
const FILE_BYTES_MAX: u64 = 64 << 20;
/// The first byte of the file.
const FORMAT: u8 = 1;
/// How long a use may go unwritten.
const WRITE_EVERY: Duration = Duration::from_secs(10);

/// When an access key last signed, and for what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastUse {
    /// In milliseconds since 1970.
    pub at_ms: u64,
    /// `s3`
    pub service: String,
    /// `us-east-1`
    pub region: String,
}

/// The last uses of all access keys.
#[derive(Default)]
pub(super) struct Uses {
    path: Option<PathBuf>,
    state: Mutex<Noted>,
    wake: Condvar,
}

#[derive(Default)]
struct Noted {
    uses: HashMap<String, LastUse>,
    /// Whether the file does not have them all.
    is_changed: bool,
    is_closing: bool,
}

impl Uses {
    /// Those of a data folder; none where its file cannot be read.
    pub(super) fn open(folder: &Path) -> Uses {
        let path = folder.join(USES_FILE);
        let uses = match read(&path) {
            Ok(uses) => uses,
            Err(error) if error.kind() == ErrorKind::NotFound => HashMap::new(),
            Err(error) => {
                tracing::warn!(path = %path.display(), %error, "when access keys were last used is not known");
                HashMap::new()
            }
        };
        let state = Mutex::new(Noted { uses, ..Noted::default() });
        Uses { path: Some(path), state, wake: Condvar::default() }
    }

    fn lock(&self) -> MutexGuard<'_, Noted> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes what changed, every few seconds, until it is told to close.
    fn keep(&self, path: &Path) {
        loop {
            let state = self.lock();
            let waited = self.wake.wait_timeout_while(state, WRITE_EVERY, |state| !state.is_closing);
            let mut state = waited.unwrap_or_else(PoisonError::into_inner).0;
            let is_closing = state.is_closing;
            let encoded = state.is_changed.then(|| encode(&state.uses));
            state.is_changed = false;
            drop(state);
            if let Some(Err(error)) = encoded.map(|encoded| write(path, &encoded)) {
                tracing::warn!(path = %path.display(), %error, "when access keys were last used is not stored");
            }
            if is_closing {
                return;
            }
        }
    }
}

impl Vault {
    /// Remembers that an access key signed. `scope` is `20130524/us-east-1/s3/aws4_request`.
    pub fn note_use(&self, access_key_id: &str, scope: &str, at_ms: u64) {
        let mut parts = scope.split('/').skip(1);
        let (region, service) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let mut state = self.uses.lock();
        state.is_changed = true;
        let known = state.uses.get_mut(access_key_id);
        if let Some(known) = known.filter(|known| known.service == service && known.region == region) {
            known.at_ms = at_ms;
            return;
        }
        if state.uses.len() >= USES_MAX {
            state.uses.clear();
        }
        let last = LastUse { at_ms, service: service.to_owned(), region: region.to_owned() };
        state.uses.insert(access_key_id.to_owned(), last);
    }

    /// When an access key last signed.
    pub fn last_use(&self, access_key_id: &str) -> Option<LastUse> {
        self.uses.lock().uses.get(access_key_id).cloned()
    }

    /// Starts the thread that writes the uses to the data folder. It ends with what is returned.
    ///
    /// # Errors
    /// No thread can be started.
    pub fn keep_uses(self: &Arc<Vault>) -> std::io::Result<UseKeeper> {
        let vault = Arc::clone(self);
        let thread = std::thread::Builder::new().name("key-uses".to_owned()).spawn(move || {
            if let Some(path) = &vault.uses.path {
                vault.uses.keep(path);
            }
        })?;
        Ok(UseKeeper { vault: Arc::clone(self), thread: Some(thread) })
    }
}

/// The thread that writes uses. Dropping it writes what is left.
#[derive(Debug)]
pub struct UseKeeper {
    vault: Arc<Vault>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for UseKeeper {
    fn drop(&mut self) {
        self.vault.uses.lock().is_closing = true;
        self.vault.uses.wake.notify_all();
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has nothing more to write.
            let _ended = thread.join();
        }
    }
}

fn encode(uses: &HashMap<String, LastUse>) -> Vec<u8> {
    // Of texts and numbers, everything can be encoded.
    postcard::to_extend(uses, vec![FORMAT]).unwrap_or_default()
}

fn read(path: &Path) -> std::io::Result<HashMap<String, LastUse>> {
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(FILE_BYTES_MAX).read_to_end(&mut bytes)?;
    let uses = match bytes.split_first() {
        Some((&FORMAT, uses)) => postcard::from_bytes(uses).ok(),
        _ => None,
    };
    uses.ok_or_else(|| std::io::Error::other("no file of this release, or damaged"))
}

/// Replaces the file, whole or not at all as far as a running system sees it.
fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let draft = path.with_extension("new");
    match fs::remove_file(&draft) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    file.write_all(bytes)?;
    fs::rename(&draft, path)
}

#[cfg(test)]
mod tests;
