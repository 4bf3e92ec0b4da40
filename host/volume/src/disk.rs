//! Disk: the few file operations that the volume stands on, so that tests can put a failing disk
//! beneath it.
//!
//! Paths are relative to the data folder, with `/`. A write is durable after `sync_data` of the
//! file and, for a file that is new, `sync_folder` of the folder that names it; nothing else is
//! assumed.

mod real;

use std::fmt::Debug;
use std::io;
use std::sync::Arc;

pub use real::RealDisk;

/// What `Disk::open` does about a file that is or is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Open {
    /// The file must exist; it is only read.
    Read,
    /// The file must exist.
    Write,
    /// The file is made if it is not there.
    Create,
    /// The file must not exist yet.
    New,
}

/// The space of a file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DiskSpace {
    /// Bytes that can still be written.
    pub free: u64,
    /// All bytes.
    pub total: u64,
    /// Files that can still be made; `None` where the file system has no limit of its own.
    pub files_left: Option<u64>,
}

/// A folder of files.
pub trait Disk: Debug + Send + Sync + 'static {
    /// Opens a file.
    fn open(&self, path: &str, open: Open) -> io::Result<Arc<dyn DiskFile>>;
    /// Removes a file's name. Readers that have it open go on reading.
    fn remove(&self, path: &str) -> io::Result<()>;
    /// The names in a folder, in no order.
    fn list(&self, folder: &str) -> io::Result<Vec<String>>;
    /// Makes a folder; one that is there already is no error.
    fn create_folder(&self, folder: &str) -> io::Result<()>;
    /// Makes the names in a folder durable. The empty path is the data folder itself.
    fn sync_folder(&self, folder: &str) -> io::Result<()>;
    /// What is left of the file system, as far as is known.
    fn space(&self) -> io::Result<DiskSpace>;
    /// Bytes in a file that need not be open.
    fn size(&self, path: &str) -> io::Result<u64> {
        self.open(path, Open::Read)?.len()
    }
    /// Claims the folder for one owner; `None` when another one has it. Released on drop.
    fn lock(&self, path: &str) -> io::Result<Option<Box<dyn Debug + Send + Sync>>>;
}

/// An open file. Methods may be called from any thread at any time.
pub trait DiskFile: Debug + Send + Sync + 'static {
    /// Bytes in the file.
    fn len(&self) -> io::Result<u64>;
    /// Whether the file has no bytes.
    fn is_empty(&self) -> io::Result<bool> {
        Ok(self.len()? == 0)
    }
    /// Fills `buffer`, or fails; the end of the file inside `buffer` is an error.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()>;
    /// Reads what is in memory already, at least one byte; `WouldBlock` when nothing is.
    fn read_now(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize>;
    /// Writes all of `bytes`.
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()>;
    /// Writes `parts` one after the other.
    fn write_parts_at(&self, offset: u64, parts: &[Vec<u8>]) -> io::Result<()>;
    /// Cuts the file, or grows it with zeros.
    fn set_len(&self, len: u64) -> io::Result<()>;
    /// Reserves space, growing the file with zeros to `len`, so that later writes need no new
    /// metadata.
    fn allocate(&self, len: u64) -> io::Result<()>;
    /// Makes the file's bytes and length durable.
    fn sync_data(&self) -> io::Result<()>;
}
