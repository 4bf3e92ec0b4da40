//! Verifies the one-time code of a call and uses it up, before anything is decided on the call.
//!
//! It must be a code of a device that the principal has. The commit that uses it up comes before
//! the fact `second-factor`. So of two calls with one code, at once or one after the other, on any
//! worker, one is refused.

use gateway::errors::{ErrorCode, Result};
use sdk::{Call, CommitError, Identity, IdentityKind, Principal, Work, failure_to_error, trace, vault};

use super::codes::{self, CodeVerdict};
use super::shown::{self, Api, Shown};
use crate::records::{MfaDevice, Row};
use crate::reply::{ATTEMPTS_MAX, Changes};
use crate::{actions, names, rows, tables};

/// Uses up the code of a call and has the fact `second-factor` set; does nothing for a call without
/// one. `AccessDenied` for a code that does not count, `InvalidArgument` and `InvalidRequest` for a
/// malformed header.
pub(crate) async fn verify(call: Call) -> Result<()> {
    let is_query = call.parameters().is_some();
    let principal = match call.principal() {
        Principal::Authenticated(identity) => identity,
        // An anonymous principal has no device. Whether it may call a Query API is not decided
        // here.
        Principal::Anonymous if is_query => return Ok(()),
        Principal::Anonymous => return Err(Api::S3.no_device()),
    };
    let shown = if is_query { shown::of_query(&actions::read(&call)?.0)? } else { shown::of_header(&call)? };
    let Some(shown) = shown else { return Ok(()) };
    use_up(&call, &principal, &shown).await
}

async fn use_up(call: &Call, principal: &Identity, shown: &Shown) -> Result<()> {
    for _ in 0..ATTEMPTS_MAX {
        let mut row = own_device(principal, &shown.serial_number)?.ok_or_else(|| shown.api.no_device())?;
        let verdict = codes::verify(&principal.account, &row.record, &shown.code, shown.now_ms);
        let is_locked = match verdict {
            CodeVerdict::Right(step) => {
                row.record.use_up(step);
                false
            }
            CodeVerdict::Wrong => row.record.count_failure(shown.now_ms),
            CodeVerdict::Used | CodeVerdict::Locked => return Err(shown.api.wrong_code()),
        };
        // A wrong code is committed as well: it counts towards the lock.
        let mut changes = Changes::default();
        changes.replace(tables::MFA, &row)?;
        match call.commit(changes.essential().into_batch()).await {
            Ok(_) => {}
            Err(CommitError::Conflict) => continue,
            Err(CommitError::Failed(failure)) => return Err(failure_to_error(failure)),
            // Rows of IAM have no usage.
            Err(CommitError::Exceeded(_)) => return Err(ErrorCode::InternalError.into()),
        }
        let CodeVerdict::Right(step) = verdict else {
            if is_locked {
                note_lock(call, principal, &row);
            }
            return Err(shown.api.wrong_code());
        };
        let device = codes::sealed(&principal.account, &row.record);
        return match vault::establish_second_factor(call, &device, &shown.code, step) {
            true => Ok(()),
            false => Err(shown.api.wrong_code()),
        };
    }
    Err(ErrorCode::OperationAborted.into())
}

/// The device with a serial number, if the principal has it.
fn own_device(principal: &Identity, serial_number: &str) -> Result<Option<Row<MfaDevice>>> {
    let holder = match principal.kind {
        IdentityKind::Root => &principal.account,
        IdentityKind::User | IdentityKind::ConfiguredUser => &principal.unique_id,
        // Such a session has no device. If there was a code, it was shown when the session was
        // made.
        IdentityKind::AssumedRole | IdentityKind::FederatedUser => return Ok(None),
    };
    let is_of_account =
        names::split_arn(serial_number, "mfa").is_some_and(|(account, ..)| account == principal.account);
    let row = if is_of_account { rows::mfa_device(serial_number)? } else { None };
    Ok(row.filter(|row| row.record.holder.as_ref() == Some(holder)))
}

/// Tells the operator of a locked device: somebody guesses, or a clock is wrong.
fn note_lock(call: &Call, principal: &Identity, row: &Row<MfaDevice>) {
    let device = names::mfa_arn(&principal.account, &row.record);
    let message = format!("{device} is locked for a while, after {} wrong codes", row.record.failures);
    trace::note(call, &message);
}
