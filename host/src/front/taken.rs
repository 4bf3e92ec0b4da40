//! Why an address cannot be listened on, and what to do about it.

use std::io::{Error, ErrorKind};
use std::net::SocketAddr;

use crate::config::Config;

/// The error in words: what is wrong with the address, and which setting names it.
pub(crate) fn explained(config: &Config, address: &SocketAddr, error: &Error) -> Error {
    let setting = match () {
        () if config.listen.contains(address) => "listen (--listen)",
        () if config.admin_listen.contains(address) => "admin_listen (--admin-listen)",
        () => "[[listeners]]",
    };
    let port = address.port();
    let advice = match error.kind() {
        ErrorKind::AddrInUse => match holder(port) {
            Some(holder) => format!(". {holder} listens there: end it, or choose another address"),
            None => format!(
                ". Another process listens there (`ss -ltnp 'sport = :{port}'` says which): end it, or choose another \
                 address"
            ),
        },
        ErrorKind::AddrNotAvailable => ". `ip address` lists the addresses of this machine".to_owned(),
        ErrorKind::PermissionDenied if port < 1024 => {
            ". Choose a port from 1024 on, or give the process CAP_NET_BIND_SERVICE".to_owned()
        }
        _ => String::new(),
    };
    Error::new(error.kind(), format!("listening on {address}, as {setting} says: {error}{advice}"))
}

/// The process that listens on a port. Linux tells it about processes of the same user.
fn holder(port: u16) -> Option<String> {
    let sockets = listening(port);
    let processes = std::fs::read_dir("/proc").ok()?;
    let names = processes.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    for process in names.filter(|name| name.bytes().all(|byte| byte.is_ascii_digit())) {
        let Ok(files) = std::fs::read_dir(format!("/proc/{process}/fd")) else { continue };
        let mut links = files.filter_map(|file| std::fs::read_link(file.ok()?.path()).ok());
        if links.any(|link| sockets.iter().any(|socket| link.as_os_str() == socket.as_str())) {
            let name = std::fs::read_to_string(format!("/proc/{process}/comm")).unwrap_or_default();
            return Some(format!("Process {process} ({})", name.trim_end()));
        }
    }
    None
}

/// The sockets that listen on a port: `socket:[12345]`.
fn listening(port: u16) -> Vec<String> {
    /// `TCP_LISTEN` of the kernel.
    const LISTEN: &str = "0A";
    let mut sockets = Vec::new();
    for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
        let text = std::fs::read_to_string(table).unwrap_or_default();
        // `0: 0100007F:2328 00000000:0000 0A 00000000:00000000 00:00000000 00000000 1000 0 12345 …`
        sockets.extend(text.lines().skip(1).filter_map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            let (local, state, socket) = (words.get(1)?, words.get(3)?, words.get(9)?);
            let own = u16::from_str_radix(local.rsplit(':').next()?, 16).ok()?;
            (own == port && *state == LISTEN).then(|| format!("socket:[{socket}]"))
        }));
    }
    sockets
}
