//! What can go wrong with a backup, for the operator.

use volume::{OpenError, VolumeError};

/// Why something could not be done.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The target cannot be read or written.
    #[error("{place}: {why}")]
    Target {
        /// The object, or the target.
        place: String,
        /// What the file system or the server says.
        why: String,
    },
    /// The target holds something else.
    #[error("{0} is not empty and holds no backups: name a new folder, or an empty one")]
    NotARepository(String),
    /// There is nothing to restore or to look at.
    #[error("{0} holds no backups: name the place that `portcullis backup` wrote them to")]
    Empty(String),
    /// The repository was made by a newer version.
    #[error("the backups have format {found}; this version reads up to {supported}: use a newer portcullis")]
    NewerFormat {
        /// The version in `format`.
        found: u32,
        /// The newest version that this program reads.
        supported: u32,
    },
    /// The key is another one.
    #[error(
        "the key in {0} is not the one that these backups are sealed under: name the file of theirs (--key-file)"
    )]
    WrongKey(String),
    /// There is no key.
    #[error(
        "there is no backup key in {0}: without the key that the backups were made with, they cannot be read. \
         Put it back from its copy, or name its file (--key-file)"
    )]
    NoKey(String),
    /// The file is no key.
    #[error("{0} is no backup key: it has to hold 64 hexadecimal digits. Put it back from its copy")]
    BadKey(String),
    /// Somebody else works on the repository.
    #[error("{0}")]
    Busy(String),
    /// There is no such backup.
    #[error("there is no backup {0}: `portcullis backup list` names those that there are")]
    NoSuchBackup(String),
    /// An object is missing or is not what was written.
    #[error("{object} is damaged: {why}")]
    Damaged {
        /// The name of the object.
        object: String,
        /// What is wrong.
        why: String,
    },
    /// A blob of a backup is in no pack.
    #[error("the bytes of blob {blob:016x} are in no pack of the repository")]
    Missing {
        /// The blob's number.
        blob: u64,
    },
    /// What is copied is not there any more.
    #[error("{0}; what was copied so far is kept, and the next run goes on from there")]
    Interrupted(String),
    /// A backup that would be kept cannot be restored.
    #[error(
        "nothing was removed: a backup that would be kept cannot be restored: {0}. Run `portcullis backup`, which \
         copies anew what the data folder still has, and keep fewer (--keep); `portcullis backup verify` says which \
         backups are affected"
    )]
    Unrestorable(String),
    /// The folder to restore into is in the repository.
    #[error("{folder} is in {place}, where the backups are: restore into a folder elsewhere")]
    InRepository {
        /// The folder.
        folder: String,
        /// The target.
        place: String,
    },
    /// The folder to restore into is in use.
    #[error("{0} is not empty: restore into a folder that does not exist, or into an empty one")]
    NotEmpty(String),
    /// The restored folder is not as it should be.
    #[error("the restored folder was checked, and is not sound: {0}")]
    Unsound(String),
    /// A file of the data folder, or of the restored one.
    #[error("{path}: {why}")]
    File {
        /// The file.
        path: String,
        /// What the system says.
        why: String,
    },
    /// No randomness, or no cipher.
    #[error("the objects cannot be sealed: {0}")]
    Cipher(String),
    /// The data folder.
    #[error(transparent)]
    Volume(#[from] VolumeError),
    /// The data folder cannot be opened or made.
    #[error(transparent)]
    Open(#[from] OpenError),
}

impl BackupError {
    pub(crate) fn file(path: &std::path::Path, why: impl ToString) -> BackupError {
        BackupError::File { path: path.display().to_string(), why: why.to_string() }
    }

    pub(crate) fn target(place: impl Into<String>, why: impl ToString) -> BackupError {
        BackupError::Target { place: place.into(), why: why.to_string() }
    }

    pub(crate) fn damaged(object: impl Into<String>, why: impl ToString) -> BackupError {
        BackupError::Damaged { object: object.into(), why: why.to_string() }
    }
}
