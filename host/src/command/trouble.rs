//! What to do about a data folder that cannot be opened.

use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use anyhow::anyhow;

use crate::keys::vault::SEALING_FILE;
use volume::OpenError;

/// What to do about a key that is not the right one.
const FROM_BACKUP: &str = "put the one of this folder back: a backup of the folder has it. Without it, nothing that is stored can be read";

/// The error, with what an operator can do about it.
pub(super) fn of_folder(folder: &Path, error: &OpenError) -> anyhow::Error {
    let name = folder.display();
    let advice = match error {
        OpenError::Locked => match holder(folder) {
            Some(holder) => {
                format!("{holder} has it: end that one, or give this one a folder of its own (--data-dir)")
            }
            None => "End the other one, or give this one a folder of its own (--data-dir)".to_owned(),
        },
        OpenError::NotAVolume => {
            "Name an empty folder, or one that a server has made (--data-dir)".to_owned()
        }
        OpenError::WrongKey => {
            format!(
                "The key is the file {}, which belongs to another folder; {FROM_BACKUP}",
                folder.join(SEALING_FILE).display()
            )
        }
        OpenError::NoKey => {
            format!("The key is the file {}; {FROM_BACKUP}", folder.join(SEALING_FILE).display())
        }
        OpenError::Key(_) => format!("Make it readable for the user of the server, or else {FROM_BACKUP}"),
        OpenError::Io(error) if error.kind() == ErrorKind::NotFound => {
            "Name the folder of a server (--data-dir, or the --config that it has)".to_owned()
        }
        OpenError::Damaged(_) => format!("`portcullis check --data-dir {name}` says what is damaged"),
        OpenError::Io(error) if error.kind() == ErrorKind::PermissionDenied => owners(folder),
        _ => return anyhow!("{name}: {error}"),
    };
    anyhow!("{name}: {error}. {advice}")
}

/// The same, for what needs the folder for itself.
pub(super) fn of_idle_folder(folder: &Path, error: &OpenError) -> anyhow::Error {
    if !matches!(error, OpenError::Locked) {
        return of_folder(folder, error);
    }
    let holder = holder(folder).unwrap_or_else(|| "A process".to_owned());
    anyhow!(
        "{}: {error}. {holder} has it: stop that one first, or restore a backup and name that folder (--data-dir); \
         `portcullis backup` works while a server runs",
        folder.display()
    )
}

/// A folder that cannot be made.
pub(super) fn of_new_folder(folder: &Path, error: &std::io::Error) -> anyhow::Error {
    let name = folder.display();
    let advice = match error.kind() {
        ErrorKind::PermissionDenied => format!(". {}", owners(folder.parent().unwrap_or(folder))),
        ErrorKind::AlreadyExists | ErrorKind::NotADirectory => {
            ". There is a file of that name; name a folder (--data-dir)".to_owned()
        }
        ErrorKind::ReadOnlyFilesystem => ". Name a folder that can be written (--data-dir)".to_owned(),
        _ => String::new(),
    };
    anyhow!("the data folder {name} cannot be made: {error}{advice}")
}

/// Whose a folder is, and who wants it.
fn owners(folder: &Path) -> String {
    let own = rustix::process::geteuid().as_raw();
    // A relative name of one part has the empty path as its parent.
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    match std::fs::metadata(folder) {
        Ok(found) => format!(
            "{} belongs to user {} (mode {:o}), and this process runs as user {own}",
            folder.display(),
            found.uid(),
            found.mode() & 0o7777
        ),
        Err(_) => format!("This process runs as user {own}"),
    }
}

/// The process that holds the lock of a folder, as Linux tells it: `process 4711 (portcullis)`.
fn holder(folder: &Path) -> Option<String> {
    let inode = std::fs::metadata(folder.join("LOCK")).ok()?.ino();
    let locks = std::fs::read_to_string("/proc/locks").ok()?;
    // `1: FLOCK  ADVISORY  WRITE 4711 08:01:131075 0 EOF`
    let process = locks.lines().find_map(|line| {
        let mut words = line.split_whitespace().skip(1);
        let (kind, process, file) = (words.next()?, words.nth(2)?, words.next()?);
        (kind == "FLOCK" && file.rsplit(':').next()?.parse() == Ok(inode)).then_some(process)
    })?;
    let name = std::fs::read_to_string(format!("/proc/{process}/comm")).unwrap_or_default();
    Some(format!("Process {process} ({})", name.trim_end()))
}
