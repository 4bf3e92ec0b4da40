//! What is allowed to one account, access key, bucket or address: the tables `[[rates]]` and
//! `[[quotas]]`, which have one shape.

use std::fmt;

use serde::{Deserialize, Deserializer};

use super::error::ConfigError;
use super::unknown::did_you_mean;

/// Stands for every name, each with an allowance of its own.
pub const EVERY: &str = "*";
/// Characters of a name: more than any has.
const NAME_LENGTH_MAX: usize = 128;

/// What an allowance is for.
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
    /// Its name in the file and in the admin API.
    pub fn name(self) -> &'static str {
        match self {
            Subject::Account => "account",
            Subject::AccessKey => "access_key",
            Subject::Bucket => "bucket",
            Subject::Address => "address",
        }
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

/// How much one subject may have: a rate, or a quota.
pub trait Allowance: Copy + Default + 'static {
    /// What operators call one.
    const NOUN: &'static str;
    /// The name of its tables in the file.
    const TABLE: &'static str;
    /// What all of them are called in the admin API.
    const ALL: &'static str;
    /// What it can be for.
    const SUBJECTS: &'static [Subject];
    /// The names of the settings.
    const SETTINGS: &'static [&'static str];

    /// Sets one by its name, which is one of [`Allowance::SETTINGS`].
    ///
    /// # Errors
    /// What is allowed instead.
    fn put(&mut self, name: &str, value: &str) -> Result<(), String>;

    /// The settings that there are, and their values.
    fn settings(&self) -> Vec<(&'static str, u64)>;

    /// Whether it limits anything, and its parts go together.
    ///
    /// # Errors
    /// What is missing.
    fn check(&self) -> Result<(), ConfigError>;

    /// The subject of a name.
    fn subject(name: &str) -> Option<Subject> {
        Self::SUBJECTS.iter().copied().find(|subject| subject.name() == name)
    }

    /// Sets one by its name.
    ///
    /// # Errors
    /// What is allowed instead.
    fn set(&mut self, name: &str, value: &str) -> Result<(), ConfigError> {
        if !Self::SETTINGS.contains(&name) {
            let meant = did_you_mean(name, Self::SETTINGS.iter().copied());
            let names = Self::SETTINGS.join(", ");
            return Err(ConfigError(format!("unknown {} {name}{meant}; there are {names}", Self::NOUN)));
        }
        self.put(name, value)
            .map_err(|allowed| ConfigError(format!("{name} = {value:?}: allowed is {allowed}")))
    }
}

/// One table of allowances.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowanceEntry<A> {
    /// What it is for.
    pub subject: Subject,
    /// Which one; `*` for each of them.
    pub name: String,
    /// How much.
    pub allowance: A,
}

impl<'de, A: Allowance> Deserialize<'de> for AllowanceEntry<A> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<AllowanceEntry<A>, D::Error> {
        let table = toml::Table::deserialize(deserializer)?;
        entry(&table).map_err(|ConfigError(why)| serde::de::Error::custom(why))
    }
}

fn entry<A: Allowance>(table: &toml::Table) -> Result<AllowanceEntry<A>, ConfigError> {
    let names: Vec<&str> = A::SUBJECTS.iter().map(|subject| subject.name()).collect();
    let subjects = |last: &str| match names.split_last() {
        Some((own, others)) => format!("{} {last} {own}", others.join(", ")),
        None => String::new(),
    };
    let (mut named, mut allowance) = (None, A::default());
    for (key, value) in table {
        let text = match value {
            toml::Value::String(text) => text.clone(),
            toml::Value::Integer(number) => number.to_string(),
            _ => return Err(ConfigError(format!("{key}: allowed is a text or a whole number"))),
        };
        let Some(subject) = A::subject(key) else {
            allowance.set(key, &text)?;
            continue;
        };
        let Some(name) = subject.normal(&text) else {
            return Err(ConfigError(format!("{key} = {text:?}: there is no such {key}; * is each of them")));
        };
        if named.replace((subject, name)).is_some() {
            return Err(ConfigError(format!("a table is for one {}", subjects("or"))));
        }
    }
    let Some((subject, name)) = named else {
        return Err(ConfigError(format!("one of {} says what it is for", subjects("and"))));
    };
    allowance.check()?;
    Ok(AllowanceEntry { subject, name, allowance })
}
