//! Targets: where the objects of a repository are.

use std::fmt::Debug;
use std::path::Path;

use super::errors::BackupError;

/// A place for named objects, which are written once and never changed.
pub trait Target: Debug + Send + Sync {
    /// Where it is, for messages.
    fn place(&self) -> String;

    /// An object; `None` when there is none. No more than `bytes_max` and one bytes are read: who
    /// keeps the target need not be trusted.
    ///
    /// # Errors
    /// The target cannot be read; the object is longer than it can be.
    fn get(&self, name: &str, bytes_max: u64) -> Result<Option<Vec<u8>>, BackupError>;

    /// Writes an object. When this returns, it lasts.
    ///
    /// # Errors
    /// The target cannot be written, or what it has is not what was written.
    fn put(&self, name: &str, bytes: &[u8]) -> Result<(), BackupError>;

    /// The names of the objects in a folder, without the folder, in order.
    ///
    /// # Errors
    /// The target cannot be read.
    fn list(&self, folder: &str) -> Result<Vec<String>, BackupError>;

    /// As `list`, with how many bytes each object has.
    ///
    /// # Errors
    /// The target cannot be read.
    fn sizes(&self, folder: &str) -> Result<Vec<(String, u64)>, BackupError>;

    /// Removes an object; one that is not there is no error.
    ///
    /// # Errors
    /// The target cannot be written.
    fn delete(&self, name: &str) -> Result<(), BackupError>;

    /// Whether there is nothing at all.
    ///
    /// # Errors
    /// The target cannot be read.
    fn is_empty(&self) -> Result<bool, BackupError>;

    /// The id that the server of the target gave the latest request; `None` where it is no server,
    /// or gives none.
    fn request_id(&self) -> Option<String> {
        None
    }

    /// The folder that it is; `None` where it is elsewhere.
    fn folder(&self) -> Option<&Path> {
        None
    }

    /// Claims the repository for one writer, until it is dropped.
    ///
    /// # Errors
    /// Another one has it.
    fn lock(&self) -> Result<Box<dyn Held>, BackupError>;
}

/// What is claimed as long as this lives.
pub trait Held: Debug + Send {
    /// Checks that it is still claimed. Comes before what another writer must not see half done.
    ///
    /// # Errors
    /// It was lost: another writer may have it now.
    fn check(&self) -> Result<(), BackupError>;
}

/// What an object says that has more bytes than any that was written.
pub(crate) fn too_long(object: &str, bytes_max: u64) -> BackupError {
    BackupError::damaged(
        object,
        format!("it is longer than {bytes_max} bytes, which is the most that it can have"),
    )
}
