//! `[[quotas]]` tables: how much one bucket or account may hold.

use serde::{Deserialize, Deserializer};

use super::error::ConfigError;
use super::rate::Subject;
use super::size;

/// Objects that a quota may allow, at most: more than any disk holds.
const OBJECTS_MAX: u64 = 1 << 50;
/// Bytes that a quota may allow, at most: 1 EiB.
const BYTES_MAX: u64 = 1 << 60;

/// How much there may be; what is not set has no limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Quota {
    /// Bytes of all objects.
    pub bytes_max: Option<u64>,
    /// Objects.
    pub objects_max: Option<u64>,
}

impl Quota {
    /// The names of the settings.
    pub const SETTINGS: [&'static str; 2] = ["bytes_max", "objects_max"];
    /// What a quota can be for.
    pub const SUBJECTS: [Subject; 2] = [Subject::Account, Subject::Bucket];

    /// The subject of a name.
    pub fn subject(name: &str) -> Option<Subject> {
        Quota::SUBJECTS.into_iter().find(|subject| subject.name() == name)
    }

    /// Sets one by its name.
    ///
    /// # Errors
    /// What is allowed instead.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), ConfigError> {
        let refused = |allowed: &str| ConfigError(format!("{name} = {value:?}: allowed is {allowed}"));
        match name {
            "bytes_max" => {
                let bytes = size::parse(value).filter(|bytes| *bytes <= BYTES_MAX);
                self.bytes_max =
                    Some(bytes.ok_or_else(|| refused("a size, as 1048576 or 10 GiB, up to 1 EiB"))?);
            }
            "objects_max" => {
                let count = value.parse().ok().filter(|count| *count <= OBJECTS_MAX);
                self.objects_max = Some(count.ok_or_else(|| refused("a whole number up to 2^50"))?);
            }
            _ => {
                let names = Quota::SETTINGS.join(" and ");
                return Err(ConfigError(format!("unknown quota {name}; there are {names}")));
            }
        }
        Ok(())
    }

    /// The settings that there are, and their values.
    pub fn settings(&self) -> Vec<(&'static str, u64)> {
        let values = [self.bytes_max, self.objects_max];
        Quota::SETTINGS.into_iter().zip(values).filter_map(|(name, value)| Some((name, value?))).collect()
    }

    /// Whether it limits anything.
    ///
    /// # Errors
    /// What is missing.
    pub fn check(&self) -> Result<(), ConfigError> {
        match self.settings().is_empty() {
            true => Err(ConfigError("set bytes_max or objects_max".to_owned())),
            false => Ok(()),
        }
    }
}

/// One `[[quotas]]` table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuotaEntry {
    /// What it is for: a bucket or an account.
    pub subject: Subject,
    /// Which one; `*` for each of them.
    pub name: String,
    /// How much.
    pub quota: Quota,
}

impl<'de> Deserialize<'de> for QuotaEntry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<QuotaEntry, D::Error> {
        let table = toml::Table::deserialize(deserializer)?;
        entry(&table).map_err(|ConfigError(why)| serde::de::Error::custom(why))
    }
}

fn entry(table: &toml::Table) -> Result<QuotaEntry, ConfigError> {
    let (mut named, mut quota) = (None, Quota::default());
    for (key, value) in table {
        let text = match value {
            toml::Value::String(text) => text.clone(),
            toml::Value::Integer(number) => number.to_string(),
            _ => return Err(ConfigError(format!("{key}: allowed is a text or a whole number"))),
        };
        let Some(subject) = Quota::subject(key) else {
            quota.set(key, &text)?;
            continue;
        };
        let Some(name) = subject.normal(&text) else {
            return Err(ConfigError(format!("{key} = {text:?}: there is no such {key}; * is each of them")));
        };
        if named.replace((subject, name)).is_some() {
            return Err(ConfigError("a table is for one account or bucket".to_owned()));
        }
    }
    let Some((subject, name)) = named else {
        return Err(ConfigError("one of account and bucket says what it is for".to_owned()));
    };
    quota.check()?;
    Ok(QuotaEntry { subject, name, quota })
}

#[cfg(test)]
mod tests;
