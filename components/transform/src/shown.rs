//! What a transform is shown of a request.

use gateway::request::headers::Headers;
use gateway::request::query::Query;
use gateway::request::url_encoding::push_path;
use sdk::{Call, Head, Principal, ShownCaller, ShownRequest};

/// Headers that no transform sees: they prove who sends the request.
const SECRET_HEADERS: [&str; 4] =
    ["authorization", "proxy-authorization", "x-amz-security-token", "x-amz-mfa"];
/// Part of the names of headers and parameters that hold keys of objects.
const CUSTOMER_KEY: &str = "server-side-encryption-customer-key";
/// Parameters of signatures, in lower case.
const SECRET_PARAMETERS: [&str; 9] = [
    "x-amz-algorithm",
    "x-amz-credential",
    "x-amz-date",
    "x-amz-expires",
    "x-amz-security-token",
    "x-amz-signature",
    "x-amz-signedheaders",
    "awsaccesskeyid",
    "signature",
];

/// A request and who sent it, without what proves that.
#[derive(Clone)]
pub(crate) struct Shown {
    pub(crate) request: ShownRequest,
    pub(crate) caller: Option<ShownCaller>,
    /// When it came, in milliseconds since 1970.
    pub(crate) at_ms: u64,
}

impl Shown {
    /// What is shown of a call to a function that says nothing of what it depends on.
    pub(crate) fn read(call: &Call, head: &Head, headers: &Headers, query: &Query) -> Shown {
        let is_shown = |name: &str| !SECRET_HEADERS.contains(&name) && !name.contains(CUSTOMER_KEY);
        let headers = headers.iter().filter(|(name, _)| is_shown(name));
        let scheme = if call.tls_version().is_some() { "https" } else { "http" };
        let start = format!("{scheme}://{}{}", head.host, head.path);
        let parameters = head.query.split('&').filter(|parameter| {
            let name = parameter.split('=').next().unwrap_or_default();
            let is_secret = |query: Query| query.iter().any(|(name, _)| is_secret_parameter(name));
            !parameter.is_empty() && !Query::parse(name).is_ok_and(is_secret)
        });
        let parameters: Vec<&str> = parameters.collect();
        let query = query.iter().filter(|(name, _)| !is_secret_parameter(name));
        let field = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        Shown {
            request: ShownRequest {
                method: head.method.clone(),
                url: if parameters.is_empty() {
                    start
                } else {
                    [&start, "?", &parameters.join("&")].concat()
                },
                headers: headers.map(field).collect(),
                query: query.map(field).collect(),
            },
            caller: caller(call),
            at_ms: head.received_ms,
        }
    }

    /// The same of a request for one object of a listing.
    pub(crate) fn of_key(&self, key: &str) -> Shown {
        let url = self.request.url.split('?').next().unwrap_or_default();
        let mut url = url.trim_end_matches('/').to_owned();
        url.push('/');
        push_path(&mut url, key);
        let headers = self.request.headers.clone();
        let request = ShownRequest { method: "GET".to_owned(), url, headers, query: Vec::new() };
        Shown { request, caller: self.caller.clone(), at_ms: self.at_ms }
    }

    /// What is left of it for a function that says what it depends on. `modified_ms`, which belongs
    /// to the object, takes the place of the time.
    pub(crate) fn only(&self, vary: &[String], modified_ms: u64) -> Shown {
        let is_named = |kind: &str, name: &str| {
            vary.iter().any(|word| word.strip_prefix(kind).is_some_and(|named| named == name))
        };
        let chosen = |fields: &[(String, String)], kind: &str| {
            fields.iter().filter(|(name, _)| is_named(kind, name)).cloned().collect()
        };
        Shown {
            request: ShownRequest {
                method: "GET".to_owned(),
                url: String::new(),
                headers: chosen(&self.request.headers, "header:"),
                query: chosen(&self.request.query, "query:"),
            },
            caller: self.caller.clone().filter(|_| vary.iter().any(|word| word == "caller")),
            at_ms: modified_ms,
        }
    }
}

fn is_secret_parameter(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    SECRET_PARAMETERS.contains(&lower.as_str()) || lower.contains(CUSTOMER_KEY)
}

fn caller(call: &Call) -> Option<ShownCaller> {
    let Principal::Authenticated(identity) = call.principal() else { return None };
    Some(ShownCaller {
        account: identity.account,
        arn: identity.arn,
        unique_id: identity.unique_id,
        session_tags: call.session().map(|session| session.tags).unwrap_or_default(),
    })
}
