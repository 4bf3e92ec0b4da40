//! The names of objects.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The version of the repository, in the clear: the first object that is written.
pub(crate) const FORMAT: &str = "format";
/// Rows, by the digest of what they are.
pub(crate) const CHUNKS: &str = "chunks";
/// Bytes of blobs.
pub(crate) const PACKS: &str = "packs";
/// What is in the pack of the same name.
pub(crate) const INDEXES: &str = "indexes";
/// What each backup consists of.
pub(crate) const MANIFESTS: &str = "manifests";

/// Bytes of a digest in a name: enough that no two objects have the same.
pub(crate) const DIGEST_BYTES: usize = 16;
/// The digest of an object, in its name.
pub(crate) type Digest = [u8; DIGEST_BYTES];

/// The first bytes of a longer digest.
pub(crate) fn shorten(digest: &[u8]) -> Digest {
    let mut short = [0; DIGEST_BYTES];
    short.iter_mut().zip(digest).for_each(|(to, from)| *to = *from);
    short
}

/// In hexadecimal digits.
pub(crate) fn to_hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// From hexadecimal digits; `None` when they are not so many bytes.
pub(crate) fn from_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.len() != N * 2 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let mut bytes = [0; N];
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(at * 2..at * 2 + 2)?, 16).ok()?;
    }
    Some(bytes)
}

/// The name of a pack: the lowest and the highest number of the blobs in it, and the digest of its
/// sealed bytes. Ordered by the lowest number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct PackName {
    pub(crate) lowest: u64,
    pub(crate) highest: u64,
    pub(crate) digest: Digest,
}

impl fmt::Display for PackName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}-{:016x}-{}", self.lowest, self.highest, to_hex(&self.digest))
    }
}

impl PackName {
    /// `None` for names that are not one.
    pub(crate) fn parse(name: &str) -> Option<PackName> {
        let mut parts = name.split('-');
        let (lowest, highest, digest) = (parts.next()?, parts.next()?, parts.next()?);
        let number = |text: &str| from_hex::<8>(text).map(u64::from_be_bytes);
        let name = PackName { lowest: number(lowest)?, highest: number(highest)?, digest: from_hex(digest)? };
        parts.next().is_none().then_some(name)
    }

    /// The pack itself.
    pub(crate) fn pack(&self) -> String {
        format!("{PACKS}/{self}")
    }

    /// Its index.
    pub(crate) fn index(&self) -> String {
        format!("{INDEXES}/{self}")
    }
}

/// `20261129T231400123Z`: names of backups sort by it.
pub(crate) fn stamp(at: SystemTime) -> String {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    let seconds = since.as_secs();
    let (year, month, day) = date(seconds / 86_400);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    let milliseconds = since.subsec_millis();
    format!("{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}{milliseconds:03}Z")
}

/// `2026-11-29 23:14:00` of a name that begins with a stamp; the name when it does not.
pub(crate) fn shown_time(name: &str) -> String {
    let part = |from: usize, to: usize| name.get(from..to).unwrap_or_default();
    if name.get(8..9) != Some("T") || name.get(18..19) != Some("Z") {
        return name.to_owned();
    }
    let date = format!("{}-{}-{}", part(0, 4), part(4, 6), part(6, 8));
    format!("{date} {}:{}:{}", part(9, 11), part(11, 13), part(13, 15))
}

/// Year, month and day of the day since 1970-01-01, in the Gregorian calendar.
fn date(days: u64) -> (u64, u64, u64) {
    // Years begin in March here, so that the leap day is the last.
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    (year, month, day)
}

/// Days from 1970-01-01 to a date; `None` for what is no date since then.
pub(crate) fn days(year: u64, month: u64, day: u64) -> Option<u64> {
    if !(1970..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let shifted_year = if month <= 2 { year - 1 } else { year };
    let shifted_month = if month > 2 { month - 3 } else { month + 9 };
    let (era, year_of_era) = (shifted_year / 400, shifted_year % 400);
    let day_of_year = (153 * shifted_month + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    (era * 146_097 + day_of_era).checked_sub(719_468)
}

#[cfg(test)]
mod tests;
