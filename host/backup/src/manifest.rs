//! Manifests: what one backup consists of.

use serde::{Deserialize, Serialize};

use super::names;

/// One backup.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Its name, which sorts by the moment. It stands in the object's name only.
    #[serde(skip)]
    pub id: String,
    /// The volume's number, in hexadecimal.
    pub volume: String,
    /// The number of the last commit that is in it.
    pub commit: u64,
    /// No number of the sequence beyond it was given out.
    pub sequence_high: u64,
    /// Tells the folder key that bodies are sealed under from others, in hexadecimal.
    pub sealing: Option<String>,
    /// Rows of all tables.
    pub row_count: u64,
    /// Blobs.
    pub blob_count: u64,
    /// Bytes of all blobs, as they are stored.
    pub blob_bytes: u64,
    /// Chunks of rows, in the order of tables and keys.
    pub rows: Vec<String>,
    /// Chunks of blobs, in the order of their numbers.
    pub blobs: Vec<String>,
    /// Chunks of files of the data folder: keys and credentials.
    pub files: Vec<String>,
    /// Blobs that were damaged already when the backup was made; their bytes are not in it.
    pub damaged: Vec<u64>,
}

impl Manifest {
    /// When it was made: `2026-11-29 23:14:00`, UTC.
    pub fn time(&self) -> String {
        names::shown_time(&self.id)
    }

    /// Whether the bytes of a blob are left out.
    pub(crate) fn lacks(&self, blob: u64) -> bool {
        self.damaged.binary_search(&blob).is_ok()
    }

    /// All its chunks.
    pub(crate) fn chunks(&self) -> impl Iterator<Item = &String> {
        self.rows.iter().chain(&self.blobs).chain(&self.files)
    }
}
