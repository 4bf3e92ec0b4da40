//! The rules of Object Lock: what a retention and a legal hold forbid, and how a retention may
//! change.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html>

use gateway::errors::{ErrorCode, Result, S3Error};
use gateway::object::object_lock::{Retention, RetentionMode};
use gateway::request::headers::Headers;

use crate::records::{BucketRow, Version};

/// Whether the client may, and wants to, pass over a retention in governance mode.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Bypass {
    /// The retention holds.
    #[default]
    None,
    /// A retention in governance mode is ignored. `policy` has decided on
    /// `s3:BypassGovernanceRetention`.
    Governance,
}

impl Bypass {
    /// What `x-amz-bypass-governance-retention` asks for.
    pub(crate) fn of(headers: &Headers) -> Bypass {
        match headers.get("x-amz-bypass-governance-retention") {
            Some(value) if value.eq_ignore_ascii_case("true") => Bypass::Governance,
            _ => Bypass::None,
        }
    }
}

/// Whether a version may be deleted for good. `AccessDenied` when a legal hold or a retention
/// protects it.
pub(crate) fn check_delete(version: &Version, now_ms: u64, bypass: Bypass) -> Result<()> {
    if version.details.legal_hold == Some(true) {
        return Err(protected());
    }
    match version.details.retention.filter(|retention| is_active(retention, now_ms)) {
        None => Ok(()),
        Some(retention) if retention.mode == RetentionMode::Governance && bypass == Bypass::Governance => {
            Ok(())
        }
        Some(_) => Err(protected()),
    }
}

/// Whether a write that keeps no version may replace this one. Nothing bypasses that.
pub(crate) fn check_replace(version: &Version, now_ms: u64) -> Result<()> {
    check_delete(version, now_ms, Bypass::None)
}

/// Whether the retention of a version may become another one, or none.
///
/// In both modes, the date may move further into the future. In governance mode, everything else
/// needs a bypass. In compliance mode, nothing else is possible.
pub(crate) fn check_retention_change(
    current: Option<Retention>,
    wanted: Option<Retention>,
    now_ms: u64,
    bypass: Bypass,
) -> Result<()> {
    let Some(current) = current.filter(|retention| is_active(retention, now_ms)) else { return Ok(()) };
    let extended =
        wanted.is_some_and(|wanted| wanted.mode == current.mode && wanted.until_ms >= current.until_ms);
    let bypassed = current.mode == RetentionMode::Governance && bypass == Bypass::Governance;
    if extended || bypassed { Ok(()) } else { Err(protected()) }
}

/// The bucket's default retention, for a version that is written now and has none of its own.
pub(crate) fn default_of(bucket: &BucketRow, now_ms: u64) -> Option<Retention> {
    Some(bucket.object_lock?.default_retention?.at(now_ms))
}

fn is_active(retention: &Retention, now_ms: u64) -> bool {
    retention.until_ms > now_ms
}

fn protected() -> S3Error {
    S3Error::new(ErrorCode::AccessDenied).message("Access Denied because object protected by object lock.")
}

#[cfg(test)]
mod tests;
