//! The one-time code of a call, before anything is decided on it: checked, and used up for good.
//!
//! Calls of STS have it in `SerialNumber` and `TokenCode`, requests of S3 in `x-amz-mfa`. It must be a code of a device that the
//! caller has. The commit that uses it up goes ahead of the fact `second-factor`: of two calls with one code, at once or one
//! after the other, on any worker, one is refused.

use std::net::IpAddr;

use gateway::errors::{ErrorCode, Result, S3Error};
use sdk::{Call, CommitError, Head, Identity, IdentityKind, Principal, Work, failure_to_error, trace, vault};

use super::codes::{self, Judged};
use crate::ATTEMPTS_MAX;
use crate::actions::Service;
use crate::answer::Changes;
use crate::records::{MfaDevice, Row};
use crate::request::Request;
use crate::{names, rows, tables};

/// What a request of S3 has it in: the serial number, a space, the code.
const HEADER: &str = "x-amz-mfa";

/// A code, and the device that it is said to be of.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Shown {
    serial_number: String,
    code: String,
    now_ms: u64,
    api: Api,
}

/// In whose words a code is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Api {
    Sts,
    S3,
}

impl Api {
    fn no_device(self) -> S3Error {
        let error = S3Error::new(ErrorCode::AccessDenied);
        match self {
            Api::S3 => error,
            Api::Sts => error.message(
                "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is \
                 valid and associated with this user.",
            ),
        }
    }

    fn wrong_code(self) -> S3Error {
        let error = S3Error::new(ErrorCode::AccessDenied);
        match self {
            Api::S3 => error,
            Api::Sts => {
                error.message("MultiFactorAuthentication failed with invalid MFA one time pass code. ")
            }
        }
    }
}

/// Uses up the code of a call and has the fact `second-factor` set; does nothing for a call without one. `AccessDenied` for a
/// code that does not count, `InvalidArgument` and `InvalidRequest` for a header that makes no sense.
pub(crate) async fn verify(call: Call) -> Result<()> {
    let is_query = call.parameters().is_some();
    let caller = match call.principal() {
        Principal::Authenticated(identity) => identity,
        // Who signs nothing has no device; whether such a call of a Query API is one, others say.
        Principal::Anonymous if is_query => return Ok(()),
        Principal::Anonymous => return Err(Api::S3.no_device()),
    };
    let shown = if is_query { of_query(&Request::read(&call)?)? } else { of_header(&call)? };
    let Some(shown) = shown else { return Ok(()) };
    use_up(&call, &caller, &shown).await
}

/// The code of a call of STS. Both parameters belong together.
fn of_query(request: &Request) -> Result<Option<Shown>> {
    let takes_one =
        request.row.service == Service::Sts && ["AssumeRole", "GetSessionToken"].contains(&request.row.name);
    if !takes_one {
        return Ok(None);
    }
    match (request.form.get("SerialNumber"), request.form.get("TokenCode")) {
        (None, None) => Ok(None),
        (Some(serial_number), Some(code)) => Ok(Some(Shown {
            serial_number: serial_number.to_owned(),
            code: code.to_owned(),
            now_ms: request.now_ms,
            api: Api::Sts,
        })),
        _ => Err(S3Error::new(ErrorCode::AccessDenied).message(
            "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code. ",
        )),
    }
}

/// A call of STS that names a device was verified: what names one and was not is refused.
pub(crate) fn check_verified(request: &Request) -> Result<()> {
    match of_query(request)? {
        Some(shown) if !request.has_second_factor => Err(shown.api.no_device()),
        _ => Ok(()),
    }
}

/// The code of a request of S3.
fn of_header(call: &Call) -> Result<Option<Shown>> {
    let (head, headers) = Head::read(call);
    let Some(value) = headers.get(HEADER) else { return Ok(None) };
    let (serial_number, code) = split(value)?;
    if call.session().is_some() {
        // So S3 words it: what carries a session's token was once of another service.
        return Err(S3Error::invalid_request("DevPay and Mfa are mutually exclusive authorization methods."));
    }
    if call.tls_version().is_none() && !is_loopback(&call.source_ip()) {
        return Err(S3Error::new(ErrorCode::AccessDenied)
            .message("Requests with x-amz-mfa must be made over a secure connection."));
    }
    Ok(Some(Shown { serial_number, code, now_ms: head.received_ms, api: Api::S3 }))
}

/// `InvalidArgument` unless it is a serial number, a space and a code.
fn split(value: &str) -> Result<(String, String)> {
    match value.trim().split_once(' ') {
        Some((serial_number, code)) if !serial_number.is_empty() && codes::is_code(code) => {
            Ok((serial_number.to_owned(), code.to_owned()))
        }
        _ => Err(S3Error::invalid_argument(
            HEADER,
            value,
            "Mfa header is invalid -- the header should be formatted as {serialNumber}(space){tokenCode}",
        )),
    }
}

/// Whether an address is of this machine: what comes from here, a proxy that ends TLS included, nobody listens to.
fn is_loopback(address: &str) -> bool {
    address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_is_a_serial_number_and_a_code() {
        assert_eq!(split("arn 123456").unwrap(), ("arn".to_owned(), "123456".to_owned()));
        assert_eq!(split(" arn 123456 ").unwrap().1, "123456");
        for value in
            ["", "arn", "arn ", " 123456", "123456", "arn 12345", "arn 1234567", "arn  123456", "arn 12345x"]
        {
            assert_eq!(split(value).unwrap_err().code, ErrorCode::InvalidArgument, "{value}");
        }
    }

    #[test]
    fn only_this_machine_is_loopback() {
        for (address, is) in [
            ("127.0.0.1", true),
            ("127.1.2.3", true),
            ("::1", true),
            ("192.0.2.7", false),
            ("2001:db8::7", false),
            ("", false),
            ("localhost", false),
        ] {
            assert_eq!(is_loopback(address), is, "{address}");
        }
    }
}
