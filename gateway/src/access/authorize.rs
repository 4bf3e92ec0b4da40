//! Asks for every action that an operation takes, of the operations table.

use super::asked::{Asked, Asker, Body, Permit, Resources};
use super::conceivable::is_conceivable;
use super::condition_keys::{Lookups, S3Request};
use super::judge;
use super::subject::{Bucket, Subject};
use super::witness::Judged;
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
struct Place<'a> {
    key: Option<&'a str>,
    version_id: Option<&'a str>,
}

/// Whether a request may go on. `AccessDenied` when one of the actions that it takes is not
/// allowed, or an invalid `x-amz-copy-source`.
pub fn authorize(asked: &Asked<'_>, resources: &dyn Resources) -> Result<Permit> {
    let (Some(name), false) = (asked.bucket, asked.operation.makes_bucket()) else {
        return authorize_own(asked, resources);
    };
    let bucket = resources.bucket(name).ok_or(ErrorCode::AccessDenied)?;
    if !is_paid(asked, &bucket) {
        return Err(ErrorCode::AccessDenied.into());
    }
    let place = Place { key: asked.key, version_id: asked.query.get("versionId") };
    let mut permit = Permit::Whole;
    for action in asked.operation.row().actions {
        let allowed = match *action {
            Action::Target(action) => ask_target(asked, resources, &bucket, place, action),
            Action::Versioned(current, version) => {
                let action = if place.version_id.is_some() { version } else { current };
                ask_target(asked, resources, &bucket, place, action)
            }
            Action::Source(current, version) => match ask_source(asked, resources, current, version)? {
                CopyPermit::Refused => false,
                CopyPermit::Allowed => true,
                CopyPermit::Tagged => {
                    let key = place.key.unwrap_or_default();
                    ask(asked, resources, &bucket, place, "s3:PutObjectTagging", Subject::Key(key))
                }
            },
            Action::Each(current, version) => {
                permit = Permit::Each;
                [current, version].into_iter().any(|action| is_conceivable(asked, &bucket, action))
                    || ask(asked, resources, &bucket, place, current, Subject::Key("*"))
            }
            Action::WithHeader(header, action) if carries(asked.headers, header) => {
                match (asked.key, action) {
                    // Of each object that the body names.
                    (None, _) if permit == Permit::Each => true,
                    (None, _) => ask(asked, resources, &bucket, place, action, Subject::Bucket),
                    (Some(key), "s3:PutObjectAcl") => {
                        ask(asked, resources, &bucket, place, action, Subject::Created(key))
                    }
                    // What it writes need not be there before.
                    (Some(key), _) if asked.operation.starts_object() => {
                        ask(asked, resources, &bucket, place, action, Subject::Key(key))
                    }
                    (Some(_), _) => ask_target(asked, resources, &bucket, place, action),
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

/// The positions of the objects that the request may not touch, of those that its body names. All
/// of them have one budget: where it does not suffice, none may be touched.
pub fn authorize_each(
    asked: &Asked<'_>,
    named: &[(&str, Option<&str>)],
    resources: &dyn Resources,
) -> Vec<u32> {
    let bucket = asked.bucket.and_then(|name| resources.bucket(name));
    let memory = Memory::default();
    let allowed = |key: &str, version_id: Option<&str>| {
        let Some(bucket) = &bucket else { return false };
        let place = Place { key: Some(key), version_id };
        let ask =
            |action| ask_among(asked, resources, bucket, place, action, Subject::Key(key), Some(&memory));
        asked.operation.row().actions.iter().all(|action| match *action {
            Action::Each(current, version) => ask(if version_id.is_some() { version } else { current }),
            Action::WithHeader(header, action) => !carries(asked.headers, header) || ask(action),
            Action::Target(_) | Action::Versioned(..) | Action::Source(..) => true,
        })
    };
    let positions = || (0_u32..).zip(named);
    let refused = positions().filter(|(_, (key, version_id))| !allowed(key, *version_id));
    let refused = refused.map(|(position, _)| position).collect();
    match asked.budget.is_exhausted() {
        true => positions().map(|(position, _)| position).collect(),
        false => refused,
    }
}

/// What concerns no bucket that exists: whoever has an account may ask for it, as far as the
/// account lets them.
fn authorize_own(asked: &Asked<'_>, resources: &dyn Resources) -> Result<Permit> {
    if !asked.principal.has_account() {
        return Err(ErrorCode::AccessDenied.into());
    }
    // Nobody is let at the settings of another account, whatever its own policies say.
    if asked.operation.is_of_account()
        && asked.headers.get(ACCOUNT_ID_HEADER) != Some(asked.principal.account)
    {
        return Err(ErrorCode::AccessDenied.into());
    }
    let arn = asked.bucket.map_or(NO_RESOURCE.to_owned(), |name| resource_arn(name, None));
    let lookups = ActionLookups::of(asked, resources, "", Place { key: None, version_id: None });
    let context = context(asked, &lookups, None, None);
    let policies = asked.grants.policies();
    for action in asked.operation.row().actions {
        let action = match *action {
            Action::Target(action) | Action::Versioned(action, _) => action,
            Action::WithHeader(header, action) if carries(asked.headers, header) => action,
            Action::WithHeader(..) | Action::Source(..) | Action::Each(..) => continue,
        };
        let request = Request::new(asked.principal, action, &arn, &context).within(asked.budget);
        let decision = decide(&request, &policies);
        if let Some(witness) = asked.witness {
            witness.judged(&Judged {
                action,
                request: &request,
                policies: &policies,
                decision,
                bucket: None,
            });
        }
        let may_go_on = decision.is_allowed() || lookups.is_undecided();
        if !may_go_on || asked.budget.is_exhausted() {
            return Err(ErrorCode::AccessDenied.into());
        }
    }
    Ok(Permit::Whole)
}

/// Whether somebody is there to be charged: the bucket's owner, or an account that says that it
/// pays.
fn is_paid(asked: &Asked<'_>, bucket: &Bucket) -> bool {
    match bucket.payer {
        Payer::BucketOwner => true,
        Payer::Requester => match Account::parse(asked.principal.account) {
            Some(account) if asked.principal.has_account() => {
                account == bucket.owner || request_payment::is_accepted(asked.headers, asked.query)
            }
            _ => false,
        },
    }
}

/// Asks for an action on what the request is addressed to.
fn ask_target(
    asked: &Asked<'_>,
    resources: &dyn Resources,
    bucket: &Bucket,
    place: Place<'_>,
    action: &str,
) -> bool {
    let ask = |subject| ask(asked, resources, bucket, place, action, subject);
    let Some(key) = place.key else { return ask(Subject::Bucket) };
    match action {
        "s3:PutObject" | "s3:DeleteObject" | "s3:DeleteObjectVersion" | "s3:BypassGovernanceRetention" => {
            ask(Subject::Key(key))
        }
        "s3:AbortMultipartUpload" | "s3:ListMultipartUploadParts" => {
            let upload_id = asked.query.get("uploadId").unwrap_or_default();
            ask(Subject::Upload(key, resources.upload_initiator(&bucket.name, key, upload_id)))
        }
        _ => {
            let object = resources.object(&bucket.name, key, place.version_id);
            ask(Subject::Object(key, object.as_ref()))
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

/// Asks for an action on the object that is copied, and for another one where its tags are copied
/// too. A bucket that is not there is told by whoever looks for the object.
fn ask_source(
    asked: &Asked<'_>,
    resources: &dyn Resources,
    current: &str,
    version: &str,
) -> Result<CopyPermit> {
    let source = CopySource::of_headers(asked.headers)?;
    let Some(bucket) = resources.bucket(&source.bucket) else { return Ok(CopyPermit::Allowed) };
    if !is_paid(asked, &bucket) {
        return Ok(CopyPermit::Refused);
    }
    let place = Place { key: Some(&source.key), version_id: source.version_id.as_deref() };
    let object = resources.object(&bucket.name, &source.key, place.version_id);
    let subject = Subject::Object(&source.key, object.as_ref());
    let ask = |current, version| {
        let action = if place.version_id.is_some() { version } else { current };
        ask(asked, resources, &bucket, place, action, subject)
    };
    if !ask(current, version) {
        return Ok(CopyPermit::Refused);
    }
    let copies_tags = asked.operation == Operation::CopyObject
        && asked.headers.get("x-amz-tagging-directive") != Some("REPLACE")
        && object.is_some()
        && !resources.object_tags(&bucket.name, &source.key, place.version_id).is_empty();
    Ok(match copies_tags {
        false => CopyPermit::Allowed,
        true if ask("s3:GetObjectTagging", "s3:GetObjectVersionTagging") => CopyPermit::Tagged,
        true => CopyPermit::Refused,
    })
}

fn ask(
    asked: &Asked<'_>,
    resources: &dyn Resources,
    bucket: &Bucket,
    place: Place<'_>,
    action: &str,
    subject: Subject<'_>,
) -> bool {
    ask_among(asked, resources, bucket, place, action, subject, None)
}

/// Asks for an action on one of several objects, which have a memory together.
fn ask_among(
    asked: &Asked<'_>,
    resources: &dyn Resources,
    bucket: &Bucket,
    place: Place<'_>,
    action: &str,
    subject: Subject<'_>,
    memory: Option<&Memory>,
) -> bool {
    let owner = bucket.owner.to_string();
    let lookups = ActionLookups { memory, ..ActionLookups::of(asked, resources, &bucket.name, place) };
    let context = context(asked, &lookups, Some(&owner), place.version_id);
    let asker = Asker {
        principal: asked.principal,
        grants: asked.grants,
        context: &context,
        budget: asked.budget,
        witness: asked.witness,
    };
    let allowed = judge(action, subject, &asker, bucket) == Outcome::Allow || lookups.is_undecided();
    allowed && !asked.budget.is_exhausted()
}

/// Whether a request carries a header. Grants are the long form of a canned ACL.
fn carries(headers: &Headers, name: &str) -> bool {
    headers.has(name) || (name == "x-amz-acl" && headers.with_prefix("x-amz-grant-").next().is_some())
}

fn context<'a>(
    asked: &Asked<'a>,
    lookups: &'a ActionLookups<'a>,
    owner: Option<&'a str>,
    version_id: Option<&'a str>,
) -> S3Request<'a> {
    S3Request {
        operation: asked.operation,
        headers: asked.headers,
        query: asked.query,
        principal: asked.principal,
        owner,
        version_id,
        received_ms: asked.received_ms,
        region: asked.region,
        lookups,
    }
}

/// What only a condition asks for.
struct ActionLookups<'a> {
    asked: &'a Asked<'a>,
    resources: &'a dyn Resources,
    bucket: &'a str,
    place: Place<'a>,
    /// What was found out for all objects of the question.
    memory: Option<&'a Memory>,
    /// Whether a condition asked for what only the body says, and that is not here: nothing is
    /// decided then.
    is_open: Cell<bool>,
    object_tags: OnceCell<Vec<(String, String)>>,
    bucket_tags: OnceCell<Vec<(String, String)>>,
    copied_tags: OnceCell<Option<Vec<(String, String)>>>,
    upload_headers: OnceCell<Vec<(String, String)>>,
}

impl<'a> ActionLookups<'a> {
    fn of(
        asked: &'a Asked<'a>,
        resources: &'a dyn Resources,
        bucket: &'a str,
        place: Place<'a>,
    ) -> ActionLookups<'a> {
        ActionLookups {
            asked,
            resources,
            bucket,
            place,
            memory: None,
            is_open: Cell::new(false),
            object_tags: OnceCell::new(),
            bucket_tags: OnceCell::new(),
            copied_tags: OnceCell::new(),
            upload_headers: OnceCell::new(),
        }
    }

    /// Whether a refusal is none yet: it rests on what the body will say. Whoever asks for more
    /// than a request may cause is refused.
    fn is_undecided(&self) -> bool {
        self.is_open.get() && !self.asked.budget.is_exhausted()
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
        match self.asked.body {
            Body::Said(said) => said.value(key),
            Body::Ahead => {
                self.is_open.set(true);
                None
            }
        }
    }

    fn begun_with(&self, header: &str) -> Option<String> {
        let upload_id = self.asked.query.get("uploadId")?;
        // It is the object in the address that is written, also while its source is judged.
        let (bucket, key) = (self.asked.bucket?, self.asked.key?);
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
            let source = CopySource::of_headers(self.asked.headers).ok()?;
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
        let Place { key, version_id } = self.place;
        let key = key?;
        // Conditions on several tags read them once.
        let read = || self.resources.object_tags(self.bucket, key, version_id);
        Some(self.object_tags.get_or_init(read).clone())
    }
}
