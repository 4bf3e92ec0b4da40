//! Backups of a data folder: what a volume had acknowledged at one moment, as sealed objects in a
//! repository, which is a folder or is in S3.
//!
//! | part | does |
//! | --- | --- |
//! | `target`, `folder`, `remote` | where objects are: a folder, or S3 |
//! | `key`, `sealed` | the backup key; how an object is sealed |
//! | `repository`, `names`, `manifest` | what a repository holds, and under which names |
//! | `chunk` | rows, cut where their keys say, so that what is unchanged is stored once |
//! | `pack`, `catalog` | bytes of blobs, many together; where those of a blob are |
//! | `source`, `spool`, `pace` | what is copied, and how fast |
//! | `create`, `restore`, `verify`, `prune` | what is done with a repository |
//!
//! `docs/storage-format.md` draws the objects. `docs/operate/backup.md` is for operators.

mod catalog;
mod chunk;
mod create;
mod errors;
mod folder;
mod key;
mod manifest;
mod names;
mod pace;
mod pack;
mod profile;
mod prune;
mod remote;
mod repository;
mod restore;
mod sealed;
mod source;
mod spool;
mod target;
mod verify;

#[cfg(test)]
mod tests;

pub use create::{CreateOptions, Created, create};
pub use errors::BackupError;
pub use folder::FolderTarget;
pub use key::BackupKey;
pub use manifest::Manifest;
pub use profile::AWS_VARIABLES;
pub use prune::{Pruned, prune};
pub use remote::{RemoteOptions, RemoteTarget};
pub use repository::Repository;
pub use restore::{Restored, restore};
pub use source::{LocalSource, Source, Surely};
pub use target::{Held, Target};
pub use verify::{Verified, verify};
