//! The PROXY protocol, version 1 and 2: a header ahead of the first byte of a connection, in which
//! a proxy says whose connection it passes on.
//! <https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt>
//!
//! The header is required where it is configured: a server that guessed whether there is one could
//! be told anything by a client. The time that it may take is that of a request head
//! (`pipeline/shares/watch.rs`).

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;

use crate::front::arrival::Introduced;
use crate::front::forwarded::Unclear;
use crate::pipeline::peer::Client;

/// How version 2 begins.
const SIGNATURE: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";
/// How version 1 begins.
const START: &[u8] = b"PROXY ";
/// Bytes of a header of version 1, with its line break.
const LINE_BYTES_MAX: usize = 107;
/// Bytes behind the fixed part of a header of version 2: addresses, and what else the proxy tells
/// of the connection. A certificate of the client may be among it.
const REST_BYTES_MAX: usize = 16 << 10;

/// The record that tells of TLS, and the parts of it that count:
/// <https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt>, section 2.2.6.
const SSL: u8 = 0x20;
const SSL_VERSION: u8 = 0x21;
const IS_SSL: u8 = 0x01;

const MALFORMED: Unclear = Unclear("the connection does not begin with a header of the PROXY protocol");

/// Reads the header of a connection from a trusted proxy, and not a byte more.
pub(super) async fn read(
    stream: &mut TcpStream,
    proxy: SocketAddr,
) -> io::Result<Result<Introduced, Unclear>> {
    // No header of either version is shorter. Some balancers only connect and close, to see that
    // something listens: that is not worth a complaint.
    let mut start = [0; SIGNATURE.len()];
    stream.read_exact(&mut start).await?;
    if start == *SIGNATURE {
        return read_version_2(stream, proxy).await;
    }
    if !start.starts_with(START) {
        return Ok(Err(MALFORMED));
    }
    let Some(line) = read_line(stream, start.to_vec()).await? else { return Ok(Err(MALFORMED)) };
    Ok(version_1(&line, proxy).ok_or(MALFORMED))
}

/// Fills the buffer; `false` when the connection ends before.
async fn read_all(stream: &mut TcpStream, buffer: &mut [u8]) -> io::Result<bool> {
    match stream.read_exact(buffer).await {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

/// The line that has begun, without its break; `None` when it is too long or not ended. Byte by
/// byte: what follows belongs to the client, and there are at most 95 of them.
async fn read_line(stream: &mut TcpStream, mut line: Vec<u8>) -> io::Result<Option<Vec<u8>>> {
    while !line.ends_with(b"\r\n") {
        let mut byte = [0];
        if line.len() >= LINE_BYTES_MAX || !read_all(stream, &mut byte).await? {
            return Ok(None);
        }
        line.extend(byte);
    }
    line.truncate(line.len() - 2);
    Ok(Some(line))
}

/// `PROXY TCP4 192.0.2.7 10.0.0.7 56324 443`
fn version_1(line: &[u8], proxy: SocketAddr) -> Option<Introduced> {
    let text = std::str::from_utf8(line).ok()?.strip_prefix("PROXY ")?;
    // What follows the word does not count.
    if text == "UNKNOWN" || text.starts_with("UNKNOWN ") {
        return Some(Introduced::Nobody);
    }
    let mut words = text.split(' ');
    let family = words.next()?;
    let (source, destination) = (words.next()?, words.next()?);
    let (source_port, destination_port) = (words.next()?, words.next()?);
    let is_of_family = |text: &str| -> Option<IpAddr> {
        match family {
            "TCP4" => text.parse::<Ipv4Addr>().ok().map(IpAddr::V4),
            "TCP6" => text.parse::<Ipv6Addr>().ok().map(IpAddr::V6),
            _ => None,
        }
    };
    let is_port = |text: &str| -> Option<u16> {
        text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
    };
    is_of_family(destination)?;
    is_port(destination_port)?;
    let address = SocketAddr::new(is_of_family(source)?, is_port(source_port)?);
    words.next().is_none().then_some(Introduced::AtOnce(Client {
        address,
        is_known: true,
        proxy: Some(proxy),
        tls: None,
    }))
}

async fn read_version_2(
    stream: &mut TcpStream,
    proxy: SocketAddr,
) -> io::Result<Result<Introduced, Unclear>> {
    let mut fixed = [0; 4];
    if !read_all(stream, &mut fixed).await? {
        return Ok(Err(MALFORMED));
    }
    let [command, family, high, low] = fixed;
    let length = usize::from(u16::from_be_bytes([high, low]));
    if length > REST_BYTES_MAX {
        return Ok(Err(Unclear("the header of the PROXY protocol is too long")));
    }
    let mut rest = vec![0; length];
    if !read_all(stream, &mut rest).await? {
        return Ok(Err(MALFORMED));
    }
    Ok(version_2(command, family, &rest, proxy).ok_or(MALFORMED))
}

/// What the header says, behind its signature: `rest` begins with the addresses.
fn version_2(command: u8, family: u8, rest: &[u8], proxy: SocketAddr) -> Option<Introduced> {
    match command {
        // LOCAL: the proxy asks for itself. Whatever it adds does not count.
        0x20 => return Some(Introduced::Nobody),
        0x21 => {}
        _ => return None,
    }
    let (source, records) = match family {
        // TCP over IPv4: two addresses, two ports.
        0x11 => {
            let (addresses, records) = rest.split_first_chunk::<12>()?;
            let [a, b, c, d, _, _, _, _, high, low, _, _] = *addresses;
            (SocketAddr::from(([a, b, c, d], u16::from_be_bytes([high, low]))), records)
        }
        // The same over IPv6.
        0x21 => {
            let (addresses, records) = rest.split_first_chunk::<36>()?;
            let (source, others) = addresses.split_first_chunk::<16>()?;
            let [high, low, _, _] = *others.last_chunk::<4>()?;
            (SocketAddr::from((*source, u16::from_be_bytes([high, low]))), records)
        }
        // No address, or that of a socket of the proxy's machine.
        0x00 | 0x31 => return Some(Introduced::Nobody),
        _ => return None,
    };
    let tls = tls_of(records)?;
    Some(Introduced::AtOnce(Client { address: source, is_known: true, proxy: Some(proxy), tls }))
}

/// The version of TLS that the records of a header tell of, if they do. `None` when they cannot be
/// read.
fn tls_of(mut records: &[u8]) -> Option<Option<&'static str>> {
    let mut tls = None;
    while !records.is_empty() {
        let (kind, value, rest) = record(records)?;
        records = rest;
        if kind == SSL {
            // A byte of flags, and four of how the client's certificate was verified.
            let (flags, parts) = value.split_first_chunk::<5>()?;
            let is_ssl = flags.first().is_some_and(|flags| flags & IS_SSL != 0);
            tls = version_of(parts)?.filter(|_| is_ssl).or(is_ssl.then_some(Client::TLS_UNKNOWN));
        }
    }
    Some(tls)
}

fn version_of(mut parts: &[u8]) -> Option<Option<&'static str>> {
    let mut version = None;
    while !parts.is_empty() {
        let (kind, value, rest) = record(parts)?;
        parts = rest;
        if kind == SSL_VERSION {
            version = match value {
                b"TLSv1.3" => Some("1.3"),
                b"TLSv1.2" => Some("1.2"),
                b"TLSv1.1" => Some("1.1"),
                b"TLSv1" => Some("1.0"),
                _ => None,
            };
        }
    }
    Some(version)
}

/// The first record: its kind, its value, and what follows.
fn record(records: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let ([kind, high, low], rest) = records.split_first_chunk::<3>()?;
    let (value, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes([*high, *low])))?;
    Some((*kind, value, rest))
}

#[cfg(test)]
mod tests;
