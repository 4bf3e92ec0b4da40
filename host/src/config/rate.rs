//! `[[rates]]` tables: how much one account, access key, bucket or address may ask for in a second.

use std::fmt;

use serde::{Deserialize, Deserializer};

use super::error::ConfigError;
use super::size;

/// Stands for every name, each with a limit of its own.
pub const EVERY: &str = "*";
/// The smallest rate of bytes. With less, one step of a body would wait for longer than clients do.
const BYTES_PER_SECOND_MIN: u64 = 64 << 10;
const REQUESTS_PER_SECOND_MAX: u32 = 10_000_000;
/// Characters of a name: more than any has.
const NAME_LENGTH_MAX: usize = 128;

/// What a limit is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// An account, by its 12 digits.
    Account,
    /// An access key, by its id.
    AccessKey,
    /// A bucket, by its name, whoever the principal is.
    Bucket,
    /// A client's address; of IPv6, all that begin with the same 64 bits.
    Address,
}

impl Subject {
    /// All of them.
    pub const ALL: [Subject; 4] = [Subject::Account, Subject::AccessKey, Subject::Bucket, Subject::Address];

    /// Its name in the file and in the admin API.
    pub fn name(self) -> &'static str {
        match self {
            Subject::Account => "account",
            Subject::AccessKey => "access_key",
            Subject::Bucket => "bucket",
            Subject::Address => "address",
        }
    }

    /// The subject of a name.
    pub fn parse(name: &str) -> Option<Subject> {
        Subject::ALL.into_iter().find(|subject| subject.name() == name)
    }

    /// A name as it is compared: addresses have several spellings. `None` for what can be no name
    /// of this kind.
    pub fn normal(self, name: &str) -> Option<String> {
        let is_plain = |byte: u8| byte.is_ascii_graphic() && !b"/?#%\"\\".contains(&byte);
        match self {
            _ if name == EVERY => Some(name.to_owned()),
            // With the bits that count, as `limits show` prints them.
            Subject::Address => Some(normal_address(name.strip_suffix("/64").unwrap_or(name).parse().ok()?)),
            Subject::Account if name.len() != 12 || !name.bytes().all(|byte| byte.is_ascii_digit()) => None,
            _ => {
                let good = (1..=NAME_LENGTH_MAX).contains(&name.len()) && name.bytes().all(is_plain);
                good.then(|| name.to_owned())
            }
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// How limits know an address: IPv4 as it is, of IPv6 the first 64 bits.
pub fn normal_address(address: std::net::IpAddr) -> String {
    match address.to_canonical() {
        std::net::IpAddr::V4(address) => address.to_string(),
        std::net::IpAddr::V6(address) => {
            std::net::Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).to_string()
        }
    }
}

/// How much may be asked for in a second; what is not set has no limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rate {
    /// Requests.
    pub requests_per_second: Option<u32>,
    /// Requests that may come at once after a pause; as many as in a second when not set.
    pub requests_burst: Option<u32>,
    /// Bytes of request bodies.
    pub bytes_in_per_second: Option<u64>,
    /// Bytes of response bodies.
    pub bytes_out_per_second: Option<u64>,
}

impl Rate {
    /// The names of the settings.
    pub const SETTINGS: [&'static str; 4] =
        ["requests_per_second", "requests_burst", "bytes_in_per_second", "bytes_out_per_second"];

    /// Sets one by its name.
    ///
    /// # Errors
    /// What is allowed instead.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), ConfigError> {
        let refused = |allowed: &str| ConfigError(format!("{name} = {value:?}: allowed is {allowed}"));
        let count = || {
            let count = value.parse().ok().filter(|count| (1..=REQUESTS_PER_SECOND_MAX).contains(count));
            count.map(Some).ok_or_else(|| refused("a whole number from 1 to 10000000"))
        };
        let bytes = || {
            let bytes = size::parse(value).filter(|bytes| (BYTES_PER_SECOND_MIN..=1 << 40).contains(bytes));
            bytes.map(Some).ok_or_else(|| refused("a size from 64 KiB to 1 TiB"))
        };
        match name {
            "requests_per_second" => self.requests_per_second = count()?,
            "requests_burst" => self.requests_burst = count()?,
            "bytes_in_per_second" => self.bytes_in_per_second = bytes()?,
            "bytes_out_per_second" => self.bytes_out_per_second = bytes()?,
            _ => {
                let names = Rate::SETTINGS.join(", ");
                return Err(ConfigError(format!("unknown limit {name}; there are {names}")));
            }
        }
        Ok(())
    }

    /// The settings that there are, and their values.
    pub fn settings(&self) -> Vec<(&'static str, u64)> {
        let values = [
            self.requests_per_second.map(u64::from),
            self.requests_burst.map(u64::from),
            self.bytes_in_per_second,
            self.bytes_out_per_second,
        ];
        Rate::SETTINGS.into_iter().zip(values).filter_map(|(name, value)| Some((name, value?))).collect()
    }

    /// Whether it limits anything, and its parts go together.
    ///
    /// # Errors
    /// What is missing.
    pub fn check(&self) -> Result<(), ConfigError> {
        let sets_one = self.requests_per_second.is_some()
            || self.bytes_in_per_second.is_some()
            || self.bytes_out_per_second.is_some();
        if !sets_one || (self.requests_burst.is_some() && self.requests_per_second.is_none()) {
            return Err(ConfigError(
                "set requests_per_second (requests_burst goes with it), bytes_in_per_second or \
                 bytes_out_per_second"
                    .to_owned(),
            ));
        }
        Ok(())
    }
}

/// One `[[rates]]` table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateEntry {
    /// What it is for.
    pub subject: Subject,
    /// Which one; `*` for each of them.
    pub name: String,
    /// How much.
    pub rate: Rate,
}

impl<'de> Deserialize<'de> for RateEntry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<RateEntry, D::Error> {
        let table = toml::Table::deserialize(deserializer)?;
        entry(&table).map_err(|ConfigError(why)| serde::de::Error::custom(why))
    }
}

fn entry(table: &toml::Table) -> Result<RateEntry, ConfigError> {
    let (mut named, mut rate) = (None, Rate::default());
    for (key, value) in table {
        let text = match value {
            toml::Value::String(text) => text.clone(),
            toml::Value::Integer(number) => number.to_string(),
            _ => return Err(ConfigError(format!("{key}: allowed is a text or a whole number"))),
        };
        let Some(subject) = Subject::parse(key) else {
            rate.set(key, &text)?;
            continue;
        };
        let Some(name) = subject.normal(&text) else {
            return Err(ConfigError(format!("{key} = {text:?}: there is no such {key}; * is each of them")));
        };
        if named.replace((subject, name)).is_some() {
            return Err(ConfigError("a table is for one account, access_key, bucket or address".to_owned()));
        }
    }
    let Some((subject, name)) = named else {
        return Err(ConfigError(
            "one of account, access_key, bucket and address says what it is for".to_owned(),
        ));
    };
    rate.check()?;
    Ok(RateEntry { subject, name, rate })
}

#[cfg(test)]
mod tests;
