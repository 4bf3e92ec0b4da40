//! Compiled code of what is tried and not deployed yet: in a folder of its own, and gone with the
//! request unless that deploys it. So what is only tried never takes the room of what is deployed.

use std::io::Result;
use std::path::{Path, PathBuf};

use crate::compiled::stale_code;
use crate::random::{self, ID_LETTERS};

/// Letters of the name of such a folder.
const NAME_LETTERS: usize = 16;

/// The code of a component that is tried.
#[derive(Debug)]
pub struct TriedCode {
    folder: PathBuf,
    /// Where it goes when the component is deployed.
    file: PathBuf,
}

impl TriedCode {
    /// A place for code whose file in the cache would be this one.
    ///
    /// # Errors
    /// There is no randomness.
    pub(super) fn new(cache: &Path, file: PathBuf) -> Result<TriedCode> {
        let name = random::text(ID_LETTERS, NAME_LETTERS).map_err(std::io::Error::other)?;
        Ok(TriedCode { folder: cache.join(stale_code::TRIED).join(name), file })
    }

    /// Where it is compiled to.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The component is deployed: its code is kept.
    pub(super) fn keep(self) {
        let Some(name) = self.file.file_name() else { return };
        if let Err(error) = std::fs::rename(self.folder.join(name), &self.file) {
            tracing::debug!(file = %self.file.display(), %error, "code is compiled again by the first call");
        }
    }
}

impl Drop for TriedCode {
    fn drop(&mut self) {
        // It is not there where nothing could be compiled, or the cache cannot be written.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
