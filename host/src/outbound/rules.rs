//! Where requests may go. A client that can name an address must not reach through this machine
//! what only this machine can reach: services on loopback, private networks, and the metadata that
//! clouds give to their machines.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use http::Uri;
use http::uri::{Authority, PathAndQuery};

use super::options::Options;

/// A destination that the operator allows: a host, perhaps with a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    host: String,
    port: Option<u16>,
}

impl Destination {
    /// Reads `idp.example.com`, `10.1.2.3:8443` or `[fd00::1]:8443`; nothing else, and no
    /// wildcards.
    pub fn parse(text: &str) -> Option<Destination> {
        let authority: Authority = text.parse().ok()?;
        let host = host_of(authority.host());
        let has_port = authority.as_str().len() > authority.host().len();
        if !is_host(&host) || text.contains('@') || has_port != authority.port_u16().is_some() {
            return None;
        }
        Some(Destination { host, port: authority.port_u16() })
    }

    /// Whether a URL leads there.
    pub fn is_of(&self, url: &str) -> bool {
        let Some(uri) = url.parse::<Uri>().ok() else { return false };
        let Some(authority) = uri.authority().filter(|authority| !authority.as_str().contains('@')) else {
            return false;
        };
        let port = authority.port_u16().unwrap_or(if uri.scheme_str() == Some("http") { 80 } else { 443 });
        self.means(&host_of(authority.host()), port)
    }

    fn means(&self, host: &str, port: u16) -> bool {
        self.host == host && self.port.is_none_or(|own| own == port)
    }
}

impl std::fmt::Display for Destination {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.host.contains(':') {
            true => write!(formatter, "[{}]", self.host)?,
            false => formatter.write_str(&self.host)?,
        }
        self.port.map_or(Ok(()), |port| write!(formatter, ":{port}"))
    }
}

/// A host in lower case, without the brackets of an IPv6 address.
fn host_of(text: &str) -> String {
    text.trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase()
}

fn is_host(host: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let is_name = !host.is_empty() && host.len() <= 253 && host.bytes().all(is_letter);
    is_name || host.parse::<Ipv6Addr>().is_ok()
}

/// A request that may be made, as far as its address tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    /// A name in lower case, or an address without brackets.
    pub(super) host: String,
    pub(super) port: u16,
    /// Whether it goes over TLS.
    pub(super) is_sealed: bool,
    /// For the header `host`.
    pub(super) authority: String,
    /// Path and query.
    pub(super) path: PathAndQuery,
    /// Whether the operator names the destination.
    pub(super) is_allowed: bool,
}

impl Target {
    /// Reads an address; none when the operator does not let it be reached.
    pub(super) fn of(url: &str, options: &Options) -> Option<Target> {
        let uri: Uri = url.parse().ok()?;
        let (scheme, authority) = (uri.scheme_str()?, uri.authority()?);
        let is_sealed = scheme == "https";
        let host = host_of(authority.host());
        if !is_host(&host) || authority.as_str().contains('@') || url.contains('#') {
            return None;
        }
        let port = match authority.port() {
            Some(port) => port.as_u16(),
            None if is_sealed => 443,
            None => 80,
        };
        let is_allowed = options.allow.iter().any(|own| own.means(&host, port));
        // Without TLS, a response can be changed on its way. So this needs the operator's word that
        // the way is safe.
        let may_go = is_allowed || (is_sealed && !options.only_allowed);
        if !may_go || (!is_sealed && scheme != "http") {
            return None;
        }
        let path = uri.path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/"));
        Some(Target { host, port, is_sealed, authority: authority.as_str().to_owned(), path, is_allowed })
    }

    /// Whether this address of the host may be reached. The connection then goes to exactly this
    /// address, so a name cannot change its meaning in between.
    pub(super) fn may_have(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        let is_never = match address {
            IpAddr::V4(v4) => {
                v4.is_link_local() || v4.is_multicast() || v4.is_broadcast() || v4.is_unspecified()
            }
            IpAddr::V6(v6) => {
                v6.is_unicast_link_local() || v6.is_multicast() || v6.is_unspecified() || v6 == METADATA
            }
        };
        !is_never && (self.is_allowed || is_public(address))
    }
}

/// Where a cloud gives its machines their credentials over IPv6; over IPv4 that is a link-local
/// address.
const METADATA: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);

/// Whether an address is one of the public internet:
/// <https://www.iana.org/assignments/iana-ipv4-special-registry>.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => {
            let [first, second, ..] = v6.segments();
            // What carries an address of IPv4 within (Teredo, 6to4), and documentation.
            let is_special = (first == 0x2001 && (second < 0x200 || second == 0xdb8)) || first == 0x2002;
            (0x2000..0x4000).contains(&first) && !is_special
        }
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_shared = a == 100 && (64..128).contains(&b);
    let is_benchmark = a == 198 && (b == 18 || b == 19);
    let is_protocol = a == 192 && b == 0 && c == 0;
    let is_relay = a == 192 && b == 88 && c == 99;
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || is_shared
        || is_benchmark
        || is_protocol
        || is_relay
        || a == 0
        || a >= 224)
}
