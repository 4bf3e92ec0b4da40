//! Plans with what a call opens something that is stored.

use gateway::errors::Result;
use gateway::request::headers::Headers;
use gateway::sse::{self, Digest, HEADER, SentCustomerKey, Use, names};
use sdk::{KeptProtection, Protection, Sealed, SealedRole};

use crate::request::sse_c;

/// Checks that the headers of a request fit what is stored, and takes the key from there.
///
/// `InvalidRequest` for a key that is missing, or not applicable; `InvalidArgument` for a read with
/// a header of writes; otherwise the errors of [`SentCustomerKey::read`]. Whether a customer key is
/// the right one shows when `storage` opens the data key with it.
pub(crate) fn plan(
    headers: &Headers,
    sealed: Sealed,
    is_secure: bool,
    digest: Digest<'_>,
) -> Result<Protection> {
    let Sealed { role, protection } = sealed;
    if role == SealedRole::Object
        && let Some(method) = headers.get(HEADER)
    {
        return Err(sse::not_of_this_operation(method));
    }
    let names = match role {
        SealedRole::Object | SealedRole::Upload => names::OBJECT,
        SealedRole::Source => names::SOURCE,
    };
    let (missing, not_applicable, what_for) = match role {
        SealedRole::Upload => (sse::upload_differs(), sse::upload_differs(), Use::Write),
        SealedRole::Object | SealedRole::Source => (sse::key_is_missing(), sse::not_applicable(), Use::Read),
    };
    let sent = SentCustomerKey::of(headers, names);
    match (protection, sent) {
        (KeptProtection::SseS3, None) => Ok(Protection::SseS3),
        (KeptProtection::SseKms(key), None) => Ok(Protection::SseKms(key)),
        (KeptProtection::SseS3 | KeptProtection::SseKms(_), Some(_)) => Err(not_applicable),
        (KeptProtection::SseC, None) => Err(missing),
        (KeptProtection::SseC, Some(sent)) => sent.read(what_for, is_secure, digest).map(sse_c),
    }
}

#[cfg(test)]
mod tests;
