//! Usage: what accounts and their buckets hold, and what they may hold.

use bytes::Bytes;
use http::{Method, Response, StatusCode};
use http_body_util::Full;
use serde_json::{Map, Value, json};

use super::replies::{failure, json as document, not_allowed};
use crate::config::{Allowance, Subject};
use crate::pipeline::quotas::Quotas;
use crate::telemetry::usage::{self, Usage};
use volume::Volume;

/// Answers a request for `/usage`.
pub(super) fn answer(volume: &Volume, quotas: &Quotas, method: &Method) -> Response<Full<Bytes>> {
    if *method != Method::GET {
        return not_allowed("GET");
    }
    match volume.snapshot().and_then(|snapshot| usage::read(&snapshot)) {
        Ok(usages) => document(StatusCode::OK, list(&usages, quotas)),
        Err(error) => {
            tracing::error!(%error, "the usage cannot be read");
            failure(StatusCode::INTERNAL_SERVER_ERROR, "the usage cannot be read")
        }
    }
}

fn list(usages: &[Usage], quotas: &Quotas) -> String {
    let one = |usage: &Usage| {
        let Usage { account, bucket, buckets, objects, bytes } = usage;
        let mut members = Map::new();
        members.insert("account".to_owned(), account.as_str().into());
        let quota = match bucket {
            Some(name) => {
                members.insert(Subject::Bucket.name().to_owned(), name.as_str().into());
                quotas.of(Subject::Bucket, name)
            }
            None => {
                members.insert(format!("{}s", Subject::Bucket), (*buckets).into());
                quotas.of(Subject::Account, account)
            }
        };
        members.insert("objects".to_owned(), (*objects).into());
        members.insert("bytes".to_owned(), (*bytes).into());
        for (setting, value) in quota.unwrap_or_default().settings() {
            members.insert(setting.to_owned(), value.into());
        }
        Value::Object(members)
    };
    json!({ "usage": usages.iter().map(one).collect::<Vec<_>>() }).to_string()
}
