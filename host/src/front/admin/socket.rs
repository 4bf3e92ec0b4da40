//! The socket in the data folder: whoever may open its file may use the admin API.

use std::fs;
use std::io::{self, ErrorKind};
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;

use rustix::fs::{Mode, OFlags};
use rustix::net::{self, AddressFamily, SocketAddrUnix, SocketFlags, SocketType};

/// Its name in the data folder.
pub const SOCKET: &str = "admin.sock";

/// Connections that wait to be accepted.
const BACKLOG: i32 = 16;

/// Listens in a folder whose lock the process holds. A socket that is there was left by an earlier
/// server, and is replaced.
///
/// # Errors
/// What stands in the way, or a file system without sockets.
pub(super) fn bind(folder: &Path) -> io::Result<UnixListener> {
    let path = folder.join(SOCKET);
    match fs::symlink_metadata(&path) {
        Ok(found) if found.file_type().is_socket() => fs::remove_file(&path)?,
        Ok(_) => {
            return Err(io::Error::new(
                ErrorKind::AlreadyExists,
                format!("{SOCKET} is there, and is no socket"),
            ));
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let socket = open()?;
    let address = Address::of(folder)?;
    net::bind(&socket, &address.address)?;
    // The permissions come before `listen`: nobody can connect until then.
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
    net::listen(&socket, BACKLOG)?;
    let listener = UnixListener::from(socket);
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Connects to the server that has a folder.
///
/// # Errors
/// There is none, or it belongs to another user.
pub(super) fn connect(folder: &Path) -> io::Result<UnixStream> {
    let socket = open()?;
    let address = Address::of(folder)?;
    net::connect(&socket, &address.address)?;
    let stream = UnixStream::from(socket);
    stream.set_nonblocking(true)?;
    Ok(stream)
}

/// Removes the socket at the end of a server.
pub(super) fn remove(folder: &Path) {
    if let Err(error) = fs::remove_file(folder.join(SOCKET)) {
        tracing::debug!(%error, "the admin socket stays; the next start replaces it");
    }
}

fn open() -> io::Result<OwnedFd> {
    Ok(net::socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)?)
}

/// The address of the socket. The system allows about a hundred bytes of path. A longer path is
/// named by the folder's descriptor instead, which stays open as long as this lives.
struct Address {
    address: SocketAddrUnix,
    _folder: Option<OwnedFd>,
}

impl Address {
    fn of(folder: &Path) -> io::Result<Address> {
        if let Ok(address) = SocketAddrUnix::new(folder.join(SOCKET)) {
            return Ok(Address { address, _folder: None });
        }
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let opened = rustix::fs::open(folder, flags, Mode::empty())?;
        let address = SocketAddrUnix::new(format!("/proc/self/fd/{}/{SOCKET}", opened.as_raw_fd()))?;
        Ok(Address { address, _folder: Some(opened) })
    }
}
