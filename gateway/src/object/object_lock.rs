//! Object Lock: retention, legal holds and the default retention of a bucket.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html>

mod documents;

use crate::errors::{Result, S3Error};
use crate::request::headers::Headers;
use crate::timestamp::{DAY_MS, parse_iso8601};
use serde::{Deserialize, Serialize};

const YEARS_MAX: u32 = 100;
const DAYS_MAX: u32 = 36_500;

/// How strict a retention is. The order of the variants is part of the storage format.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum RetentionMode {
    /// May be bypassed with `s3:BypassGovernanceRetention`.
    Governance,
    /// Binds everybody.
    Compliance,
}

impl RetentionMode {
    /// `GOVERNANCE` or `COMPLIANCE`
    pub fn name(self) -> &'static str {
        match self {
            RetentionMode::Governance => "GOVERNANCE",
            RetentionMode::Compliance => "COMPLIANCE",
        }
    }

    /// The mode with this name.
    pub fn parse(name: &str) -> Option<RetentionMode> {
        match name {
            "GOVERNANCE" => Some(RetentionMode::Governance),
            "COMPLIANCE" => Some(RetentionMode::Compliance),
            _ => None,
        }
    }
}

/// Until when an object version may not be deleted. The order of the fields is part of the storage
/// format.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Retention {
    /// How strict.
    pub mode: RetentionMode,
    /// The end, in milliseconds since 1970.
    pub until_ms: u64,
}

/// How long new versions of a bucket are retained by default. The order of the fields is part of
/// the storage format.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DefaultRetention {
    /// How strict.
    pub mode: RetentionMode,
    /// How long.
    pub period: RetentionPeriod,
}

/// A length of time, as it was configured. The order of the variants is part of the storage format.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum RetentionPeriod {
    /// 1 to 36,500.
    Days(u32),
    /// 1 to 100, of 365 days each.
    Years(u32),
}

impl RetentionPeriod {
    /// The length in days.
    pub fn days(self) -> u64 {
        match self {
            RetentionPeriod::Days(days) => u64::from(days),
            RetentionPeriod::Years(years) => u64::from(years) * 365,
        }
    }

    /// The length in milliseconds; the largest number where it does not fit.
    pub fn ms(self) -> u64 {
        self.days().saturating_mul(DAY_MS)
    }
}

impl DefaultRetention {
    /// The retention of a version that is made now.
    pub fn at(self, now_ms: u64) -> Retention {
        Retention { mode: self.mode, until_ms: now_ms.saturating_add(self.period.ms()) }
    }
}

/// What `?object-lock` says of a bucket that has Object Lock enabled. Kept in the bucket's row.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct ObjectLockConfiguration {
    /// `None` where new versions are not retained by default.
    pub default_retention: Option<DefaultRetention>,
}

/// The lock that a request wants for the version that it makes.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct RequestedLock {
    /// `x-amz-object-lock-mode` and `x-amz-object-lock-retain-until-date`
    pub retention: Option<Retention>,
    /// `x-amz-object-lock-legal-hold`
    pub legal_hold: Option<LegalHold>,
}

/// Whether a legal hold is in place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "S3's own words")]
pub enum LegalHold {
    On,
    Off,
}

impl LegalHold {
    /// `ON` or `OFF`
    pub fn name(self) -> &'static str {
        match self {
            LegalHold::On => "ON",
            LegalHold::Off => "OFF",
        }
    }

    /// The state with this name.
    pub fn parse(name: &str) -> Option<LegalHold> {
        match name {
            "ON" => Some(LegalHold::On),
            "OFF" => Some(LegalHold::Off),
            _ => None,
        }
    }
}

impl RequestedLock {
    /// Reads the headers of a request that creates an object or an upload. `InvalidArgument` for
    /// unknown names, half a retention, or one that has ended already.
    pub fn parse(headers: &Headers, now_ms: u64) -> Result<RequestedLock> {
        let mode = match headers.get("x-amz-object-lock-mode") {
            Some(name) => Some(RetentionMode::parse(name).ok_or_else(|| {
                S3Error::invalid_argument("x-amz-object-lock-mode", name, "Unknown wormMode directive.")
            })?),
            None => None,
        };
        let until_ms = match headers.get("x-amz-object-lock-retain-until-date") {
            Some(text) => Some(retain_until(text, now_ms)?),
            None => None,
        };
        let retention = match (mode, until_ms) {
            (Some(mode), Some(until_ms)) => Some(Retention { mode, until_ms }),
            (None, None) => None,
            (Some(_), None) => return Err(half("x-amz-object-lock-retain-until-date")),
            (None, Some(_)) => return Err(half("x-amz-object-lock-mode")),
        };
        let legal_hold = match headers.get("x-amz-object-lock-legal-hold") {
            Some(name) => Some(LegalHold::parse(name).ok_or_else(|| {
                let message = "Legal Hold must be either of 'ON' or 'OFF'";
                S3Error::invalid_argument("x-amz-object-lock-legal-hold", name, message)
            })?),
            None => None,
        };
        Ok(RequestedLock { retention, legal_hold })
    }

    /// Whether the request wants any lock, which the bucket must then allow.
    pub fn is_any(&self) -> bool {
        self.retention.is_some() || self.legal_hold.is_some()
    }
}

/// Half a retention. The argument is the half that is missing.
fn half(missing: &'static str) -> S3Error {
    let message = "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied";
    S3Error::invalid_argument(missing, "", message)
}

fn retain_until(text: &str, now_ms: u64) -> Result<u64> {
    const NAME: &str = "x-amz-object-lock-retain-until-date";
    let until_ms = parse_iso8601(text).ok_or_else(|| {
        S3Error::invalid_argument(NAME, text, "The retain until date must be provided in ISO 8601 format")
    })?;
    if until_ms <= now_ms {
        return Err(S3Error::invalid_argument(NAME, text, "The retain until date must be in the future!"));
    }
    Ok(until_ms)
}

#[cfg(test)]
mod tests;
