//! On whose behalf an inner request is made: the host asks itself for something, for the principal
//! of a call (docs/adr/0029).

use std::net::IpAddr;
use std::sync::Arc;

use http::header::{HOST, HeaderName, REFERER, USER_AGENT};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Request};

use super::facts::Facts;
use crate::pipeline::bindings::calls::{AccessPoint, ObjectLambda, Principal, Session, Signature, Target};
use crate::pipeline::peer::Endpoint;

/// The host that inner requests are addressed to. No domain has such a name below it, so the path
/// alone says what they are about.
const INNER_HOST: &str = "[::1]";
/// The headers of who asks that conditions of policies look at, and who says to pay.
const OF_WHO_ASKS: [HeaderName; 3] = [REFERER, USER_AGENT, HeaderName::from_static("x-amz-request-payer")];

/// Who asks, by which way, and from where. Nothing else of a call passes to its inner requests:
/// what they may do is decided anew.
#[derive(Debug)]
pub struct OnBehalf {
    /// What that call is about.
    pub target: Target,
    /// The id that its client is given. Inner requests have the same.
    pub request_id: String,
    pub(super) principal: Principal,
    pub(super) session: Option<Session>,
    /// How that call is signed. Conditions look at it; there is nothing to verify again.
    pub(super) signature: Option<Signature>,
    pub(super) access_point: Option<AccessPoint>,
    pub(super) object_lambda: Option<ObjectLambda>,
    pub(super) source: Option<IpAddr>,
    pub(super) tls: Option<&'static str>,
    pub(super) endpoint: Option<Arc<Endpoint>>,
    pub(super) names_are_seen: bool,
    pub(super) headers: HeaderMap,
}

impl OnBehalf {
    /// What is known of an inner request before any stage sees it: by which access point it comes.
    /// An owner does not pass by its ownership alone there, because what the access point says may
    /// have changed. An Object Lambda access point transforms nothing of it.
    pub(super) fn facts(&self) -> Facts {
        let access_point = self.access_point.clone();
        let object_lambda = self.object_lambda.clone();
        Facts {
            access_point: access_point.map(|point| AccessPoint { guarded: true, ..point }),
            object_lambda: object_lambda.map(|point| ObjectLambda {
                guarded: true,
                transformation: None,
                of_get: None,
                ..point
            }),
            ..Facts::default()
        }
    }

    /// What is known besides, once a stage has found that the request carries no credentials.
    pub(crate) fn who(&self) -> (Principal, Option<Session>, Option<Signature>) {
        (self.principal.clone(), self.session.clone(), self.signature)
    }

    /// Whether the session of who asks has ended.
    pub(crate) fn has_ended(&self, now_ms: u64) -> bool {
        self.session.as_ref().is_some_and(|session| session.expires_ms <= now_ms)
    }

    /// The head of an inner request. None where the target is none.
    pub(crate) fn parts(&self, target: &str) -> Option<Parts> {
        let (mut parts, ()) = Request::get(target).body(()).ok()?.into_parts();
        for name in OF_WHO_ASKS {
            if let Some(value) = self.headers.get(&name) {
                parts.headers.insert(name, value.clone());
            }
        }
        parts.headers.insert(HOST, HeaderValue::from_static(INNER_HOST));
        Some(parts)
    }
}
