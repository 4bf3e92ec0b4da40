//! Plans how the object that a call writes is sealed.

use gateway::errors::{ErrorCode, Result};
use gateway::operations::{Operation, Purpose};
use gateway::sse::context::object_arn;
use gateway::sse::master_key_name::AWS_MANAGED_ALIAS;
use gateway::sse::{self, MasterKeyChoice, RequestedSealing, SentCustomerKey, names};
use sdk::{Call, DefaultProtection, Principal, Protection, SseKmsKey, Target};

use crate::request::{self, sse_c};
use crate::settings;

/// What the request says of the object that it writes, or else what the bucket says. A master key
/// has the name that was given: `policy` finds out whether there is one, and whether the principal
/// may use it.
///
/// `AccessDenied` where the bucket blocks SSE-C; otherwise the errors of
/// [`RequestedSealing::parse`].
pub(crate) fn plan(call: &Call, bucket_default: Option<&DefaultProtection>) -> Result<Option<Protection>> {
    let headers = request::headers(call)?;
    let target = call.target();
    let operation = Operation::parse(&target.operation).ok_or(ErrorCode::NotImplemented)?;
    // A part is sealed as its upload was begun. Only whether the bucket blocks SSE-C may have
    // changed since.
    if operation.purpose() == Purpose::WritePart {
        let blocks = bucket_default.is_some_and(|default| default.blocks_sse_c);
        return if blocks && SentCustomerKey::of(&headers, names::OBJECT).is_some() {
            Err(blocked(call, operation, target))
        } else {
            Ok(None)
        };
    }
    let requested = RequestedSealing::parse(&headers, request::is_secure(call), &request::digest)?;
    if matches!(requested, RequestedSealing::SseC(_))
        && bucket_default.is_some_and(|default| default.blocks_sse_c)
    {
        return Err(blocked(call, operation, target));
    }
    Ok(match choose(requested, bucket_default) {
        Choice::Nothing => None,
        Choice::SseS3 => Some(Protection::SseS3),
        Choice::SseC(key) => Some(sse_c(key)),
        Choice::SseKms { name, account, context, bucket_key } => {
            let arn = match account {
                KeyAccount::Principal => name,
                KeyAccount::Owner => owners_key_arn(call, name),
            };
            Some(Protection::SseKms(SseKmsKey { arn, context, bucket_key }))
        }
    })
}

/// What request and bucket say together, before master keys are looked up.
#[derive(Debug, PartialEq, Eq)]
enum Choice {
    Nothing,
    SseS3,
    SseC(sse::CustomerKey),
    SseKms { name: String, account: KeyAccount, context: Vec<(String, String)>, bucket_key: bool },
}

/// In which account a master key is looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum KeyAccount {
    /// That of the principal.
    Principal,
    /// That of the bucket's owner.
    Owner,
}

fn choose(requested: RequestedSealing, bucket_default: Option<&DefaultProtection>) -> Choice {
    let by_default = bucket_default.is_some_and(|default| default.bucket_key);
    match requested {
        RequestedSealing::SseS3 => Choice::SseS3,
        RequestedSealing::SseC(key) => Choice::SseC(key),
        RequestedSealing::SseKms(MasterKeyChoice { name, context, bucket_key }) => Choice::SseKms {
            name: name.unwrap_or_else(|| AWS_MANAGED_ALIAS.to_owned()),
            account: KeyAccount::Principal,
            context,
            bucket_key: bucket_key.unwrap_or(by_default),
        },
        RequestedSealing::Nothing { bucket_key } => match bucket_default
            .and_then(|default| default.master_key.clone())
        {
            None => Choice::Nothing,
            // Every account has aliases of its own, so an alias names a key of the principal's
            // account. An id names a key of the account that configured the bucket.
            Some(name) => Choice::SseKms {
                account: if name.starts_with("alias/") { KeyAccount::Principal } else { KeyAccount::Owner },
                name,
                context: Vec::new(),
                bucket_key: bucket_key.unwrap_or(by_default),
            },
        },
    }
}

/// The name of a key that the bucket's owner configured, for a principal of any account.
fn owners_key_arn(call: &Call, name: String) -> String {
    if name.starts_with("arn:") {
        return with_region(&name, &settings::region());
    }
    let owner = call.owner().map(|owner| owner.account).unwrap_or_default();
    if call.account().as_ref() == Some(&owner) {
        return name;
    }
    format!("arn:aws:kms:{}:{owner}:key/{name}", settings::region())
}

/// A stored ARN, with the region that the deployment has now. It may have had another region when
/// the ARN was stored.
fn with_region(arn: &str, region: &str) -> String {
    let mut parts: Vec<&str> = arn.split(':').collect();
    if let Some(stored) = parts.get_mut(3) {
        *stored = region;
    }
    parts.join(":")
}

fn blocked(call: &Call, operation: Operation, target: Target) -> gateway::errors::S3Error {
    let who = match call.principal() {
        Principal::Anonymous => None,
        Principal::Authenticated(identity) => Some(identity.arn),
    };
    let action = if operation == Operation::CopyObject { "s3:CopyObject" } else { "s3:PutObject" };
    let resource = object_arn(&target.bucket.unwrap_or_default(), &target.key.unwrap_or_default());
    sse::sse_c_blocked(who.as_deref(), action, &resource)
}

#[cfg(test)]
mod tests;
