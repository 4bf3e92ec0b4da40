//! Devices that users have:
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_EnableMFADevice.html>
//!
//! A device of the root user is enabled and deactivated by the root user only. It names itself
//! `<root_account>`, or leaves the name out.

use gateway::errors::{ErrorCode, Result, S3Error};

use super::codes;
use super::devices::named;
use crate::entities::holder::Holder;
use crate::form::invalid;
use crate::pages::Page;
use crate::records::{MfaDevice, Row};
use crate::reply::{Changes, Reply};
use crate::request::Request;
use crate::{names, rows, tables};

/// Devices that one user can have.
const DEVICES_MAX: usize = 8;

/// Two codes that a device shows one after the other. `ValidationError`
fn two_codes(request: &Request) -> Result<(&str, &str)> {
    let code = |parameter: &str, field: &str| {
        let code = request.form.required(parameter)?;
        match codes::is_code(code) {
            true => Ok(code),
            false => Err(invalid(format!(
                "1 validation error detected: Value at '{field}' failed to satisfy constraint: Member must have 6 \
                 digits"
            ))),
        }
    };
    Ok((
        code("AuthenticationCode1", "authenticationCode1")?,
        code("AuthenticationCode2", "authenticationCode2")?,
    ))
}

/// Sets a device's clock by two codes. `InvalidAuthenticationCode`
fn synchronize(request: &Request, device: &mut MfaDevice) -> Result<()> {
    let step = codes::find_pair(request.account(), device, two_codes(request)?, request.now_ms);
    let step = step.ok_or(ErrorCode::InvalidAuthenticationCode)?;
    device.synchronize(step, request.now_ms);
    Ok(())
}

/// The device that `SerialNumber` names, if the holder has it. `NoSuchEntity`
fn of(holder: &Holder, request: &Request) -> Result<Row<MfaDevice>> {
    let row = named(request)?;
    match row.record.holder.as_deref() == Some(holder.unique_id(request)) {
        true => Ok(row),
        false => Err(rows::no_such("MFA Device invalid for user.".to_owned())),
    }
}

/// The key of the row that lists a device under its holder.
fn part_key(holder: &Holder, request: &Request, device: &MfaDevice) -> Vec<u8> {
    tables::part_key(holder.unique_id(request), &tables::mfa_part(&device.path, &device.name))
}

/// EnableMFADevice: the user has the device from now on.
pub(crate) fn enable(request: &Request) -> Result<Reply> {
    let holder = Holder::of(request)?;
    let mut row = named(request)?;
    if row.record.holder.is_some() {
        return Err(S3Error::new(ErrorCode::EntityAlreadyExists).message("MFA Device is already in use."));
    }
    if rows::mfa_devices_of(holder.unique_id(request))?.len() >= DEVICES_MAX {
        return Err(S3Error::new(ErrorCode::LimitExceeded)
            .message(format!("Cannot exceed quota for MFADevicesPerUser: {DEVICES_MAX}")));
    }
    synchronize(request, &mut row.record)?;
    row.record.holder = Some(holder.unique_id(request).to_owned());
    row.record.enabled_ms = request.now_ms;
    let mut changes = Changes::default();
    changes.put_bytes(tables::MFA_OF, part_key(&holder, request, &row.record), row.key.clone());
    changes.replace(tables::MFA, &row)?;
    // Two calls at once could pass the limit: both write the holder's row, so the second conflicts.
    holder.touch(&mut changes)?;
    Ok(Reply::done(changes))
}

/// DeactivateMFADevice: nobody has the device from now on. Its codes that were used stay used.
pub(crate) fn deactivate(request: &Request) -> Result<Reply> {
    let holder = Holder::of(request)?;
    let mut row = of(&holder, request)?;
    row.record.holder = None;
    row.record.enabled_ms = 0;
    let mut changes = Changes::default();
    changes.delete(tables::MFA_OF, part_key(&holder, request, &row.record));
    changes.replace(tables::MFA, &row)?;
    Ok(Reply::done(changes))
}

/// ResyncMFADevice
pub(crate) fn resync(request: &Request) -> Result<Reply> {
    let mut row = of(&Holder::of(request)?, request)?;
    synchronize(request, &mut row.record)?;
    let mut changes = Changes::default();
    changes.replace(tables::MFA, &row)?;
    Ok(Reply::done(changes))
}

/// ListMFADevices
pub(crate) fn list(request: &Request) -> Result<Reply> {
    let holder = Holder::of(request)?;
    let page = Page::of(&request.form)?;
    let devices = rows::mfa_devices_of(holder.unique_id(request))?;
    let mut xml = request.result();
    page.write(
        &mut xml,
        "MFADevices",
        devices.into_iter().map(Ok),
        |row| tables::mfa_part(&row.record.path, &row.record.name),
        |xml, row| {
            xml.open("member");
            xml.text("UserName", holder.name());
            xml.text("SerialNumber", &names::mfa_arn(request.account(), &row.record));
            xml.text("EnableDate", &names::date(row.record.enabled_ms));
            xml.close("member");
        },
    )?;
    Ok(Reply::of(xml))
}

/// GetMFADevice
pub(crate) fn get(request: &Request) -> Result<Reply> {
    let holder = Holder::of(request)?;
    let device = of(&holder, request)?.record;
    let mut xml = request.result();
    xml.text("UserName", holder.name());
    xml.text("SerialNumber", &names::mfa_arn(request.account(), &device));
    xml.text("EnableDate", &names::date(device.enabled_ms));
    xml.text("Certifications", "");
    Ok(Reply::of(xml))
}
