//! The one-time code of a call, before anything is decided on it: checked, and used up for good.
//!
//! It must be a code of a device that the caller has. The commit that uses it up goes ahead of the
//! fact `second-factor`: of two calls with one code, at once or one after the other, on any worker,
//! one is refused.

use gateway::errors::{ErrorCode, Result};
use sdk::{Call, CommitError, Identity, IdentityKind, Principal, Work, failure_to_error, trace, vault};

use super::codes::{self, Judged};
use super::shown::{self, Api, Shown};
use crate::answer::{ATTEMPTS_MAX, Changes};
use crate::records::{MfaDevice, Row};
use crate::{actions, names, rows, tables};

/// Uses up the code of a call and has the fact `second-factor` set; does nothing for a call without
/// one. `AccessDenied` for a code that does not count, `InvalidArgument` and `InvalidRequest` for a
/// header that makes no sense.
pub(crate) async fn verify(call: Call) -> Result<()> {
    let is_query = call.parameters().is_some();
    let caller = match call.principal() {
        Principal::Authenticated(identity) => identity,
        // Who signs nothing has no device; whether such a call of a Query API is one, others say.
        Principal::Anonymous if is_query => return Ok(()),
        Principal::Anonymous => return Err(Api::S3.no_device()),
    };
    let shown = if is_query { shown::of_query(&actions::read(&call)?.0)? } else { shown::of_header(&call)? };
    let Some(shown) = shown else { return Ok(()) };
    use_up(&call, &caller, &shown).await
}

async fn use_up(call: &Call, caller: &Identity, shown: &Shown) -> Result<()> {
    for _ in 0..ATTEMPTS_MAX {
        let mut row = own_device(caller, &shown.serial_number)?.ok_or_else(|| shown.api.no_device())?;
        let judged = codes::judge(&caller.account, &row.record, &shown.code, shown.now_ms);
        let is_locked = match judged {
            Judged::Right(step) => {
                row.record.use_up(step);
                false
            }
            Judged::Wrong => row.record.count_failure(shown.now_ms),
            Judged::Used | Judged::Locked => return Err(shown.api.wrong_code()),
        };
        let mut changes = Changes::default();
        changes.replace(tables::MFA, &row)?;
        match call.commit(changes.into_batch()).await {
            Ok(_) => {}
            Err(CommitError::Conflict) => continue,
            Err(CommitError::Failed(failure)) => return Err(failure_to_error(failure)),
        }
        let Judged::Right(step) = judged else {
            if is_locked {
                note_lock(call, caller, &row);
            }
            return Err(shown.api.wrong_code());
        };
        let device = codes::sealed(&caller.account, &row.record);
        return match vault::establish_second_factor(call, &device, &shown.code, step) {
            true => Ok(()),
            false => Err(shown.api.wrong_code()),
        };
    }
    Err(ErrorCode::OperationAborted.into())
}

/// The device that the caller says it has.
fn own_device(caller: &Identity, serial_number: &str) -> Result<Option<Row<MfaDevice>>> {
    let holder = match caller.kind {
        IdentityKind::Root => &caller.account,
        IdentityKind::User | IdentityKind::ConfiguredUser => &caller.unique_id,
        // Whoever they are, they have shown what they had when their session was made.
        IdentityKind::AssumedRole | IdentityKind::FederatedUser => return Ok(None),
    };
    let is_of_account =
        names::split_arn(serial_number, "mfa").is_some_and(|(account, ..)| account == caller.account);
    let row = if is_of_account { rows::mfa_device(serial_number)? } else { None };
    Ok(row.filter(|row| row.record.holder.as_ref() == Some(holder)))
}

/// The operator is told: somebody guesses, or somebody's clock is wrong.
fn note_lock(call: &Call, caller: &Identity, row: &Row<MfaDevice>) {
    let device = names::mfa_arn(&caller.account, &row.record);
    let message = format!("{device} is locked for a while, after {} wrong codes", row.record.failures);
    trace::note(call, &message);
}
