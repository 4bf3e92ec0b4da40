//! `[[rates]]` tables: how much one account, access key, bucket or address may ask for in a second.

use super::allowance::{Allowance, AllowanceEntry, Subject};
use super::error::ConfigError;
use super::size;

/// The smallest rate of bytes. With less, one step of a body would wait for longer than clients do.
const BYTES_PER_SECOND_MIN: u64 = 64 << 10;
const REQUESTS_PER_SECOND_MAX: u32 = 10_000_000;

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

impl Allowance for Rate {
    const NOUN: &'static str = "limit";
    const TABLE: &'static str = "rates";
    const ALL: &'static str = "limits";
    const SUBJECTS: &'static [Subject] =
        &[Subject::Account, Subject::AccessKey, Subject::Bucket, Subject::Address];
    const SETTINGS: &'static [&'static str] =
        &["requests_per_second", "requests_burst", "bytes_in_per_second", "bytes_out_per_second"];

    fn put(&mut self, name: &str, value: &str) -> Result<(), String> {
        let count = || {
            let count = value.parse().ok().filter(|count| (1..=REQUESTS_PER_SECOND_MAX).contains(count));
            count.map(Some).ok_or_else(|| "a whole number from 1 to 10000000".to_owned())
        };
        let bytes = || {
            let bytes = size::parse(value).filter(|bytes| (BYTES_PER_SECOND_MIN..=1 << 40).contains(bytes));
            bytes.map(Some).ok_or_else(|| format!("a size from 64 KiB to 1 TiB, {}", size::FORMS))
        };
        match name {
            "requests_per_second" => self.requests_per_second = count()?,
            "requests_burst" => self.requests_burst = count()?,
            "bytes_in_per_second" => self.bytes_in_per_second = bytes()?,
            _ => self.bytes_out_per_second = bytes()?,
        }
        Ok(())
    }

    fn settings(&self) -> Vec<(&'static str, u64)> {
        let values = [
            self.requests_per_second.map(u64::from),
            self.requests_burst.map(u64::from),
            self.bytes_in_per_second,
            self.bytes_out_per_second,
        ];
        Rate::SETTINGS.iter().zip(values).filter_map(|(name, value)| Some((*name, value?))).collect()
    }

    fn check(&self) -> Result<(), ConfigError> {
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
pub type RateEntry = AllowanceEntry<Rate>;

#[cfg(test)]
mod tests;
