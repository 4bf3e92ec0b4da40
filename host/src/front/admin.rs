//! The admin API: what operators ask a server that runs. It is served on a socket in the data
//! folder. The permissions of the socket's file say who may use it.
//!
//! | request | response |
//! | --- | --- |
//! | `GET /explanations/REQUEST-ID` | why that request was denied, as a JSON document; 404 when nothing is kept of it |
//! | `GET /explanations?limit=N` | `{"explanations":[…]}`, the newest first |
//! | `GET /limits` | `{"limits":[…]}`: the rates that hold |
//! | `PUT /limits/SUBJECT/NAME?requests_per_second=N` | sets a rate from now on, until the server ends |
//! | `DELETE /limits/SUBJECT/NAME` | lifts it; 404 when there is none |
//! | `GET /usage` | `{"usage":[…]}`: objects and bytes, of every account and of what it owns |
//! | `GET /quotas` | `{"quotas":[…]}`: the quotas that hold |
//! | `PUT /quotas/SUBJECT/NAME?bytes_max=N` | sets a quota from now on, until the server ends |
//! | `DELETE /quotas/SUBJECT/NAME` | lifts it; 404 when there is none |
//! | `POST /hold` | what is stored now, in frames; none of it is removed while the client stays connected and goes on; 409 when another one does |
//! | `PUT /hold/ID` | the client of that hold goes on; 404 when it is not held any more |
//! | `GET /functions/NAME/logs?after=N&request=ID` | `{"function":…,"last":N,"lines":[…]}`: what a function told the operator, the oldest first; 404 when it has not been called |
//! | `GET /requests/ID` | whether this server gave a request that id; 404 when it did not |

mod client;
mod functions;
mod hold;
mod replies;
mod rules;
mod serve;
mod socket;
mod usage;

use std::sync::Arc;

use bytes::Bytes;
use http::{Method, Response, StatusCode, Uri};
use http_body_util::Full;

use crate::pipeline::quotas::Quotas;
use crate::pipeline::shares::Rates;
use crate::pipeline::transforming::Transforming;
use crate::telemetry::explanations::Explanations;
use crate::telemetry::request_id::GivenIds;
use volume::Volume;

pub use client::{HoldStream, Reply, ask, get, hold};
pub use hold::{HoldFrame, Holding};
use replies::{failure, json, not_allowed};
pub use serve::AdminServer;
pub use socket::SOCKET;

/// Explanations in one response: where the request names no limit, and at most.
const LIMIT_DEFAULT: usize = 20;
const LIMIT_MAX: usize = 1000;

/// What the admin API shows and changes.
#[derive(Clone)]
pub struct Admin {
    /// Why calls were denied.
    pub explanations: Arc<Explanations>,
    /// Rates that the operator sets.
    pub rates: Arc<Rates>,
    /// How much may be held, as the operator sets it.
    pub quotas: Arc<Quotas>,
    /// What is backed up.
    pub volume: Arc<Volume>,
    /// Whether a backup is being made.
    pub holding: Holding,
    /// The ids that requests got.
    pub request_ids: Arc<GivenIds>,
    /// What functions told the operator.
    pub transforming: Arc<Transforming>,
}

impl Admin {
    /// The response to a request. Whether the client may send it was checked before.
    pub fn answer(&self, method: &Method, uri: &Uri) -> Response<Full<Bytes>> {
        let path = uri.path();
        if let Some(rest) = path.strip_prefix("/limits") {
            let query = uri.query().unwrap_or_default();
            return rules::answer(&*self.rates, method, rest, query, |_, _| None);
        }
        if let Some(rest) = path.strip_prefix("/quotas") {
            let notice = |subject, name: &str| self.quotas.notice(&self.volume, subject, name);
            let query = uri.query().unwrap_or_default();
            return rules::answer(&*self.quotas, method, rest, query, notice);
        }
        if path == "/usage" {
            return usage::answer(&self.volume, &self.quotas, method);
        }
        if let Some(rest) = path.strip_prefix("/functions") {
            return functions::answer(&self.transforming, method, rest, uri.query().unwrap_or_default());
        }
        if let Some(id) = path.strip_prefix("/hold/") {
            return match (method, id.parse()) {
                (&Method::PUT, Ok(id)) if self.holding.progress(id) => json(StatusCode::OK, "{}".to_owned()),
                (&Method::PUT, _) => failure(StatusCode::NOT_FOUND, "this is not held any more"),
                _ => not_allowed("PUT"),
            };
        }
        if let Some(id) = path.strip_prefix("/requests/") {
            return match self.request_ids.has_given(id) {
                true => json(StatusCode::OK, "{\"given\":true}".to_owned()),
                false => failure(StatusCode::NOT_FOUND, "no request here has had this id"),
            };
        }
        let known = path == "/explanations" || path.starts_with("/explanations/");
        if known && method != Method::GET {
            return not_allowed("GET");
        }
        match path.strip_prefix("/explanations/") {
            Some(request_id) => match self.explanations.get(request_id) {
                Some(text) => json(StatusCode::OK, text.to_string()),
                None => failure(StatusCode::NOT_FOUND, "no explanation of this request is kept"),
            },
            None if known => self.latest(uri.query().unwrap_or_default()),
            None => failure(
                StatusCode::NOT_FOUND,
                "here are /explanations, /explanations/REQUEST-ID, /limits, /quotas, /usage, /functions/NAME/logs, /requests/ID and \
                 /hold",
            ),
        }
    }

    fn latest(&self, query: &str) -> Response<Full<Bytes>> {
        let mut limit = LIMIT_DEFAULT;
        for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
            let asked = parameter.strip_prefix("limit=").and_then(|text| text.parse().ok());
            match asked.filter(|asked| (1..=LIMIT_MAX).contains(asked)) {
                Some(asked) => limit = asked,
                None => return failure(StatusCode::BAD_REQUEST, "limit is a whole number from 1 to 1000"),
            }
        }
        let texts = self.explanations.latest(limit);
        // Each is a document already.
        json(StatusCode::OK, format!("{{\"explanations\":[{}]}}", texts.join(",")))
    }
}

#[cfg(test)]
mod tests;
