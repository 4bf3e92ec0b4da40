//! What can go wrong with accounts and keys.

use std::path::PathBuf;

use crate::config::ConfigError;
use crate::random::NoRandomness;

/// Why accounts or keys cannot be read, made or sealed. The text never holds a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeysError {
    /// The configuration of them is refused.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// No key can be made.
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
    /// A file or a folder of the data folder cannot be read or written, or holds something else.
    #[error("{}: {why}", path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// Whose the data folder is cannot be said, or not in one voice.
    #[error("{0}")]
    Account(String),
    /// No cipher seals as much at once.
    #[error("too much to seal")]
    TooMuch,
}

impl KeysError {
    /// Of a file.
    pub(crate) fn file(path: impl Into<PathBuf>, why: impl ToString) -> KeysError {
        KeysError::File { path: path.into(), why: why.to_string() }
    }
}
