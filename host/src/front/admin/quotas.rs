//! Quotas: what there is, and changes that hold at once.

use bytes::Bytes;
use http::{Method, Response, StatusCode};
use http_body_util::Full;
use serde_json::{Map, Value, json};

use super::Admin;
use super::replies::{failure, json as document, not_allowed};
use crate::config::{ConfigError, Quota, Subject};
use crate::pipeline::quotas::{Quotas, RuledQuota};
use crate::pipeline::shares::rates::By;

/// Answers a request for `/quotas` and what follows it in the path.
pub(super) fn answer(admin: &Admin, method: &Method, rest: &str, query: &str) -> Response<Full<Bytes>> {
    let quotas = &*admin.quotas;
    if rest.is_empty() || rest == "/" {
        return match *method {
            Method::GET => document(StatusCode::OK, list(quotas)),
            _ => not_allowed("GET"),
        };
    }
    let Some((subject, name)) = named(rest) else {
        let subjects = Quota::SUBJECTS.map(Subject::name).join(", ");
        let why = format!("quotas are at /quotas/SUBJECT/NAME, where SUBJECT is one of {subjects}");
        return failure(StatusCode::NOT_FOUND, &why);
    };
    match *method {
        Method::PUT if !quotas.is_counted() => failure(
            StatusCode::CONFLICT,
            "the storage component of the pipeline does not tell usage, so nothing would enforce a quota",
        ),
        Method::PUT => match quota(query, quotas.own(subject, &name).unwrap_or_default()) {
            Ok(quota) => {
                quotas.set(subject, &name, quota);
                tracing::info!(%subject, name, query, "a quota is set");
                document(StatusCode::OK, list_after(admin, subject, &name))
            }
            Err(ConfigError(why)) => failure(StatusCode::BAD_REQUEST, &why),
        },
        Method::DELETE if quotas.clear(subject, &name) => {
            tracing::info!(%subject, name, "a quota is lifted");
            document(StatusCode::OK, list(quotas))
        }
        Method::DELETE => failure(StatusCode::NOT_FOUND, "there is no such quota"),
        _ => not_allowed("PUT, DELETE"),
    }
}

/// `/account/000000000001`
fn named(rest: &str) -> Option<(Subject, String)> {
    let (subject, name) = rest.strip_prefix('/')?.split_once('/')?;
    let subject = Quota::subject(subject)?;
    Some((subject, subject.normal(name)?))
}

/// `bytes_max=1048576&objects_max=5`: what is not given stays as it is in `before`.
fn quota(query: &str, before: Quota) -> Result<Quota, ConfigError> {
    let (mut given, mut quota) = (Quota::default(), before);
    for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        given.set(name, value)?;
        quota.set(name, value)?;
    }
    given.check()?;
    Ok(quota)
}

/// The quotas, with a notice where nothing has the name: it may be made later, or it is a slip.
fn list_after(admin: &Admin, subject: Subject, name: &str) -> String {
    let mut answer = listed(&admin.quotas);
    let notice = admin.quotas.notice(&admin.volume, subject, name);
    if let (Some(members), Some(notice)) = (answer.as_object_mut(), notice) {
        members.insert("notice".to_owned(), notice.into());
    }
    answer.to_string()
}

fn list(quotas: &Quotas) -> String {
    listed(quotas).to_string()
}

fn listed(quotas: &Quotas) -> Value {
    let one = |(subject, name, ruled): (Subject, String, RuledQuota)| {
        let mut members = Map::new();
        members.insert("subject".to_owned(), subject.name().into());
        members.insert("name".to_owned(), name.into());
        for (setting, value) in ruled.quota.settings() {
            members.insert(setting.to_owned(), value.into());
        }
        let by = match ruled.by {
            By::Configuration => "configuration",
            By::Call => "call",
        };
        members.insert("set_by".to_owned(), by.into());
        Value::Object(members)
    };
    json!({ "quotas": quotas.list().into_iter().map(one).collect::<Vec<_>>() })
}

#[cfg(test)]
mod tests;
