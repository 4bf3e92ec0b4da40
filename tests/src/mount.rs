//! A small file system in memory, to be full.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::fs::{FallocateFlags, fallocate, statvfs};
use tempfile::TempDir;

/// A mounted file system. It is unmounted when this is dropped: declare it before the server that
/// has its data there.
pub struct SmallDisk {
    folder: TempDir,
}

impl SmallDisk {
    /// A file system of so many mebibytes.
    ///
    /// # Panics
    /// Where this process may not mount: the message says what to do.
    pub fn mount(mebibytes: u64) -> SmallDisk {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={mebibytes}m,mode=700"), "tmpfs"])
            .arg(folder.path())
            .status();
        assert!(
            mounted.is_ok_and(|status| status.success()),
            "this test mounts a file system in memory: run it as root (CAP_SYS_ADMIN)"
        );
        SmallDisk { folder }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Bytes that are free.
    ///
    /// # Panics
    /// When the system does not tell.
    pub fn free_bytes(&self) -> u64 {
        let found = statvfs(self.path()).expect("the figures of the file system");
        found.f_bavail * found.f_frsize
    }

    /// Takes all but so many bytes, by a file of somebody else's; the file.
    ///
    /// # Panics
    /// When there is less already.
    pub fn leave(&self, bytes: u64) -> PathBuf {
        let path = self.path().join("somebody-elses");
        let file = File::create(&path).expect("a file");
        let taken = self.free_bytes().checked_sub(bytes).expect("more is free");
        fallocate(&file, FallocateFlags::empty(), 0, taken).expect("space");
        path
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: whoever still has a file open keeps it.
        let _status = Command::new("umount").arg("-l").arg(self.folder.path()).status();
    }
}
