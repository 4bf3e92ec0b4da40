//! What "public" means for the policy of a bucket.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html>,
//! "The meaning of public": a policy is public unless each grant is to fixed principals, or has a
//! condition on fixed values of a key that says where a request comes from.

use super::condition::Condition;
use super::document::{Policy, Statement};
use super::keys::KeyId;
use super::kind::Effect;
use super::principal::PrincipalPattern;

/// Whether a bucket policy is public.
pub fn is_public(policy: &Policy) -> bool {
    policy.is_public
}

/// Whether a statement grants something to the public.
pub(crate) fn grants_publicly(statement: &Statement) -> bool {
    statement.effect == Effect::Allow
        && names_the_public(statement)
        && !statement.conditions.iter().any(confines)
}

/// Whether anybody may be meant: everybody, or everybody with an account at an identity provider.
fn names_the_public(statement: &Statement) -> bool {
    let Some(principals) = &statement.principals else { return false };
    principals.is_everyone()
        || principals.named.iter().any(|named| matches!(named, PrincipalPattern::Federated(_)))
}

/// Whether a condition holds only for requests of a fixed origin.
fn confines(condition: &Condition) -> bool {
    match condition.key.id() {
        KeyId::SourceIp | KeyId::VpcSourceIp => condition.confines_addresses(),
        KeyId::SourceArn
        | KeyId::SourceVpc
        | KeyId::SourceVpcArn
        | KeyId::SourceVpce
        | KeyId::SourceOwner
        | KeyId::SourceAccount
        | KeyId::SourceOrgId
        | KeyId::PrincipalArn
        | KeyId::PrincipalAccount
        | KeyId::PrincipalOrgId
        | KeyId::PrincipalServiceName
        | KeyId::VpceAccount
        | KeyId::VpceOrgId
        | KeyId::SseKmsKeyId
        | KeyId::KmsCallerAccount
        | KeyId::DataAccessPointAccount => condition.confines(|_, is_open| !is_open),
        KeyId::UserId => condition.confines(|text, is_open| {
            (!is_open && !text.eq_ignore_ascii_case(NOBODY)) || is_session_of_role(text)
        }),
        KeyId::DataAccessPointArn => condition.confines(|text, is_open| !is_open || is_of_account(text)),
        _ => false,
    }
}

/// The `aws:userid` of requests that are not signed.
const NOBODY: &str = "anonymous";

/// `AROA…:*`: any session of one role.
fn is_session_of_role(text: &str) -> bool {
    let role = text.split_once(':').map(|(role, _)| role);
    role.is_some_and(|role| role.starts_with("AROA") && role.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

/// `arn:aws:s3:us-west-2:123456789012:accesspoint/*`: any access point of one account.
fn is_of_account(text: &str) -> bool {
    let account = text.split(':').nth(4);
    account.is_some_and(|account| account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests;
