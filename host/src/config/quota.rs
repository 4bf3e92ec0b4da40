//! `[[quotas]]` tables: how much one bucket or account may hold.

use super::allowance::{Allowance, AllowanceEntry, Subject};
use super::error::ConfigError;
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

impl Allowance for Quota {
    const NOUN: &'static str = "quota";
    const TABLE: &'static str = "quotas";
    const ALL: &'static str = "quotas";
    const SUBJECTS: &'static [Subject] = &[Subject::Account, Subject::Bucket];
    const SETTINGS: &'static [&'static str] = &["bytes_max", "objects_max"];

    fn put(&mut self, name: &str, value: &str) -> Result<(), String> {
        if name == "bytes_max" {
            let bytes = size::parse(value).filter(|bytes| *bytes <= BYTES_MAX);
            self.bytes_max = Some(bytes.ok_or_else(|| format!("a size up to 1 EiB, {}", size::FORMS))?);
        } else {
            let count = value.parse().ok().filter(|count| *count <= OBJECTS_MAX);
            self.objects_max = Some(count.ok_or("a whole number up to 2^50")?);
        }
        Ok(())
    }

    fn settings(&self) -> Vec<(&'static str, u64)> {
        let values = [self.bytes_max, self.objects_max];
        Quota::SETTINGS.iter().zip(values).filter_map(|(name, value)| Some((*name, value?))).collect()
    }

    fn check(&self) -> Result<(), ConfigError> {
        match self.settings().is_empty() {
            true => Err(ConfigError("set bytes_max or objects_max".to_owned())),
            false => Ok(()),
        }
    }
}

/// One `[[quotas]]` table.
pub type QuotaEntry = AllowanceEntry<Quota>;

#[cfg(test)]
mod tests;
