//! Decides on every action that an operation takes, as the operations table lists them.

use super::conceivable::is_conceivable;
use super::condition_keys::{Lookups, S3Request};
use super::decide_action;
use super::request::{AccessRequest, Body, DecisionInput, Permit, Resources};
use super::subject::{Bucket, Subject};
use super::witness::Decided;
use crate::bucket::request_payment::{self, Payer};
use crate::errors::{ErrorCode, Result};
use crate::identity::account::Account;
use crate::operations::copy_source::CopySource;
use crate::operations::{ACCOUNT_ID_HEADER, Action, Operation};
use crate::policy::{
    Context as _, Key, Memory, NO_RESOURCE, Outcome, Request, Signature, Values, decide, resource_arn,
};
use crate::request::headers::Headers;
use std::borrow::Cow;
use std::cell::{Cell, OnceCell};

/// An object, or the bucket when the key is `None`.
#[derive(Clone, Copy)]
struct ObjectVersion<'a> {
    key: Option<&'a str>,
    version_id: Option<&'a str>,
}

/// Whether a request may go on. `AccessDenied` when one of the actions that it takes is not
/// allowed, or an invalid `x-amz-copy-source`.
pub fn authorize(access: &AccessRequest<'_>, resources: &dyn Resources) -> Result<Permit> {
    let (Some(name), false) = (access.bucket, access.operation.makes_bucket()) else {
        return authorize_own(access, resources);
    };
    let bucket = resources.bucket(name).ok_or(ErrorCode::AccessDenied)?;
    if !is_paid(access, &bucket) {
        return Err(ErrorCode::AccessDenied.into());
    }
    let target = ObjectVersion { key: access.key, version_id: access.query.get("versionId") };
    let mut permit = Permit::Whole;
    for action in access.operation.row().actions {
        let allowed = match *action {
            Action::Target(action) => is_allowed_on_target(access, resources, &bucket, target, action),
            Action::Versioned(current, version) => {
                let action = if target.version_id.is_some() { version } else { current };
                is_allowed_on_target(access, resources, &bucket, target, action)
            }
            Action::Source(current, version) => match decide_source(access, resources, current, version)? {
                CopyPermit::Refused => false,
                CopyPermit::Allowed => true,
                CopyPermit::Tagged => {
                    let key = target.key.unwrap_or_default();
                    is_allowed(access, resources, &bucket, target, "s3:PutObjectTagging", Subject::Key(key))
                }
            },
            Action::Each(current, version) => {
                permit = Permit::Each;
                [current, version].into_iter().any(|action| is_conceivable(access, &bucket, action))
                    || is_allowed(access, resources, &bucket, target, current, Subject::Key("*"))
            }
            Action::WithHeader(header, action) if carries(access.headers, header) => {
                match (access.key, action) {
                    // This action is decided on for each object that the body names.
                    (None, _) if permit == Permit::Each => true,
                    (None, _) => is_allowed(access, resources, &bucket, target, action, Subject::Bucket),
                    (Some(key), "s3:PutObjectAcl") => {
                        is_allowed(access, resources, &bucket, target, action, Subject::Created(key))
                    }
                    // The operation makes the object: none needs to be there before.
                    (Some(key), _) if access.operation.starts_object() => {
                        is_allowed(access, resources, &bucket, target, action, Subject::Key(key))
                    }
                    (Some(_), _) => is_allowed_on_target(access, resources, &bucket, target, action),
                }
            }
            Action::WithHeader(..) => true,
        };
        if !allowed {
            return Err(ErrorCode::AccessDenied.into());
        }
    }
    Ok(permit)
}

/// The positions of the objects that the request may not touch, among those that its body names.
/// All of them share one budget: where it does not suffice, none may be touched.
pub fn authorize_each(
    access: &AccessRequest<'_>,
    named: &[(&str, Option<&str>)],
    resources: &dyn Resources,
) -> Vec<u32> {
    let bucket = access.bucket.and_then(|name| resources.bucket(name));
    let memory = Memory::default();
    let allowed = |key: &str, version_id: Option<&str>| {
        let Some(bucket) = &bucket else { return false };
        let target = ObjectVersion { key: Some(key), version_id };
        let is_allowed = |action| {
            is_allowed_among(access, resources, bucket, target, action, Subject::Key(key), Some(&memory))
        };
        access.operation.row().actions.iter().all(|action| match *action {
            Action::Each(current, version) => {
                is_allowed(if version_id.is_some() { version } else { current })
            }
            Action::WithHeader(header, action) => !carries(access.headers, header) || is_allowed(action),
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
    let lookups = ActionLookups::of(access, resources, "", ObjectVersion { key: None, version_id: None });
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

/// Decides on an action on what the request is addressed to.
fn is_allowed_on_target(
    access: &AccessRequest<'_>,
    resources: &dyn Resources,
    bucket: &Bucket,
    target: ObjectVersion<'_>,
    action: &str,
) -> bool {
    let is_allowed = |subject| is_allowed(access, resources, bucket, target, action, subject);
    let Some(key) = target.key else { return is_allowed(Subject::Bucket) };
    match action {
        "s3:PutObject" | "s3:DeleteObject" | "s3:DeleteObjectVersion" | "s3:BypassGovernanceRetention" => {
            is_allowed(Subject::Key(key))
        }
        "s3:AbortMultipartUpload" | "s3:ListMultipartUploadParts" => {
            let upload_id = access.query.get("uploadId").unwrap_or_default();
            is_allowed(Subject::Upload(key, resources.upload_initiator(&bucket.name, key, upload_id)))
        }
        _ => {
            let object = resources.object(&bucket.name, key, target.version_id);
            is_allowed(Subject::Object(key, object.as_ref()))
        }
    }
}

/// Whether an object may be copied.
#[derive(Clone, Copy, PartialEq, Eq)]
enum CopyPermit {
    Refused,
    Allowed,
    /// It may, and its tags come along: writing them takes an action of its own.
    Tagged,
}

/// Decides on an action on the object that is copied, and on another one where its tags are copied
/// too. A missing bucket is not refused here: `storage` says that it is missing.
fn decide_source(
    access: &AccessRequest<'_>,
    resources: &dyn Resources,
    current: &str,
    version: &str,
) -> Result<CopyPermit> {
    let source = CopySource::of_headers(access.headers)?;
    let Some(bucket) = resources.bucket(&source.bucket) else { return Ok(CopyPermit::Allowed) };
    if !is_paid(access, &bucket) {
        return Ok(CopyPermit::Refused);
    }
    let target = ObjectVersion { key: Some(&source.key), version_id: source.version_id.as_deref() };
    let object = resources.object(&bucket.name, &source.key, target.version_id);
    let subject = Subject::Object(&source.key, object.as_ref());
    let is_allowed = |current, version| {
        let action = if target.version_id.is_some() { version } else { current };
        is_allowed(access, resources, &bucket, target, action, subject)
    };
    if !is_allowed(current, version) {
        return Ok(CopyPermit::Refused);
    }
    let copies_tags = access.operation == Operation::CopyObject
        && access.headers.get("x-amz-tagging-directive") != Some("REPLACE")
        && object.is_some()
        && !resources.object_tags(&bucket.name, &source.key, target.version_id).is_empty();
    Ok(match copies_tags {
        false => CopyPermit::Allowed,
        true if is_allowed("s3:GetObjectTagging", "s3:GetObjectVersionTagging") => CopyPermit::Tagged,
        true => CopyPermit::Refused,
    })
}

fn is_allowed(
    access: &AccessRequest<'_>,
    resources: &dyn Resources,
    bucket: &Bucket,
    target: ObjectVersion<'_>,
    action: &str,
    subject: Subject<'_>,
) -> bool {
    is_allowed_among(access, resources, bucket, target, action, subject, None)
}

/// Decides on an action on one of several objects, which share a memory.
fn is_allowed_among(
    access: &AccessRequest<'_>,
    resources: &dyn Resources,
    bucket: &Bucket,
    target: ObjectVersion<'_>,
    action: &str,
    subject: Subject<'_>,
    memory: Option<&Memory>,
) -> bool {
    let owner = bucket.owner.to_string();
    let lookups = ActionLookups { memory, ..ActionLookups::of(access, resources, &bucket.name, target) };
    let context = context(access, &lookups, Some(&owner), target.version_id);
    let input = DecisionInput {
        principal: access.principal,
        grants: access.grants,
        context: &context,
        budget: access.budget,
        witness: access.witness,
    };
    let allowed = decide_action(action, subject, &input, bucket) == Outcome::Allow || lookups.is_undecided();
    allowed && !access.budget.is_exhausted()
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
    bucket: &'a str,
    target: ObjectVersion<'a>,
    /// What was found out for all objects of the request.
    memory: Option<&'a Memory>,
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
        bucket: &'a str,
        target: ObjectVersion<'a>,
    ) -> ActionLookups<'a> {
        ActionLookups {
            access,
            resources,
            bucket,
            target,
            memory: None,
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
        let read = || self.resources.bucket_tags(self.bucket);
        (!self.bucket.is_empty()).then(|| self.bucket_tags.get_or_init(read).clone())
    }

    fn copied_tags(&self) -> Option<Vec<(String, String)>> {
        let read = || {
            let source = CopySource::of_headers(self.access.headers).ok()?;
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
        let ObjectVersion { key, version_id } = self.target;
        let key = key?;
        // Conditions on several tags read them once.
        let read = || self.resources.object_tags(self.bucket, key, version_id);
        Some(self.object_tags.get_or_init(read).clone())
    }
}
