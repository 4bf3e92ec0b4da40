//! The one-time code that a call shows, and the device that it is said to be of.
//!
//! Calls of STS have it in `SerialNumber` and `TokenCode`, requests of S3 in `x-amz-mfa`.

use std::net::IpAddr;

use gateway::errors::{ErrorCode, Result, S3Error};
use gateway::request::headers::CODE_HEADER;
use sdk::{Call, Head};

use super::codes;
use crate::actions::row::Service;
use crate::request::Request;

/// A code, and the device that it is said to be of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Shown {
    /// The ARN of the device.
    pub(crate) serial_number: String,
    /// Six digits of a call of S3; anything of one of STS.
    pub(crate) code: String,
    /// When the call arrived, in milliseconds since 1970.
    pub(crate) now_ms: u64,
    /// Which API is called.
    pub(crate) api: Api,
}

/// The API in whose words a code is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Api {
    /// STS, which says why.
    Sts,
    /// S3, which does not.
    S3,
}

impl Api {
    /// The principal has no such device.
    pub(crate) fn no_device(self) -> S3Error {
        let error = S3Error::new(ErrorCode::AccessDenied);
        match self {
            Api::S3 => error,
            Api::Sts => error.message(
                "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is \
                 valid and associated with this user.",
            ),
        }
    }

    /// The code does not count.
    pub(crate) fn wrong_code(self) -> S3Error {
        let error = S3Error::new(ErrorCode::AccessDenied);
        match self {
            Api::S3 => error,
            Api::Sts => {
                error.message("MultiFactorAuthentication failed with invalid MFA one time pass code. ")
            }
        }
    }
}

/// The code of a call of STS. Both parameters belong together.
pub(crate) fn of_query(request: &Request) -> Result<Option<Shown>> {
    let takes_one = request.operation.service == Service::Sts
        && ["AssumeRole", "GetSessionToken"].contains(&request.operation.name);
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

/// Refuses a call of STS that names a device and whose code was not verified.
pub(crate) fn check_verified(request: &Request) -> Result<()> {
    match of_query(request)? {
        Some(shown) if !request.has_second_factor => Err(shown.api.no_device()),
        _ => Ok(()),
    }
}

/// The code of a request of S3.
pub(crate) fn of_header(call: &Call) -> Result<Option<Shown>> {
    let (head, headers) = Head::read(call);
    let Some(value) = headers.get(CODE_HEADER) else { return Ok(None) };
    let (serial_number, code) = split(value)?;
    if call.session().is_some() {
        // These are S3's words: a request with the token of a session was once one of the service
        // DevPay.
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
            CODE_HEADER,
            value,
            "Mfa header is invalid -- the header should be formatted as {serialNumber}(space){tokenCode}",
        )),
    }
}

/// Whether an address is of this machine. Nobody else can listen to a connection from here, be it
/// of a client or of a proxy that ends TLS and is not trusted.
fn is_loopback(address: &str) -> bool {
    address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests;
