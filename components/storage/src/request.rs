//! A request as the operations see it, and the checks that hold for every operation on a bucket.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use gateway::access::Said;
use gateway::bucket::request_payment::Payer;
use gateway::errors::{ErrorCode, Result, S3Error};
use gateway::identity::account::Account;
use gateway::operations::Operation;
use gateway::operations::copy_source::CopySource;
use gateway::operations::form::Form;
use gateway::request::headers::{Headers, with_presigned};
use gateway::request::query::Query;
use sdk::bindings::storage::exports::portcullis::gateway::storage::{Located as WhatBucketSays, Sealing};
use sdk::{
    Call, Decision, Head, Identity, IdentityKind, Owner, Principal, Response, SeenRequest, SentHead, Target,
};

use crate::exchange::Exchange;
use crate::object::read::{self, Found};
use crate::records::{Acl, BucketRow, Row, Version};
use crate::rows;

#[cfg(test)]
mod tests;

/// A call whose bucket was found, and about which nothing is decided yet.
pub(crate) struct Located {
    call: Call,
    head: SentHead,
    target: Target,
    operation: Operation,
    bucket_row: Option<Row<BucketRow>>,
}

impl Located {
    /// Finds the bucket of a call, if it must exist, and sets the fact `owner`. Fails with
    /// `NoSuchBucket`.
    pub(crate) fn find(call: Call, head: SentHead, target: Target) -> Result<Located> {
        let operation = operation_of(&target)?;
        let bucket_row = match &target.bucket {
            Some(bucket) if !operation.makes_bucket() => {
                let row = rows::bucket(bucket)?.ok_or_else(|| no_such_bucket(bucket))?;
                // The source of a copy may be in a bucket of another account: ownership of this one
                // is not enough.
                let guarded = row.record.is_guarded() || operation.copies();
                call.set_owner(&Owner { account: row.record.owner.to_string(), guarded });
                Some(row)
            }
            _ => None,
        };
        Ok(Located { call, head, target, operation, bucket_row })
    }

    /// What the bucket says to other stages.
    pub(crate) fn says(&self) -> WhatBucketSays {
        let bucket = self.bucket_row.as_ref().map(|row| &row.record);
        WhatBucketSays {
            default_protection: bucket.and_then(BucketRow::default_protection),
            transforms: bucket.is_some_and(|bucket| bucket.transforms),
        }
    }

    /// Sees another request in the place of what the client sent, of the same bucket and key.
    pub(crate) fn see(&mut self, seen: SeenRequest) -> Result<()> {
        let SeenRequest { head, target, .. } = seen;
        if (&target.bucket, &target.key) != (&self.target.bucket, &self.target.key) {
            return Err(ErrorCode::InternalError.into());
        }
        self.operation = operation_of(&target)?;
        (self.head, self.target) = (head, target);
        Ok(())
    }
}

fn operation_of(target: &Target) -> Result<Operation> {
    Operation::parse(&target.operation)
        .ok_or_else(|| S3Error::new(ErrorCode::NotImplemented).message(target.operation.clone()))
}

/// A request that `policy` allowed.
pub(crate) struct Request {
    /// The call, for its body, its commits and its response.
    pub(crate) call: Call,
    /// Method, path, time of arrival.
    pub(crate) head: Head,
    /// The decoded query.
    pub(crate) query: Query,
    /// Every header; the fields that count as such of a form.
    pub(crate) headers: Headers,
    /// What is asked for.
    pub(crate) operation: Operation,
    /// The bucket's name; empty for service operations.
    pub(crate) bucket: String,
    /// The key, decoded; empty for bucket and service operations.
    pub(crate) key: String,
    /// The form of an upload from one.
    pub(crate) form: Option<Form>,
    /// What `policy` decided.
    pub(crate) decision: Decision,
    /// What the decision rested on, for requests that change an object; `None` where only ownership
    /// decides.
    pub(crate) decided_on: Option<DecidedOn>,
    /// What the request, or the bucket that it writes into, says of sealing.
    pub(crate) sealing: Sealing,
    /// What its task asks the gateway for, and what it is given.
    pub(crate) exchange: Rc<Exchange>,
    /// What the document in the body says to conditions, once it was read.
    pub(crate) said: RefCell<Said>,
    /// The bucket's revision when `policy` decided on the objects that the body names.
    pub(crate) named_at: Cell<Option<u64>>,
    bucket_row: Option<Row<BucketRow>>,
    /// Whether the principal pays for another bucket than that in the address.
    pays_elsewhere: Cell<bool>,
}

impl Request {
    /// Reads an allowed call. Fails with `AccessDenied` when it carries no decision (fail closed),
    /// or when the bucket has another owner than the client expects.
    pub(crate) fn read(located: Located, sealing: Sealing) -> Result<Request> {
        let Located { call, head, target, operation, bucket_row } = located;
        let decision = call.decision().ok_or(ErrorCode::AccessDenied)?;
        let (head, headers) = Head::split(head);
        let query = Query::parse(&head.query)?;
        let form = match operation.is_upload_form() {
            true => call.form().map(|form| Form::new(form.fields, &form.file_name)),
            false => None,
        };
        let headers = match &form {
            Some(form) => form.over(&headers)?,
            None => with_presigned(headers, &query)?,
        };
        let bucket = target.bucket.unwrap_or_default();
        let key = target.key.unwrap_or_default();
        let bucket_row = match bucket_row {
            Some(row) => Some(row),
            None if bucket.is_empty() => None,
            // [`Located::find`] does not look for a bucket that is to be made. It may be there
            // already.
            None => rows::bucket(&bucket)?,
        };
        let mut request = Request {
            call,
            head,
            query,
            headers,
            operation,
            bucket,
            key,
            form,
            decision,
            decided_on: None,
            sealing,
            exchange: Rc::default(),
            said: RefCell::default(),
            named_at: Cell::default(),
            bucket_row,
            pays_elsewhere: Cell::new(false),
        };
        if !operation.makes_bucket() && !request.bucket.is_empty() {
            let owner = request.bucket_row()?.record.owner;
            check_expected_owner(&request.headers, "x-amz-expected-bucket-owner", owner)?;
        }
        request.decided_on = request.find_decided_on()?;
        Ok(request)
    }

    /// What the decision rested on. It is read in the step in which the decision was made, so it is
    /// what `policy` saw.
    fn find_decided_on(&self) -> Result<Option<DecidedOn>> {
        if self.decision == Decision::AsOwner || !self.operation.changes_object() {
            return Ok(None);
        }
        let found = self.object(&self.bucket_row()?.record)?;
        Ok(Some(DecidedOn::of(&found.row.record)))
    }

    /// The object that the key and `versionId` name. `NoSuchKey`, `NoSuchVersion`, or
    /// `MethodNotAllowed` for a delete marker that is named by its id.
    pub(crate) fn object(&self, bucket: &BucketRow) -> Result<Found> {
        read::named_object(bucket, &self.key, self.query.get("versionId"), &self.head.method)
    }

    /// The bucket's row as it was when the request was read. `NoSuchBucket` when there is none.
    pub(crate) fn bucket_row(&self) -> Result<&Row<BucketRow>> {
        self.bucket_row.as_ref().ok_or_else(|| no_such_bucket(&self.bucket))
    }

    /// The bucket's row as it is now: for planning again after a conflict. `NoSuchBucket` when the
    /// bucket is gone, even if there is a new one of its name.
    pub(crate) fn read_bucket_row(&self) -> Result<Row<BucketRow>> {
        let id = self.bucket_row()?.record.id;
        rows::bucket(&self.bucket)?
            .filter(|row| row.record.id == id)
            .ok_or_else(|| no_such_bucket(&self.bucket))
    }

    /// Whether the request, or else the bucket, says how the new object is sealed.
    pub(crate) fn says_protection(&self) -> bool {
        matches!(self.sealing, Sealing::Under(_))
    }

    /// Whether nothing is said of sealing.
    pub(crate) fn is_sealing_unsaid(&self) -> bool {
        matches!(self.sealing, Sealing::Unsaid)
    }

    /// What a copy copies from. Where an access point names it, in the bucket that the access point
    /// stands for.
    pub(crate) fn copy_source(&self) -> Result<CopySource> {
        let source = CopySource::of_headers(&self.headers)?;
        Ok(match source.names_access_point() {
            false => source,
            true => match self.call.source_access_point() {
                Some(point) => source.in_bucket(point.bucket),
                None => source,
            },
        })
    }

    /// When the request arrived, in milliseconds since 1970.
    pub(crate) fn now_ms(&self) -> u64 {
        self.head.received_ms
    }

    /// The identity of the principal; `None` for `anonymous`.
    pub(crate) fn identity(&self) -> Option<Identity> {
        match self.call.principal() {
            Principal::Anonymous => None,
            Principal::Authenticated(identity) => Some(identity),
        }
    }

    /// The account on whose behalf the request writes into a bucket.
    pub(crate) fn writer(&self, bucket: &BucketRow) -> Account {
        if self.decision == Decision::AsOwner {
            return bucket.owner;
        }
        // What `anonymous` writes has an owner, too: the account 000000000000.
        self.call.account().and_then(|account| Account::parse(&account)).unwrap_or_default()
    }

    /// Notes that the request reads from another bucket, for which the principal may have to pay.
    pub(crate) fn note_source(&self, bucket: &BucketRow) {
        if self.pays_for(bucket) {
            self.pays_elsewhere.set(true);
        }
    }

    /// The response, with the header that says that the principal is charged, where that is so.
    pub(crate) fn told_who_pays(&self, response: Response) -> Response {
        let pays = self.pays_elsewhere.get()
            || self.bucket_row.as_ref().is_some_and(|row| self.pays_for(&row.record));
        match pays && self.operation.row().says_charged {
            true => response.header("x-amz-request-charged", "requester"),
            false => response,
        }
    }

    fn pays_for(&self, bucket: &BucketRow) -> bool {
        // Few buckets have their requester pay, and most requests are their owner's. The account
        // comes last, because asking for it costs a crossing.
        bucket.payer == Payer::Requester
            && self.decision != Decision::AsOwner
            && self.account() != Some(bucket.owner)
    }

    /// Whether the principal is the root user of the account that owns a bucket, and no access
    /// point names the source of a copy: nothing but ownership decides on a source in it.
    fn is_root_of(&self, bucket: &BucketRow) -> bool {
        let is_root = |who: Identity| {
            who.kind == IdentityKind::Root && Account::parse(&who.account) == Some(bucket.owner)
        };
        self.identity().is_some_and(is_root) && self.call.source_access_point().is_none()
    }

    /// The account of the principal; `None` for `anonymous`.
    pub(crate) fn account(&self) -> Option<Account> {
        Account::parse(&self.identity()?.account)
    }
}

/// What `policy` saw of an object when it decided: everything that a decision may rest on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DecidedOn {
    owner: Account,
    acl: Acl,
    tags: Vec<(String, String)>,
}

impl DecidedOn {
    /// Of a version, read in the step in which the decision is made.
    pub(crate) fn of(version: &Version) -> DecidedOn {
        DecidedOn {
            owner: version.summary.owner,
            acl: version.details.acl.clone(),
            tags: version.details.tags.clone(),
        }
    }

    /// Checks that a version which was read later, after a body came or after a conflict, is the
    /// same in all that a decision may rest on. `AccessDenied` otherwise: the decision was on
    /// something else.
    pub(crate) fn check(&self, version: &Version) -> Result<()> {
        if *self == DecidedOn::of(version) { Ok(()) } else { Err(ErrorCode::AccessDenied.into()) }
    }

    /// [`DecidedOn::check`] for the source of a copy, in its bucket. Where only ownership decides
    /// and the principal is the owner's root user, the source may have changed in any way.
    pub(crate) fn check_source(
        &self,
        request: &Request,
        bucket: &BucketRow,
        version: &Version,
    ) -> Result<()> {
        match self.check(version) {
            Err(_) if !bucket.is_guarded() && request.is_root_of(bucket) => Ok(()),
            checked => checked,
        }
    }
}

/// `NoSuchBucket`, naming it.
pub(crate) fn no_such_bucket(name: &str) -> S3Error {
    S3Error::new(ErrorCode::NoSuchBucket).detail("BucketName", name)
}

/// Checks a header that names the account expected to own a bucket: `x-amz-expected-bucket-owner`,
/// or `x-amz-source-expected-bucket-owner` for the source of a copy. Without the header, nothing is
/// expected.
pub(crate) fn check_expected_owner(headers: &Headers, name: &str, owner: Account) -> Result<()> {
    let Some(expected) = headers.get(name) else { return Ok(()) };
    match Account::parse(expected) {
        Some(expected) if expected == owner => Ok(()),
        Some(_) => Err(ErrorCode::AccessDenied.into()),
        None => Err(ErrorCode::InvalidBucketOwnerAWSAccountID.into()),
    }
}
