//! What conditions compare beside texts: numbers, times, truth values, bytes, addresses.

use crate::timestamp;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::net::{IpAddr, Ipv4Addr};

/// A number as a policy or a request writes it, whole or decimal.
pub(crate) fn number(text: &str) -> Option<f64> {
    let text = text.trim();
    // Rust reads `inf`, `nan` and `1e5` as numbers. The policy language does not.
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.".contains(&byte));
    text.parse().ok().filter(|number: &f64| is_plain && number.is_finite())
}

/// A time in milliseconds since 1970, from ISO 8601 or from seconds.
pub(crate) fn date(text: &str) -> Option<f64> {
    match number(text) {
        // A year alone, `2013`, is read as seconds too, which means some time of the year 1970.
        Some(seconds) => Some(seconds * 1000.0),
        None => timestamp::parse_iso8601(text).map(|ms| ms as f64),
    }
}

/// `true` or `false`
pub(crate) fn boolean(text: &str) -> Option<bool> {
    match text {
        _ if text.eq_ignore_ascii_case("true") => Some(true),
        _ if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// Bytes from base64.
pub(crate) fn binary(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text.trim()).ok()
}

/// An address. An IPv4 address that is written as IPv6 (`::ffff:203.0.113.7`) is taken as IPv4.
pub(crate) fn address(text: &str) -> Option<IpAddr> {
    text.trim().parse().ok().map(|address: IpAddr| address.to_canonical())
}

/// A range of addresses: `203.0.113.0/24`, `2001:db8::/32`, or a single one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Cidr {
    address: IpAddr,
    /// Bits from the left that are fixed.
    pub(crate) fixed_bits: u8,
}

impl Cidr {
    pub(crate) fn parse(text: &str) -> Option<Cidr> {
        let (address, bits) = match text.trim().split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let address: IpAddr = address.trim().parse().ok()?;
        let width = width(address);
        let fixed_bits = match bits {
            None => width,
            Some(bits) if bits.bytes().all(|byte| byte.is_ascii_digit()) => {
                bits.parse().ok().filter(|bits| *bits <= width)?
            }
            Some(_) => return None,
        };
        Some(Cidr { address, fixed_bits })
    }

    pub(crate) fn contains(&self, address: IpAddr) -> bool {
        let same = |own: u128, other: u128, width: u32| {
            let shift = width - u32::from(self.fixed_bits);
            // Where all bits are free, the shift would be the whole width, which is not defined.
            own.checked_shr(shift).unwrap_or(0) == other.checked_shr(shift).unwrap_or(0)
        };
        match (self.address, address) {
            (IpAddr::V4(own), IpAddr::V4(other)) => same(u32::from(own).into(), u32::from(other).into(), 32),
            (IpAddr::V6(own), IpAddr::V6(other)) => same(own.into(), other.into(), 128),
            _ => false,
        }
    }

    /// The version of the protocol, and the first and the last address as numbers.
    fn bounds(&self) -> (u8, u128, u128) {
        let (address, width) = match self.address {
            IpAddr::V4(own) => (u128::from(u32::from(own)), 32),
            IpAddr::V6(own) => (u128::from(own), 128),
        };
        let free = u128::MAX.checked_shr(128 - (width - u32::from(self.fixed_bits))).unwrap_or(0);
        (if width == 32 { 4 } else { 6 }, address & !free, address | free)
    }

    /// Whether S3 takes the range for the public: broader than /8, or /32 of IPv6, unless it is
    /// private.
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html>
    fn is_broad(&self) -> bool {
        match self.address {
            IpAddr::V4(_) => self.fixed_bits < 8,
            IpAddr::V6(_) => self.fixed_bits < 32,
        }
    }
}

/// Whether S3 takes ranges for the public: one that is broad, several that are one broad range
/// together, or many that are a sixteenth of all addresses. Private networks are never public,
/// however many ranges there are: <https://datatracker.ietf.org/doc/html/rfc1918>.
pub(crate) fn are_broad(ranges: &[Cidr]) -> bool {
    if ranges.iter().any(Cidr::is_broad) {
        return true;
    }
    let private =
        PRIVATE.map(|(address, fixed_bits)| Cidr { address: IpAddr::V4(address), fixed_bits }.bounds());
    let is_private = |(version, first, last): (u8, u128, u128)| {
        private.iter().any(|own| own.0 == version && own.1 <= first && last <= own.2)
    };
    // Sorted by version and first address, neighbours can be joined, and overlaps are counted once.
    let mut bounds: Vec<_> = ranges.iter().map(Cidr::bounds).filter(|own| !is_private(*own)).collect();
    bounds.sort_unstable();
    let mut joined: Option<(u8, u128, u128)> = None;
    let mut total = [0_u128; 2];
    for (version, first, last) in bounds {
        let (before, start) = match joined {
            Some((own, start, end)) if own == version && first <= end.saturating_add(1) => (Some(end), start),
            _ => (None, first),
        };
        let end = before.map_or(last, |before| before.max(last));
        let fresh = match before {
            Some(before) => end - before,
            None => (end - first).saturating_add(1),
        };
        let (slot, width) = if version == 4 { (0, 1_u128 << 24) } else { (1, 1 << 96) };
        let Some(sum) = total.get_mut(slot) else { return true };
        *sum = sum.saturating_add(fresh);
        if end - start >= width || *sum >= width << 4 {
            return true;
        }
        joined = Some((version, start, end));
    }
    false
}

/// The private networks of RFC 1918: their addresses, and the bits that are fixed.
const PRIVATE: [(Ipv4Addr, u8); 3] = [
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
];

fn width(address: IpAddr) -> u8 {
    match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    }
}
