//! Requests that nobody sent: with them, a stage is tried at the start of a server, and by
//! `portcullis stage check` and `portcullis stage test`.

use std::net::{IpAddr, Ipv4Addr};

use http::{HeaderMap, Method, Uri};

use crate::pipeline::bindings::calls::{
    Decision, Identity, IdentityKind, NamedObject, Owner, Principal, Target,
};
use crate::pipeline::bindings::stages::Position;
use crate::pipeline::call::{CallResponse, CallResponseBody, CallState, Facts};

/// A request that nobody sent, and what the pipeline would know of it.
#[derive(Debug, Clone)]
pub struct Unsent {
    /// The request method.
    pub method: Method,
    /// Path and query.
    pub uri: Uri,
    /// The request headers.
    pub headers: HeaderMap,
    /// The client's address.
    pub source: IpAddr,
    /// The operation, and what it is done to.
    pub target: Target,
    /// Who makes it.
    pub principal: Principal,
    /// The account that owns what it is done to: 12 digits.
    pub owner: String,
    /// The objects that its body names.
    pub named: Vec<NamedObject>,
    /// The status of its response, for stages that look at responses.
    pub status: u16,
}

/// An account that no deployment has.
const ACCOUNT: &str = "000000000000";

impl Default for Unsent {
    /// A root user reads an object of its own.
    fn default() -> Unsent {
        let mut headers = HeaderMap::new();
        headers.insert(http::header::HOST, http::HeaderValue::from_static("localhost"));
        Unsent {
            method: Method::GET,
            uri: Uri::from_static("/trial/object"),
            headers,
            source: Ipv4Addr::LOCALHOST.into(),
            target: Target {
                operation: "GetObject".to_owned(),
                bucket: Some("trial".to_owned()),
                key: Some("object".to_owned()),
            },
            principal: Principal::Authenticated(identity(ACCOUNT, "")),
            owner: ACCOUNT.to_owned(),
            named: vec![NamedObject { key: "object".to_owned(), version_id: None }],
            status: 200,
        }
    }
}

/// The identity of a user of an account; with an empty name, of its root user.
pub fn identity(account: &str, user: &str) -> Identity {
    let (kind, arn) = match user {
        "" => (IdentityKind::Root, format!("arn:aws:iam::{account}:root")),
        user => (IdentityKind::User, format!("arn:aws:iam::{account}:user/{user}")),
    };
    Identity {
        kind,
        account: account.to_owned(),
        canonical_id: format!("{account:0>64}"),
        display_name: if user.is_empty() { account.to_owned() } else { user.to_owned() },
        user: user.to_owned(),
        unique_id: if user.is_empty() { account.to_owned() } else { format!("AIDA{user}") },
        arn,
        access_key_id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
    }
}

impl Unsent {
    /// The call, with what is known of it at a position.
    pub fn call(&self, position: Position) -> Box<CallState> {
        let (mut parts, ()) = http::Request::new(()).into_parts();
        parts.method = self.method.clone();
        parts.uri = self.uri.clone();
        parts.headers = self.headers.clone();
        let mut call = CallState::unsent(parts, Some(self.source));
        let knows_principal = position != Position::AfterAccept;
        let knows_owner = !matches!(position, Position::AfterAccept | Position::AfterAuth);
        call.facts = Facts {
            target: knows_principal.then(|| self.target.clone()),
            principal: knows_principal.then(|| self.principal.clone()),
            owner: knows_owner.then(|| Owner { account: self.owner.clone(), guarded: false }),
            decision: knows_owner.then_some(Decision::Allow),
            named: (position == Position::NamedObjects).then(|| self.named.clone()),
            ..Facts::default()
        };
        if position == Position::OnResponse {
            let (headers, body) = (String::new(), CallResponseBody::None);
            call.response = Some(CallResponse { status: self.status, headers, body });
        }
        Box::new(call)
    }
}
