//! Rates: what there is, and changes that hold at once.

use bytes::Bytes;
use http::{Method, Response, StatusCode};
use http_body_util::Full;
use serde_json::{Map, Value, json};

use super::replies::{failure, json as document, not_allowed};
use crate::config::{ConfigError, Rate, Subject};
use crate::pipeline::shares::Rates;
use crate::pipeline::shares::rates::By;

/// Answers a request for `/limits` and what follows it in the path.
pub(super) fn answer(rates: &Rates, method: &Method, rest: &str, query: &str) -> Response<Full<Bytes>> {
    if rest.is_empty() || rest == "/" {
        return match *method {
            Method::GET => document(StatusCode::OK, list(rates)),
            _ => not_allowed("GET"),
        };
    }
    let Some((subject, name)) = named(rest) else {
        let subjects = Subject::ALL.map(Subject::name).join(", ");
        let why = format!("limits are at /limits/SUBJECT/NAME, where SUBJECT is one of {subjects}");
        return failure(StatusCode::NOT_FOUND, &why);
    };
    match *method {
        Method::PUT => match rate(query, current(rates, subject, &name)) {
            Ok(rate) => {
                rates.set(subject, &name, rate);
                tracing::info!(%subject, name, query, "a limit is set");
                document(StatusCode::OK, list(rates))
            }
            Err(ConfigError(why)) => failure(StatusCode::BAD_REQUEST, &why),
        },
        Method::DELETE if rates.clear(subject, &name) => {
            tracing::info!(%subject, name, "a limit is lifted");
            document(StatusCode::OK, list(rates))
        }
        Method::DELETE => failure(StatusCode::NOT_FOUND, "there is no such limit"),
        _ => not_allowed("PUT, DELETE"),
    }
}

/// `/account/000000000001`
fn named(rest: &str) -> Option<(Subject, String)> {
    let (subject, name) = rest.strip_prefix('/')?.split_once('/')?;
    let subject = Subject::parse(subject)?;
    Some((subject, subject.normal(name)?))
}

/// What holds for a name by itself.
fn current(rates: &Rates, subject: Subject, name: &str) -> Rate {
    let own = rates.list().into_iter().find(|(of, own, _)| (*of, own.as_str()) == (subject, name));
    own.map(|(_, _, ruled)| ruled.rate).unwrap_or_default()
}

/// `requests_per_second=5&bytes_in_per_second=65536`: what is not given stays as it is.
fn rate(query: &str, current: Rate) -> Result<Rate, ConfigError> {
    let mut rate = current;
    for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        rate.set(name, value)?;
    }
    rate.check()?;
    Ok(rate)
}

fn list(rates: &Rates) -> String {
    let limit = |(subject, name, ruled): (Subject, String, crate::pipeline::shares::rates::Ruled)| {
        let mut limit = Map::new();
        limit.insert("subject".to_owned(), subject.name().into());
        limit.insert("name".to_owned(), name.into());
        for (setting, value) in ruled.rate.settings() {
            limit.insert(setting.to_owned(), value.into());
        }
        let by = match ruled.by {
            By::Configuration => "configuration",
            By::Call => "call",
        };
        limit.insert("set_by".to_owned(), by.into());
        Value::Object(limit)
    };
    json!({ "limits": rates.list().into_iter().map(limit).collect::<Vec<_>>() }).to_string()
}

#[cfg(test)]
mod tests;
