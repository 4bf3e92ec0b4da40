//! Refuses a long body before it is received, where it is clear by then that its commit would exceed
//! a quota.

use gateway::errors::Result;
use sdk::quotas;

use crate::records::{BucketRow, Row, Upload, Versioning};
use crate::request::Request;
use crate::rows;
use crate::usage::Usage;

use super::exceeded;

/// A shorter body is received in any case: that costs less than to ask.
const ASKED_BYTES_MIN: u64 = 64 << 10;

/// Checks that an object of `bytes` bytes under the request's key does not exceed a quota, as
/// things are now: `QuotaExceeded`.
pub(crate) fn check_object(request: &Request, bytes: u64) -> Result<()> {
    if bytes < ASKED_BYTES_MIN || !quotas::are_set() {
        return Ok(());
    }
    let bucket = request.bucket_row()?;
    let mut usage = Usage::default();
    usage.add(Some(bytes));
    if bucket.record.versioning != Versioning::Enabled {
        match rows::current(bucket.record.id, &request.key)? {
            Some(current) if current.record.summary.null => usage.take(Some(current.record.summary.size)),
            None if bucket.record.versioning == Versioning::Unversioned => {}
            // A null version that is not current may go. The commit finds out.
            _ => return Ok(()),
        }
    }
    check(request, bucket, usage)
}

/// The same for a part.
pub(crate) fn check_part(request: &Request, upload: &Upload, number: u32, bytes: u64) -> Result<()> {
    if bytes < ASKED_BYTES_MIN || !quotas::are_set() {
        return Ok(());
    }
    let mut usage = Usage::default();
    usage.add(Some(bytes));
    usage.take(rows::part(upload.sequence, number)?.map(|before| before.record.size));
    check(request, request.bucket_row()?, usage)
}

fn check(request: &Request, bucket: &Row<BucketRow>, usage: Usage) -> Result<()> {
    let change = usage.change(request.bucket.clone(), bucket.record.owner, true);
    match quotas::excess_of(&change) {
        Some(excess) => Err(exceeded(&request.call, &excess)),
        None => Ok(()),
    }
}
