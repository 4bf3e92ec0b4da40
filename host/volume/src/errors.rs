//! What can go wrong, one enum per activity.

use std::io;

use super::counters::Excess;

/// Why a volume could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has the data folder.
    #[error("the data folder is in use by another process")]
    Locked,
    /// The folder was written by a newer version.
    #[error(
        "the data folder has format {found}, and this program reads formats up to {supported}: run the release that \
         wrote it, or a newer release (`portcullis version` says which one this is)"
    )]
    NewerFormat {
        /// The version in `FORMAT`.
        found: u32,
        /// The newest version that this program reads.
        supported: u32,
    },
    /// The folder holds something else.
    #[error("the folder is not empty and holds no volume")]
    NotAVolume,
    /// What is stored was sealed under another key.
    #[error(
        "the key of the data folder is not the one that its contents are sealed under: put the right one back"
    )]
    WrongKey,
    /// The key that what is stored is sealed under is not there.
    #[error("the key of the data folder is missing: its contents are sealed under it")]
    NoKey,
    /// The key cannot be read, or is none.
    #[error("the key of the data folder cannot be used: {0}")]
    Key(io::Error),
    /// What is stored contradicts itself; `portcullis check` says where.
    #[error("the volume is damaged: {0}")]
    Damaged(String),
    /// The operating system refused.
    #[error("the data folder cannot be read or written: {0}")]
    Io(#[from] io::Error),
    /// No space is left for the index, which is brought up to date at each start.
    #[error(
        "the index cannot be opened: no space is left ({free} bytes are free). Free at least {missing} bytes in the \
         file system of the data folder, and start again"
    )]
    NoSpace {
        /// Bytes that are free.
        free: u64,
        /// Bytes to free.
        missing: u64,
    },
    /// The index could not be opened or brought up to date.
    #[error("the index cannot be opened: {0}")]
    Index(#[from] VolumeError),
}

/// Why a read, or the receipt of a body, failed.
#[derive(Debug, thiserror::Error)]
pub enum VolumeError {
    /// There is no such blob, or it was freed a while ago. A reader that got the number from a row
    /// reads the row again.
    #[error("there is no blob {0:016x}")]
    NoSuchBlob(u64),
    /// A span reaches beyond the end of its blob.
    #[error("blob {0:016x} is shorter than the span that is asked of it")]
    OutOfRange(u64),
    /// The stored bytes do not have their checksum.
    #[error("the bytes of blob {0:016x} do not have their checksum")]
    Corrupt(u64),
    /// The file in which the stored bytes should be is not there, or it is too short.
    #[error("the bytes of blob {blob:016x} are missing: the file {file} {why}")]
    Missing {
        /// The blob.
        blob: u64,
        /// The file, in the data folder.
        file: String,
        /// What is the matter with it.
        why: &'static str,
    },
    /// The disk does not give the stored bytes.
    #[error("the bytes of blob {blob:016x} cannot be read from the file {file}: {error}")]
    Unreadable {
        /// The blob.
        blob: u64,
        /// The file, in the data folder.
        file: String,
        /// What the system says.
        error: io::Error,
    },
    /// The blob is sealed under another key than the one that was given, or it is not sealed and
    /// should be.
    #[error("blob {0:016x} is not sealed under this key")]
    Sealed(u64),
    /// A table's name is empty, too long, or has a character outside `a-z 0-9 _ -`.
    #[error("not a table name")]
    TableName,
    /// No space is left.
    #[error("no space is left")]
    Full,
    /// Too much waits to be written.
    #[error("too much waits to be written")]
    Overloaded,
    /// The disk or the index failed.
    #[error("the disk failed: {0}")]
    Failed(String),
}

/// Why a commit did not happen. Nothing of the batch was changed. One exception: when the process
/// ends before any later commit succeeded, a batch that was answered `Full` or `Failed` may turn
/// out to have happened, wholly, because its record had reached the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommitError {
    /// A requirement did not hold, or a blob to keep or free has no such reference.
    #[error("a requirement of the commit does not hold")]
    Conflict,
    /// A counter would exceed a limit.
    #[error("a counter would exceed its limit")]
    Exceeded(Excess),
    /// Too many commits wait.
    #[error("too many commits wait")]
    Overloaded,
    /// No space is left.
    #[error("no space is left")]
    Full,
    /// The disk or the index failed, or the volume is closed.
    #[error("the disk failed")]
    Failed,
}

impl VolumeError {
    /// The file of a blob is not there.
    pub(crate) fn not_there(blob: u64, file: String) -> VolumeError {
        VolumeError::Missing { blob, file, why: "is not there" }
    }

    /// The file of a blob ends before its bytes do.
    pub(crate) fn too_short(blob: u64, file: String) -> VolumeError {
        VolumeError::Missing { blob, file, why: "is too short" }
    }

    /// What became of a read of a blob's bytes.
    pub(crate) fn of_read(blob: u64, file: String, error: io::Error) -> VolumeError {
        match error.kind() {
            io::ErrorKind::NotFound => VolumeError::not_there(blob, file),
            io::ErrorKind::UnexpectedEof => VolumeError::too_short(blob, file),
            _ => VolumeError::Unreadable { blob, file, error },
        }
    }
}

impl From<io::Error> for VolumeError {
    fn from(error: io::Error) -> VolumeError {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => VolumeError::Full,
            _ => VolumeError::Failed(error.to_string()),
        }
    }
}

impl From<redb::StorageError> for VolumeError {
    fn from(error: redb::StorageError) -> VolumeError {
        match error {
            redb::StorageError::Io(error) => error.into(),
            other => VolumeError::Failed(format!("index: {other}")),
        }
    }
}

impl From<redb::TableError> for VolumeError {
    fn from(error: redb::TableError) -> VolumeError {
        match error {
            redb::TableError::Storage(error) => error.into(),
            other => VolumeError::Failed(format!("index: {other}")),
        }
    }
}

impl From<redb::TransactionError> for VolumeError {
    fn from(error: redb::TransactionError) -> VolumeError {
        match error {
            redb::TransactionError::Storage(error) => error.into(),
            other => VolumeError::Failed(format!("index: {other}")),
        }
    }
}

impl From<redb::CommitError> for VolumeError {
    fn from(error: redb::CommitError) -> VolumeError {
        match error {
            redb::CommitError::Storage(error) => error.into(),
            other => VolumeError::Failed(format!("index: {other}")),
        }
    }
}

impl From<redb::DatabaseError> for VolumeError {
    fn from(error: redb::DatabaseError) -> VolumeError {
        match error {
            redb::DatabaseError::Storage(error) => error.into(),
            other => VolumeError::Failed(format!("index: {other}")),
        }
    }
}

impl From<VolumeError> for CommitError {
    fn from(error: VolumeError) -> CommitError {
        match error {
            VolumeError::Full => CommitError::Full,
            VolumeError::Overloaded => CommitError::Overloaded,
            _ => CommitError::Failed,
        }
    }
}
