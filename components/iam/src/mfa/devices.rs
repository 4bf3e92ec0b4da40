//! Devices: <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateVirtualMFADevice.html>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gateway::errors::{ErrorCode, Result, S3Error};

use super::picture;
use crate::entities::holder::Holder;
use crate::entities::tags;
use crate::form::invalid;
use crate::pages::Page;
use crate::records::{MfaDevice, Row};
use crate::reply::{Changes, Reply};
use crate::request::Request;
use crate::{index, names, rows, tables};

/// Devices of an account.
const DEVICES_MAX: usize = 5000;
/// Letters of a device's name.
const NAME_LENGTH_MAX: usize = 226;

/// The device of the principal's account that `SerialNumber` names. `NoSuchEntity`
pub(crate) fn named(request: &Request) -> Result<Row<MfaDevice>> {
    let serial_number = request.form.required("SerialNumber")?;
    let own = names::split_arn(serial_number, "mfa").filter(|(account, ..)| *account == request.account());
    let row = if own.is_some() { rows::mfa_device(serial_number)? } else { None };
    row.ok_or_else(|| {
        rows::no_such(format!("VirtualMFADevice with serial number {serial_number} does not exist."))
    })
}

/// CreateVirtualMFADevice. The seed is in the reply, and is never shown again.
pub(crate) fn create(request: &Request) -> Result<Reply> {
    let name = request.form.name("VirtualMFADeviceName", NAME_LENGTH_MAX)?;
    let path = request.form.path("Path")?;
    if rows::mfa_device_named(request.account(), path, name)?.is_some() {
        return Err(S3Error::new(ErrorCode::EntityAlreadyExists)
            .message("MFADevice entity at the same path and name already exists."));
    }
    if rows::mfa_devices(request.account()).take(DEVICES_MAX).count() == DEVICES_MAX {
        return Err(S3Error::new(ErrorCode::LimitExceeded)
            .message(format!("Cannot exceed quota for VirtualMFADevicesPerAccount: {DEVICES_MAX}")));
    }
    let serial_number = names::arn(request.account(), "mfa", path, name);
    if serial_number.len() > names::SERIAL_NUMBER_BYTES_MAX {
        return Err(invalid(format!(
            "1 validation error detected: Value at 'path' failed to satisfy constraint: a serial number has length less \
             than or equal to {}",
            names::SERIAL_NUMBER_BYTES_MAX
        )));
    }
    let made = index::make_seed(request.account(), &serial_number);
    let record = MfaDevice {
        path: path.to_owned(),
        name: name.to_owned(),
        created_ms: request.now_ms,
        tags: request.form.tags()?,
        sealed: made.sealed,
        ..MfaDevice::default()
    };
    let key = tables::mfa_key(request.account(), path, name);
    let mut changes = Changes::default();
    changes.replace(tables::MFA, &Row { key, record, revision: 0 })?;
    // What a phone reads: https://github.com/google/google-authenticator/wiki/Key-Uri-Format
    let url = format!("otpauth://totp/{name}@{}?secret={}&issuer=Portcullis", request.account(), made.text);
    let mut xml = request.result();
    xml.open("VirtualMFADevice");
    xml.text("SerialNumber", &serial_number);
    xml.text("Base32StringSeed", &STANDARD.encode(&made.text));
    xml.text("QRCodePNG", &STANDARD.encode(picture::png(&url)?));
    xml.close("VirtualMFADevice");
    Ok(Reply::with(xml, changes))
}

/// DeleteVirtualMFADevice. `DeleteConflict` while a user has it.
pub(crate) fn delete(request: &Request) -> Result<Reply> {
    let row = named(request)?;
    if row.record.holder.is_some() {
        return Err(S3Error::new(ErrorCode::DeleteConflict)
            .message("MFA VirtualDevice in use. Must deactivate first."));
    }
    let mut changes = Changes::default();
    changes.require(tables::MFA, &row);
    changes.delete(tables::MFA, row.key);
    Ok(Reply::done(changes))
}

/// ListVirtualMFADevices
pub(crate) fn list(request: &Request) -> Result<Reply> {
    let page = Page::of(&request.form)?;
    let status = request.form.get("AssignmentStatus").unwrap_or("Any");
    if !["Assigned", "Unassigned", "Any"].contains(&status) {
        return Err(invalid(format!(
            "1 validation error detected: Value '{status}' at 'assignmentStatus' failed to satisfy constraint: Member \
             must satisfy enum value set: [Any, Unassigned, Assigned]"
        )));
    }
    let mut devices: Vec<(Row<MfaDevice>, Option<Holder>)> = Vec::new();
    for row in rows::mfa_devices(request.account()) {
        let row = row?;
        let holder = match &row.record.holder {
            Some(id) => Holder::by_id(request, id)?,
            None => None,
        };
        if status == "Any" || (status == "Assigned") == row.record.holder.is_some() {
            devices.push((row, holder));
        }
    }
    let mut xml = request.result();
    page.write(
        &mut xml,
        "VirtualMFADevices",
        devices.into_iter().map(Ok),
        |(row, _)| tables::mfa_part(&row.record.path, &row.record.name),
        |xml, (row, holder)| {
            xml.open("member");
            xml.text("SerialNumber", &names::mfa_arn(request.account(), &row.record));
            if let Some(holder) = holder {
                xml.text("EnableDate", &names::date(row.record.enabled_ms));
                xml.open("User");
                holder.write(request, xml);
                xml.close("User");
            }
            xml.close("member");
        },
    )?;
    Ok(Reply::of(xml))
}

/// TagMFADevice
pub(crate) fn tag(request: &Request) -> Result<Reply> {
    let mut row = named(request)?;
    tags::merge(&mut row.record.tags, request.form.tags()?)?;
    let mut changes = Changes::default();
    changes.replace(tables::MFA, &row)?;
    Ok(Reply::done(changes))
}

/// UntagMFADevice
pub(crate) fn untag(request: &Request) -> Result<Reply> {
    let mut row = named(request)?;
    tags::remove(&mut row.record.tags, request);
    let mut changes = Changes::default();
    changes.replace(tables::MFA, &row)?;
    Ok(Reply::done(changes))
}

/// ListMFADeviceTags
pub(crate) fn list_tags(request: &Request) -> Result<Reply> {
    tags::write(request, named(request)?.record.tags)
}
