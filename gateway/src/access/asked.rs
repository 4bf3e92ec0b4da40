//! Who asks, for what, and of whom it is learned who was granted what.

use super::subject::{Bucket, Object};
use super::witness::Witness;
use crate::identity::account::Account;
use crate::operations::Operation;
use crate::policy::{
    Budget, Context, ContextEntries, Identity, Key, Policies, Principal, Signature, Source, Values,
};
use crate::request::headers::Headers;
use crate::request::query::Query;

/// What a principal's own account lets it do, and the way by which it came.
#[derive(Clone, Copy, Debug)]
pub struct Grants<'a> {
    /// What its policies allow.
    pub identity: Identity<'a>,
    /// The limit of what they can.
    pub boundary: Option<Source<'a>>,
    /// The limit of its session.
    pub session: Option<&'a [Source<'a>]>,
    /// The limit of the endpoint by which the request came.
    pub endpoint: Option<Source<'a>>,
}

impl<'a> Grants<'a> {
    /// Everything.
    #[cfg(test)]
    pub(crate) const UNLIMITED: Grants<'static> =
        Grants { identity: Identity::Unlimited, boundary: None, session: None, endpoint: None };

    /// The same as part of everything that applies to a request.
    pub fn policies(self) -> Policies<'a> {
        Policies {
            identity: self.identity,
            boundary: self.boundary,
            session: self.session,
            endpoint: self.endpoint,
            ..Policies::default()
        }
    }
}

/// Who asks, and what else is known of the request.
#[derive(Clone, Copy)]
pub struct Asker<'a> {
    /// Who asks.
    pub principal: &'a Principal<'a>,
    /// What their account lets them do.
    pub grants: Grants<'a>,
    /// The circumstances.
    pub context: &'a dyn Context,
    /// What asking may take: of one request, everything that is asked for it.
    pub budget: &'a Budget,
    /// Who wants to know what is decided on the way.
    pub witness: Option<&'a dyn Witness>,
}

impl std::fmt::Debug for Asker<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Asker").field("principal", self.principal).finish_non_exhaustive()
    }
}

impl Asker<'_> {
    /// The account; `None` without credentials.
    pub(super) fn account(&self) -> Option<Account> {
        if self.principal.has_account() { Account::parse(self.principal.account) } else { None }
    }
}

/// What is stored about who may use what. An answer is asked for only when a decision takes it.
pub trait Resources {
    /// A bucket by its name.
    fn bucket(&self, name: &str) -> Option<Bucket>;
    /// A version of an object; `None` where there is no such object.
    fn object(&self, bucket: &str, key: &str, version_id: Option<&str>) -> Option<Object>;
    /// The tags of such a version.
    fn object_tags(&self, bucket: &str, key: &str, version_id: Option<&str>) -> Vec<(String, String)>;
    /// The tags of a bucket.
    fn bucket_tags(&self, _bucket: &str) -> Vec<(String, String)> {
        Vec::new()
    }
    /// The headers with which an upload was begun.
    fn upload_headers(&self, _bucket: &str, _key: &str, _upload_id: &str) -> Vec<(String, String)> {
        Vec::new()
    }
    /// How the request is signed.
    fn signature(&self) -> Option<Signature> {
        None
    }
    /// The account that initiated an upload.
    fn upload_initiator(&self, bucket: &str, key: &str, upload_id: &str) -> Option<Account>;
    /// The address of the client.
    fn source_ip(&self) -> Option<String>;
    /// The version of TLS; `None` on an open connection.
    fn tls_version(&self) -> Option<String>;
    /// The id of the endpoint (`vpce-…`) by which the request came.
    fn endpoint_id(&self) -> Option<String> {
        None
    }
    /// The network (`vpc-…`) that the endpoint is in.
    fn network_id(&self) -> Option<String> {
        None
    }
    /// The tags of who asks and of its session.
    fn principal_tags(&self) -> Option<Vec<(String, String)>> {
        None
    }
    /// What else is known of who asks, by a condition key.
    fn of_session(&self, _key: &Key) -> Option<Values<'_>> {
        None
    }
}

/// A request, as far as it decides what its sender must be allowed.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// What is asked for.
    pub operation: Operation,
    /// The bucket in the address.
    pub bucket: Option<&'a str>,
    /// The key in the address.
    pub key: Option<&'a str>,
    /// The headers, those of a presigned query among them.
    pub headers: &'a Headers,
    /// The query.
    pub query: &'a Query,
    /// What the document in the body says.
    pub body: Body<'a>,
    /// Who asks.
    pub principal: &'a Principal<'a>,
    /// What their account lets them do.
    pub grants: Grants<'a>,
    /// When the request arrived, in milliseconds since 1970.
    pub received_ms: u64,
    /// The region of the deployment.
    pub region: &'a str,
    /// What asking may take.
    pub budget: &'a Budget,
    /// Who wants to know what is decided on the way: nobody, where it is only to be decided.
    pub witness: Option<&'a dyn Witness>,
}

/// What is known of the document in a body.
#[derive(Clone, Copy, Debug)]
pub enum Body<'a> {
    /// It is not here yet. A decision that depends on it is left to when it is: the request may go
    /// on until then.
    Ahead,
    /// It is here, and this is what conditions may ask of it.
    Said(&'a ContextEntries),
}

/// A request that may go on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Permit {
    /// With everything that it asks for.
    Whole,
    /// With those of the objects named in its body that [`authorize_each`](super::authorize_each)
    /// lets pass.
    Each,
}
