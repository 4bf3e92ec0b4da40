//! The versions of the format of data folders, and the file that says which one a folder has.
//!
//! A start that finds an older version makes the folder one of [`FORMAT`] before it writes anything
//! that an older program would misread. `docs/storage-format.md` has the rule by which the version
//! is raised.

#[cfg(test)]
mod tests;

use std::io::ErrorKind;
use std::path::Path;

use super::disk::{Disk, Open, RealDisk};
use super::errors::OpenError;
use super::log::segment;
use super::{blobs, index};

/// One version of the format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FormatVersion {
    /// Counted from 1.
    pub number: u32,
    /// What folders have from this version on.
    pub brought: &'static str,
    /// What the first start does to a folder of the version before.
    pub upgrade: &'static str,
}

/// THE FORMATS TABLE: every version that there was, the newest last. A folder of any of them opens.
pub const FORMATS: [FormatVersion; 3] = [
    FormatVersion { number: 1, brought: "log, index and files", upgrade: "" },
    FormatVersion {
        number: 2,
        brought: "bodies are sealed",
        upgrade: "what is stored stays as it is, what is written from now on is sealed",
    },
    FormatVersion {
        number: 3,
        brought: "commits add to counters",
        upgrade: "the start counts once what rows hold",
    },
];

/// The version that this program writes.
pub const FORMAT: u32 = match FORMATS.last() {
    Some(version) => version.number,
    None => 0,
};

/// The file that says which version a folder has. Its first two words stay as they are in every
/// version, so that every program can tell.
const FORMAT_FILE: &str = "FORMAT";
const MAGIC: &str = "portcullis-volume";
/// The file whose lock is the folder's.
pub(crate) const LOCK_FILE: &str = "LOCK";

/// What `FORMAT` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Format {
    /// One of [`FORMATS`].
    pub(crate) version: u32,
    /// The volume's number.
    pub(crate) volume: u64,
}

/// The version of a data folder; `None` when the folder holds no volume yet. Takes no lock and
/// changes nothing.
///
/// # Errors
/// There is no such folder, or it has a newer format, or its `FORMAT` cannot be read.
pub fn format_of(folder: &Path) -> Result<Option<u32>, OpenError> {
    Ok(read(&RealDisk::existing(folder)?)?.map(|format| format.version))
}

/// What `FORMAT` says; `None` when the folder holds no volume yet.
pub(crate) fn read(disk: &dyn Disk) -> Result<Option<Format>, OpenError> {
    let file = match disk.open(FORMAT_FILE, Open::Read) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let mut bytes = vec![0; usize::try_from(file.len()?.min(256)).unwrap_or(256)];
    file.read_at(0, &mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    let mut words = text.strip_suffix('\n').unwrap_or_default().split(' ');
    let (magic, version, volume) = (words.next(), words.next(), words.next());
    let version = version.and_then(|version| version.parse::<u32>().ok());
    match (magic, version, volume.and_then(|volume| u64::from_str_radix(volume, 16).ok())) {
        (Some(MAGIC), Some(found), _) if found > FORMAT => {
            Err(OpenError::NewerFormat { found, supported: FORMAT })
        }
        (Some(MAGIC), Some(version), Some(volume)) if version > 0 => Ok(Some(Format { version, volume })),
        // A creation that was cut short, unless there is a log.
        _ if disk.list(segment::FOLDER).is_ok_and(|names| !names.is_empty()) => {
            Err(OpenError::Damaged("FORMAT is unreadable".into()))
        }
        _ => Ok(None),
    }
}

/// Makes an empty folder into a volume without a log.
pub(crate) fn create(disk: &dyn Disk) -> Result<Format, OpenError> {
    let ours = [LOCK_FILE, FORMAT_FILE, index::FILE, segment::FOLDER, blobs::FOLDER, "lost+found"];
    if disk.list("")?.iter().any(|name| !ours.contains(&name.as_str())) {
        return Err(OpenError::NotAVolume);
    }
    make(disk)
}

/// Makes a volume without a log, whatever else is in the folder.
pub(crate) fn make(disk: &dyn Disk) -> Result<Format, OpenError> {
    disk.create_folder(segment::FOLDER)?;
    disk.create_folder(blobs::FOLDER)?;
    let volume = getrandom::u64().map_err(|error| OpenError::Io(std::io::Error::other(error.to_string())))?;
    let file = disk.open(FORMAT_FILE, Open::Create)?;
    file.set_len(0)?;
    let format = Format { version: FORMAT, volume };
    file.write_at(0, format.line().as_bytes())?;
    file.sync_data()?;
    disk.sync_folder("")?;
    Ok(format)
}

/// Makes a folder of an older version one of [`FORMAT`], durably: from now on, older programs
/// refuse it. Comes before the first write that they would misread.
pub(crate) fn raise(disk: &dyn Disk, found: Format) -> Result<(), OpenError> {
    if found.version == FORMAT {
        return Ok(());
    }
    let raised = Format { version: FORMAT, ..found };
    let file = disk.open(FORMAT_FILE, Open::Write)?;
    // In place, and as long as before: whatever a crash leaves of it is the one line or the other.
    file.write_at(0, raised.line().as_bytes())?;
    file.sync_data()?;
    for version in FORMATS.iter().filter(|version| version.number > found.version) {
        let FormatVersion { number, brought, upgrade } = version;
        tracing::info!(from = found.version, to = number, brought, upgrade, "the data folder was upgraded");
    }
    Ok(())
}

impl Format {
    fn line(&self) -> String {
        let Format { version, volume } = self;
        format!("{MAGIC} {version} {volume:016x}\n")
    }
}
