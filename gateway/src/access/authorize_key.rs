//! May the principal use a master key: what its policy says, together with the policies of the
//! principal.
//!
//! <https://docs.aws.amazon.com/kms/latest/developerguide/policy-evaluation.html>. S3 uses the key
//! on behalf of the principal that reads or writes an object. It uses the principal's rights, but
//! not its address: a condition on `aws:SourceIp` or on an endpoint does not hold here, and
//! `aws:ViaAWSService` does
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/access_forward_access_sessions.html>).

use super::condition_keys::TAGS_COST;
use super::request::Grants;
use super::witness::{Decided, Witness};
use crate::errors::{ErrorCode, Result, S3Error};
use crate::policy::{
    Budget, Context, Key, KeyId, Kind, LOOKUP_COST, Layer, MalformedPolicy, Outcome, Policies, Policy,
    Principal, Reason, Request, Source, Values, decide,
};
use crate::sse::master_key_name;
use crate::timestamp;
use std::borrow::Cow;

/// What a key is used for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KeyUse {
    /// To write: a data key is made.
    Generate,
    /// To read: a data key is unwrapped. Parts of uploads use it too, because the upload has its
    /// data key already.
    Decrypt,
}

impl KeyUse {
    /// The action that it takes.
    pub fn action(self) -> &'static str {
        match self {
            KeyUse::Generate => "kms:GenerateDataKey",
            KeyUse::Decrypt => "kms:Decrypt",
        }
    }

    /// The use that takes this action.
    pub fn parse(action: &str) -> Option<KeyUse> {
        [KeyUse::Generate, KeyUse::Decrypt].into_iter().find(|own| own.action() == action)
    }
}

/// A master key: what decides on who may use it.
#[derive(Clone, Copy, Debug)]
pub struct MasterKey<'a> {
    /// `arn:aws:kms:us-east-1:111122223333:key/ID`
    pub arn: &'a str,
    /// The account that owns it: 12 digits.
    pub account: &'a str,
    /// `alias/photos`
    pub aliases: &'a [String],
    /// Whether it can be used at all.
    pub enabled: bool,
    /// Its policy.
    pub policy: &'a Policy,
}

/// The policy of a key that was configured without one: the account's own policies decide.
/// <https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html>
pub fn default_policy(account: &str) -> std::result::Result<Policy, MalformedPolicy> {
    Policy::parse(
        Kind::Key,
        &format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Sid":"Enable IAM User Permissions","Effect":"Allow",
                "Principal":{{"AWS":"arn:aws:iam::{account}:root"}},"Action":"kms:*","Resource":"*"}}}}"#
        ),
    )
}

/// The policy of the `aws_managed` key: every principal of the account may use it, through S3.
/// <https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#aws-managed-key>
pub fn aws_managed_policy(account: &str, region: &str) -> std::result::Result<Policy, MalformedPolicy> {
    Policy::parse(
        Kind::Key,
        &format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Sid":"Allow access through S3 for all principals in the account",
                "Effect":"Allow","Principal":{{"AWS":"*"}},
                "Action":["kms:Encrypt","kms:Decrypt","kms:ReEncrypt*","kms:GenerateDataKey*","kms:DescribeKey"],
                "Resource":"*","Condition":{{"StringEquals":
                {{"kms:CallerAccount":"{account}","kms:ViaService":"{}"}}}}}}}}"#,
            via_service(region)
        ),
    )
}

/// The name of S3 as a service that acts for a principal.
fn via_service(region: &str) -> String {
    format!("s3.{region}.amazonaws.com")
}

/// A request for the use of a key.
#[derive(Clone, Copy)]
pub struct KeyRequest<'a> {
    /// What it is used for.
    pub usage: KeyUse,
    /// The key; `None` where there is none with this ARN.
    pub key: Option<MasterKey<'a>>,
    /// The name of the key as it was given, or as it is stored.
    pub name: &'a str,
    /// What the data key is bound to: (`aws:s3:arn`, `arn:aws:s3:::photos/cat.jpg`).
    pub encryption_context: &'a [(String, String)],
    /// The principal.
    pub principal: &'a Principal<'a>,
    /// What its account lets it do.
    pub grants: Grants<'a>,
    /// When the request arrived, in milliseconds since 1970.
    pub received_ms: u64,
    /// The region of the server.
    pub region: &'a str,
    /// What else is known of the principal.
    pub of_principal: &'a dyn OfPrincipal,
    /// The steps that the decision may take.
    pub budget: &'a Budget,
    /// Is told of the decision.
    pub witness: Option<&'a dyn Witness>,
}

impl std::fmt::Debug for KeyRequest<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("KeyRequest").field("usage", &self.usage).finish_non_exhaustive()
    }
}

/// What is known of the principal, besides its name. It is read only when a condition needs it.
pub trait OfPrincipal {
    /// The tags of the principal and of its session.
    fn tags(&self) -> Vec<(String, String)>;
    /// The value that the session has for a condition key.
    fn of_session(&self, key: &Key) -> Option<Values<'_>>;
}

/// Decides on the use of a key, and returns the ARN of the key.
///
/// `InvalidArgument` without credentials, `KMS.NotFoundException`, `AccessDenied` in the words of
/// AWS, and `KMS.DisabledException` for those who may use it.
pub fn authorize_key(key_request: &KeyRequest<'_>) -> Result<String> {
    let principal = key_request.principal;
    if !principal.has_account() {
        return Err(needs_version4());
    }
    let Some(key) = key_request.key else {
        let of_others = master_key_name::KeyArn::parse(key_request.name)
            .is_some_and(|arn| arn.account != principal.account);
        // A principal of another account must not learn which keys the account has.
        return Err(match of_others {
            true => denied(key_request, None),
            false => master_key_name::not_found(key_request.name, principal.account, key_request.region),
        });
    };
    let context = KeyContext { key_request, key: &key };
    let request =
        Request::new(principal, key_request.usage.action(), key.arn, &context).within(key_request.budget);
    let policies = Policies {
        owner: Some(key.account),
        resource: Some(Source { label: key.arn, policy: key.policy }),
        // The endpoint took the request to S3. The request that S3 makes comes through none.
        endpoint: None,
        ..key_request.grants.policies()
    };
    let decision = decide(&request, &policies);
    if let Some(witness) = key_request.witness {
        let action = key_request.usage.action();
        witness.decided(&Decided { action, request: &request, policies: &policies, decision, bucket: None });
    }
    if decision.reason == Reason::Exhausted {
        return Err(denied(key_request, None));
    }
    if !decision.is_allowed() {
        let layer = layer_of(decision.reason);
        let may_learn = key.account == principal.account || layer != Layer::Resource;
        let why = may_learn.then(|| (key.arn, why(key_request, decision.outcome, layer)));
        return Err(denied(key_request, why));
    }
    // Last, so that only a principal that may use the key learns that it is disabled.
    match key.enabled {
        true => Ok(key.arn.to_owned()),
        false => Err(master_key_name::disabled(key.arn)),
    }
}

/// What S3 says to requests that are not signed, or signed by Version 2:
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/specifying-kms-encryption.html>
pub fn needs_version4() -> S3Error {
    S3Error::new(ErrorCode::InvalidArgument)
        .message(
            "Requests specifying Server Side Encryption with AWS KMS managed keys require AWS Signature Version 4.",
        )
        .detail("ArgumentName", "Authorization")
        .detail("ArgumentValue", "null")
}

/// `why` is the ARN of the key and the reason, for a principal that may learn it: one of the key's
/// account, or one whose own account does not allow it.
fn denied(key_request: &KeyRequest<'_>, why: Option<(&str, String)>) -> S3Error {
    let (who, action) = (key_request.principal.arn, key_request.usage.action());
    let what = match why {
        Some((arn, why)) => format!("resource: {arn} {why}"),
        None => "this resource because the resource does not exist in this Region, no resource-based policies allow \
              access, or a resource-based policy explicitly denies access"
            .to_owned(),
    };
    S3Error::new(ErrorCode::AccessDenied)
        .message(format!("User: {who} is not authorized to perform: {action} on {what}"))
}

/// The layer that decided against a request.
fn layer_of(reason: Reason<'_>) -> Layer {
    match reason {
        Reason::Statement { layer, .. } | Reason::Nothing(layer) => layer,
        Reason::Owner | Reason::Unlimited | Reason::Acl | Reason::Exhausted => Layer::Resource,
    }
}

/// The reason as AWS puts it. It never says which statement decided.
fn why(key_request: &KeyRequest<'_>, outcome: Outcome, layer: Layer) -> String {
    match outcome {
        Outcome::ExplicitDeny => format!("with an explicit deny in {}", layer.a_policy()),
        _ => format!("because no {} allows the {} action", layer.policy(), key_request.usage.action()),
    }
}

/// The circumstances of the use of a key.
struct KeyContext<'a> {
    key_request: &'a KeyRequest<'a>,
    key: &'a MasterKey<'a>,
}

impl Context for KeyContext<'_> {
    fn cost(&self, key: &Key) -> usize {
        let tags = if key.id() == KeyId::PrincipalTag { TAGS_COST } else { self.key.aliases.len() };
        LOOKUP_COST + self.key_request.encryption_context.len() + tags
    }

    fn value(&self, key: &Key) -> Option<Values<'_>> {
        let id = key.id();
        if let Some(value) = self.key_request.principal.value(id) {
            return Some(Values::One(value));
        }
        let pairs = self.key_request.encryption_context;
        let many = |values: Vec<Cow<'static, str>>| (!values.is_empty()).then_some(Values::Many(values));
        Some(match id {
            KeyId::KmsViaService => Values::one(via_service(self.key_request.region)),
            KeyId::KmsCallerAccount => Values::one(self.key_request.principal.account),
            KeyId::KmsEncryptionContext => {
                let (_, value) = pairs.iter().find(|(own, _)| own.eq_ignore_ascii_case(key.tag()))?;
                Values::one(value.as_str())
            }
            KeyId::KmsEncryptionContextKeys => {
                return many(pairs.iter().map(|(own, _)| Cow::Owned(own.clone())).collect());
            }
            KeyId::KmsResourceAliases => {
                return many(self.key.aliases.iter().map(|own| Cow::Owned(own.clone())).collect());
            }
            KeyId::KmsRequestAlias => {
                let arn = master_key_name::KeyArn::parse(self.key_request.name);
                let given = arn.map_or(self.key_request.name, |arn| arn.relative);
                Values::one(Some(given).filter(|given| given.starts_with("alias/"))?)
            }
            KeyId::KmsEncryptionAlgorithm | KeyId::KmsKeySpec => Values::one("SYMMETRIC_DEFAULT"),
            KeyId::KmsKeyUsage => Values::one("ENCRYPT_DECRYPT"),
            KeyId::KmsKeyOrigin => Values::one("AWS_KMS"),
            KeyId::KmsMultiRegion => Values::one("false"),
            KeyId::CurrentTime => Values::one(timestamp::iso8601(self.key_request.received_ms)),
            KeyId::EpochTime => Values::one((self.key_request.received_ms / 1000).to_string()),
            KeyId::SecureTransport | KeyId::ViaAwsService => Values::one("true"),
            KeyId::RequestedRegion => Values::one(self.key_request.region),
            KeyId::ResourceAccount => Values::one(self.key.account),
            KeyId::PrincipalTag => {
                let tags = self.key_request.of_principal.tags();
                let (_, value) = tags.into_iter().find(|(own, _)| own.eq_ignore_ascii_case(key.tag()))?;
                Values::one(value)
            }
            _ => return self.key_request.of_principal.of_session(key),
        })
    }
}

#[cfg(test)]
mod tests;
