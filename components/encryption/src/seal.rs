//! Under what a call keeps the object that it writes.

use gateway::errors::{ErrorCode, Result};
use gateway::operations::{Operation, Purpose};
use gateway::sse::context::object_arn;
use gateway::sse::master_key_name::AWS_MANAGED_ALIAS;
use gateway::sse::{self, MasterKeyChoice, RequestedSealing, SentCustomerKey, names};
use sdk::{Call, DefaultProtection, ManagedKey, Principal, Protection, Target};

use crate::request::{self, customer};
use crate::settings;

/// Judges what a request says of the object that it writes, and what the bucket says where the
/// request does not. A master key is named as it was given: whether there is one, and whether it
/// may be used, `policy` says.
///
/// `AccessDenied` where the bucket does not take keys that clients bring along; otherwise the
/// errors of [`RequestedSealing::parse`].
pub(crate) fn plan(call: &Call, fallback: Option<&DefaultProtection>) -> Result<Option<Protection>> {
    let headers = request::headers(call)?;
    let target = call.target();
    let operation = Operation::parse(&target.operation).ok_or(ErrorCode::NotImplemented)?;
    // A part is kept as its upload was begun. Only whether the bucket lets such keys in is judged
    // anew.
    if operation.purpose() == Purpose::WritePart {
        let blocks = fallback.is_some_and(|fallback| fallback.blocks_customer_keys);
        return if blocks && SentCustomerKey::of(&headers, names::OBJECT).is_some() {
            Err(blocked(call, operation, target))
        } else {
            Ok(None)
        };
    }
    let requested = RequestedSealing::parse(&headers, request::is_secure(call), &request::digest)?;
    if matches!(requested, RequestedSealing::SseC(_))
        && fallback.is_some_and(|fallback| fallback.blocks_customer_keys)
    {
        return Err(blocked(call, operation, target));
    }
    Ok(match choose(requested, fallback) {
        Choice::Nothing => None,
        Choice::Folder => Some(Protection::Folder),
        Choice::Customer(key) => Some(customer(key)),
        Choice::Managed { name, whose, context, bucket_key } => {
            let arn = match whose {
                Whose::Caller => name,
                Whose::Owner => of_owner(call, name),
            };
            Some(Protection::Managed(ManagedKey { arn, context, bucket_key }))
        }
    })
}

/// What request and bucket come to, before keys are looked up.
#[derive(Debug, PartialEq, Eq)]
enum Choice {
    Nothing,
    Folder,
    Customer(sse::CustomerKey),
    Managed { name: String, whose: Whose, context: Vec<(String, String)>, bucket_key: bool },
}

/// In whose account a key is looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    /// Of whoever asks.
    Caller,
    /// Of the bucket's owner.
    Owner,
}

fn choose(requested: RequestedSealing, fallback: Option<&DefaultProtection>) -> Choice {
    let by_default = fallback.is_some_and(|fallback| fallback.bucket_key);
    match requested {
        RequestedSealing::SseS3 => Choice::Folder,
        RequestedSealing::SseC(key) => Choice::Customer(key),
        RequestedSealing::SseKms(MasterKeyChoice { name, context, bucket_key }) => Choice::Managed {
            name: name.unwrap_or_else(|| AWS_MANAGED_ALIAS.to_owned()),
            whose: Whose::Caller,
            context,
            bucket_key: bucket_key.unwrap_or(by_default),
        },
        RequestedSealing::Nothing { bucket_key } => {
            match fallback.and_then(|fallback| fallback.key.clone()) {
                None => Choice::Nothing,
                // An alias is everybody's own word; an id is one of the account that configured the
                // bucket.
                Some(name) => Choice::Managed {
                    whose: if name.starts_with("alias/") { Whose::Caller } else { Whose::Owner },
                    name,
                    context: Vec::new(),
                    bucket_key: bucket_key.unwrap_or(by_default),
                },
            }
        }
    }
}

/// A key that the bucket's owner configured, as whoever asks has to name it.
fn of_owner(call: &Call, name: String) -> String {
    if name.starts_with("arn:") {
        return of_today(&name, &settings::region());
    }
    let owner = call.owner().map(|owner| owner.account).unwrap_or_default();
    if call.account().as_ref() == Some(&owner) {
        return name;
    }
    format!("arn:aws:kms:{}:{owner}:key/{name}", settings::region())
}

/// An ARN that was stored, with the region that the deployment has now: it may have been called
/// otherwise then.
fn of_today(arn: &str, region: &str) -> String {
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
