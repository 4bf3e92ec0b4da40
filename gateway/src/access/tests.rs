use super::*;
use crate::bucket::acl::{Acl, Canned, Grant, Grantee, Parties};
use crate::bucket::public_access_block::{BlockLevels, PublicAccessBlock};
use crate::bucket::request_payment::Payer;
use crate::errors::{ErrorCode, S3Error};
use crate::operations::Operation;
use crate::policy::{Identity, Kind, Policy, Principal, identity_arn};
use crate::request::headers::Headers;
use crate::request::query::Query;
use std::collections::BTreeMap;
use std::rc::Rc;

mod catalogue;
mod cost;
mod matrix;
mod object_lambda;

const OWNER: Account = Account(111_122_223_333);
const STRANGER: Account = Account(444_455_556_666);
const KEY: &str = "cat.jpg";
const OBJECT_LAMBDA: &str = "arn:aws:s3-object-lambda:us-east-1:111122223333:accesspoint/redacted";

/// What is stored, in memory.
#[derive(Clone, Debug)]
struct Stored {
    buckets: BTreeMap<&'static str, Bucket>,
    /// Objects of every bucket, by key.
    objects: BTreeMap<&'static str, Object>,
    tags: Vec<(String, String)>,
    initiator: Option<Account>,
    /// What limits the principal.
    limits: Limits,
    /// Headers that every request carries.
    sent: Vec<(&'static str, &'static str)>,
    /// The endpoint by which requests come, and its network.
    endpoint: Option<(&'static str, &'static str)>,
    /// The access points by which requests come.
    by: Option<(AccessPoint, ObjectLambdaAccess)>,
}

/// Policies of the principal.
#[derive(Clone, Default, Debug)]
struct Limits {
    /// Of users and roles of IAM. Without a policy they may do nothing.
    identity: Option<Rc<Policy>>,
    /// Their boundary.
    boundary: Option<Rc<Policy>>,
    /// Of the session of a role.
    session: Option<Rc<Policy>>,
    /// Of the endpoint, for everybody.
    endpoint: Option<Rc<Policy>>,
}

impl Resources for Stored {
    fn bucket(&self, name: &str) -> Option<Bucket> {
        self.buckets.get(name).cloned()
    }

    fn object(&self, _bucket: &str, key: &str, _version_id: Option<&str>) -> Option<Object> {
        self.objects.get(key).cloned()
    }

    fn access_point(&self, of: AccessPointOf) -> Result<Option<AccessPoint>, S3Error> {
        Ok(self.by.as_ref().filter(|_| of == AccessPointOf::Target).map(|(point, _)| point.clone()))
    }

    fn object_lambda(&self) -> Result<Option<ObjectLambdaAccess>, S3Error> {
        Ok(self.by.as_ref().map(|(_, point)| point.clone()))
    }

    fn comes_by_object_lambda(&self) -> bool {
        self.by.is_some()
    }

    fn object_tags(&self, _bucket: &str, _key: &str, _version_id: Option<&str>) -> Vec<(String, String)> {
        self.tags.clone()
    }

    fn upload_initiator(&self, _bucket: &str, _key: &str, upload_id: &str) -> Option<Account> {
        self.initiator.filter(|_| upload_id == "1")
    }

    fn source_ip(&self) -> Option<String> {
        Some("192.0.2.7".to_owned())
    }

    fn tls_version(&self) -> Option<String> {
        None
    }

    fn endpoint_id(&self) -> Option<String> {
        self.endpoint.map(|(id, _)| id.to_owned())
    }

    fn network_id(&self) -> Option<String> {
        self.endpoint.map(|(_, network)| network.to_owned())
    }
}

impl Stored {
    /// The bucket `photos` with the object `cat.jpg`, both private and of [`OWNER`]; ACLs count,
    /// nothing is blocked.
    fn private() -> Stored {
        let photos = Bucket {
            name: "photos".to_owned(),
            owner: OWNER,
            ownership: ObjectOwnership::ObjectWriter,
            public_access: PublicAccessBlock::default(),
            block_levels: BlockLevels::default(),
            acl: Acl::private(OWNER),
            policy: None,
            payer: Payer::BucketOwner,
            by: None,
        };
        let cat = Object { owner: OWNER, acl: Acl::private(OWNER) };
        Stored {
            buckets: [("photos", photos)].into(),
            objects: [(KEY, cat)].into(),
            tags: Vec::new(),
            initiator: Some(OWNER),
            limits: Limits::default(),
            sent: Vec::new(),
            endpoint: None,
            by: None,
        }
    }

    /// The same by an Object Lambda access point and the access point that supports it.
    fn by_object_lambda(self) -> Stored {
        let point = AccessPoint {
            name: "reports".to_owned(),
            arn: "arn:aws:s3:us-east-1:111122223333:accesspoint/reports".to_owned(),
            account: OWNER,
            network: None,
            public_access: PublicAccessBlock::ALL,
            policy: None,
            tags: Vec::new(),
        };
        let object_lambda = ObjectLambdaAccess {
            name: "redacted".to_owned(),
            arn: OBJECT_LAMBDA.to_owned(),
            account: OWNER,
            public_access: PublicAccessBlock::ALL,
            policy: None,
            function: None,
        };
        Stored { by: Some((point, object_lambda)), ..self }
    }

    /// One statement of the Object Lambda access point.
    fn object_lambda_policy(mut self, effect: &str, principal: &str, condition: &str) -> Stored {
        let text = format!(
            "{{\"Version\":\"2012-10-17\",\"Statement\":[{{\"Effect\":\"{effect}\",\"Principal\":{principal},\
             \"Action\":\"s3-object-lambda:*\",\"Resource\":\"{OBJECT_LAMBDA}\"{condition}}}]}}"
        );
        let policy = Policy::parse(Kind::ObjectLambda(OBJECT_LAMBDA), &text).unwrap();
        self.by.as_mut().unwrap().1.policy = Some(Rc::new(policy));
        self
    }

    fn change(mut self, change: impl FnOnce(&mut Bucket)) -> Stored {
        change(self.buckets.get_mut("photos").unwrap());
        self
    }

    fn bucket_acl(self, acl: Acl) -> Stored {
        self.change(|bucket| bucket.acl = acl)
    }

    fn object_acl(mut self, acl: Acl) -> Stored {
        self.objects.get_mut(KEY).unwrap().acl = acl;
        self
    }

    /// One statement about everything in `photos`.
    fn policy(self, effect: &str, principal: &str, actions: &str, condition: &str) -> Stored {
        let text = format!(
            "{{\"Version\":\"2012-10-17\",\"Statement\":[{{\"Effect\":\"{effect}\",\"Principal\":{principal},\
             \"Action\":{actions},\"Resource\":[\"arn:aws:s3:::photos\",\"arn:aws:s3:::photos/*\"]{condition}}}]}}"
        );
        let policy = Policy::parse(Kind::Bucket("photos"), &text).unwrap();
        self.change(|bucket| bucket.policy = Some(Rc::new(policy)))
    }

    fn foreign(mut self) -> Stored {
        self.objects.insert(KEY, Object { owner: STRANGER, acl: Acl::private(STRANGER) });
        self.initiator = Some(STRANGER);
        self
    }

    fn missing(mut self) -> Stored {
        self.objects.clear();
        self
    }
}

/// The principal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Who {
    /// The root user of the owner's account.
    Root,
    /// A user of the configuration in it.
    User,
    /// A user of IAM in it.
    Member,
    /// The session of a role in it.
    Session,
    /// The root user of another account.
    Stranger,
    /// A user of IAM in that.
    Guest,
    /// Without credentials.
    Nobody,
}

/// The role of a session, and the session.
const ROLE: &str = "arn:aws:iam::111122223333:role/reader";
const ROLE_SESSION: &str = "arn:aws:sts::111122223333:assumed-role/reader/now";

/// One statement of a policy that says nothing of principals, or everybody.
fn limit(kind: Kind<'_>, effect: &str, actions: &str) -> Option<Rc<Policy>> {
    let principal = if kind == Kind::Endpoint { "\"Principal\":\"*\"," } else { "" };
    let text = format!(
        "{{\"Version\":\"2012-10-17\",\"Statement\":[{{\"Effect\":\"{effect}\",{principal}\"Action\":{actions},\
         \"Resource\":\"*\"}}]}}"
    );
    Some(Rc::new(Policy::parse(kind, &text).unwrap()))
}

fn canned(name: &str) -> Acl {
    Canned::parse(name).unwrap().expand(Parties { owner: OWNER, bucket_owner: None })
}

/// A permission for the stranger, beside the owner's.
fn granted_to_stranger(permission: Permission) -> Acl {
    let mut acl = Acl::private(OWNER);
    acl.grants.push(Grant { grantee: Grantee::Account(STRANGER), permission });
    acl
}

/// Whether the principal may do an operation on `photos/cat.jpg`, with headers and query.
fn may(stored: &Stored, who: Who, operation: Operation, headers: &[(&str, &str)], query: &str) -> bool {
    match decided(stored, who, operation, headers, query) {
        Ok(allowed) => allowed,
        Err(code) => {
            assert_eq!(code, ErrorCode::AccessDenied);
            false
        }
    }
}

/// The same, or the code with which it is refused.
fn decided(
    stored: &Stored,
    who: Who,
    operation: Operation,
    headers: &[(&str, &str)],
    query: &str,
) -> Result<bool, ErrorCode> {
    let (account, user) = match who {
        Who::Root | Who::Session => (OWNER.to_string(), ""),
        Who::User => (OWNER.to_string(), "alice"),
        Who::Member => (OWNER.to_string(), "bob"),
        Who::Stranger => (STRANGER.to_string(), ""),
        Who::Guest => (STRANGER.to_string(), "carol"),
        Who::Nobody => (String::new(), ""),
    };
    let arn = identity_arn(&account, user);
    let principal = match who {
        Who::Nobody => Principal::ANONYMOUS,
        Who::Session => Principal {
            kind: PrincipalKind::AssumedRole,
            arn: ROLE_SESSION,
            unique_id: "AROAREADER:now",
            issuer_arn: Some(ROLE),
            ..Principal::of_account(&account, "", "", &arn)
        },
        _ => Principal::of_account(&account, "", user, &arn),
    };
    let headers = Headers::from_iter(headers.iter().chain(&stored.sent).copied());
    let query = Query::parse(query).unwrap();
    fn source(policy: &Option<Rc<Policy>>) -> Option<Source<'_>> {
        policy.as_deref().map(|policy| Source { label: "limit", policy })
    }
    let identity: Vec<_> = source(&stored.limits.identity).into_iter().collect();
    let session: Option<Vec<_>> = source(&stored.limits.session).map(|session| vec![session]);
    let grants = match who {
        Who::Member | Who::Guest | Who::Session => Grants {
            identity: Identity::Policies(&identity),
            boundary: source(&stored.limits.boundary),
            session: session.as_deref().filter(|_| who == Who::Session),
            endpoint: source(&stored.limits.endpoint),
        },
        _ => Grants { endpoint: source(&stored.limits.endpoint), ..Grants::UNLIMITED },
    };
    let target = operation.row().target;
    let access = AccessRequest {
        operation,
        bucket: (target != crate::operations::TargetKind::Service).then_some("photos"),
        // The key of an upload from a form is one of its fields.
        key: (target == crate::operations::TargetKind::Object || operation == Operation::PostObject)
            .then_some(KEY),
        headers: &headers,
        query: &query,
        body: Body::Ahead,
        principal: &principal,
        grants,
        received_ms: 0,
        region: "us-east-1",
        budget: Box::leak(Box::default()),
        witness: None,
    };
    match authorize(&access, stored) {
        Ok(Permit::Whole) => Ok(true),
        Ok(Permit::Each) => Ok(authorize_each(&access, &[(KEY, query.get("versionId"))], stored).is_empty()),
        Err(error) => Err(error.code),
    }
}

fn check(stored: &Stored, who: Who, operation: Operation, expected: bool) {
    assert_eq!(may(stored, who, operation, &[], "uploadId=1"), expected, "{who:?} {operation}\n{stored:?}");
}

const EVERYBODY: &str = "\"*\"";
const EVERYTHING: &str = "\"s3:*\"";

#[test]
fn who_may_not_list_does_not_learn_what_is_missing() {
    let private = Stored::private().missing();
    check(&private, Who::Root, Operation::GetObject, true);
    check(&private, Who::Stranger, Operation::GetObject, false);
    let listed = private.clone().bucket_acl(canned("public-read"));
    check(&listed, Who::Nobody, Operation::GetObject, true);
    check(&listed, Who::Nobody, Operation::PutObject, false);
    let readable = private.clone().policy("Allow", EVERYBODY, "\"s3:GetObject\"", "");
    check(&readable, Who::Nobody, Operation::GetObject, false);
    let denied = listed.policy("Deny", EVERYBODY, "\"s3:GetObject\"", "");
    check(&denied, Who::Nobody, Operation::GetObject, false);
    // The listing that is decided on is one of this key.
    let prefix = |prefix: &str| {
        let condition = format!(",\"Condition\":{{\"StringLike\":{{\"s3:prefix\":\"{prefix}\"}}}}");
        private.clone().policy("Allow", EVERYBODY, "\"s3:ListBucket\"", &condition)
    };
    check(&prefix("cat*"), Who::Stranger, Operation::HeadObject, true);
    check(&prefix("dog*"), Who::Stranger, Operation::HeadObject, false);
}

#[test]
fn an_object_of_another_account_is_that_accounts_to_show() {
    let foreign = Stored::private().foreign();
    for operation in [Operation::GetObject, Operation::GetObjectAcl, Operation::PutObjectAcl] {
        check(&foreign, Who::Stranger, operation, true);
        check(&foreign, Who::Root, operation, false);
        let allowed = foreign.clone().policy("Allow", EVERYBODY, EVERYTHING, "");
        check(&allowed, Who::Nobody, operation, false);
        let denied = foreign.clone().policy("Deny", EVERYBODY, EVERYTHING, "");
        check(&denied, Who::Stranger, operation, false);
    }
    check(&foreign, Who::Root, Operation::DeleteObject, true);
    check(&foreign, Who::Stranger, Operation::DeleteObject, false);
    let parties = Parties { owner: STRANGER, bucket_owner: Some(OWNER) };
    let shown = foreign.clone().object_acl(Canned::PublicRead.expand(parties));
    check(&shown, Who::Root, Operation::GetObject, true);
    let ignored = shown.change(|bucket| bucket.public_access.ignore_public_acls = true);
    check(&ignored, Who::Root, Operation::GetObject, false);
}

#[test]
fn who_began_an_upload_may_see_and_end_it() {
    let stored = Stored { initiator: Some(STRANGER), ..Stored::private() };
    for operation in [Operation::ListParts, Operation::AbortMultipartUpload] {
        check(&stored, Who::Stranger, operation, true);
        check(&stored, Who::Root, operation, true);
        check(&stored, Who::Nobody, operation, false);
        let anonymous = Stored { initiator: Some(Account::ANONYMOUS), ..stored.clone() };
        check(&anonymous, Who::Nobody, operation, true);
        check(&anonymous, Who::Stranger, operation, false);
        assert!(!may(&stored, Who::Stranger, operation, &[], "uploadId=2"), "{operation}");
    }
}

#[test]
fn a_copy_takes_a_right_on_its_source() {
    let copy = |stored: &Stored, source: &str| {
        let headers = [("x-amz-copy-source", source)];
        may(stored, Who::Stranger, Operation::CopyObject, &headers, "")
    };
    let mut stored = Stored::private();
    let secrets = Bucket { name: "secrets".to_owned(), ..stored.buckets["photos"].clone() };
    stored.buckets.insert("secrets", secrets);
    let stored = stored.bucket_acl(granted_to_stranger(Permission::Write));
    assert!(!copy(&stored, "secrets/cat.jpg"), "the object is private");
    let shown = stored.clone().object_acl(canned("authenticated-read"));
    assert!(copy(&shown, "secrets/cat.jpg"));
    assert!(!copy(&shown, "secrets/dog.jpg"), "there is none, and that is not the stranger's to know");
    assert!(copy(&shown, "nowhere/cat.jpg"), "that there is no such bucket is told by the copy");
    let tagged = Stored { tags: vec![("kind".to_owned(), "secret".to_owned())], ..shown.clone() };
    assert!(!copy(&tagged, "secrets/cat.jpg"), "who may read an object may not read its tags");
    let replaced = [("x-amz-copy-source", "secrets/cat.jpg"), ("x-amz-tagging-directive", "REPLACE")];
    assert!(may(&tagged, Who::Stranger, Operation::CopyObject, &replaced, ""));
    assert!(may(&tagged, Who::Root, Operation::CopyObject, &replaced[..1], ""));
    let current = shown.policy("Deny", EVERYBODY, "\"s3:GetObjectVersion\"", "");
    assert!(copy(&current, "photos/cat.jpg") && !copy(&current, "photos/cat.jpg?versionId=1"));
}

#[test]
fn objects_that_a_body_names_are_decided_on_one_by_one() {
    let condition = ",\"Condition\":{\"StringEquals\":{\"s3:VersionId\":\"1\"}}";
    let stored = Stored::private().policy("Allow", EVERYBODY, "\"s3:DeleteObjectVersion\"", condition);
    let delete = |query| may(&stored, Who::Nobody, Operation::DeleteObjects, &[], query);
    assert!(delete("versionId=1"));
    assert!(!delete("versionId=2") && !delete(""));
    let bypass = [("x-amz-bypass-governance-retention", "true")];
    assert!(!may(&stored, Who::Nobody, Operation::DeleteObject, &bypass, "versionId=1"));
    assert!(!may(&stored, Who::Nobody, Operation::DeleteObjects, &bypass, "versionId=1"));
}

#[test]
fn a_bypass_of_governance_is_decided_on_for_the_key_whatever_is_stored_there() {
    let bypass = [("x-amz-bypass-governance-retention", "true")];
    let deletes = |stored: &Stored| may(stored, Who::Stranger, Operation::DeleteObject, &bypass, "");
    let both = "[\"s3:DeleteObject\",\"s3:BypassGovernanceRetention\"]";
    for stored in [Stored::private(), Stored::private().foreign(), Stored::private().missing()] {
        assert!(deletes(&stored.clone().policy("Allow", EVERYBODY, both, "")), "{stored:?}");
        assert!(!deletes(&stored.policy("Allow", EVERYBODY, "\"s3:DeleteObject\"", "")));
    }
}

#[test]
fn what_one_writes_one_may_share_unless_that_is_denied() {
    let write = |stored: &Stored, headers| may(stored, Who::Stranger, Operation::PutObject, headers, "");
    let canned_acl: &[(&str, &str)] = &[("x-amz-acl", "public-read")];
    let grants: &[(&str, &str)] = &[("x-amz-grant-read", "id=1")];
    let by_acl = Stored::private().bucket_acl(granted_to_stranger(Permission::Write));
    let by_policy = Stored::private().policy("Allow", EVERYBODY, "\"s3:PutObject\"", "");
    for stored in [&by_acl, &by_policy] {
        assert!(write(stored, &[]) && write(stored, canned_acl) && write(stored, grants));
        assert!(!write(stored, &[("x-amz-tagging", "a=b")]), "tags take a permission of their own");
    }
    let denied = by_acl.policy("Deny", EVERYBODY, "\"s3:PutObjectAcl\"", "");
    assert!(write(&denied, &[]) && !write(&denied, canned_acl) && !write(&denied, grants));
}

#[test]
fn a_policy_binds_the_owner_but_for_the_policy_itself() {
    let denied = Stored::private().policy("Deny", EVERYBODY, EVERYTHING, "");
    check(&denied, Who::Root, Operation::GetObject, false);
    check(&denied, Who::Root, Operation::GetBucketPolicyStatus, false);
    for operation in [Operation::GetBucketPolicy, Operation::PutBucketPolicy, Operation::DeleteBucketPolicy] {
        check(&denied, Who::Root, operation, true);
        check(&denied, Who::User, operation, false);
        check(&denied, Who::Stranger, operation, false);
    }
}

#[test]
fn conditions_see_the_connection_and_the_object() {
    let allow = |condition: &str| {
        Stored::private().policy(
            "Allow",
            EVERYBODY,
            "\"s3:GetObject\"",
            &format!(",\"Condition\":{condition}"),
        )
    };
    check(
        &allow("{\"IpAddress\":{\"aws:SourceIp\":\"192.0.2.0/24\"}}"),
        Who::Nobody,
        Operation::GetObject,
        true,
    );
    check(
        &allow("{\"IpAddress\":{\"aws:SourceIp\":\"10.0.0.0/8\"}}"),
        Who::Nobody,
        Operation::GetObject,
        false,
    );
    check(&allow("{\"Bool\":{\"aws:SecureTransport\":\"true\"}}"), Who::Nobody, Operation::GetObject, false);
    let mut tagged = allow("{\"StringEquals\":{\"s3:ExistingObjectTag/kind\":\"public\"}}");
    check(&tagged, Who::Nobody, Operation::GetObject, false);
    tagged.tags = vec![("kind".to_owned(), "public".to_owned())];
    check(&tagged, Who::Nobody, Operation::GetObject, true);
}

#[test]
fn what_concerns_no_bucket_takes_an_account() {
    for operation in [Operation::ListBuckets, Operation::CreateBucket, Operation::StsGetCallerIdentity] {
        check(&Stored::private(), Who::Stranger, operation, true);
        check(&Stored::private(), Who::User, operation, true);
        check(&Stored::private(), Who::Nobody, operation, false);
    }
}

#[test]
fn an_endpoint_limits_everybody() {
    let open = Stored::private().policy("Allow", EVERYBODY, EVERYTHING, "");
    let through = |effect, actions| {
        let endpoint = limit(Kind::Endpoint, effect, actions);
        Stored { limits: Limits { endpoint, ..Limits::default() }, ..open.clone() }
    };
    for who in [Who::Root, Who::User, Who::Session, Who::Stranger, Who::Nobody] {
        check(&through("Allow", "\"*\""), who, Operation::GetObject, true);
        check(&through("Allow", "\"s3:GetObject\""), who, Operation::GetObject, true);
        check(&through("Allow", "\"s3:GetObject\""), who, Operation::PutObject, false);
        check(&through("Deny", "\"s3:GetObject\""), who, Operation::GetObject, false);
    }
    // The endpoint does not exempt the root user of the owner, who can still change the bucket's
    // policy in another way.
    check(&through("Allow", "\"s3:GetObject\""), Who::Root, Operation::PutBucketPolicy, false);
    check(&through("Allow", "\"s3:GetObject\""), Who::Root, Operation::ListBuckets, false);
    // The same holds for an object of another account.
    let foreign = Stored { objects: open.clone().foreign().objects, ..through("Deny", "\"s3:GetObject\"") };
    check(&foreign, Who::Stranger, Operation::GetObject, false);
    // The policy of the endpoint allows nothing by itself.
    let closed = Stored { limits: through("Allow", "\"*\"").limits, ..Stored::private() };
    check(&closed, Who::Stranger, Operation::GetObject, false);
    check(&closed, Who::Nobody, Operation::GetObject, false);
}

#[test]
fn conditions_see_the_endpoint() {
    let deny = |condition: &str| {
        let condition = format!(",\"Condition\":{condition}");
        Stored::private().policy("Deny", EVERYBODY, EVERYTHING, &condition)
    };
    let through = |stored: &Stored| Stored { endpoint: Some(("vpce-1", "vpc-1")), ..stored.clone() };
    let elsewhere = deny("{\"StringNotEquals\":{\"aws:SourceVpce\":\"vpce-1\"}}");
    check(&elsewhere, Who::Root, Operation::GetObject, false);
    check(&through(&elsewhere), Who::Root, Operation::GetObject, true);
    let other = deny("{\"StringEquals\":{\"aws:SourceVpc\":\"vpc-1\"}}");
    check(&other, Who::Root, Operation::GetObject, true);
    check(&through(&other), Who::Root, Operation::GetObject, false);
    // The address is in the private network then, and has another key.
    let address = deny("{\"IpAddress\":{\"aws:SourceIp\":\"192.0.2.7\"}}");
    check(&address, Who::Root, Operation::GetObject, false);
    check(&through(&address), Who::Root, Operation::GetObject, true);
    let private = deny("{\"IpAddress\":{\"aws:VpcSourceIp\":\"192.0.2.7\"}}");
    check(&private, Who::Root, Operation::GetObject, true);
    check(&through(&private), Who::Root, Operation::GetObject, false);
}

#[test]
fn who_asks_pays_only_where_they_say_so() {
    let open = Stored::private().policy("Allow", EVERYBODY, EVERYTHING, "").object_acl(canned("public-read"));
    let stored = open.change(|bucket| bucket.payer = Payer::Requester);
    let payer: &[(&str, &str)] = &[("x-amz-request-payer", "requester")];
    for operation in [Operation::GetObject, Operation::PutObject, Operation::ListObjectsV2] {
        for who in [Who::Root, Who::User] {
            assert!(may(&stored, who, operation, &[], ""), "{who:?} {operation}");
        }
        assert!(!may(&stored, Who::Stranger, operation, &[], ""), "{operation}");
        assert!(may(&stored, Who::Stranger, operation, payer, ""), "{operation}");
        assert!(may(&stored, Who::Stranger, operation, &[], "x-amz-request-payer=requester"), "{operation}");
        assert!(!may(&stored, Who::Nobody, operation, payer, ""), "{operation}");
    }
    // To pay allows nothing by itself.
    let closed = Stored::private().change(|bucket| bucket.payer = Payer::Requester);
    assert!(!may(&closed, Who::Stranger, Operation::GetObject, payer, ""));
    // The source of a copy is decided on as well.
    let copy = |headers: &[(&str, &str)]| {
        let mut both = stored.clone();
        let own = Bucket { name: "own".to_owned(), owner: OWNER, ..both.buckets["photos"].clone() };
        both.buckets.insert("own", own);
        both = both.change(|bucket| bucket.payer = Payer::BucketOwner);
        let headers: Vec<_> = [("x-amz-copy-source", "own/cat.jpg")].iter().chain(headers).copied().collect();
        may(&both, Who::Stranger, Operation::CopyObject, &headers, "")
    };
    assert!(!copy(&[]) && copy(payer));
}

#[test]
fn the_settings_of_an_account_are_its_own() {
    let put = |who, account: &str, limits: Limits| {
        let stored = Stored { limits, ..Stored::private() };
        may(&stored, who, Operation::PutAccountPublicAccessBlock, &[("x-amz-account-id", account)], "")
    };
    let (own, other) = (OWNER.to_string(), STRANGER.to_string());
    assert!(put(Who::Root, &own, Limits::default()) && put(Who::Stranger, &other, Limits::default()));
    for account in [&other, "", "111122223333,444455556666"] {
        assert!(!put(Who::Root, account, Limits::default()), "{account}");
    }
    assert!(!put(Who::Nobody, &own, Limits::default()) && !put(Who::Nobody, "", Limits::default()));
    assert!(!put(Who::Member, &own, Limits::default()), "it takes a permission");
    let allowed = |actions| Limits { identity: limit(Kind::Identity, "Allow", actions), ..Limits::default() };
    assert!(put(Who::Member, &own, allowed("\"s3:PutAccountPublicAccessBlock\"")));
    assert!(!put(Who::Member, &own, allowed("\"s3:PutBucketPublicAccessBlock\"")));
}
