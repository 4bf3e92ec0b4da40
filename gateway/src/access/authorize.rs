//! Decides on every action that an operation takes, as the operations table lists them.

use super::conceivable::is_conceivable;
use super::condition_keys::{Lookups, S3Request};
use super::decide_action;
use super::request::{AccessPointOf, AccessRequest, Body, DecisionInput, Permit, Resources};
use super::subject::{AccessLevel, AccessPoint, Bucket, FunctionAccess, Levels, Subject};
use super::witness::Decided;
use crate::bucket::request_payment::{self, Payer};
use crate::errors::{ErrorCode, Result};
use crate::identity::account::Account;
use crate::operations::copy_source::CopySource;
use crate::operations::{ACCOUNT_ID_HEADER, Action};
use crate::policy::actions::object_lambda::standing_for;
use crate::policy::{
    Context as _, Key, Memory, NO_RESOURCE, Outcome, Policies, Request, Signature, Source, Values, decide,
    resource_arn,
};
use crate::request::headers::Headers;
use std::borrow::Cow;
use std::cell::{Cell, OnceCell};

/// What an action is decided on: a bucket, and in it an object that the request concerns.
#[derive(Clone, Copy)]
struct Target<'a> {
    access: &'a AccessRequest<'a>,
    resources: &'a dyn Resources,
    levels: &'a Levels,
    bucket: &'a Bucket,
    /// `None` for the bucket itself.
    key: Option<&'a str>,
    version_id: Option<&'a str>,
}

/// The action of whoever has a response transformed.
const INVOKE: &str = "lambda:InvokeFunction";

/// Whether a request may go on. `AccessDenied` when one of the actions that it takes is not
/// allowed, or an invalid `x-amz-copy-source`; `LambdaPermissionError` when all of them are, and
/// the principal may not invoke the function that transforms the response.
pub fn authorize(access: &AccessRequest<'_>, resources: &dyn Resources) -> Result<Permit> {
    let (Some(name), false) = (access.bucket, access.operation.makes_bucket()) else {
        return authorize_own(access, resources);
    };
    let bucket = resources.bucket(name).ok_or(ErrorCode::AccessDenied)?;
    if !is_paid(access, &bucket) {
        return Err(ErrorCode::AccessDenied.into());
    }
    let levels = &levels(access, resources, bucket, AccessPointOf::Target)?;
    let bucket = &levels.bucket;
    let (key, version_id) = (access.key, access.query.get("versionId"));
    let target = Target { access, resources, levels, bucket, key, version_id };
    let mut permit = Permit::Whole;
    for action in access.operation.row().actions {
        let allowed = match *action {
            Action::Target(action) => target.allows(action),
            Action::Versioned(current, version) => target.allows(target.of_version(current, version)),
            Action::Source(current, version) => match decide_source(access, resources, current, version)? {
                CopyPermit::Refused => false,
                CopyPermit::Allowed => true,
                CopyPermit::Tagged => {
                    target.allows_on(Subject::Key(key.unwrap_or_default()), "s3:PutObjectTagging")
                }
            },
            Action::Each(current, version) => {
                permit = Permit::Each;
                let mut actions = [current, version].into_iter();
                actions.any(|action| levels.all().all(|level| is_conceivable(access, level, action)))
                    || target.allows_on(Subject::Key("*"), current)
            }
            Action::WithHeader(header, action) if carries(access.headers, header) => {
                match (key, action) {
                    // This action is decided on for each object that the body names.
                    (None, _) if permit == Permit::Each => true,
                    (None, _) => target.allows_on(Subject::Bucket, action),
                    (Some(key), "s3:PutObjectAcl") => target.allows_on(Subject::Created(key), action),
                    // The operation makes the object: none needs to be there before.
                    (Some(key), _) if access.operation.starts_object() => {
                        target.allows_on(Subject::Key(key), action)
                    }
                    (Some(_), _) => target.allows(action),
                }
            }
            Action::WithHeader(..) => true,
        };
        if !allowed {
            return Err(ErrorCode::AccessDenied.into());
        }
    }
    match levels.object_lambda.as_ref().and_then(|(point, _)| point.function.as_ref()) {
        Some(function) if !target.may_invoke(function) => Err(ErrorCode::LambdaPermissionError.into()),
        _ => Ok(permit),
    }
}

/// The positions of the objects that the request may not touch, among those that its body names.
/// All of them share one budget: where it does not suffice, none may be touched.
pub fn authorize_each(
    access: &AccessRequest<'_>,
    named: &[(&str, Option<&str>)],
    resources: &dyn Resources,
) -> Vec<u32> {
    let bucket = access.bucket.and_then(|name| resources.bucket(name));
    let levels = bucket.and_then(|bucket| levels(access, resources, bucket, AccessPointOf::Target).ok());
    let memories = Memories::default();
    let allowed = |key: &str, version_id: Option<&str>| {
        let Some(levels) = &levels else { return false };
        let target = Target { access, resources, levels, bucket: &levels.bucket, key: Some(key), version_id };
        let allows = |action| target.allows_among(Subject::Key(key), action, Some(&memories));
        access.operation.row().actions.iter().all(|action| match *action {
            Action::Each(current, version) => allows(target.of_version(current, version)),
            Action::WithHeader(header, action) => !carries(access.headers, header) || allows(action),
            Action::Target(_) | Action::Versioned(..) | Action::Source(..) => true,
        })
    };
    let positions = || (0_u32..).zip(named);
    let refused = positions().filter(|(_, (key, version_id))| !allowed(key, *version_id));
    let refused = refused.map(|(position, _)| position).collect();
    match access.budget.is_exhausted() {
        true => positions().map(|(position, _)| position).collect(),
        false => refused,
    }
}

/// Decides on an operation that concerns no existing bucket: every principal with an account may do
/// it, as far as its own policies allow.
fn authorize_own(access: &AccessRequest<'_>, resources: &dyn Resources) -> Result<Permit> {
    if !access.principal.has_account() {
        return Err(ErrorCode::AccessDenied.into());
    }
    // The settings of another account are never open, whatever the principal's own policies say.
    if access.operation.is_of_account()
        && access.headers.get(ACCOUNT_ID_HEADER) != Some(access.principal.account)
    {
        return Err(ErrorCode::AccessDenied.into());
    }
    let arn = access.bucket.map_or(NO_RESOURCE.to_owned(), |name| resource_arn(name, None));
    let lookups = ActionLookups::of(access, resources, None);
    let context = context(access, &lookups, None, None);
    let policies = access.grants.policies();
    for action in access.operation.row().actions {
        let action = match *action {
            Action::Target(action) | Action::Versioned(action, _) => action,
            Action::WithHeader(header, action) if carries(access.headers, header) => action,
            Action::WithHeader(..) | Action::Source(..) | Action::Each(..) => continue,
        };
        let request = Request::new(access.principal, action, &arn, &context).within(access.budget);
        let decision = decide(&request, &policies);
        if let Some(witness) = access.witness {
            witness.decided(&Decided {
                action,
                request: &request,
                policies: &policies,
                decision,
                bucket: None,
            });
        }
        let may_go_on = decision.is_allowed() || lookups.is_undecided();
        if !may_go_on || access.budget.is_exhausted() {
            return Err(ErrorCode::AccessDenied.into());
        }
    }
    Ok(Permit::Whole)
}

/// Whether there is an account to charge: the bucket's owner, or an account that says that it pays.
fn is_paid(access: &AccessRequest<'_>, bucket: &Bucket) -> bool {
    match bucket.payer {
        Payer::BucketOwner => true,
        Payer::Requester => match Account::parse(access.principal.account) {
            Some(account) if access.principal.has_account() => {
                account == bucket.owner || request_payment::is_accepted(access.headers, access.query)
            }
            _ => false,
        },
    }
}

impl<'a> Target<'a> {
    /// The action on the current version, or the one on a version that is named.
    fn of_version(self, current: &'static str, version: &'static str) -> &'static str {
        if self.version_id.is_some() { version } else { current }
    }

    /// Decides on an action on what the request is addressed to.
    fn allows(self, action: &str) -> bool {
        let (resources, name) = (self.resources, &self.bucket.name);
        let Some(key) = self.key else { return self.allows_on(Subject::Bucket, action) };
        match action {
            "s3:PutObject"
            | "s3:DeleteObject"
            | "s3:DeleteObjectVersion"
            | "s3:BypassGovernanceRetention" => self.allows_on(Subject::Key(key), action),
            "s3:AbortMultipartUpload" | "s3:ListMultipartUploadParts" => {
                let upload_id = self.access.query.get("uploadId").unwrap_or_default();
                let initiator = resources.upload_initiator(name, key, upload_id);
                self.allows_on(Subject::Upload(key, initiator), action)
            }
            _ => {
                let object = resources.object(name, key, self.version_id);
                self.allows_on(Subject::Object(key, object.as_ref()), action)
            }
        }
    }

    fn allows_on(self, subject: Subject<'_>, action: &str) -> bool {
        self.allows_among(subject, action, None)
    }

    /// Decides on an action on one of several objects, which share a memory. Where the request
    /// comes by access points, those have to allow it, too.
    fn allows_among(self, subject: Subject<'_>, action: &str, memories: Option<&Memories>) -> bool {
        let Levels { object_lambda, access_point, bucket } = self.levels;
        let by_object_lambda = object_lambda.as_ref().is_none_or(|(_, own)| {
            // Whatever the action is about, it is asked of the access point as a whole.
            standing_for(action).is_some_and(|action| {
                self.decides(own, Subject::Bucket, action, memories.map(|own| &own.object_lambda))
            })
        });
        if !by_object_lambda {
            return false;
        }
        let by_access_point = access_point.as_ref().is_none_or(|(_, own)| {
            self.decides(own, subject.at_access_point(), action, memories.map(|own| &own.access_point))
        });
        by_access_point && self.decides(bucket, subject, action, memories.map(|own| &own.bucket))
    }

    /// Decides on an action at one level.
    fn decides(self, level: &Bucket, subject: Subject<'_>, action: &str, memory: Option<&Memory>) -> bool {
        let access = self.access;
        let owner = level.owner.to_string();
        let lookups = ActionLookups {
            memory,
            level: level.level(),
            ..ActionLookups::of(access, self.resources, Some(&self))
        };
        let context = context(access, &lookups, Some(&owner), self.version_id);
        let input = DecisionInput {
            principal: access.principal,
            grants: access.grants,
            context: &context,
            budget: access.budget,
            witness: access.witness,
        };
        let allowed =
            decide_action(action, subject, &input, level) == Outcome::Allow || lookups.is_undecided();
        allowed && !access.budget.is_exhausted()
    }
}

impl Target<'_> {
    /// Whether the principal may invoke what transforms the response. The endpoint by which the
    /// request came has no part in this: it is Object Lambda that invokes.
    fn may_invoke(self, function: &FunctionAccess) -> bool {
        let access = self.access;
        let owner = function.account.to_string();
        let lookups = ActionLookups {
            level: AccessLevel::Function,
            function_tags: Some(&function.tags),
            ..ActionLookups::of(access, self.resources, Some(&self))
        };
        let context = context(access, &lookups, Some(&owner), None);
        let request = Request::new(access.principal, INVOKE, &function.arn, &context)
            .also_named(function.other_arn.as_deref())
            .within(access.budget);
        let resource = function.policy.as_deref();
        let policies = Policies {
            owner: Some(&owner),
            resource: resource.map(|policy| Source { label: &function.arn, policy }),
            endpoint: None,
            ..access.grants.policies()
        };
        let decision = decide(&request, &policies);
        if let Some(witness) = access.witness {
            witness.decided(&Decided {
                action: INVOKE,
                request: &request,
                policies: &policies,
                decision,
                bucket: None,
            });
        }
        decision.is_allowed() && !access.budget.is_exhausted()
    }
}

/// What was found out for all objects of a request. The levels have other owners and tags.
#[derive(Default)]
struct Memories {
    object_lambda: Memory,
    access_point: Memory,
    bucket: Memory,
}

/// A bucket, and the access points by which the request comes to it. `AccessDenied` where one of
/// them is there no more, or is reached from another network only; and without credentials where
/// one is of Object Lambda, which takes an account
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/olap-security.html>).
fn levels(
    access: &AccessRequest<'_>,
    resources: &dyn Resources,
    bucket: Bucket,
    of: AccessPointOf,
) -> Result<Levels> {
    let point = resources.access_point(of)?;
    let network = point.as_ref().and_then(|point| point.network.as_deref());
    if network.is_some() && network != resources.network_id().as_deref() {
        if let (Some(witness), Some(point)) = (access.witness, &point) {
            witness.refused(&format!(
                "the access point {} is reached from the network {} only, and the request did not come by an \
                 endpoint of it",
                point.arn,
                network.unwrap_or_default()
            ));
        }
        return Err(ErrorCode::AccessDenied.into());
    }
    // One of Object Lambda stands in front of an access point. Other requests ask nothing more.
    let object_lambda = match of {
        AccessPointOf::Target if point.is_some() => resources.object_lambda()?,
        AccessPointOf::Target | AccessPointOf::Source => None,
    };
    if object_lambda.is_some() && !access.principal.has_account() {
        if let Some(witness) = access.witness {
            witness.refused("the request is anonymous, and Object Lambda access points need an account");
        }
        return Err(ErrorCode::AccessDenied.into());
    }
    Ok(Levels::of(bucket, point).behind(object_lambda))
}

/// Whether an object may be copied.
#[derive(Clone, Copy, PartialEq, Eq)]
enum CopyPermit {
    Refused,
    Allowed,
    /// It may be copied together with its tags. Writing these takes another action.
    Tagged,
}

/// Decides on an action on the object that is copied, and on another one where its tags are copied
/// too. A missing bucket is not refused here: `storage` says that it is missing.
fn decide_source(
    access: &AccessRequest<'_>,
    resources: &dyn Resources,
    current: &'static str,
    version: &'static str,
) -> Result<CopyPermit> {
    let source = source(access.headers, resources)?;
    let Some(bucket) = resources.bucket(&source.bucket) else { return Ok(CopyPermit::Allowed) };
    if !is_paid(access, &bucket) {
        return Ok(CopyPermit::Refused);
    }
    let Ok(levels) = &levels(access, resources, bucket, AccessPointOf::Source) else {
        return Ok(CopyPermit::Refused);
    };
    let bucket = &levels.bucket;
    let (key, version_id) = (source.key.as_str(), source.version_id.as_deref());
    let target = Target { access, resources, levels, bucket, key: Some(key), version_id };
    let object = resources.object(&bucket.name, key, version_id);
    let subject = Subject::Object(key, object.as_ref());
    if !target.allows_on(subject, target.of_version(current, version)) {
        return Ok(CopyPermit::Refused);
    }
    // Without `REPLACE`, a copy takes the tags of its source over, which reads them.
    let copies_tags = access.operation.copies_whole_object()
        && access.headers.get("x-amz-tagging-directive") != Some("REPLACE")
        && object.is_some()
        && !resources.object_tags(&bucket.name, key, version_id).is_empty();
    let reads_tags = target.of_version("s3:GetObjectTagging", "s3:GetObjectVersionTagging");
    Ok(match copies_tags {
        false => CopyPermit::Allowed,
        true if target.allows_on(subject, reads_tags) => CopyPermit::Tagged,
        true => CopyPermit::Refused,
    })
}

/// The object that is copied, in its bucket. Where an access point names it, the bucket is the one
/// that the access point stands for.
fn source(headers: &Headers, resources: &dyn Resources) -> Result<CopySource> {
    let source = CopySource::of_headers(headers)?;
    let bucket = if source.names_access_point() { resources.source_bucket() } else { None };
    Ok(match bucket {
        Some(bucket) => source.in_bucket(bucket),
        None => source,
    })
}

/// Whether a request carries a header. Grants are the long form of a canned ACL.
fn carries(headers: &Headers, name: &str) -> bool {
    headers.has(name) || (name == "x-amz-acl" && headers.with_prefix("x-amz-grant-").next().is_some())
}

fn context<'a>(
    access: &AccessRequest<'a>,
    lookups: &'a ActionLookups<'a>,
    owner: Option<&'a str>,
    version_id: Option<&'a str>,
) -> S3Request<'a> {
    S3Request {
        operation: access.operation,
        headers: access.headers,
        query: access.query,
        principal: access.principal,
        owner,
        version_id,
        received_ms: access.received_ms,
        region: access.region,
        lookups,
    }
}

/// Values that are looked up only when a condition needs them.
struct ActionLookups<'a> {
    access: &'a AccessRequest<'a>,
    resources: &'a dyn Resources,
    /// `None` where no existing bucket is concerned.
    target: Option<&'a Target<'a>>,
    /// What was found out for all objects of the request.
    memory: Option<&'a Memory>,
    /// What is decided on.
    level: AccessLevel,
    /// The tags of the function that is decided on.
    function_tags: Option<&'a [(String, String)]>,
    /// Whether a condition needed a value that only the body says, while the body is not here. The
    /// decision is then left open.
    is_open: Cell<bool>,
    object_tags: OnceCell<Vec<(String, String)>>,
    bucket_tags: OnceCell<Vec<(String, String)>>,
    copied_tags: OnceCell<Option<Vec<(String, String)>>>,
    upload_headers: OnceCell<Vec<(String, String)>>,
}

impl<'a> ActionLookups<'a> {
    fn of(
        access: &'a AccessRequest<'a>,
        resources: &'a dyn Resources,
        target: Option<&'a Target<'a>>,
    ) -> ActionLookups<'a> {
        ActionLookups {
            access,
            resources,
            target,
            memory: None,
            level: AccessLevel::Bucket,
            function_tags: None,
            is_open: Cell::new(false),
            object_tags: OnceCell::new(),
            bucket_tags: OnceCell::new(),
            copied_tags: OnceCell::new(),
            upload_headers: OnceCell::new(),
        }
    }

    /// Whether a refusal is not final, because a condition needs the body. A request that spent its
    /// budget is refused all the same.
    fn is_undecided(&self) -> bool {
        self.is_open.get() && !self.access.budget.is_exhausted()
    }
}

impl Lookups for ActionLookups<'_> {
    fn memory(&self) -> Option<&Memory> {
        self.memory
    }

    fn signature(&self) -> Option<Signature> {
        self.resources.signature()
    }

    fn said(&self, key: &Key) -> Option<Values<'_>> {
        match self.access.body {
            Body::Said(said) => said.value(key),
            Body::Ahead => {
                self.is_open.set(true);
                None
            }
        }
    }

    fn begun_with(&self, header: &str) -> Option<String> {
        let upload_id = self.access.query.get("uploadId")?;
        // The upload belongs to the object in the address, also while the source of a copy is
        // decided on.
        let (bucket, key) = (self.access.bucket?, self.access.key?);
        let read = || self.resources.upload_headers(bucket, key, upload_id);
        let headers = self.upload_headers.get_or_init(read);
        headers.iter().find(|(name, _)| name == header).map(|(_, value)| value.clone())
    }

    fn bucket_tags(&self) -> Option<Vec<(String, String)>> {
        let Target { bucket, .. } = self.target?;
        Some(self.bucket_tags.get_or_init(|| self.resources.bucket_tags(&bucket.name)).clone())
    }

    fn resource_tags(&self) -> Option<Vec<(String, String)>> {
        match self.level {
            AccessLevel::ObjectLambda => None,
            AccessLevel::AccessPoint => Some(self.access_point()?.tags.clone()),
            AccessLevel::Bucket => self.bucket_tags(),
            AccessLevel::Function => Some(self.function_tags?.to_vec()),
        }
    }

    fn level(&self) -> AccessLevel {
        self.level
    }

    fn is_called_via_object_lambda(&self) -> bool {
        self.level != AccessLevel::ObjectLambda && self.resources.comes_by_object_lambda()
    }

    fn access_point(&self) -> Option<&AccessPoint> {
        self.target?.levels.access_point.as_ref().map(|(point, _)| point)
    }

    fn source_bucket(&self) -> Option<String> {
        self.resources.source_bucket()
    }

    fn copied_tags(&self) -> Option<Vec<(String, String)>> {
        let read = || {
            let source = source(self.access.headers, self.resources).ok()?;
            Some(self.resources.object_tags(&source.bucket, &source.key, source.version_id.as_deref()))
        };
        self.copied_tags.get_or_init(read).clone()
    }

    fn source_ip(&self) -> Option<String> {
        self.resources.source_ip()
    }

    fn tls_version(&self) -> Option<Cow<'_, str>> {
        self.resources.tls_version().map(Cow::Owned)
    }

    fn endpoint_id(&self) -> Option<Cow<'_, str>> {
        self.resources.endpoint_id().map(Cow::Owned)
    }

    fn network_id(&self) -> Option<Cow<'_, str>> {
        self.resources.network_id().map(Cow::Owned)
    }

    fn principal_tags(&self) -> Option<Vec<(String, String)>> {
        self.resources.principal_tags()
    }

    fn other(&self, key: &Key) -> Option<Values<'_>> {
        self.resources.of_session(key)
    }

    fn has_object_tags(&self) -> bool {
        self.object_tags.get().is_some()
    }

    fn object_tags(&self) -> Option<Vec<(String, String)>> {
        let Target { bucket, key, version_id, .. } = *self.target?;
        let key = key?;
        // Conditions on several tags read them once.
        let read = || self.resources.object_tags(&bucket.name, key, version_id);
        Some(self.object_tags.get_or_init(read).clone())
    }
}
