//! Proxies: whose word about clients is believed, and in which form it is given.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// The proxies that are trusted. Without any, the other side of a connection is the client.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proxies {
    /// Where they are.
    pub trusted: Vec<Network>,
    /// How they say who the client is.
    pub header: ProxyHeader,
}

impl Proxies {
    /// Whether a trusted proxy has this address.
    pub fn trusts(&self, address: IpAddr) -> bool {
        self.trusted.iter().any(|network| network.contains(address))
    }
}

/// The form in which proxies say who the client is. One is believed: a proxy that sets one form
/// passes the others on as the client wrote them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ProxyHeader {
    /// `X-Forwarded-For`, `X-Forwarded-Proto` and `X-Forwarded-Host`.
    #[default]
    XForwarded,
    /// `Forwarded`: <https://www.rfc-editor.org/rfc/rfc7239.html>
    Forwarded,
    /// The PROXY protocol, version 1 or 2:
    /// <https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt>
    ProxyProtocol,
}

/// An address, or all that begin with the same bits: `192.0.2.7`, `10.0.0.0/8`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

impl Network {
    /// Whether it holds an address. An address of IPv4 may be written as one of IPv6.
    pub fn contains(&self, address: IpAddr) -> bool {
        // At least one bit of the prefix is there, so no shift is by the whole width.
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                (own.to_bits() ^ other.to_bits()) >> (32 - u32::from(self.prefix)) == 0
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                (own.to_bits() ^ other.to_bits()) >> (128 - u32::from(self.prefix)) == 0
            }
            _ => false,
        }
    }
}

impl FromStr for Network {
    type Err = ();

    /// Refuses a prefix of 0 bits: it would trust every client.
    fn from_str(text: &str) -> Result<Network, ()> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(drop)?;
        let canonical = address.to_canonical();
        let bits = |address: &IpAddr| if address.is_ipv4() { 32_u8 } else { 128 };
        let prefix = match prefix {
            None => bits(&canonical),
            Some(prefix) if prefix.bytes().all(|byte| byte.is_ascii_digit()) => {
                let prefix: u8 = prefix.parse().map_err(drop)?;
                // `::ffff:10.0.0.0/104` is 10.0.0.0/8.
                let mapped = bits(&address) - bits(&canonical);
                prefix.checked_sub(mapped).filter(|own| (1..=bits(&canonical)).contains(own)).ok_or(())?
            }
            Some(_) => return Err(()),
        };
        Ok(Network { address: canonical, prefix })
    }
}

impl fmt::Display for Network {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.prefix {
            32 if self.address.is_ipv4() => self.address.fmt(formatter),
            128 => self.address.fmt(formatter),
            prefix => write!(formatter, "{}/{prefix}", self.address),
        }
    }
}

#[cfg(test)]
mod tests;
