//! Decisions in a world in memory.

mod each;
mod grants;
mod object_lambda;
mod questions;
mod services;
mod sides;
mod unknown;

use std::cell::{Cell, RefCell};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use gateway::bucket::public_access_block::PublicAccessBlock;
use gateway::errors::ErrorCode;
use sdk::bindings::guest::portcullis::gateway::access;
use sdk::bindings::guest::portcullis::gateway::calls::Endpoint;
use sdk::bindings::policy::portcullis::gateway::resources::{BucketAccess, ObjectAccess};
use sdk::{Identity, IdentityKind, Owner, Principal, Session, Target};

use crate::authorize::authorize;
use crate::host::identities::{OwnPolicies, Source};
use crate::host::memory::{Call, NOW_MS, change};

/// The account that owns the bucket `photos`.
const OWNER: &str = "111122223333";
/// Another account.
const STRANGER: &str = "444455556666";
/// Statements about everything, on the side of the principal and on that of the bucket.
const ALLOW: &str = r#"{"Effect":"Allow","Action":"s3:*","Resource":"*"}"#;
const ALLOW_EVERYBODY: &str = r#"{"Effect":"Allow","Principal":"*","Action":"s3:*",
    "Resource":["arn:aws:s3:::photos","arn:aws:s3:::photos/*"]}"#;
/// Operations, and their request lines.
const GET: (&str, &str) = ("GetObject", "GET /photos/cat.jpg");
const PUT: (&str, &str) = ("PutObject", "PUT /photos/cat.jpg");
const LIST: (&str, &str) = ("ListObjectsV2", "GET /photos?list-type=2");

fn document(statements: &[&str]) -> String {
    format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, statements.join(","))
}

fn authenticated(kind: IdentityKind, account: &str, user: &str) -> Principal {
    let arn = match kind {
        IdentityKind::Root => format!("arn:aws:iam::{account}:root"),
        IdentityKind::AssumedRole => format!("arn:aws:sts::{account}:assumed-role/{user}/now"),
        IdentityKind::FederatedUser => format!("arn:aws:sts::{account}:federated-user/{user}"),
        IdentityKind::ConfiguredUser | IdentityKind::User => format!("arn:aws:iam::{account}:user/{user}"),
    };
    Principal::Authenticated(Identity {
        kind,
        account: account.to_owned(),
        canonical_id: String::new(),
        display_name: String::new(),
        user: user.to_owned(),
        unique_id: if kind == IdentityKind::Root { account } else { user }.to_owned(),
        arn,
        access_key_id: String::new(),
    })
}

fn root(account: &str) -> Principal {
    authenticated(IdentityKind::Root, account, "")
}

/// A user of IAM, whose unique id is its name.
fn user(account: &str, name: &str) -> Principal {
    authenticated(IdentityKind::User, account, name)
}

/// A call about `photos`, on which more than ownership decides.
fn call((operation, line): (&str, &str), principal: Principal) -> Call {
    let path = line.split([' ', '?']).nth(1).unwrap();
    let mut parts = path.trim_start_matches('/').splitn(2, '/').filter(|part| !part.is_empty());
    let target = Target {
        operation: operation.to_owned(),
        bucket: parts.next().map(str::to_owned),
        key: parts.next().map(str::to_owned),
    };
    Call {
        head: format!("{line}\nhost: h\n"),
        owner: target.bucket.is_some().then(|| Owner { account: OWNER.to_owned(), guarded: true }),
        target,
        principal,
        session: None,
        signature: None,
        form: None,
        needed_access: None,
        named: Vec::new(),
        access_point: None,
        source_access_point: None,
        object_lambda: None,
        endpoint: None,
        endpoint_policy: None,
        decision: Cell::default(),
        refused: RefCell::default(),
    }
}

impl Call {
    fn with_header(mut self, line: &str) -> Call {
        self.head.push_str(line);
        self.head.push('\n');
        self
    }

    /// As the session of a role or of a user.
    fn in_session(mut self, session: Session) -> Call {
        self.session = Some(session);
        self
    }

    fn through_endpoint(mut self, policy: Option<&str>) -> Call {
        let number = policy.map(hash);
        self.endpoint = Some(Endpoint { id: "vpce-1".to_owned(), network: None, policy: number });
        self.endpoint_policy = policy.map(str::to_owned);
        self
    }
}

/// The session of the role or user `issuer`.
fn session(kind: IdentityKind, issuer: &str) -> Session {
    Session {
        issuer_kind: kind,
        issuer_arn: format!("arn:aws:iam::{OWNER}:role/{issuer}"),
        issuer_id: issuer.to_owned(),
        parent_key_id: String::new(),
        policies: Vec::new(),
        policy_arns: Vec::new(),
        tags: Vec::new(),
        transitive_tags: Vec::new(),
        source_identity: None,
        multi_factor: false,
        issued_ms: NOW_MS - 60_000,
        expires_ms: NOW_MS + 60_000,
        context: Vec::new(),
    }
}

/// A number that stands for a text: another text has another one.
fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

fn grant(grantee: access::Grantee, permission: access::Permission) -> access::Grant {
    access::Grant { grantee, permission }
}

fn account(account: &str) -> access::Grantee {
    access::Grantee::Account(account.to_owned())
}

/// Stores the bucket `photos` with the object `cat.jpg`. Both are private; ACLs count, and nothing
/// is blocked.
fn photos(with: impl FnOnce(&mut BucketAccess)) {
    let own = || vec![grant(account(OWNER), access::Permission::FullControl)];
    let mut bucket = BucketAccess {
        owner: OWNER.to_owned(),
        ownership: access::ObjectOwnership::ObjectWriter,
        public_access: PublicAccessBlock::default().into(),
        account_public_access: PublicAccessBlock::default().into(),
        acl: own(),
        policy: None,
        payer: access::Payer::BucketOwner,
    };
    with(&mut bucket);
    let cat = ObjectAccess { owner: OWNER.to_owned(), acl: own() };
    change(|world| {
        world.buckets.insert("photos".to_owned(), bucket);
        world.objects.insert("cat.jpg".to_owned(), cat);
    });
}

/// Changes what is stored of `photos`.
fn bucket(with: impl FnOnce(&mut BucketAccess)) {
    change(|world| with(world.buckets.get_mut("photos").unwrap()));
}

/// Changes what is stored of `cat.jpg`.
fn object(with: impl FnOnce(&mut ObjectAccess)) {
    change(|world| with(world.objects.get_mut("cat.jpg").unwrap()));
}

/// Gives `photos` a policy.
fn bucket_policy(text: &str) {
    bucket(|bucket| bucket.policy = Some(hash(text)));
    change(|world| world.bucket_policies.insert("photos".to_owned(), text.to_owned()));
}

/// What IAM calls a policy.
fn source(text: &str) -> Source {
    change(|world| world.texts.insert(text.to_owned(), text.to_owned()));
    Source { label: "own".to_owned(), id: text.to_owned() }
}

/// Gives a user or a role its policies, by its unique id.
fn identity(unique_id: &str, documents: &[&str]) {
    let policies = documents.iter().map(|text| source(text)).collect();
    let own = OwnPolicies { policies, boundary: None, tags: Vec::new() };
    change(|world| world.permissions.insert(unique_id.to_owned(), Ok(own)));
}

/// Changes what a user or a role has.
fn own(unique_id: &str, with: impl FnOnce(&mut OwnPolicies)) {
    change(|world| with(world.permissions.get_mut(unique_id).unwrap().as_mut().unwrap()));
}

/// Limits a user or a role.
fn boundary(unique_id: &str, text: &str) {
    let limit = source(text);
    own(unique_id, |own| own.boundary = Some(limit));
}

/// Whether a call is allowed; a refusal is `AccessDenied`, and sets no decision.
fn may(call: &Call) -> bool {
    match authorize(call) {
        Ok(()) => call.decision.get().is_some(),
        Err(error) => {
            assert_eq!((error.code, call.decision.get()), (ErrorCode::AccessDenied, None), "{call:?}");
            false
        }
    }
}

#[track_caller]
fn check(asked: (&str, &str), principal: &Principal, expected: bool) {
    assert_eq!(may(&call(asked, principal.clone())), expected, "{asked:?} {principal:?}");
}
