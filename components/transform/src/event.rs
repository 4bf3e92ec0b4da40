//! What a webhook is told: the event of AWS, without the part that only the host knows.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/olap-event-context.html>

use gateway::timestamp::iso8601;
use sdk::{Call, Identity, IdentityKind, Principal, Session};
use serde_json::{Map, Value, json};

use crate::shown::Shown;

/// How the headers of a request are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fields {
    /// Each name has a text, as AWS writes it.
    Texts,
    /// Each name has a list of texts, as MinIO writes it.
    Lists,
}

/// The event of a call, as a JSON object.
pub(crate) fn of(call: &Call, shown: &Shown, payload: &str, arn: Option<&str>, fields: Fields) -> String {
    let supporting = arn.and(call.access_point()).map(|point| point.arn).unwrap_or_default();
    let event = json!({
        "xAmzRequestId": call.request_id(),
        "configuration": {
            "accessPointArn": arn.unwrap_or_default(),
            "supportingAccessPointArn": supporting,
            "payload": payload,
        },
        "userRequest": { "url": shown.request.url, "headers": headers(&shown.request.headers, fields) },
        "userIdentity": match call.principal() {
            Principal::Anonymous => anonymous(),
            Principal::Authenticated(identity) => identified(&identity, call.session().as_ref()),
        },
        "protocolVersion": "1.00",
    });
    event.to_string()
}

/// The headers of a request; those that are sent twice are joined.
fn headers(given: &[(String, String)], fields: Fields) -> Map<String, Value> {
    let mut headers = Map::new();
    for (name, value) in given {
        let name = written(name);
        match (fields, headers.get_mut(&name)) {
            (Fields::Texts, Some(Value::String(before))) => {
                before.push(',');
                before.push_str(value);
            }
            (Fields::Lists, Some(Value::Array(before))) => before.push(Value::String(value.clone())),
            (Fields::Texts, _) => drop(headers.insert(name, Value::String(value.clone()))),
            (Fields::Lists, _) => drop(headers.insert(name, json!([value]))),
        }
    }
    headers
}

/// A name as it stands in events: `Accept-Encoding`. Functions look names up as they are written.
fn written(name: &str) -> String {
    let word = |word: &str| match word {
        "sha256" => "SHA256".to_owned(),
        _ => {
            let mut letters = word.chars();
            let first = letters.next().map(|letter| letter.to_ascii_uppercase());
            first.into_iter().chain(letters).collect()
        }
    };
    name.split('-').map(word).collect::<Vec<_>>().join("-")
}

/// As CloudTrail writes it.
fn anonymous() -> Value {
    json!({ "type": "AWSAccount", "principalId": "", "accountId": "ANONYMOUS_PRINCIPAL" })
}

/// Who sent the request:
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html>.
fn identified(identity: &Identity, session: Option<&Session>) -> Value {
    let kind = match identity.kind {
        IdentityKind::Root => "Root",
        IdentityKind::ConfiguredUser | IdentityKind::User => "IAMUser",
        IdentityKind::AssumedRole => "AssumedRole",
        IdentityKind::FederatedUser => "FederatedUser",
    };
    let mut fields = json!({
        "type": kind,
        "principalId": identity.unique_id,
        "arn": identity.arn,
        "accountId": identity.account,
        "accessKeyId": identity.access_key_id,
    });
    if let Value::Object(fields) = &mut fields {
        if !identity.user.is_empty() && kind == "IAMUser" {
            fields.insert("userName".to_owned(), Value::String(identity.user.clone()));
        }
        if let Some(session) = session {
            fields.insert("sessionContext".to_owned(), session_context(session, &identity.account));
        }
    }
    fields
}

fn session_context(session: &Session, account: &str) -> Value {
    let kind = match session.issuer_kind {
        IdentityKind::Root => "Root",
        IdentityKind::ConfiguredUser | IdentityKind::User => "IAMUser",
        IdentityKind::AssumedRole | IdentityKind::FederatedUser => "Role",
    };
    json!({
        "attributes": {
            "mfaAuthenticated": session.multi_factor.to_string(),
            "creationDate": iso8601(session.issued_ms),
        },
        "sessionIssuer": {
            "type": kind,
            "principalId": session.issuer_id,
            "arn": session.issuer_arn,
            "accountId": account,
            "userName": session.issuer_arn.rsplit(['/', ':']).next().unwrap_or_default(),
        },
    })
}

#[cfg(test)]
mod tests;
