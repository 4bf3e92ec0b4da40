//! What a decision needs: the principal, the request, and what is stored about them.

use super::subject::{AccessPoint, Bucket, Object, ObjectLambdaAccess};
use super::witness::Witness;
use crate::errors::Result;
use crate::identity::account::Account;
use crate::operations::Operation;
use crate::policy::{
    Budget, Context, ContextEntries, Identity, Key, Policies, Principal, Signature, Source, Values,
};
use crate::request::headers::Headers;
use crate::request::query::Query;

/// What the principal's own account lets it do, and what the endpoint lets pass.
#[derive(Clone, Copy, Debug)]
pub struct Grants<'a> {
    /// What the principal's policies allow.
    pub identity: Identity<'a>,
    /// The limit of what they can.
    pub boundary: Option<Source<'a>>,
    /// The limit of its session.
    pub session: Option<&'a [Source<'a>]>,
    /// The limit of the endpoint by which the request came.
    pub endpoint: Option<Source<'a>>,
}

impl<'a> Grants<'a> {
    /// Everything is allowed.
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

/// What one decision rests on, besides the stored things.
#[derive(Clone, Copy)]
pub struct DecisionInput<'a> {
    /// The principal.
    pub principal: &'a Principal<'a>,
    /// What its account lets it do.
    pub grants: Grants<'a>,
    /// The circumstances.
    pub context: &'a dyn Context,
    /// The steps that all decisions on the request may take together.
    pub budget: &'a Budget,
    /// Is told of each decision.
    pub witness: Option<&'a dyn Witness>,
}

impl std::fmt::Debug for DecisionInput<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("DecisionInput").field("principal", self.principal).finish_non_exhaustive()
    }
}

impl DecisionInput<'_> {
    /// The account; `None` without credentials.
    pub(super) fn account(&self) -> Option<Account> {
        if self.principal.has_account() { Account::parse(self.principal.account) } else { None }
    }
}

/// What is stored about buckets and objects. Each value is read only when a decision needs it.
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
    /// The access point by which the request comes to a bucket. `None` where it names the bucket;
    /// `AccessDenied` where the access point is there no more.
    fn access_point(&self, _of: AccessPointOf) -> Result<Option<AccessPoint>> {
        Ok(None)
    }
    /// The Object Lambda access point by which the request comes. `None` where it comes by none;
    /// `AccessDenied` where that is there no more.
    fn object_lambda(&self) -> Result<Option<ObjectLambdaAccess>> {
        Ok(None)
    }
    /// Whether the request comes by one.
    fn comes_by_object_lambda(&self) -> bool {
        false
    }
    /// The name of the bucket that an access point stands for, by which a copy names its source.
    fn source_bucket(&self) -> Option<String> {
        None
    }
    /// How the request is signed.
    fn signature(&self) -> Option<Signature> {
        None
    }
    /// The account that initiated an upload.
    fn upload_initiator(&self, bucket: &str, key: &str, upload_id: &str) -> Option<Account>;
    /// The address of the client; empty where a trusted proxy does not say it.
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
    /// The tags of the principal and of its session.
    fn principal_tags(&self) -> Option<Vec<(String, String)>> {
        None
    }
    /// What else is known of the principal, by a condition key.
    fn of_session(&self, _key: &Key) -> Option<Values<'_>> {
        None
    }
}

/// To which of its buckets a request comes by an access point.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AccessPointOf {
    /// To that in its address.
    Target,
    /// To that of the object which it copies.
    Source,
}

/// A request: what decides on the actions it takes.
#[derive(Clone, Copy, Debug)]
pub struct AccessRequest<'a> {
    /// The operation.
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
    /// The principal.
    pub principal: &'a Principal<'a>,
    /// What its account lets it do.
    pub grants: Grants<'a>,
    /// When the request arrived, in milliseconds since 1970.
    pub received_ms: u64,
    /// The region of the server.
    pub region: &'a str,
    /// The steps that all decisions may take together.
    pub budget: &'a Budget,
    /// Is told of each decision; `None` where no explanation is needed.
    pub witness: Option<&'a dyn Witness>,
}

/// What is known of the document in a body.
#[derive(Clone, Copy, Debug)]
pub enum Body<'a> {
    /// It is not here yet. A decision that depends on it is made when it is here: the request may
    /// go on until then.
    Ahead,
    /// It is here, and these are the condition keys that it carries.
    Said(&'a ContextEntries),
}

/// A request that may go on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Permit {
    /// As a whole.
    Whole,
    /// With those of the objects named in its body that [`authorize_each`](super::authorize_each)
    /// lets pass.
    Each,
}
