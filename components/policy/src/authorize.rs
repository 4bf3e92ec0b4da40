//! The decision: owner-only, until policies are evaluated.

use gateway::errors::{ErrorCode, S3Error};
use gateway::operations::Operation;
use sdk::{Call, Decision, Target};

/// Sets the fact `decision`, or refuses.
pub(crate) fn authorize(call: &Call) -> Result<(), S3Error> {
    let decision = decide(call.account().as_deref(), call.owner().as_deref(), || call.target())?;
    call.set_decision(decision);
    Ok(())
}

/// Allows what the owner of the bucket asks, and what concerns no existing bucket. Everything else is denied.
/// The target is asked for only where the owner does not decide.
pub(crate) fn decide(
    account: Option<&str>,
    owner: Option<&str>,
    target: impl FnOnce() -> Target,
) -> Result<Decision, S3Error> {
    let Some(account) = account else { return Err(ErrorCode::AccessDenied.into()) };
    let allowed = match owner {
        Some(owner) => owner == account,
        // Storage knows the owner of every bucket that exists; without one, a bucket can only be about to be made.
        None => concerns_no_bucket(&target()),
    };
    if allowed { Ok(Decision::Allow) } else { Err(ErrorCode::AccessDenied.into()) }
}

fn concerns_no_bucket(target: &Target) -> bool {
    target.bucket.is_none() || target.operation == Operation::CreateBucket.name()
}

#[cfg(test)]
mod tests;
