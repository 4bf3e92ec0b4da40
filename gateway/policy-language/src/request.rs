//! What is decided on: a principal, an action, a resource, and the circumstances.

use super::actions;
use super::budget::Budget;
use super::context::{Context, Known};
use super::keys::KeyId;
use super::memory::Memory;
use super::pattern::Arn;
use std::borrow::Cow;

/// What kind of principal makes the request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PrincipalKind {
    /// `anonymous`: the request carries no credentials.
    Anonymous,
    /// The root user of an account.
    Root,
    /// An IAM user.
    User,
    /// A session of a role.
    AssumedRole,
    /// A session that `GetFederationToken` gave.
    FederatedUser,
    /// The holder of a token of a web identity provider, before a role is assumed.
    WebIdentity,
    /// A service of the server itself, such as the one that delivers logs.
    Service,
}

/// How a request is signed. Only a signature that was verified counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Signature {
    /// Where the signature stands.
    pub auth_type: AuthType,
    /// Of which version it is.
    pub version: SignatureVersion,
    /// When it was made, in milliseconds since 1970; only for signatures that are made in advance.
    pub signed_ms: Option<u64>,
}

/// Where a signature stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AuthType {
    /// In the header `Authorization`.
    Header,
    /// In the query of a presigned URL.
    Query,
    /// In the fields of a form.
    Form,
}

/// Of which version a signature is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SignatureVersion {
    /// Signature Version 2.
    V2,
    /// Signature Version 4.
    V4,
}

/// The principal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Principal<'a> {
    /// What kind of principal it is.
    pub kind: PrincipalKind,
    /// The account, 12 digits; empty without one.
    pub account: &'a str,
    /// The canonical id of the account.
    pub canonical_id: &'a str,
    /// `arn:aws:iam::111122223333:user/alice`, or `…:assumed-role/ROLE/SESSION`, or `…:root`. The
    /// provider of a web identity; the name of a service, `logging.s3.amazonaws.com`. Empty for
    /// `anonymous`.
    pub arn: &'a str,
    /// What `aws:userid` is: `AIDA…`, `AROA…:SESSION`, or the account for its root user. May be
    /// empty.
    pub unique_id: &'a str,
    /// The friendly name of an IAM user; empty for everybody else.
    pub user_name: &'a str,
    /// What a session is of: the ARN of the role, or of the user who federated.
    pub issuer_arn: Option<&'a str>,
}

impl<'a> Principal<'a> {
    /// `anonymous`.
    pub const ANONYMOUS: Principal<'static> = Principal {
        kind: PrincipalKind::Anonymous,
        account: "",
        canonical_id: "",
        arn: "",
        unique_id: "",
        user_name: "",
        issuer_arn: None,
    };

    /// The root user of an account, or one of its users when `user_name` is not empty. `arn` is
    /// what [`identity_arn`] says of the two.
    pub fn of_account(
        account: &'a str,
        canonical_id: &'a str,
        user_name: &'a str,
        arn: &'a str,
    ) -> Principal<'a> {
        let is_root = user_name.is_empty();
        Principal {
            kind: if is_root { PrincipalKind::Root } else { PrincipalKind::User },
            account,
            canonical_id,
            arn,
            unique_id: if is_root { account } else { "" },
            user_name,
            issuer_arn: None,
        }
    }

    /// The ARN that `aws:PrincipalArn` compares: for a session of a role, that of the role.
    fn principal_arn(&self) -> &'a str {
        match (self.kind, self.issuer_arn) {
            (PrincipalKind::AssumedRole, Some(role)) => role,
            _ => self.arn,
        }
    }

    /// Whether it belongs to an account, and so may have policies of its own.
    pub fn has_account(&self) -> bool {
        match self.kind {
            PrincipalKind::Root
            | PrincipalKind::User
            | PrincipalKind::AssumedRole
            | PrincipalKind::FederatedUser => true,
            PrincipalKind::Anonymous | PrincipalKind::WebIdentity | PrincipalKind::Service => false,
        }
    }

    /// The value of a condition key that is about the principal itself; `None` for other keys.
    pub fn value(&self, key: KeyId) -> Option<Cow<'a, str>> {
        let text = |text: &'a str| (!text.is_empty()).then_some(Cow::Borrowed(text));
        match key {
            KeyId::PrincipalArn if self.has_account() => text(self.principal_arn()),
            KeyId::PrincipalAccount => text(self.account),
            KeyId::PrincipalType => text(self.type_name()),
            KeyId::UserId if self.kind == PrincipalKind::Anonymous => text("anonymous"),
            KeyId::UserId => text(self.unique_id),
            KeyId::UserName => text(self.user_name),
            KeyId::PrincipalIsAwsService => {
                Some(Cow::Borrowed(if self.kind == PrincipalKind::Service { "true" } else { "false" }))
            }
            KeyId::PrincipalServiceName if self.kind == PrincipalKind::Service => text(self.arn),
            KeyId::FederatedProvider if self.kind == PrincipalKind::WebIdentity => text(self.arn),
            _ => None,
        }
    }

    fn type_name(&self) -> &'static str {
        match self.kind {
            PrincipalKind::Anonymous => "Anonymous",
            PrincipalKind::Root => "Account",
            PrincipalKind::User => "User",
            PrincipalKind::AssumedRole => "AssumedRole",
            PrincipalKind::FederatedUser => "FederatedUser",
            PrincipalKind::WebIdentity => "FederatedUser",
            PrincipalKind::Service => "",
        }
    }
}

/// `arn:aws:iam::111122223333:root`, or `…:user/alice`.
pub fn identity_arn(account: &str, user_name: &str) -> String {
    let mut arn = String::with_capacity(32 + user_name.len());
    arn.push_str("arn:aws:iam::");
    arn.push_str(account);
    if user_name.is_empty() {
        arn.push_str(":root");
    } else {
        arn.push_str(":user/");
        arn.push_str(user_name);
    }
    arn
}

/// The ARN of a bucket or of an object: `arn:aws:s3:::photos`, `arn:aws:s3:::photos/cat.jpg`.
pub fn resource_arn(bucket: &str, key: Option<&str>) -> String {
    let mut arn = String::with_capacity(16 + bucket.len() + key.map_or(0, str::len));
    arn.push_str("arn:aws:s3:::");
    arn.push_str(bucket);
    if let Some(key) = key {
        arn.push('/');
        arn.push_str(key);
    }
    arn
}

/// The ARN of an access point: `arn:aws:s3:us-east-1:111122223333:accesspoint/reports`.
pub fn access_point_arn(region: &str, account: &str, name: &str) -> String {
    ["arn:aws:s3:", region, ":", account, ":accesspoint/", name].concat()
}

/// The ARN of an Object Lambda access point:
/// `arn:aws:s3-object-lambda:us-east-1:111122223333:accesspoint/redacted`.
pub fn object_lambda_arn(region: &str, account: &str, name: &str) -> String {
    ["arn:aws:s3-object-lambda:", region, ":", account, ":accesspoint/", name].concat()
}

/// The ARN of what an access point gives access to, by the ARN of the access point: of the bucket,
/// or of an object (`…:accesspoint/reports/object/cat.jpg`).
pub fn resource_arn_by(access_point: &str, key: Option<&str>) -> String {
    match key {
        None => access_point.to_owned(),
        Some(key) => [access_point, "/object/", key].concat(),
    }
}

/// The resource of actions that concern none in particular, such as `s3:ListAllMyBuckets`.
pub const NO_RESOURCE: &str = "arn:aws:s3:::*";

/// One action of a principal on a resource. An operation that takes several actions has a request
/// for each.
#[derive(Clone)]
pub struct Request<'a> {
    pub(crate) principal: &'a Principal<'a>,
    pub(crate) action: String,
    pub(crate) resource: Arn<'a>,
    /// Another name of the resource, which the policies of principals may mean as well.
    pub(crate) also: Option<Arn<'a>>,
    /// The number of the action, if it is one of S3's.
    pub(crate) number: Option<usize>,
    text: &'a str,
    pub(crate) context: &'a dyn Context,
    own: Budget,
    memory: Memory,
    shared: Option<&'a Budget>,
}

impl<'a> Request<'a> {
    /// `action` is `s3:GetObject`, in any case; `resource` an ARN, as [`resource_arn`] makes it.
    /// Only `*` matches a resource that is not an ARN.
    pub fn new(
        principal: &'a Principal<'a>,
        action: &str,
        resource: &'a str,
        context: &'a dyn Context,
    ) -> Request<'a> {
        let arn = Arn::parse(resource).unwrap_or(Arn::unknown(resource));
        let action = action.to_ascii_lowercase();
        let number = actions::number(&action);
        let own = Budget::default();
        let memory = Memory::default();
        Request {
            principal,
            action,
            number,
            resource: arn,
            also: None,
            text: resource,
            context,
            own,
            memory,
            shared: None,
        }
    }

    /// The same request, whose resource has another name: of what is requested by an access point,
    /// the bucket has one and the access point another. Only policies of principals see both names.
    /// The policies of resources and endpoints see the first.
    #[must_use]
    pub fn also_named(self, other: Option<&'a str>) -> Request<'a> {
        Request { also: other.and_then(Arn::parse), ..self }
    }

    /// The same request, with a budget that several requests share. Without this call a request has
    /// a budget of its own.
    #[must_use]
    pub fn within(self, budget: &'a Budget) -> Request<'a> {
        Request { shared: Some(budget), ..self }
    }

    /// What is left of the steps.
    pub fn budget(&self) -> &Budget {
        self.shared.unwrap_or(&self.own)
    }

    /// What is known.
    pub(crate) fn known(&self) -> Known<'_> {
        Known { context: self.context, budget: self.budget(), memory: &self.memory }
    }

    /// The same for another action.
    #[must_use]
    pub fn action(&self, action: &str) -> Request<'a> {
        let action = action.to_ascii_lowercase();
        Request { number: actions::number(&action), action, ..self.clone() }
    }

    /// The principal.
    pub fn principal(&self) -> &'a Principal<'a> {
        self.principal
    }

    /// The resource, as it was given.
    pub fn resource(&self) -> &'a str {
        self.text
    }
}

impl std::fmt::Debug for Request<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Request")
            .field("principal", self.principal)
            .field("action", &self.action)
            .field("resource", &self.resource)
            .finish_non_exhaustive()
    }
}
