//! The spool: the list of blobs to copy, in a file without a name, so that neither memory nor a
//! snapshot of the index has to hold it while the copy goes on.

use std::fs::{File, OpenOptions};
use std::io::{BufReader, BufWriter, ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use volume::HeldBlob;

use super::errors::BackupError;

/// The file's name, for the moment until it has none.
const NAME: &str = ".backup-spool";

/// Blobs that were written, to be read once in the same order.
#[derive(Debug)]
pub(crate) struct Spool {
    path: PathBuf,
    file: BufWriter<File>,
    /// Blobs in it.
    pub(crate) count: u64,
    /// Their bytes.
    pub(crate) bytes: u64,
}

impl Spool {
    /// In a folder that only its owner may read.
    pub(crate) fn new(folder: &Path) -> Result<Spool, BackupError> {
        let path = folder.join(NAME);
        let open = || {
            // One that a killed process has left.
            match std::fs::remove_file(&path) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            let file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path)?;
            std::fs::remove_file(&path)?;
            Ok(file)
        };
        let file = open().map_err(|error| BackupError::file(&path, error))?;
        Ok(Spool { path, file: BufWriter::new(file), count: 0, bytes: 0 })
    }

    pub(crate) fn push(&mut self, blob: &HeldBlob) -> Result<(), BackupError> {
        self.count += 1;
        self.bytes += blob.record().length;
        self.file.write_all(&blob.encode()).map_err(|error| BackupError::file(&self.path, error))
    }

    /// The blobs, in the order in which they were pushed.
    pub(crate) fn read(self) -> Result<Spooled, BackupError> {
        let Spool { path, file, count, .. } = self;
        let rewound = file.into_inner().map_err(std::io::IntoInnerError::into_error).and_then(|mut file| {
            file.seek(SeekFrom::Start(0))?;
            Ok(BufReader::with_capacity(256 << 10, file))
        });
        let file = rewound.map_err(|error| BackupError::file(&path, error))?;
        Ok(Spooled { path, file, left: count })
    }
}

/// The blobs of a spool.
#[derive(Debug)]
pub(crate) struct Spooled {
    path: PathBuf,
    file: BufReader<File>,
    left: u64,
}

impl Spooled {
    /// The next blob.
    pub(crate) fn next(&mut self) -> Result<Option<HeldBlob>, BackupError> {
        let Some(left) = self.left.checked_sub(1) else { return Ok(None) };
        self.left = left;
        let mut bytes = [0; HeldBlob::BYTES];
        self.file.read_exact(&mut bytes).map_err(|error| BackupError::file(&self.path, error))?;
        match HeldBlob::decode(&bytes) {
            Some(blob) => Ok(Some(blob)),
            None => Err(BackupError::file(&self.path, "a blob cannot be read back")),
        }
    }
}
