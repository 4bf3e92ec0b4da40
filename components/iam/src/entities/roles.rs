//! Roles, and whom they trust:
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html>

use gateway::errors::{ErrorCode, Result, S3Error};
use gateway::policy;
use gateway::request::url_encoding;
use gateway::xml::XmlWriter;

use crate::entities;
use crate::records::{Entity, Kind};
use crate::reply::{Changes, Reply};
use crate::request::Request;

/// Bytes of a trust policy, white space left out.
const TRUST_BYTES_MAX: usize = 2048;

fn trust(request: &Request, parameter: &str) -> Result<String> {
    let text = entities::document(request, parameter, policy::Kind::Trust)?;
    if entities::size(text) > TRUST_BYTES_MAX {
        return Err(S3Error::new(ErrorCode::LimitExceeded)
            .message(format!("Cannot exceed quota for ACLSizePerRole: {TRUST_BYTES_MAX}")));
    }
    Ok(text.to_owned())
}

fn description(request: &Request) -> Result<Option<String>> {
    match request.form.get("Description") {
        Some(text) if text.chars().count() > 1000 => Err(crate::form::invalid(
            "1 validation error detected: Value at 'description' failed to satisfy constraint: Member must have length \
             less than or equal to 1000"
                .to_owned(),
        )),
        text => Ok(text.map(str::to_owned)),
    }
}

/// CreateRole
pub(crate) fn create(request: &Request) -> Result<Reply> {
    let mut changes = Changes::default();
    let mut row = entities::new(request, Kind::Role)?;
    row.record.trust = Some(trust(request, "AssumeRolePolicyDocument")?);
    row.record.description = description(request)?;
    row.record.session_seconds_max = request.form.number("MaxSessionDuration", 3600, 43200)?.unwrap_or(3600);
    entities::with_boundary(request, &mut row, &mut changes)?;
    entities::put(&mut changes, &row)?;
    Ok(written(request, &row.record, changes))
}

/// Shows a role as it is written.
fn written(request: &Request, role: &Entity, changes: Changes) -> Reply {
    let mut xml = request.result();
    xml.open("Role");
    write_one(&mut xml, request.account(), role);
    xml.close("Role");
    Reply::with(xml, changes)
}

/// GetRole
pub(crate) fn get(request: &Request) -> Result<Reply> {
    let row = request.entity(Kind::Role)?;
    let mut xml = request.result();
    xml.open("Role");
    write_one(&mut xml, request.account(), &row.record);
    xml.text("RoleLastUsed", "");
    xml.close("Role");
    Ok(Reply::of(xml))
}

/// ListRoles
pub(crate) fn list(request: &Request) -> Result<Reply> {
    entities::list(request, Kind::Role, |xml, account, role| {
        entities::write_head(xml, account, role);
        write_trust(xml, role);
    })
}

/// UpdateRole
pub(crate) fn update(request: &Request) -> Result<Reply> {
    let mut row = request.entity(Kind::Role)?;
    if request.form.get_any("Description").is_some() {
        row.record.description = description(request)?;
    }
    if let Some(seconds) = request.form.number("MaxSessionDuration", 3600, 43200)? {
        row.record.session_seconds_max = seconds;
    }
    let mut changes = Changes::default();
    entities::put(&mut changes, &row)?;
    // The document has a result, which is empty.
    Ok(Reply::with(request.result(), changes))
}

/// UpdateRoleDescription
pub(crate) fn update_description(request: &Request) -> Result<Reply> {
    let mut row = request.entity(Kind::Role)?;
    row.record.description = description(request)?;
    let mut changes = Changes::default();
    entities::put(&mut changes, &row)?;
    Ok(written(request, &row.record, changes))
}

/// UpdateAssumeRolePolicy
pub(crate) fn update_trust(request: &Request) -> Result<Reply> {
    let mut row = request.entity(Kind::Role)?;
    row.record.trust = Some(trust(request, "PolicyDocument")?);
    let mut changes = Changes::default();
    entities::put(&mut changes, &row)?;
    Ok(Reply::done(changes))
}

/// DeleteRole
pub(crate) fn delete(request: &Request) -> Result<Reply> {
    entities::delete(&request.entity(Kind::Role)?, request)
}

fn write_trust(xml: &mut XmlWriter, role: &Entity) {
    xml.text("AssumeRolePolicyDocument", &url_encoding::encoded(role.trust.as_deref().unwrap_or_default()));
    xml.optional("Description", role.description.as_deref());
    xml.number("MaxSessionDuration", role.session_seconds_max.into());
}

pub(crate) fn write_one(xml: &mut XmlWriter, account: &str, role: &Entity) {
    entities::write_head(xml, account, role);
    write_trust(xml, role);
    entities::write_boundary(xml, role);
    entities::write_tags(xml, &role.tags);
}
