//! Asks `policy` whether the principal may use a master key: for the object that it writes, or for
//! what is stored already.

use gateway::access::KeyUse;
use gateway::operations::copy_source::CopySource;
use gateway::request::headers::{Headers, with_presigned};
use gateway::request::query::Query;
use gateway::sse::context::of_object;
use sdk::bindings::gateway::portcullis::gateway::policy;
use sdk::{Call, Head, Refusal, SealedRole, SseKmsKey, Target, refuse};

use crate::access_point;

/// Authorizes the making of a data key, before something is written under it. From here on, `key`
/// has the name that is stored: the ARN.
pub(crate) fn authorize_write(call: &Call, target: &Target, key: &mut SseKmsKey) -> Result<(), Refusal> {
    let place = (text(&target.bucket), text(&target.key));
    key.arn = authorize_use(call, KeyUse::Generate, place, key)?;
    Ok(())
}

/// Authorizes the use of a data key that is stored already.
pub(crate) fn authorize_read(
    call: &Call,
    (head, headers): (&Head, &Headers),
    target: &Target,
    role: SealedRole,
    key: &SseKmsKey,
) -> Result<(), Refusal> {
    match role {
        SealedRole::Object | SealedRole::Upload => {
            authorize_use(call, KeyUse::Decrypt, (text(&target.bucket), text(&target.key)), key)?;
        }
        SealedRole::Source => {
            let source = access_point::source(call, sent_source(head, headers).map_err(refuse)?);
            authorize_use(call, KeyUse::Decrypt, (&source.bucket, &source.key), key)?;
        }
    }
    Ok(())
}

/// What a copy copies from, as the client says it.
pub(crate) fn sent_source(head: &Head, headers: &Headers) -> gateway::errors::Result<CopySource> {
    CopySource::of_headers(&with_presigned(headers.clone(), &Query::parse(&head.query)?)?)
}

fn text(part: &Option<String>) -> &str {
    part.as_deref().unwrap_or_default()
}

fn authorize_use(
    call: &Call,
    usage: KeyUse,
    (bucket, object): (&str, &str),
    key: &SseKmsKey,
) -> Result<String, Refusal> {
    let context = of_object(bucket, object, &key.context, key.bucket_key);
    policy::authorize_key(call, usage.action(), &key.arn, &context)
}
