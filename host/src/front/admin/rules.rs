//! Rates and quotas: what there is, and changes that hold at once.

use bytes::Bytes;
use http::{Method, Response, StatusCode};
use http_body_util::Full;
use serde_json::{Map, Value, json};

use super::replies::{failure, json as document, not_allowed};
use crate::config::{Allowance, ConfigError, Subject};
use crate::pipeline::rules::{By, Rulebook, Ruled};

/// Answers a request for `/limits` or `/quotas` and what follows it in the path. `notice` says what
/// the operator should know of one that was just set.
pub(super) fn answer<R: Rulebook>(
    rulebook: &R,
    method: &Method,
    rest: &str,
    query: &str,
    notice: impl FnOnce(Subject, &str) -> Option<String>,
) -> Response<Full<Bytes>> {
    let (all, noun) = (R::Allowed::ALL, R::Allowed::NOUN);
    if rest.is_empty() || rest == "/" {
        return match *method {
            Method::GET => document(StatusCode::OK, list(rulebook).to_string()),
            _ => not_allowed("GET"),
        };
    }
    let Some((subject, name)) = named::<R::Allowed>(rest) else {
        let subjects: Vec<&str> = R::Allowed::SUBJECTS.iter().map(|subject| subject.name()).collect();
        let subjects = subjects.join(", ");
        let why = format!("{all} are at /{all}/SUBJECT/NAME, where SUBJECT is one of {subjects}");
        return failure(StatusCode::NOT_FOUND, &why);
    };
    match (method, rulebook.refusal()) {
        (&Method::PUT, Some(why)) => failure(StatusCode::CONFLICT, why),
        (&Method::PUT, None) => match changed(query, rulebook.own(subject, &name).unwrap_or_default()) {
            Ok(allowance) => {
                rulebook.set(subject, &name, allowance);
                tracing::info!(%subject, name, query, "a {noun} is set");
                let mut answer = list(rulebook);
                if let (Some(members), Some(notice)) = (answer.as_object_mut(), notice(subject, &name)) {
                    members.insert("notice".to_owned(), notice.into());
                }
                document(StatusCode::OK, answer.to_string())
            }
            Err(ConfigError(why)) => failure(StatusCode::BAD_REQUEST, &why),
        },
        (&Method::DELETE, _) if rulebook.clear(subject, &name) => {
            tracing::info!(%subject, name, "a {noun} is lifted");
            document(StatusCode::OK, list(rulebook).to_string())
        }
        (&Method::DELETE, _) => failure(StatusCode::NOT_FOUND, &format!("there is no such {noun}")),
        _ => not_allowed("PUT, DELETE"),
    }
}

/// `/account/000000000001`
fn named<A: Allowance>(rest: &str) -> Option<(Subject, String)> {
    let (subject, name) = rest.strip_prefix('/')?.split_once('/')?;
    let subject = A::subject(subject)?;
    Some((subject, subject.normal(name)?))
}

/// `requests_per_second=5&bytes_in_per_second=65536`: what is not given stays as it is in `before`.
fn changed<A: Allowance>(query: &str, before: A) -> Result<A, ConfigError> {
    let mut allowance = before;
    let mut is_given = false;
    for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        allowance.set(name, value)?;
        is_given = true;
    }
    // A request that sets nothing is told what it could set.
    if is_given {
        allowance.check()?
    } else {
        A::default().check()?
    }
    Ok(allowance)
}

fn list<R: Rulebook>(rulebook: &R) -> Value {
    let one = |(subject, name, ruled): (Subject, String, Ruled<R::Allowed>)| {
        let mut members = Map::new();
        members.insert("subject".to_owned(), subject.name().into());
        members.insert("name".to_owned(), name.into());
        for (setting, value) in ruled.allowance.settings() {
            members.insert(setting.to_owned(), value.into());
        }
        let by = match ruled.by {
            By::Configuration => "configuration",
            By::Call => "call",
        };
        members.insert("set_by".to_owned(), by.into());
        Value::Object(members)
    };
    json!({ R::Allowed::ALL: rulebook.list().into_iter().map(one).collect::<Vec<_>>() })
}

#[cfg(test)]
mod tests;
