//! The credential report: who has which keys and devices, since when, and when they were used.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html>. It is
//! written when it is requested, so generating one is done at once. Nobody has a password, nor a
//! certificate.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gateway::errors::Result;

use crate::records::Kind;
use crate::reply::Reply;
use crate::request::{ROOT_NAME, Request};
use crate::{index, names, rows};

const COLUMNS: &str = "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,\
                       password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,\
                       access_key_1_last_used_date,access_key_1_last_used_region,access_key_1_last_used_service,\
                       access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,\
                       access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,\
                       cert_1_last_rotated,cert_2_active,cert_2_last_rotated";
/// The value of a column that does not apply.
const NONE: &str = "N/A";

/// GenerateCredentialReport
pub(crate) fn generate(request: &Request) -> Result<Reply> {
    let mut xml = request.result();
    xml.text("State", "COMPLETE");
    Ok(Reply::of(xml))
}

/// GetCredentialReport
pub(crate) fn get(request: &Request) -> Result<Reply> {
    let account = request.account();
    let mut csv = COLUMNS.to_owned();
    push_line(
        &mut csv,
        &Line { user: ROOT_NAME, arn: &format!("arn:aws:iam::{account}:root"), created_ms: 0, id: account },
    )?;
    for row in rows::entities(account, Kind::User, "") {
        let user = row?.record;
        let arn = names::entity_arn(account, &user);
        push_line(
            &mut csv,
            &Line { user: &user.name, arn: &arn, created_ms: user.created_ms, id: &user.id },
        )?;
    }
    let mut xml = request.result();
    xml.text("Content", &STANDARD.encode(csv));
    xml.text("ReportFormat", "text/csv");
    xml.text("GeneratedTime", &names::date(request.now_ms));
    Ok(Reply::of(xml))
}

/// Whom a line is about.
struct Line<'a> {
    user: &'a str,
    arn: &'a str,
    created_ms: u64,
    id: &'a str,
}

/// Adds a line. A name, an ARN, a region or a service that holds a comma is quoted, so that a
/// reader does not take the comma for the end of a column.
fn push_line(csv: &mut String, line: &Line<'_>) -> Result<()> {
    let password = if line.user == ROOT_NAME { "not_supported" } else { "false" };
    let has_device = !rows::mfa_devices_of(line.id)?.is_empty();
    let mut columns = vec![
        quoted(line.user),
        quoted(line.arn),
        names::date(line.created_ms),
        password.to_owned(),
        NONE.to_owned(),
        NONE.to_owned(),
        NONE.to_owned(),
        has_device.to_string(),
    ];
    let mut keys = rows::access_keys_of(line.id)?;
    keys.sort_by_key(|(_, row)| row.record.created_ms);
    let mut keys = keys.into_iter();
    for _ in 0..2 {
        match keys.next() {
            None => columns.extend(["false", NONE, NONE, NONE, NONE].map(str::to_owned)),
            Some((id, row)) => {
                columns.push(row.record.is_active.to_string());
                columns.push(names::date(row.record.created_ms));
                match index::last_use(&id) {
                    Some(last) => {
                        columns.extend([
                            names::date(last.at_ms),
                            quoted(&last.region),
                            quoted(&last.service),
                        ]);
                    }
                    None => columns.extend([NONE; 3].map(str::to_owned)),
                }
            }
        }
    }
    columns.extend(["false", NONE, "false", NONE].map(str::to_owned));
    csv.push('\n');
    csv.push_str(&columns.join(","));
    Ok(())
}

/// A text in quotes, where it holds what ends a column.
fn quoted(text: &str) -> String {
    match text.contains([',', '"', '\n']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.to_owned(),
    }
}
