//! The latest lines of deployed functions.

use std::sync::Arc;

use bytes::Bytes;
use http::{Method, Response, StatusCode};
use http_body_util::Full;
use serde_json::json;

use super::replies::{failure, json as document, not_allowed};
use crate::pipeline::transforming::Transforming;
use crate::transforms::TransformLine;

/// Lines in one response: the rest comes with the next one.
const LINES_MAX: usize = 500;

/// What is asked about the lines of a function.
struct LinesAsked<'a> {
    name: &'a str,
    /// The number of the line after which they begin.
    after: u64,
    request_id: Option<&'a str>,
}

/// Answers `GET /functions/NAME/logs?after=N&request=ID`.
pub(super) fn answer(
    transforming: &Arc<Transforming>,
    method: &Method,
    rest: &str,
    query: &str,
) -> Response<Full<Bytes>> {
    if method != Method::GET {
        return not_allowed("GET");
    }
    let Some(asked) = asked(rest, query) else {
        let why = "here is /functions/NAME/logs, with after=NUMBER and request=ID";
        return failure(StatusCode::BAD_REQUEST, why);
    };
    let found = transforming.logs(asked.name);
    let (arn, log) = match found.as_slice() {
        [one] => one,
        [] => {
            let why = format!("{} has not been called since the server began, or is not there", asked.name);
            return failure(StatusCode::NOT_FOUND, &why);
        }
        several => {
            let arns: Vec<&str> = several.iter().map(|(arn, _)| arn.as_str()).collect();
            let why = format!("several accounts have it; name one by its ARN: {}", arns.join(", "));
            return failure(StatusCode::CONFLICT, &why);
        }
    };
    let mut lines = log.after(asked.after);
    lines.truncate(LINES_MAX);
    let last = lines.last().map_or(asked.after, |line| line.number);
    let is_asked = |line: &&TransformLine| asked.request_id.is_none_or(|id| *line.request_id == *id);
    let shown = lines.iter().filter(is_asked).map(|line| {
        json!({
            "number": line.number,
            "time_ms": line.time_ms,
            "request_id": &*line.request_id,
            "level": line.level.name(),
            "text": line.text,
        })
    });
    let lines: Vec<_> = shown.collect();
    document(StatusCode::OK, json!({ "function": arn, "last": last, "lines": lines }).to_string())
}

fn asked<'a>(rest: &'a str, query: &'a str) -> Option<LinesAsked<'a>> {
    let name = rest.strip_prefix('/')?.strip_suffix("/logs")?;
    let is_good = |byte: u8| byte.is_ascii_alphanumeric() || b"-_:.".contains(&byte);
    if name.is_empty() || name.len() > 256 || !name.bytes().all(is_good) {
        return None;
    }
    let mut asked = LinesAsked { name, after: 0, request_id: None };
    for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
        match parameter.split_once('=')? {
            ("after", number) => asked.after = number.parse().ok()?,
            ("request", id) => asked.request_id = Some(id),
            _ => return None,
        }
    }
    Some(asked)
}
